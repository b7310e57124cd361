"""A public pool shows its members what lies in it, with masks until somebody claims a record."""

import pytest

from fieldstone.access.masks import Masked
from fieldstone.base.errors import RefusedError
from fieldstone.reads.query import Query
from tests.builders import a_model
from tests.reads.world import (
    ACTIVITY,
    ANNA,
    BEN,
    CARL,
    CUSTOMER,
    DEPARTMENT,
    LEAD,
    SITE,
    TEAM,
    USER,
    World,
    a_context,
    an_actor,
)

RULES = """
rules:
  public:
    kind: pool
    object: lead
    members: [{role: pooler, sees: "budget < 100"}, {team: Blue}]
    masked: [mobile, company]
    sort: -name
"""


@pytest.fixture(scope="module")
def ruled():
    return a_model(SITE, USER, TEAM, DEPARTMENT, CUSTOMER, LEAD, ACTIVITY, RULES)


@pytest.fixture
def pool(world, ruled):
    made = World(world.storage, ruled, world.reads)
    row = {"pool": "public", "mobile": "+8613800138000", "company": "石头科技", "score": 9}
    made.insert(
        "lead",
        {**row, "name": "small", "budget": 5},
        {**row, "name": "big", "budget": 500},
        {**row, "name": "other", "budget": 6},
        {**row, "name": "taken", "pool": None, "owner": BEN, "budget": 5},
    )
    return made


def names(pool, actor, query=None):
    return [
        one.values["name"]
        for one in pool.reads.pool(
            a_context(actor), pool.model, "public", "lead", query or Query()
        ).rows
    ]


def test_a_member_sees_their_part_of_the_pool_in_its_order(pool):
    assert names(pool, an_actor(ANNA, "pooler")) == ["small", "other"]
    assert names(pool, an_actor(CARL, "pooler")) == [
        "small",
        "other",
        "big",
    ]  # the blue team sees all of it
    assert names(pool, an_actor(ANNA, "admin")) == ["small", "other", "big"]
    assert names(pool, an_actor(ANNA, "pooler"), Query(filter="budget > 5")) == ["other"]


def test_what_the_pool_masks_is_masked_and_cannot_be_asked(pool):
    (first, _) = pool.reads.pool(
        a_context(an_actor(ANNA, "pooler")), pool.model, "public", "lead"
    ).rows

    assert first.values["mobile"] == Masked("138****8000")
    assert first.values["company"] == Masked("石****")
    assert "score" not in first.values
    assert names(pool, an_actor(ANNA, "pooler"), Query(q="13800138000")) == []
    assert names(pool, an_actor(ANNA, "pooler"), Query(q="石头")) == []
    assert names(pool, an_actor(ANNA, "pooler"), Query(q="small")) == ["small"]
    with pytest.raises(RefusedError, match="company"):
        names(pool, an_actor(ANNA, "pooler"), Query(filter="company == '石头科技'"))


def test_a_pool_is_not_there_for_others(pool):
    for actor, name in [
        (an_actor(ANNA, "sales"), "public"),
        (an_actor(ANNA, "partner"), "public"),
        (an_actor(ANNA, "pooler"), "nowhere"),
    ]:
        with pytest.raises(RefusedError) as refused:
            pool.reads.pool(a_context(actor), pool.model, name, "lead")
        assert refused.value.status == 404

    assert pool.reads.pools(a_context(an_actor(ANNA, "pooler")), pool.model, "lead") == ("public",)
    assert pool.reads.pools(a_context(an_actor(ANNA, "sales")), pool.model, "lead") == ()


def test_a_record_of_the_pool_opens_through_the_pool_only(pool):
    actor = a_context(an_actor(ANNA, "pooler"))
    (first, _) = pool.reads.pool(actor, pool.model, "public", "lead").rows
    (big,) = pool.reads.list(
        a_context(an_actor(ANNA, "admin")), pool.model, "lead", Query(filter="name == 'big'")
    ).rows

    assert pool.reads.get(actor, pool.model, "lead", first.id) is None
    assert (
        pool.reads.get(actor, pool.model, "lead", first.id, Query(pool="public")).values["name"]
        == "small"
    )
    assert pool.reads.get(actor, pool.model, "lead", big.id, Query(pool="public")) is None
    assert pool.reads.count(actor, pool.model, "lead", Query(pool="public")) == 2
