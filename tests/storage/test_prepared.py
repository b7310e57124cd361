"""Writes that wait are sent before anybody could see that they did not happen yet, and all of them with the commit."""

from __future__ import annotations

import sys
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, func, select

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Effect, LedgerEntry, TimerRequest
from fieldstone.storage.ahead import AHEAD
from fieldstone.storage.at_once import CHANGED, STREAMED
from fieldstone.storage.counters import fs_ledger
from fieldstone.storage.errors import ClashError
from fieldstone.storage.keeping import RowUpdate
from fieldstone.storage.outbox import fs_outbox
from fieldstone.storage.prepared import waiting_of
from fieldstone.storage.search import matching
from fieldstone.storage.timers import Timers
from fieldstone.storage.transaction import Transaction
from tests.storage.builders import NOW, Site

NASTY = 'tab\there, line\nbreak, back\\slash, "quotes", \\N and 石头'


def points(record: str, count: int) -> list[tuple[str, LedgerEntry]]:
    return [(record, LedgerEntry("fit", f"item{at}\t{NASTY}", at)) for at in range(count)]


def ledger(connection: Connection) -> list[tuple[str, int]]:
    asked = select(fs_ledger.c.item, fs_ledger.c.points).order_by(fs_ledger.c.points)
    return [(item, value) for item, value in connection.execute(asked)]


@pytest.mark.parametrize("count", [1, 2, STREAMED, AHEAD])
def test_few_rows_and_many_arrive_as_they_were(site: Site, count: int) -> None:
    record = new_id()
    with site.transaction() as transaction:
        transaction.ledger("lead", points(record, count))

    with site.storage.looking() as connection:
        found = ledger(connection)
    assert found == [(f"item{at}\t{NASTY}", at) for at in range(count)]


@pytest.mark.parametrize("count", [1, 2, STREAMED])
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


def many(transaction: Transaction, count: int = AHEAD) -> None:
    """Write so much that it sets out at once where the database takes it beside our work."""
    transaction.ledger("lead", points(new_id(), count))
    on_postgresql = transaction.connection.dialect.name == "postgresql"
    assert bool(waiting_of(transaction.connection).ahead) is on_postgresql


def many_and_an_error(site: Site) -> None:
    with site.transaction() as transaction:
        many(transaction)
        raise ValueError("no")


def many_of_whom_one_is_known(site: Site) -> None:
    with site.transaction() as transaction:
        rows = [{"id": new_id(), "name": str(place)} for place in range(AHEAD)]
        transaction.insert("lead", [*rows, {"id": new_id(), "email": "zhang@example.com"}])
        transaction.ledger("lead", points(new_id(), AHEAD))


def many_on_a_connection_that_is_cut(site: Site) -> None:
    with site.transaction() as transaction:
        own = transaction.connection.execute(select(func.pg_backend_pid())).scalar_one()
        with site.storage.looking() as other:
            other.execute(select(func.pg_terminate_backend(own, 5000)))
        transaction.ledger("lead", points(new_id(), AHEAD))


def test_what_is_on_its_way_is_seen_by_whoever_asks_and_comes_before_what_was_written_later(
    site: Site,
) -> None:
    with site.transaction() as transaction:
        many(transaction)
        transaction.ledger("lead", points(new_id(), 1))
        many(transaction, AHEAD + 1)
        asked = select(func.count()).select_from(fs_ledger)
        assert transaction.connection.execute(asked).scalar_one() == 2 * AHEAD + 2
        assert not waiting_of(transaction.connection).ahead
        many(transaction)

    with site.storage.looking() as connection:
        assert len(ledger(connection)) == 3 * AHEAD + 2


def test_while_many_rows_are_on_their_way_something_else_is_done_once_and_in_no_other_transaction(
    site: Site,
) -> None:
    done: list[int] = []
    with site.transaction() as transaction:
        transaction.meanwhile(lambda: done.append(1))
        many(transaction)
        transaction.connection.execute(select(1))
        many(transaction)
    on_postgresql = site.storage.dialect == "postgresql"
    assert done == ([1] if on_postgresql else [])

    with site.transaction() as transaction:
        transaction.meanwhile(lambda: done.append(2))
    with site.transaction() as transaction:
        transaction.meanwhile(lambda: done.append(3))
        transaction.connection.rollback()
    with site.transaction() as transaction:
        many(transaction)
    assert not {2, 3}.intersection(done)


def test_what_is_on_its_way_is_undone_with_its_transaction_or_savepoint(site: Site) -> None:
    with site.transaction() as transaction:
        many(transaction)
        transaction.connection.rollback()
    with pytest.raises(ValueError, match="no"):
        many_and_an_error(site)
    with site.transaction() as transaction:
        savepoint = transaction.connection.begin_nested()
        many(transaction)
        savepoint.rollback()
        transaction.ledger("lead", points(new_id(), 1))

    with site.storage.looking() as connection:
        assert len(ledger(connection)) == 1


def test_of_many_rows_on_their_way_one_whose_value_is_taken_is_told_and_none_stays(
    site: Site,
) -> None:
    site.add("lead", name="张伟", email="zhang@example.com")
    turns = sys.getswitchinterval()

    with pytest.raises(ClashError) as refused:
        many_of_whom_one_is_known(site)

    assert refused.value.problems[0].path == "email"
    assert sys.getswitchinterval() == turns
    with site.storage.looking() as connection:
        assert not ledger(connection)
        found = select(func.count()).select_from(site.tables["lead"].table)
        assert connection.execute(found).scalar_one() == 1


def test_a_server_that_goes_away_meanwhile_is_told_as_such(postgres_url: str) -> None:
    site = Site(postgres_url)
    with pytest.raises(ClashError) as refused:
        many_on_a_connection_that_is_cut(site)

    assert refused.value.status == 503
    with site.transaction() as transaction:
        many(transaction)
    with site.storage.looking() as connection:
        assert len(ledger(connection)) == AHEAD
    site.storage.close()


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


@pytest.mark.parametrize("count", [CHANGED - 1, CHANGED, 3 * CHANGED])
def test_many_changed_rows_get_each_their_own_values(site: Site, count: int) -> None:
    ids = [new_id() for _ in range(count)]
    with site.transaction() as transaction:
        transaction.insert("lead", [{"id": one, "name": "张伟"} for one in ids])
    told = [
        {"company": f"{NASTY} {place}", "budget": Decimal(place) / 100, "tags": ("a", str(place))}
        for place in range(count)
    ]

    with site.transaction() as transaction:
        transaction.update(
            "lead",
            [
                RowUpdate(one, values, row={"id": one, "name": "张伟", **values})
                for one, values in zip(ids, told, strict=True)
            ],
        )

    rows = [site.row("lead", one) for one in ids]
    assert [{code: row[code] for code in told[0]} for row in rows] == told
    assert {row["version"] for row in rows} == {2}


def test_timers_are_set_moved_and_removed_by_the_hundred_and_the_last_word_counts(
    site: Site,
) -> None:
    ids = [new_id() for _ in range(100)]
    with site.transaction() as transaction:
        transaction.timers([("lead", one, TimerRequest("late", "due", NOW)) for one in ids])

    with site.transaction() as transaction:
        later = NOW + timedelta(days=1)
        moved = [("lead", one, TimerRequest("late", "due", later, {"n": 1})) for one in ids[50:]]
        gone = [("lead", one, TimerRequest("late", "due", None)) for one in ids[:50]]
        transaction.timers([*moved, *gone])
        transaction.timers([("lead", ids[99], TimerRequest("late", "due", None))])
        transaction.timers([("lead", ids[0], TimerRequest("late", "due", later, {"n": 1}))])

    with site.storage.looking() as connection:
        timers = Timers(connection, connection.dialect.name)
        standing = {one: timers.of(one) for one in ids}
    left = {one: [(timer.due, timer.payload) for timer in found] for one, found in standing.items()}
    expected = {ids[0], *ids[50:99]}
    assert left == {one: [(later, {"n": 1})] if one in expected else [] for one in ids}


def test_a_row_that_is_changed_twice_at_once_ends_as_the_second_change_says(site: Site) -> None:
    ids = [site.add("lead", name=str(place)) for place in range(CHANGED)]
    twice = [*ids, ids[0]]

    with site.transaction() as transaction:
        updates = [
            RowUpdate(one, {"company": str(place)}, row={"id": one, "company": str(place)})
            for place, one in enumerate(twice)
        ]
        transaction.update("lead", updates)

    row = site.row("lead", ids[0])
    assert (row["company"], row["version"]) == (str(CHANGED), 3)
