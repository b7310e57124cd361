"""What must hold of leads between any two steps, reckoned here anew: nothing of this asks the product's own limits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from fieldstone.model.site_model import Model
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

    @cached_property
    def _by_record(self) -> Mapping[str, Sequence[Span]]:
        found: dict[str, list[Span]] = {}
        for one in self.spans:
            found.setdefault(one.record, []).append(one)
        return found

    def spans_of(self, record: str) -> Sequence[Span]:
        """Return who owned a record, in any order."""
        return self._by_record.get(record, ())


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

    def room(self, who: str) -> int:
        """Return how many more the quotas let somebody claim."""
        most = self.limits.manager_per_day if who == "mei" else self.limits.per_day
        person = self.house.people[who]
        left = most - self.spent_today(person), self.limits.net - self.kept_lately(person)
        return max(0, min(left))

    def may_claim(self, who: str) -> bool:
        """Tell whether the quotas leave room for one more."""
        return self.room(who) > 0

    # -- the look

    def look(self) -> Seen:
        site = self.house.site
        ctx = site.system_context("test")
        with site.storage.reading(site.storage.use(site.model), ctx) as reader:
            return look(reader)

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
                *obligations(site.model, after, reader),
                *_reasons(reader, lines),
            ]
        self.before, self.heirs_may = after, False
        return found

    def _holdings(self, after: Seen) -> Iterator[str]:
        then, now = held(self.before.leads), held(after.leads)
        for person, count in now.items():
            who = self.house.name(person)
            most = self.limits.manager_holding if who == "mei" else self.limits.holding
            if count > max(most, then[person]):
                yield f"{who} holds {count} of at most {most}, before this step {then[person]}"

    def _coolings(self, after: Seen) -> Iterator[str]:
        known = {one.id for one in self.before.spans}
        for gained in after.spans:
            lead = after.leads.get(gained.record)
            new = gained.id not in known and gained.until is None
            if (
                new
                and lead is not None
                and gained.record in self.before.leads
                and not self.heirs_may
            ):
                yield from cooled(gained, after.spans_of(gained.record), lead, self.limits)


def look(reader: Reader) -> Seen:
    """Look at all leads."""
    held_in = reader.tables["lead"]
    ids = [one for (one,) in reader.connection.execute(select(held_in.columns["id"]))]
    leads = dict(reader.rows("lead", ids))
    return Seen(leads, list(_spans(reader)), frozenset(_timers(reader)), dict(_audit(reader)))


def cooled(gained: Span, spans: Sequence[Span], lead: Row, limits: Limits) -> Iterator[str]:
    """Whoever comes to own a lead again has waited: the last owners, the longer the oftener they had it."""
    past = sorted(
        (
            (one.until, one.id, one)
            for one in spans
            if one.owner
            and one.until is not None
            and one.until <= gained.since
            and one is not gained
        ),
        reverse=True,
    )
    days = lead.get("cooldown_days")
    for until, _, one in past[: limits.cooling_owners]:
        times = sum(other.owner == one.owner for _, _, other in past)
        wait = min(limits.cooling * limits.factor ** (times - 1), limits.longest)
        if isinstance(days, int):
            wait = timedelta(days=days)
        if gained.owner and one.owner == gained.owner and gained.since < until + wait:
            waited = gained.since - until
            yield f"{gained.owner} has {gained.record} again after {waited}, not after {wait}"


def obligations(model: Model, seen: Seen, reader: Reader) -> Iterator[str]:
    """Every owned lead that a deadline concerns has its timer, and no other lead has one."""
    rules = [r for r in model.rules.values() if r.object_name == "lead" and r.kind in OBLIGING]
    for rule in rules:
        for record, row in seen.leads.items():
            stands = (record, rule.code) in seen.timers
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


def held(leads: Mapping[str, Row]) -> Counter[object]:
    """Return how many open leads each person has."""
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
        yield (row.chain, row.place), {**row._mapping, "changes": json.loads(row.changes)}


def _reasons(reader: Reader, lines: Sequence[Row]) -> Iterator[str]:
    """What a rule, a timer or a job changed is kept with the rule that wanted it, or with a reason."""
    decision = fs_decision.c
    asked = select(decision.record, decision.at, decision.sets, decision.because_en)
    kept: dict[object, list[tuple[datetime, Mapping[str, object]]]] = {}
    for record, at, sets, because in reader.connection.execute(asked):
        if because:
            kept.setdefault(record, []).append((at, sets or {}))
    for line in lines:
        changes: Any = line["changes"]
        told = [sets for at, sets in kept.get(line["record"], ()) if at == line["at"]]
        for code in AUTOMATIC:
            by_itself = line["source"] in BY_ITSELF or code in ("grade", "score", "lifecycle")
            if code not in changes or not by_itself or line["reason"]:
                continue
            if line["operation"] == "create" and changes[code] == BEGINS_WITH.get(code):
                continue
            if not any(code in sets for sets in told):
                yield f"{code} of {line['record']} went to {changes[code]} by {line['source']}, and nothing says why"
