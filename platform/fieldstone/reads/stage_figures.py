"""How far records came, how long they stayed, and where they were at a moment, from the history of stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, case, distinct, func, select

from fieldstone.access.resolver import Purpose, resolve
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.reads.figures import reads_secret
from fieldstone.reads.frame import expression_of, may_read
from fieldstone.reads.happenings import MOST_IDS
from fieldstone.reads.populations import fetched, held_by, ids_of
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.storage.journal import fs_stage_history

WHOLE: Final = 100


@dataclass(frozen=True)
class Stay:
    """How records fared in one stage: how many entered, are still in it, went on, were lost from it."""

    stage: str
    entered: int
    here: int
    moved_on: int
    lost: int


def reached(sight: Sight, object_name: str, query: Query, stages: Sequence[str]) -> list[int]:
    """Return, for each of `stages` in their order, how many records of the query reached it or a later one.

    A record that skipped a stage counts as having passed it. Raises RefusedError: 404 for an object
    the viewer does not have, 400 where the stage is hidden.
    """
    ids = _ids(sight, object_name, query)
    spans = fs_stage_history.c
    place = case({code: n for n, code in enumerate(stages)}, value=spans.stage, else_=-1)
    furthest = (
        select(spans.record, func.max(place).label("place"))
        .where(spans.object == object_name, spans.record.in_(ids))
        .group_by(spans.record)
        .subquery()
    )
    counted = select(furthest.c.place, func.count().label("n")).group_by(furthest.c.place)
    by_place = {int(row.place): int(row.n) for row in fetched(sight, counted)}
    return [sum(n for at, n in by_place.items() if at >= place) for place in range(len(stages))]


def standing_at(
    sight: Sight, object_name: str, query: Query, stages: Sequence[str], at: datetime
) -> list[int]:
    """Return how many records of the query stood in each of `stages` at a moment. Raises RefusedError as `reached`."""
    ids = _ids(sight, object_name, query)
    spans = fs_stage_history.c
    counted = (
        select(spans.stage, func.count(distinct(spans.record)))
        .where(spans.object == object_name, spans.record.in_(ids), spans.entered_at <= at)
        .where(spans.left_at.is_(None) | (spans.left_at > at))
        .group_by(spans.stage)
    )
    found = {row[0]: int(row[1]) for row in fetched(sight, counted)}
    return [found.get(stage, 0) for stage in stages]


def ids_that_reached(
    sight: Sight, object_name: str, query: Query, stages: Sequence[str], limit: int
) -> list[str]:
    """Return the ids of records of the query that ever entered one of `stages`. Raises RefusedError as `reached`."""
    spans = fs_stage_history.c
    asked = (
        select(spans.record)
        .distinct()
        .where(spans.object == object_name, spans.stage.in_(stages))
        .where(spans.record.in_(_ids(sight, object_name, query)))
    )
    return [row[0] for row in fetched(sight, asked.limit(limit))]


def reached_by(
    sight: Sight, object_name: str, query: Query, stages: Sequence[str], group: str
) -> dict[object, list[int]]:
    """Return the same as `reached` for each value of an expression over the record."""
    keyed = expression_of(sight.viewer, object_name, group, "group", None)
    if reads_secret(sight.viewer, keyed):
        cure = "Group by another field."
        raise RefusedError([Problem("not_groupable", "group", "It is sealed.", cure)], 400)
    frame = sight.frame(object_name)
    where = held_by(sight, frame, object_name, query)
    rows = frame.select(
        [frame.raw.column("id").label("id"), keyed.clause(frame.columns, frame.env).label("key")],
        where,
    ).subquery()
    spans = fs_stage_history.c
    place = case({code: n for n, code in enumerate(stages)}, value=spans.stage, else_=-1)
    furthest = (
        select(spans.record, rows.c.key, func.max(place).label("place"))
        .join_from(rows, fs_stage_history, spans.record == rows.c.id)
        .where(spans.object == object_name)
        .group_by(spans.record, rows.c.key)
        .subquery()
    )
    counted = select(furthest.c.key, furthest.c.place, func.count()).group_by(
        furthest.c.key, furthest.c.place
    )
    found: dict[object, list[int]] = {}
    for row in fetched(sight, counted):
        key = int(row[0]) if isinstance(row[0], Decimal) else row[0]
        line = found.setdefault(key, [0] * len(stages))
        for reached_place in range(int(row[1]) + 1):
            line[reached_place] += int(row[2])
    return found


def stays(
    sight: Sight, object_name: str, query: Query, stages: Sequence[str], lost: Sequence[str]
) -> list[Stay]:
    """Return how the records of the query fared in each stage; a record counts once, however often it came.

    It is lost from a stage when it stands in a lost stage now and that stage was its last before.
    """
    row = _fates(sight, object_name, query, stages, lost).c
    counted = select(
        row.stage, func.count(), func.sum(row.here), func.sum(row.on), func.sum(row.gone)
    ).group_by(row.stage)
    found = {
        row[0]: Stay(row[0], *(int(number) for number in row[1:]))
        for row in fetched(sight, counted)
    }
    return [found.get(stage, Stay(stage, 0, 0, 0, 0)) for stage in stages]


def ids_by_fate(
    sight: Sight,
    object_name: str,
    query: Query,
    stages: tuple[Sequence[str], Sequence[str]],
    one: tuple[str, str],
) -> list[str]:
    """Return the ids of the records that `stays` counts: `one` is a stage and "on" or "gone"; `stages` open, lost ones."""
    stage, fate = one
    row = _fates(sight, object_name, query, *stages).c
    asked = select(row.record).where(row.stage == stage, row[fate] == 1).limit(MOST_IDS)
    return [found[0] for found in fetched(sight, asked)]


def _fates(
    sight: Sight, object_name: str, query: Query, stages: Sequence[str], lost: Sequence[str]
) -> Subquery:
    """Return (record, stage, here, on, gone), each 1 or 0: is it there, did it go on, was it lost from there."""
    ids = _ids(sight, object_name, query)
    spans, later = fs_stage_history.c, fs_stage_history.alias("later").c
    place = case({code: n for n, code in enumerate(stages)}, value=later.stage, else_=-1)
    seen = (
        select(
            spans.record,
            spans.stage,
            func.max(case((spans.left_at.is_(None), 1), else_=0)).label("here"),
            func.max(case((place > _place(spans.stage, stages), 1), else_=0)).label("on"),
            func.max(case((later.stage.in_(lost), 1), else_=0)).label("gone"),
        )
        .join_from(
            fs_stage_history,
            later.record.table,
            (later.record == spans.record) & (later.entered_at >= spans.entered_at),
        )
        .where(spans.object == object_name, spans.record.in_(ids), spans.stage.in_(stages))
        .group_by(spans.record, spans.stage)
        .subquery()
    )
    row = seen.c
    return select(
        row.record,
        row.stage,
        row.here,
        case((row.here == 0, row.on), else_=0).label("on"),
        case((row.here + row.on == 0, row.gone), else_=0).label("gone"),
    ).subquery()


def lengths_of_stay(
    sight: Sight, object_name: str, query: Query, percents: Sequence[int]
) -> dict[str, tuple[int, ...]]:
    """Return, by stage, within how many seconds these percents of the visits that are over were over."""
    spans = fs_stage_history.c
    found = _ranked(sight, object_name, query, spans.seconds, percents)
    return {stage: tuple(int(str(one)) for one in several) for stage, several in found.items()}


def waiting_since(
    sight: Sight, object_name: str, query: Query
) -> dict[str, tuple[datetime, datetime]]:
    """Return, by stage, since when the records in it now have been there: the longest, and half of them."""
    spans = fs_stage_history.c
    entered = case((spans.left_at.is_(None), spans.entered_at), else_=None)
    found = _ranked(sight, object_name, query, entered, (0, 50))
    return {
        stage: (several[0], several[1])
        for stage, several in found.items()
        if isinstance(several[0], datetime) and isinstance(several[1], datetime)
    }


def _ranked(
    sight: Sight,
    object_name: str,
    query: Query,
    value: ColumnElement[Any],
    percents: Sequence[int],
) -> dict[str, list[object]]:
    """Return, by stage, the values at these percents of the visits that have one (0: the least)."""
    spans = fs_stage_history.c
    ids = _ids(sight, object_name, query)
    ranked = (
        select(
            spans.stage,
            value.label("value"),
            func.row_number().over(partition_by=spans.stage, order_by=value).label("place"),
            func.count().over(partition_by=spans.stage).label("total"),
        )
        .where(spans.object == object_name, spans.record.in_(ids), value.is_not(None))
        .subquery()
    )
    row, found = ranked.c, dict[str, list[object]]()
    for percent in percents:
        rank = (row.total * percent + WHOLE - 1) // WHOLE
        asked = select(row.stage, row.value).where(row.place == case((rank < 1, 1), else_=rank))
        for one in fetched(sight, asked):
            found.setdefault(one[0], []).append(one[1])
    return found


def _place(stage: ColumnElement[Any], stages: Sequence[str]) -> ColumnElement[Any]:
    return case({code: n for n, code in enumerate(stages)}, value=stage, else_=-1)


def _ids(sight: Sight, object_name: str, query: Query) -> Select[Any]:
    """Return the statement for the ids of the query's records. Raises RefusedError where the stage is hidden."""
    may_read(sight.viewer, object_name)
    spec = sight.model.objects[object_name]
    hidden = resolve(sight.viewer, object_name, spec.stage_field or "stage", Purpose.GROUP)
    if isinstance(hidden, Problem):
        raise RefusedError([hidden], 400)
    return ids_of(sight, object_name, query)
