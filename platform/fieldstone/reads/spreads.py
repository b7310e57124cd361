"""How values are spread over the rows a viewer may see: the value below which a share of each group lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.expressions.types import NUMBER
from fieldstone.reads.credits import HadAt, owner_at
from fieldstone.reads.figures import reads_secret
from fieldstone.reads.frame import expression_of, may_read
from fieldstone.reads.populations import fetched, held_by
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight

WHOLE: Final = 100


def quantiles(
    sight: Sight,
    object_name: str,
    query: Query,
    value: str,
    percents: Sequence[int],
    group: str | HadAt = "",
) -> dict[object, tuple[object, ...]]:
    """Return, by group (None without one), the least values that at least these percents do not exceed.

    Rows without the value are left out. The nearest rank: 50 of four values is the second. Raises RefusedError:
    404 for an object that the viewer does not have, 400 for an expression that does not fit.
    """
    may_read(sight.viewer, object_name)
    measured = expression_of(sight.viewer, object_name, value, "value", NUMBER)
    written = group if isinstance(group, str) else ""
    keyed = expression_of(sight.viewer, object_name, written, "group", None) if written else None
    if reads_secret(sight.viewer, measured) or (keyed and reads_secret(sight.viewer, keyed)):
        text = "A sealed value cannot be measured."
        raise RefusedError([Problem("sealed", "value", text, "Name another field.")], 400)
    frame = sight.frame(object_name)
    where = held_by(sight, frame, object_name, query)
    number = measured.clause(frame.columns, frame.env)
    key = keyed.clause(frame.columns, frame.env) if keyed else None
    if isinstance(group, HadAt):
        key = owner_at(frame, group.field)
    named: list[Any] = [number.label("value")]
    if key is not None:
        named.append(key.label("key"))
    rows = frame.select(named, [*where, number.is_not(None)]).subquery()
    parts = [rows.c.key] if key is not None else None
    place = func.row_number().over(partition_by=parts, order_by=rows.c.value)
    total = func.count().over(partition_by=parts)
    columns = [rows.c.value, place.label("place"), total.label("total")]
    ranked = select(*columns, *([rows.c.key] if key is not None else [])).subquery()
    found: dict[object, list[object]] = {}
    for at, percent in enumerate(percents):
        # The least rank that reaches the share, in whole numbers: (n * p + 99) / 100.
        rank = (ranked.c.total * percent + WHOLE - 1) // WHOLE
        chosen = [ranked.c.value, *([ranked.c.key] if key is not None else [])]
        for row in fetched(sight, select(*chosen).where(ranked.c.place == rank)):
            slot = found.setdefault(row.key if key is not None else None, [None] * len(percents))
            slot[at] = row.value
    return {one: tuple(values) for one, values in found.items()}
