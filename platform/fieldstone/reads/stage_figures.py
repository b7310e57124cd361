"""How far records came: counted by the furthest stage that each ever reached, from the history of stages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, func, select

from fieldstone.access.resolver import Purpose, resolve
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.reads.frame import condition_of, may_read
from fieldstone.reads.listing import Asked, where_of
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight
from fieldstone.storage.journal import fs_stage_history


def reached(sight: Sight, object_name: str, query: Query, stages: Sequence[str]) -> list[int]:
    """Return, for each of `stages` in their order, how many records of the query reached it or a later one.

    A record that skipped a stage counts as having passed it. Raises RefusedError: 404 for an object
    the viewer does not have, 400 where the stage is hidden.
    """
    may_read(sight.viewer, object_name)
    spec = sight.model.objects[object_name]
    hidden = resolve(sight.viewer, object_name, spec.stage_field or "stage", Purpose.GROUP)
    if isinstance(hidden, Problem):
        raise RefusedError([hidden], 400)
    conditions = [condition_of(sight.viewer, object_name, query.filter), query.extra]
    frame = sight.frame(object_name)
    held = tuple(one for one in conditions if one is not None)
    where = where_of(sight, frame, Asked(query, (), (), held))
    ids = frame.select([frame.raw.column("id")], where)
    spans = fs_stage_history.c
    place = case({code: n for n, code in enumerate(stages)}, value=spans.stage, else_=-1)
    furthest = (
        select(spans.record, func.max(place).label("place"))
        .where(spans.object == object_name, spans.record.in_(ids))
        .group_by(spans.record)
        .subquery()
    )
    counted = select(furthest.c.place, func.count().label("n")).group_by(furthest.c.place)
    by_place = {int(row.place): int(row.n) for row in sight.fetch(counted)}
    return [sum(n for at, n in by_place.items() if at >= place) for place in range(len(stages))]
