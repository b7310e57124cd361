"""Points on a record's page, and the page on which changed rules are adopted."""

from __future__ import annotations

import pytest

from tests.web.pages.office import Office

DIALOG = "div#dialog"


@pytest.fixture
def lead(office: Office) -> str:
    li = office.people["li"]
    lead = office.a_lead("Zhang Wei", owner=li, mobile="13800138001", budget="80000")
    office.create("engagement", kind="form", lead=lead, subject="Demo")
    return lead


def test_the_tab_shows_parts_marks_and_the_ledger(office: Office, lead: str) -> None:
    page = office.visitor("li").get(f"/o/lead/{lead}?tab=score").text

    assert "Asked us" in page
    assert "Engagement" in page
    assert "Next: Marketing lead" in page
    assert ">+10</td>" in page


def test_what_is_missing_for_a_better_grade_is_listed(office: Office, lead: str) -> None:
    page = office.visitor("li").get(f"/o/lead/{lead}").text
    missing = page.split('class="grade-miss"')[1].split("</ul>")[0]

    assert "E-mail" in missing
    assert "Mobile" not in missing


def test_who_may_not_see_the_budget_learns_nothing_of_it(office: Office, lead: str) -> None:
    page = office.visitor("guest").get(f"/o/lead/{lead}?tab=score").text

    assert "Budget" not in page.split('class="pts"')[1].split("</aside>")[0]
    assert "grade-miss" not in page


def test_the_page_speaks_chinese(office: Office, lead: str) -> None:
    page = office.visitor("li").speaking("zh").get(f"/o/lead/{lead}?tab=score").text

    assert "积分明细" in page
    assert "主动咨询" in page


def test_a_sales_lead_is_judged_in_a_dialog_with_the_known_reasons(
    office: Office, lead: str
) -> None:
    office.settle("lead", lead, lifecycle="sales_lead")
    li = office.visitor("li")

    assert "Judge worthless" in li.get(f"/o/lead/{lead}").text
    dialog = li.get(f"/o/lead/{lead}/actions/judge_worthless", DIALOG).text
    assert "Too early" in dialog
    done = li.post(f"/o/lead/{lead}/actions/judge_worthless", DIALOG, asked="1", reason="too_early")

    assert done.status_code in (204, 200)
    assert "Judge worthless" not in office.visitor("mei").get(f"/o/lead/{lead}").text


def test_the_studio_leads_from_a_scoring_rule_to_what_it_does(office: Office) -> None:
    admin = office.visitor("admin")

    assert 'href="/scoring/lead_scoring"' in admin.get("/studio/o/-/rules/lead_scoring").text
    assert 'href="/scoring/' not in admin.get("/studio/o/-/rules/lead_grading").text


def test_administrators_see_which_rules_hold_and_what_they_would_do(
    office: Office, lead: str
) -> None:
    admin = office.visitor("admin")

    assert "in force" in admin.get("/scoring").text
    assert "What version 1 would do now" in admin.get("/scoring/lead_scoring").text
    assert office.visitor("mei").get("/scoring").status_code == 404
    assert admin.get("/scoring/nothing").status_code == 404
    wrong = admin.post("/scoring/lead_scoring/adopt", version="7")
    assert wrong.status_code == 409
