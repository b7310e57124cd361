"""The studio's table of rights: changed in place, planned with who gains and loses what, set back to the template."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def cells(page: str) -> dict[str, list[tuple[str, str]]]:
    """Return (value, label) of the options of every cell, the chosen one first."""
    found = {}
    for name, inside in re.findall(r'<select name="(cell\.[^"]*)"[^>]*>(.*?)</select>', page):
        options = re.findall(r'<option value="([^"]*)"( selected)?>([^<]*)', inside)
        options.sort(key=lambda one: not one[1])
        found[name] = [(value, html.unescape(label)) for value, _, label in options]
    return found


def chosen(page: str) -> dict[str, str]:
    return {name: options[0][0] for name, options in cells(page).items()}


def test_the_table_shows_every_object_and_role_with_what_is_in_force(admin: Visitor) -> None:
    seen = chosen(admin.get("/studio/permissions?right=read").text)
    by_role = chosen(admin.get("/studio/permissions?role=sales").text)
    fields = chosen(admin.get("/studio/o/lead/permissions").text)

    assert seen["cell.lead.sales.read"] == "own"
    assert seen["cell.lead.service.read"] == "none"
    assert not [name for name in seen if ".admin." in name]
    assert by_role["cell.lead.sales.claim"] == "true"
    assert fields["cell.lead.viewer.fields.budget"] == "hidden"
    assert fields["cell.lead.viewer.fields.mobile"] == "keep"
    assert fields["cell.lead.sales.fields.budget"] == ""
    assert fields["cell.lead.sales.other_fields"] == "write"


def test_a_changed_cell_is_planned_with_who_gains_what_then_in_force_and_set_back(
    office: Office, admin: Visitor
) -> None:
    shown = chosen(admin.get("/studio/permissions?right=read").text)
    plan = admin.post("/studio/permissions", **{**shown, "cell.lead.sales.read": "team"})
    before = office.site.model.objects["lead"].permissions["sales"].read
    confirm(admin, plan)
    after = office.site.model.objects["lead"].permissions["sales"].read
    page = admin.get("/studio/permissions?right=read").text

    back = admin.post("/studio/permissions", **{**chosen(page), "cell.lead.sales.read": "reset"})
    confirm(admin, back)

    assert (before, after) == ("own", "team")
    assert plan.text.count('<span class="ev-i"') == 1, "what was left alone is no step"
    assert "2 people gain over leads: see (own → team)." in html.unescape(plan.text)
    assert "Chen Jie" in plan.text
    assert cells(page)["cell.lead.sales.read"][-1] == ("reset", "Reset to: own only")
    assert "2 people lose over leads: see (team → own)." in html.unescape(back.text)
    assert office.site.model.objects["lead"].permissions["sales"].read == "own"


def test_a_field_is_hidden_from_a_role_and_shown_again(office: Office, admin: Visitor) -> None:
    plan = admin.post("/studio/permissions", **{"cell.lead.sales.fields.budget": "hidden"})
    confirm(admin, plan)
    hidden = office.site.model.objects["lead"].permissions["sales"].fields["budget"].level
    shown = admin.post("/studio/permissions", **{"cell.lead.sales.fields.budget": ""})
    confirm(admin, shown)
    opened = admin.post("/studio/permissions", **{"cell.lead.viewer.fields.budget": ""})
    confirm(admin, opened)

    assert hidden == "hidden"
    assert "2 people lose over leads: “Budget”" not in plan.text
    assert '2 people lose over leads: "Budget" (write → hidden).' in html.unescape(plan.text)
    permissions = office.site.model.objects["lead"].permissions
    assert "budget" not in permissions["sales"].fields
    assert "budget" not in permissions["viewer"].fields


def test_a_role_without_any_right_gets_its_first(office: Office, admin: Visitor) -> None:
    confirm(admin, admin.post("/studio/permissions", **{"cell.lead.service.read": "all"}))

    assert office.site.model.objects["lead"].permissions["service"].read == "all"


def test_what_others_changed_meanwhile_is_not_undone_by_an_older_page(
    office: Office, admin: Visitor
) -> None:
    page = admin.get("/studio/permissions?right=read").text
    base = re.search(r'name="base" value="(\d+)"', page)
    assert base is not None
    confirm(admin, admin.post("/studio/permissions", **{"cell.lead.marketing.read": "team"}))

    late = {**chosen(page), "base": base[1], "cell.lead.sales.read": "team"}
    confirm(admin, admin.post("/studio/permissions", **late))

    permissions = office.site.model.objects["lead"].permissions
    assert (permissions["marketing"].read, permissions["sales"].read) == ("team", "team")


HAND_MADE = {
    "cell.lead.sales.read": "everything",
    "cell.lead.sales.create": "all",
    "cell.lead.admin.read": "none",
    "cell.lead.nobody.read": "all",
    "cell.nothing.sales.read": "all",
    "cell.lead.sales.fields.nothing": "hidden",
    "cell.lead.sales.fields": "hidden",
    "cell.lead.sales.read.name": "all",
    "cell.lead.sales.label": "all",
    "cell.": "all",
}


def test_hand_made_cells_are_refused_all_at_once_and_change_nothing(
    office: Office, admin: Visitor
) -> None:
    before = office.site.model
    answer = admin.post("/studio/permissions", **HAND_MADE)
    alone = [admin.post("/studio/permissions", **{k: v}) for k, v in list(HAND_MADE.items())[::4]]

    assert [one.status_code for one in (answer, *alone)] == [422] * (1 + len(alone))
    assert "everything" in answer.text
    assert office.site.model is before


def test_only_administrators_see_or_change_rights(office: Office) -> None:
    seller = office.visitor("li")

    assert seller.get("/studio/permissions").status_code == 403
    assert seller.get("/studio/o/lead/permissions").status_code == 403
    assert seller.post("/studio/permissions", **{"cell.lead.sales.read": "all"}).status_code == 403
