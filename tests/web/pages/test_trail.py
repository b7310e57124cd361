"""From a list into a record and on to the next one: the page knows the list one came from."""

from __future__ import annotations

import re

import pytest

from tests.web.pages.office import Office


@pytest.fixture(scope="module", autouse=True)
def leads(office: Office) -> dict[str, str]:
    li = office.people["li"]
    return {
        name: office.a_lead(name, owner=li, mobile=f"1380013{at:04}", budget=str(at * 1000))
        for at, name in enumerate(["One", "Two", "Three", "Four"], 1)
    }


LIST = "in=list&view=mine&f=budget:gte:2000&sort=-budget"


def place_url(page: str) -> str:
    """Return where the page asks for the record's place."""
    found = re.search(r'id="place" hx-get="([^"]+)"', page)
    assert found, page
    return found[1].replace("&amp;", "&")


def test_rows_of_a_list_lead_into_records_that_know_the_list(
    office: Office, leads: dict[str, str]
) -> None:
    page = office.visitor("li").get("/o/lead?view=mine&f=budget:gte:2000&sort=-budget")

    assert f"/o/lead/{leads['Three']}?{LIST}".replace("&", "&amp;") in page.text


def test_a_record_says_where_it_stands_and_leads_to_its_neighbours(
    office: Office, leads: dict[str, str]
) -> None:
    li = office.visitor("li")
    page = li.get(f"/o/lead/{leads['Three']}?{LIST}").text

    place = li.get(place_url(page)).text
    assert ">2 of 3<" in place
    assert f'href="/o/lead/{leads["Four"]}?{LIST}" data-previous'.replace("&", "&amp;") in place
    assert f'href="/o/lead/{leads["Two"]}?{LIST}" data-next'.replace("&", "&amp;") in place
    assert 'href="/o/lead?view=mine&amp;f=budget:gte:2000&amp;sort=-budget">My leads</a>' in page
    assert ">2 / 3<" in office.visitor("li").speaking("zh").get(place_url(page)).text


def test_the_ends_of_the_list_lead_no_further(office: Office, leads: dict[str, str]) -> None:
    place = office.visitor("li").get(f"/o/lead/{leads['Four']}/place?{LIST}").text

    assert "data-previous" not in place
    assert "data-next" in place


def test_a_record_that_left_its_list_says_so_and_still_leads_on(
    office: Office, leads: dict[str, str]
) -> None:
    li = office.visitor("li")
    page = li.get(f"/o/lead/{leads['One']}?{LIST}").text

    place = li.get(place_url(page)).text
    assert "No longer among the 3" in place
    assert f"/o/lead/{leads['Two']}?" in place


def test_from_a_board_one_walks_the_column(office: Office, leads: dict[str, str]) -> None:
    li = office.visitor("li")
    board = li.get("/o/lead/board?f=budget:gte:2000").text
    assert f"/o/lead/{leads['Three']}?in=board" in board

    page = li.get(f"/o/lead/{leads['Three']}?in=board&f=budget:gte:2000").text
    place = li.get(place_url(page)).text
    assert ">2 of 3<" in place
    assert f"/o/lead/{leads['Two']}?in=board&amp;f=budget:gte:2000" in place


def test_tabs_and_what_is_done_there_keep_the_list(office: Office, leads: dict[str, str]) -> None:
    li = office.visitor("li")
    url = f"/o/lead/{leads['Three']}"
    assert f"{url}?tab=why&in=list".replace("&", "&amp;") in li.get(f"{url}?{LIST}").text

    answer = li.client.post(
        f"{url}/activity",
        data={"csrf_token": li.csrf, "kind": "note", "body": "x"},
        headers={"Referer": f"http://localhost{url}?{LIST}"},
    )
    assert answer.headers["Location"] == f"{url}?{LIST}"


@pytest.mark.parametrize("query", ["", "in=list&f=nothing:is:1", "in=elsewhere", "in=calendar"])
def test_a_record_stands_alone_when_its_list_is_none(
    office: Office, leads: dict[str, str], query: str
) -> None:
    page = office.visitor("li").get(f"/o/lead/{leads['Three']}?{query}")

    assert page.status_code == 200
    assert 'id="place"' not in page.text


def test_the_place_of_a_record_one_may_not_see_is_not_there(office: Office) -> None:
    hidden = office.a_lead("Hidden", owner=office.people["chen"])

    assert office.visitor("li").get(f"/o/lead/{hidden}/place?in=list").status_code == 404


def test_a_list_in_an_order_that_is_no_more_leads_nowhere(
    office: Office, leads: dict[str, str]
) -> None:
    place = office.visitor("li").get(f"/o/lead/{leads['Three']}/place?in=list&sort=nothing")

    assert place.status_code == 200
    assert "data-next" not in place.text
