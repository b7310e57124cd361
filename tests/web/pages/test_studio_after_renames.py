"""After a field got another code, the forms of what names it in lower layers show, keep and take away the present one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fieldstone.evolution.apply import Wish
from tests.web.pages.office import Office, Visitor, open_office
from tests.web.pages.studio_desk import Drawn, confirm, open_studio
from tests.web.pages.test_studio_rights import cells, chosen

VIEW = "/studio/o/lead/views/all"
SECTION = "/studio/o/lead/forms/demand"
RIGHTS = "/studio/o/lead/permissions"
CELL = "cell.lead.viewer.fields.spending"
FIELDS = ("objects", "lead", "permissions", "viewer", "fields")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A sales office in which leads call their budget 'spending'."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    name = server.empty_database() if server else ""
    opened = open_office(tmp_path_factory.mktemp("office"), url=server.url(name) if server else "")
    write(opened, ("objects", "lead", "fields", "spending", "renamed_from"), "budget")
    yield opened
    opened.site.storage.close()
    if server:
        server.give_back(name)


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def write(office: Office, path: tuple[str, ...], value: object) -> None:
    changing, ctx = office.site.changing, office.site.system_context("test")
    assert changing is not None
    documents = changing.current(ctx)[1].with_value(path, value)
    changing.apply(ctx, changing.plan(ctx, documents), Wish("a test", second_word=True))


def said(office: Office, *path: str) -> Any:
    changing, ctx = office.site.changing, office.site.system_context("test")
    assert changing is not None
    return changing.current(ctx)[1].value(("objects", "lead", *path))[0]


def level(office: Office) -> str:
    found = office.site.model.objects["lead"].permissions["viewer"].fields.get("spending")
    return found.level if found else ""


def drawn(admin: Visitor, url: str) -> dict[str, Any]:
    return dict(Drawn(admin.get(url).text).values)


def test_views_sections_and_rights_show_the_present_code_and_keep_it(
    office: Office, admin: Visitor
) -> None:
    view, section, rights = (drawn(admin, url) for url in (VIEW, SECTION, f"{RIGHTS}/viewer"))
    confirm(admin, admin.post(VIEW, **{**view, "columns": ["name", "spending"]}))
    fields = [one for one in section["fields"] if one != "city"]
    confirm(admin, admin.post(SECTION, **{**section, "fields": fields}))

    assert "spending" in view["columns"]
    assert "spending" in section["fields"]
    assert "spending" in [one for values in rights.values() for one in values]
    assert "budget" not in [
        one for form in (view, section, rights) for values in form.values() for one in values
    ]
    assert said(office, "views", "all") == {"columns": ["name", "spending"]}
    assert said(office, "forms", "default", "demand") == {"fields": fields}
    lead = office.site.model.objects["lead"]
    assert lead.views["all"].columns == ("name", "spending")
    assert 'value="budget"' not in admin.get(VIEW).text
    confirm(admin, admin.post(f"{VIEW}/reset"))
    assert drawn(admin, VIEW)["columns"] == view["columns"]


def test_a_cell_of_the_table_is_changed_cleared_and_set_back(
    office: Office, admin: Visitor
) -> None:
    before = chosen(admin.get(RIGHTS).text)[CELL]
    steps = []
    for value in ("read", "reset", "", "mask", "", "read", "reset"):
        confirm(admin, admin.post("/studio/permissions", **{CELL: value}))
        page = admin.get(RIGHTS).text
        steps.append((level(office), chosen(page)[CELL], cells(page)[CELL][-1]))

    assert before == "hidden"
    offered = ("reset", "Reset to: hidden")
    assert [one[:2] for one in steps] == [
        (one, one) for one in ("read", "hidden", "", "mask", "", "read", "hidden")
    ]
    assert [one[2] == offered for one in steps] == [True, False, False, True, False, True, False]
    assert said(office, "permissions") is None


def test_what_the_site_said_by_the_earlier_code_is_given_back_too(
    office: Office, admin: Visitor
) -> None:
    write(office, (*FIELDS, "budget"), "read")

    assert cells(admin.get(RIGHTS).text)[CELL][-1] == ("reset", "Reset to: hidden")
    assert level(office) == "read"
    confirm(admin, admin.post("/studio/permissions", **{CELL: "reset"}))
    assert (level(office), said(office, "permissions")) == ("hidden", None)


def test_a_line_of_a_form_that_stands_below_by_the_earlier_code_goes_away(
    office: Office, admin: Visitor
) -> None:
    form = drawn(admin, f"{RIGHTS}/viewer")
    gone = next(name for name in form if form[name] == ["spending"]).rpartition("-")[0]
    left = {name: values for name, values in form.items() if not name.startswith(f"{gone}-")}
    confirm(admin, admin.post(f"{RIGHTS}/viewer", **left))

    assert level(office) == ""
    assert "spending" not in [
        one for values in drawn(admin, f"{RIGHTS}/viewer").values() for one in values
    ]
    assert "mobile" in office.site.model.objects["lead"].permissions["viewer"].fields


def test_a_key_of_a_rule_is_known_by_both_codes_and_the_later_word_holds(
    office: Office, admin: Visitor
) -> None:
    assert admin
    changing, ctx = office.site.changing, office.site.system_context("test")
    assert changing is not None
    path = ("rules", "lead_grading", "fields", "spending")
    before = changing.effective(ctx)
    write(office, path, 7)
    after = changing.effective(ctx)

    assert (before.value(path), before.layer(path)) == (2, "core")
    assert before.written(path) == (*path[:-1], "budget")
    assert (after.value(path), after.layer(path)) == (7, "site")
    assert not after.says((*path[:-1], "budget"))
