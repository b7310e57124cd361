"""How many records one person may hold, and a group together; every way of coming to own one is judged here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import LIMIT, Builder, Facts, Rule, Verdict
from fieldstone.rules.gains import UNATTENDED, WAYS, Gain, gains_of, owner_before
from fieldstone.rules.groups import PRECEDENCE, group_from
from fieldstone.rules.holding_books import Books, Full, Holding, Most
from fieldstone.rules.holding_limit_schema import (
    EVERYBODY,
    HOLD,
    POOL,
    REFUSE,
    SCHEMA,
    USER,
)
from fieldstone.rules.kind import Kind, label_from
from fieldstone.rules.wording import language_of, pool_label

REOPEN: Final = "reopen"


@dataclass(frozen=True)
class Overflow:
    """Where a record goes that nobody asked about and that its owner-to-be cannot hold: `kind` is one of refuse, hold, pool, user."""

    kind: str = HOLD
    code: str = ""
    label: Label | None = None


@dataclass(frozen=True)
class HoldingLimit:
    """The body of a holding limit. `counts` None: every record that somebody owns."""

    counts: Expression | None
    limits: tuple[Most, ...]
    together: tuple[Most, ...]
    soft: bool
    ways: frozenset[str]
    overflow: Overflow
    message: Label | None

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return which records count."""
        return () if self.counts is None else (self.counts,)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return a refusal, a warning or another place for every gain beyond the limit, in the order of the batch."""
        gains = {gain.place: gain for gain in self._gains(drafts, facts)}
        if not gains:
            return {}
        people = sorted({gain.person for gain in gains.values()})
        books = Books.opened(rule, self, people, facts, moving=len(drafts))
        if self.together:
            books.know(facts.belonging(sorted(_givers(drafts) - set(people))))
        verdicts: dict[int, Verdict] = {}
        for place, draft in enumerate(drafts):
            gain = gains.get(place)
            giver, taker = self._holders(draft, facts)
            full = books.full(gain.person, giver) if gain is not None else None
            if gain is None or full is None:
                books.move(giver, taker)
                continue
            verdict = verdicts[place] = self._beyond(rule, gain, full, books, facts)
            if not verdict.problems:
                ended = draft.setting(verdict.sets)
                books.move(*self._holders(ended, facts))
        return verdicts

    def most_for(self, groups: Sequence[str]) -> Most | None:
        """Return the limit of a person: person before role, team, department (the nearest) and all.

        Of several roles the most generous counts.
        """
        for level in PRECEDENCE:
            own = [one for one in groups if one.startswith(f"{level}:")]
            found = [limit for group in own for limit in self.limits if limit.group == group]
            if found:
                return found[0] if level == "department" else max(found, key=lambda one: one.most)
        return next((limit for limit in self.limits if limit.group == EVERYBODY), None)

    def counts_for(self, row: Mapping[str, object], facts: Facts) -> bool:
        """Tell whether a record counts as held."""
        return self.counts is None or self.counts.evaluate(row, facts.env) is True

    def _gains(self, drafts: Sequence[Draft], facts: Facts) -> Iterable[Gain]:
        for gain in gains_of(drafts, facts):
            if gain.way in self.ways and self.counts_for(gain.draft.row, facts):
                yield gain
        if REOPEN not in self.ways or self.counts is None:
            return
        for place, draft in enumerate(drafts):
            owner = draft.row.get("owner")
            if (
                isinstance(owner, str)
                and owner == owner_before(draft)
                and self.counts_for(draft.row, facts)
                and not self.counts_for({**draft.related, **(draft.before or {})}, facts)
            ):
                yield Gain(place, draft, owner, REOPEN)

    def _holders(self, draft: Draft, facts: Facts) -> tuple[str | None, str | None]:
        """Return in whose books the record stands before and after the write."""
        before, after = owner_before(draft), draft.row.get("owner")
        stored = {**draft.related, **(draft.before or {})}
        return (
            before if before is not None and self.counts_for(stored, facts) else None,
            after if isinstance(after, str) and self.counts_for(draft.row, facts) else None,
        )

    def _beyond(self, rule: Rule, gain: Gain, full: Full, books: Books, facts: Facts) -> Verdict:
        because = full.told(books.name(gain.person), rule.label)
        told = self.message or because
        language = language_of(facts)
        problem = Problem("holding_limit", "owner", told.text(language), _GIVE_BACK.text(language))
        if self.soft:
            return Verdict(because, warnings=(problem,))
        if gain.way not in UNATTENDED or self.overflow.kind == REFUSE:
            return Verdict(because, problems=(problem,))
        return self._elsewhere(because, gain, facts)

    def _elsewhere(self, because: Label, gain: Gain, facts: Facts) -> Verdict:
        kind, code = self.overflow.kind, self.overflow.code
        if kind == POOL:
            name = self.overflow.label or Label(code)
            told = Label(f"{because.en} To {name.en}.", f"{because.zh}进入{name.text('zh')}。")
            return Verdict(told, sets={"owner": None, "pool": code}, reason="overflow")
        heirs = facts.people(f"user:{code}") if kind == USER else ()
        for heir in heirs:
            if heir.id != gain.person:
                told = Label(f"{because.en} To {heir.name}.", f"{because.zh}转给{heir.name}。")
                return Verdict(told, sets={"owner": heir.id}, reason="overflow")
        told = Label(f"{because.en} It waits without an owner.", f"{because.zh}暂不分配。")
        return Verdict(told, sets={"owner": None}, reason="overflow")


def _givers(drafts: Sequence[Draft]) -> set[str]:
    """Return who owned the records before."""
    return {owner for draft in drafts if (owner := owner_before(draft)) is not None}


def room_of(
    rules: Iterable[Rule], object_name: str, people: Sequence[str], facts: Facts
) -> dict[str, int | None]:
    """Return how many more records of an object each person may hold; the tightest rule counts."""
    found: dict[str, int | None] = dict.fromkeys(people)
    for rule in holding_rules(rules, object_name):
        if isinstance(rule.body, HoldingLimit) and not rule.body.soft:
            books = Books.opened(rule, rule.body, people, facts, moving=0)
            for person in people:
                left, before = books.room(person), found[person]
                if left is not None:
                    found[person] = left if before is None else min(before, left)
    return found


def holdings_of(
    rules: Iterable[Rule], object_name: str, person: str, facts: Facts
) -> list[Holding]:
    """Return where a person stands with every limit that refuses, the tightest first; `rules` are those in force."""
    found: list[Holding] = []
    for rule in holding_rules(rules, object_name):
        if isinstance(rule.body, HoldingLimit) and not rule.body.soft:
            found += Books.opened(rule, rule.body, [person], facts).holdings(rule, person)
    return sorted(found, key=lambda one: one.most - one.held)


def group_holdings(rules: Iterable[Rule], object_name: str, facts: Facts) -> list[Holding]:
    """Return where the groups stand that a limit counts in sum; `rules` are those in force."""
    found: list[Holding] = []
    for rule in holding_rules(rules, object_name):
        if isinstance(rule.body, HoldingLimit) and not rule.body.soft:
            books = Books.opened(rule, rule.body, (), facts)
            found += [books.holding(rule, one) for one in rule.body.together]
    return found


def holding_rules(rules: Iterable[Rule], object_name: str) -> list[Rule]:
    """Return the holding limits of an object."""
    return [r for r in rules if r.object_name == object_name and isinstance(r.body, HoldingLimit)]


_GIVE_BACK = Label(
    "Finish or return some first, or choose somebody else.",
    "请先处理或退回部分记录，或选择其他人。",
)


def compile_rule(raw: Mapping[str, Any], build: Builder) -> HoldingLimit:
    """Resolve groups, what counts and where the rest goes."""
    message = label_from(raw["message"]) if "message" in raw else None
    return HoldingLimit(
        build.expression("counts", raw.get("counts"), expects=BOOLEAN),
        tuple(_most(one, f"limits.{i}", build) for i, one in enumerate(raw.get("limits", ()))),
        tuple(_most(one, f"together.{i}", build) for i, one in enumerate(raw.get("together", ()))),
        raw.get("mode") == "soft",
        frozenset(raw.get("applies_to", WAYS)),
        _overflow(raw.get("overflow", HOLD), build),
        message,
    )


def _most(raw: Mapping[str, Any], path: str, build: Builder) -> Most:
    group = EVERYBODY if raw.get(EVERYBODY) else group_from(raw, path, build)
    return Most(group, int(raw["most"]))


def _overflow(raw: object, build: Builder) -> Overflow:
    if not isinstance(raw, Mapping):
        return Overflow(str(raw))
    if POOL in raw:
        pool = build.known("overflow.pool", "pool", raw[POOL])
        return Overflow(POOL, pool, pool_label(build.scope, pool))
    return Overflow(USER, str(raw[USER]))


KIND = Kind(
    "holding_limit",
    Label("Holding limit", "持有上限"),
    LIMIT,
    SCHEMA,
    compile_rule,
    about=Label(
        "How many records one person may hold, and a group together.",
        "每人以及一组人合计最多可持有多少记录。",
    ),
)
