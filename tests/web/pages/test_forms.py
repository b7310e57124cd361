"""Forms as people fill them: errors in place, dependent choices, conditions, duplicates, conflicts, line items."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from fieldstone.fieldtypes import geolocation
from fieldstone.web.pages.controls import control_of
from tests.web.pages.office import Office

DIALOG = "div#dialog"
FORM = "div#form"


def test_a_new_record_is_created_and_its_page_opened(office: Office) -> None:
    li = office.visitor("li")

    answer = li.post(
        "/o/lead/new", name="周雅琴", mobile="13800138123", channel=office.places["channel"]
    )

    assert answer.status_code == 303
    page = li.get(answer.headers["Location"])
    assert "周雅琴" in page.text
    assert "138 0013 8123" in page.text


def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(office: Office) -> None:
    answer = office.visitor("li").post("/o/lead/new", name="", mobile="138", company="Qingmu")

    assert answer.status_code == 422
    assert "3 things need fixing" in answer.text
    assert 'value="138"' in answer.text
    assert 'value="Qingmu"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 3


def test_refusals_are_told_in_chinese(office: Office) -> None:
    answer = office.visitor("li", "zh").post("/o/lead/new", name="x", mobile="138")

    assert "电话号码不正确" in answer.text
    assert "请填写此项" in answer.text
    assert "is not a telephone number" not in answer.text


def test_a_dialog_shows_the_quick_fields_and_those_that_must_be_filled(office: Office) -> None:
    answer = office.visitor("li").get("/o/lead/new", DIALOG)

    assert 'name="company"' in answer.text
    assert "required" in answer.text
    assert 'name="utm_source"' not in answer.text


def test_a_dialog_closes_after_creating_and_tells_where_the_record_is(office: Office) -> None:
    answer = office.visitor("li").post(
        "/o/lead/new?quick=1",
        DIALOG,
        name="Quick One",
        mobile="13800138124",
        channel=office.places["channel"],
    )

    assert answer.status_code == 204
    assert "dialog-close" in answer.headers["HX-Trigger"]
    assert "/o/lead/" in answer.headers["HX-Trigger"]


def test_choices_follow_the_field_they_depend_on(office: Office) -> None:
    answer = office.visitor("li").get("/o/lead/new?region=south&_changed=region", FORM)

    assert 'value="shenzhen"' in answer.text
    assert 'value="beijing"' not in answer.text


def test_a_field_appears_when_its_condition_holds(office: Office) -> None:
    li = office.visitor("li")

    assert 'name="outcome"' in li.get("/o/activity/new?kind=call", FORM).text
    assert 'name="outcome"' not in li.get("/o/activity/new?kind=note", FORM).text


def test_the_record_that_a_new_one_belongs_to_is_kept_along(office: Office) -> None:
    li, lead = office.visitor("li"), office.a_lead("Parent Lead", owner=office.people["li"])

    form = li.get(f"/o/activity/new?lead={lead}", DIALOG)
    answer = li.post("/o/activity/new?quick=1", DIALOG, kind="note", subject="Hello", lead=lead)

    assert f'name="lead" value="{lead}"' in form.text
    assert answer.status_code == 204
    assert "Hello" in li.get(f"/o/lead/{lead}").text


def test_a_possible_duplicate_is_told_while_typing_and_nothing_is_written(office: Office) -> None:
    li = office.visitor("li")
    twin = office.a_lead("Twin One", owner=office.people["li"], mobile="13911112222")

    answer = li.post("/o/lead/matches", "div#matches", name="Other", mobile="139 1111 2222")

    assert f'href="/o/lead/{twin}"' in answer.text
    assert "Mobile" in answer.text or "mobile" in answer.text
    assert not li.post("/o/lead/matches", "div#matches", mobile="13911113333").text.strip()


def test_who_may_not_see_what_they_created_is_led_to_the_list(office: Office) -> None:
    values = {"name": "test", "mobile": "13911117777", "channel": office.places["channel"]}
    li = office.visitor("li")  # a made-up name: nobody gets it before it is corrected
    answer = li.post("/o/lead/new", **values)

    assert answer.headers["Location"] == "/o/lead"
    assert "It is not among the records that you see." in li.get("/o/lead").text


def test_what_rules_say_is_told_in_the_language_of_the_page(office: Office) -> None:
    office.a_lead("Twin Six", owner=office.people["chen"], mobile="13911116666")
    values = {"name": "Other", "mobile": "13911116666", "channel": office.places["channel"]}
    li = office.visitor("li").speaking("zh")
    saved = li.get(li.post("/o/lead/new", **values).headers["Location"])

    assert "线索“T**”的手机相同" in saved.text


def test_a_duplicate_that_the_reader_may_not_see_is_told_without_a_link(office: Office) -> None:
    office.a_lead("Hidden Twin", owner=office.people["chen"], mobile="13911114444")

    answer = office.visitor("li").post("/o/lead/matches", "div#matches", mobile="13911114444")

    assert "notice" in answer.text
    assert "/o/lead/" not in answer.text
    assert "Hidden Twin" not in answer.text


def test_who_saved_first_is_shown_and_saving_again_wins(office: Office) -> None:
    lead = office.a_lead("Conflict", owner=office.people["li"], company="Old")
    li, admin = office.visitor("li"), office.visitor("admin")
    form = li.get(f"/o/lead/{lead}/edit").text
    version = form.partition('name="version" value="')[2].partition('"')[0]
    admin.post(f"/o/lead/{lead}/edit", company="Theirs", version=version)

    answer = li.post(f"/o/lead/{lead}/edit", company="Mine", version=version)

    assert answer.status_code == 409
    assert "林涛 saved this record first." in answer.text
    assert "Theirs" in answer.text
    newer = answer.text.partition('name="version" value="')[2].partition('"')[0]
    assert li.post(f"/o/lead/{lead}/edit", company="Mine", version=newer).status_code == 303
    assert office.value("lead", lead, "company") == "Mine"


def test_local_times_percent_and_emptied_fields_are_understood(office: Office) -> None:
    admin = office.visitor("admin")
    lead = office.a_lead("Typed", owner=office.people["li"], company="Gone soon")

    admin.post(
        f"/o/lead/{lead}/edit", next_follow_up="2026-12-01T09:30", company="", budget="1,200.50"
    )

    zone = office.actor("admin").zone
    planned = office.value("lead", lead, "next_follow_up")
    assert planned == datetime(2026, 12, 1, 9, 30, tzinfo=ZoneInfo(zone))
    assert office.value("lead", lead, "company") is None
    assert str(office.value("lead", lead, "budget")) == "1200.50"


def test_line_items_are_added_changed_and_removed_in_the_grid(office: Office) -> None:
    admin = office.visitor("admin")
    product = office.create("product", name="Seat", code="SEAT", price="100")
    made = admin.post(
        "/o/opportunity/new",
        name="With lines",
        items="",
        **{
            "items-0-product": product,
            "items-0-quantity": "2",
            "items-0-price": "100",
            "items-0-discount": "25",
        },
        **{"items-1-product": product, "items-1-quantity": "1", "items-1-price": "50"},
    )
    deal = made.headers["Location"].rpartition("/")[2]
    form = admin.get(f"/o/opportunity/{deal}/edit")
    first = form.text.partition('name="items-0-id" value="')[2].partition('"')[0]

    admin.post(
        f"/o/opportunity/{deal}/edit",
        items="",
        **{
            "items-0-id": first,
            "items-0-product": product,
            "items-0-quantity": "4",
            "items-0-price": "100",
            "items-0-discount": "25",
        },
    )

    again = admin.get(f"/o/opportunity/{deal}/edit")
    assert 'value="4.00"' in again.text
    assert 'name="items-1-id"' not in again.text
    assert str(office.value("opportunity", deal, "items_total")).startswith("300")


def test_a_bad_line_says_what_is_wrong_with_it(office: Office) -> None:
    answer = office.visitor("admin").post(
        "/o/opportunity/new", name="Bad line", items="", **{"items-0-quantity": "many"}
    )

    assert answer.status_code == 422
    assert 'class="bad"' in answer.text
    assert 'value="many"' in answer.text


def test_fields_that_a_role_may_not_see_are_not_on_its_form(office: Office) -> None:
    assert office.visitor("guest").get("/o/lead/new").status_code == 403


@pytest.mark.parametrize(
    "url", ["/o/nothing/new", "/o/lead/01a20000-0000-7000-8000-000000000000/edit"]
)
def test_forms_of_what_is_not_there_are_not_found(office: Office, url: str) -> None:
    assert office.visitor("admin").get(url).status_code == 404


def test_a_form_without_the_token_is_refused(office: Office) -> None:
    li = office.visitor("li")

    answer = li.client.post("/o/lead/new", data={"name": "Forged"})

    assert answer.status_code == 403


def test_what_stands_in_the_control_of_a_place_can_be_sent_back() -> None:
    kind = geolocation.make({})
    place = kind.parse("31.2304, 121.4737")

    assert kind.parse(control_of(kind, place, "en", "Asia/Shanghai")) == place
