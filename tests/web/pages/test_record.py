"""The page of a record: what it shows, what is edited in place, what the gate asks, what is done from it."""

from __future__ import annotations

import io
import re

import pytest

from tests.web.pages.office import Office

DIALOG = "div#dialog"
PATH = "section#path"


@pytest.fixture
def lead(office: Office) -> str:
    li = office.people["li"]
    return office.a_lead("Zhang Wei", owner=li, company="Jingxin", mobile="13800138001")


def test_the_page_shows_stages_values_and_what_happened(office: Office, lead: str) -> None:
    page = office.visitor("li").get(f"/o/lead/{lead}").text

    assert "Zhang Wei" in page
    assert 'aria-current="step"' in page
    assert "Before Contacted" in page
    assert "138 0013 8001" in page
    assert "created this record" in page


@pytest.mark.parametrize("who", ["li", "mei", "admin"])
def test_the_page_opens_for_everybody_who_may_see_the_record(
    office: Office, lead: str, who: str
) -> None:
    for tab in ("", "?tab=changes", "?tab=related", "?tab=why"):
        assert office.visitor(who).get(f"/o/lead/{lead}{tab}").status_code == 200


def test_a_record_of_somebody_else_is_not_found(office: Office, lead: str) -> None:
    chen = office.visitor("chen")

    for url in (
        "",
        "/edit",
        "/field/name",
        "/why",
        "/move?to=contacted",
        "/convert",
        "/conversion",
    ):
        assert chen.get(f"/o/lead/{lead}{url}", DIALOG).status_code == 404


def test_masked_and_hidden_fields_stay_so_on_every_part_of_the_page(
    office: Office, lead: str
) -> None:
    office.settle("lead", lead, budget="777000")
    guest = office.visitor("guest")

    for tab in ("", "?tab=changes", "?tab=why"):
        page = guest.get(f"/o/lead/{lead}{tab}").text
        assert "13800138001" not in page
        assert "138 0013 8001" not in page
        # Ids and keys of a page are made of digits, too: three of them alone may be anything.
        assert not re.search(r"777[,.]?000", page)
    assert guest.get(f"/o/lead/{lead}/field/budget", "dd#v-budget").status_code == 404
    assert "data-edit" not in guest.get(f"/o/lead/{lead}").text


def test_a_value_is_edited_where_it_stands(office: Office, lead: str) -> None:
    li = office.visitor("li")

    control = li.get(f"/o/lead/{lead}/field/company?edit=1", "dd#v-company").text
    saved = li.post(f"/o/lead/{lead}/field/company", "dd#v-company", company="Fjord")

    assert 'value="Jingxin"' in control
    assert saved.status_code == 200
    assert "Fjord" in saved.text
    assert office.value("lead", lead, "company") == "Fjord"


def test_a_refused_value_stays_in_its_control_with_the_reason(office: Office, lead: str) -> None:
    answer = office.visitor("li").post(f"/o/lead/{lead}/field/mobile", "dd#v-mobile", mobile="12")

    assert answer.status_code == 422
    assert 'value="12"' in answer.text
    assert "is not a telephone number" in answer.text


def test_a_stale_value_shows_what_stands_there_now(office: Office, lead: str) -> None:
    li = office.visitor("li")
    office.visitor("admin").post(f"/o/lead/{lead}/field/company", "dd#x", company="Theirs")

    answer = li.post(f"/o/lead/{lead}/field/company", "dd#v-company", company="Mine", version="1")

    assert answer.status_code == 422
    assert "Theirs" in answer.text
    assert office.value("lead", lead, "company") == "Theirs"


def test_a_choice_that_no_longer_fits_is_cleared_and_told(office: Office, lead: str) -> None:
    li = office.visitor("li")
    li.post(f"/o/lead/{lead}/field/region", "dd#v-region", region="north")
    li.post(f"/o/lead/{lead}/field/city", "dd#v-city", city="beijing")

    answer = li.post(f"/o/lead/{lead}/field/region", "dd#v-region", region="south")

    assert "City was cleared" in answer.headers["HX-Trigger"]
    assert office.value("lead", lead, "city") is None


def test_the_gate_takes_facts_in_place_and_opens(office: Office) -> None:
    li = office.visitor("li")
    lead = office.a_lead("No Number", owner=office.people["li"], email="no@number.example")
    before = li.get(f"/o/lead/{lead}").text

    refused = li.post(f"/o/lead/{lead}/field/mobile", PATH, mobile="1", gate="1")
    li.post(f"/o/lead/{lead}/field/mobile", PATH, mobile="13800138555", gate="1")
    after = li.get(f"/o/lead/{lead}").text

    assert "0 of 1 done" in before
    assert refused.status_code == 422
    assert 'id="path"' in refused.text
    assert "1 of 1 done" in after


def test_a_move_with_everything_there_is_made_at_once(office: Office, lead: str) -> None:
    answer = office.visitor("li").post(f"/o/lead/{lead}/move", DIALOG, to="contacted")

    assert answer.status_code == 204
    assert "Zhang Wei moved to Contacted" in answer.headers["HX-Trigger"]
    assert office.value("lead", lead, "stage") == "contacted"


def test_a_move_asks_for_what_is_missing_and_saves_it_with_the_move(
    office: Office, lead: str
) -> None:
    li = office.visitor("li")

    asked = li.post(f"/o/lead/{lead}/move", DIALOG, to="invalid")
    still = li.post(f"/o/lead/{lead}/move", DIALOG, to="invalid", asked="1", lost_reason="")
    done = li.post(f"/o/lead/{lead}/move", DIALOG, to="invalid", asked="1", lost_reason="no_need")

    assert asked.status_code == 200
    assert 'name="lost_reason"' in asked.text
    assert still.status_code == 422
    assert 'aria-invalid="true"' in still.text
    assert done.status_code == 204
    assert office.value("lead", lead, "lost_reason") == "no_need"


def test_a_guard_refuses_in_the_words_of_the_reader(office: Office, lead: str) -> None:
    office.settle("lead", lead, need="x", budget="1", stage="contacted", score=0)

    answer = office.visitor("li", "zh").post(f"/o/lead/{lead}/move", DIALOG, to="qualified")

    assert answer.status_code == 422
    assert "\\u8fdb\\u5165" in answer.headers["HX-Trigger"]  # 进入
    assert office.value("lead", lead, "stage") == "contacted"


def test_a_note_a_call_and_a_task_are_written_from_the_page(office: Office, lead: str) -> None:
    li, url = office.visitor("li"), f"/o/lead/{lead}/activity"

    note = li.post(url, "div#feed", kind="note", text="Wants a demo\nwith their own data")
    call = li.post(url, "div#feed", kind="call", text="Talked", outcome="interested", minutes="7")
    task = li.post(
        url, "div#feed", kind="task", text="Send offer", due_at="2026-12-01T10:00", priority="high"
    )

    assert "with their own data" in note.text
    assert "Interested" in call.text
    assert "7 min" in call.text
    assert "Complete: Send offer" in task.text
    assert office.value("lead", lead, "calls") == 1


def test_a_task_without_a_due_time_is_refused_and_the_text_is_not_lost(
    office: Office, lead: str
) -> None:
    answer = office.visitor("li").post(
        f"/o/lead/{lead}/activity", "div#feed", kind="task", text="Later", due_at=""
    )

    assert answer.status_code == 422
    assert 'value="task"' in answer.text


def test_conversion_makes_customer_contact_and_opportunity(office: Office, lead: str) -> None:
    li = office.visitor("li")

    dialog = li.post(f"/o/lead/{lead}/move", DIALOG, to="converted")
    answer = li.post(f"/o/lead/{lead}/convert", DIALOG, **{"pick.opportunity": "new"})

    assert 'name="use.customer"' in dialog.text
    assert answer.status_code == 204
    assert "/o/opportunity/" in answer.headers["HX-Trigger"]
    assert office.value("lead", lead, "stage") == "converted"
    assert office.value("lead", lead, "opportunity")


def test_the_opportunity_may_be_left_out_of_a_conversion(office: Office, lead: str) -> None:
    li = office.visitor("li")

    li.post(f"/o/lead/{lead}/convert", DIALOG, **{"pick.opportunity": "none"})

    assert office.value("lead", lead, "customer")
    assert office.value("lead", lead, "opportunity") is None


def test_returning_to_the_pool_asks_for_a_reason_and_leads_back_to_the_list(
    office: Office, lead: str
) -> None:
    li = office.visitor("li")

    dialog = li.post(f"/o/lead/{lead}/actions/release", DIALOG)
    answer = li.post(f"/o/lead/{lead}/actions/release", DIALOG, asked="1", reason="No answer")

    assert 'name="reason"' in dialog.text
    assert answer.headers["HX-Redirect"] == "/o/lead"
    assert office.value("lead", lead, "pool") == "public_pool"


def test_a_deleted_record_says_so_and_comes_back(office: Office, lead: str) -> None:
    admin = office.visitor("admin")

    gone = admin.post(f"/o/lead/{lead}/delete", DIALOG)
    binned = admin.get(f"/o/lead/{lead}").text
    admin.post(f"/o/lead/{lead}/restore", DIALOG)

    assert gone.headers["HX-Redirect"] == "/o/lead"
    assert "in the recycle bin" in binned
    assert "data-edit" not in binned
    assert "in the recycle bin" not in admin.get(f"/o/lead/{lead}").text


def test_what_a_role_may_not_do_is_not_offered_and_not_done(office: Office, lead: str) -> None:
    li = office.visitor("li")

    assert f"/o/lead/{lead}/delete" not in li.get(f"/o/lead/{lead}").text
    assert li.post(f"/o/lead/{lead}/delete", DIALOG).status_code == 403
    assert (
        li.post(
            f"/o/lead/{lead}/field/owner", "dd#v-owner", owner=office.people["chen"]
        ).status_code
        == 422
    )
    assert office.value("lead", lead, "owner") == office.people["li"]


def test_changes_tell_before_and_after(office: Office, lead: str) -> None:
    li = office.visitor("li")
    li.post(f"/o/lead/{lead}/field/company", "dd#v-company", company="Fjord")

    page = li.get(f"/o/lead/{lead}?tab=changes").text

    assert "Jingxin" in page
    assert "Fjord" in page


def test_reasons_name_the_rule_and_its_version(office: Office, lead: str) -> None:
    li = office.visitor("li")

    page = li.get(f"/o/lead/{lead}?tab=why").text
    dialog = li.get(f"/o/lead/{lead}/why?stage=qualified", DIALOG).text

    assert "Lead grade" in page
    assert "version 1" in page
    assert "Qualified needs a score of 20" in dialog


def test_lookups_offer_only_what_the_reader_sees(office: Office) -> None:
    office.create("customer", name="Mine Ltd", owner=office.people["li"])
    office.create("customer", name="Theirs Ltd", owner=office.people["chen"])

    answer = office.visitor("li").get("/o/contact/options?field=customer&q=Ltd", "div#list")

    assert "Mine Ltd" in answer.text
    assert "Theirs Ltd" not in answer.text
    assert office.visitor("li").get("/o/lead/options?field=name&q=x").status_code == 404


def test_related_records_stand_beside_the_record_with_a_way_to_a_new_one(office: Office) -> None:
    li = office.people["li"]
    customer = office.create("customer", name="Qingmu", owner=li)
    office.create("contact", name="Sun Li", customer=customer, owner=li)

    page = office.visitor("li").get(f"/o/customer/{customer}").text

    assert "Sun Li" in page
    assert f"/o/contact/new?customer={customer}" in page


def test_a_file_is_seen_through_its_record_only_and_never_run(office: Office) -> None:
    admin = office.visitor("admin")
    ticket = office.create("ticket", subject="Broken", owner=office.people["admin"])
    page = io.BytesIO(b"<script>alert(1)</script>")

    admin.post(f"/o/ticket/{ticket}/edit", attachments=(page, "a.html", "text/html"))
    kept = office.value("ticket", ticket, "attachments")
    assert isinstance(kept, list)
    answer = admin.get(f"/files/{kept[0]['id']}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert office.visitor("li").get(f"/files/{kept[0]['id']}").status_code == 404
