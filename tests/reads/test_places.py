"""A record knows where it stands in any list, and who its neighbours are, without the list being read."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from fieldstone.reads import places
from fieldstone.reads.places import Place
from fieldstone.reads.query import Query
from tests.reads.test_pages import SORTS, many
from tests.reads.world import ANNA, BEN, a_context, an_actor

__all__ = ["many"]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(sort=SORTS)
def test_every_record_finds_its_place_and_neighbours_in_any_order(world, many, sort):
    ctx = a_context(an_actor(ANNA, "admin"))
    query = Query(sort=tuple(sort), filter="score >= 0 or is_empty(score)", limit=100)
    rows = [row.id for row in world.reads.list(ctx, world.model, "lead", query).rows]

    for at in (0, 1, len(rows) // 2, len(rows) - 1):
        beside = world.reads.beside(ctx, world.model, "lead", rows[at], query)
        assert beside is not None
        assert beside.previous == (rows[at - 1] if at else None)
        assert beside.following == (rows[at + 1] if at + 1 < len(rows) else None)
        place = world.reads.place(ctx, world.model, "lead", rows[at], query)
        assert place == Place(at + 1, len(rows))


def test_a_record_that_left_the_list_still_has_neighbours_there(world):
    ids = world.insert("lead", *({"score": score} for score in (1, 2, 3)))
    ctx = a_context(an_actor(ANNA, "admin"))
    query = Query(sort=(("score", False),), filter="score != 2")

    beside = world.reads.beside(ctx, world.model, "lead", ids[1], query)
    assert beside is not None
    assert (beside.previous, beside.following) == (ids[0], ids[2])
    assert world.reads.place(ctx, world.model, "lead", ids[1], query) == Place(None, 2)


def test_nobody_learns_the_place_of_a_record_that_is_not_theirs(world):
    (mine, other) = world.insert("lead", {"owner": ANNA}, {"owner": BEN})
    ctx = a_context(an_actor(ANNA, "sales"))

    assert world.reads.place(ctx, world.model, "lead", other, Query()) is None
    assert world.reads.beside(ctx, world.model, "lead", other, Query()) is None
    assert world.reads.place(ctx, world.model, "lead", mine, Query()) == Place(1, 1)


def test_a_long_list_is_counted_no_further_than_people_read(world, monkeypatch):
    ids = world.insert("lead", *({"score": score} for score in range(8)))
    monkeypatch.setattr(places, "COUNTED_IN_PLACE", 5)
    ctx = a_context(an_actor(ANNA, "admin"))
    query = Query(sort=(("score", False),))

    with world.reads.sight(ctx, world.model) as sight:
        assert places.place_of(sight, "lead", ids[7], query) == Place(6, 6)
        assert places.place_of(sight, "lead", ids[3], query) == Place(4, 6)
        few = Query(sort=(("score", False),), filter="score >= 4")
        assert places.place_of(sight, "lead", ids[6], few) == Place(3, 4)
