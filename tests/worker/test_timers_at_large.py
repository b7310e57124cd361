"""Deadlines that fall due together are settled together: the database is asked as often for sixty records as for twenty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest

from fieldstone.changes.nouns import Change, Operation
from fieldstone.worker import timers
from tests.company import Company, site_of

RULE = "follow_up_in_time"
STATEMENTS = 25
"""What the core's rules ask and write for one batch, however long; points that follow from it are a second wave of it."""


def overdue(company: Company, count: int) -> None:
    """Enter leads of one owner whose follow-up is missed; nothing else is due."""
    leads = [
        Change(
            "lead",
            Operation.CREATE,
            {
                "name": f"Lead {count} {n}",
                "owner": company.ids["li"],
                "channel": company.ids["website"],
            },
            trusted=True,
            allow_duplicate=True,
        )
        for n in range(count)
    ]
    outcomes = company.submit(*leads)
    assert not [one.problems for one in outcomes if one.problems]
    company.now += timedelta(days=21)
    with company.storage.connection() as connection:
        connection.exec_driver_sql(f"DELETE FROM fs_timer WHERE rule <> '{RULE}' OR kind <> 'due'")
        due = "UPDATE fs_timer SET due = %(due)s"
        connection.exec_driver_sql(due, {"due": company.now - timedelta(minutes=5)})


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is sent to PostgreSQL: a statement that is sent for each of several rows stands there as often."""
    said: list[str] = []

    def noted(name: str, count: Callable[..., int]) -> None:
        plain = getattr(psycopg.Cursor, name)

        def called(self: object, query: object, *args: object, **more: object) -> object:
            said.extend([str(query)] * count(*args))
            return plain(self, query, *args, **more)

        monkeypatch.setattr(psycopg.Cursor, name, called)

    noted("execute", lambda *_: 1)
    noted("copy", lambda *_: 1)
    noted("executemany", lambda rows, *_: len(list(rows)))
    return said


def test_many_missed_deadlines_take_as_many_statements_as_few(
    company_on_postgres: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = company_on_postgres
    assert timers.act_on_due_timers(site_of(company)) == 0  # connected
    said = counting(monkeypatch)
    sent = {}
    for count in (20, 60):
        overdue(company, count)
        said.clear()
        assert timers.act_on_due_timers(site_of(company)) == count
        # How often it looks for timers that nobody else takes is left to chance, and so is which connections lay idle
        # for so long that they are asked whether they live.
        chance = ("SELECT fs_timer.", "SELECT 1")
        sent[count] = [one for one in said if not one.startswith(chance)]
        with company.storage.connection() as connection:
            owned = "SELECT count(*) FROM o_lead WHERE owner IS NOT NULL"
            assert connection.exec_driver_sql(owned).scalar_one() == 0

    assert len(sent[60]) <= len(sent[20]) <= STATEMENTS, "\n".join(one[:120] for one in sent[60])
