"""Giving records to people and back to pools, moving them through stages, ticking tasks off."""

from __future__ import annotations

import pytest

from tests.actions.acting import a_lead, act, refusal, with_rules
from tests.company import Company


def test_a_manager_gives_a_lead_to_somebody_else(company: Company) -> None:
    lead = a_lead(company, owner="li")

    act(company, "admin", "assign", lead, owner=company.ids["wang"], reason="holiday")

    assert company.row("lead", lead)["owner"] == company.ids["wang"]


def test_a_salesperson_may_not_give_leads_to_others(company: Company) -> None:
    lead = a_lead(company, owner="li")

    status, problem = refusal(company, "li", "assign", lead, owner=company.ids["wang"])

    assert (status, problem.code) == (403, "forbidden")
    assert company.row("lead", lead)["owner"] == company.ids["li"]


def test_a_lead_is_not_given_to_nobody(company: Company) -> None:
    lead = a_lead(company, owner="li")

    assert refusal(company, "admin", "assign", lead, owner="0" * 36)[0] == 422
    assert refusal(company, "admin", "assign", lead)[0] == 422
    assert company.row("lead", lead)["owner"] == company.ids["li"]


def test_a_lead_that_is_given_back_counts_one_return(company: Company) -> None:
    lead = a_lead(company, owner="li")

    act(company, "li", "release", lead, reason="no answer")

    row = company.row("lead", lead)
    assert (row["owner"], row["pool"], row["returns"]) == (None, "public_pool", 1)


def test_nobody_gives_back_what_is_not_theirs(company: Company) -> None:
    lead = a_lead(company, owner="li")

    assert refusal(company, "wang", "release", lead)[0] == 404
    assert company.row("lead", lead)["owner"] == company.ids["li"]


def test_a_pool_that_is_not_there_is_answered_with_the_nearest(company: Company) -> None:
    lead = a_lead(company, owner="li")

    _, problem = refusal(company, "li", "release", lead, pool="publik_pool")

    assert (problem.code, problem.cure) == ("unknown_pool", "Write 'public_pool'.")


def test_a_seller_gives_back_only_to_a_pool_that_they_see(company: Company) -> None:
    lead = a_lead(company, owner="li")

    refused = refusal(company, "li", "release", lead, pool="dead_pool")
    never = refusal(company, "li", "release", lead, pool="sale_bin")

    assert (refused[0], refused[1].code, refused[1].path) == (422, "unknown_pool", "pool")
    assert "public_pool" in refused[1].cure
    assert "dead_pool" not in refused[1].cure + never[1].cure
    assert refused[1].message.replace("dead_pool", "sale_bin") == never[1].message
    assert company.row("lead", lead)["owner"] == company.ids["li"]
    act(company, "li", "release", lead, pool="public_pool")
    assert company.row("lead", lead)["pool"] == "public_pool"


@pytest.mark.parametrize("who", ["admin", "mei"])
def test_who_looks_after_the_archive_gives_records_back_to_it(company: Company, who: str) -> None:
    lead = a_lead(company, owner=who)

    act(company, who, "release", lead, pool="dead_pool")

    assert company.row("lead", lead)["pool"] == "dead_pool"


def test_what_belongs_into_a_pool_goes_there_whoever_sees_it(company: Company) -> None:
    site = with_rules(company, "rules: {north_pool: {members: [{role: sales_manager}]}}")
    lead = a_lead(site, owner="li", region="north")

    assert refusal(site, "li", "release", lead, pool="north_pool")[1].code == "unknown_pool"
    act(site, "li", "release", lead)

    assert site.row("lead", lead)["pool"] == "north_pool"


def test_a_move_brings_the_facts_that_the_stage_needs(company: Company) -> None:
    lead = a_lead(company, owner="li")

    status, problem = refusal(company, "admin", "move", lead, to="qualified")
    assert status == 422
    assert problem.path in {"need", "stage"}

    act(company, "admin", "move", lead, to="qualified", values={"need": "CRM"})

    assert company.row("lead", lead)["stage"] == "qualified"


def test_a_move_of_a_record_that_changed_since_is_refused(company: Company) -> None:
    lead = a_lead(company, owner="li")
    company.update("lead", lead, company="西湖科技")

    status, _ = refusal(company, "li", "move", lead, to="contacted", version=1)

    assert status == 412
    assert company.row("lead", lead)["stage"] == "new"


@pytest.mark.parametrize(("to", "path"), [("contactd", "stage"), ("converted", "stage")])
def test_a_stage_that_cannot_be_entered_is_refused(company: Company, to: str, path: str) -> None:
    lead = a_lead(company, owner="li")

    status, problem = refusal(company, "admin", "move", lead, to=to)

    assert (status, problem.path) == (422, path)


def test_a_task_is_ticked_off_and_opened_again(company: Company) -> None:
    values = {
        "kind": "task",
        "subject": "Call",
        "status": "open",
        "due_at": "2026-11-25T09:00:00+08:00",
    }
    made = company.create("activity", "admin", **values)
    assert not made.problems
    task = str(made.record_id)

    act(company, "admin", "complete", task, "activity")
    row = company.row("activity", task)
    assert (row["status"], row["done_at"]) == ("done", company.now)

    act(company, "admin", "complete", task, "activity", open=True)
    row = company.row("activity", task)
    assert (row["status"], row["done_at"]) == ("open", None)


def test_parameters_that_an_action_does_not_know_are_refused(company: Company) -> None:
    lead = a_lead(company, owner="li")

    status, problem = refusal(company, "li", "move", lead, to="contacted", vlaues={})

    assert status == 422
    assert "vlaues" in problem.path + problem.message
