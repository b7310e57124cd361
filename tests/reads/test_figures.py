"""Counts, sums and averages are exact and stay within what the caller may see."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.reads.query import Query
from tests.reads.world import ANNA, BEN, CARL, a_context, an_actor


@pytest.fixture
def leads(world):
    (it,) = world.insert("customer", {"name": "It", "industry": "it", "revenue": 9})
    world.insert(
        "lead",
        {
            "name": "1",
            "owner": ANNA,
            "stage": "new",
            "budget": Decimal("0.10"),
            "score": 1,
            "customer": it,
            "at": datetime(2026, 1, 31, 23, tzinfo=UTC),
        },
        {
            "name": "2",
            "owner": ANNA,
            "stage": "new",
            "budget": Decimal("0.20"),
            "score": 2,
            "at": datetime(2026, 2, 1, tzinfo=UTC),
        },
        {"name": "3", "owner": ANNA, "stage": "won", "budget": None, "score": None},
        {
            "name": "4",
            "owner": BEN,
            "stage": "won",
            "budget": Decimal("92233720368547758.07"),
            "score": 2**62,
        },
        {
            "name": "5",
            "owner": CARL,
            "stage": None,
            "budget": Decimal("92233720368547758.07"),
            "score": 2**62,
        },
    )
    return world


def figures(world, actor, measures, group=(), query=None):
    return world.reads.aggregate(
        a_context(actor), world.model, "lead", query or Query(), group=group, measures=measures
    )


def test_figures_of_all_rows(leads):
    wanted = {
        "n": "count()",
        "new": "count(stage == 'new')",
        "sum": "sum(budget)",
        "points": "sum(score)",
        "mean": "avg(score, score < 3)",
        "least": "min(budget)",
        "last": "max(at)",
        "won": "sum(budget, stage == 'won')",
        "double": "sum(budget * 2, budget < 1)",
    }

    (line,) = figures(leads, an_actor(ANNA, "admin"), wanted)

    assert line == {
        "n": 5,
        "new": 2,
        "sum": Decimal("184467440737095516.44"),
        "points": 2**63 + 3,
        "mean": Decimal("1.5"),
        "least": Decimal("0.10"),
        "last": datetime(2026, 2, 1, tzinfo=UTC),
        "won": Decimal("92233720368547758.07"),
        "double": Decimal("0.60"),
    }
    assert type(line["points"]) is int


def test_groups_come_in_order_with_the_missing_one_last(leads):
    lines = figures(leads, an_actor(ANNA, "admin"), {"n": "count()"}, ["stage"])

    assert lines == [{"stage": "new", "n": 2}, {"stage": "won", "n": 2}, {"stage": None, "n": 1}]


def test_groups_may_be_computed_or_looked_up(leads):
    by_month = figures(
        leads,
        an_actor(ANNA, "admin"),
        {"n": "count()"},
        ["year(at)", "month(at)"],
        Query(filter="at != null"),
    )
    by_industry = figures(leads, an_actor(ANNA, "admin"), {"n": "count()"}, ["customer.industry"])

    assert by_month == [
        {"year(at)": 2026, "month(at)": 1, "n": 1},
        {"year(at)": 2026, "month(at)": 2, "n": 1},
    ]
    assert by_industry == [{"customer.industry": "it", "n": 1}, {"customer.industry": None, "n": 4}]


def test_figures_stay_within_the_scope_and_the_fields(leads):
    lines = figures(
        leads,
        an_actor(ANNA, "sales"),
        {"n": "count()", "sum": "sum(budget)", "rich": "max(customer.revenue)"},
    )

    assert lines == [{"n": 3, "sum": Decimal("0.30"), "rich": None}]


def test_nothing_adds_up_to_nothing(leads):
    lines = figures(
        leads,
        an_actor(ANNA, "admin"),
        {"n": "count()", "sum": "sum(budget)", "mean": "avg(budget)", "max": "max(budget)"},
        (),
        Query(filter="score == 77"),
    )

    assert lines == [{"n": 0, "sum": Decimal(0), "mean": None, "max": None}]


@pytest.mark.parametrize(
    ("group", "measures", "codes"),
    [
        (["scor"], {}, ["expression_unknown_name"]),
        (["tags"], {}, ["not_groupable"]),
        (["month("], {}, None),
        ([], {"x": "score"}, ["malformed_measure"]),
        ([], {"x": "summ(score)"}, ["unknown_measure"]),
        ([], {"x": "sum(name)"}, ["expression_type"]),
        ([], {"x": "sum()"}, ["malformed_measure"]),
        ([], {"x": "count(score)"}, None),
        ([], {"x": "sum(score, 1)"}, None),
        ([], {"x": "sum(score, hot, hot)"}, ["malformed_measure"]),
        ([], {"x": "count(" * 2000}, ["malformed_measure"]),
        ([], {"x": "sum(x=1)"}, ["malformed_measure"]),
        ([], {"x": "__import__('os').system('true')"}, ["malformed_measure"]),
        (["if(1=2,sleep(1),sleep(3))"], {}, None),
        (["name"] * 6, {str(n): "count()" for n in range(21)}, ["too_many", "too_many"]),
    ],
)
def test_a_malformed_figure_is_refused_with_a_cure(sqlite_world, group, measures, codes):
    with pytest.raises(RefusedError) as refused:
        figures(sqlite_world, an_actor(ANNA, "admin"), measures or {"n": "count()"}, group)

    problems = refused.value.problems
    assert refused.value.status == 400
    assert all(p.cure and p.message for p in problems)
    assert all(p.path.startswith(("group", "measures")) for p in problems)
    assert codes is None or [p.code for p in problems] == codes


def test_a_board_has_a_column_per_option(leads):
    columns = leads.reads.board(
        a_context(an_actor(ANNA, "admin")),
        leads.model,
        "lead",
        "stage",
        Query(limit=1, sort=(("name", False),)),
        "budget",
    )

    assert [(one.option, one.count, len(one.page.rows)) for one in columns] == [
        ("new", 2, 1),
        ("contacted", 0, 0),
        ("won", 2, 1),
        ("lost", 0, 0),
        (None, 1, 1),
    ]
    assert columns[0].sum == Decimal("0.30")
    assert columns[0].page.next_cursor is not None
    more = leads.reads.list(
        a_context(an_actor(ANNA, "admin")),
        leads.model,
        "lead",
        Query(
            limit=1,
            sort=(("name", False),),
            column=("stage", "new"),
            cursor=columns[0].page.next_cursor,
        ),
    )
    assert [one.values["name"] for one in more.rows] == ["2"]
