"""Gives records without an owner to people: ordered entries, group to group, fair inside the group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate, Draft, Effect
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import ASSIGN, Builder, Facts, Person, Rule, Verdict
from fieldstone.rules.kind import BOTH_LANGUAGES, CODES, COUNT, TEXT, Kind, label_from
from fieldstone.rules.notices import message
from fieldstone.rules.rotation import ELIGIBLE, METHODS, Desk, Limits
from fieldstone.rules.wording import pool_label

GROUPS = ("team", "role", "department", "user")
PLURALS = {"team": "teams", "role": "roles", "department": "departments", "user": "users"}


@dataclass(frozen=True)
class Entry:
    """One line of the rule: which records, to whom, and how the group shares them."""

    code: str
    label: Label
    when: Expression | None
    groups: tuple[str, ...]
    pool: str
    pool_label: Label
    creator: bool  # to whoever enters it
    method: str
    same: tuple[tuple[str, str], ...]  # (field of the user, field of the record)


@dataclass(frozen=True)
class Assignment:
    """The body of an assignment rule. `fallback` is ("hold" | "pool" | "user", code)."""

    entries: tuple[Entry, ...]
    fallback: tuple[str, str]
    fallback_label: Label
    limits: Limits
    notify: bool

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the conditions of the entries."""
        return tuple(entry.when for entry in self.entries if entry.when is not None)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return an owner or a pool for each draft that has neither."""
        waiting = {i: draft for i, draft in enumerate(drafts) if _is_free(draft)}
        fitting = {i: self._fitting(draft, facts) for i, draft in waiting.items()}
        expected = Counter(entries[0].code for entries in fitting.values() if entries)
        desks = _Desks(self, rule, facts, expected)
        verdicts = {
            i: self._assigned(draft, fitting[i], desks, facts) for i, draft in waiting.items()
        }
        return _with_notices(verdicts, drafts, facts) if self.notify else verdicts

    def _fitting(self, draft: Draft, facts: Facts) -> tuple[Entry, ...]:
        return tuple(
            entry
            for entry in self.entries
            if entry.when is None or entry.when.evaluate(draft.row, facts.env) is True
        )

    def _assigned(
        self, draft: Draft, entries: Sequence[Entry], desks: _Desks, facts: Facts
    ) -> Verdict:
        considered: list[Candidate] = []
        for entry in entries:
            if entry.pool:
                return _to_pool(entry.pool, entry.pool_label, entry.label)
            author = _author(facts) if entry.creator else None
            if author is not None:
                return author
            person, why, candidates = desks.of(entry).choose(_Objection(draft, entry))
            if person is not None:
                return Verdict(
                    Label(
                        f"{person.name}, {entry.label.en}: {why.en}",
                        f"{person.name}（{entry.label.text('zh')}）：{why.text('zh')}",
                    ),
                    sets={"owner": person.id},
                    candidates=(*candidates, *considered),
                )
            considered += candidates
        return self._fallen_back(draft, entries, tuple(considered), facts)

    def _fallen_back(
        self,
        draft: Draft,
        entries: Sequence[Entry],
        considered: tuple[Candidate, ...],
        facts: Facts,
    ) -> Verdict:
        why = _NOBODY_FREE if entries else _NO_ENTRY
        kind, target = self.fallback
        if kind == "pool":
            return replace(_to_pool(target, self.fallback_label, why), candidates=considered)
        if kind == "user":
            for person in facts.people(f"user:{target}"):
                told = Label(f"{person.name}: {why.en}", f"{person.name}：{why.text('zh')}")
                return Verdict(told, sets={"owner": person.id}, candidates=considered)
        held = Label(f"held: {why.en}", f"暂不分配：{why.text('zh')}")
        # A held record is looked at again with every change; saying so once is enough.
        return Verdict(held, candidates=considered, silent=draft.before is not None)


class _Desks:
    """The desks of one batch, opened when the first draft comes."""

    def __init__(
        self, body: Assignment, rule: Rule, facts: Facts, expected: Mapping[str, int]
    ) -> None:
        self._body = body
        self._rule = rule
        self._facts = facts
        self._expected = expected
        self._open: dict[str, Desk] = {}

    def of(self, entry: Entry) -> Desk:
        if entry.code not in self._open:
            facts = self._facts
            people = {p.id: p for group in entry.groups for p in facts.people(group)}
            zone_now = facts.now.astimezone(facts.env.timezone)
            since_midnight = timedelta(
                hours=zone_now.hour, minutes=zone_now.minute, seconds=zone_now.second
            )
            self._open[entry.code] = Desk(
                self._rule.object_name,
                self._rule.code,
                f"{self._rule.code}:{entry.code}",
                entry.method,
                tuple(people.values()),
                self._body.limits,
                facts,
                since_midnight,
                self._expected.get(entry.code, 1),
            )
        return self._open[entry.code]


def _is_free(draft: Draft) -> bool:
    row = draft.row
    return row.get("owner") is None and row.get("pool") is None


@dataclass(frozen=True)
class _Objection:
    """What speaks against giving one draft to a person."""

    draft: Draft
    entry: Entry

    def __call__(self, person: Person) -> Label:
        before = self.draft.before or {}
        if before.get("owner") == person.id:
            return _HAD_IT
        for theirs, ours in self.entry.same:
            if person.facts.get(theirs) != self.draft.row.get(ours):
                return Label(f"has another {theirs}", f"{theirs} 不一致")
        return ELIGIBLE


def _author(facts: Facts) -> Verdict | None:
    """Return the verdict that gives a record to the person who enters it; None when it is no person."""
    user = facts.env.user or {}
    if not user.get("id"):
        return None
    name = str(user.get("name") or user["id"])
    return Verdict(Label(f"{name} entered it", f"由{name}录入"), sets={"owner": user["id"]})


def _to_pool(pool: str, name: Label, why: Label) -> Verdict:
    because = Label(f"to {name.en}: {why.en}", f"进入{name.text('zh')}：{why.text('zh')}")
    return Verdict(because, sets={"pool": pool})


def _with_notices(
    verdicts: Mapping[int, Verdict], drafts: Sequence[Draft], facts: Facts
) -> dict[int, Verdict]:
    """Tell each person once per batch, however many records they got, so that an import is no storm."""
    got: dict[str, list[int]] = {}
    author = (facts.env.user or {}).get("id")  # whoever gives a record to themselves knows it
    for place, verdict in verdicts.items():
        owner = verdict.sets.get("owner")
        if isinstance(owner, str) and owner != author:
            got.setdefault(owner, []).append(place)
    result = dict(verdicts)
    for owner, places in got.items():
        first, count = places[0], len(places)
        text = _ONE if count == 1 else _SEVERAL.filled_in({"count": count})
        payload = message(drafts[first], text, count=count)
        result[first] = replace(
            result[first], effects=(Effect("in_page", owner, "assigned", payload),)
        )
    return result


_NOBODY_FREE = Label("nobody of the entries can take it", "匹配的成员均无法接收")
_NO_ENTRY = Label("no entry fits", "没有匹配的分配条目")
_HAD_IT = Label("had it before", "原负责人")
_ONE = Label("A record was assigned to you.", "您有一条新分配的记录。")
_SEVERAL = Label("{count} records were assigned to you.", "您有 {count} 条新分配的记录。")


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Assignment:
    """Resolve groups, conditions and limits."""
    entries = tuple(_entry(one, place, build) for place, one in enumerate(raw["entries"]))
    caps = raw.get("limits", {})
    limits = Limits(
        int(caps.get("per_day", 0)),
        int(caps.get("holding", 0)),
        build.expression("limits.counts", caps.get("counts"), expects=BOOLEAN),
    )
    fallback = _fallback(raw.get("fallback", "hold"), build)
    return Assignment(
        entries,
        fallback,
        pool_label(build.scope, fallback[1]),
        limits,
        bool(raw.get("notify", True)),
    )


def _entry(raw: Mapping[str, Any], place: int, build: Builder) -> Entry:
    path = f"entries.{place}"
    groups: list[str] = []
    to = raw["to"]
    for group in GROUPS:
        for key in (group, PLURALS[group]):
            written = to.get(key, ())
            groups += [
                f"{group}:{name}"
                for name in ([written] if isinstance(written, str) else written)
                if group != "role" or build.known(f"{path}.to.{key}", "role", name)
            ]
    pool = build.known(f"{path}.to.pool", "pool", to["pool"]) if "pool" in to else ""
    same = tuple(
        (theirs, build.field(f"{path}.same.{theirs}", ours))
        for theirs, ours in raw.get("same", {}).items()
    )
    named = Label(", ".join(name.partition(":")[2] for name in groups) or str(place + 1))
    return Entry(
        str(raw.get("code", place)),
        label_from(raw.get("label"), named),
        build.expression(f"{path}.when", raw.get("when"), expects=BOOLEAN),
        tuple(groups),
        pool,
        pool_label(build.scope, pool),
        bool(to.get("creator", False)),
        str(raw.get("method", "round_robin")),
        same,
    )


def _fallback(raw: object, build: Builder) -> tuple[str, str]:
    if isinstance(raw, Mapping) and "pool" in raw:
        return "pool", build.known("fallback.pool", "pool", raw["pool"])
    if isinstance(raw, Mapping):
        return "user", str(raw["user"])
    return "hold", ""


_NAMES = {"oneOf": [TEXT, CODES]}

KIND = Kind(
    "assignment",
    Label("Assignment", "线索分配"),
    ASSIGN,
    {
        "properties": {
            "entries": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        "code": TEXT,
                        "label": BOTH_LANGUAGES,
                        "when": TEXT,
                        "to": {
                            "type": "object",
                            "properties": {
                                **{name: _NAMES for pair in PLURALS.items() for name in pair},
                                "pool": TEXT,
                                "creator": {"const": True},
                            },
                            "additionalProperties": False,
                            "minProperties": 1,
                        },
                        "method": {"enum": list(METHODS)},
                        "same": {
                            "type": "object",
                            "minProperties": 1,
                            "additionalProperties": TEXT,
                        },
                    },
                    "required": ["to"],
                    "additionalProperties": False,
                },
            },
            "limits": {
                "type": "object",
                "properties": {"per_day": COUNT, "holding": COUNT, "counts": TEXT},
                "additionalProperties": False,
                "minProperties": 1,
            },
            "fallback": {
                "oneOf": [
                    {"const": "hold"},
                    {
                        "type": "object",
                        "properties": {"pool": TEXT, "user": TEXT},
                        "additionalProperties": False,
                        "minProperties": 1,
                        "maxProperties": 1,
                    },
                ]
            },
            "notify": {"type": "boolean"},
        },
        "required": ["entries"],
    },
    compile_rule,
)
