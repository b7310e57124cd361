"""What a write asks of the database: nothing whose cost grows with what is stored, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fieldstone.base.ids import new_id
from fieldstone.storage.upkeep import look_at_values
from tests.company import Company

MANY = 1_500
NEW_LEAD = {
    "name": "张伟",
    "mobile": "13900001111",
    "email": "zhang@example.cn",
    "company": "第三号贸易有限公司",
    "region": "east",
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
    with company.storage.connection() as connection:
        look_at_values(connection)


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
