"""Deadlines, owners, urgent notes, conversions and leaving, as people see them in the browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fieldstone.changes.nouns import Change, Effect, Operation
from fieldstone.worker.turns import work_until_idle
from tests.web.pages.office import Office, open_office, told

DIALOG = "div#dialog"


@pytest.fixture
def lead(office: Office) -> str:
    """A live lead of Li, with the deadlines that rules set for it."""
    site = office.site
    number = f"13900{len(office.places) + site.clock().microsecond % 900000:06}"
    office.places[number] = number
    values = {
        "name": "王小明",
        "mobile": number,
        "channel": office.places["channel"],
        "need": "CRM",
    }
    change = Change(
        "lead", Operation.CREATE, {**values, "owner": office.people["li"]}, trusted=True
    )
    (outcome,) = site.writes.submit(site.system_context("page"), site.model, [change])
    assert outcome.record_id, outcome.problems
    return outcome.record_id


def tell(office: Office, who: str, lead: str, **payload: object) -> None:
    site = office.site
    message = {"en": "It presses.", "zh": "很急。"}
    effect = Effect(
        "in_page", office.people[who], "reminder",
        {"object": "lead", "id": lead, "message": message, "rule": "follow_up_in_time", **payload},
    )  # fmt: skip
    with site.writes.unit(site.system_context("test"), site.model) as unit:
        unit.transaction.outbox([("lead", lead, effect)])
    work_until_idle(site)


def test_the_page_tells_when_it_is_due_what_happens_then_and_who_had_it(
    office: Office, lead: str
) -> None:
    li = office.visitor("li")

    page = li.get(f"/o/lead/{lead}").text
    chinese = office.visitor("li").speaking("zh").get(f"/o/lead/{lead}").text

    assert "Then: back to Public pool." in page
    assert "may not take it again for 7 days" in page
    assert "到期后退回公海。" in chinese
    assert "Owners" not in page  # nobody else had it
    change = Change("lead", Operation.UPDATE, {"owner": office.people["chen"]}, lead, trusted=True)
    office.site.writes.submit(office.site.system_context("page"), office.site.model, [change])
    assert "Owners" in office.visitor("admin").get(f"/o/lead/{lead}").text


def test_what_an_activity_settles_is_told_at_once(office: Office, lead: str) -> None:
    li, url = office.visitor("li"), f"/o/lead/{lead}/activity"

    note = li.post(url, "div#feed", kind="note", text="Hm.")
    call = li.post(url, "div#feed", kind="call", text="Talked", outcome="reached", minutes="5")

    assert "reload" not in told(note)
    assert told(call)["reload"]


def test_who_lost_a_record_reads_which_one(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 2, 2, 0, tzinfo=UTC)]
    office = open_office(tmp_path, clock=lambda: now[0])
    site = office.site
    lost = office.a_lead("Anna Lost", owner=office.people["li"], mobile="13911110009")
    ctx = site.context(office.actor("li"), "page")
    running = site.reads.deadlines(ctx, site.model, "lead", lost) or ()
    now[0] = min(one.due for one in running) + timedelta(minutes=1)
    work_until_idle(site)

    inbox = office.visitor("li").get("/inbox").text
    assert office.value("lead", lost, "pool") == "public_pool"
    assert "back to Public pool" in inbox
    assert "Anna Lost · " in inbox
    site.storage.close()


def test_the_name_that_was_told_stays_when_somebody_else_has_the_record(
    office: Office, lead: str
) -> None:
    tell(office, "chen", lead, name="Vera Given")
    office.settle("lead", lead, name="Vera Renamed")

    inbox = office.visitor("chen").get("/inbox").text
    with_all = office.visitor("admin").get(f"/o/lead/{lead}").text

    assert "Vera Given · " in inbox
    assert "Vera Renamed" not in inbox
    assert "Vera Renamed" in with_all


def test_more_time_is_asked_for_with_a_reason(office: Office, lead: str) -> None:
    li = office.visitor("li")
    due = _due(office, lead)

    dialog = li.get(f"/o/lead/{lead}/deadlines/follow_up_in_time/extend", DIALOG)
    answer = li.post(
        f"/o/lead/{lead}/actions/extend", DIALOG,
        asked="1", rule="follow_up_in_time", reason="On holiday",
    )  # fmt: skip

    assert 'name="reason"' in dialog.text
    assert answer.status_code == 204
    assert _due(office, lead) > due
    assert "extended once" in li.get(f"/o/lead/{lead}").text


def _due(office: Office, lead: str):
    ctx = office.site.context(office.actor("admin"), "page")
    found = office.site.reads.deadlines(ctx, office.site.model, "lead", lead)
    assert found
    return next(one.due for one in found if one.rule.code == "follow_up_in_time")


def test_what_is_urgent_stands_first_in_the_inbox_and_is_acknowledged_there(
    office: Office, lead: str
) -> None:
    tell(office, "li", lead, strength="urgent", acknowledge=True)
    tell(office, "li", lead, strength="normal")
    li = office.visitor("li")

    page = li.get("/inbox").text
    note = page.split('hx-post="/inbox/')[1].split("/")[0]
    answer = li.post(f"/inbox/{note}/acknowledge", f"div#n-{note}")

    assert page.index("Urgent") < page.index("Today")
    assert "Got it" in page
    assert answer.status_code == 200
    assert "Got it" not in answer.text
    ctx = office.site.context(office.actor("li"), "page")
    running = office.site.reads.deadlines(ctx, office.site.model, "lead", lead)
    assert running
    assert any(one.seen_at is not None for one in running)


def test_somebody_elses_note_is_not_there(office: Office, lead: str) -> None:
    tell(office, "li", lead, strength="urgent", acknowledge=True)
    note = office.visitor("li").get("/inbox").text.split('hx-post="/inbox/')[1].split("/")[0]

    assert office.visitor("chen").post(f"/inbox/{note}/acknowledge").status_code == 404


def test_the_dialog_offers_the_customer_that_is_there_already(office: Office, lead: str) -> None:
    mobile = office.value("lead", lead, "mobile")
    customer = office.create("customer", "li", name="West Lake", phone=mobile)

    dialog = office.visitor("li").get(f"/o/lead/{lead}/convert", DIALOG).text

    assert customer in dialog
    assert "West Lake" in dialog
    assert "Make none" in dialog


def test_a_conversion_that_waits_is_listed_confirmed_and_taken_back(
    office: Office, lead: str
) -> None:
    li, admin = office.visitor("li"), office.visitor("admin")
    budget = Change("lead", Operation.UPDATE, {"budget": "3000000"}, lead, trusted=True)
    office.site.writes.submit(office.site.system_context("page"), office.site.model, [budget])

    office.settle("lead", lead, stage="qualified")
    before = li.get(f"/o/lead/{lead}").text
    li.post(f"/o/lead/{lead}/convert", DIALOG)
    waits = li.get(f"/o/lead/{lead}").text
    chinese = office.visitor("li").speaking("zh").get(f"/o/lead/{lead}").text
    listed = admin.get("/conversions").text
    refused = admin.post(f"/o/lead/{lead}/conversion/check", accept="false")
    admin.post(f"/o/lead/{lead}/conversion/check", accept="true")

    assert "Its conversion waits for a manager" in waits
    assert f"/o/lead/{lead}/convert" in before
    assert f"/o/lead/{lead}/convert" not in waits
    assert "Move to Converted" in waits
    assert 'title="It waits for a manager&#39;s check."' in waits
    assert 'title="等待主管审核。"' in chinese
    assert f"/o/lead/{lead}/conversion" in listed
    assert (refused.status_code, "Say why" in refused.text) == (422, True)
    assert office.value("lead", lead, "stage") == "converted"
    done = li.get(f"/o/lead/{lead}/conversion").text
    assert "goes to the recycle bin" in done
    assert "/o/lead" in admin.get("/conversions?done=1").text
    li.post(f"/o/lead/{lead}/conversion/undo", reason="wrong one")
    assert office.value("lead", lead, "stage") == "qualified"


def test_only_who_checks_finds_conversions_in_the_side_bar(office: Office) -> None:
    assert "/conversions" in office.visitor("admin").get("/").text
    assert "/conversions" not in office.visitor("li").get("/").text


def test_a_person_leaves_with_a_plan_before_and_a_report_after(office: Office) -> None:
    site = office.site
    gone = office.create("user", name="Gone Soon", email="gone@example.com", roles=["sales"])
    change = Change("customer", Operation.CREATE, {"name": "Theirs", "owner": gone}, trusted=True)
    site.writes.submit(site.system_context("page"), site.model, [change])
    admin = office.visitor("admin")

    plan = admin.get(f"/leaving/{gone}").text
    admin.post(f"/leaving/{gone}", **{"user.customers": office.people["chen"]})
    work_until_idle(site)
    report = admin.get(f"/leaving/{gone}").text

    assert "nobody signs in as Gone Soon" in plan
    assert "Handed over" in report
    assert "Chen Jie 1" in report
    assert office.visitor("li").get(f"/leaving/{gone}").status_code == 403
    assert f"/leaving/{gone}" in admin.get(f"/o/user/{gone}").text


def test_nothing_is_overdue_that_has_only_begun(office: Office, lead: str) -> None:
    assert _due(office, lead) > office.site.clock() + timedelta(minutes=1)
