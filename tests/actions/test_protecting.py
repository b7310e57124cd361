"""Protecting a record: who may, how many, how often longer, and what it keeps off."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from fieldstone.base.errors import RefusedError
from tests.actions.acting import a_lead, act, refusal, with_rules
from tests.company import Company


def test_the_owner_protects_a_lead_for_its_time_and_extends_it_once(company: Company) -> None:
    lead = a_lead(company, owner="li")

    act(company, "li", "protect", lead, reason="decides next week")
    first = company.row("lead", lead)["protected_until"]
    act(company, "li", "protect", lead)

    assert first == company.now + timedelta(days=14)
    assert company.row("lead", lead)["protected_until"] == company.now + timedelta(days=28)
    assert refusal(company, "li", "protect", lead)[1].code == "extension_limit"
    assert act(company, "admin", "protect", lead)


def test_a_protected_lead_stays_with_its_owner_but_for_those_who_may_take_it(
    company: Company,
) -> None:
    lead = a_lead(company, owner="li")
    act(company, "li", "protect", lead)
    trusting = with_rules(company, "rules: {lead_protection: {beyond: [marketing]}}")

    refused = trusting.update("lead", lead, owner=company.ids["wang"])
    act(company, "admin", "assign", lead, owner=company.ids["wang"])

    assert [problem.code for problem in refused.problems] == ["protected"]
    row = company.row("lead", lead)
    assert (row["owner"], row["protected_until"]) == (company.ids["wang"], None)


def test_nobody_protects_more_than_the_rule_allows_also_when_all_at_once(company: Company) -> None:
    leads = [a_lead(company, owner="li") for _ in range(9)]

    def protect(lead: str) -> str:
        try:
            act(company, "li", "protect", lead)
        except RefusedError as refused:
            return refused.problems[0].code
        return "done"

    with ThreadPoolExecutor(9) as pool:
        ended = Counter(pool.map(protect, leads))

    assert ended == {"done": 5, "protection_limit": 4}


def test_others_may_not_protect_and_a_lead_without_owner_cannot_be(company: Company) -> None:
    lead, free = a_lead(company, owner="wang"), a_lead(company, owner=None)

    assert refusal(company, "li", "protect", lead)[0] in {403, 404}
    assert refusal(company, "admin", "protect", free)[1].code == "no_owner"


def test_an_owner_ends_the_protection_and_the_deadlines_count_again(company: Company) -> None:
    lead = a_lead(company, owner="li")
    act(company, "li", "protect", lead)

    def standing() -> set[str]:
        tables = company.storage.use(company.model)
        with company.storage.transaction(tables, company.context("admin")) as transaction:
            return {timer.rule for timer in transaction.clockwork.of(lead)}

    during = standing()
    act(company, "li", "unprotect", lead)

    assert "lead_protection" in during
    assert "follow_up_in_time" not in during
    assert "follow_up_in_time" in standing()
    assert refusal(company, "li", "unprotect", lead)[1].code == "not_protected"


def test_where_approval_is_wanted_the_owner_asks_and_a_manager_says_yes(company: Company) -> None:
    site = with_rules(
        company,
        """
rules:
  lead_protection: {approved_by: [sales_manager, admin], asked: converted_at, notify: "role:sales_manager"}
""",
    )
    lead = a_lead(site, owner="li")

    asked = act(site, "li", "protect", lead)
    assert asked.message.en == "Your manager was asked."
    assert site.row("lead", lead)["protected_until"] is None
    later = replace(site, now=site.now + timedelta(hours=1))
    act(later, "admin", "protect", lead)

    row = site.row("lead", lead)
    assert row["protected_until"] == later.now + timedelta(days=14)
    assert row["converted_at"] is None


def test_a_lead_that_is_given_back_is_protected_no_more(company: Company) -> None:
    lead = a_lead(company, owner="li")
    act(company, "li", "protect", lead)

    act(company, "li", "release", lead)

    assert company.row("lead", lead)["protected_until"] is None
