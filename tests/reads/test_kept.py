"""A kept statement never answers for another moment, another person or other rights."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.expressions.env import Env
from fieldstone.reads.kept import Kept, key_of, watched
from fieldstone.reads.query import AS_STORED, Query
from tests.builders import field_types
from tests.reads.world import ANNA, BEN, NOW, a_context, an_actor, the_model


def names(world, ctx, query):
    return {
        one.values.get("name") for one in world.reads.list(ctx, world.model, "lead", query).rows
    }


def test_what_depends_on_the_time_is_asked_anew(sqlite_world):
    sqlite_world.insert(
        "lead",
        {"name": "march", "due": date(2026, 3, 3)},
        {"name": "april", "due": date(2026, 4, 3)},
    )
    actor = an_actor(ANNA, "admin")
    today, later = Context(actor, NOW), Context(actor, NOW + timedelta(days=10))

    for query in (
        Query(filter="due < today()"),
        Query(filter="late"),
        Query(filter="days_since(due) > 0"),
    ):
        assert names(sqlite_world, today, query) == set()
        assert names(sqlite_world, later, query) == {"march"}
    late = [
        one.values["late"]
        for one in sqlite_world.reads.list(
            later, sqlite_world.model, "lead", Query(sort=(("due", False),))
        ).rows
    ]
    assert late == [True, False]


def test_each_person_gets_their_own_answer(sqlite_world):
    sqlite_world.insert("lead", {"name": "a", "owner": ANNA}, {"name": "b", "owner": BEN})
    mine = Query(filter="owner == user")

    for _ in range(2):
        assert names(sqlite_world, a_context(an_actor(ANNA, "admin")), mine) == {"a"}
        assert names(sqlite_world, a_context(an_actor(BEN, "admin")), mine) == {"b"}
        assert names(sqlite_world, a_context(an_actor(BEN, "sales")), Query()) == {"b"}
        assert names(sqlite_world, a_context(an_actor(ANNA, "sales")), Query()) == {"a"}


def test_other_rights_and_another_place_hold_at_once(sqlite_world):
    sqlite_world.insert(
        "lead", {"name": "a", "owner": ANNA, "score": 1}, {"name": "b", "owner": BEN, "score": 2}
    )
    anna, query = an_actor(ANNA, "lead_sales"), Query(filter="score > 0")

    assert names(sqlite_world, a_context(anna), query) == {"a", "b"}
    moved = replace(anna, facts={**anna.facts, "team": None})
    assert names(sqlite_world, a_context(moved), query) == {"a"}
    with pytest.raises(RefusedError):
        names(sqlite_world, a_context(replace(anna, roles=frozenset({"sales"}))), query)
    assert names(
        sqlite_world,
        a_context(anna),
        Query(filter="user.role('lead_sales') and owner.team == user.team"),
    ) == {"a", "b"}


def test_a_total_may_stop_at_a_limit(sqlite_world):
    sqlite_world.insert("lead", *({"name": str(n)} for n in range(5)))
    ctx = a_context(an_actor(ANNA, "admin"))

    assert (
        sqlite_world.reads.list(
            ctx, sqlite_world.model, "lead", Query(count=True, count_up_to=3, limit=1)
        ).total
        == 3
    )
    assert (
        sqlite_world.reads.list(
            ctx, sqlite_world.model, "lead", Query(count=True, count_up_to=9, limit=1)
        ).total
        == 5
    )


def test_the_oldest_statement_is_given_up_first():
    kept = Kept(2)
    for name in "ab":
        kept.keep(name, name)
    kept.find("a")
    kept.keep("c", "c")

    assert [kept.find(name) for name in "abc"] == ["a", None, "c"]


def test_a_look_at_the_clock_is_noticed():
    env = watched(Env(NOW, user={"id": ANNA}))
    assert (env.zone, env.user, env.timeless) == ("UTC", {"id": ANNA}, True)

    assert env.today == NOW.date()
    assert not env.timeless


def test_an_actor_who_is_no_key_gets_no_kept_statement():
    actor = an_actor(ANNA, "sales", facts={"address": {"city": "x"}})

    assert key_of(the_model(), actor, "q") is None


@pytest.mark.parametrize("name", sorted(AS_STORED))
def test_types_said_to_be_json_already_are(name):
    kind = field_types()[name]
    settings = {
        "lookup": {"to": "user"},
        "autonumber": {"pattern": "L-{0000}"},
        "select": {"options": {}},
    }.get(name, {})
    made = kind.make(settings)

    for value in ("x", 1, True):
        assert made.dump(value) == value
