"""What happened to records in a stretch of time: stages entered, owners and pools come and gone, counted by who had them then.

A record counts once for each group, however often it goes back and forth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, distinct, func, select

from fieldstone.access.resolver import Purpose, resolve
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.reads.frame import may_read
from fieldstone.reads.populations import fetched, ids_of
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.rules.desk_words import WAITS
from fieldstone.storage.journal import fs_decision, fs_owner_span, fs_stage_history

ENTERED: Final = "entered"
OWNED: Final = "owned"
LET_GO: Final = "let_go"
POOLED: Final = "pooled"
LEFT_POOL: Final = "left_pool"
GIVEN: Final = "given"
KINDS: Final = (ENTERED, OWNED, LET_GO, POOLED, LEFT_POOL, GIVEN)
GROUPS: Final = ("owner", "pool", "stage", "reason")
MOST_IDS: Final = 20_000
MOST_DEALT: Final = 50_000
Clause = ColumnElement[Any]


@dataclass(frozen=True)
class Happening:
    """What is counted, from `since` until before `until` (None: without an end).

    entered: a stage (one of `stages`) was entered; owned: somebody came to own the record; let_go: an owner lost it;
    pooled, left_pool: it came into a pool, went out; given: an assignment rule gave it to somebody. `reasons` are
    words for why a span ended.
    """

    kind: str
    stages: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class _Source:
    """The table of a kind: its record, its moment, what it can be grouped by, and what else must hold."""

    record: ColumnElement[Any]
    at: ColumnElement[Any]
    groups: Mapping[str, ColumnElement[Any]]
    where: tuple[Clause, ...]


@dataclass(frozen=True)
class Dealt:
    """Who could have got a record when it was given away, and whether their weights decided."""

    free: frozenset[str]
    by_weight: bool


def happened(
    sight: Sight, object_name: str, query: Query, event: Happening, group: str = ""
) -> dict[object, int]:
    """Return how many records of the query it happened to, by group: the owner, pool or stage of that moment.

    Without `group` under None. Raises RefusedError: 404 for an object that the viewer does not have, 400 for a
    group that this kind of event has not, or a hidden field.
    """
    source = _settled(sight, object_name, event, group)
    counted = func.count(distinct(source.record))
    ids = ids_of(sight, object_name, query)
    if not group:
        (only,) = fetched(sight, _asked(select(counted), source, event, ids))
        return {None: int(only[0])}
    key = source.groups[group]
    statement = _asked(select(key, counted), source, event, ids).group_by(key)
    return {row[0]: int(row[1]) for row in fetched(sight, statement) if row[0]}


def dealt(
    sight: Sight, object_name: str, query: Query, event: Happening
) -> tuple[Counter[Dealt], Counter[str]]:
    """Return how assignment chose: whom among whom, how often; and how often each person could not be chosen.

    Each record counts once for whoever got it, and once for each who could not. The newest 50,000 choices tell.
    """
    chosen: Counter[Dealt] = Counter()
    out: Counter[str] = Counter()
    told: dict[str, frozenset[str]] = {}
    for record, among, others in _choices(sight, object_name, query, event):
        chosen[among] += 1
        before = told.get(record, frozenset())
        out.update(others - before)
        told[record] = before | others
    return chosen, out


def passed_over(
    sight: Sight, object_name: str, query: Query, event: Happening, person: str, *, free: bool
) -> list[str]:
    """Return the ids of the records that somebody could have got (`free`), or could not; at most 20,000."""
    found: dict[str, None] = {}
    for record, among, others in _choices(sight, object_name, query, event):
        if person in (among.free if free else others):
            found[record] = None
    return list(found)[:MOST_IDS]


def _choices(
    sight: Sight, object_name: str, query: Query, event: Happening
) -> Iterator[tuple[str, Dealt, frozenset[str]]]:
    """Yield (record, among whom it was given away, who could not be chosen), once for whoever got it, the newest first."""
    source = _settled(sight, object_name, event, "owner")
    given = fs_decision.c
    ids = ids_of(sight, object_name, query)
    columns = (given.record, given.chosen, given.because_en, given.candidates)
    statement = _asked(select(*columns), source, event, ids).order_by(given.at.desc())
    seen: set[tuple[str, str]] = set()
    for record, owner, because, candidates in fetched(sight, statement.limit(MOST_DEALT)):
        if (record, owner) in seen:
            continue
        seen.add((record, owner))
        free = frozenset({owner, *(c["id"] for c in candidates or () if c["en"] == WAITS.en)})
        others = frozenset(c["id"] for c in candidates or ()) - free
        yield record, Dealt(free, "by weight" in (because or "")), others


def whom_it_happened_to(
    sight: Sight,
    object_name: str,
    query: Query,
    event: Happening,
    at: tuple[str, object] = ("", None),
) -> list[str]:
    """Return the ids of the records behind one such number, at most 20,000; `at` is (group, value)."""
    group, value = at
    source = _settled(sight, object_name, event, group)
    ids = ids_of(sight, object_name, query)
    statement = _asked(select(source.record).distinct(), source, event, ids)
    if group:
        statement = statement.where(source.groups[group] == value)
    return [row[0] for row in fetched(sight, statement.limit(MOST_IDS))]


def _settled(sight: Sight, object_name: str, event: Happening, group: str) -> _Source:
    may_read(sight.viewer, object_name)
    source = _source(object_name, event)
    if group and group not in source.groups:
        text = f"{event.kind!r} cannot be counted by {group!r}."
        cure = f"Group it by {', '.join(source.groups)}."
        raise RefusedError([Problem("bad_group", "group", text, cure)], 400)
    spec = sight.model.objects[object_name]
    names = {group} & {"owner", "pool"} | ({spec.stage_field} if event.kind == ENTERED else set())
    hidden = [resolve(sight.viewer, object_name, name, Purpose.GROUP) for name in names if name]
    problems = [one for one in hidden if isinstance(one, Problem)]
    if problems:
        raise RefusedError(problems, 400)
    return source


def _source(object_name: str, event: Happening) -> _Source:
    if event.kind == ENTERED:
        spans = fs_stage_history.c
        wanted = (spans.stage.in_(event.stages),) if event.stages else ()
        groups = {"owner": spans.owner, "stage": spans.stage}
        return _Source(
            spans.record, spans.entered_at, groups, (spans.object == object_name, *wanted)
        )
    if event.kind == GIVEN:
        given = fs_decision.c
        here = (given.object == object_name, given.kind == "assignment", given.chosen.is_not(None))
        return _Source(given.record, given.at, {"owner": given.chosen}, here)
    held = fs_owner_span.c
    who = held.pool if event.kind in (POOLED, LEFT_POOL) else held.owner
    at = held.until if event.kind in (LET_GO, LEFT_POOL) else held.since
    reasons = (held.reason.in_(event.reasons),) if event.reasons else ()
    groups = {"pool" if who is held.pool else "owner": who, "reason": held.reason}
    here = (held.object == object_name, who.is_not(None), at.is_not(None), *reasons)
    return _Source(held.record, at, groups, here)


def _asked(
    statement: Select[Any], source: _Source, event: Happening, ids: Select[Any]
) -> Select[Any]:
    when: Sequence[Clause] = (
        *([source.at >= event.since] if event.since is not None else []),
        *([source.at < event.until] if event.until is not None else []),
    )
    return statement.where(*source.where, *when, source.record.in_(ids))
