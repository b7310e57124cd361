"""A lead becomes a customer, a contact and an opportunity: once, wholly or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from fieldstone.base.errors import RefusedError
from tests.actions.acting import a_lead, act, refusal
from tests.company import Company

MADE = ("customer", "contact", "opportunity")


def counts(company: Company) -> list[int]:
    return [len(company.storage_rows(name)) for name in MADE]


def a_good_lead(company: Company, owner: str = "li") -> str:
    return a_lead(company, owner=owner, company="西湖科技", need="CRM", budget="300000")


def test_a_converted_lead_leaves_three_records_that_know_each_other(company: Company) -> None:
    lead = a_good_lead(company)

    result = act(company, "li", "convert", lead)

    made = result.others
    assert set(made) == set(MADE)
    assert result.outcome is not None
    assert result.outcome.warnings == ()
    source = company.row("lead", lead)
    assert source["stage"] == "converted"
    assert source["converted_at"] == company.now
    assert {name: source[name] for name in MADE} == dict(made)
    deal = company.row("opportunity", made["opportunity"])
    assert (deal["name"], deal["amount"]) == ("西湖科技", Decimal(300000))
    assert (deal["customer"], deal["contact"]) == (made["customer"], made["contact"])
    assert deal["owner"] == company.ids["li"]


def test_a_lead_is_not_converted_twice(company: Company) -> None:
    lead = a_good_lead(company)
    act(company, "li", "convert", lead)

    status, problem = refusal(company, "li", "convert", lead)

    assert (status, problem.code) == (409, "converted")
    assert counts(company) == [1, 1, 1]


def test_of_six_conversions_at_once_one_succeeds(company: Company) -> None:
    lead = a_good_lead(company)

    def convert(_: int) -> bool:
        try:
            act(company, "li", "convert", lead)
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(convert, range(6))) == [False] * 5 + [True]
    assert counts(company) == [1, 1, 1]


def test_an_existing_customer_is_used_instead_of_a_second_one(company: Company) -> None:
    lead = a_good_lead(company)
    there = company.create("customer", "li", name="西湖科技")
    assert not there.problems

    made = act(company, "li", "convert", lead, use={"customer": there.record_id}).others

    assert made["customer"] == there.record_id
    assert counts(company) == [1, 1, 1]


def test_the_opportunity_may_be_left_out(company: Company) -> None:
    lead = a_good_lead(company)

    made = act(company, "li", "convert", lead, leave_out=["opportunity"]).others

    assert set(made) == {"customer", "contact"}
    assert counts(company) == [1, 1, 0]


def test_what_cannot_be_made_leaves_nothing_behind(company: Company) -> None:
    lead = a_good_lead(company)

    status, problem = refusal(
        company, "li", "convert", lead, values={"opportunity": {"amount": "much"}}
    )

    assert (status, problem.path) == (422, "values.opportunity.amount")
    assert counts(company) == [0, 0, 0]
    assert company.row("lead", lead)["stage"] == "new"


def test_nobody_converts_a_lead_they_cannot_see(company: Company) -> None:
    lead = a_good_lead(company, owner="li")

    assert refusal(company, "wang", "convert", lead)[0] == 404
    assert counts(company) == [0, 0, 0]
