"""The tree of channels: what each costs and brings, to whom it is shown, and how costs get in."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from tests.web.pages.office import Office


@pytest.fixture(scope="module")
def shop(office: Office) -> Office:
    """Two paid channels below a third, a campaign, two leads, costs of this month."""
    ads = office.create("channel", name="Online ads", code="ads", kind="paid")
    search = office.create("channel", name="Search ads", code="search", kind="paid", parent=ads)
    wave = office.create("campaign", name="Autumn wave", owner=office.people["mei"])
    for n in range(2):
        office.a_lead(f"Lead {n}", channel=search, campaign=wave, mobile=f"1380013820{n}")
    today = office.site.clock().date()
    span = {"starts_on": today - timedelta(days=2), "ends_on": today - timedelta(days=1)}
    flat = {"model": "flat", "amount": "600", **span}
    office.create("channel_cost", name="Banner", channel=search, campaign=wave, **flat)
    office.create("channel_cost", name="Agency", channel=ads, **flat)
    office.places |= {"ads": ads, "search": search, "wave": wave}
    return office


def rows(page: str) -> dict[str, list[str]]:
    """Return the texts of each line of the tree by its name."""
    found = {}
    for row in re.findall(r"<tr data-depth.*?</tr>", page, re.DOTALL):
        cells = re.findall(r"<td.*?</td>", row, re.DOTALL)
        texts = [
            re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", "", cell))).strip() for cell in cells
        ]
        found[texts[0]] = texts[1:]
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tree_is_drawn_in_both_languages(shop: Office, language: str) -> None:
    answer = shop.visitor("admin", language).get("/channels")

    assert answer.status_code == 200
    assert ("渠道与费用" in answer.text) == (language == "zh")


def test_a_channel_shows_its_costs_with_those_below_it_and_its_campaigns(shop: Office) -> None:
    tree = rows(shop.visitor("admin").get("/channels").text)

    assert next(iter(tree)) == "Own media"
    assert tree["Paid"][0] == tree["Online ads"][0] == tree["Search ads"][0] == "2"
    assert tree["Online ads"][4] == "¥1.2K"
    assert tree["Search ads"][4] == tree["Autumn wave"][4] == "¥600"
    assert tree["Autumn wave"][5] == "¥300"


def test_a_cost_leads_to_the_costs_it_is_made_of_and_to_a_new_one(shop: Office) -> None:
    admin = shop.visitor("admin")
    page = admin.get("/channels").text
    links = {unescape(one) for one in re.findall(r'href="(/channels/costs[^"]*)"', page)}
    of_search = next(one for one in links if one.endswith(f"key={shop.places['search']}"))

    dialog = admin.get(of_search, "div#dialog").text

    assert "Banner" in dialog
    assert "Agency" not in dialog
    assert "<html" not in dialog
    new = unescape(re.findall(r'hx-get="(/o/channel_cost/new[^"]*)"', dialog)[0])
    form = admin.get(new, "div#dialog").text
    assert "Search ads" in form
    assert re.search(r'hx-get="/o/channel_cost/[0-9a-f-]{36}/edit"', dialog)


def test_costs_that_lie_partly_in_the_period_say_how_much_of_them_counts(shop: Office) -> None:
    today = shop.site.clock().astimezone(ZoneInfo("Asia/Shanghai")).date()
    span = {"starts_on": today - timedelta(days=729), "ends_on": today}
    fair = shop.create("channel", name="Fairs", code="fairs", kind="paid")
    shop.create("channel_cost", name="Stand", channel=fair, model="flat", amount="730", **span)

    page = shop.visitor("admin").get(f"/channels/costs?key={fair}&period=last_365").text

    assert "¥730.00" in page
    assert "in this period ¥365.00" in page


def test_every_number_of_the_tree_opens(shop: Office) -> None:
    admin = shop.visitor("admin")
    page = admin.get("/channels?period=last_90").text
    links = {
        unescape(one)
        for one in re.findall(
            r'href="((?:/dashboards/sources/records|/channels/costs)[^"]*)"', page
        )
    }

    assert len(links) > 10
    assert all(admin.get(one).status_code == 200 for one in links)


def test_who_may_not_see_costs_has_no_such_page(shop: Office) -> None:
    li = shop.visitor("li")

    assert li.get("/channels").status_code == 404
    assert li.get("/channels/costs").status_code == 404
    assert 'href="/channels"' not in li.get("/").text


def test_what_is_no_line_of_the_tree_is_empty_and_never_an_error(shop: Office) -> None:
    admin = shop.visitor("admin")

    for key in ("none", "top:none", "a/b", "%27%22%5D%20or%201", "/", ""):
        assert admin.get(f"/channels/costs?key={key}").status_code == 200
    assert admin.get("/channels?period=never").status_code == 400
