"""Home, tasks, inbox, search and tokens."""

from __future__ import annotations

import re
from datetime import timedelta

from fieldstone.base.ids import new_id
from fieldstone.storage.notices import Notices, Notification
from tests.web.pages.office import Office, told


def a_task(office: Office, subject: str, hours: int, **values: object) -> str:
    due = (office.site.clock() + timedelta(hours=hours)).isoformat()
    given = {
        "kind": "task",
        "status": "open",
        "due_at": due,
        "owner": office.people["li"],
        **values,
    }
    return office.create("activity", subject=subject, **given)


def test_tasks_stand_by_urgency_with_what_they_are_about(office: Office) -> None:
    lead = office.a_lead("Zhang Wei", owner=office.people["li"])
    a_task(office, "Send pricing", -2, lead=lead)
    a_task(office, "Visit the plant", 24 * 20)
    text = office.visitor("li").get("/tasks").text

    assert text.index("Overdue") < text.index("Send pricing") < text.index("Later")
    assert text.index("Later") < text.index("Visit the plant")
    assert "Zhang Wei · Lead" in text


def test_a_task_is_ticked_off_and_opened_again(office: Office) -> None:
    task, li = a_task(office, "Call back", 1), office.visitor("li")
    done = li.post(f"/tasks/{task}/done", f"div#t-{task}")
    status = office.value("activity", task, "status")
    toast = told(done)["toast"]
    assert isinstance(toast, dict)
    li.post(toast["undo"])

    assert 'class="due done"' in done.text
    assert status == "done"
    assert office.value("activity", task, "status") == "open"


def test_nobody_ticks_off_what_they_may_not_see(office: Office) -> None:
    task = a_task(office, "Private", 1)

    assert office.visitor("chen").post(f"/tasks/{task}/done").status_code == 404
    assert office.value("activity", task, "status") == "open"


def test_home_shows_what_is_new_to_people_who_own_nothing(office: Office) -> None:
    office.a_lead("Of somebody else", owner=office.people["li"])
    text = office.visitor("admin").get("/").text

    assert "Recently added" in text
    assert "Of somebody else" in text


def test_home_greets_and_shows_ones_own_figures(office: Office) -> None:
    office.a_lead("Li's own", owner=office.people["li"], budget="50000")
    text = office.visitor("li").get("/").text

    assert "Li Na" in text
    assert "My open leads" in text
    assert "¥50K" in text
    assert "Li&#39;s own" in text


def notify(office: Office, who: str, text: str) -> str:
    storage, now = office.site.storage, office.site.clock()
    payload = {"message": {"en": text, "zh": "新消息"}}
    note = Notification(new_id(), office.people[who], "assigned", None, None, payload, now, None)
    with storage.connection() as connection:
        Notices(connection, storage.dialect, now).notify(new_id(), note)
    return note.id


def test_the_inbox_shows_what_is_new_until_it_is_read(office: Office) -> None:
    note, mei = notify(office, "mei", "Zhang Wei was assigned to you"), office.visitor("mei")
    before = mei.get("/inbox").text
    read = mei.post(f"/inbox/{note}/read", f"div#n-{note}").text

    assert "Zhang Wei was assigned to you" in before
    assert 'class="note-r unread"' in before
    assert "unread" not in read
    assert "新消息" in office.visitor("mei", "zh").get("/inbox").text


def test_nobody_reads_the_notifications_of_others(office: Office) -> None:
    note = notify(office, "mei", "Secret")

    assert "Secret" not in office.visitor("li").get("/inbox").text
    assert office.visitor("li").post(f"/inbox/{note}/read").status_code == 404
    assert office.visitor("li").get(f"/inbox/{note}").status_code == 404


def test_search_finds_records_and_what_can_be_done(office: Office) -> None:
    office.a_lead("Wolfgang Amadeus", owner=office.people["li"])
    found = office.visitor("li").get("/search?q=wolfg", "div#found").text

    assert "<html" not in found
    assert "Wolfgang Amadeus" in found
    assert "Wolfgang" not in office.visitor("chen").get("/search?q=wolfg").text
    assert "New Lead" in office.visitor("li").get("/search?q=new", "div#found").text


def test_a_token_is_shown_once_and_works_until_it_is_revoked(office: Office) -> None:
    li = office.visitor("li")
    page = li.post("/tokens", name="Website form", days="30", may="read").text
    secret = page.split('id="secret">')[1].split("<")[0]
    bearer = {"Authorization": f"Bearer {secret}"}
    nobody = office.nobody()

    assert nobody.get("/api/v1/lead", headers=bearer).status_code == 200
    assert nobody.post("/api/v1/lead", headers=bearer, json={"name": "x"}).status_code == 403
    later = li.get("/tokens").text
    assert secret not in later
    revoke = re.search(r'action="(/tokens/[^"]+/revoke)"', later)
    assert revoke
    li.post(revoke[1])
    assert nobody.get("/api/v1/lead", headers=bearer).status_code == 401


def test_a_token_needs_a_name(office: Office) -> None:
    answer = office.visitor("li").post("/tokens", name="  ")

    assert answer.status_code == 422
    assert "A token needs a name." in answer.text
