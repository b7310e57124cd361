"""What must hold when several write at once; each test starts real threads on a real database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import func

from fieldstone.base.errors import RefusedError
from fieldstone.base.ids import new_id
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Decision, Operation
from fieldstone.storage import engines
from fieldstone.storage.chain import broken_links, fs_audit
from fieldstone.storage.claim_ledger import Charge
from fieldstone.storage.database import Storage
from fieldstone.storage.errors import ClashError
from fieldstone.storage.journal import JournalEntry
from fieldstone.storage.transaction import RowUpdate
from tests.storage.builders import Site

RACERS = 8


def at_once(work: Callable[[int], object], racers: int = RACERS) -> list[object]:
    with ThreadPoolExecutor(racers) as pool:
        return list(pool.map(work, range(racers)))


def test_no_update_is_lost_when_eight_read_and_write_the_same_record(site: Site) -> None:
    lead = site.add("lead", name="张伟", score=0)

    def add_ten(_: int) -> None:
        for _ in range(10):
            with site.transaction() as transaction:
                score = transaction.rows("lead", [lead], lock=True)[lead]["score"]
                transaction.update("lead", [RowUpdate(lead, {"score": score + 1})])

    at_once(add_ten)

    assert site.row("lead", lead)["score"] == RACERS * 10


def test_of_eight_who_claim_one_lead_one_gets_it(site: Site) -> None:
    lead = site.add("lead", name="张伟", pool="public_pool")
    people = [new_id() for _ in range(RACERS)]

    def claim(racer: int) -> bool:
        with site.transaction() as transaction:
            values = {"owner": people[racer], "pool": None}
            update = RowUpdate(lead, values, where_owner_is_null=True, where_pool="public_pool")
            return bool(transaction.update("lead", [update]))

    results = at_once(claim)

    assert results.count(True) == 1
    assert site.row("lead", lead)["owner"] == people[results.index(True)]


MOST = 10
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class LostError(Exception):
    """The record of a claim was gone."""


def claimed(site: Site, *, lost: bool) -> bool:
    """Take one of the quota, and undo it when the record turns out to be gone."""
    with site.transaction() as transaction:
        transaction.hold("claims", ["u-1"])
        if transaction.spent("claims", "claims", "u-1", LONG_AGO) >= MOST:
            return False
        transaction.claims.charge([Charge("claims", "claims", "u-1", transaction.now)])
        if lost:
            raise LostError
        return True


def test_a_quota_is_exact_in_a_race_and_a_failed_claim_spends_none_of_it(site: Site) -> None:
    def claim(racer: int) -> int:
        granted = 0
        for turn in range(5):
            with suppress(LostError):
                granted += claimed(site, lost=(racer + turn) % 4 == 0)
        return granted

    granted = sum(int(str(one)) for one in at_once(claim))

    with site.transaction() as transaction:
        assert granted == transaction.spent("claims", "claims", "u-1", LONG_AGO) == MOST


def test_numbers_and_turns_are_given_once_each(site: Site) -> None:
    def take(_: int) -> tuple[list[int], int]:
        with site.transaction() as transaction:
            numbers = list(transaction.next_numbers("ticket", "number", "2026", 3))
            state = transaction.turns(["assign"])["assign"]
            turn = state.get("turn", 0)
            transaction.keep_turns({"assign": {"turn": turn + 3}})
            return numbers, turn

    taken = at_once(take)

    numbers = sorted(number for several, _ in taken for number in several)  # type: ignore[misc]
    assert numbers == list(range(1, RACERS * 3 + 1))
    assert sorted(turn for _, turn in taken) == list(range(0, RACERS * 3, 3))  # type: ignore[misc]


def test_two_requests_with_one_idempotency_key_do_the_work_once(site: Site) -> None:
    def post(_: int) -> object:
        with site.transaction() as transaction:
            kept = transaction.recall("u-1", "key-1")
            if kept is not None:
                return kept.outcome
            lead = new_id()
            transaction.insert("lead", [{"id": lead, "name": "张伟"}])
            transaction.remember("u-1", "key-1", "hash", {"id": lead})
            return {"id": lead}

    answers = at_once(post)

    assert len({str(answer) for answer in answers}) == 1


def test_of_two_who_write_one_unique_value_one_is_told(site: Site) -> None:
    def create(_: int) -> bool:
        try:
            site.add("lead", name="x", email="same@acme.cn")
        except RefusedError:
            return False
        return True

    assert at_once(create).count(True) == 1


def test_the_audit_chains_hold_when_many_write_at_once_and_show_what_was_altered(
    site: Site,
) -> None:
    def write(racer: int) -> None:
        for turn in range(4):
            changes = {"name": (None, f"张伟 {racer}.{turn}")}
            because = Label("by hand", "手工")
            with site.transaction() as transaction:
                transaction.journal(
                    [
                        JournalEntry(
                            "lead",
                            new_id(),
                            Operation.CREATE,
                            1,
                            changes,
                            (Decision("r", "grading", 1, because),),
                        )
                        for _ in range(3)
                    ]
                )

    at_once(write)

    with site.storage.connection() as connection:
        assert list(broken_links(connection)) == []
        altered = func.replace(fs_audit.c.changes, "3.1", "3.2")
        touched = fs_audit.c.changes.contains("3.1")
        connection.execute(fs_audit.update().where(touched).values(changes=altered))
        assert len(list(broken_links(connection))) == 3
        connection.rollback()
    with site.storage.connection() as connection:
        connection.exec_driver_sql("DELETE FROM fs_audit WHERE place = 2")
        assert list(broken_links(connection))
        connection.rollback()


def test_sums_are_right_when_many_add_to_one_record(site: Site) -> None:
    lead = site.add("lead", name="张伟", calls=0, minutes=0)

    def call(_: int) -> None:
        row = {"id": new_id(), "lead": lead, "kind": "call", "minutes": 5}
        with site.transaction() as transaction:
            transaction.insert("activity", [row])
            for object_name, values in transaction.rollups("activity", [(None, row)]).items():
                updates = [RowUpdate(i, v, counts=False) for i, v in values.items()]
                transaction.update(object_name, updates)

    at_once(call)

    row = site.row("lead", lead)
    assert (row["calls"], row["minutes"], row["version"]) == (8, 40, 1)


def test_a_writer_that_finds_no_room_is_told_so(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)
    site = Site(sqlite_url)
    other = Storage(sqlite_url, secret_key="a secret key for tests")
    with other.connection(), pytest.raises(ClashError) as elsewhere:
        site.add("lead", name="x")
    with site.storage.connection(), pytest.raises(ClashError) as here:
        site.add("lead", name="x")

    assert [one.value.problems[0].code for one in (elsewhere, here)] == ["busy", "busy"]
    other.close()
    site.storage.close()
