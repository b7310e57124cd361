"""The school's tables, and rows of plain values put into them, on either database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from fieldstone.expressions import sqlite_functions
from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.sqltypes import (
    ClockTime,
    Day,
    ExactNumber,
    Instant,
    JsonValue,
    PlainText,
    Span,
    StringList,
    WholeNumber,
)

METADATA = sa.MetaData()
_text, _whole, _money = PlainText(), WholeNumber(), ExactNumber(2)


def _table(name: str, /, **columns: Any) -> sa.Table:
    made = [sa.Column(column, kind) for column, kind in columns.items()]
    return sa.Table(name, METADATA, sa.Column("id", PlainText(), primary_key=True), *made)


CHANNEL = _table("channel", name=_text, kind=_text, cost=_money)
USER = _table("person", name=_text, region=_text, manager=_text, limit=_whole)
ACTIVITY = _table(
    "activity",
    lead=_text,
    kind=_text,
    minutes_spent=_whole,
    cost=_money,
    done_at=Instant(),
    note=_text,
    owner=_text,
)
LEAD = _table(
    "lead",
    name=_text,
    company=_text,
    stage=_text,
    budget=_money,
    spent=_money,
    rate=ExactNumber(4),
    score=_whole,
    visits=_whole,
    vip=sa.Boolean(),
    agreed=sa.Boolean(),
    due_on=Day(),
    born_on=Day(),
    created_at=Instant(),
    last_activity_at=Instant(),
    calls_at=ClockTime(),
    effort=Span(),
    tags=StringList(),
    members=StringList(),
    extra=JsonValue(),
    channel=_text,
    owner=_text,
)
sa.Index("by_budget", LEAD.c.budget)
sa.Index("by_last_activity", LEAD.c.last_activity_at)
sa.Index("by_name", LEAD.c.name)
_owner, _manager = USER.alias("owner_1"), USER.alias("manager_1")
FROM = (
    LEAD.outerjoin(CHANNEL, CHANNEL.c.id == LEAD.c.channel)
    .outerjoin(_owner, _owner.c.id == LEAD.c.owner)
    .outerjoin(_manager, _manager.c.id == _owner.c.manager)
)
_BEHIND = {"channel": CHANNEL, "owner": _owner, "owner.manager": _manager}


class Ground:
    """Columns of a lead over FROM."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def column(self, path: str) -> sa.ColumnElement[Any]:
        lookups, _, name = path.rpartition(".")
        return (_BEHIND[lookups] if lookups else LEAD).c[name]

    def rows(self, name: str) -> tuple[sa.FromClause, ChildGround, sa.ColumnElement[bool]]:
        alias = {"activities": ACTIVITY}[name].alias()
        return alias, ChildGround(self.dialect, alias), alias.c.lead == LEAD.c.id


class ChildGround:
    """Columns of an activity; lookups are scalar subqueries."""

    def __init__(self, dialect: str, alias: sa.FromClause) -> None:
        self.dialect = dialect
        self.alias = alias

    def column(self, path: str) -> sa.ColumnElement[Any]:
        lookup, _, name = path.rpartition(".")
        if not lookup:
            return self.alias.c[name]
        person = USER.alias()
        query = sa.select(person.c[name]).where(person.c.id == self.alias.c[lookup])
        return sa.type_coerce(query.correlate_except(person).scalar_subquery(), person.c[name].type)

    def rows(self, name: str) -> tuple[sa.FromClause, ChildGround, sa.ColumnElement[bool]]:
        raise AssertionError(name)


def a_sqlite() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    sa.event.listen(engine, "connect", lambda connection, _: sqlite_functions.register(connection))
    return engine


Rows = Mapping[str, Sequence[Mapping[str, object]]]


def fill(connection: sa.Connection, rows: Rows) -> None:
    """Replace what the tables hold; `rows` by table name, without derived keys."""
    tables = {"lead": LEAD, "channel": CHANNEL, "person": USER, "activity": ACTIVITY}
    for name, table in tables.items():
        # PostgreSQL keeps deleted rows within a transaction: TRUNCATE really empties.
        emptying = (
            sa.text(f"TRUNCATE {name}")
            if connection.dialect.name == "postgresql"
            else table.delete()
        )
        connection.execute(emptying)
        if rows.get(name):
            connection.execute(table.insert(), [dict(row) for row in rows[name]])


def in_memory(rows: Rows) -> list[dict[str, object]]:
    """Return the leads as expressions see them: lookups flattened, child rows inside."""
    channels = {row["id"]: row for row in rows["channel"]}
    people = {row["id"]: row for row in rows["person"]}
    nobody: Mapping[str, object] = {}
    leads = []
    for row in rows["lead"]:
        lead = dict(row)
        owner = people.get(row.get("owner"), nobody)
        behind = {
            "channel": channels.get(row.get("channel"), nobody),
            "owner": owner,
            "owner.manager": people.get(owner.get("manager"), nobody),
        }
        for path, values in behind.items():
            lead |= {f"{path}.{name}": value for name, value in values.items()}
        lead["activities"] = [
            {**one, **{f"owner.{k}": v for k, v in people.get(one.get("owner"), nobody).items()}}
            for one in rows["activity"]
            if one["lead"] == row["id"]
        ]
        leads.append(lead)
    return leads


def answers(
    connection: sa.Connection, expressions: Sequence[Expression], env: Env
) -> list[tuple[object, ...]]:
    """Return, for each lead in the order of ids, the value of each expression."""
    ground = Ground(connection.dialect.name)
    columns = [one.clause(ground, env).label(f"x{i}") for i, one in enumerate(expressions)]
    found = connection.execute(sa.select(*columns).select_from(FROM).order_by(LEAD.c.id))
    return [tuple(row) for row in found]


def ids_where(
    connection: sa.Connection, expressions: Sequence[Expression], env: Env
) -> list[set[str]]:
    """Return, for each condition, the ids of the leads that a WHERE with it finds."""
    ground = Ground(connection.dialect.name)
    parts = [
        sa.select(sa.literal(i), LEAD.c.id).select_from(FROM).where(one.where(ground, env))
        for i, one in enumerate(expressions)
    ]
    found: list[set[str]] = [set() for _ in expressions]
    if parts:
        for index, lead in connection.execute(sa.union_all(*parts)):
            found[index].add(lead)
    return found
