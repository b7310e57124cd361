"""Counts, sums and averages over the rows a viewer may see, by groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, False_, Null, True_, UnaryExpression, func

from fieldstone.access.viewer import Viewer
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.sqltypes import ComputedNumber
from fieldstone.expressions.types import Kind
from fieldstone.reads.credits import owner_then
from fieldstone.reads.figures import Figure, Measure, figure_of, measure_of, reads_secret
from fieldstone.reads.frame import condition_of, expression_of, may_read
from fieldstone.reads.listing import Asked, where_of
from fieldstone.reads.query import Query
from fieldstone.reads.sight import Sight

MOST_GROUPS: Final = 5
MOST_MEASURES: Final = 20
MOST_ROWS: Final = 2_000
CONSTANT: Final = (True_, False_, Null)
GROUPABLE: Final = frozenset(
    {Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME, Kind.RECORD, Kind.DURATION}
)


@dataclass(frozen=True)
class Wanted:
    """The settled parts of an aggregate."""

    condition: Expression | None
    groups: tuple[Expression, ...]
    measures: tuple[Measure, ...]


def aggregates(
    sight: Sight,
    object_name: str,
    query: Query,
    group: Sequence[str],
    measures: Mapping[str, str],
    credited_at: str = "",
) -> list[dict[str, object]]:
    """Return one dict per group: the group's values under their texts, the figures under their names.

    With `credited_at`, a field that tells when, the first group is "owner": who had the record then.

    Groups come in the order of their values, missing ones last; at most 2,000 of them, or as many as the query's limit. Raises
    RefusedError (400) with every problem, 404 for an object the viewer does not have.
    """
    may_read(sight.viewer, object_name)
    wanted = _settled(sight.viewer, object_name, query, group, measures)
    frame = sight.frame(object_name)
    conditions = tuple(one for one in (wanted.condition, query.extra) if one is not None)
    where = where_of(sight, frame, Asked(query, (), (), conditions))
    keys = [one.clause(frame.columns, frame.env) for one in wanted.groups]
    if credited_at:
        keys, group = [owner_then(frame, credited_at), *keys], ["owner", *group]
    figures = [figure_of(frame, one) for one in wanted.measures]
    columns = [*keys, *(column for one in figures for column in one.columns)]
    named = [column.label(f"c{at}") for at, column in enumerate(columns)]
    statement = frame.select(named or [func.count().label("c0")], where)
    if keys:
        places = named[: len(keys)]
        # A group that comes to a constant ("score > 1 and false") would be read as the number of a column.
        varying = [p for p, key in zip(places, keys, strict=True) if not _constant(key)]
        statement = statement.group_by(*varying).order_by(*(p.asc().nulls_last() for p in places))
    rows = sight.fetch(statement.limit(max(MOST_ROWS, query.limit)))
    whole = [isinstance(key.type, ComputedNumber) for key in keys]
    return [
        _line(row, dict(zip(group, whole, strict=True)), wanted.measures, figures) for row in rows
    ]


def _constant(key: ColumnElement[Any]) -> bool:
    inner = key.element if isinstance(key, UnaryExpression) else key
    return isinstance(inner, CONSTANT)


def _line(
    row: Sequence[Any],
    groups: Mapping[str, bool],
    measures: Sequence[Measure],
    figures: Sequence[Figure],
) -> dict[str, object]:
    line: dict[str, object] = {}
    for (text, computed), value in zip(groups.items(), row, strict=False):
        # A computed number such as month(...) is whole where it has no decimals, as in memory.
        whole = computed and isinstance(value, Decimal) and value == value.to_integral_value()
        line[text] = int(value) if whole else value
    at = len(groups)
    for measure, figure in zip(measures, figures, strict=True):
        width = len(figure.columns)
        line[measure.name] = figure.made(*row[at : at + width])
        at += width
    return line


def _settled(
    viewer: Viewer,
    object_name: str,
    query: Query,
    group: Sequence[str],
    measures: Mapping[str, str],
) -> Wanted:
    problems: list[Problem] = list(_too_many(group, measures))

    def tried(step: Callable[[], Any]) -> Any:
        try:
            return step()
        except RefusedError as error:
            problems.extend(error.problems)
            return None

    condition = tried(lambda: condition_of(viewer, object_name, query.filter))
    groups = [
        tried(lambda text=text: _group(viewer, object_name, text))  # type: ignore[misc]
        for text in dict.fromkeys(group[:MOST_GROUPS])
    ]
    figures = [
        tried(lambda name=name, text=text: measure_of(viewer, object_name, name, text))  # type: ignore[misc]
        for name, text in list(measures.items())[:MOST_MEASURES]
    ]
    if problems:
        raise RefusedError(problems, 400)
    return Wanted(condition, tuple(groups), tuple(figures))


def _too_many(group: Sequence[str], measures: Mapping[str, str]) -> list[Problem]:
    found = []
    if len(group) > MOST_GROUPS:
        text = f"{len(group)} groups are too many."
        found.append(Problem("too_many", "group", text, f"Group by at most {MOST_GROUPS}."))
    if len(measures) > MOST_MEASURES:
        text = f"{len(measures)} measures are too many."
        found.append(Problem("too_many", "measures", text, f"Ask for at most {MOST_MEASURES}."))
    return found


def _group(viewer: Viewer, object_name: str, text: str) -> Expression:
    found = expression_of(viewer, object_name, text, "group", None)
    if found.type.kind not in GROUPABLE or reads_secret(viewer, found):
        message = f"{text!r} is {found.type.kind}, which cannot make groups."
        cure = "Group by a text, a select, a lookup, a number, a date, or month(...) of one."
        raise RefusedError([Problem("not_groupable", "group", message, cure)], 400)
    return found
