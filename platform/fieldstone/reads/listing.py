"""One record and pages of records: filtered, in order, from a cursor on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, literal_column, or_, select
from sqlalchemy.exc import DataError, DBAPIError, StatementError

from fieldstone.access.viewer import Viewer
from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression
from fieldstone.reads.cursor import bad_cursor, fingerprint, read_cursor, write_cursor
from fieldstone.reads.expanding import check_expand, with_children, with_expanded, with_titles
from fieldstone.reads.frame import Clause, Frame, condition_of, may_read
from fieldstone.reads.ordering import Key, SortColumn, behind, columns_of, keys_of
from fieldstone.reads.picking import Picked, codes_of, pick
from fieldstone.reads.query import HIGHEST_LIMIT, Page, Query, Record
from fieldstone.reads.searching import text_clauses
from fieldstone.reads.sight import Sight
from fieldstone.reads.told import Telling, Told, ToldPage, dumped, written
from fieldstone.storage.answers import Answer
from fieldstone.storage.prepared import Prepared


@dataclass(frozen=True)
class Asked:
    """A question whose every name is settled for its viewer."""

    query: Query
    codes: tuple[str, ...]
    keys: tuple[Key, ...]
    conditions: tuple[Expression, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Return a short name of what decides which rows come, and in what order."""
        query, texts = self.query, [one.text for one in self.conditions]
        narrowed = (query.column, query.ids)
        return fingerprint(query.sort, texts, query.q, query.pool, query.deleted, narrowed)


def settled(viewer: Viewer, object_name: str, query: Query) -> Asked:
    """Return the question with its names settled; raises RefusedError (400) with all problems."""
    problems: list[Problem] = []

    def tried(step: Callable[[], Any]) -> Any:
        try:
            return step()
        except RefusedError as error:
            problems.extend(error.problems)
            return ()

    condition = tried(lambda: condition_of(viewer, object_name, query.filter))
    codes = tried(lambda: codes_of(viewer, object_name, query.fields))
    keys = tried(lambda: keys_of(viewer, object_name, query.sort))
    tried(lambda: check_expand(viewer, object_name, query.expand))
    tried(lambda: _check_limit(query.limit))
    if problems:
        raise RefusedError(problems, 400)
    heads = [path.partition(".")[0] for path in query.expand]
    codes = tuple(dict.fromkeys([*codes, *heads]))
    conditions = tuple(one for one in (condition, query.extra) if one)
    return Asked(query, codes, keys, conditions)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= HIGHEST_LIMIT:
        text = f"A page holds 1 to {HIGHEST_LIMIT} records, not {limit}."
        problem = Problem("bad_limit", "limit", text, f"Send a limit of at most {HIGHEST_LIMIT}.")
        raise RefusedError([problem], 400)


def basis_of(sight: Sight, frame: Frame, query: Query) -> list[Clause]:
    """Return the conditions that do not come from the caller's words: access, recycle bin, pool."""
    where = frame.within(deleted=query.deleted)
    if query.pool is not None:
        where.append(frame.raw.column("pool") == query.pool)
    if sight.sees:
        where.append(or_(*(one.where(frame.raw, frame.env) for one in sight.sees)))
    return where


def where_of(sight: Sight, frame: Frame, asked: Asked) -> list[Clause]:
    """Return every condition on the rows, but for the cursor's."""
    query, where = asked.query, basis_of(sight, frame, asked.query)
    if query.column is not None:
        code, value = query.column
        column = frame.columns.column(code)
        where.append(column.is_(None) if value is None else column == value)
    if query.ids is not None:
        where.append(frame.raw.column("id").in_(query.ids))
    for condition in asked.conditions:
        where += frame.holding(condition)
    if query.q.strip():
        where += text_clauses(sight, frame, query.q, deleted=query.deleted)
    return where


@dataclass(frozen=True, eq=False)
class Plan:
    """A settled question with its statement, which a cursor or an id completes."""

    asked: Asked
    picked: Picked
    order: tuple[SortColumn, ...]
    statement: Select[Any]
    prepared: Prepared
    telling: Telling
    items: tuple[str, ...]  # the fields that hold line items

    @property
    def stands_alone(self) -> bool:
        """Tell whether its rows are all that is asked, so that nothing has to agree with them."""
        query = self.asked.query
        return not (self.items or query.expand)

    def following(self, answer: Answer) -> str | None:
        """Return the cursor of the next page, None when this one is the last."""
        if len(answer.raw) <= self.asked.query.limit:
            return None
        last = answer.row(self.asked.query.limit - 1)
        return write_cursor(self.asked.fingerprint, last[self.picked.width :], last[0])

    def behind(self, cursor: str) -> Select[Any]:
        """Return the statement for the rows behind a cursor; raises RefusedError for a wrong one."""
        kinds = [key.holds for key in self.asked.keys]
        values, last_id = read_cursor(self.asked.fingerprint, kinds, cursor)
        return self.statement.where(behind(self.order, [*values, last_id][: len(self.order)]))


def page_of(sight: Sight, object_name: str, query: Query) -> Page:
    """Return one page of the records that the viewer may see.

    Raises RefusedError: 404 for an object that is not there for the viewer, 400 for a malformed question.
    """
    plan, answer = _page(sight, object_name, query)
    records = _around(sight, plan, answer, query)
    total = count_of(sight, object_name, plan.asked) if query.count else None
    return Page(records, plan.following(answer), total)


def told_page_of(
    sight: Sight, object_name: str, query: Query, earlier: Mapping[str, str]
) -> ToldPage:
    """Return the same page as JSON; values stand under their `earlier` codes, too."""
    plan, answer = _page(sight, object_name, query)
    if plan.stands_alone:
        values = plan.telling.values(answer, answer.raw[: query.limit], earlier)
    else:
        values = dumped(sight.model, _around(sight, plan, answer, query), earlier)
    total = count_of(sight, object_name, plan.asked) if query.count else None
    return ToldPage(written(values), plan.following(answer), total)


def _page(sight: Sight, object_name: str, query: Query) -> tuple[Plan, Answer]:
    """Return the plan of a page and its rows, one more than the page holds when there is a next one."""
    may_read(sight.viewer, object_name)
    shape = query.shape
    plan = sight.planned(
        ("page", object_name, shape),
        lambda env: _page_plan(sight, object_name, shape, env),
        keep=not query.q and query.ids is None,
    )
    if query.cursor:
        return plan, Answer(_behind(sight, plan, query.cursor))
    alone = plan.stands_alone and not (query.count or query.titles)
    return plan, sight.asked(plan.prepared, alone=alone)


def _page_plan(sight: Sight, object_name: str, query: Query, env: Env) -> Plan:
    asked = settled(sight.viewer, object_name, query)
    frame = sight.frame(object_name, env)
    picked, order = pick(frame, asked.codes), columns_of(frame, asked.keys)
    where = where_of(sight, frame, asked)
    keys = [one.column.label(f"k{at}") for at, one in enumerate(order[: len(asked.keys)])]
    statement = frame.select([*picked.columns, *keys], where)
    # The limit stands in the statement: of a bound one PostgreSQL expects a tenth of all rows, and plans
    # each time anew because the plan for that is bad.
    limit: ColumnElement[int] = literal_column(str(query.limit + 1))
    statement = statement.order_by(*(one.order() for one in order)).limit(limit)
    fields = frame.spec.fields
    items = tuple(c for c in query.fields if c in asked.codes and fields[c].type.name == "rows")
    return _plan(sight, asked, picked, tuple(order), statement, items)


def _plan(
    sight: Sight,
    asked: Asked,
    picked: Picked,
    order: tuple[SortColumn, ...],
    statement: Select[Any],
    items: tuple[str, ...],
) -> Plan:
    telling = Telling(sight.model, picked, sight.tables.dialect)
    return Plan(asked, picked, order, statement, Prepared(statement), telling, items)


def _behind(sight: Sight, plan: Plan, cursor: str) -> list[tuple[Any, ...]]:
    """Return the rows; a value that no column could have given means that the cursor was made up."""
    try:
        return [tuple(row) for row in sight.fetch(plan.behind(cursor))]
    except StatementError as error:
        if isinstance(error, DataError) or not isinstance(error, DBAPIError):
            raise bad_cursor() from None
        raise


def _around(sight: Sight, plan: Plan, answer: Answer, query: Query) -> list[Record]:
    """Return the records with what was asked for around them: line items, records behind lookups, titles."""
    records = [plan.picked.record(row) for row in answer.rows()[: query.limit]]
    if not records:
        return records
    records = with_children(sight, records, plan.items)
    records = with_expanded(sight, records, query.expand)
    return with_titles(sight, records) if query.titles else records


def count_of(sight: Sight, object_name: str, asked: Asked) -> int:
    """Return how many records the question finds on all pages together, or `count_up_to` at most."""
    frame = sight.frame(object_name)
    where = where_of(sight, frame, asked)
    if not asked.query.count_up_to:
        return int(sight.fetch(frame.select([func.count()], where))[0][0])
    some = frame.select([literal(1).label("one")], where).limit(asked.query.count_up_to).subquery()
    return int(sight.fetch(select(func.count()).select_from(some))[0][0])


def total_of(sight: Sight, object_name: str, query: Query) -> int:
    """Return how many records a query finds."""
    may_read(sight.viewer, object_name)
    return count_of(sight, object_name, settled(sight.viewer, object_name, query))


def record_of(sight: Sight, object_name: str, record_id: str, query: Query) -> Record | None:
    """Return one record with its line items, None when it is not there for the viewer."""
    plan, answer = _row(sight, object_name, record_id, query)
    return _around(sight, plan, answer, query)[0] if answer.raw else None


def told_record_of(
    sight: Sight, object_name: str, record_id: str, query: Query, earlier: Mapping[str, str]
) -> Told | None:
    """Return the same record as JSON; values stand under their `earlier` codes, too."""
    plan, answer = _row(sight, object_name, record_id, query)
    if not answer.raw:
        return None
    if plan.stands_alone:
        (values,) = plan.telling.values(answer, answer.raw, earlier)
    else:
        (values,) = dumped(sight.model, _around(sight, plan, answer, query), earlier)
    return Told(written(values), answer.raw[0][1])


def _row(sight: Sight, object_name: str, record_id: str, query: Query) -> tuple[Plan, Answer]:
    """Return the plan of one record, and its row if it is there."""
    may_read(sight.viewer, object_name)
    shape = query.shape
    plan = sight.planned(
        ("record", object_name, shape),
        lambda env: _record_plan(sight, object_name, shape, env),
        keep=True,
    )
    if not is_id(record_id):
        return plan, Answer([])
    alone = plan.stands_alone and not query.titles
    return plan, sight.asked(plan.prepared, {"record_id": record_id}, alone=alone)


def _record_plan(sight: Sight, object_name: str, query: Query, env: Env) -> Plan:
    asked = settled(sight.viewer, object_name, query)
    frame = sight.frame(object_name, env)
    picked, own_id = pick(frame, asked.codes), frame.raw.column("id")
    where = [*basis_of(sight, frame, query), own_id == bindparam("record_id", type_=own_id.type)]
    statement = frame.select(picked.columns, where)
    items = tuple(c for c in asked.codes if frame.spec.fields[c].type.name == "rows")
    return _plan(sight, asked, picked, (), statement, items)
