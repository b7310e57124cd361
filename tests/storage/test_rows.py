from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.base.ids import new_id
from fieldstone.fieldtypes.secret import MASK
from fieldstone.storage.transaction import RowUpdate
from tests.storage.builders import CTX, NOW, Site


def test_a_row_comes_back_as_it_was_written(site: Site) -> None:
    lead = site.add(
        "lead",
        name="张伟",
        budget=Decimal("12345678901234567.89"),
        tags=("vip", "北京"),
        score=None,
    )

    row = site.row("lead", lead)

    assert row["name"] == "张伟"
    assert row["budget"] == Decimal("12345678901234567.89")
    assert row["tags"] == ("vip", "北京")
    assert row["score"] is None
    assert (row["id"], row["version"], row["created_at"]) == (lead, 1, NOW)


def test_an_update_counts_the_version_up_and_stamps_who_and_when(site: Site) -> None:
    lead = site.add("lead", name="张伟", stage="new")

    with site.transaction() as transaction:
        written = transaction.update("lead", [RowUpdate(lead, {"stage": "contacted"})])

    row = site.row("lead", lead)
    assert written == {lead}
    assert (row["version"], row["stage"], row["stage_entered_at"]) == (2, "contacted", NOW)
    assert row["updated_by"] == CTX.actor.id


def test_an_update_of_an_older_version_writes_nothing(site: Site) -> None:
    lead = site.add("lead", name="张伟")

    with site.transaction() as transaction:
        first = transaction.update("lead", [RowUpdate(lead, {"score": 1}, expected_version=1)])
        second = transaction.update("lead", [RowUpdate(lead, {"score": 2}, expected_version=1)])

    assert (first, second) == ({lead}, frozenset())
    assert site.row("lead", lead)["score"] == 1


def test_a_claim_needs_a_record_that_still_lies_in_the_pool(site: Site) -> None:
    lead = site.add("lead", name="张伟", pool="public_pool")
    claim = {"owner": new_id(), "pool": None}

    with site.transaction() as transaction:
        other = RowUpdate(lead, claim, where_owner_is_null=True, where_pool="east_pool")
        right = RowUpdate(lead, claim, where_owner_is_null=True, where_pool="public_pool")
        wrong_pool = transaction.update("lead", [other])
        won = transaction.update("lead", [right])
        late = transaction.update("lead", [right])

    assert (wrong_pool, won, late) == (frozenset(), {lead}, frozenset())


def test_a_dry_run_leaves_nothing(site: Site) -> None:
    from dataclasses import replace

    lead = new_id()
    with site.transaction(replace(CTX, dry_run=True)) as transaction:
        transaction.insert("lead", [{"id": lead, "name": "张伟"}])
        assert transaction.existing("lead", [lead]) == [lead]

    with site.transaction() as transaction:
        assert transaction.existing("lead", [lead]) == []


def test_deleted_rows_are_read_only_when_asked_for(site: Site) -> None:
    lead = site.add("lead", name="张伟")

    with site.transaction() as transaction:
        transaction.update("lead", [RowUpdate(lead, {"deleted_at": NOW})])
        assert transaction.rows("lead", [lead]) == {}
        assert transaction.rows("lead", [lead], deleted=True)[lead]["deleted_at"] == NOW


def test_many_rows_are_read_in_chunks(site: Site) -> None:
    ids = [new_id() for _ in range(1_203)]
    with site.transaction() as transaction:
        transaction.insert("lead", [{"id": one, "name": "x"} for one in ids])
        assert transaction.rows("lead", ids, names=["name"], lock=True).keys() == set(ids)
        written = transaction.update("lead", [RowUpdate(one, {"score": 1}) for one in ids])

    assert written == set(ids)


def test_a_taken_unique_value_is_refused_naming_its_field(site: Site) -> None:
    site.add("lead", name="张伟", email="zhang@acme.cn")

    with pytest.raises(RefusedError) as refused:
        site.add("lead", name="李娜", email="zhang@acme.cn")

    assert refused.value.status == 409
    assert [(p.code, p.path) for p in refused.value.problems] == [("not_unique", "email")]


def test_a_record_in_the_recycle_bin_does_not_hold_its_unique_value(site: Site) -> None:
    old = site.add("lead", name="张伟", email="zhang@acme.cn")
    with site.transaction() as transaction:
        transaction.update("lead", [RowUpdate(old, {"deleted_at": NOW})])

    assert site.add("lead", name="李娜", email="zhang@acme.cn")


def test_holders_of_unique_values_are_found(site: Site) -> None:
    lead = site.add("lead", name="张伟", email="zhang@acme.cn", id_number="110101")

    with site.transaction() as transaction:
        by_email = dict(transaction.holders("lead", ["email"], [("zhang@acme.cn",), ("x@y.cn",)]))
        by_secret = dict(transaction.holders("lead", ["id_number"], [("110101",)]))
        by_both = dict(
            transaction.holders("lead", ["name", "id_number"], [("张伟", "110101"), ("a", "b")])
        )

    assert by_email == {("zhang@acme.cn",): lead}
    assert by_secret == {("110101",): lead}
    assert by_both == {("张伟", "110101"): lead}


def test_a_secret_lies_sealed_in_the_database_and_opens_only_when_asked(site: Site) -> None:
    lead = site.add("lead", name="张伟", id_number="110101199003070019")

    table = site.tables["lead"].table
    with site.storage.looking() as connection:
        held = connection.execute(table.select().with_only_columns(table.c.f_id_number)).scalar()

    assert "110101" not in str(held)
    assert site.row("lead", lead)["id_number"] == MASK
    assert site.row("lead", lead, unseal=True)["id_number"] == "110101199003070019"


def test_a_sealed_value_moved_to_another_record_does_not_open(site: Site) -> None:
    from fieldstone.storage.vault import SealError

    first, second = (site.add("lead", name=n, id_number=n) for n in ("a", "b"))
    table = site.tables["lead"].table
    with site.storage.connection() as connection:
        value = connection.execute(
            table.select().with_only_columns(table.c.f_id_number).where(table.c.id == first)
        ).scalar()
        connection.execute(table.update().where(table.c.id == second).values(f_id_number=value))

    with pytest.raises(SealError):
        site.row("lead", second, unseal=True)


def test_writing_back_the_mask_keeps_the_secret(site: Site) -> None:
    lead = site.add("lead", name="张伟", id_number="42")

    with site.transaction() as transaction:
        transaction.update("lead", [RowUpdate(lead, {"id_number": MASK, "score": 3})])
    assert site.row("lead", lead, unseal=True)["id_number"] == "42"
    with site.transaction() as transaction:
        transaction.update("lead", [RowUpdate(lead, {"id_number": "43"})])

    assert site.row("lead", lead, unseal=True)["id_number"] == "43"


def test_line_items_are_written_read_and_replaced_with_their_record(site: Site) -> None:
    items = ({"product": "A", "amount": Decimal("1.50")}, {"product": "B", "amount": None})
    quote = site.add("quote", name="Q1", items=items)
    first = site.row("quote", quote, names=["items"])["items"]

    with site.transaction() as transaction:
        kept = {**first[1], "amount": Decimal("2.00")}
        transaction.update("quote", [RowUpdate(quote, {"items": ({"product": "C"}, kept)})])

    second = site.row("quote", quote, names=["items"])["items"]
    assert [(i["product"], i["amount"]) for i in first] == [("A", Decimal("1.50")), ("B", None)]
    assert [(i["product"], i["amount"]) for i in second] == [("C", None), ("B", Decimal("2.00"))]
    assert second[1]["id"] == first[1]["id"]


def test_line_items_share_the_recycle_bin_with_their_record(site: Site) -> None:
    quote = site.add("quote", name="Q1", items=({"product": "A"}, {"product": "B"}))
    with site.transaction() as transaction:
        transaction.update("quote", [RowUpdate(quote, {"items": ({"product": "C"},)})])
        transaction.update("quote", [RowUpdate(quote, {"deleted_at": NOW + timedelta(hours=1)})])
        assert transaction.children("quote", [quote], "items") == {}

    with site.transaction() as transaction:
        transaction.update("quote", [RowUpdate(quote, {"deleted_at": None})])

    items = site.row("quote", quote, names=["items"])["items"]
    assert [item["product"] for item in items] == ["C"]


def test_lookups_are_followed_in_batches_and_a_deleted_target_is_missing(site: Site) -> None:
    manager = site.add("user", name="Chen")
    owner = site.add("user", name="Li", manager=manager)
    paid, gone = site.add("channel", kind="paid"), site.add("channel", kind="free")
    with site.transaction() as transaction:
        transaction.update("channel", [RowUpdate(gone, {"deleted_at": NOW})])
        rows = [
            {"channel": paid, "owner": owner},
            {"channel": gone, "owner": None},
        ]
        found = transaction.lookups("lead", rows, ["channel.kind", "owner.manager.name"])

    assert found == [
        {"channel.kind": "paid", "owner.manager.name": "Chen"},
        {"channel.kind": None, "owner.manager.name": None},
    ]


def test_lookups_see_what_the_same_transaction_wrote(site: Site) -> None:
    channel = site.add("channel", kind="paid")
    with site.transaction() as transaction:
        before = transaction.lookups("lead", [{"channel": channel}], ["channel.kind"])
        transaction.update("channel", [RowUpdate(channel, {"kind": "own"})])
        after = transaction.lookups("lead", [{"channel": channel}], ["channel.kind"])

    assert (before, after) == ([{"channel.kind": "paid"}], [{"channel.kind": "own"}])


def test_children_come_with_what_expressions_look_up_behind_them(site: Site) -> None:
    person = site.add("user", name="Li")
    lead = site.add("lead", name="张伟")
    site.add("activity", lead=lead, kind="call", minutes=5, done_by=person)

    with site.transaction() as transaction:
        found = transaction.children("lead", [lead], "activities", ["kind", "done_by.name"])

    assert [(row["kind"], row["done_by.name"]) for row in found[lead]] == [("call", "Li")]
