"""Lists hold what the caller may see, filtered, in order, page by page."""

from decimal import Decimal

from fieldstone.reads.query import Query
from tests.reads.world import ANNA, BEN, CARL, a_context, an_actor


def test_a_sales_person_sees_own_leads_only(world):
    mine, _, _ = world.insert(
        "lead", {"name": "A", "owner": ANNA}, {"name": "B", "owner": BEN}, {"name": "C"}
    )
    ctx = a_context(an_actor(ANNA, "sales"))

    page = world.reads.list(ctx, world.model, "lead", Query(count=True))

    assert [one.id for one in page.rows] == [mine]
    assert page.total == 1


def test_a_filter_and_a_sort_pick_and_order(world):
    world.insert(
        "lead",
        *(
            {"name": name, "score": score, "budget": Decimal(score)}
            for name, score in [("a", 5), ("b", 30), ("c", 20)]
        ),
    )
    ctx = a_context(an_actor(CARL, "admin"))

    page = world.reads.list(
        ctx, world.model, "lead", Query(filter="budget >= 10", sort=(("score", False),))
    )

    assert [one.values["name"] for one in page.rows] == ["c", "b"]
