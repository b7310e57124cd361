"""Long work that has stopped: whoever asked is told, the studio points at it, and it goes on."""

from __future__ import annotations

import re

import pytest

from fieldstone.actions.long_work import BULK_UPDATE
from fieldstone.worker import bulk_update
from fieldstone.worker.turns import work_until_idle
from tests.web.pages.office import Office
from tests.worker.world import fail_for_good


def test_stopped_work_is_told_listed_and_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_update, "STEP", 1)
    leads = [office.a_lead(f"Lead {n}") for n in range(10)]
    work_until_idle(office.site)
    asked = {"object": "lead", "ids": leads, "values": {"remark": "Seen"}}
    job = office.site.queue.enqueue(BULK_UPDATE, asked, actor=office.people["admin"])
    admin = office.visitor("admin")
    assert (
        "Working" in admin.get("/studio/work").text
        or "In the queue" in admin.get("/studio/work").text
    )

    fail_for_good(office.site, monkeypatch)
    work_until_idle(office.site)

    note = re.search(
        r'href="(/inbox/[^"]+)">Change of many records has stopped', admin.get("/inbox").text
    )
    assert note is not None
    assert admin.get(note[1]).headers["Location"] == "/studio/work"
    assert "One piece of long work has stopped." in admin.get("/studio").text
    page = admin.get("/studio/work").text
    assert "ValueError: not today" in page
    assert "8 of 10" in page
    assert "批量修改记录" in office.visitor("admin", "zh").get("/studio/work").text

    assert admin.post(f"/studio/work/{job}/again").status_code == 303
    assert admin.post(f"/studio/work/{job}/again").status_code == 409
    work_until_idle(office.site)

    page = admin.get("/studio/work").text
    assert "Done" in page
    assert "has stopped" not in page
    assert "pieces of long work" not in admin.get("/studio").text


def test_only_administrators_see_long_work(office: Office) -> None:
    assert office.visitor("li").get("/studio/work").status_code == 403
