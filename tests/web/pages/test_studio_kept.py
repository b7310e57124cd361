"""What was taken away is listed with its values, and deleted for good only after a second word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from fieldstone.evolution import purging
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, hidden, open_studio


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def plan(admin: Visitor, **step: object) -> TestResponse:
    return admin.post("/studio/plan", edits=json.dumps([step]))


def test_kept_values_are_called_as_people_knew_them_and_end_after_a_second_word(
    office: Office, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "SETTLED", timedelta())
    path = ["objects", "product", "fields", "shoe"]
    field = {"type": "integer", "label": {"en": "Shoe size", "zh": "鞋码"}}
    confirm(admin, plan(admin, do="set", path=path, value=field))
    office.create("product", name="Boot", price="99", shoe=43)
    confirm(admin, admin.post("/studio/o/product/fields/shoe/remove"), second_word="true")

    assert 'href="/studio/kept"' in admin.get("/studio/revisions").text
    listed = admin.get("/studio/kept").text
    chinese = admin.speaking("zh").get("/studio/kept").text
    page = admin.speaking("en").get("/studio/kept/o_product.f_shoe")
    refused = admin.post("/studio/kept/o_product.f_shoe", **hidden(page))
    confirm(admin, page, second_word="true")

    assert "Shoe size" in listed
    assert "1 value<" in listed
    assert "鞋码" in chinese
    assert "1 value of &#34;Shoe size&#34; is deleted for good" in page.text
    assert refused.status_code == 409
    assert "Shoe size" not in admin.get("/studio/kept").text
    assert admin.get("/studio/kept/o_product.f_shoe").status_code == 404


def test_the_values_of_a_former_type_are_called_by_the_type_s_name(
    office: Office, admin: Visitor
) -> None:
    path = ["objects", "product", "fields", "size"]
    field = {"type": "text", "label": {"en": "Size", "zh": "尺码"}}
    confirm(admin, plan(admin, do="set", path=path, value=field))
    office.create("product", name="Boot", price="99", size="43")
    changed = plan(admin, do="set", path=[*path, "type"], value="integer")
    confirm(admin, changed, second_word="true")

    listed = admin.get("/studio/kept").text
    chinese = admin.speaking("zh").get("/studio/kept").text
    page = admin.speaking("en").get("/studio/kept/o_product.f_size").text

    assert "Size (formerly Text)" in listed
    assert "尺码（原类型：" in chinese
    assert "1 value of &#34;Size (former values)&#34; is deleted for good" in page


def test_only_administrators_see_and_delete_kept_values(office: Office) -> None:
    seller = office.visitor("li")

    assert seller.get("/studio/kept").status_code == 403
    assert seller.get("/studio/kept/o_lead.f_budget").status_code == 403
    assert seller.post("/studio/kept/o_lead.f_budget").status_code == 403


def test_a_refused_plan_leads_to_every_place_that_is_to_be_changed(admin: Visitor) -> None:
    stage = ["objects", "lead", "stages", "pipelines", "standard", "stages", "new", "needs"]
    right = ["objects", "lead", "permissions", "sales", "fields", "nope"]
    steps = [
        {"do": "set", "path": stage, "value": ["nope"]},
        {"do": "set", "path": right, "value": "read"},
    ]
    refused = admin.post("/studio/plan", edits=json.dumps(steps))

    assert refused.status_code == 422
    for href, label in (("stages", "Lead · Stages"), ("permissions", "Lead · Permissions")):
        assert f'href="/studio/o/lead/{href}"' in refused.text
        assert f">{label}</a>" in refused.text
