"""All deadlines of a person, or of their team, on one page, over REST and by command."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.web.pages.office import Office

DIALOG = "div#dialog"


def a_lead(office: Office, name: str, who: str, number: str) -> str:
    return office.a_lead(name, owner=office.people[who], mobile=number)


def test_my_deadlines_stand_in_order_with_what_happens_then(office: Office) -> None:
    lead = a_lead(office, "First Due", "li", "13800138301")
    a_lead(office, "Of Another", "chen", "13800138302")
    li = office.visitor("li")

    page = li.get("/deadlines").text
    chinese = office.visitor("li").speaking("zh").get("/deadlines").text

    assert f'href="/o/lead/{lead}"' in page
    assert "Of Another" not in page
    assert "Then: back to Public pool." in page
    assert re.search(r"\d+ (min|h) of working time", page)
    assert "到期后退回公海。" in chinese
    assert "剩余工作时间" in chinese
    assert 'href="/deadlines"' in li.get("/").text  # in the side bar


def test_what_is_overdue_stands_above_and_time_is_given_from_there(
    office: Office, monkeypatch
) -> None:
    lead = a_lead(office, "Late Already", "li", "13800138303")
    url = f"/o/lead/{lead}/deadlines/follow_up_in_time/extend"
    li = office.visitor("li")
    assert f'hx-get="{url}"' in li.get("/deadlines").text
    assert 'name="reason"' in li.get(url, DIALOG).text

    clock, later = office.site.clock, timedelta(days=25)
    monkeypatch.setattr(office.site, "clock", lambda: clock() + later)
    page = office.visitor("li").get("/deadlines").text

    assert "Overdue" in page
    assert page.index("Overdue") < page.index("Late Already")
    assert "overdue</span>" in page


def test_a_list_is_narrowed_to_one_rule_and_a_manager_sees_the_team(office: Office) -> None:
    lead = a_lead(office, "Narrowed", "li", "13800138304")
    office.settle("user", office.people["li"], manager=office.people["mei"])
    li, mei = office.visitor("li"), office.visitor("mei")

    assert f"/o/lead/{lead}" in li.get("/deadlines?rule=follow_up_in_time").text
    assert f"/o/lead/{lead}" not in li.get("/deadlines?rule=conversion_in_time").text
    assert "My team" not in li.get("/deadlines").text
    assert f"/o/lead/{lead}" not in mei.get("/deadlines").text
    assert f"/o/lead/{lead}" in mei.get("/deadlines?show=team").text
    assert "Li Na" in mei.get("/deadlines?show=others").text


def test_who_has_no_deadline_is_told_so(office: Office) -> None:
    page = office.visitor("admin").get("/deadlines").text

    assert "No deadline is running" in page


def test_reminders_are_silenced_from_the_list_and_the_due_time_stands(office: Office) -> None:
    lead = a_lead(office, "Seen It", "li", "13800138305")
    url = f"/o/lead/{lead}/actions/acknowledge"
    li = office.visitor("li")
    assert f'hx-post="{url}"' in li.get("/deadlines").text

    answer = li.post(url, DIALOG, asked="1", rule="follow_up_in_time")
    page = li.get("/deadlines").text

    assert answer.status_code == 204
    assert "reload" in answer.headers["HX-Trigger"]
    assert f'href="/o/lead/{lead}"' in page
    assert f'hx-post="{url}"' not in page
    assert "Reminders acknowledged" in page


def test_a_manager_narrows_the_list_to_one_person(office: Office) -> None:
    ours = a_lead(office, "Of Li", "li", "13800138306")
    theirs = a_lead(office, "Of Chen", "chen", "13800138307")
    for one in ("li", "chen"):
        office.settle("user", office.people[one], manager=office.people["mei"])
    mei, li = office.visitor("mei"), office.visitor("li")

    every = mei.get("/deadlines?show=team").text
    one = mei.get(f"/deadlines?show=team&person={office.people['li']}").text

    assert f'<option value="{office.people["chen"]}">' in every
    assert f'<option value="{office.people["li"]}" selected>' in one
    assert f'<option value="{office.people["chen"]}">' in one
    assert f"/o/lead/{theirs}" in every
    assert f"/o/lead/{ours}" in one
    assert f"/o/lead/{theirs}" not in one
    assert 'name="person"' not in mei.get("/deadlines").text
    # Whoever is named, nobody sees more than they may.
    assert f"/o/lead/{theirs}" not in li.get(f"/deadlines?person={office.people['chen']}").text
