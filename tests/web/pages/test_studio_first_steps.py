"""What somebody does first in the studio: an object with a path, a field, a deadline, a report; no code and no YAML."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def test_an_object_with_a_path_a_deadline_and_a_report_need_names_only(
    office: Office, admin: Visitor
) -> None:
    confirm(admin, admin.post("/studio/objects", zh="设备", en="Equipment", staged="true"))
    confirm(admin, admin.post("/studio/o/equipment/fields/new", variant="currency", _section="main", _views="all", **{"label.en": "Price"}))  # fmt: skip
    form = admin.get("/studio/o/-/rules/new?variant=deadline&object=equipment")
    rule = {"label.en": "Install in time", "object": "equipment", "variant": "deadline"}
    confirm(admin, admin.post("/studio/o/-/rules/new", **rule, when="stage == 'new'", starts="created_at", **{"within-as": "a0", "within-a0": "3 working days"}))  # fmt: skip
    page = admin.get("/studio/reports?object=equipment")
    report = {"object": "equipment", "en": "Our machines", "measure": "price", "group": "stage"}
    done = confirm(admin, admin.post("/studio/reports", **report, charts="funnel"))
    model = office.site.model
    spec = model.objects["equipment"]
    machine = office.create("equipment", name="Pump 1", price="1200")

    assert spec.pipelines is not None
    assert list(spec.pipelines.pipelines["standard"].stages) == ["new", "doing", "done", "dropped"]
    assert 'href="/o/equipment"' in admin.get("/").text
    assert spec.form[0].fields == ("name", "price")
    assert "created_at" in form.text.partition('name="starts"')[2].partition("</select>")[0]
    assert model.rules["install_in_time"].object_name == "equipment"
    assert "Sum of Price" in page.text
    assert done.headers["Location"] == "/dashboards/our_machines"
    assert "Our machines" in admin.get("/dashboards/our_machines").text
    assert admin.get(f"/o/equipment/{machine}").status_code == 200


def test_a_second_object_of_this_site_stands_beside_the_first(
    office: Office, admin: Visitor
) -> None:
    for name in ("Pump", "Valve"):
        confirm(admin, admin.post("/studio/objects", en=name))

    shown = admin.get("/").text
    assert 'href="/o/pump"' in shown
    assert 'href="/o/valve"' in shown


def test_a_pipeline_begins_with_stages_that_are_changed_in_its_form(
    office: Office, admin: Visitor
) -> None:
    confirm(admin, admin.post("/studio/objects", en="Job"))
    form = admin.get("/studio/o/job/pipelines/new")
    lines = {"stages-0-id": "new", "stages-0-en": "Asked", "stages-1-en": "Built", "stages-1-kind": "won"}  # fmt: skip
    confirm(admin, admin.post("/studio/o/job/pipelines/new", **{"label.en": "Jobs"}, **lines))
    pipelines = office.site.model.objects["job"].pipelines

    assert 'value="In progress"' in form.text
    assert pipelines is not None
    stages = pipelines.pipelines["jobs"].stages
    assert [(one.code, one.label.en, one.kind) for one in stages.values()] == [
        ("new", "Asked", "open"), ("built", "Built", "won"),
    ]  # fmt: skip


def test_a_report_wants_a_name(admin: Visitor) -> None:
    answer = admin.post("/studio/reports", object="lead")

    assert answer.status_code == 422
    assert "Give it a name." in answer.text


def test_a_new_object_asks_who_works_with_it_and_the_plan_counts_them(
    office: Office, admin: Visitor
) -> None:
    page = admin.get("/studio").text
    usual = page.partition('name="read.sales"')[2].partition("</select>")[0]
    given = {"read.sales": "own", "write.sales": "team", "read.viewer": "all", "write.viewer": "none", "read.nobody": "all", "read.service": "everything"}  # fmt: skip
    plan = admin.post("/studio/objects", en="Site visit", code="site_visit", **given)
    confirm(admin, plan)
    rights = office.site.model.objects["site_visit"].permissions

    like = office.site.model.objects["customer"].permissions["sales"].read
    assert f'value="{like}" selected' in usual
    assert "gain over site visits: see (none → team), create, edit (none → team)." in plan.text
    assert (rights["sales"].read, rights["sales"].create, rights["sales"].update) == ("team", True, "team")  # fmt: skip
    assert (rights["viewer"].read, rights["viewer"].create) == ("all", False)
    assert set(rights) == {"admin", "sales", "viewer"}
    assert office.visitor("li").get("/o/site_visit/new").status_code == 200


def test_what_was_chosen_for_a_new_object_is_kept_when_its_name_is_wrong(admin: Visitor) -> None:
    refused = admin.post("/studio/objects", en="", code="visit", **{"read.viewer": "team"})

    chosen = refused.text.partition('name="read.viewer"')[2].partition("</select>")[0]
    assert refused.status_code == 422
    assert 'value="team" selected' in chosen
