"""The core's rules on a real database: a lead arrives, waits, is recalled; tickets are answered in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Change, Context, Operation, Outcome
from fieldstone.evolution.bring_up import bring_up
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.due_timers import DueTimers
from fieldstone.storage.outbox import fs_outbox
from fieldstone.writes.pipeline import Writes
from tests.builders import the_core

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai


@dataclass
class Company:
    """A team of the north with two salespeople, their manager, a service agent, and one channel."""

    storage: Storage
    model: Model
    now: datetime = START
    ids: dict[str, str] = field(default_factory=dict)

    def create(self, object_name: str, actor: Actor = SYSTEM_ACTOR, **values: object) -> Outcome:
        return self.submit(
            Change(object_name, Operation.CREATE, values, trusted=True), actor=actor
        )[0]

    def update(self, object_name: str, record_id: str | None, **values: object) -> Outcome:
        return self.submit(Change(object_name, Operation.UPDATE, values, record_id, trusted=True))[
            0
        ]

    def submit(self, *changes: Change, actor: Actor = SYSTEM_ACTOR) -> tuple[Outcome, ...]:
        outcomes = Writes(self.storage).submit(Context(actor, self.now), self.model, changes)
        assert [outcome.problems for outcome in outcomes if outcome.refused] == []
        return outcomes

    def lead(self, name: str = "王小明", **values: object) -> Outcome:
        given = {"mobile": "13800138000", "channel": self.ids["channel"], "region": "north"}
        return self.create("lead", name=name, **{**given, **values})

    def good_lead(self) -> Outcome:
        return self.lead(
            email="w@example.com", company="西湖科技有限公司", need="CRM", budget="300000"
        )

    def row(self, object_name: str, record_id: str | None) -> dict[str, object]:
        context = Context(SYSTEM_ACTOR, self.now)
        with self.storage.transaction(self.storage.use(self.model), context) as transaction:
            return dict(transaction.rows(object_name, [str(record_id)])[str(record_id)])

    def wait(self, **time: float) -> None:
        """Let time pass and every timer act that is due by then."""
        self.now += timedelta(**time)
        context = Context(SYSTEM_ACTOR, self.now, "timer")
        with self.storage.looking() as connection:
            seen = DueTimers(connection).seen(self.now, 50)
        for one in seen:
            with Writes(self.storage).unit(context, self.model) as unit:
                unit.look_again([one])

    def payloads(self, who: str, topic: str) -> list[dict[str, object]]:
        """Return what is in the messages of one topic to one person."""
        wanted = select(fs_outbox.c.payload).where(
            fs_outbox.c.to == self.ids[who], fs_outbox.c.topic == topic
        )
        with self.storage.looking() as connection:
            return [dict(payload) for (payload,) in connection.execute(wanted)]

    def told(self) -> list[tuple[str, str]]:
        names = {record_id: name for name, record_id in self.ids.items()}
        with self.storage.looking() as connection:
            rows = connection.exec_driver_sql('SELECT "to", topic FROM fs_outbox ORDER BY id')
            return [(names.get(to, to), topic) for to, topic in rows]


@pytest.fixture
def company(database_url: str) -> Iterator[Company]:
    storage = Storage(database_url, secret_key="a secret key for tests only")
    model, _ = bring_up(storage, the_core(), START)
    here = Company(storage, model)
    ids = here.ids
    ids["channel"] = str(here.create("channel", name="Ads", code="ads", kind="paid").record_id)
    ids["team"] = str(here.create("team", name="North", code="north").record_id)
    ids["boss"] = _user(here, "boss", roles=["sales_manager"])
    for name in ("ann", "bo"):
        ids[name] = _user(here, name, roles=["sales"], team=ids["team"], manager=ids["boss"])
    ids["agent"] = _user(here, "agent", roles=["service"], manager=ids["boss"])
    yield here
    storage.close()


def _user(company: Company, name: str, **values: object) -> str:
    outcome = company.create("user", name=name.title(), email=f"{name}@example.com", **values)
    return str(outcome.record_id)


def decided(outcome: Outcome) -> dict[str, str]:
    return {decision.rule: decision.because.text("zh") for decision in outcome.decisions}


def test_a_good_lead_is_cleaned_graded_scored_assigned_and_gets_a_deadline_and_a_task(
    company: Company,
) -> None:
    lead = company.good_lead()

    row = company.row("lead", lead.record_id)
    assert (row["grade"], row["score"], row["owner"]) == ("good", 40, company.ids["ann"])
    assert set(decided(lead)) == {
        "lead_grading", "lead_scoring", "lead_assignment", "follow_up_in_time",
        "plan_follow_up", "welcome_task", "lead_interest", "company_facts_of_leads",
    }  # fmt: skip
    assert decided(lead)["lead_assignment"] == "Ann（北区团队）：轮到该成员（2 人中第 1 位）"
    assert decided(lead)["follow_up_in_time"].startswith("截止时间 2026-03-02 15:30")
    assert ("ann", "assigned") in company.told()
    assert [one["name"] for one in company.payloads("ann", "assigned")] == [row["name"]]


def test_the_task_of_a_lead_that_somebody_else_added_is_in_its_owner_s_language(
    company: Company,
) -> None:
    company.update("user", company.ids["ann"], language="zh")
    company.good_lead()

    with company.storage.looking() as connection:
        subjects = connection.exec_driver_sql("SELECT f_subject FROM o_activity").scalars().all()
    assert subjects == ["联系 王小明"]


def test_a_batch_of_leads_is_shared_fairly_and_the_next_one_goes_on(company: Company) -> None:
    changes = [
        Change(
            "lead",
            Operation.CREATE,
            {"name": f"L{n}", "region": "north", "channel": company.ids["channel"]},
        )
        for n in range(21)
    ]

    outcomes = company.submit(*changes)

    owners = Counter(str(outcome.record["owner"]) for outcome in outcomes)
    assert owners == {company.ids["ann"]: 11, company.ids["bo"]: 10}
    assert company.lead().record["owner"] == company.ids["bo"]


def test_a_lead_nobody_followed_up_returns_to_the_pool_after_a_reminder(company: Company) -> None:
    lead = company.good_lead()

    company.wait(hours=4.6)
    company.wait(hours=1)

    row = company.row("lead", lead.record_id)
    assert (row["owner"], row["pool"], row["returns"]) == (None, "public_pool", 1)
    assert ("ann", "reminder") in company.told()
    assert ("boss", "reminder") in company.told()
    assert ("ann", "recalled") in company.told()


def test_a_call_in_time_keeps_the_lead_and_scores(company: Company) -> None:
    lead = company.good_lead()
    company.now += timedelta(hours=2)
    company.create(
        "activity",
        kind="call",
        subject="Called",
        minutes=5,
        lead=lead.record_id,
        owner=company.ids["ann"],
    )

    company.wait(hours=5)

    row = company.row("lead", lead.record_id)
    assert row["owner"] == company.ids["ann"]
    assert row["calls"] == 1
    assert ("ann", "recalled") not in company.told()


@pytest.mark.parametrize(
    "pretended",
    [
        {"kind": "note", "subject": "A long note about how busy I was all day"},
        {"kind": "call", "subject": "Called", "outcome": "no_answer"},
        {"kind": "meeting", "subject": "ok"},
    ],
)
def test_a_pretended_follow_up_does_not_stop_the_clock(
    company: Company, pretended: dict[str, object]
) -> None:
    lead = company.good_lead()
    company.now += timedelta(hours=2)
    company.create("activity", lead=lead.record_id, owner=company.ids["ann"], **pretended)

    company.wait(hours=4)

    assert company.row("lead", lead.record_id)["pool"] == "public_pool"


def test_a_follow_up_that_is_deleted_again_starts_the_old_clock_again(company: Company) -> None:
    lead = company.good_lead()
    company.now += timedelta(hours=2)
    call = company.create(
        "activity", kind="call", subject="Called", minutes=5, lead=lead.record_id,
        owner=company.ids["ann"],
    )  # fmt: skip
    company.submit(Change("activity", Operation.DELETE, {}, call.record_id, trusted=True))

    company.wait(hours=4)

    assert company.row("lead", lead.record_id)["pool"] == "public_pool"


def test_after_a_follow_up_the_next_one_is_due(company: Company) -> None:
    lead = company.good_lead()
    company.now += timedelta(hours=2)
    company.create(
        "activity", kind="call", subject="Called", minutes=5, lead=lead.record_id,
        owner=company.ids["ann"],
    )  # fmt: skip
    company.wait(days=3, hours=-1)
    assert company.row("lead", lead.record_id)["owner"] == company.ids["ann"]

    company.wait(hours=3)

    assert company.row("lead", lead.record_id)["pool"] == "public_pool"


def test_the_owner_of_the_customer_hears_of_a_second_lead_and_the_feed_keeps_it(
    company: Company,
) -> None:
    customer = company.create(
        "customer", name="西湖科技", phone="13800138000", owner=company.ids["bo"]
    )

    lead = company.good_lead()

    assert decided(lead)["lead_duplicate"] == "客户“西**”的手机相同"
    assert ("bo", "duplicate") in company.told()
    context = Context(SYSTEM_ACTOR, company.now)
    with company.storage.transaction(company.storage.use(company.model), context) as transaction:
        notes = transaction.children(
            "customer", [str(customer.record_id)], "activities", {"kind", "owner"}
        )
    assert [note["kind"] for note in notes[str(customer.record_id)]] == ["note"]


def test_two_leads_of_one_batch_with_one_number_are_told_apart(company: Company) -> None:
    values = {"mobile": "138 0013 8000", "channel": company.ids["channel"]}
    first, second = company.submit(
        *(Change("lead", Operation.CREATE, {"name": name, **values}) for name in ("A", "B"))
    )

    assert "lead_duplicate" not in decided(first)
    assert decided(second)["lead_duplicate"] == "线索“A**”的手机相同"


def test_what_a_salesperson_enters_stays_theirs(company: Company) -> None:
    bo = Actor(company.ids["bo"], frozenset({"sales"}), "Bo")
    values = {
        "name": "X",
        "region": "north",
        "mobile": "13800138000",
        "channel": company.ids["channel"],
    }

    lead = company.create("lead", bo, **values)

    assert company.row("lead", lead.record_id)["owner"] == company.ids["bo"]


def test_a_poor_lead_of_no_region_waits_in_the_pool(company: Company) -> None:
    lead = company.lead(region=None)

    row = company.row("lead", lead.record_id)
    assert (row["grade"], row["owner"], row["pool"]) == ("poor", None, "public_pool")
    assert company.update("lead", lead.record_id, need="x").record["pool"] == "public_pool"


def test_a_ticket_goes_to_an_agent_and_its_first_answer_has_a_deadline(company: Company) -> None:
    urgent = company.create("ticket", subject="Down", kind="incident", priority="urgent")

    assert company.row("ticket", urgent.record_id)["owner"] == company.ids["agent"]
    assert (
        decided(urgent)["ticket_first_answer"]
        == "截止时间 2026-03-02 11:00：紧急级别 1 个工作小时内"
    )
    company.wait(hours=0.6)
    company.wait(hours=0.5)
    assert ("agent", "reminder") in company.told()
    assert ("boss", "reminder") in company.told()


def test_a_large_deal_that_is_won_is_told_to_the_manager(company: Company) -> None:
    deal = company.create(
        "opportunity",
        name="Big",
        amount="600000",
        owner=company.ids["ann"],
        stage="proposal",
        closes_on="2026-03-20",
    )

    company.update("opportunity", deal.record_id, stage="won")

    assert ("boss", "big_deal_won") in company.told()


def test_a_wrong_order_of_dates_is_refused(company: Company) -> None:
    change = Change(
        "opportunity",
        Operation.CREATE,
        {
            "name": "X",
            "owner": company.ids["ann"],
            "engaged_on": "2026-03-05",
            "closes_on": "2026-03-01",
        },
    )

    (outcome,) = Writes(company.storage).submit(
        Context(SYSTEM_ACTOR, START), company.model, [change]
    )

    assert [problem.code for problem in outcome.problems] == ["closes_after_it_began"]
