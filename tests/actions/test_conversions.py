"""Conversions are checked, carry along what hangs on the lead, and can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldstone.model.site_model import Model
from fieldstone.rules.conversion import Check, Conversion
from tests.actions.acting import a_lead, act, refusal
from tests.company import Company


def a_good_lead(company: Company, budget: str = "300000", **values: object) -> str:
    return a_lead(company, owner="li", company="西湖科技", need="CRM", budget=budget, **values)


def a_call(company: Company, lead: str, **more: object) -> str:
    outcome = company.create(
        "activity", "li", kind="call", subject="Called", minutes=5, lead=lead, **more
    )
    assert not outcome.problems
    return str(outcome.record_id)


def checked_by_sample(model: Model, every: int) -> Model:
    """Return the model with a conversion map that checks every so many-th conversion."""
    rule = model.rules["lead_conversion"]
    assert isinstance(rule.body, Conversion)
    body = replace(rule.body, check=Check(("sales_manager",), None, every, "checking"))
    return replace(model, rules={**model.rules, "lead_conversion": replace(rule, body=body)})


class TestWhatGoesAlong:
    def test_activities_of_the_lead_are_in_the_feeds_of_what_it_became(
        self, company: Company
    ) -> None:
        lead = a_good_lead(company)
        call = a_call(company, lead)

        made = act(company, "li", "convert", lead).others

        row = company.row("activity", call)
        assert row["lead"] == lead
        assert {name: row[name] for name in made} == dict(made)

    def test_an_existing_customer_is_filled_where_it_is_empty(self, company: Company) -> None:
        there = company.create("customer", "li", name="West Lake", region="north")
        lead = a_good_lead(company, region="south", website="https://westlake.cn")

        act(company, "li", "convert", lead, use={"customer": there.record_id})

        row = company.row("customer", there.record_id)
        assert (row["name"], row["region"]) == ("West Lake", "north")
        assert row["website"] == "https://westlake.cn"

    def test_what_the_map_needs_is_asked_for_first(self, company: Company) -> None:
        lead = a_lead(company, owner="li", mobile=None, email="x@example.com")

        status, problem = refusal(company, "li", "convert", lead)

        assert (status, problem.code, problem.path) == (422, "needed_to_convert", "mobile")


class TestTheManagersCheck:
    def test_a_large_one_waits_and_nothing_is_made(self, company: Company) -> None:
        lead = a_good_lead(company, budget="2000000")

        result = act(company, "li", "convert", lead)

        assert not result.others
        assert company.row("lead", lead)["checking"] is True
        assert company.storage_rows("customer") == {}
        assert refusal(company, "li", "convert", lead)[1].code == "conversion_waits"

    def test_the_manager_confirms_and_it_is_done_for_the_owner(self, company: Company) -> None:
        lead = a_good_lead(company, budget="2000000")
        act(company, "li", "convert", lead, values={"opportunity": {"name": "West Lake CRM"}})

        made = act(company, "admin", "check_conversion", lead, accept=True).others

        row = company.row("lead", lead)
        deal = company.row("opportunity", made["opportunity"])
        assert (row["stage"], row["checking"]) == ("converted", False)
        assert (deal["name"], deal["owner"]) == ("West Lake CRM", company.ids["li"])

    def test_a_refusal_says_why_and_the_lead_goes_on(self, company: Company) -> None:
        lead = a_good_lead(company, budget="2000000")
        act(company, "li", "convert", lead)

        assert (
            refusal(company, "admin", "check_conversion", lead, accept=False)[1].code == "required"
        )
        act(company, "admin", "check_conversion", lead, accept=False, reason="No contract")

        row = company.row("lead", lead)
        assert (row["stage"], row["checking"]) == ("new", False)
        assert refusal(company, "admin", "check_conversion", lead, accept=True)[0] == 409
        act(company, "li", "convert", lead)

    def test_nobody_confirms_their_own_and_only_managers_confirm(self, company: Company) -> None:
        lead = a_good_lead(company, budget="2000000")
        act(company, "li", "convert", lead)

        assert refusal(company, "li", "check_conversion", lead, accept=True)[0] == 403

    def test_the_check_follows_the_record_to_its_new_owner(self, company: Company) -> None:
        lead = a_good_lead(company, budget="2000000")
        act(company, "li", "convert", lead)
        company.update("lead", lead, "admin", owner=company.ids["wang"])

        made = act(company, "admin", "check_conversion", lead, accept=True).others

        assert company.row("customer", made["customer"])["owner"] == company.ids["wang"]

    def test_every_third_is_put_before_the_manager(self, company: Company) -> None:
        sampled = replace(company, model=checked_by_sample(company.model, 3))

        waits = [not act(sampled, "li", "convert", a_good_lead(company)).others for _ in range(6)]

        assert waits == [False, False, True, False, False, True]


class TestUndoing:
    def test_what_nobody_touched_is_taken_back_and_the_lead_reopens(self, company: Company) -> None:
        lead = a_good_lead(company)
        call = a_call(company, lead)
        before = company.row("lead", lead)["stage"]
        act(company, "li", "convert", lead)

        act(company, "li", "undo_convert", lead)

        row = company.row("lead", lead)
        assert (row["stage"], row["converted_at"], row["customer"]) == (before, None, None)
        for name in ("customer", "contact", "opportunity"):
            assert company.storage_rows(name) == {}
            assert company.row("activity", call)[name] is None

    def test_what_lived_on_stays(self, company: Company) -> None:
        lead = a_good_lead(company)
        made = act(company, "li", "convert", lead).others
        company.update("opportunity", made["opportunity"], "li", amount="5")

        kept = act(company, "li", "undo_convert", lead).others

        # The deal was worked on, and it holds on to its customer and its contact.
        assert set(kept) == {"opportunity", "customer", "contact"}
        assert company.row("lead", lead)["stage"] == "new"

    def test_an_existing_customer_gets_back_what_was_filled_and_keeps_what_was_changed_since(
        self, company: Company
    ) -> None:
        there = company.create("customer", "li", name="West Lake")
        lead = a_good_lead(company, region="south", website="https://westlake.cn")
        act(company, "li", "convert", lead, use={"customer": there.record_id})
        company.update("customer", there.record_id, "li", region="north")

        act(company, "li", "undo_convert", lead)

        row = company.row("customer", there.record_id)
        assert (row["region"], row["website"]) == ("north", None)

    def test_an_undone_lead_is_converted_again(self, company: Company) -> None:
        lead = a_good_lead(company)
        act(company, "li", "convert", lead)
        act(company, "li", "undo_convert", lead)

        assert set(act(company, "li", "convert", lead).others) == {
            "customer", "contact", "opportunity",
        }  # fmt: skip
        assert len(company.storage_rows("customer")) == 1

    def test_it_can_be_undone_for_thirty_days_and_only_once(self, company: Company) -> None:
        lead = a_good_lead(company)
        assert refusal(company, "li", "undo_convert", lead)[1].code == "not_converted"
        act(company, "li", "convert", lead)

        late = replace(company, now=company.now + timedelta(days=31))
        assert refusal(late, "li", "undo_convert", lead)[1].code == "too_late_to_undo"
        act(company, "li", "undo_convert", lead)
        assert refusal(company, "li", "undo_convert", lead)[0] == 409


@pytest.mark.parametrize("accept", [True, False])
def test_a_colleague_who_may_not_see_the_lead_learns_nothing(
    company: Company, accept: bool
) -> None:
    lead = a_good_lead(company, budget="2000000")
    act(company, "li", "convert", lead)

    assert refusal(company, "wang", "check_conversion", lead, accept=accept)[0] in (403, 404)
