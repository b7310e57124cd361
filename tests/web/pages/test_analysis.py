"""Dashboards of sources, progress and people: what they show, to whom, and the records behind their numbers."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.web.pages.office import Office


@pytest.fixture(scope="module")
def told(office: Office) -> Office:
    li = office.people["li"]
    for n in range(3):
        lead = office.a_lead(f"Lead {n}", owner=li, mobile=f"1380013810{n}")
        if n:
            office.settle("lead", lead, stage="contacted")
    return office


@pytest.mark.parametrize("code", ["sources", "progress", "people"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_dashboards_are_drawn_in_both_languages(told: Office, code: str, language: str) -> None:
    answer = told.visitor("admin").speaking(language).get(f"/dashboards/{code}?period=all")

    assert answer.status_code == 200
    basis = re.findall(r'class="basis">(.*?)</figcaption>', answer.text)
    assert len(basis) > 3
    assert all(("时区" in one) == (language == "zh") for one in basis)


def test_a_number_leads_to_its_records(told: Office) -> None:
    admin = told.visitor("admin")
    page = admin.get("/dashboards/progress?period=all").text
    links = [
        unescape(one) for one in re.findall(r'href="(/dashboards/progress/records[^"]*)"', page)
    ]
    funnel = next(one for one in links if "chart=cohort" in one and "key=contacted" in one)

    behind = admin.get(funnel).text

    assert "Lead 1" in behind
    assert "Lead 2" in behind
    assert "Lead 0" not in behind
    assert all(admin.get(one).status_code == 200 for one in set(links))


def test_every_link_of_the_people_dashboard_opens(told: Office) -> None:
    admin = told.visitor("admin")
    page = admin.get("/dashboards/people?period=all").text
    links = {unescape(one) for one in re.findall(r'href="(/dashboards/people/records[^"]*)"', page)}

    assert len(links) > 5
    assert all(admin.get(one).status_code == 200 for one in links)


def test_why_owners_lost_leads_is_told_in_the_words_of_the_pool(told: Office) -> None:
    lead = told.a_lead("Given up", owner=told.people["li"], mobile="13800138150")
    url = f"/o/lead/{lead}/actions/release"
    told.visitor("li").post(url, "div#dialog", asked="1", reason="too_many")

    page = told.visitor("admin").get("/dashboards/people?period=all").text
    chinese = told.visitor("admin").speaking("zh").get("/dashboards/people?period=all").text

    assert "Given back: Too many at once" in page
    assert "主动退回：手上线索过多" in chinese
    assert "too_many" not in re.sub(r'href="[^"]*"', "", page)


def test_what_one_may_not_see_is_not_behind_a_number(told: Office) -> None:
    url = "/dashboards/progress/records?chart=cohort&figure=count&key=contacted&period=all"

    assert "Lead 1" not in told.visitor("chen").get(url).text
    assert "Lead 1" in told.visitor("li").get(url).text


def test_a_wrong_address_is_not_found_and_never_an_error(told: Office) -> None:
    admin = told.visitor("admin")

    for query in (
        "chart=none&figure=x",
        "chart=cohort&figure=count&key=none",
        "chart=months&figure=new&key=x-y",
        "chart=&figure=none",
        "chart=stuck&figure=here",
    ):
        assert admin.get(f"/dashboards/progress/records?{query}").status_code == 404
    assert admin.get("/dashboards/none/records?chart=a&figure=b").status_code == 404
    assert admin.get("/dashboards/progress/records?chart=cohort&period=never").status_code == 400
    odd = (
        "/dashboards/sources/records?chart=channels&figure=leads&key=%27%22%5D%20or%201&period=all"
    )
    assert admin.get(odd).status_code in (200, 400)


def test_a_cost_without_leads_is_read_and_opened_by_its_own_line(told: Office) -> None:
    quiet = told.create("channel", name="Quiet fair", code="quiet_fair", kind="other")
    today = told.site.clock().date().isoformat()
    told.create("channel_cost", name="In vain", channel=quiet, model="flat", amount="71.43",
                starts_on=today, ends_on=today)  # fmt: skip
    admin = told.visitor("admin")

    page = admin.get("/dashboards/sources?period=all").text
    chinese = told.visitor("admin").speaking("zh").get("/dashboards/sources?period=all").text
    links = re.findall(r'href="(/dashboards/sources/records[^"]*rest[^"]*)"', page)

    assert "No lead" in page
    assert "没有线索" in chinese
    assert links
    assert all("In vain" in admin.get(unescape(one)).text for one in links)
