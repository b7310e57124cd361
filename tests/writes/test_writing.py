"""What the write door promises for one record and for many."""

from __future__ import annotations

from decimal import Decimal

from fieldstone.changes.nouns import Change, Operation
from tests.company import Company


def test_a_created_lead_is_parsed_derived_and_placed_in_its_first_stage(company: Company) -> None:
    made = company.create(
        "lead",
        name=" 张伟 ",
        mobile="138 0013 8000",
        channel=company.ids["website"],
        budget="120000",
    )

    assert made.status == 201, made.problems
    row = company.row("lead", made.record_id)
    assert row["name"] == "张伟"
    assert row["mobile"] == "+8613800138000"
    assert row["stage"] == "new"
    assert row["budget"] == Decimal("120000")
    assert row["completeness"] == Decimal("0.5")
    assert row["version"] == made.version


def test_every_problem_of_a_change_comes_back_at_once(company: Company) -> None:
    made = company.create("lead", mobile="12", budget="a lot", colour="red", urgency="hot")

    assert made.status == 422
    assert {p.path for p in made.problems} >= {"mobile", "budget", "colour", "urgency"}
    assert all(p.cure for p in made.problems)


def test_a_stale_version_is_refused_and_nothing_is_written(company: Company) -> None:
    made = company.create("product", name="Pump", price="10")
    company.update("product", made.record_id, price="11")
    stale = Change("product", Operation.UPDATE, {"price": "12"}, made.record_id, expected_version=1)

    (outcome,) = company.submit(stale)

    assert outcome.status == 412
    assert company.row("product", made.record_id)["price"] == Decimal("11")


def test_a_value_that_must_be_unique_is_refused_also_within_one_batch(company: Company) -> None:
    first, second = company.submit(
        Change("product", Operation.CREATE, {"name": "A", "code": "P1", "price": "1"}),
        Change("product", Operation.CREATE, {"name": "B", "code": "P1", "price": "1"}),
    )

    assert not first.problems
    assert [p.code for p in second.problems] == ["not_unique"]


def test_line_items_are_added_up_and_numbered(company: Company) -> None:
    pump = company.create("product", name="Pump", price="100").record_id
    deal = company.create(
        "opportunity",
        name="Pumps",
        items=[
            {"product": pump, "quantity": "2", "price": "100", "discount": "0.1"},
            {"product": pump, "quantity": "1", "price": "50.5"},
        ],
    )

    assert not deal.problems, deal.problems
    row = company.row("opportunity", deal.record_id, "items_total", "number")
    assert row["items_total"] == Decimal("230.5")
    assert str(row["number"]).startswith("O-2026-0001")


def test_a_rollup_is_right_after_every_write(company: Company) -> None:
    customer = company.create("customer", name="Jingxin").record_id
    deals = [
        company.create("opportunity", name=n, customer=customer, amount="10").record_id
        for n in ("A", "B")
    ]
    assert company.row("customer", customer)["open_deals"] == 2

    company.delete("opportunity", deals[0])

    assert company.row("customer", customer)["open_deals"] == 1


def test_a_stage_asks_for_what_it_needs_and_says_which_moves_are_allowed(company: Company) -> None:
    lead = company.create("lead", name="Sun Li", channel=company.ids["website"])

    moved = company.update("lead", lead.record_id, stage="qualified")
    converted = company.update("lead", lead.record_id, stage="converted")

    assert {p.path for p in moved.problems if p.code == "needed_for_stage"} == {"need", "budget"}
    assert "only_by_action" in {p.code for p in converted.problems}


def test_a_salesperson_sees_only_what_is_theirs(company: Company) -> None:
    lead = company.create(
        "lead", name="Sun Li", channel=company.ids["website"], owner=company.ids["li"]
    )

    refused = company.update("lead", lead.record_id, who="wang", name="X")
    allowed = company.update("lead", lead.record_id, who="li", name="Sun Lili")

    assert refused.status == 404
    assert not allowed.problems


def test_a_deleted_record_comes_back_whole(company: Company) -> None:
    lead = company.create("lead", name="Sun Li", channel=company.ids["website"])
    company.delete("lead", lead.record_id)
    assert company.update("lead", lead.record_id, name="X").status == 404

    (restored,) = company.submit(Change("lead", Operation.RESTORE, {}, lead.record_id))

    assert not restored.problems
    assert company.row("lead", lead.record_id)["deleted_at"] is None


def test_nobody_can_point_to_a_record_that_they_may_not_see(company: Company) -> None:
    lead = company.create(
        "lead", name="Sun Li", channel=company.ids["website"], owner=company.ids["li"]
    )
    call = {"kind": "call", "subject": "Call", "lead": lead.record_id}

    hidden = company.create("activity", "wang", **call)
    unknown = company.create("activity", "wang", **call | {"lead": company.ids["li"]})
    own = company.create("activity", "li", **call)

    assert [p.code for p in hidden.problems] == ["no_such_record"]
    assert [p.code for p in unknown.problems] == ["no_such_record"]
    assert not own.problems


def test_a_new_record_counts_nought_and_not_nothing(company: Company) -> None:
    customer = company.create("customer", name="Jingxin").record_id

    assert company.row("customer", customer)["open_deals"] == 0
