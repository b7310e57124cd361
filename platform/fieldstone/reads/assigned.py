"""The records behind the numbers of an assignment board: what was given to whom in a period, and what waits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from fieldstone.base.workdays import ALWAYS, Calendar
from fieldstone.reads.holdings import counted_by, holdings
from fieldstone.reads.listing import page_of
from fieldstone.reads.query import HIGHEST_LIMIT, Query
from fieldstone.reads.sight import Sight
from fieldstone.rules.assignment import Assignment
from fieldstone.rules.assignment_entries import Entry
from fieldstone.rules.caps import PERIODS, period_start
from fieldstone.rules.contract import Rule
from fieldstone.rules.holding_back import HOLD
from fieldstone.storage.hold_queue import count_held, held
from fieldstone.storage.journal import fs_decision

MOST: Final = 20_000
EVER: Final = "ever"


def given(sight: Sight, rule: Rule, period: str) -> list[str]:
    """Return the ids of the records that a rule gave to anybody in the present period, as far as the viewer sees them."""
    return seen_among(sight, rule.object_name, _given(sight, [rule.code], rule, period))


def given_to(sight: Sight, rule: Rule, line: str, person: str, period: str) -> list[str]:
    """Return the ids of what somebody got in the present period (or `EVER`) by what counts together with a line of the rule."""
    entries = _counting_together(sight, rule, line)
    found: dict[str, None] = {}
    for code, several in entries.items():
        labels = [f", {entry.label.en}: " for entry in several]
        for record, because in _to_person(sight, code, rule, person, period):
            if any(label in because for label in labels):
                found[record] = None
    return seen_among(sight, rule.object_name, list(found))


def waiting(sight: Sight, rule: Rule) -> list[str]:
    """Return the ids of what waits in the hold queue of a rule, as far as the viewer sees them, the next one first."""
    body = rule.body
    if not isinstance(body, Assignment):
        return []
    by, connection = body.queue.by, sight.reader.connection
    rows = held(connection, sight.tables, rule.code, rule.object_name, by=by, most=MOST)
    return seen_among(sight, rule.object_name, [row.record_id for row in rows])


def waiting_counts(sight: Sight, rule: Rule) -> tuple[int, int]:
    """Return how many records wait in the hold queue of a rule, and how many of them the viewer may open."""
    body = rule.body
    if not isinstance(body, Assignment) or body.fallback.kind != HOLD:
        return 0, 0
    count = count_held(sight.reader.connection, sight.tables, rule.code, rule.object_name)
    return count, len(waiting(sight, rule)) if count else 0


def held_by(sight: Sight, object_name: str, person: str) -> str:
    """Return, as a condition, what the limit counts that leaves somebody the least room; without one all they own."""
    tightest = next(iter(holdings(sight, object_name, person)), None)
    return counted_by(sight, tightest, person) if tightest else f"owner == {json.dumps(person)}"


def seen_among(sight: Sight, object_name: str, ids: Sequence[str]) -> list[str]:
    """Return those of the records that the viewer may see, in the same order."""
    seen: set[str] = set()
    for start in range(0, len(ids), HIGHEST_LIMIT):
        part = tuple(ids[start : start + HIGHEST_LIMIT])
        query = Query(ids=part, limit=HIGHEST_LIMIT, fields=("id",))
        seen.update(record.id for record in page_of(sight, object_name, query).rows)
    return [one for one in ids if one in seen]


def _counting_together(sight: Sight, rule: Rule, line: str) -> dict[str, list[Entry]]:
    """Return, by rule, the entries whose gifts are counted together: those of one rotation, or a rule's own."""
    body = rule.body
    entries = body.entries if isinstance(body, Assignment) else ()
    shared = next((one.shared for one in entries if one.code == line), "")
    if not shared:
        return {rule.code: [one for one in entries if not one.shared]}
    return {
        other.code: [one for one in other.body.entries if one.shared == shared]
        for other in sight.model.rules_of(rule.object_name, "assignment")
        if isinstance(other.body, Assignment)
    }


def _to_person(
    sight: Sight, code: str, rule: Rule, person: str, period: str
) -> Iterator[tuple[str, str]]:
    one = fs_decision.c
    asked = select(one.record, one.because_en).where(one.rule == code, one.chosen == person)
    if period != EVER:
        asked = asked.where(one.at >= _since(sight, rule, period))
    for row in sight.fetch(asked.order_by(one.id.desc()).limit(MOST)):
        yield row.record, row.because_en or ""


def _given(sight: Sight, codes: Sequence[str], rule: Rule, period: str) -> list[str]:
    one = fs_decision.c
    asked = select(one.record).where(
        one.rule.in_(codes), one.chosen.is_not(None), one.at >= _since(sight, rule, period)
    )
    rows = sight.fetch(asked.order_by(one.id.desc()).limit(MOST))
    return list(dict.fromkeys(row[0] for row in rows))


def _since(sight: Sight, rule: Rule, period: str) -> object:
    calendar = sight.model.calendars.get(rule.calendar, ALWAYS)
    zone = ZoneInfo(calendar.zone if isinstance(calendar, Calendar) else "UTC")
    return period_start(period if period in PERIODS else "day", sight.ctx.now.astimezone(zone))
