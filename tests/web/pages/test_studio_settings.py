"""An object in the studio is called otherwise, taken out of use and brought back; so is a field that rules name."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio

SETTINGS = "/studio/o/campaign/settings"


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def test_an_object_gets_other_names_another_icon_and_another_code(
    office: Office, admin: Visitor
) -> None:
    names = {
        "label.en": "Promotion",
        "label.zh": "推广",
        "plural.en": "Promotions",
        "plural.zh": "推广",
    }
    asked = {**names, "title": "name", "search": "name", "timeline": "true", "icon": "star"}
    plan = admin.post(SETTINGS, code="promotion", **asked)
    done = confirm(admin, plan)

    assert "(was &#34;campaign&#34;)" in plan.text
    assert done.headers["Location"] == "/studio/o/promotion/settings"
    spec = office.site.model.objects["promotion"]
    assert (spec.label.en, spec.plural.zh, spec.icon) == ("Promotion", "推广", "star")
    assert (
        office.site.model.objects["lead"].fields["campaign"].type.expression_type.of == "promotion"
    )
    assert "推广" in admin.speaking("zh").get("/studio").text


def test_what_is_typed_wrong_is_told_and_kept(admin: Visitor) -> None:
    wrong = admin.post(SETTINGS, code="Lead Two", title="name", icon="box", **{"label.en": ""})
    taken = admin.post(SETTINGS, code="lead", title="name", **{"label.en": "Promotion"})

    assert (wrong.status_code, taken.status_code) == (422, 422)
    assert 'value="Lead Two"' in wrong.text
    assert "There is an object of this code." in taken.text


def test_a_core_object_is_retired_nobody_reaches_it_and_it_comes_back(
    office: Office, admin: Visitor
) -> None:
    campaign = office.create("campaign", name="Spring", kind="event")
    plan = admin.post(f"{SETTINGS}/retire")
    confirm(admin, plan, second_word="true")

    assert "1 campaign is no longer reached by anybody" in plan.text
    assert "field &#34;Campaign&#34; of Lead" in plan.text
    assert office.site.model.objects["campaign"].archived
    for who in ("admin", "mei"):
        visitor = office.visitor(who)
        assert visitor.get("/o/campaign").status_code == 404
        assert visitor.get(f"/o/campaign/{campaign}").status_code == 404
        assert 'href="/o/campaign"' not in visitor.get("/").text
    assert admin.get("/o/lead").status_code == 200
    assert "retired" in admin.get("/studio").text
    assert "Bring it back" in admin.get(SETTINGS).text

    confirm(admin, admin.post(f"{SETTINGS}/restore"))
    assert "Spring" in admin.get(f"/o/campaign/{campaign}").text


def test_the_rules_of_a_retired_object_rest(office: Office, admin: Visitor) -> None:
    confirm(admin, admin.post("/studio/o/ticket/settings/retire"), second_word="true")

    assert not any(
        one.enabled for one in office.site.model.rules.values() if one.object_name == "ticket"
    )
    assert any(one.enabled for one in office.site.model.rules.values() if one.object_name == "lead")


def test_what_the_platform_itself_needs_cannot_be_retired(admin: Visitor) -> None:
    page = admin.get("/studio/o/user/settings")
    refused = admin.post("/studio/o/user/settings/retire")

    assert "user/settings/retire" not in page.text
    assert refused.status_code == 422
    assert "cannot work without the object" in refused.text


def test_a_field_that_rules_name_is_archived_with_all_that_name_it_listed_and_comes_back(
    office: Office, admin: Visitor
) -> None:
    lead = office.a_lead("李雷", budget="5000")
    plan = admin.post("/studio/o/lead/fields/budget/remove")
    confirm(admin, plan, second_word="true")

    assert "rule &#34;Lead score&#34;" in plan.text
    assert 'name="budget"' not in admin.get(f"/o/lead/{lead}/edit").text
    form = admin.get("/studio/o/lead/fields/budget").text
    assert "Bring it back" in form
    assert "budget/remove" not in form

    confirm(admin, admin.post("/studio/o/lead/fields/budget/restore"))
    assert 'name="budget"' in admin.get(f"/o/lead/{lead}/edit").text
    assert str(office.value("lead", lead, "budget")) == "5000.00"


def test_a_revision_tells_what_changed_before_and_after(admin: Visitor) -> None:
    path = ["objects", "campaign", "label", "en"]
    edits = json.dumps([{"do": "set", "path": path, "value": "Drive"}])
    confirm(admin, admin.post("/studio/plan", edits=edits))
    page = admin.get("/studio/revisions").text

    assert "<del>Campaign</del> <ins>Drive</ins>" in page
    assert page.count("Change object &#34;Drive&#34;") == 1


def test_a_plan_names_the_one_setting_inside_a_rule_that_changes(admin: Visitor) -> None:
    path = ["rules", "lead_scoring", "items", "budget", "points"]
    edits = json.dumps([{"do": "set", "path": path, "value": 17}])
    page = admin.post("/studio/plan", edits=edits).text

    assert "<dt>Items · Budget · Points</dt>" in page
    assert "<ins>17</ins>" in page


def test_a_new_formula_that_nobody_typed_yet_warns_of_nothing(admin: Visitor) -> None:
    url = "/studio/preview/lead/fields/new"
    untouched = admin.post(url, variant="formula").text
    wrong = admin.post(url, variant="formula", value="nope + 1", **{"label.en": "Sum"}).text

    assert "This is needed" not in untouched
    assert "nope" in wrong
