"""What must hold of leads between any two steps, reckoned here anew: nothing of this asks the product's own limits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from fieldstone.changes.nouns import Context
from fieldstone.rules.contract import Rule
from fieldstone.storage.chain import fs_audit
from fieldstone.storage.journal import fs_decision, fs_owner_span
from fieldstone.storage.reader import Reader
from fieldstone.storage.timers import fs_timer
from tests.chaos.house import House

OPEN = ("new", "contacted", "qualified")
SHANGHAI = ZoneInfo("Asia/Shanghai")
OBLIGING = ("followup_sla", "conversion_sla", "recycle")
AUTOMATIC = ("owner", "pool", "stage", "grade", "score", "lifecycle")
BY_ITSELF = ("rule", "timer", "job")
BEGINS_WITH = {"lifecycle": [None, "nurturing"], "score": [None, 0]}
Row = Mapping[str, object]


@dataclass
class Limits:
    """The numbers in force, as the one who edits the rules knows them."""

    per_day: int = 3
    manager_per_day: int = 4
    net: int = 2
    net_within: timedelta = timedelta(hours=12)
    holding: int = 4
    manager_holding: int = 6
    cooling_owners: int = 2
    cooling: timedelta = timedelta(days=3)
    factor: int = 2
    longest: timedelta = timedelta(days=30)


@dataclass
class Taken:
    """One claim that went through."""

    person: str
    record: str
    at: datetime
    returned: bool = False


@dataclass(frozen=True)
class Span:
    """Somebody owned a record, until then; None: still."""

    id: str
    record: str
    owner: str | None
    since: datetime
    until: datetime | None
    rule: str


@dataclass(frozen=True)
class Seen:
    """Leads, who owned them when, and what stands: all of it at one moment."""

    leads: Mapping[str, Row]
    spans: Sequence[Span]
    timers: frozenset[tuple[str, str]]
    """(record, rule) of what is due some day."""
    audited: Mapping[tuple[int, int], Row]
    """By chain and place: the lines about leads."""


@dataclass
class Laws:
    """Looks after each step, and compares with the look before."""

    house: House
    limits: Limits = field(default_factory=Limits)
    taken: list[Taken] = field(default_factory=list)
    heirs_may: bool = False
    """In this step somebody inherits: nobody has to wait for what they had before."""

    def __post_init__(self) -> None:
        self.before = self.look()

    # -- what the machine may expect of a claim

    def spent_today(self, person: str) -> int:
        today = self.house.clock().astimezone(SHANGHAI).date()
        return sum(
            one.person == person and one.at.astimezone(SHANGHAI).date() == today
            for one in self.taken
        )

    def kept_lately(self, person: str) -> int:
        since = self.house.clock() - self.limits.net_within
        return sum(
            one.person == person and one.at >= since and not one.returned for one in self.taken
        )

    def may_claim(self, who: str) -> bool:
        """Tell whether the quotas leave room for one more."""
        most = self.limits.manager_per_day if who == "mei" else self.limits.per_day
        person = self.house.people[who]
        return self.spent_today(person) < most and self.kept_lately(person) < self.limits.net

    # -- the look

    def look(self) -> Seen:
        site = self.house.site
        ctx = site.system_context("test")
        with site.storage.reading(site.storage.use(site.model), ctx) as reader:
            held = reader.tables["lead"]
            ids = [one for (one,) in reader.connection.execute(select(held.columns["id"]))]
            return Seen(
                dict(reader.rows("lead", ids)),
                list(_spans(reader)),
                frozenset(_timers(reader)),
                dict(_audit(reader)),
            )

    def broken(self) -> list[str]:
        """Return every law that the last step broke."""
        after, site = self.look(), self.house.site
        ctx = site.system_context("test")
        with site.storage.reading(site.storage.use(site.model), ctx) as reader:
            old = self.before.audited
            lines = [line for place, line in after.audited.items() if place not in old]
            found = [
                *self._holdings(after),
                *self._coolings(after),
                *self._obligations(after, reader, ctx),
                *_reasons(reader, lines),
            ]
        self.before, self.heirs_may = after, False
        return found

    def _holdings(self, after: Seen) -> Iterator[str]:
        then, now = _held(self.before.leads), _held(after.leads)
        for person, count in now.items():
            who = self.house.name(person)
            most = self.limits.manager_holding if who == "mei" else self.limits.holding
            if count > max(most, then[person]):
                yield f"{who} holds {count} of at most {most}, before this step {then[person]}"

    def _coolings(self, after: Seen) -> Iterator[str]:
        """Whoever comes to own a lead again has waited: the last owners, the longer the oftener they had it."""
        known = {one.id for one in self.before.spans}
        for gained in after.spans:
            lead = after.leads.get(gained.record)
            if gained.id in known or gained.owner is None or lead is None or self.heirs_may:
                continue
            if gained.until is not None or gained.record not in self.before.leads:
                continue
            days = lead.get("cooldown_days")
            past = sorted(
                (
                    one
                    for one in after.spans
                    if one.record == gained.record and one.owner and one.until is not None
                ),
                key=lambda one: (one.until, one.id),
                reverse=True,
            )
            for one in past[: self.limits.cooling_owners]:
                times = sum(other.owner == one.owner for other in past)
                wait = min(
                    self.limits.cooling * self.limits.factor ** (times - 1), self.limits.longest
                )
                if isinstance(days, int):
                    wait = timedelta(days=days)
                assert one.until is not None
                if one.owner == gained.owner and gained.since < one.until + wait:
                    yield f"{self.house.name(gained.owner)} has {gained.record} again after {gained.since - one.until}, not after {wait}"

    def _obligations(self, after: Seen, reader: Reader, ctx: Context) -> Iterator[str]:
        """Every owned lead that a deadline concerns has its timer, and no other lead has one."""
        rules = [
            one
            for one in self.house.site.model.rules.values()
            if one.object_name == "lead" and one.kind in OBLIGING
        ]
        for rule in rules:
            for record, row in after.leads.items():
                stands = (record, rule.code) in after.timers
                wanted = rule.enabled and _concerned(rule, row, reader)
                if wanted and not stands:
                    yield f"lead {record} ({row['stage']}) has no timer of {rule.code}"
                if stands and not wanted and rule.enabled:
                    yield f"lead {record} ({row['stage']}, {row['owner']}) has a timer of {rule.code} for nothing"


def _concerned(rule: Rule, row: Row, reader: Reader) -> bool:
    env = reader.env
    if rule.when is not None and rule.when.evaluate(row, env) is not True:
        return False
    return rule.exempt is None or rule.exempt.evaluate(row, env) is not True


def _held(leads: Mapping[str, Row]) -> Counter[object]:
    return Counter(row["owner"] for row in leads.values() if row["owner"] and row["stage"] in OPEN)


def _spans(reader: Reader) -> Iterator[Span]:
    span = fs_owner_span.c
    asked = select(span.id, span.record, span.owner, span.since, span.until, span.rule)
    for row in reader.connection.execute(asked.where(span.object == "lead")):
        yield Span(*row)


def _timers(reader: Reader) -> set[tuple[str, str]]:
    timer = fs_timer.c
    asked = select(timer.record, timer.rule).where(timer.object == "lead", timer.kind == "due")
    return {(record, rule) for record, rule in reader.connection.execute(asked)}


def _audit(reader: Reader) -> Iterator[tuple[tuple[int, int], Row]]:
    line = fs_audit.c
    asked = select(
        line.chain, line.place, line.record, line.source, line.changes, line.reason, line.at,
        line.operation,
    )  # fmt: skip
    for row in reader.connection.execute(asked.where(line.object == "lead")):
        yield (row.chain, row.place), dict(row._mapping)


def _reasons(reader: Reader, lines: Sequence[Row]) -> Iterator[str]:
    """What a rule, a timer or a job changed is kept with the rule that wanted it, or with a reason."""
    decision = fs_decision.c
    asked = select(decision.record, decision.at, decision.sets, decision.because_en)
    kept: dict[object, list[tuple[datetime, Mapping[str, object]]]] = {}
    for record, at, sets, because in reader.connection.execute(asked):
        if because:
            kept.setdefault(record, []).append((at, sets or {}))
    for line in lines:
        changes = json.loads(str(line["changes"]))
        told = [sets for at, sets in kept.get(line["record"], ()) if at == line["at"]]
        for code in AUTOMATIC:
            by_itself = line["source"] in BY_ITSELF or code in ("grade", "score", "lifecycle")
            if code not in changes or not by_itself or line["reason"]:
                continue
            if line["operation"] == "create" and changes[code] == BEGINS_WITH.get(code):
                continue
            if not any(code in sets for sets in told):
                yield f"{code} of {line['record']} went to {changes[code]} by {line['source']}, and nothing says why"
