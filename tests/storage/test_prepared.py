"""Writes that wait are sent before anybody could see that they did not happen yet, and all of them with the commit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Connection, func, select

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Effect, LedgerEntry
from fieldstone.storage.counters import fs_ledger
from fieldstone.storage.errors import ClashError
from fieldstone.storage.outbox import fs_outbox
from fieldstone.storage.prepared import MANY, waiting_of
from fieldstone.storage.search import matching
from tests.storage.builders import Site

NASTY = 'tab\there, line\nbreak, back\\slash, "quotes", \\N and 石头'


def points(record: str, count: int) -> list[tuple[str, LedgerEntry]]:
    return [(record, LedgerEntry("fit", f"item{at}\t{NASTY}", at)) for at in range(count)]


def ledger(connection: Connection) -> list[tuple[str, int]]:
    asked = select(fs_ledger.c.item, fs_ledger.c.points).order_by(fs_ledger.c.points)
    return [(item, value) for item, value in connection.execute(asked)]


@pytest.mark.parametrize("count", [1, 2, MANY, 3 * MANY])
def test_few_rows_and_many_arrive_as_they_were(site: Site, count: int) -> None:
    record = new_id()
    with site.transaction() as transaction:
        transaction.ledger("lead", points(record, count))

    with site.storage.looking() as connection:
        found = ledger(connection)
    assert found == [(f"item{at}\t{NASTY}", at) for at in range(count)]


@pytest.mark.parametrize("count", [1, 2, MANY])
def test_records_of_any_number_keep_their_values_and_are_found_by_their_words(
    site: Site, count: int
) -> None:
    values = {"company": NASTY, "budget": Decimal("0.07"), "tags": ("a", 'b"c'), "score": None}
    ids = [new_id() for _ in range(count)]
    with site.transaction() as transaction:
        transaction.insert("lead", [{"id": one, "name": "张伟", **values} for one in ids])

    rows = [site.row("lead", one) for one in ids]
    assert all({code: row[code] for code in values} == values for row in rows)
    asked = select(site.tables["lead"].columns["id"]).where(matching(site.tables, "lead", "张伟"))
    with site.storage.looking() as connection:
        assert sorted(connection.execute(asked).scalars()) == sorted(ids)


def test_a_write_that_waits_is_seen_by_whoever_asks_in_the_same_transaction(site: Site) -> None:
    record = new_id()
    with site.transaction() as transaction:
        transaction.insert("lead", [{"id": record, "name": "张伟"}])
        transaction.outbox([("lead", record, Effect("in_page", "someone", "hello"))])
        assert waiting_of(transaction.connection).entries

        rows = transaction.rows("lead", [record], names=["name"])
        asked = select(func.count()).select_from(fs_outbox)
        messages = transaction.connection.execute(asked).scalar_one()

    assert rows[record]["name"] == "张伟"
    assert messages == 1


def test_what_waits_goes_with_a_rollback_and_does_not_come_with_the_next_commit(site: Site) -> None:
    with site.transaction() as transaction:
        transaction.ledger("lead", points(new_id(), 3))
        transaction.connection.rollback()
    with site.transaction() as transaction:
        transaction.ledger("lead", points(new_id(), 1))

    with site.storage.looking() as connection:
        assert len(ledger(connection)) == 1


def test_what_waits_in_a_savepoint_is_undone_with_it_and_what_came_before_is_not(
    site: Site,
) -> None:
    with site.transaction() as transaction:
        transaction.ledger("lead", points(new_id(), 1))
        savepoint = transaction.connection.begin_nested()
        transaction.ledger("lead", points(new_id(), 5))
        savepoint.rollback()
        transaction.ledger("lead", points(new_id(), 2))

    with site.storage.looking() as connection:
        assert [value for _, value in ledger(connection)] == [0, 0, 1]


def test_a_value_that_is_taken_is_told_although_the_row_waited(site: Site) -> None:
    site.add("lead", name="张伟", email="zhang@example.com")

    with pytest.raises(ClashError) as refused:
        site.add("lead", name="李娜", email="zhang@example.com")

    assert refused.value.problems[0].path == "email"
