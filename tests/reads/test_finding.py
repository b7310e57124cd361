"""Words are found in what the caller may see: lists, the search page, lookups; titles name no hidden record."""

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.reads.query import Query
from tests.reads.world import ANNA, BEN, a_context, an_actor


def names(world, actor, text):
    page = world.reads.list(a_context(actor), world.model, "lead", Query(q=text, count=True))
    assert page.total == len(page.rows)
    return {one.values["name"] for one in page.rows}


@pytest.fixture
def leads(world):
    world.insert(
        "lead",
        {"name": "张伟", "company": "北京石头科技", "mobile": "+8613800138000", "owner": ANNA},
        {"name": "李娜", "company": "Stone Ltd", "mobile": "+8613900139000", "owner": BEN},
        {"name": "王芳", "company": "科技石头", "owner": ANNA},
    )
    return world


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("张伟", {"张伟"}),
        ("石头", {"张伟", "王芳"}),
        ("石头科技", {"张伟"}),
        ("zhangwei", {"张伟"}),
        ("zw", {"张伟"}),
        ("sto", {"李娜"}),
        ("13800138000", {"张伟"}),
        ("8000", {"张伟"}),
        ("石头 王", {"王芳"}),
        ("nobody", set()),
        ("...", set()),
        ("'; DROP TABLE o_lead; --", set()),
    ],
)
def test_words_find_records(leads, text, found):
    assert names(leads, an_actor(ANNA, "admin"), text) == found


def test_words_find_only_rows_within_the_scope(leads):
    assert names(leads, an_actor(ANNA, "manager"), "石头") == {"张伟", "王芳"}
    assert names(leads, an_actor(BEN, "sales"), "石头") == set()


def test_a_masked_number_is_not_found_by_its_digits(leads):
    assert names(leads, an_actor(ANNA, "viewer"), "13800138000") == set()
    assert names(leads, an_actor(ANNA, "viewer"), "张伟") == {"张伟"}


def test_a_number_that_only_some_rows_show_is_found_only_there(leads):
    actor = an_actor(ANNA, "lead_sales")  # sees Ben's lead too, with a masked number

    assert names(leads, actor, "13800138000") == {"张伟"}
    assert names(leads, actor, "13900139000") == set()
    assert names(leads, actor, "李娜") == {"李娜"}


def test_the_search_page_finds_records_of_every_object(leads):
    leads.insert("customer", {"name": "石头集团", "owner": BEN})
    admin, anna = a_context(an_actor(ANNA, "admin")), a_context(an_actor(ANNA, "sales"))

    assert {
        (hit.object_name, hit.title) for hit in leads.reads.search(admin, leads.model, "ann")
    } == {("user", "Anna")}
    assert {hit.title for hit in leads.reads.search(anna, leads.model, "石头")} == {"张伟", "王芳"}
    hit = leads.reads.search(admin, leads.model, "zhangwei")[0]
    assert "北京石头科技" in hit.subtitle
    assert leads.reads.search(admin, leads.model, " ") == []
    assert [hit.title for hit in leads.reads.search(admin, leads.model, "石头", ["customer"])] == [
        "石头集团"
    ]


def test_a_lookup_offers_what_its_caller_may_see(world):
    world.insert("customer", {"name": "Mine", "owner": ANNA}, {"name": "Theirs", "owner": BEN})
    sales = a_context(an_actor(ANNA, "sales"))

    assert [one.title for one in world.reads.options(sales, world.model, "customer")] == ["Mine"]
    with pytest.raises(RefusedError):
        world.reads.options(a_context(an_actor(ANNA, "viewer")), world.model, "activity")


def test_titles_name_only_what_may_be_seen(world):
    mine, theirs = world.insert(
        "customer", {"name": "Mine", "owner": ANNA}, {"name": "Theirs", "owner": BEN}
    )
    wanted = [("customer", mine), ("customer", theirs), ("user", BEN), ("nothing", mine)]

    titles = world.reads.titles(a_context(an_actor(ANNA, "sales")), world.model, wanted)

    assert titles == {("customer", mine): "Mine", ("user", BEN): "Ben"}
