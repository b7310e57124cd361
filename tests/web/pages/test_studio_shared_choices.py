"""Sets of choices that several fields share: edited as lines, with who uses them and how many records hold each."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio

URL = "/studio/o/-/options/region"


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def lines(page: TestResponse) -> dict[str, str]:
    """Return what the lines of the choices post."""
    body = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    found = dict(re.findall(r'name="(options-\d+-[a-z]+)"[^>]*? value="([^"]*)"', body))
    found |= dict(re.findall(r'<input type="hidden" name="(options-\d+-id)" value="([^"]*)"', body))
    for name, inside in re.findall(r'name="(options-\d+-color)"[^>]*>(.*?)</select>', body, re.DOTALL):  # fmt: skip
        chosen = re.search(r'value="([a-z]+)" selected', inside)
        found[name] = chosen[1] if chosen else ""
    return {k: v for k, v in found.items() if not k.endswith("-archived")}


def options_of(office: Office, object_name: str) -> dict[str, str]:
    kind = office.site.model.objects[object_name].fields["region"].type
    return {code: one.label.en for code, one in kind.options.items()}  # type: ignore[attr-defined]


def test_the_sets_are_listed_and_one_shows_who_uses_it_and_how_many_records_hold_each(
    office: Office, admin: Visitor
) -> None:
    office.a_lead("In the north", region="north")
    office.create("customer", name="North Ltd", region="north")
    listed = admin.get("/studio/o/-/options")
    page = admin.get(URL)
    north = page.text.partition('value="north"')[0].rpartition("<tr data-line")[2]
    held = re.findall(r'<span class="grow">(\d+)</span>', north)

    assert "North China" in listed.text
    assert "Shared choices" in admin.get("/studio/rules").text
    assert "Lead · Region" in page.text
    assert "Customer · Region" in page.text
    assert int(held[-1]) >= 2


def test_a_choice_is_renamed_and_another_comes_for_every_field_that_uses_them(
    office: Office, admin: Visitor
) -> None:
    given = lines(admin.get(URL))
    first = next(k for k, v in given.items() if v == "north" and k.endswith("-id"))
    given[first.replace("-id", "-en")] = "The North"
    plan = admin.post(URL, **{**given, "options-99-en": "At sea", "options-99-zh": "海上"})
    confirm(admin, plan)

    for object_name in ("lead", "customer"):
        found = options_of(office, object_name)
        assert found["north"] == "The North"
        assert list(found.items())[-1] == ("at_sea", "At sea")
    assert "At sea" in plan.text


def test_a_choice_in_use_is_taken_away_with_its_records_counted_by_field(
    office: Office, admin: Visitor
) -> None:
    confirm(admin, admin.post(URL, **lines(admin.get(URL)), **{"options-99-en": "At sea"}))
    office.a_lead("By the sea", region="at_sea")
    office.create("customer", name="Sea Ltd", region="at_sea")
    given = lines(admin.get(URL))
    gone = next(k for k, v in given.items() if v == "at_sea" and k.endswith("-id"))
    kept = {k: v for k, v in given.items() if not k.startswith(gone.removesuffix("id"))}
    plan = admin.post(URL, **kept)

    assert plan.status_code == 200
    for what in ("1 lead", "1 customer"):
        assert f"{what} holds &#34;At sea&#34;" in plan.text


def test_a_set_is_made_and_wants_a_code_and_a_choice(office: Office, admin: Visitor) -> None:
    empty = admin.post("/studio/o/-/options/new", code="size")
    made = admin.post("/studio/o/-/options/new", code="size", **{"options-0-en": "Small", "options-1-en": "Large"})  # fmt: skip
    confirm(admin, made)
    field = admin.get("/studio/o/lead/fields/new?variant=select")
    changing = office.site.changing
    assert changing is not None
    written, _ = changing.current(office.site.system_context("test"))[1].value(["options", "size"])

    assert empty.status_code == 422
    assert written == {"small": {"label": {"en": "Small"}}, "large": {"label": {"en": "Large"}}}
    assert '<option value="size"' in field.text


def test_a_set_in_use_cannot_go(admin: Visitor) -> None:
    refused = admin.post(f"{URL}/remove")

    assert refused.status_code == 422
    assert "region" in refused.text


def test_a_set_gets_another_code_and_the_fields_that_use_it_keep_their_choices(
    office: Office, admin: Visitor
) -> None:
    given = lines(admin.get(URL))
    taken = admin.post(URL, **given, code="industry")
    before = options_of(office, "lead")
    plan = admin.post(URL, **given, code="sales_area")
    confirm(admin, plan)
    listed = admin.get("/studio/o/-/options")
    page = admin.get("/studio/o/-/options/sales_area")

    assert 'name="code"' in admin.get(URL.replace("region", "industry")).text
    assert taken.status_code == 422
    assert options_of(office, "lead") == options_of(office, "customer") == before
    assert 'href="/studio/o/-/options/sales_area"' in listed.text
    assert 'href="/studio/o/-/options/region"' not in listed.text
    assert "Lead · Region" in page.text
