"""Boards: the columns of a select field, each with its first cards, its count and its sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fieldstone.access.resolver import Purpose, resolve
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.expressions.types import Kind
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.aggregates import aggregates
from fieldstone.reads.frame import may_read
from fieldstone.reads.listing import page_of, total_of
from fieldstone.reads.query import COUNTED, COUNTED_IN_COLUMN, BoardColumn, Query
from fieldstone.reads.sight import Sight


def columns_of_board(
    sight: Sight, object_name: str, by: str, query: Query, sum_of: str = ""
) -> list[BoardColumn]:
    """Return a column per option of `by`, in the options' order, then one for records without a value.

    One statement counts and sums, one per column fetches `query.limit` cards. Archived options
    and the column without a value appear only when records lie in them. A board of more than COUNTED
    records is not added up: each column is counted up to COUNTED_IN_COLUMN.
    """
    may_read(sight.viewer, object_name)
    spec = sight.model.objects[object_name]
    named = [
        resolve(sight.viewer, object_name, code, Purpose.GROUP) for code in (by, sum_of) if code
    ]
    problems = [one for one in named if isinstance(one, Problem)]
    if not problems and ("." in by or not _has_options(spec, by)):
        problems.append(_no_columns(spec, by))
    if problems:
        raise RefusedError(problems, 400)
    if total_of(sight, object_name, replace(query, count_up_to=COUNTED + 1)) > COUNTED:
        return _of_many(sight, object_name, by, query)
    measures = {"count": "count()"} | ({"sum": f"sum({sum_of})"} if sum_of else {})
    lines = aggregates(sight, object_name, replace(query, count=False), [by], measures)
    found = {line[by]: line for line in lines}
    columns = []
    for option in _options(spec, by, found):
        line = found.get(option, {"count": 0, "sum": 0 if sum_of else None})
        page = page_of(sight, object_name, _narrowed(query, by, option))
        columns.append(BoardColumn(option, page, int(str(line["count"])), line.get("sum")))
    return columns


def _of_many(sight: Sight, object_name: str, by: str, query: Query) -> list[BoardColumn]:
    """Return the columns of a board that holds too many records to walk over all of them."""
    spec, up_to = sight.model.objects[object_name], COUNTED_IN_COLUMN
    every = [*getattr(spec.fields[by].type, "options", {}), None]
    bounded = replace(query, count_up_to=up_to + 1)
    counted = {
        option: total_of(sight, object_name, _narrowed(bounded, by, option)) for option in every
    }
    return [
        BoardColumn(
            option,
            page_of(sight, object_name, _narrowed(query, by, option)),
            min(counted[option], up_to),
            more=counted[option] > up_to,
        )
        for option in _options(spec, by, [one for one in every if counted[one]])
    ]


def _has_options(spec: ObjectType, code: str) -> bool:
    field = spec.fields.get(code)
    return field is not None and bool(getattr(field.type, "options", {})) and _single(field)


def _single(field: Field) -> bool:
    return field.type.expression_type.kind is Kind.TEXT


def _no_columns(spec: ObjectType, by: str) -> Problem:
    selects = [code for code in spec.fields if _has_options(spec, code)]
    message = f"A board cannot have a column for each {by!r}: it is no select field."
    return Problem("not_a_select", "by", message, did_you_mean(by, selects))


def _options(spec: ObjectType, by: str, used: Iterable[object]) -> list[str | None]:
    options = getattr(spec.fields[by].type, "options", {})
    used = set(used)
    shown: list[str | None] = [
        code for code, option in options.items() if not option.archived or code in used
    ]
    known = set(options)
    shown += sorted(str(one) for one in used if one is not None and one not in known)
    return [*shown, None] if None in used else shown


def _narrowed(query: Query, by: str, option: str | None) -> Query:
    """Return the query for one column; the option becomes a further condition."""
    return replace(query, count=False, cursor="", column=(by, option))
