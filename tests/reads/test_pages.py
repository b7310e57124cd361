"""Pages follow each other without a gap or a repeat, whatever the order and whatever is missing."""

import base64
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldstone.base.errors import RefusedError
from fieldstone.reads.query import Query
from tests.reads.world import ANNA, a_context, an_actor

VALUES = {
    "name": [None, "", "a", "B", "b", "é", "张伟", "张三", "\U0001f600"],
    "score": [None, -3, 0, 1, 2],
    "budget": [None, Decimal("0.10"), Decimal("1.00"), Decimal("-5.25")],
    "hot": [None, False, True],
    "due": [None, date(2026, 1, 1), date(2026, 1, 2)],
    "at": [None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)],
}
KEYS = ["name", "score", "budget", "hot", "due", "at", "id", "full", "created_at"]
SORTS = st.lists(
    st.tuples(st.sampled_from(KEYS), st.booleans()), max_size=3, unique_by=lambda key: key[0]
)


def in_order(rows, sort):
    """Order rows in memory: missing values last either way, ties by the id."""
    newest_first = sort[-1][1] if sort else True
    keys = [*sort, ("id", newest_first)]
    for name, descending in reversed(keys):
        filled = [row for row in rows if row[name] is not None]
        rows = sorted(filled, key=lambda row: row[name], reverse=descending) + [
            row for row in rows if row[name] is None
        ]
    return rows


def every_page(world, ctx, query):
    found, cursor = [], ""
    while True:
        page = world.reads.list(ctx, world.model, "lead", Query(**{**query, "cursor": cursor}))
        assert len(page.rows) <= query["limit"]
        found += page.rows
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


@pytest.fixture
def many(world):
    """Fifty leads full of ties and gaps."""
    dice = Random(7)
    world.insert(
        "lead", *({code: dice.choice(values) for code, values in VALUES.items()} for _ in range(50))
    )
    return world


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(sort=SORTS, limit=st.integers(7, 60), person=st.sampled_from(["admin", "viewer"]))
def test_all_pages_together_are_the_whole_list_in_order(many, sort, limit, person):
    ctx = a_context(an_actor(ANNA, person))
    shown = [key for key in sort if person == "admin" or key[0] not in ("score", "budget")]

    found = every_page(many, ctx, {"sort": tuple(shown), "limit": limit})

    stored = [{**one.values, "id": one.id} for one in found]
    assert [one.id for one in found] == [row["id"] for row in in_order(stored, shown)]
    assert len({one.id for one in found}) == 50


def test_a_row_added_or_deleted_between_pages_moves_nothing(world):
    ids = world.insert("lead", *({"name": "x", "score": score} for score in (1, 2, 3, 4)))
    ctx, sort = a_context(an_actor(ANNA, "admin")), (("score", False),)
    first = world.reads.list(ctx, world.model, "lead", Query(sort=sort, limit=2))
    world.insert("lead", {"score": 0}, {"score": 5})

    second = world.reads.list(
        ctx, world.model, "lead", Query(sort=sort, limit=2, cursor=first.next_cursor)
    )

    assert [one.id for one in first.rows + second.rows] == ids


def a_cursor(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!",
        "é",
        a_cursor("[]"),
        a_cursor("[" * 3000),
        a_cursor('["q","01900000-0000-7000-8000-000000000001",["1"]]'),
        "A" * 20_000,
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_with_a_cure(sqlite_world, cursor):
    ctx = a_context(an_actor(ANNA, "admin"))

    with pytest.raises(RefusedError) as refused:
        sqlite_world.reads.list(
            ctx, sqlite_world.model, "lead", Query(sort=(("score", True),), cursor=cursor)
        )

    assert refused.value.status == 400
    assert [(p.code, p.path, bool(p.cure)) for p in refused.value.problems] == [
        ("bad_cursor", "cursor", True)
    ]


@pytest.mark.parametrize(
    "value",
    [
        '"1"',
        "1.5",
        "true",
        "[1]",
        "{}",
        "1e400",
        "NaN",
        str(2**63),
        '"Infinity"',
        '"1e999999"',
        '"\\u0000"',
        '"\\ud800"',
    ],
)
@pytest.mark.parametrize("key", ["score", "name", "budget", "due", "at", "hot"])
def test_a_forged_value_in_a_cursor_is_refused_or_harmless(sqlite_world, key, value):
    ctx, sort = a_context(an_actor(ANNA, "admin")), ((key, True),)
    sqlite_world.insert("lead", {"name": "a"}, {"name": "b"})
    ours = sqlite_world.reads.list(
        ctx, sqlite_world.model, "lead", Query(sort=sort, limit=1)
    ).next_cursor
    raw = base64.urlsafe_b64decode(ours + "=" * (-len(ours) % 4)).decode()
    forged = a_cursor(raw[: raw.rindex("[")] + f"[{value}]]")

    found = []
    with suppress_bad_cursor():
        found = sqlite_world.reads.list(
            ctx, sqlite_world.model, "lead", Query(sort=sort, cursor=forged)
        ).rows

    assert len(found) <= 2


@contextmanager
def suppress_bad_cursor():
    try:
        yield
    except RefusedError as refused:
        if refused.problems[0].code != "bad_cursor":
            raise


def test_a_cursor_does_not_fit_another_question(sqlite_world):
    ctx = a_context(an_actor(ANNA, "admin"))
    sqlite_world.insert("lead", {"name": "a"}, {"name": "b"})
    ours = sqlite_world.reads.list(ctx, sqlite_world.model, "lead", Query(limit=1)).next_cursor

    with pytest.raises(RefusedError, match="cursor"):
        sqlite_world.reads.list(
            ctx, sqlite_world.model, "lead", Query(filter="score > 1", cursor=ours)
        )


def test_every_problem_of_a_question_is_told_at_once(sqlite_world):
    ctx = a_context(an_actor(ANNA, "admin"))
    query = Query(
        filter="scor > 1",
        sort=(("nme", True), ("tags", False)),
        fields=("bugdet",),
        expand=("name",),
        limit=501,
    )

    with pytest.raises(RefusedError) as refused:
        sqlite_world.reads.list(ctx, sqlite_world.model, "lead", query)

    assert refused.value.status == 400
    assert [p.path.partition(":")[0] for p in refused.value.problems] == [
        "filter",
        "fields",
        "sort",
        "sort",
        "expand",
        "limit",
    ]
    assert all(p.cure for p in refused.value.problems)
