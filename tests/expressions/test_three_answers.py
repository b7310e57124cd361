"""Memory, SQLite and PostgreSQL give one answer to every expression over every row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression
from tests.expressions.ground import METADATA, a_sqlite, answers, fill, ids_where, in_memory
from tests.expressions.school import an_env, an_expression
from tests.expressions.trees import conditions, values

TEXTS = st.one_of(
    st.sampled_from(
        ["", "a", "B", "李雷", "学校 School", "%_", "ǅ", "ÀÉ", "ΑΣ", "ß", "“vip”", "😀", "zz", "Zz"]
    ),
    st.text(alphabet="aAbBzZ01 %_'\"\\李雷校éÉ😀\n,", max_size=8),
)
NAMES = st.sampled_from(["vip", "old", "李雷", 'a"b', "a,b", "\\"])
MONEY = st.one_of(
    st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("-0.01"), Decimal("100000.00")]),
    st.decimals(-9_999_999, 9_999_999, places=2, allow_nan=False),
    st.decimals(-(10**14), 10**14, places=2, allow_nan=False),
)
WHOLE = st.one_of(st.integers(-5, 12), st.integers(-(10**9), 10**9), st.integers(-(2**62), 2**62))
DAYS = st.one_of(
    st.dates(date(2025, 12, 1), date(2026, 4, 30)), st.dates(date(1990, 1, 1), date(2090, 1, 1))
)
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 3, 7), datetime(2026, 3, 12)),  # noqa: DTZ001 - made aware below
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001
).map(lambda moment: moment.replace(tzinfo=UTC))
SPANS = st.timedeltas(timedelta(days=-3), timedelta(days=3))
PEOPLE = st.sampled_from(["u1", "u2", "u3"])
LISTS = st.lists(NAMES, max_size=3).map(tuple)


def _maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(strategy, strategy, st.none())


LEAD = st.fixed_dictionaries(
    {
        "name": _maybe(TEXTS),
        "company": _maybe(TEXTS),
        "stage": _maybe(st.sampled_from(["new", "contacted", "won", "lost"])),
        "budget": _maybe(MONEY),
        "spent": _maybe(MONEY),
        "rate": _maybe(st.decimals(-2, 2, places=4, allow_nan=False)),
        "score": _maybe(WHOLE),
        "visits": _maybe(WHOLE),
        "vip": _maybe(st.booleans()),
        "agreed": _maybe(st.booleans()),
        "due_on": _maybe(DAYS),
        "born_on": _maybe(DAYS),
        "created_at": _maybe(MOMENTS),
        "last_activity_at": _maybe(MOMENTS),
        "calls_at": _maybe(st.times()),
        "effort": _maybe(SPANS),
        "tags": _maybe(LISTS),
        "members": _maybe(st.lists(PEOPLE, max_size=2).map(tuple)),
        "extra": _maybe(st.just({"a": 1})),
        "channel": _maybe(st.sampled_from(["c1", "c2"])),
        "owner": _maybe(PEOPLE),
    }
)
ACTIVITY = st.fixed_dictionaries(
    {
        "lead": st.sampled_from(["l0", "l1", "l2"]),
        "kind": _maybe(st.sampled_from(["call", "visit"])),
        "minutes_spent": _maybe(st.integers(0, 90)),
        "cost": _maybe(MONEY),
        "done_at": _maybe(MOMENTS),
        "note": _maybe(TEXTS),
        "owner": _maybe(PEOPLE),
    }
)
CHANNELS = [
    {"id": "c1", "name": "百度", "kind": "paid", "cost": Decimal("12.50")},
    {"id": "c2", "name": None, "kind": None, "cost": None},
]
PERSONS = [
    {"id": "u1", "name": "李雷", "region": "华东", "manager": "u2", "limit": 5},
    {"id": "u2", "name": "Han", "region": None, "manager": None, "limit": None},
    {"id": "u3", "name": None, "region": "华北", "manager": "u1", "limit": 0},
]
ENVS = st.builds(
    an_env,
    now=st.one_of(st.just(datetime(2026, 3, 8, 7, 30, tzinfo=UTC)), MOMENTS),
    zone=st.sampled_from(
        ["UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kathmandu"]
    ),
    user=st.sampled_from(
        [None, {**PERSONS[0], "manager.region": None}, {**PERSONS[2], "manager.region": "华东"}]
    ),
    roles=st.sampled_from([frozenset(), frozenset({"sales"})]),
)


@st.composite
def grounds(draw: st.DrawFn) -> dict[str, list[dict[str, object]]]:
    leads = draw(st.lists(LEAD, min_size=4, max_size=10))
    activities = draw(st.lists(ACTIVITY, max_size=8))
    return {
        "lead": [{"id": f"l{i}", **row} for i, row in enumerate(leads)],
        "activity": [{"id": f"a{i}", **row} for i, row in enumerate(activities)],
        "channel": CHANNELS,
        "person": PERSONS,
    }


def _disagreements(
    connection: sa.Connection,
    rows: dict[str, list[dict[str, object]]],
    expressions: list[Expression],
    env: Env,
) -> list[str]:
    fill(connection, rows)
    leads = in_memory(rows)
    stored = answers(connection, expressions, env)
    wrong = [
        f"{one.text}: memory {mine!r}, {connection.dialect.name} {theirs[i]!r} for {lead}"
        for lead, theirs in zip(leads, stored, strict=True)
        for i, one in enumerate(expressions)
        if not _same(mine := one.evaluate(lead, env), theirs[i])
    ]
    tests = [one for one in expressions if one.type.kind == "boolean"]
    for one, found in zip(tests, ids_where(connection, tests, env), strict=True):
        expected = {lead["id"] for lead in leads if one.evaluate(lead, env)}
        if expected != found:
            wrong.append(f"where {one.text}: memory {expected}, {connection.dialect.name} {found}")
    return wrong


def _same(mine: object, theirs: object) -> bool:
    if isinstance(mine, bool) or isinstance(theirs, bool):
        return mine is theirs
    return mine == theirs


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sa.Connection]:
    engine = a_sqlite()
    with engine.connect() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture
def postgresql(postgres_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection:
        # Another zone than any Env's: a clause must never lean on the session's.
        connection.execute(sa.text("SET TIME ZONE 'America/St_Johns'"))
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


EXPRESSIONS = st.lists(st.one_of(conditions(), values()), min_size=6, max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(texts=EXPRESSIONS, rows=grounds(), env=ENVS)
def test_memory_and_sqlite_agree(
    sqlite: sa.Connection, texts: list[str], rows: dict[str, list[dict[str, object]]], env: Env
) -> None:
    assert _disagreements(sqlite, rows, [an_expression(text) for text in texts], env) == []


@settings(
    max_examples=40,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(texts=EXPRESSIONS, rows=grounds(), env=ENVS)
def test_memory_and_postgresql_agree(
    postgresql: sa.Connection, texts: list[str], rows: dict[str, list[dict[str, object]]], env: Env
) -> None:
    expressions = [an_expression(text) for text in texts]

    assert _disagreements(postgresql, rows, expressions, env) == []
