"""Rules, roles and reports get other codes in their forms, and what was taken away of them is brought back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def test_a_role_gets_another_code_and_the_forms_of_rules_name_it_by_that(
    office: Office, admin: Visitor
) -> None:
    plan = admin.post(
        "/studio/o/-/roles/sales", code="seller", **{"label.en": "Salesperson", "label.zh": "销售"}
    )
    confirm(admin, plan)

    assert "carry the role" in plan.text or "carries the role" in plan.text
    assert "which follow" in plan.text
    form = admin.get("/studio/o/-/rules/public_pool").text
    assert re.search(r'value="seller"[^>]* selected', form)
    assert not re.search(r'value="sales"[^>]* selected', form)
    assert office.site.model.roles["seller"].renamed_from == ("sales",)


def test_a_report_has_a_form_another_code_and_comes_back_after_it_was_taken_away(
    office: Office, admin: Visitor
) -> None:
    url = "/studio/reports/sources"
    listed, form = admin.get("/studio/reports"), admin.get(url)
    names = {
        "label.en": "Where from",
        "label.zh": "来源与回报",
        "icon": "coins",
        "period": "last_90",
    }
    confirm(admin, admin.post(url, code="origins", **names))

    assert url in listed.text
    assert 'href="/dashboards/sources"' in form.text
    assert "Last 12 months" in form.text
    report = office.site.model.reports["origins"]
    assert (report.label.en, report.body["period"]) == ("Where from", "last_90")
    assert report.body["charts"]
    for code in ("sources", "origins"):
        assert "Where from" in admin.get(f"/dashboards/{code}").text
        assert admin.get(f"/studio/reports/{code}").status_code == 200
    assert admin.get("/studio/reports/new").status_code == 404

    confirm(admin, admin.post("/studio/reports/origins/remove"))
    assert not {"origins", "sources"} & office.site.model.reports.keys()
    away = admin.get("/studio/reports")
    assert "Taken away" in away.text
    confirm(admin, admin.post("/studio/reports/sources/reset"))
    assert "sources" in office.site.model.reports
    assert "Taken away" not in admin.get("/studio/reports").text


def test_a_rule_that_was_taken_away_stands_below_the_others_and_comes_back(
    office: Office, admin: Visitor
) -> None:
    confirm(admin, admin.post("/studio/o/-/rules/big_deal_won/remove"))
    away = admin.get("/studio/rules")

    assert "Taken away" in away.text
    confirm(admin, admin.post("/studio/o/-/rules/big_deal_won/reset"))
    assert "big_deal_won" in office.site.model.rules
