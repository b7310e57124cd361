"""The assignment board, the ranking list, the absences and the working calendars, as people see them."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape

import pytest

from fieldstone.actions import ranking
from fieldstone.worker.turns import work_until_idle
from tests.web.pages.office import Office


def publish(office: Office) -> None:
    site = office.site
    context = site.system_context("test")
    now = ranking.Office(site.storage, site.reads, site.model, context)
    ranking.publish(now, ranking.program(site.model, "sales_ranking"))


def absent(office: Office, who: str, days: int = 1, **more: object) -> str:
    now = office.site.clock()
    return office.create(
        "absence",
        owner=office.people[who],
        starts_at=(now - timedelta(hours=1)).isoformat(),
        ends_at=(now + timedelta(days=days)).isoformat(),
        **more,
    )


def test_the_board_says_who_got_what_and_why_not_the_others(office: Office) -> None:
    absent(office, "chen", note="Dentist")
    office.create("lead", name="Zhang Wei", mobile="13800138001", company="Jingxin", email="z@example.com",
                  channel=office.places["channel"], need="x", budget="900000")  # fmt: skip

    page = office.visitor("mei").get("/assignment").text

    assert "Zhang Wei" in page
    assert "All salespeople: next by weight" in page
    assert "absent until" in page
    assert "Dentist" not in page


LIMITS = (100, 300)  # of salespeople and of their managers: rules/pools.yaml


def numbers_of(page: str, path: str) -> list[tuple[str, list[int]]]:
    """Return the addresses of records behind the numbers of a page, with the numbers shown there."""
    found = re.findall(rf'<a[^>]*href="({path}[^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    shown = [(href, re.sub(r"<[^>]+>", " ", inside)) for href, inside in found]
    return [
        (unescape(href), [int(one) for one in re.findall(r"\d+", text)]) for href, text in shown
    ]


def test_each_number_of_the_board_opens_just_those_records(office: Office) -> None:
    for number in range(3):
        office.create("lead", name=f"Dealt {number}", mobile=f"1380013811{number}", company=f"C{number}", email=f"d{number}@example.com",
                      channel=office.places["channel"], need="x", budget="900000")  # fmt: skip
    mei = office.visitor("mei")
    numbers = numbers_of(mei.get("/assignment").text, "/assignment/records")

    kinds = {href.partition("what=")[2].partition("&")[0] for href, _ in numbers}
    assert kinds >= {"today", "got", "free", "share", "room", "owed"}
    for href, shown in numbers:
        opened = mei.get(href).text
        count = int(opened.split('<span class="count num">')[1].split("<")[0])
        if "what=room" in href:
            assert shown[0] + count in LIMITS, href
        elif "what=share" in href:
            assert shown[0] == round(100 / count), href
        elif "what=owed" not in href:
            assert count == shown[0], href
        assert opened.count('data-id="') == count or opened.count("<tr") - 1 == count, href
    assert office.visitor("li").get(numbers[0][0]).status_code == 404
    assert mei.get("/assignment/records?rule=lead_assignment&what=nothing").status_code == 404


def test_each_figure_of_a_ranking_opens_the_records_it_was_measured_on(office: Office) -> None:
    for number in range(2):
        office.a_lead(f"Measured {number}", owner=office.people["li"], mobile=f"1380013812{number}")
    mei, li = office.visitor("mei"), office.visitor("li")
    publish(office)  # from now on the next list is previewed, which counts what is new
    page = mei.get("/rankings/sales_ranking?preview").text
    every = numbers_of(page, "/rankings/sales_ranking/records")
    measured = [one for one in every if "part=upper" not in one[0]]

    assert measured
    for href, shown in measured:
        assert f'<span class="count num">{shown[0]}</span>' in mei.get(href).text, href
    assert li.get("/rankings/sales_ranking/records?metric=nothing").status_code == 404
    assert office.visitor("guest").get(measured[0][0]).status_code == 404


def test_points_open_all_that_they_are_made_of(office: Office) -> None:
    office.a_lead("Counted", owner=office.people["li"], mobile="13800138129")
    mei = office.visitor("mei")
    publish(office)
    page = mei.get("/rankings/sales_ranking?preview").text
    (points,) = [
        href
        for href, _ in numbers_of(page, "/rankings/sales_ranking/records")
        if "metric=points" in href and office.people["li"] in href
    ]

    opened = mei.get(points).text

    parts = numbers_of(opened, "/rankings/sales_ranking/records")
    counts = [shown[0] for _, shown in parts]
    assert counts[:3] == [0, 0, 0]
    assert counts[3] >= 1
    assert "Counted" in mei.get(parts[3][0]).text


def test_a_figure_of_others_says_how_many_of_its_records_one_may_open(office: Office) -> None:
    chen, before = office.people["chen"], office.site.clock() - timedelta(days=40)
    office.create("activity", subject="Call of Chen", kind="call", status="done", owner=chen,
                  done_at=before.isoformat())  # fmt: skip
    publish(office)
    url = f"/rankings/sales_ranking/records?metric=activity&person={chen}"

    theirs, own = office.visitor("li").get(url).text, office.visitor("chen").get(url).text

    (count,) = re.findall(r'<span class="count num">(\d+)</span>', own)
    assert int(count) >= 1
    assert f"{count} in all, of which you may open 0." in theirs
    assert "Call of Chen" in own
    assert "Call of Chen" not in theirs
    assert "in all" not in own


def test_people_behind_a_number_are_listed_without_what_one_may_not_see(office: Office) -> None:
    li = office.people["li"]
    page = office.visitor("li").get(
        f"/dashboards/people/records?chart=fairness&figure=weight&period=all&key={li}"
    )

    assert page.status_code == 200
    assert '<span class="count num">1</span>' in page.text


def test_who_may_give_nothing_away_has_no_board(office: Office) -> None:
    li = office.visitor("li")

    assert li.get("/assignment").status_code == 404
    assert 'href="/assignment"' not in li.get("/").text
    assert 'href="/assignment"' in office.visitor("mei").get("/").text
    assert office.visitor("mei").get("/assignment?rule=moon").status_code == 404


def test_what_waits_is_shown_on_the_board(office: Office) -> None:
    office.create(
        "ticket", subject="Wrong invoice", kind="complaint", priority="high", channel="phone"
    )

    page = office.visitor("admin").get("/assignment?rule=ticket_assignment").text

    assert "Wrong invoice" in page.split("Who got what")[0]
    assert "waits for" in page


def test_what_waits_outside_ones_sight_is_counted_and_masked_on_the_board(office: Office) -> None:
    complaint = {"kind": "complaint", "priority": "high", "channel": "phone"}
    office.create("ticket", subject="Wrong invoice", **complaint)
    office.people["hu"] = office.create(
        "user", name="Hu Min", email="hu@harbor.example", roles=["service"], active=True
    )
    hu, english = office.visitor("hu", "zh"), office.visitor("hu")

    page = english.get("/assignment?rule=ticket_assignment").text
    opened = english.get("/assignment/records?rule=ticket_assignment&what=waiting").text
    told = english.get("/api/v1/assignment/ticket_assignment").json["data"]

    count = (
        office.visitor("admin")
        .get("/api/v1/assignment/ticket_assignment")
        .json["data"]["waiting_count"]
    )
    assert count >= 1
    assert "Wrong invoice" not in page
    assert f"{count} waiting, of which you may open 0" in page
    assert "A record you may not open" in page
    assert "waits for" in page
    assert "Nothing waits." not in page
    assert f"{count} waiting, of which you may open 0." in opened
    assert (told["waiting"], told["waiting_count"], told["waiting_open"]) == ([], count, 0)
    assert "其中您可打开 0 条" in hu.get("/assignment?rule=ticket_assignment").text


def test_the_list_shows_figures_rewards_and_takes_an_objection(office: Office) -> None:
    publish(office)
    li = office.visitor("li")
    page = li.get("/rankings/sales_ranking").text

    assert "Li Na" in page
    assert "Conversion" in page
    assert "+10 claims a day" in page
    assert "Publish now" not in page
    sent = li.post("/rankings/sales_ranking/appeal", note="My deal of May is missing.")
    assert sent.status_code == 303
    work_until_idle(office.site)
    assert "My deal of May is missing." in office.visitor("mei").get("/inbox").text
    assert li.post("/rankings/sales_ranking/appeal", note=" ").status_code == 422


def test_a_list_is_published_once_by_who_may(office: Office) -> None:
    assert office.visitor("li").post("/rankings/sales_ranking/publish").status_code == 403
    mei = office.visitor("mei")
    assert "A preview of the list" in mei.get("/rankings/sales_ranking?preview").text

    assert mei.post("/rankings/sales_ranking/publish").status_code == 303
    assert mei.post("/rankings/sales_ranking/publish").status_code == 303

    assert "Publish now" not in mei.get("/rankings/sales_ranking").text
    assert "Edition 1" in mei.get("/rankings/sales_ranking").text
    assert office.visitor("guest").get("/rankings/sales_ranking").status_code == 404


def test_absences_are_seen_by_everybody_and_their_reason_by_few(office: Office) -> None:
    absent(office, "guest", kind="sick")

    assert "Absent:" in office.visitor("li").get("/absences").text
    assert "Sick leave" not in office.visitor("li").get("/absences").text
    assert "Sick leave" in office.visitor("admin").get("/absences").text
    assert office.visitor("li").get("/absences?from=nonsense").status_code == 200

    absent(office, "li", kind="training")
    assert "Training" in office.visitor("li").get("/absences").text
    assert "Training" not in office.visitor("chen").get("/absences").text


def test_people_enter_their_own_absence_and_nobody_elses(office: Office) -> None:
    now = office.site.clock()
    days = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=1)).isoformat()}

    assert office.create("absence", "li", **days)
    with pytest.raises(AssertionError):
        office.create("absence", "li", owner=office.people["chen"], **days)
    with pytest.raises(AssertionError):
        office.create("absence", "li", starts_at=days["ends_at"], ends_at=days["starts_at"])


def test_administrators_change_days_of_a_calendar_and_take_them_back(office: Office) -> None:
    admin = office.visitor("admin")
    changed = admin.post(
        "/calendars/office_cn/days", **{"from": "2026-12-24", "kind": "hours", "hours": "09:00-12:00", "name": "Half a day"},
    )  # fmt: skip
    page = admin.get("/calendars?code=office_cn&year=2026").text

    assert changed.status_code == 303
    assert "Half a day" in page
    assert "09:00-12:00</span>" in page
    again = admin.post("/calendars/office_cn/days", **{"from": "2026-12-24", "kind": "reset"})
    assert again.status_code == 303
    assert "Half a day" not in admin.get("/calendars?code=office_cn&year=2026").text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"from": "2026-13-40", "kind": "off"}, "is no day"),
        ({"from": "2026-12-24", "until": "2026-12-01", "kind": "off"}, "before the first"),
        ({"from": "2026-12-24", "kind": "hours", "hours": "25:00-26:00"}, "hours go from"),
    ],
)
def test_what_is_no_day_is_refused_with_the_reason(
    office: Office, values: dict[str, str], said: str
) -> None:
    answer = office.visitor("admin").post("/calendars/office_cn/days", **values)

    assert answer.status_code == 422
    assert said in answer.text


ICAL = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261226
SUMMARY:Company holiday
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261227
SUMMARY:\xe5\x85\x83\xe6\x97\xa6\xef\xbc\x88\xe7\x8f\xad\xef\xbc\x89
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_file_brings_days_off_and_make_up_days(office: Office) -> None:
    admin = office.visitor("admin")

    def send(data: bytes) -> int:
        files = {"csrf_token": admin.csrf, "file": (io.BytesIO(data), "days.ics")}
        return admin.client.post("/calendars/office_cn/import", data=files).status_code

    assert send(ICAL) == 303
    page = admin.get("/calendars?code=office_cn&year=2026").text
    assert page.count("Company holiday") == 4  # two days, in the year and in the list
    assert "元旦" in page
    assert send(b"no calendar at all") == 422
    assert send(b"") == 422


def test_who_is_no_administrator_changes_no_calendar(office: Office) -> None:
    mei = office.visitor("mei")

    assert "Change days" not in mei.get("/calendars").text
    refused = mei.post("/calendars/office_cn/days", **{"from": "2026-12-24", "kind": "off"})
    assert refused.status_code == 403
    assert mei.get("/calendars?code=moon").status_code == 404
