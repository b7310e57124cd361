"""Computes the list of a ranking programme, and publishes it: once for each period, whoever comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.base.workdays import ALWAYS, Calendar
from fieldstone.changes.nouns import SYSTEM_ACTOR, Context
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.rules.caps import period_key
from fieldstone.rules.contract import Person, Rule
from fieldstone.rules.ranking_program import (
    Contestant,
    Metric,
    Ranked,
    RankingProgram,
    ranked,
)
from fieldstone.storage import rankings
from fieldstone.storage.database import Storage
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.rankings import Edition, Line

SHORTEST_SHARE: Final = 0.1
"""Who came yesterday is not measured as if one day were a thirtieth of what they will do."""
NEWCOMER: Final = "newcomer"
FEW: Final = "few"


@dataclass(frozen=True)
class Slot:
    """One period of a programme: its name, when it may be published, and the window that counts."""

    period: str
    opens: datetime
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Office:
    """What publishing needs: the doors and the model, at one instant, on behalf of somebody."""

    storage: Storage
    reads: Reads
    model: Model
    ctx: Context


def programs_of(model: Model) -> dict[str, Rule]:
    """Return the ranking programmes that are switched on."""
    return {
        code: rule
        for code, rule in model.rules.items()
        if isinstance(rule.body, RankingProgram) and rule.enabled
    }


def program(model: Model, code: str) -> Rule:
    """Return a programme. Raises RefusedError (404) when there is none of that name."""
    found = programs_of(model)
    if code not in found:
        text = f"There is no ranking programme {code[:40]!r}."
        raise RefusedError(
            [Problem("not_found", "program", text, did_you_mean(code[:40], found))], 404
        )
    return found[code]


def may_publish(office: Office, rule: Rule) -> bool:
    """Tell whether the actor may publish: who may give records of the object to others."""
    actor = office.ctx.actor
    return actor.is_system or access_to(office.model, actor, rule.object_name).may_assign


def slot_of(rule: Rule, model: Model, now: datetime) -> Slot:
    """Return the period in which `now` lies, in the zone of the programme's calendar."""
    body = _body(rule)
    calendar = model.calendars.get(rule.calendar, ALWAYS)
    zone = ZoneInfo(calendar.zone if isinstance(calendar, Calendar) else "UTC")
    local = now.astimezone(zone)
    first = _first_day(body.every, local.date())
    before = _first_day(body.every, first - timedelta(days=1))
    start, until = _midnight(first, zone), _midnight(first, zone)
    since = _midnight(before, zone)
    if body.window is not None:
        since = until - timedelta(
            **{"days" if body.window.unit == "days" else "minutes": body.window.amount}
        )
    opens = start + timedelta(minutes=body.at_minute)
    return Slot(period_key(body.every, local), opens, since, until)


def computed(office: Office, rule: Rule, slot: Slot) -> tuple[Ranked, ...]:
    """Return the list for a slot as the records stand now; nothing is kept."""
    body = _body(rule)
    people = _contestants(office, body, slot)
    reached = {metric.code: _reached(office, metric, slot) for metric in body.metrics}
    return ranked(body, people, reached)


def edition_for(office: Office, rule: Rule, slot: Slot, number: int) -> Edition:
    """Return the edition that would be published for a slot."""
    body = _body(rule)
    lines = tuple(_line(body, one) for one in computed(office, rule, slot))
    return Edition(
        rankings.new_edition_id(),
        rule.code,
        number,
        slot.period,
        slot.since,
        slot.until,
        office.ctx.now,
        office.ctx.actor.id,
        rule.version,
        lines,
        body.standing(0, None, newcomer=True),
    )


def publish(office: Office, rule: Rule) -> Edition | None:
    """Publish the list of the present period; None when it was published already, and then nothing changes.

    Raises RefusedError (403) for who may not.
    """
    if not may_publish(office, rule):
        text = "Your roles do not let you publish rankings."
        cure = "Ask somebody who may assign records to others."
        raise RefusedError([Problem("forbidden", "program", text, cure)], 403)
    slot = slot_of(rule, office.model, office.ctx.now)
    with office.storage.looking() as connection:
        number = rankings.next_edition(connection, rule.code)
    edition = edition_for(office, rule, slot, number)
    with office.storage.connection() as connection:
        return edition if rankings.publish(connection, edition) else None


def due(office: Office, rule: Rule) -> bool:
    """Tell whether the present period is open and not published yet."""
    slot = slot_of(rule, office.model, office.ctx.now)
    if office.ctx.now < slot.opens:
        return False
    with office.storage.looking() as connection:
        return not rankings.is_published(connection, rule.code, slot.period)


def _body(rule: Rule) -> RankingProgram:
    if not isinstance(rule.body, RankingProgram):
        raise TypeError(rule.code)
    return rule.body


def _contestants(office: Office, body: RankingProgram, slot: Slot) -> list[Contestant]:
    tables = office.storage.use(office.model)
    system = office.ctx.acting_as(SYSTEM_ACTOR)
    with office.storage.reading(tables, system) as reader:
        facts = FactsReader(reader.connection, tables, system)
        found = {p.id: p for group in body.groups for p in facts.people(group) if p.active}
    return [_contestant(person, body, slot) for person in found.values()]


def _contestant(person: Person, body: RankingProgram, slot: Slot) -> Contestant:
    hired = person.facts.get("hired_on")
    days = (slot.until - slot.since) / timedelta(days=1)
    here = (slot.until.date() - hired).days if isinstance(hired, date) else days
    share = max(SHORTEST_SHARE, min(1.0, here / days)) if days else 1.0
    floor = body.newcomers
    limit = (floor.within.amount if floor.within.unit == "days" else 0) if floor else 0
    newcomer = isinstance(hired, date) and here < limit
    return Contestant(person.id, person.name, share, newcomer)


def _reached(office: Office, metric: Metric, slot: Slot) -> Mapping[str, tuple[float | None, int]]:
    """Return what each person reached in one metric: one statement, whoever looks, over all records."""
    span = f"{metric.at} >= '{slot.since.isoformat()}' and {metric.at} < '{slot.until.isoformat()}'"
    if _is_day(office.model, metric):
        span = f"{metric.at} >= '{slot.since:%Y-%m-%d}' and {metric.at} < '{slot.until:%Y-%m-%d}'"
    where = f"({metric.where}) and {span}" if metric.where else span
    lines = office.reads.aggregate(
        office.ctx.acting_as(SYSTEM_ACTOR),
        office.model,
        metric.object_name,
        Query(filter=where),
        group=[metric.person],
        measures=metric.measures,
    )
    return {
        str(line[metric.person]): (_number(line["figure"]), int(str(line["records"])))
        for line in lines
        if line[metric.person] is not None
    }


def _is_day(model: Model, metric: Metric) -> bool:
    found = model.scope(metric.object_name).type_of(metric.at)
    return found is not None and found.kind.value == "date"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float, Decimal)) else None


def _line(body: RankingProgram, one: Ranked) -> Line:
    note = NEWCOMER if one.newcomer else (FEW if one.score is None else "")
    metrics = {
        code: {"value": figure.value, "records": figure.records, "index": figure.index}
        for code, figure in one.figures.items()
    }
    standing = body.standing(one.rank, one.score, newcomer=one.newcomer)
    return Line(one.person, one.name, one.rank, one.score, metrics, standing, note)


def _first_day(every: str, day: date) -> date:
    if every == "week":
        return day - timedelta(days=day.weekday())
    if every == "month":
        return day.replace(day=1)
    if every == "quarter":
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    return day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
