"""Somebody leaves: nobody signs in as them, their work goes to heirs, and what they earned stays theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from fieldstone.actions.contract import Call
from fieldstone.actions.leaving import handing
from fieldstone.actions.running import run
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.leaving import leaving_plan
from fieldstone.storage.timers import Timers
from fieldstone.worker.long_work import do_next_job
from tests.company import NOW, Company, open_company, site_of

DAY = timedelta(days=1)


@pytest.fixture
def company(database_url: str) -> Iterator[Company]:
    opened = open_company(database_url)
    boss = opened.ids["mei"]
    opened.update("user", opened.ids["li"], "admin", manager=boss)
    yield opened
    opened.storage.close()


def made(company: Company, object_name: str, **values: object) -> str:
    change = Change(object_name, Operation.CREATE, values, trusted=True)
    (outcome,) = company.submit(change, who="system")
    assert not outcome.problems
    return str(outcome.record_id)


def a_lead(company: Company, stage: str = "new", **values: object) -> str:
    number = f"1390013{len(company.storage_rows('lead')):04}"
    given = {"name": "Wang", "mobile": number, "channel": company.ids["website"], "stage": stage}
    change = Change(
        "lead",
        Operation.CREATE,
        {"owner": company.ids["li"], **given, **values},
        trusted=True,
        skip_rules=stage != "new",
    )
    return str(company.submit(change, who="system")[0].record_id)


def leave(company: Company, who: str = "li", by: str = "admin", **to: str) -> str:
    site = site_of(company)
    ctx, person = company.context(by), company.ids[who]
    call = Call(ctx, company.model, "user", person, {"to": to}, site.reads, site.writes)
    return run(site.vocabulary.actions, "offboard", call).others["job"]


def work(company: Company) -> None:
    while do_next_job(site_of(company), threading.Event()):
        pass


def owner(company: Company, object_name: str, record_id: str) -> object:
    row = company.row(object_name, record_id)
    found = row.get("owner")
    names = {one: name for name, one in company.ids.items()}
    return names.get(str(found), found) or row.get("pool")


def test_from_that_moment_nobody_signs_in_as_them(company: Company) -> None:
    site = site_of(company)
    person = company.ids["li"]
    cookie = site.identity.open_session(person, "127.0.0.1", "x", NOW).cookie
    token = site.identity.make_token(person, "x", NOW)

    leave(company)

    assert site.identity.session(cookie, NOW, company.model) is None
    assert site.identity.token(token, NOW, company.model) is None
    assert company.row("user", person)["active"] is False


def test_each_kind_goes_to_its_heir_and_what_is_closed_stays(company: Company) -> None:
    mine = {"owner": company.ids["li"]}
    working, converted = a_lead(company), a_lead(company, "converted")
    customer = made(company, "customer", name="West Lake", **mine)
    deal = made(company, "opportunity", name="CRM", customer=customer, amount="5", **mine)
    won = made(company, "opportunity", name="Won", amount="5", stage="won", **mine)

    leave(company, leads="user:wang@example.com")
    work(company)

    assert owner(company, "lead", working) == "wang"
    assert owner(company, "opportunity", deal) == "mei"
    assert owner(company, "customer", customer) == "mei"
    assert owner(company, "lead", converted) == "li"
    assert owner(company, "opportunity", won) == "li"


def test_tasks_follow_the_record_they_belong_to_and_none_is_orphaned(company: Company) -> None:
    lead = a_lead(company)
    task = {"kind": "task", "status": "open", "owner": company.ids["li"], "due_at": NOW + DAY}
    about = made(company, "activity", subject="Call", lead=lead, **task)
    alone = made(company, "activity", subject="Tidy up", **task)
    done = made(company, "activity", subject="Done", kind="call", owner=company.ids["li"])

    leave(company, leads="user:wang@example.com")
    work(company)

    assert owner(company, "activity", about) == "wang"
    assert owner(company, "activity", alone) == "mei"
    assert owner(company, "activity", done) == "li"


def test_without_a_manager_whoever_asked_takes_what_is_left(company: Company) -> None:
    customer = made(company, "customer", name="West Lake", owner=company.ids["wang"])

    leave(company, "wang")
    work(company)

    assert owner(company, "customer", customer) == "admin"


def test_running_deadlines_go_on_for_the_heir(company: Company) -> None:
    lead = a_lead(company)
    before = {one.kind: one.due for one in timers_of(company, lead, "follow_up_in_time")}

    leave(company, leads="user:wang@example.com")
    work(company)

    after = {one.kind: one.due for one in timers_of(company, lead, "follow_up_in_time")}
    assert before["due"] == after["due"]


def timers_of(company: Company, record_id: str, rule: str):
    with company.storage.looking() as connection:
        found = Timers(connection, company.storage.dialect).of(record_id)
    return [one for one in found if one.rule == rule]


def test_an_heir_may_have_had_it_before(company: Company) -> None:
    lead = a_lead(company, owner=company.ids["wang"])
    company.update("lead", lead, "admin", owner=company.ids["li"])

    leave(company, leads="user:wang@example.com")
    work(company)

    assert owner(company, "lead", lead) == "wang"


def test_leads_are_shared_by_the_assignment_rule_and_never_go_back(company: Company) -> None:
    leads = [a_lead(company, region="north") for _ in range(4)]

    leave(company)
    work(company)

    owners = {owner(company, "lead", one) for one in leads}
    assert "li" not in owners
    assert len(owners) > 1


def test_a_job_that_is_interrupted_goes_on_where_it_stopped(company: Company, monkeypatch) -> None:
    monkeypatch.setattr("fieldstone.worker.offboarding.AT_ONCE", 2)
    monkeypatch.setattr(handing, "AT_ONCE", 2)
    leads = [a_lead(company) for _ in range(5)]
    job = leave(company, leads="user:wang@example.com")
    stopping = threading.Event()
    stopping.set()

    do_next_job(site_of(company), stopping)
    part = [one for one in leads if owner(company, "lead", one) == "wang"]
    assert len(part) == 2
    work(company)

    status = site_of(company).queue.status(job)
    assert status is not None
    assert status.state == "done"
    assert status.progress["report"]["leads"]["to"] == {company.ids["wang"]: 5}  # type: ignore[index]
    assert {owner(company, "lead", one) for one in leads} == {"wang"}


def test_the_plan_counts_what_goes_and_what_stays(company: Company) -> None:
    a_lead(company)
    a_lead(company, "converted")
    with company.storage.transaction(
        company.storage.use(company.model), company.context("admin")
    ) as tx:
        plan = leaving_plan(tx, company.model, company.ids["li"])

    assert plan is not None
    counts = {share.hand_over.code: share.count for share in plan.shares if share.count}
    assert counts["leads"] == 1
    assert plan.stays["lead"] == 1


@pytest.mark.parametrize(
    ("by", "who", "to", "status"),
    [
        ("mei", "li", {}, 403),
        ("wang", "li", {}, 403),
        ("admin", "admin", {}, 409),
        ("admin", "li", {"dogs": "manager"}, 422),
        ("admin", "li", {"leads": "nobody"}, 422),
        ("admin", "li", {"leads": "pool:nowhere"}, 422),
        ("admin", "li", {"leads": "user:nobody@example.com"}, 422),
        ("admin", "li", {"leads": "user:li@example.com"}, 422),
        ("admin", "li", {"leads": "team:nowhere"}, 422),
    ],
)
def test_what_may_not_be_is_refused_and_the_person_stays(
    company: Company, by: str, who: str, to: dict[str, str], status: int
) -> None:
    with pytest.raises(RefusedError) as refused:
        leave(company, who, by, **to)

    assert refused.value.status == status
    assert company.row("user", company.ids[who])["active"] is not False


def test_whoever_is_switched_off_without_a_hand_over_is_told_of(company: Company) -> None:
    outcome = company.update("user", company.ids["li"], "admin", active=False)

    assert "leaving" in {decision.rule for decision in outcome.decisions}


def test_the_plan_refuses_heirs_who_cannot_take_it(company: Company) -> None:
    reads, ctx, li = site_of(company).reads, company.context("admin"), company.ids["li"]

    assert reads.leaving(ctx, company.model, li, {"leads": f"user:{company.ids['wang']}"})
    with pytest.raises(RefusedError) as refused:
        reads.leaving(ctx, company.model, li, {"leads": "user:nobody@example.com", "x": "manager"})

    assert [one.code for one in refused.value.problems] == ["no_heir", "unknown_hand_over"]
