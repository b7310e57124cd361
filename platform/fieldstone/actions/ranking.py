"""Computes the list of a ranking programme, and publishes it: once for each period, whoever comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.base.workdays import ALWAYS, Calendar
from fieldstone.changes.nouns import SYSTEM_ACTOR, Context, Effect
from fieldstone.model.site_model import Model
from fieldstone.reads.analysis import Analysis
from fieldstone.reads.door import Reads
from fieldstone.reads.pools import groups_of
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
from fieldstone.writes.pipeline import Writes

OWNER: Final = "owner"
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


def preview(office: Office, rule: Rule) -> Edition:
    """Return the list that is published next, as the records stand now; nothing is kept.

    Where the present period has none yet it is just what publishing would keep; else the next one, whose window ends today.
    """
    slot = slot_of(rule, office.model, office.ctx.now)
    length = slot.until - slot.since
    coming = replace(slot, since=office.ctx.now - length, until=office.ctx.now)
    with office.storage.looking() as connection:
        number = rankings.next_edition(connection, rule.code)
        published = rankings.is_published(connection, rule.code, slot.period)
    return edition_for(office, rule, coming if published else slot, number)


def programs_seen(office: Office) -> dict[str, Rule]:
    """Return the programmes whose lists the actor may see: who may assign, and who belongs to those ranked."""
    found = programs_of(office.model)
    if not found:
        return {}
    groups: frozenset[str] | None = None
    seen = {}
    for code, rule in found.items():
        if may_publish(office, rule):
            seen[code] = rule
            continue
        if not access_to(office.model, office.ctx.actor, rule.object_name).may_read:
            continue
        named = set(_body(rule).groups)
        if named & {f"role:{role}" for role in office.ctx.actor.roles}:
            seen[code] = rule
            continue
        if groups is None:
            with office.reads.sight(office.ctx, office.model) as sight:
                groups = groups_of(sight)
        if groups & named:
            seen[code] = rule
    return seen


def edition(office: Office, rule: Rule, number: int | None) -> Edition | None:
    """Return a published edition, the latest without a number; None when there is none."""
    with office.storage.looking() as connection:
        return rankings.edition_of(connection, rule.code, number)


def editions(office: Office, rule: Rule) -> tuple[Edition, ...]:
    """Return the published editions without their lines, newest first."""
    with office.storage.looking() as connection:
        return rankings.editions_of(connection, rule.code)


def is_published(office: Office, rule: Rule) -> bool:
    """Tell whether the present period has its list."""
    slot = slot_of(rule, office.model, office.ctx.now)
    with office.storage.looking() as connection:
        return rankings.is_published(connection, rule.code, slot.period)


def next_slot(rule: Rule, model: Model, slot: Slot) -> Slot:
    """Return the period after `slot`."""
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92}[_body(rule).every]
    return slot_of(rule, model, slot.until + timedelta(days=longest, hours=12))


def appeal_ends(rule: Rule, model: Model, shown: Edition) -> datetime | None:
    """Return until when people may object to an edition, None when they may not."""
    body = _body(rule)
    if body.appeal is None:
        return None
    calendar = model.calendars.get(rule.calendar, ALWAYS)
    if not isinstance(calendar, Calendar):
        return None
    return calendar.after(shown.published_at, body.appeal.within)


def appeal(office: Office, writes: Writes, rule: Rule, note: str) -> None:
    """Send an objection of the actor to the latest edition to who is named for it.

    Raises RefusedError: 404 for who is not on the list, 409 when the time is over, 422 without words.
    """
    shown, now, actor = edition(office, rule, None), office.ctx.now, office.ctx.actor
    if shown is None or actor.id not in {line.person for line in shown.lines}:
        text = "You are on no published list of this programme."
        raise RefusedError(
            [Problem("not_found", "program", text, "Look at the lists you are on.")], 404
        )
    ends = appeal_ends(rule, office.model, shown)
    if ends is None or ends <= now:
        text = "The time for objections is over."
        raise RefusedError([Problem("too_late", "note", text, "Speak with your manager.")], 409)
    if not note:
        text = "The objection has no words."
        raise RefusedError([Problem("required", "note", text, "Say what is wrong with the list.")])
    words = Label(
        f"{actor.name} objects to {rule.label.en}, edition {shown.edition}: {note}",
        f"{actor.name} 对「{rule.label.text('zh')}」第 {shown.edition} 期提出异议：{note}",
    )
    payload = {
        "object": "user",
        "id": actor.id,
        "message": {"en": words.en, "zh": words.text("zh")},
    }
    body = _body(rule)
    with writes.unit(office.ctx, office.model) as unit:
        facts = unit.transaction
        to = {one for who in (body.appeal.to if body.appeal else ()) for one in who.ids({}, facts)}
        effects = [
            ("user", actor.id, Effect("in_page", one, "appeal", payload)) for one in sorted(to)
        ]
        facts.outbox(effects)
        unit.wrote = True


def due(office: Office, rule: Rule) -> bool:
    """Tell whether the present period is open and not published yet."""
    opens = slot_of(rule, office.model, office.ctx.now).opens
    return office.ctx.now >= opens and not is_published(office, rule)


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
    """Return what each person reached in one metric: one statement, whoever looks, over all records.

    What was somebody's when it happened stays their result, whoever has the record now.
    """
    where = counted_in(office.model, metric, slot.since, slot.until)
    ctx, query = office.ctx.acting_as(SYSTEM_ACTOR), Query(filter=where)
    name, model = metric.object_name, office.model
    if metric.person == OWNER:
        analysis = Analysis(office.reads, ctx, model, name)
        lines = analysis.credited(query, metric.at, metric.measures)
    else:
        group, measures = [metric.person], metric.measures
        lines = office.reads.aggregate(ctx, model, name, query, group=group, measures=measures)
    return {
        str(line[metric.person]): (_number(line["figure"]), int(str(line["records"])))
        for line in lines
        if line[metric.person] is not None
    }


def counted_in(model: Model, metric: Metric, since: datetime, until: datetime) -> str:
    """Return the condition on the records that a metric counts in a window."""
    span = f"{metric.at} >= '{since.isoformat()}' and {metric.at} < '{until.isoformat()}'"
    if _is_day(model, metric):
        span = f"{metric.at} >= '{since:%Y-%m-%d}' and {metric.at} < '{until:%Y-%m-%d}'"
    return f"({metric.where}) and {span}" if metric.where else span


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
