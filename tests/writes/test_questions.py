"""What a write asks of the database: nothing whose cost grows with what is stored, and nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Change, Operation
from fieldstone.storage.upkeep import look_at_values
from tests.actions.acting import with_rules
from tests.company import Company

MANY = 1_500
# With the core's rules. Each costs a tenth of a millisecond, and on PostgreSQL a way there and back.
MOST_QUESTIONS = 14
NEW_LEAD = {
    "name": "张伟",
    "mobile": "13900001111",
    "email": "zhang@example.cn",
    "company": "第三号贸易有限公司",
    "region": "east",
    "job_title": "总经理",
    "budget": "120000",
    "need": "A CRM for our branch in Shanghai.",
}


def fill(company: Company) -> None:
    """Store many leads, and let SQLite look at their values as a worker does every hour."""
    tables = company.storage.use(company.model)
    rows = [
        {
            "id": new_id(),
            "name": f"客户{number}",
            "mobile": f"+86138{number:08}",
            "email": f"c{number}@example.com",
            "company": f"第{number}号科技有限公司",
            "channel": company.ids["website"],
            "stage": "contacted",
            "owner": company.ids["wang"],
        }
        for number in range(MANY)
    ]
    with company.storage.transaction(tables, company.context()) as transaction:
        transaction.insert("lead", rows)
    if company.storage.dialect == "sqlite":
        with company.storage.connection() as connection:
            look_at_values(connection)


READS_THE_CROSSING = """
rules:
  lead_scoring:
    items:
      warm: {when: "lifecycle == 'marketing_lead'", points: 3, label: {en: Warm, zh: 已转化}}
"""


@contextmanager
def listening(company: Company) -> Iterator[list[str]]:
    """Give the statements that the writing connection is asked meanwhile, with their values in place."""
    said: list[str] = []
    with company.storage.connection() as connection:
        raw: Any = connection.connection.dbapi_connection
    raw.set_trace_callback(said.append)
    yield said
    raw.set_trace_callback(None)


def test_no_question_of_a_create_walks_a_table_that_grows(company_on_sqlite: Company) -> None:
    company = company_on_sqlite
    fill(company)

    with listening(company) as said:
        made = company.create("lead", channel=company.ids["website"], **NEW_LEAD)

    assert not made.problems, made.problems
    plans = {}
    with company.storage.connection() as connection:
        for statement in said:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
                plans[statement] = [str(step[3]) for step in plan]
    assert len(plans) > 10
    growing = ("o_lead", "fs_match_key", "fs_audit", "fs_decision", "fs_ledger", "fs_timer")
    walks = [
        (statement, step)
        for statement, plan in plans.items()
        for step in plan
        if step.startswith(tuple(f"SCAN {table}" for table in growing))
    ]
    assert walks == []
    counted = [plan for statement, plan in plans.items() if "SELECT count(*)" in statement]
    assert counted
    assert all(any("USING COVERING INDEX" in step for step in plan) for plan in counted)


def test_rules_look_at_a_new_record_once(company_on_sqlite: Company) -> None:
    company = company_on_sqlite

    with listening(company) as said:
        made = company.create("lead", channel=company.ids["website"], **NEW_LEAD)

    assert company.row("lead", made.record_id)["lifecycle"] == "marketing_lead"
    assert [one for one in said if "FROM fs_ledger" in one] == []  # asked of stored records only


def test_rules_look_again_if_one_of_them_reads_what_was_set_after_it(company: Company) -> None:
    reading = with_rules(company, READS_THE_CROSSING)
    leads = []
    for number, one in enumerate((company, reading)):
        given = {**NEW_LEAD, "mobile": f"1390000222{number}", "email": f"w{number}@example.cn"}
        made = one.create("lead", channel=company.ids["website"], **given)
        leads.append(company.row("lead", made.record_id))

    assert [lead["lifecycle"] for lead in leads] == ["marketing_lead", "marketing_lead"]
    assert leads[1]["score"] == int(str(leads[0]["score"])) + 3


def test_a_create_asks_nothing_twice(company_on_sqlite: Company) -> None:
    company = company_on_sqlite
    above = company.create("department", name="Sales")
    below = company.create("department", name="North", parent=above.record_id)
    for person in ("li", "wang", "mei"):
        company.update("user", company.ids[person], department=below.record_id)
    # The first of all leads makes the rows that remember the turns.
    first = {**NEW_LEAD, "name": "李娜", "mobile": "13900009999", "email": "li@example.org"}
    company.create("lead", channel=company.ids["website"], **first)

    with listening(company) as said:
        company.create("lead", channel=company.ids["website"], **NEW_LEAD)

    asked = Counter(one for one in said if one.startswith("SELECT"))
    assert [one for one, times in asked.items() if times > 1] == []
    assert len(asked) <= MOST_QUESTIONS


def a_batch(company: Company, size: int, kind: str) -> list[Change]:
    """Return new leads, of which every other one shares its number with a lead that somebody has."""
    return [
        Change(
            "lead",
            Operation.CREATE,
            {
                **NEW_LEAD,
                "name": f"客户{kind}{number}",
                "email": f"{kind}{number}@example.cn",
                "mobile": f"138{number:08}" if number % 2 else f"1{kind}{number:08}",
                "company": f"{kind}{number}号贸易有限公司",
                "region": ("north", "east", "south")[number % 3],
                "channel": company.ids["website"],
            },
        )
        for number in range(size)
    ]


def asked(company: Company, changes: list[Change], monkeypatch: pytest.MonkeyPatch) -> int:
    """Write a batch and return how many statements that took."""
    said: list[str] = []
    for name in ("execute", "executemany", "copy"):
        real: Any = getattr(psycopg.Cursor, name)

        def told(self: Any, query: Any, *more: Any, real: Any = real, **named: Any) -> Any:
            if query != "SELECT 1":  # whether a connection that lay idle is alive
                said.append(str(query))
            return real(self, query, *more, **named)

        monkeypatch.setattr(psycopg.Cursor, name, told)
    if company.storage.dialect == "sqlite":
        with listening(company) as every:
            outcomes = company.writes.submit(company.context(), company.model, changes)
        said = [one for one in every if one.startswith("SELECT")]  # rows are written one by one
    else:
        outcomes = company.writes.submit(company.context(), company.model, changes)
    monkeypatch.undo()
    assert [one.problems for one in outcomes if one.refused] == []
    return len(said)


def test_a_batch_ten_times_as_large_asks_no_more(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(company)
    asked(company, a_batch(company, 20, "31"), monkeypatch)  # statements are compiled

    few = asked(company, a_batch(company, 20, "32"), monkeypatch)
    many = asked(company, a_batch(company, 200, "33"), monkeypatch)

    assert few > MOST_QUESTIONS / 2
    # So many decisions set out before those about the tasks that follow, which then go by themselves.
    assert many <= few + 1
