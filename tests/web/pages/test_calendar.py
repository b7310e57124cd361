"""The calendar: records on their days by the reader's clock, holidays named, moved to other days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from fieldstone.web.pages.days import Stretch, stretch_of
from tests.web.pages.office import Office, told

OCTOBER = "/o/activity/calendar?month=2026-10"


@pytest.fixture(scope="module", autouse=True)
def tasks(office: Office) -> dict[str, str]:
    def task(subject: str, due: str, **values: object) -> str:
        given = {"kind": "task", "status": "open", "owner": office.people["li"], **values}
        return office.create("activity", subject=subject, due_at=due, **given)

    made = {
        # 23:30 UTC is the next morning in Shanghai.
        "late": task("Late call", "2026-10-12T23:30:00Z"),
        "visit": task("Site visit", "2026-10-14T06:00:00Z", kind="visit"),
        "done": task("Done long ago", "2026-10-15T06:00:00Z", status="done"),
    }
    for n in range(7):
        made[f"busy{n}"] = task(f"Busy {n}", f"2026-10-20T0{n}:00:00Z")
    return made


def day(text: str, iso: str) -> str:
    """Return the cell of a day."""
    found = re.search(rf'<td class="[^"]*"[^>]*data-day="{iso}".*?</td>', text, re.DOTALL)
    assert found, iso
    return found[0]


def test_a_month_is_a_table_of_whole_weeks(office: Office) -> None:
    text = office.visitor("li").get(OCTOBER).text

    days = re.findall(r'<td class="[^"]*"[^>]*data-day="([\d-]+)"', text)
    assert (days[0], days[-1], len(days)) == ("2026-09-28", "2026-11-01", 35)
    assert text.count('<th scope="col">') == 7
    assert ">October 2026<" in text


def test_a_record_stands_on_its_day_by_the_clock_of_its_reader(office: Office) -> None:
    text = office.visitor("li").get(OCTOBER).text

    cell = day(text, "2026-10-13")
    assert "Late call" in cell
    assert ">07:30<" in cell
    assert "Late call" not in day(text, "2026-10-12")


def test_kinds_have_their_colour_and_what_is_done_is_struck_out(office: Office) -> None:
    text = office.visitor("li").get(OCTOBER).text

    assert 'data-tone="green"' in day(text, "2026-10-14")
    assert '<li class="cev done ticked"' in day(text, "2026-10-15")


def test_of_a_full_day_some_are_shown_and_the_rest_a_click_away(office: Office) -> None:
    cell = day(office.visitor("li").get(OCTOBER).text, "2026-10-20")
    grid, popover = cell.split('id="day-2026-10-20"')

    assert grid.count('class="cev"') == 4
    assert "+3 more" in grid
    assert popover.count('class="cev"') == 7


def test_holidays_and_make_up_workdays_are_named_in_both_languages(office: Office) -> None:
    visitor = office.visitor("li")
    english = visitor.get(OCTOBER).text
    chinese = visitor.speaking("zh").get(OCTOBER).text

    assert "National Day" in day(english, "2026-10-01")
    assert "Make-up day" in day(english, "2026-10-10")
    assert " off" not in day(english, "2026-10-10").split(">")[0]
    assert "国庆节" in day(chinese, "2026-10-01")
    assert "调休" in day(chinese, "2026-10-10")
    assert "2026年10月" in chinese


def test_week_and_agenda_show_the_same_records(office: Office) -> None:
    visitor = office.visitor("li")
    week = visitor.get("/o/activity/calendar?mode=week&day=2026-10-14").text
    agenda = visitor.get("/o/activity/calendar?mode=agenda&month=2026-10").text

    assert week.count("<td ") == 7
    assert "Late call" in day(week, "2026-10-13")
    assert "<table" not in agenda
    assert agenda.index("Late call") < agenda.index("Site visit")


def test_filters_hold_and_keep_the_month(office: Office) -> None:
    text = office.visitor("li").get(f"{OCTOBER}&f=kind:in:visit").text

    assert "Site visit" in text
    assert "Late call" not in text
    remove = re.search(r'class="x" href="([^"]+)"', text)
    assert remove
    assert "month=2026-10" in remove[1]


def test_the_switch_leads_to_the_calendar_and_back_with_the_filters(office: Office) -> None:
    visitor = office.visitor("li")

    assert 'href="/o/lead/calendar?f=name:contains:x"' in (
        visitor.get("/o/lead?f=name:contains:x").text
    )
    assert 'href="/o/lead/board?f=name:contains:x"' in (
        visitor.get("/o/lead/calendar?f=name:contains:x").text
    )


def test_the_field_of_an_empty_day_is_filled_in_the_form(office: Office) -> None:
    visitor = office.visitor("li")
    cell = day(visitor.get(OCTOBER).text, "2026-10-22")

    found = re.search(r'class="cev-n" href="([^"]+)"', cell)
    assert found
    form = visitor.get(found[1].replace("&amp;", "&")).text
    assert 'value="2026-10-22T09:00"' in form


def test_a_move_keeps_the_time_of_the_day_and_can_be_undone(
    office: Office, tasks: dict[str, str]
) -> None:
    visitor = office.visitor("li")

    answer = visitor.post(f"/o/activity/calendar/{tasks['late']}", field="due_at", to="2026-10-16")

    assert answer.status_code == 204
    moved = datetime(2026, 10, 15, 23, 30, tzinfo=UTC)
    assert office.value("activity", tasks["late"], "due_at") == moved
    toast = told(answer)["toast"]
    assert isinstance(toast, dict)
    visitor.post(toast["undo"])
    back = datetime(2026, 10, 12, 23, 30, tzinfo=UTC)
    assert office.value("activity", tasks["late"], "due_at") == back


def test_a_refused_move_says_why_and_changes_nothing(office: Office, tasks: dict[str, str]) -> None:
    before = office.value("activity", tasks["visit"], "due_at")

    answer = office.visitor("guest").post(
        f"/o/activity/calendar/{tasks['visit']}", field="due_at", to="2026-10-16"
    )

    assert answer.status_code in (404, 422)
    assert office.value("activity", tasks["visit"], "due_at") == before


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"field": "due_at", "to": "soon"}, 400),
        ({"field": "created_at", "to": "2026-10-16"}, 404),
        ({"to": "2026-10-16"}, 404),
    ],
)
def test_a_move_of_another_kind_is_refused(
    office: Office, tasks: dict[str, str], sent: dict[str, str], status: int
) -> None:
    answer = office.visitor("li").post(f"/o/activity/calendar/{tasks['visit']}", **sent)

    assert answer.status_code == status


def test_who_may_not_change_a_date_gets_no_handle(office: Office) -> None:
    text = office.visitor("guest").get("/o/campaign/calendar").text

    assert "data-day-move" not in text
    assert 'id="day-move"' not in text


def test_an_object_without_a_calendar_has_no_such_page(office: Office) -> None:
    assert office.visitor("li").get("/o/customer/calendar").status_code == 404


@pytest.mark.parametrize("words", ["month=2026-13", "month=x", "day=0001-01-01", "mode=year"])
def test_an_address_that_means_nothing_shows_the_present_month(words: str) -> None:
    given = dict([words.split("=")])

    assert stretch_of(given, date(2026, 11, 22)).first == date(2026, 10, 26)


def test_the_months_before_and_after_are_never_skipped() -> None:
    january = Stretch("month", date(2026, 1, 31))

    assert january.after.month == date(2026, 2, 1)
    assert january.before.month == date(2025, 12, 1)
    assert Stretch("agenda", date(2026, 2, 10)).last == date(2026, 2, 28)
