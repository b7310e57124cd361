"""Lists hold what the caller may see, filtered, in order, page by page."""

from decimal import Decimal

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.fieldtypes.secret import MASK
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


def test_a_secret_is_found_by_its_whole_value_and_shown_to_nobody(world):
    world.insert("lead", {"name": "a", "pin": "1234"}, {"name": "b", "pin": "9999"}, {"name": "c"})
    ctx = a_context(an_actor(CARL, "admin"))

    (found,) = world.reads.list(ctx, world.model, "lead", Query(filter="pin == '1234'")).rows
    every = world.reads.list(ctx, world.model, "lead", Query(sort=(("name", False),))).rows

    assert found.values["name"] == "a"
    assert [one.dump(world.model)["pin"] for one in every] == [MASK, MASK, None]
    assert "1234" not in repr(every)
    for wrong in ({"group": ["pin"]}, {"measures": {"x": "max(pin)"}}):
        with pytest.raises(RefusedError):
            world.reads.aggregate(ctx, world.model, "lead", **wrong)
    with pytest.raises(RefusedError, match="order"):
        world.reads.list(ctx, world.model, "lead", Query(sort=(("pin", False),)))


def test_every_record_of_a_list_can_be_taken_out_by_those_who_may_export(world):
    world.insert("lead", *({"name": f"{n:03}", "owner": CARL} for n in range(7)))
    query = Query(sort=(("name", False),), limit=3)

    taken = world.reads.every(a_context(an_actor(CARL, "manager")), world.model, "lead", query)

    assert [one.values["name"] for one in taken] == [f"{n:03}" for n in range(7)]
    with pytest.raises(RefusedError) as refused:
        list(world.reads.every(a_context(an_actor(CARL, "viewer")), world.model, "lead", query))
    assert refused.value.status == 403


def test_three_hundred_records_are_named_at_once(world):
    ids = world.insert("lead", *({"name": str(n), "owner": ANNA} for n in range(300)))
    hidden = world.insert("lead", {"name": "x", "owner": BEN})
    ctx = a_context(an_actor(ANNA, "sales"))

    page = world.reads.list(
        ctx, world.model, "lead", Query(ids=(*ids, *hidden), limit=500, count=True)
    )
    none = world.reads.list(ctx, world.model, "lead", Query(ids=()))
    first = world.reads.list(ctx, world.model, "lead", Query(ids=tuple(ids), limit=200))
    rest = world.reads.list(
        ctx, world.model, "lead", Query(ids=tuple(ids), limit=200, cursor=first.next_cursor or "")
    )

    assert {one.id for one in page.rows} == set(ids)
    assert page.total == 300
    assert none.rows == []
    assert {one.id for one in (*first.rows, *rest.rows)} == set(ids)
