"""What a role may see holds in every read, row by row and field by field."""

import pytest

from fieldstone.access.masks import Masked
from fieldstone.base.errors import RefusedError
from fieldstone.reads.query import Query
from tests.reads.world import ANNA, BEN, CARL, DORA, a_context, an_actor


def the_list(world, actor, query=None, object_name="lead"):
    page = world.reads.list(a_context(actor), world.model, object_name, query or Query())
    return {one.values.get("name", one.id): one for one in page.rows}


@pytest.fixture
def leads(world):
    rows = [("anna", ANNA), ("ben", BEN), ("carl", CARL), ("dora", DORA), ("nobody", None)]
    world.insert(
        "lead",
        *(
            {
                "name": name,
                "owner": owner,
                "mobile": "+8613800138000",
                "email": f"{name}@a.cn",
                "budget": 5,
                "score": 7,
                "kind": "a",
            }
            for name, owner in rows
        ),
    )
    return world


@pytest.mark.parametrize(
    ("person", "roles", "names"),
    [
        (ANNA, {"sales"}, {"anna"}),
        (ANNA, {"lead_sales"}, {"anna", "ben"}),
        (DORA, {"lead_sales"}, {"dora"}),  # she has no team
        (CARL, {"manager"}, {"carl", "dora"}),  # a department and those below it
        (DORA, {"manager"}, {"dora"}),
        (ANNA, {"viewer"}, {"anna", "ben", "carl", "dora", "nobody"}),
        (ANNA, {"sales", "manager"}, {"anna", "ben"}),
        (ANNA, {"admin"}, {"anna", "ben", "carl", "dora", "nobody"}),
    ],
)
def test_a_scope_picks_the_rows(leads, person, roles, names):
    found = the_list(leads, an_actor(person, *roles), Query(count=True))

    assert set(found) == names


@pytest.mark.parametrize("roles", [(), ("unheard_of",), ("partner",)])
def test_without_a_right_the_object_is_not_there(leads, roles):
    with pytest.raises(RefusedError) as refused:
        the_list(leads, an_actor(ANNA, *roles))

    with pytest.raises(RefusedError) as unknown:
        leads.reads.list(a_context(an_actor(ANNA, *roles)), leads.model, "leadd")

    assert refused.value.status == unknown.value.status == 404
    assert refused.value.problems[0].message == unknown.value.problems[0].message.replace(
        "leadd", "lead"
    )


def test_a_record_outside_the_scope_is_not_found(leads):
    theirs = the_list(leads, an_actor(ANNA, "admin"))["ben"]
    ctx = a_context(an_actor(ANNA, "sales"))

    assert leads.reads.get(ctx, leads.model, "lead", theirs.id) is None
    assert leads.reads.get(ctx, leads.model, "lead", "no id at all") is None
    assert leads.reads.history(ctx, leads.model, "lead", theirs.id) is None
    assert leads.reads.explain(ctx, leads.model, "lead", theirs.id) is None


def test_hidden_fields_are_absent_and_masked_ones_show_a_mask(leads):
    seen = the_list(leads, an_actor(ANNA, "viewer"))

    assert "budget" not in seen["anna"].values
    assert seen["anna"].values["mobile"] == Masked("138****8000")
    assert seen["anna"].values["email"] == "anna@a.cn"
    assert seen["ben"].values["email"] == Masked("b****@a.cn")
    assert seen["nobody"].values["email"] == Masked("n****@a.cn")
    assert seen["ben"].dump(leads.model)["email"] == "b****@a.cn"


def test_fields_of_one_role_do_not_reach_the_rows_of_another(leads):
    # As sales Anna sees her own lead without its score; as team lead she sees Ben's, with it but without e-mail.
    seen = the_list(leads, an_actor(ANNA, "sales", "lead_sales"))

    assert seen["anna"].values["score"] == 7
    assert seen["anna"].values["email"] == "anna@a.cn"
    assert seen["ben"].values["score"] == 7
    assert "email" not in seen["ben"].values
    assert seen["ben"].values["mobile"] == Masked("138****8000")


def test_a_field_that_some_rows_hide_counts_as_missing_there(leads):
    actor = an_actor(ANNA, "sales", "lead_sales")

    assert set(the_list(leads, actor, Query(filter="email != null"))) == {"anna"}
    assert set(the_list(leads, actor, Query(filter="contains(email, 'ben')"))) == set()
    assert set(the_list(leads, actor, Query(filter="is_empty(email)"))) == {"ben"}
    assert list(the_list(leads, actor, Query(sort=(("email", True),)))) == ["anna", "ben"]


@pytest.mark.parametrize(
    "query",
    [
        Query(filter="FIELD > 1"),
        Query(filter="count(items, FIELD > 1) > 0"),
        Query(sort=(("FIELD", True),)),
        Query(fields=("FIELD",)),
        Query(filter="customer.FIELD > 1"),
        Query(filter="owner.FIELD > 1"),
        Query(sort=(("owner.FIELD", False),)),
        Query(expand=("FIELD",)),
        Query(expand=("owner.FIELD",)),
    ],
)
@pytest.mark.parametrize("hidden", ["score", "salary", "revenue", "budget"])
def test_a_hidden_field_reads_as_one_that_does_not_exist(sqlite_world, query, hidden):
    actor = an_actor(ANNA, "viewer")

    def told(name):
        parts = {
            "filter": query.filter.replace("FIELD", name) if query.filter else None,
            "sort": tuple((key.replace("FIELD", name), down) for key, down in query.sort),
            "fields": tuple(one.replace("FIELD", name) for one in query.fields),
            "expand": tuple(one.replace("FIELD", name) for one in query.expand),
        }
        with pytest.raises(RefusedError) as refused:
            the_list(sqlite_world, actor, Query(**parts))
        return refused.value.status, [
            (p.code, p.path, p.message.replace(name, "?")) for p in refused.value.problems
        ]

    assert told(hidden) == told("z" * len(hidden))


def test_a_masked_field_is_no_filter_and_no_sort(sqlite_world):
    actor = an_actor(ANNA, "viewer")

    for query in (Query(filter="mobile == '1'"), Query(sort=(("mobile", False),))):
        with pytest.raises(RefusedError, match="mobile"):
            the_list(sqlite_world, actor, query)


def test_a_lookup_shows_no_more_than_its_target_would(world):
    mine, theirs = world.insert(
        "customer",
        {"name": "Mine", "owner": ANNA, "industry": "it"},
        {"name": "Theirs", "owner": BEN, "industry": "it"},
    )
    world.insert(
        "lead",
        {"name": "a", "owner": ANNA, "customer": mine},
        {"name": "b", "owner": ANNA, "customer": theirs},
    )
    actor = an_actor(ANNA, "sales")

    assert set(the_list(world, actor, Query(filter="customer.industry == 'it'"))) == {"a"}
    assert list(the_list(world, actor, Query(sort=(("customer.name", True),)))) == ["a", "b"]
    seen = the_list(world, actor, Query(titles=True, expand=("customer", "owner.region")))
    assert seen["a"].titles["customer"] == "Mine"
    assert seen["b"].titles["customer"] is None
    assert seen["a"].expanded["customer"].values["industry"] == "it"
    assert seen["b"].expanded["customer"] is None
    assert seen["a"].dump(world.model)["owner"] == {"id": ANNA, "version": 1, "region": "north"}


def test_children_are_counted_as_far_as_they_may_be_seen(world):
    (lead,) = world.insert("lead", {"name": "a", "owner": ANNA})
    world.insert(
        "activity",
        {"subject": "mine", "lead": lead, "owner": ANNA},
        {"subject": "theirs", "lead": lead, "owner": BEN},
    )
    query = Query(filter="count(activities) == 1")

    assert set(the_list(world, an_actor(ANNA, "sales"), query)) == {"a"}
    assert set(the_list(world, an_actor(ANNA, "admin"), query)) == set()


def test_line_items_come_with_their_document_and_go_with_their_field(world):
    world.insert(
        "lead",
        {
            "name": "a",
            "owner": ANNA,
            "items": [{"product": "P", "price": 3}, {"product": "Q", "price": 4}],
        },
    )

    full = the_list(
        world,
        an_actor(ANNA, "sales"),
        Query(fields=("name", "items"), filter="sum(items, price) == 7"),
    )["a"]
    record = world.reads.get(a_context(an_actor(ANNA, "sales")), world.model, "lead", full.id)

    assert [one.values["product"] for one in full.values["items"]] == ["P", "Q"]
    assert [one["product"] for one in record.dump(world.model)["items"]] == ["P", "Q"]
    assert (
        "items"
        not in world.reads.get(
            a_context(an_actor(ANNA, "viewer")), world.model, "lead", full.id
        ).values
    )
    with pytest.raises(RefusedError):
        the_list(world, an_actor(ANNA, "viewer"), Query(filter="count(items) > 0"))


def test_a_condition_on_a_permission_narrows_the_rows(world):
    world.insert("lead", {"name": "x", "kind": "a"}, {"name": "y", "kind": "b"}, {"name": "z"})

    assert set(the_list(world, an_actor(ANNA, "auditor"))) == {"x"}


def test_a_token_narrows_what_its_person_may_see(leads):
    actor = an_actor(ANNA, "viewer", grants=frozenset({"customer:read"}))

    with pytest.raises(RefusedError) as refused:
        the_list(leads, actor)

    assert refused.value.status == 404
    assert len(the_list(leads, an_actor(ANNA, "viewer", grants=frozenset({"lead:read"})))) == 5


def test_deleted_records_are_only_in_the_recycle_bin(world):
    from tests.reads.world import NOW

    world.insert(
        "lead", {"name": "gone", "owner": ANNA, "deleted_at": NOW}, {"name": "here", "owner": ANNA}
    )
    actor = an_actor(ANNA, "sales")

    assert set(the_list(world, actor)) == {"here"}
    assert set(the_list(world, actor, Query(deleted=True))) == {"gone"}
