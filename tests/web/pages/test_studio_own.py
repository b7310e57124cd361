"""What this site said itself inside a setting says so, entry by entry, and each is given back alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import Drawn, confirm, open_studio

RULES = "/studio/o/-/rules/"


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def marks(page: str) -> list[str]:
    """Return what is offered to be given back."""
    return re.findall(r'form="own-reset" name="setting" value="([^"]*)"', page)


def written(office: Office, code: str, name: str) -> Any:
    return json.loads(json.dumps(office.site.model.rules[code].written[name]))


def test_an_entry_of_an_assignment_is_given_back_and_the_others_stay(
    office: Office, admin: Visitor
) -> None:
    url = RULES + "lead_assignment"
    before = written(office, "lead_assignment", "entries")
    values = Drawn(admin.get(url).text).values
    assert not [one for one in marks(admin.get(url).text) if one.startswith("entries")]

    values["entries-1-label.en"], values["entries-2-label.en"] = ["One of ours"], ["Another"]
    confirm(admin, admin.post(url, **values))
    page = admin.get(url).text
    back = admin.post(f"{url}/reset", setting="entries/1")
    confirm(admin, back)
    after = written(office, "lead_assignment", "entries")

    assert {"entries", "entries/1", "entries/2"} <= set(marks(page))
    assert "entries/0" not in marks(page)
    assert after[1] == before[1]
    assert after[2] != before[2]
    confirm(admin, admin.post(f"{url}/reset", setting="entries/2"))
    assert written(office, "lead_assignment", "entries") == before
    assert not [one for one in marks(admin.get(url).text) if one.startswith("entries")]


def test_a_member_of_a_pool_and_a_person_added_are_told_apart(
    office: Office, admin: Visitor
) -> None:
    url = RULES + "public_pool"
    before = written(office, "public_pool", "members")
    values = Drawn(admin.get(url).text).values
    values["members-0-visibility"] = ["hidden"]
    values |= {"members-9-user": ["admin@harbor.example"]}
    confirm(admin, admin.post(url, **values))
    page = admin.get(url).text
    added = len(before)
    refused = admin.post(f"{url}/reset", setting=f"members/{added}")
    confirm(admin, admin.post(f"{url}/reset", setting="members/0"))

    assert "members/0" in marks(page)
    assert f"members/{added}" not in marks(page)  # nothing stands below it
    assert page.count('class="ent-own"') == 2
    assert refused.status_code == 404
    assert written(office, "public_pool", "members") == [*before, {"user": "admin@harbor.example"}]


def test_what_a_map_holds_is_of_this_site_key_by_key(office: Office, admin: Visitor) -> None:
    url = RULES + "leaving"
    before = written(office, "leaving", "hand_over")
    values = Drawn(admin.get(url).text).values
    values["hand_over-1-label.en"] = ["Deals"]
    confirm(admin, admin.post(url, **values))
    page = admin.get(url).text
    code = list(before)[1]
    confirm(admin, admin.post(f"{url}/reset", setting=f"hand_over/{code}"))

    assert f"hand_over/{code}" in marks(page)
    assert f"hand_over/{next(iter(before))}" not in marks(page)
    assert written(office, "leaving", "hand_over") == before


def test_a_setting_among_others_is_given_back_alone(office: Office, admin: Visitor) -> None:
    url = RULES + "website_form"
    before = written(office, "website_form", "utm")
    values = Drawn(admin.get(url).text).values
    values |= {"utm-source": ["homepage"], "utm-medium": ["button"]}
    confirm(admin, admin.post(url, **values))
    page = admin.get(url).text
    confirm(admin, admin.post(f"{url}/reset", setting="utm/medium"))

    assert {"utm", "utm/source", "utm/medium"} <= set(marks(page))
    assert written(office, "website_form", "utm") == {**before, "source": "homepage"}


@pytest.mark.parametrize("setting", ["entries/99", "entries/x", "entries/0/1", "nothing/1", "/1"])
def test_what_is_not_there_is_not_given_back(admin: Visitor, setting: str) -> None:
    assert admin.post(RULES + "lead_assignment/reset", setting=setting).status_code == 404
