"""Puts a planned change into force: tables first, then the revision, in one transaction where everything stands or falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.evolution.finding import DANGER
from fieldstone.evolution.plan import Plan
from fieldstone.evolution.workshop import Workshop
from fieldstone.model.site_model import Model
from fieldstone.storage.revising import Overtaken, Revising
from fieldstone.storage.revisions import Revision

LONGEST_REASON: Final = 500


@dataclass(frozen=True)
class Applied:
    """A revision that is in force, and its model with the versions of its rules."""

    revision: Revision
    model: Model


class OvertakenError(RefusedError):
    """Somebody else changed the configuration after the plan was made."""


@dataclass(frozen=True)
class Wish:
    """Why and how a plan is applied: in one sentence, with or without a second word for what is taken away."""

    reason: str
    second_word: bool = False
    kind: str = "apply"
    target: int | None = None


def apply(workshop: Workshop, ctx: Context, planned: Plan, wish: Wish) -> Applied:
    """Put a plan into force and return the revision.

    Raises RefusedError: 422 when it does not compile, 409 when it needs a second word that was not given;
    OvertakenError (409) when another revision came in between, saying what it changed.
    """
    model = _accepted(planned, wish)
    revision = Revision(
        number=planned.base + 1,
        at=ctx.now,
        author=ctx.actor.id,
        author_name=ctx.actor.name,
        reason=wish.reason.strip()[:LONGEST_REASON],
        kind=wish.kind,
        base=planned.base,
        target=wish.target,
        difference=[one.as_json() for one in planned.operations],
    )
    storage = workshop.storage
    tables = storage.use(model)
    revising = Revising(ctx, tables, revision, planned.documents.texts(), planned.relocation)
    _carry(workshop, planned, ctx)
    try:
        storage.revise(tables, ctx.now, revising)
    except Overtaken:
        raise overtaken(workshop, planned.base) from None
    known = storage.kept_columns().former.applied(
        model
    )  # with the codes that end with this revision
    return Applied(revision, known.with_rule_versions(revising.versions))


def _carry(workshop: Workshop, planned: Plan, ctx: Context) -> None:
    """Copy the values of fields that change their type, before the change is in force; nobody waits for it."""
    carries = planned.relocation.carries
    if not carries or planned.model is None:
        return
    storage = workshop.storage
    storage.revise(storage.use(planned.model), ctx.now)
    carrier = storage.carrier()
    carrier.watch(carries)
    for one in carries:
        carrier.copy(one)


def _accepted(planned: Plan, wish: Wish) -> Model:
    if planned.model is None:
        raise RefusedError(planned.problems)
    if planned.needs_second_word and not wish.second_word:
        raise RefusedError(
            [_second_word(one.code, ".".join(one.path), one.text.en) for one in planned.findings if one.level == DANGER],
            409,
        )  # fmt: skip
    return planned.model


def _second_word(code: str, path: str, text: str) -> Problem:
    cure = 'Read the plan; confirm it with --yes, or with "second_word": true.'
    return Problem(code, path, text, cure)


def overtaken(workshop: Workshop, base: int) -> OvertakenError:
    """Return the refusal that names what was changed since revision `base`, by whom and why."""
    since = [one for one in workshop.revisions() if one.number > base]
    problems = [
        Problem(
            "overtaken",
            f"revision {one.number}",
            f"{one.author_name or one.author} changed the configuration at {one.at:%Y-%m-%d %H:%M} UTC"
            f"{f' ({one.reason})' if one.reason else ''}: "
            f"{'; '.join(step['sentence']['en'] for step in one.difference) or 'no visible step'}.",
            "Make a new plan from the present state, then apply it.",
        )
        for one in reversed(since)
    ]
    first = Problem(
        "overtaken", "base", "the configuration was changed meanwhile.", "Plan again, then apply."
    )
    return OvertakenError(problems or [first], 409)
