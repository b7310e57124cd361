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
from fieldstone.rules.contract import LIMIT, Belonging, Builder, Facts, Rule, Verdict
from fieldstone.rules.gains import UNATTENDED, WAYS, Gain, gains_of, owner_before
from fieldstone.rules.groups import GROUP_KEYS, PRECEDENCE, group_from
from fieldstone.rules.kind import ASKED, BOTH_LANGUAGES, COUNT, TEXT, Kind, label_from
from fieldstone.rules.wording import language_of, pool_label

REFUSE, HOLD, POOL, USER = "refuse", "hold", "pool", "user"
OVERFLOWS: Final = (REFUSE, HOLD)
REOPEN: Final = "reopen"
EVERYBODY: Final = "all"


@dataclass(frozen=True)
class Most:
    """What each member of a group may hold, or all of them together. `group` is "role:sales", or "all"."""

    group: str
    most: int


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
        verdicts: dict[int, Verdict] = {}
        for place, draft in enumerate(drafts):
            gain = gains.get(place)
            full = books.full(gain.person) if gain is not None else None
            if gain is None or full is None:
                books.move(*self._holders(draft, facts))
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


@dataclass(frozen=True)
class Full:
    """A limit that is reached: how many are held of how many, by one person or by a whole group."""

    held: int
    most: int
    group: str = ""  # of a limit together

    def told(self, name: str, rule: Label) -> Label:
        """Return the sentence for people; beyond the limit nobody is counted to the end."""
        held = str(self.held) if self.held <= self.most else f"{self.most}+"
        values = {"name": name, "held": held, "most": self.most, "group": self.group}
        text = _TOGETHER if self.group else _HOLDS
        return Label(
            text.filled_in({**values, "rule": rule.en}).en,
            text.filled_in({**values, "rule": rule.text("zh")}).text("zh"),
        )


class Books:
    """Who holds how many while one batch is judged."""

    def __init__(self, body: HoldingLimit, known: Mapping[str, Belonging]) -> None:
        """Keep the books of some people; `opened` fills them."""
        self._body = body
        self._known = known
        self._held: dict[str, int] = {}
        self._together: dict[str, int] = {}

    @classmethod
    def opened(
        cls,
        rule: Rule,
        body: HoldingLimit,
        people: Sequence[str],
        facts: Facts,
        *,
        moving: int | None = None,
    ) -> Books:
        """Return the books as the database has them; the people are locked before they are counted.

        With `moving`, the number of records that may leave somebody meanwhile, nobody is counted further than their
        own limit and so many more: who owns a hundred thousand records costs no more than who is full.
        """
        facts.queue_up(rule.object_name, people)
        books = cls(body, facts.belonging(people))
        for up_to, several in books._by_limit(people, moving).items():
            books._held |= facts.workload(rule.object_name, several, body.counts, up_to)
        for limit in body.together:
            members = [one.id for one in facts.people(limit.group)]
            held = facts.workload(rule.object_name, members, body.counts)
            books._together[limit.group] = sum(held.values())
        return books

    def _by_limit(self, people: Sequence[str], moving: int | None) -> dict[int, list[str]]:
        """Return how far people are counted, 0 for all they hold; whom nothing limits is not counted."""
        found: dict[int, list[str]] = {}
        for person in people:
            most = self._body.most_for(self._groups(person))
            if most is not None:
                found.setdefault(0 if moving is None else most.most + 1 + moving, []).append(person)
        return found

    def name(self, person: str) -> str:
        """Return what a person is called."""
        known = self._known.get(person)
        return known.name if known else person

    def full(self, person: str) -> Full | None:
        """Return the limit that keeps a person from one more record, None when there is room."""
        most = self._body.most_for(self._groups(person))
        held = self._held.get(person, 0)
        if most is not None and held >= most.most:
            return Full(held, most.most)
        for limit in self._shared(person):
            if self._together[limit.group] >= limit.most:
                return Full(self._together[limit.group], limit.most, limit.group.partition(":")[2])
        return None

    def room(self, person: str) -> int | None:
        """Return how many more a person may hold, None without a limit."""
        most = self._body.most_for(self._groups(person))
        left = [] if most is None else [most.most - self._held.get(person, 0)]
        left += [one.most - self._together[one.group] for one in self._shared(person)]
        return max(0, min(left)) if left else None

    def held(self, person: str) -> tuple[int, int]:
        """Return how many a person holds, and the most they may; 0 without a limit."""
        most = self._body.most_for(self._groups(person))
        return self._held.get(person, 0), most.most if most else 0

    def move(self, before: str | None, after: str | None) -> None:
        """A counted record goes from one person to another."""
        if before == after:
            return
        for person, step in ((before, -1), (after, 1)):
            if person is not None:
                self._held[person] = self._held.get(person, 0) + step
                for limit in self._shared(person):
                    self._together[limit.group] += step

    def _groups(self, person: str) -> Sequence[str]:
        known = self._known.get(person)
        return known.groups if known else ()

    def _shared(self, person: str) -> list[Most]:
        return [one for one in self._body.together if one.group in self._groups(person)]


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


def held_of(
    rules: Iterable[Rule], object_name: str, person: str, facts: Facts
) -> tuple[int, int] | None:
    """Return how many records a person holds and the most they may, of the limit that is nearest; None without one."""
    found = []
    for rule in holding_rules(rules, object_name):
        if isinstance(rule.body, HoldingLimit):
            held, most = Books.opened(rule, rule.body, [person], facts).held(person)
            found += [(held, most)] if most else []
    return min(found, key=lambda one: one[1] - one[0], default=None)


def holding_rules(rules: Iterable[Rule], object_name: str) -> list[Rule]:
    """Return the holding limits of an object."""
    return [r for r in rules if r.object_name == object_name and isinstance(r.body, HoldingLimit)]


_HOLDS = Label(
    "{name} holds {held} of at most {most} ({rule}).",
    "{name}已持有 {held} 条，上限为 {most} 条（{rule}）。",
)
_TOGETHER = Label(
    "{group} holds {held} of at most {most} together ({rule}).",
    "{group} 合计已持有 {held} 条，上限为 {most} 条（{rule}）。",
)
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


def _limit_schema(text: str, *, everybody: bool) -> dict[str, Any]:
    shared = {EVERYBODY: {"const": True}} if everybody else {}
    return {
        "type": "array",
        "minItems": 1,
        "description": text,
        "items": {
            "type": "object",
            "properties": {
                **GROUP_KEYS,
                **shared,
                "most": {**COUNT, "minimum": 0, "description": "The most that may be held."},
            },
            "required": ["most"],
            "additionalProperties": False,
            "minProperties": 2,
            "maxProperties": 2,
        },
    }


KIND = Kind(
    "holding_limit",
    Label("Holding limit", "持有上限"),
    LIMIT,
    {
        "properties": {
            "counts": {**ASKED, "description": "Which records count as held; left out: all."},
            "limits": _limit_schema(
                "What one person may hold: person before role, team, department and all.",
                everybody=True,
            ),
            "together": _limit_schema(
                "What the people of a group may hold together.", everybody=False
            ),
            "mode": {
                "enum": ["hard", "soft"],
                "description": "hard refuses, soft warns and lets pass.",
            },
            "applies_to": {
                "type": "array",
                "items": {"enum": list(WAYS)},
                "minItems": 1,
                "uniqueItems": True,
                "description": "The ways of coming to own a record that are judged; left out: all.",
            },
            "overflow": {
                "description": "Where a record goes that a rule or an import would give to somebody who is full.",
                "oneOf": [
                    {"enum": list(OVERFLOWS)},
                    {
                        "type": "object",
                        "properties": {POOL: TEXT, USER: TEXT},
                        "additionalProperties": False,
                        "minProperties": 1,
                        "maxProperties": 1,
                    },
                ],
            },
            "message": {**BOTH_LANGUAGES, "description": "What is told instead of the numbers."},
        },
        "required": [],
    },
    compile_rule,
    about=Label(
        "How many records one person may hold, and a group together.",
        "每人以及一组人合计最多可持有多少记录。",
    ),
)
