"""What would be handed over if a person left, and what stays with their name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import SYSTEM_ACTOR
from fieldstone.expressions.expression import Expression
from fieldstone.model.site_model import Model
from fieldstone.reads.sight import Sight
from fieldstone.reads.standing import standing_of
from fieldstone.rules.contract import Rule
from fieldstone.rules.offboarding import (
    ASSIGN,
    FOLLOW,
    GROUPS,
    MANAGER,
    POOL,
    HandOver,
    Offboarding,
)
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.leaving import owned_count
from fieldstone.storage.reader import Reader


@dataclass(frozen=True)
class Share:
    """One hand-over and how many records it concerns."""

    hand_over: HandOver
    count: int


@dataclass(frozen=True)
class LeavingPlan:
    """Everything a person owns: what is handed over, and by object what stays for history and credit."""

    rule: Rule
    shares: tuple[Share, ...]
    stays: dict[str, int]

    @property
    def total(self) -> int:
        """Return how many records are handed over."""
        return sum(share.count for share in self.shares)


def leaving_rule(model: Model) -> tuple[Rule, Offboarding] | None:
    """Return the rule by which people hand over, None where there is none."""
    for rule in model.rules_of("user", "offboarding"):
        if isinstance(rule.body, Offboarding):
            return rule, rule.body
    return None


def conditions_of(
    body: Offboarding, one: HandOver
) -> tuple[Expression | None, Sequence[Expression]] | None:
    """Return what must hold for a hand-over and what must not; None when one before it takes everything."""
    earlier = body.earlier(one)
    if any(other.when is None for other in earlier):
        return None
    return one.when, [other.when for other in earlier if other.when is not None]


def leaving_plan(reader: Reader, model: Model, person: str) -> LeavingPlan | None:
    """Return what would be handed over; None where no rule says how."""
    found = leaving_rule(model)
    if found is None:
        return None
    rule, body = found
    shares = tuple(_shares(reader, body, person))
    given: dict[str, int] = {}
    for share in shares:
        name = share.hand_over.object_name
        given[name] = given.get(name, 0) + share.count
    stays = {}
    for code, spec in model.objects.items():
        if spec.owned != "none" and spec.parent is None:
            left = owned_count(reader, code, person, (None, ())) - given.get(code, 0)
            if left:
                stays[code] = left
    return LeavingPlan(rule, shares, stays)


def _shares(reader: Reader, body: Offboarding, person: str) -> Iterator[Share]:
    for one in body.hand_overs:
        conditions = conditions_of(body, one)
        count = owned_count(reader, one.object_name, person, conditions) if conditions else 0
        yield Share(one, count)


def heir_problems(
    facts: FactsReader,
    model: Model,
    body: Offboarding,
    leaver: str,
    chosen: Mapping[str, str],
) -> list[Problem]:
    """Return what is wrong with heirs chosen by hand-over: unknown hand-overs, and heirs who cannot take anything."""
    known = {one.code for one in body.hand_overs}
    problems = []
    for code, heir in chosen.items():
        kind, colon, name = heir.partition(":")
        plain = not colon and heir in (MANAGER, ASSIGN, FOLLOW)
        if code not in known:
            text = f"There is no hand-over {code!r}."
            problems.append(
                Problem("unknown_hand_over", f"to.{code}", text, did_you_mean(code, known))
            )
        elif not plain and not (kind in GROUPS and name):
            cure = "Write manager, assign, follow, user:ID, team:CODE, role:CODE or pool:CODE."
            text = f"{heir!r} is nobody who could take something over."
            problems.append(Problem("unknown_heir", f"to.{code}", text, cure))
        elif kind == POOL and name not in model.rules:
            text = f"There is no pool {name!r}."
            problems.append(Problem("unknown_pool", f"to.{code}", text, "Choose another pool."))
        elif colon and kind != POOL and not _anybody(facts, heir, leaver):
            text = f"There is nobody active behind {heir!r}."
            cure = "Name somebody who works here, or a team or role with people in it."
            problems.append(Problem("no_heir", f"to.{code}", text, cure))
    return problems


def _anybody(facts: FactsReader, group: str, leaver: str) -> bool:
    return any(one.active and one.id != leaver for one in facts.people(group))


def plan_for(
    sight: Sight, person: str, chosen: Mapping[str, str] | None = None
) -> LeavingPlan | None:
    """Return the plan for who may switch the person off; None when there is none to see.

    Raises RefusedError: 403, and 422 for `chosen` heirs by hand-over who cannot take it.
    """
    standing = standing_of(sight, "user", person, {})
    if standing is None:
        return None
    if not standing.may_write("active"):
        text, cure = "Your roles do not let you switch people off.", "Ask an administrator."
        raise RefusedError([Problem("forbidden", "active", text, cure)], 403)
    system = sight.ctx.acting_as(SYSTEM_ACTOR)
    facts, found = (
        FactsReader(sight.reader.connection, sight.tables, system),
        leaving_rule(sight.model),
    )
    if found and (problems := heir_problems(facts, sight.model, found[1], person, chosen or {})):
        raise RefusedError(problems)
    return leaving_plan(facts, sight.model, person)
