"""The pages of sources: who sees them, what they tell, what can be done there."""

from __future__ import annotations

import html
import io
import json
import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from fieldstone.actions.intake.overview import hour_of
from fieldstone.actions.intake.reception import Incoming
from fieldstone.actions.intake.sources import intake_of
from fieldstone.worker.turns import work_until_idle
from tests.web.pages.office import Office

GOOD = {"contact": {"name": "周雅琴", "phone": "13811112222"}, "product": "CRM"}


def arrives(office: Office, source: str, sent: dict[str, object]) -> str:
    intake = intake_of(office.site.model, source)
    assert intake is not None
    return office.site.reception().receive(intake, Incoming(sent)).state


@pytest.fixture(scope="module", autouse=True)
def some_arrivals(office: Office) -> None:
    arrives(office, "partner_leads", GOOD)
    arrives(office, "partner_leads", {**GOOD, "message": "again"})
    arrives(office, "partner_leads", {"contact": {"name": "孙平", "phone": "12345"}})


def test_who_looks_after_channels_sees_sources_and_others_do_not_know_of_them(
    office: Office,
) -> None:
    admin, seller = office.visitor("admin"), office.visitor("li")

    assert "Partner exchange" in admin.get("/sources").text
    for path in ("/sources", "/sources/partner_leads", "/sources/website_form/form"):
        assert seller.get(path).status_code == 404
    assert 'href="/sources"' not in seller.get("/").text


def test_the_page_of_a_source_tells_what_became_of_what_arrived(office: Office) -> None:
    page = office.visitor("admin").get("/sources/partner_leads").text

    assert "周雅琴" in page
    assert "New record" in page
    assert "Known person" in page
    assert "Mobile: This is" in page or "Mobile: " in page
    assert "whsec_" in page


def test_the_refused_alone_can_be_shown_and_tried_again(office: Office) -> None:
    admin = office.visitor("admin")
    page = admin.get("/sources/partner_leads?state=refused").text

    assert "孙平" in page
    assert "周雅琴" not in page
    url = page.split('action="/sources/partner_leads/arrivals/')[1].split('"')[0]
    again = admin.post(f"/sources/partner_leads/arrivals/{url}")
    assert again.headers["Location"].endswith("state=refused")


def test_a_refused_arrival_is_corrected_where_it_stands(office: Office) -> None:
    admin = office.visitor("admin")
    arrives(office, "partner_leads", {"contact": {"name": "谢涵", "phone": "999"}})
    page = admin.get("/sources/partner_leads?state=refused").text
    url = page.split('href="/sources/partner_leads?state=refused&amp;correct=')[1].split("#")[0]
    shown = admin.get(f"/sources/partner_leads?correct={url}").text
    assert "谢涵" in shown
    assert "Correct what arrived" in shown

    sent = json.dumps({"contact": {"name": "谢涵", "phone": "13711119999"}})
    retry = f"/sources/partner_leads/arrivals/{url}/retry"
    assert admin.post(retry, sent="[]").status_code == 422
    assert admin.post(retry, sent=sent).status_code == 303
    assert "谢涵" in admin.get("/o/lead?view=all").text


def test_a_trial_tells_what_would_happen_and_writes_nothing(office: Office) -> None:
    admin = office.visitor("admin")
    sent = json.dumps({"contact": {"name": "韩梅", "phone": "13711112222"}, "product": "CRM"})
    page = admin.post("/sources/partner_leads/try", sent=sent).text

    assert "New record" in page
    assert "137 1111 2222" in page
    assert "arrived through Partner exchange" in page
    assert "韩梅" not in admin.get("/o/lead").text
    assert admin.post("/sources/partner_leads/try", sent="[1").status_code == 422


def test_a_file_is_taken_in_row_by_row(office: Office) -> None:
    admin = office.visitor("admin")
    table = "姓名,手机,公司\n何俊,13611112222,青木\n吕娟,13611113333,海河\n".encode()
    answer = admin.client.post(
        "/sources/bought_lists/file",
        data={"csrf_token": admin.csrf, "file": (io.BytesIO(table), "leads.csv")},
    )

    assert answer.status_code == 303
    work_until_idle(office.site)
    leads = admin.get("/o/lead?view=all").text
    assert "何俊" in leads
    assert "吕娟" in leads


def test_a_file_that_is_none_is_refused_on_the_page(office: Office) -> None:
    admin = office.visitor("admin")
    answer = admin.client.post(
        "/sources/event_cards/file",
        data={"csrf_token": admin.csrf, "file": (io.BytesIO(b"nothing"), "cards.vcf")},
    )

    assert answer.status_code == 422
    assert "There is nothing in this file." in answer.text


def test_touch_points_stand_on_the_page_of_the_lead(office: Office) -> None:
    admin = office.visitor("admin")
    page = admin.get("/sources/partner_leads").text
    lead = page.split(">周雅琴</a>")[0].rpartition('href="/o/lead/')[2].split('"')[0]
    tab = admin.get(f"/o/lead/{lead}?tab=touches").text

    assert tab.count('class="tp"') == 2
    assert "First contact" in tab


def test_a_file_is_taken_in_for_a_campaign_and_what_fits_no_field_is_told(office: Office) -> None:
    fair = office.create("campaign", name="Fair", owner=office.people["admin"])
    admin = office.visitor("admin")
    rows = b"Name,Mobile,Shoe size\nVera Lund,13855550001,41\n"
    assert 'data-url="/o/lead/options?field=campaign"' in admin.get("/sources/bought_lists").text
    answer = admin.post(
        "/sources/bought_lists/file", file=(io.BytesIO(rows), "list.csv"), campaign=fair
    )
    told = admin.get(answer.headers["Location"]).text
    work_until_idle(office.site)
    lead = admin.get("/sources/bought_lists").text.split(">Vera Lund</a>")[0]
    lead = lead.rpartition('href="/o/lead/')[2].split('"')[0]

    assert "One row is being taken in. Left out, because they fit no field: Shoe size." in told
    assert office.value("lead", lead, "campaign") == fair


def test_a_source_leads_to_its_rule_where_a_mailbox_is_set(office: Office) -> None:
    page = office.visitor("admin").get("/sources/sales_mailbox").text

    assert "Or a mailbox is read by IMAP: the rule says which." in page
    assert 'href="/studio/o/-/rules/sales_mailbox"' in page


def test_a_lead_says_through_which_source_it_was_created(office: Office) -> None:
    admin = office.visitor("admin")
    source = admin.get("/sources/partner_leads").text
    lead = source.split(">周雅琴</a>")[0].rpartition('href="/o/lead/')[2].split('"')[0]
    details = admin.get(f"/o/lead/{lead}").text.partition("Created by")[2]

    assert "Partner exchange" in details.partition("Updated at")[0]


def test_the_pages_speak_chinese(office: Office) -> None:
    page = office.visitor("admin", "zh").get("/sources/website_form").text

    for text in ("流量", "接入方式", "处理方式", "试运行", "防机器提交"):
        assert text in page


def test_a_lead_that_is_kept_apart_says_so_until_it_is_corrected(office: Office) -> None:
    lead = office.create(
        "lead", name="test", channel=office.places["channel"], mobile="13511112222"
    )
    admin = office.visitor("admin")

    assert "Kept apart until somebody corrects it" in admin.get(f"/o/lead/{lead}").text
    assert office.value("lead", lead, "owner") is None
    office.settle("lead", lead, name="王芳")
    assert office.value("lead", lead, "quarantined") is False
    assert "Kept apart until" not in admin.get(f"/o/lead/{lead}").text


def behind(page: str) -> list[tuple[str, int]]:
    """Return the addresses behind the numbers of a page of sources, with those numbers."""
    links = re.findall(r'<a[^>]*href="(/arrivals[^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    found = []
    for href, inside in links:
        numbers = re.findall(r">\s*([\d,]+)\s*<|: (\d+)<", f">{inside}<")
        found.append((html.unescape(href), int("".join(numbers[0]).replace(",", ""))))
    return found


@pytest.mark.parametrize("path", ["/sources", "/sources/partner_leads?days=7"])
def test_each_number_of_the_sources_opens_just_those_arrivals(office: Office, path: str) -> None:
    admin = office.visitor("admin")
    numbers = behind(admin.get(path).text)

    assert len(numbers) >= 4
    for href, number in numbers:
        page = admin.get(href).text
        assert f'<span class="count num">{number}</span>' in page, href
        assert page.count('<li class="arr">') == min(number, 50), href


def test_only_who_looks_after_sources_sees_what_arrived(office: Office) -> None:
    assert office.visitor("li").get("/arrivals").status_code == 404
    admin = office.visitor("admin")
    for nonsense in ("?after=x", "?days=x"):
        assert admin.get(f"/arrivals{nonsense}").status_code == 200
    for nothing in ("?day=yesterday", "?end=nothing", "?source=nothing"):
        assert admin.get(f"/arrivals{nothing}").status_code == 404


def test_a_day_begins_with_the_first_whole_hour_that_counts_to_it() -> None:
    one = date(2026, 3, 2)

    assert hour_of(one, ZoneInfo("Asia/Shanghai")) == "2026-03-01T16"
    assert hour_of(one, ZoneInfo("Asia/Kolkata")) == "2026-03-01T19"
