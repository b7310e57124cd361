"""Columns keep values exactly, and an index serves the conditions that it can serve."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from fieldstone.expressions.numbers import decoded, encoded
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
from tests.expressions.ground import FROM, LEAD, METADATA, Ground, a_sqlite, fill
from tests.expressions.school import NOW, an_env, an_expression


@pytest.fixture
def database(database_url: str) -> Iterator[sa.Connection]:
    engine = a_sqlite() if database_url.startswith("sqlite") else sa.create_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


NOON = datetime(2026, 3, 10, 12, 0, 0, 1, tzinfo=UTC)
KEPT: tuple[tuple[TypeEngine[Any], tuple[Any, ...]], ...] = (
    (ExactNumber(2), (Decimal("-5.00"), Decimal("0.01"), Decimal("12345678901234567.89"))),
    (WholeNumber(), (-(2**63) + 1, 0, 2**63 - 1)),
    (Instant(), (NOON, NOON + timedelta(microseconds=1), datetime(9999, 1, 1, tzinfo=UTC))),
    (Day(), (date(1, 1, 1), date(2026, 3, 10), date(9999, 12, 31))),
    (ClockTime(), (time(0), time(9, 30), time(23, 59, 59, 999999))),
    (Span(), (timedelta(days=-1), timedelta(0), timedelta(days=100, microseconds=1))),
    (PlainText(), ("", "Z", "a", "李", "😀")),
    (StringList(), ((), ("a", "李"), ("b", "a,b", '"'))),
    (JsonValue(), ({"a": [1, "李"]}, [1], "x")),
)


@pytest.mark.parametrize(("kind", "values"), KEPT, ids=lambda value: type(value).__name__)
def test_values_come_back_as_they_went_in_and_sort_like_themselves(
    database: sa.Connection, kind: TypeEngine[Any], values: tuple[Any, ...]
) -> None:
    table = sa.Table("kept", sa.MetaData(), sa.Column("n", sa.Integer), sa.Column("value", kind))
    table.create(database)
    database.execute(
        table.insert(), [{"n": n, "value": value} for n, value in enumerate([*values, None])]
    )

    found = database.execute(sa.select(table.c.value).order_by(table.c.n)).scalars().all()
    assert tuple(found) == (*values, None)
    if not isinstance(kind, StringList | JsonValue):
        query = (
            sa.select(table.c.value)
            .where(table.c.value.is_not(None))
            .order_by(table.c.value.desc())
        )
        assert tuple(database.execute(query).scalars()) == values[::-1]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ExactNumber(2), Decimal("0.001")),
        (ExactNumber(2), Decimal(10) ** 17),
        (WholeNumber(), 2**63),
        (WholeNumber(), Decimal("1.5")),
        (Instant(), datetime(2026, 1, 1)),  # noqa: DTZ001 - the mistake this test is about
        (Day(), NOON),
        (ClockTime(), time(1, tzinfo=UTC)),
        (StringList(), "abc"),
        (StringList(), [1]),
        (Span(), timedelta(days=999999999)),
    ],
)
def test_what_a_column_cannot_keep_is_refused_on_both_databases(kind: Any, value: object) -> None:
    for dialect in (postgresql.dialect(), sa.create_engine("sqlite://").dialect):
        with pytest.raises(ValueError, match=r"."):
            kind.process_bind_param(value, dialect)


NUMBERS = st.one_of(
    st.integers(-(10**40), 10**40), st.decimals(allow_nan=False, allow_infinity=False, places=12)
)


@given(NUMBERS, NUMBERS)
def test_numbers_as_text_sort_like_numbers(one: int | Decimal, other: int | Decimal) -> None:
    assert (encoded(one) < encoded(other)) == (one < other)
    assert (encoded(one) == encoded(other)) == (one == other)
    assert decoded(encoded(one)) == one


SERVED = (
    "budget >= 100000 and vip",
    "budget > 0.001",
    "budget in [1, 2.5]",
    "days_since(last_activity_at) > 3",
    "last_activity_at >= '2026-03-10' and not vip",
    "date_of(last_activity_at) == today()",
    "starts_with(name, '张')",
    "name == '李雷'",
)


@pytest.mark.parametrize("text", SERVED)
@pytest.mark.parametrize("form", ["clause", "where"])
def test_an_index_serves_plain_comparisons(database: sa.Connection, text: str, form: str) -> None:
    METADATA.create_all(database)
    expression, dialect = an_expression(text), database.dialect.name
    clause = getattr(expression, form)(Ground(dialect), an_env())
    query = sa.select(LEAD.c.id).where(clause)
    if dialect == "postgresql":
        database.execute(sa.text("SET enable_seqscan = off"))
    explain = "EXPLAIN " if dialect == "postgresql" else "EXPLAIN QUERY PLAN "

    plan = database.execute(_Explained(query, explain)).all()

    assert "by_" in str(plan)
    assert "Cond" in str(plan) or dialect == "sqlite"


class _Explained(sa.Executable, sa.ClauseElement):
    inherit_cache = False

    def __init__(self, query: sa.Select[Any], word: str) -> None:
        self.query = query
        self.word = word


@compiles(_Explained)
def _explain(element: _Explained, compiler: Any, **settings: Any) -> str:
    return element.word + str(compiler.process(element.query, **settings))


def test_a_computed_number_sorts_as_a_number(database: sa.Connection) -> None:
    METADATA.create_all(database)
    budgets = ["5.00", "100.00", "-3.00", "-20.00", "0.50", None]
    leads = [{"id": f"l{i}", "budget": b and Decimal(b)} for i, b in enumerate(budgets)]
    fill(database, {"lead": leads})
    doubled = an_expression("budget * 2").clause(Ground(database.dialect.name), an_env())

    query = sa.select(doubled).select_from(FROM).where(doubled.is_not(None)).order_by(doubled)
    assert database.execute(query).scalars().all() == [-40, -6, 1, 10, 200]


def test_a_condition_is_never_null_in_a_select(database: sa.Connection) -> None:
    METADATA.create_all(database)
    fill(database, {"lead": [{"id": "l0"}]})
    texts = [
        "budget > 5",
        "vip",
        "'a' in tags",
        "owner == user",
        "contains(name, 'a') and score > 1",
    ]
    ground = Ground(database.dialect.name)
    clauses = [
        an_expression(text).clause(ground, an_env()).label(f"x{i}") for i, text in enumerate(texts)
    ]

    assert tuple(database.execute(sa.select(*clauses).select_from(FROM)).one()) == (False,) * len(
        texts
    )


def test_a_user_s_words_never_become_sql() -> None:
    text = "name == 'x\\' OR 1=1 --' or contains(name, '%') or starts_with(name, '\\'; DROP')"
    clause = an_expression(text).clause(Ground("postgresql"), an_env())

    written = str(clause.compile(dialect=postgresql.dialect()))
    assert "DROP" not in written
    assert "1=1" not in written


def test_the_moment_is_a_parameter() -> None:
    clause = an_expression("days_since(last_activity_at) > 3").where(Ground("sqlite"), an_env())

    assert str(clause).replace("\n", " ") == "lead.last_activity_at < :param_1"
    assert clause.right.value == NOW - timedelta(days=3)
