"""Scores and lifecycles of the core on real databases: events, judgement, time, and many writers at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from fieldstone.changes.nouns import Change, Operation
from fieldstone.storage.counters import fs_ledger
from fieldstone.storage.journal import fs_decision
from fieldstone.storage.timers import fs_timer
from fieldstone.worker.timers import act_on_due_timers
from tests.actions.acting import act, refusal
from tests.company import Company, open_company, site_of, with_site

DAY = timedelta(days=1)


def a_hot_lead(company: Company, **values: object) -> str:
    given = {
        "name": "王小明",
        "mobile": "13800138000",
        "email": "wang@example.com",
        "company": "精信软件",
        "need": "CRM",
        "industry": "software",
        "region": "north",
        "budget": "80000",
        "channel": company.ids["website"],
        "owner": company.ids["li"],
    }
    outcome = company.create("lead", **{**given, **values})
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)


def happened(company: Company, lead: str, kind: str, number: int, at: datetime) -> Change:
    del company
    values = {"kind": kind, "lead": lead, "occurred_at": at, "event_id": f"e{number}"}
    return Change("engagement", Operation.CREATE, values)


def ledger(company: Company, lead: str) -> int:
    with company.storage.connection() as connection:
        asked = select(func.sum(fs_ledger.c.points)).where(fs_ledger.c.record == lead)
        return int(connection.execute(asked).scalar() or 0)


def crossings(company: Company, lead: str, rule: str) -> int:
    with company.storage.connection() as connection:
        asked = select(func.count()).where(fs_decision.c.record == lead, fs_decision.c.rule == rule)
        return int(connection.execute(asked).scalar_one())


def test_an_event_gives_its_points_at_once_and_a_repeated_one_none(company: Company) -> None:
    lead = a_hot_lead(company)
    before = company.row("lead", lead)["score"]

    first = company.submit(happened(company, lead, "form", 1, company.now - DAY))[0]
    again = company.submit(happened(company, lead, "form", 1, company.now - DAY))[0]

    assert not first.problems
    assert [problem.code for problem in again.problems] == ["not_unique"]
    assert company.row("lead", lead)["score"] == before + 10 == ledger(company, lead)


def test_bad_luck_30_late_shuffled_and_bot_events_come_to_the_same_score(company: Company) -> None:
    one, other = a_hot_lead(company), a_hot_lead(company, mobile="13800138001")
    kinds = ("page_view", "pricing_view", "email_click", "email_open", "webinar", "download")
    told = [(kind, company.now - n * DAY) for n in range(8) for kind in kinds]
    shuffled = Random(4).sample(told, len(told))
    machine = happened(company, other, "pricing_view", 9999, company.now - 30 * DAY)
    machine = replace(machine, values={**machine.values, "user_agent": "Googlebot/2.1"})

    for n, (kind, at) in enumerate(told):
        company.submit(happened(company, one, kind, n, at))
    company.submit(
        *(happened(company, other, k, 500 + n, at) for n, (k, at) in enumerate(shuffled))
    )
    company.submit(machine)

    assert company.row("lead", one)["score"] == company.row("lead", other)["score"]
    assert company.row("lead", one)["engagement_score"] == 50


def test_a_deleted_or_moved_event_takes_its_points_along(company: Company) -> None:
    one, other = a_hot_lead(company), a_hot_lead(company, mobile="13800138001")
    before = company.row("lead", one)["score"]
    event = company.submit(happened(company, one, "form", 1, company.now))[0].record_id

    company.update("engagement", event, lead=other)
    moved = company.row("lead", one)["score"], company.row("lead", other)["score"]
    company.delete("engagement", event)

    assert moved == (before, before + 10)
    assert company.row("lead", other)["score"] == before


def test_points_make_a_sales_lead_once_and_time_takes_it_back(company: Company) -> None:
    lead = a_hot_lead(company)
    kinds = ("form", "chat", "webinar", "download")
    company.submit(*(happened(company, lead, k, n, company.now) for n, k in enumerate(kinds)))

    row = company.row("lead", lead)
    assert (row["lifecycle"], crossings(company, lead, "lead_sales_ready")) == ("sales_lead", 1)
    assert row["sales_lead_at"] == row["marketing_lead_at"] == company.now
    with company.storage.connection() as connection:
        kinds_of = select(fs_timer.c.kind).where(fs_timer.c.record == lead)
        assert "fade" in set(connection.execute(kinds_of).scalars())

    company.now += 400 * DAY
    company.submit(Change("lead", Operation.UPDATE, {"job_title": "工程师"}, lead))

    cold = company.row("lead", lead)
    assert (cold["lifecycle"], cold["engagement_score"]) == ("marketing_lead", 0)
    assert cold["sales_lead_at"] == row["sales_lead_at"]
    assert crossings(company, lead, "lead_sales_ready") == 2


def test_a_worker_lets_points_fade_when_nobody_touches_the_record(company: Company) -> None:
    lead = a_hot_lead(company)
    kinds = ("form", "chat", "webinar", "download")
    company.submit(*(happened(company, lead, k, n, company.now) for n, k in enumerate(kinds)))
    before, gone = company.row("lead", lead), {"owner": None, "pool": "dead_pool"}
    company.submit(Change("lead", Operation.UPDATE, gone, lead, trusted=True))

    company.now += 61 * DAY
    worked = act_on_due_timers(site_of(company))

    after = company.row("lead", lead)
    assert worked
    assert after["engagement_score"] < before["engagement_score"]
    assert after["score"] == ledger(company, lead)


def test_a_worker_lets_a_lead_rise_once_it_has_dwelt_long_enough(company: Company) -> None:
    lead = a_sales_lead(company)
    act(company, "li", "judge_worthless", lead, reason="too_early")
    assert company.row("lead", lead)["lifecycle"] == "nurturing"

    company.now += 31 * DAY
    assert act_on_due_timers(site_of(company))

    assert company.row("lead", lead)["lifecycle"] != "nurturing"


def test_a_lead_that_was_nurtured_into_a_sales_lead_goes_back_to_somebody(company: Company) -> None:
    lead = a_sales_lead(company)
    act(company, "li", "judge_worthless", lead, reason="too_early")
    assert company.row("lead", lead)["pool"] == "nurture_pool"

    company.now += 31 * DAY
    act_on_due_timers(site_of(company))
    kinds = ("form", "chat", "webinar", "download", "pricing_view")
    company.submit(*(happened(company, lead, k, 7 * n, company.now) for n, k in enumerate(kinds)))
    company.now += 2 * DAY
    while act_on_due_timers(site_of(company)):
        pass
    row = company.row("lead", lead)

    assert row["lifecycle"] == "sales_lead"
    assert row["pool"] != "nurture_pool"
    assert row["owner"] or row["pool"] == "public_pool"


def test_points_for_what_an_automation_counts_are_given_by_the_same_write(company: Company) -> None:
    lead = a_hot_lead(company)
    before = company.row("lead", lead)["score"]

    act(company, "li", "release", lead)

    row = company.row("lead", lead)
    assert (row["returns"], row["score"]) == (1, before - 5)
    assert ledger(company, lead) == row["score"]


def a_sales_lead(company: Company) -> str:
    lead = a_hot_lead(company, urgency="high", employees=300)
    number = Random(lead).randrange(10**9)
    kinds = ("form", "chat", "webinar", "download")
    company.submit(
        *(happened(company, lead, k, number + n, company.now) for n, k in enumerate(kinds))
    )
    assert company.row("lead", lead)["lifecycle"] == "sales_lead"
    return lead


def test_a_worthless_lead_loses_points_and_goes_back_to_nurturing(company: Company) -> None:
    lead = a_sales_lead(company)
    before = company.row("lead", lead)

    result = act(company, "li", "judge_worthless", lead, reason="too_early")

    row = company.row("lead", lead)
    assert result.message.en == "Now Nurturing."
    assert (row["lifecycle"], row["recycles"], row["recycle_reason"]) == (
        "nurturing",
        1,
        "too_early",
    )
    assert (row["owner"], row["pool"], row["returns"]) == (None, "nurture_pool", 0)
    assert row["score"] == before["score"] - 30 == ledger(company, lead)


def test_it_is_judged_once_per_cycle_by_its_owner_or_a_manager_with_a_known_reason(
    company: Company,
) -> None:
    lead = a_sales_lead(company)

    assert refusal(company, "wang", "judge_worthless", lead, reason="too_early")[0] == 404
    assert refusal(company, "li", "judge_worthless", lead, reason="so what")[0] == 422
    act(company, "admin", "judge_worthless", lead, reason="too_early")
    status, problem = refusal(company, "admin", "judge_worthless", lead, reason="too_early")

    assert (status, problem.code) == (409, "not_judgeable")
    assert company.row("lead", lead)["recycles"] == 1


def test_after_three_judgements_the_fourth_is_for_good(company: Company) -> None:
    lead = a_sales_lead(company)
    for turn in range(4):
        company.submit(
            Change(
                "lead",
                Operation.UPDATE,
                {
                    "lifecycle": "sales_lead",
                    "recycles": turn,
                },
                lead,
                trusted=True,
            ),
            who="system",
        )
        act(company, "admin", "judge_worthless", lead, reason="not_reached")

    assert company.row("lead", lead)["lifecycle"] == "disqualified"


def test_no_point_is_lost_or_counted_twice_when_events_come_from_many_at_once(
    company_on_postgres: Company,
) -> None:
    company, writers, each = company_on_postgres, 8, 6
    leads = [a_hot_lead(company, mobile=f"1380013800{n}") for n in range(2)]
    before = [company.row("lead", one)["score"] for one in leads]
    start = threading.Barrier(writers)

    def write(writer: int) -> list[object]:
        start.wait()
        found: list[object] = []
        for n in range(each):
            at = company.now - timedelta(days=(writer * each + n) % 9)
            # Half of the events are told twice, by two writers at the same moment.
            number = (writer // 2 if n % 2 else writer) * 100 + n
            change = happened(company, leads[n % 2], "page_view", number, at)
            found += company.submit(change)[0].problems
            if n == 3:
                company.submit(Change("lead", Operation.UPDATE, {"city": "beijing"}, leads[0]))
        return found

    with ThreadPoolExecutor(writers) as pool:
        problems = [one for several in pool.map(write, range(writers)) for one in several]

    assert {problem.code for problem in problems} <= {"not_unique"}  # type: ignore[attr-defined]
    for lead, was in zip(leads, before, strict=True):
        row = company.row("lead", lead)
        assert row["score"] == ledger(company, lead) > was
    again = company.submit(
        *(Change("lead", Operation.UPDATE, {}, one, trusted=True) for one in leads)
    )
    assert all(outcome.unchanged for outcome in again)


BIG_NEED = """
rules:
  big_need:
    kind: automation
    object: lead
    label: {en: A big need is urgent, zh: 大需求优先}
    changed: employees
    when: "employees >= 50"
    set: {urgency: "'high'"}
"""


@pytest.fixture
def strict(database_url: str) -> Iterator[Company]:
    """A company with a rule that sets what others count."""
    opened = with_site(open_company(database_url), database_url, BIG_NEED)
    yield opened
    opened.storage.close()


def test_points_follow_in_the_same_write_from_what_an_automation_sets(strict: Company) -> None:
    lead = a_hot_lead(strict)
    before = strict.row("lead", lead)

    (outcome,) = strict.submit(Change("lead", Operation.UPDATE, {"employees": 80}, lead))

    after = strict.row("lead", lead)
    assert after["urgency"] == "high"
    assert after["score"] == before["score"] + 15  # urgent
    assert [one.rule for one in outcome.decisions][:2] == ["big_need", "lead_scoring"]
    assert (outcome.version, outcome.record["score"]) == (after["version"], after["score"])
    again = Change(
        "lead", Operation.UPDATE, {"need": "ERP"}, lead, expected_version=outcome.version
    )
    assert not strict.submit(again)[0].problems
