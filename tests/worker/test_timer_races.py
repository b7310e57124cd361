"""Deadlines under bad luck: a follow-up at the same moment, two schedulers, a scheduler that was down for days."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest

from fieldstone.changes.nouns import Change, Operation
from fieldstone.site import Site
from fieldstone.storage.due_timers import DueTimers
from fieldstone.worker import timers
from fieldstone.worker.turns import work_until_idle
from tests.worker.world import a_person, a_site, created, leads_of, move_clock, rows, timers_left


@pytest.fixture
def two(postgres_url: str) -> Iterator[tuple[Site, Site]]:
    """Two processes' views of one company on PostgreSQL."""
    first, second = a_site(postgres_url), a_site(postgres_url)
    second.clock = first.clock
    with closing(first.storage), closing(second.storage):
        yield first, second


def followed_up(lead: str) -> Change:
    return Change("lead", Operation.UPDATE, {"recalls": 5}, lead, trusted=True)


def seen_due(site: Site):
    with site.storage.looking() as connection:
        return DueTimers(connection).seen(site.clock(), 50)


def test_recall_fires_while_owner_saves_a_follow_up_and_the_follow_up_committed_first_wins(
    two: tuple[Site, Site],
) -> None:
    seller, worker = two
    lead = created(seller, "lead", name="A", owner=a_person(seller))
    move_clock(seller, hours=2)
    seen = seen_due(worker)
    acted: list[int] = []

    def recall() -> None:
        acted.append(timers._look(worker, worker.model, seen))

    with seller.writes.unit(seller.system_context("page"), seller.model) as unit:
        unit.submit([followed_up(lead)])  # holds the record, not committed yet
        thread = threading.Thread(target=recall)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()  # the recall waits for the record
    thread.join()

    assert acted == [0]
    assert rows(seller, "lead", [lead])[lead]["recalls"] == 5
    assert timers_left(seller) == 0


def test_a_follow_up_that_comes_after_the_recall_finds_it_done(two: tuple[Site, Site]) -> None:
    seller, worker = two
    lead = created(seller, "lead", name="A", owner=a_person(seller))
    move_clock(seller, hours=2)

    assert timers.act_on_due_timers(worker) == 1

    assert rows(seller, "lead", [lead])[lead]["recalls"] == 1


def test_two_schedulers_never_act_twice(two: tuple[Site, Site]) -> None:
    first, second = two
    leads = leads_of(first, a_person(first), 60)
    move_clock(first, minutes=61)
    seen = seen_due(first)
    start = threading.Barrier(2)

    def look(site: Site) -> int:
        start.wait()
        return timers._look(site, site.model, seen)

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(look, (first, second)))
    work_until_idle(first)

    assert sorted(done) == [0, 50]
    assert {row["recalls"] for row in rows(first, "lead", leads).values()} == {1}
    assert timers_left(first) == 0


def test_a_batch_with_one_bad_record_settles_all_others(site: Site, monkeypatch) -> None:
    leads = leads_of(site, a_person(site), 5)
    bad = Change("lead", Operation.UPDATE, {"limit": 3}, leads[2], trusted=True)
    site.writes.submit(site.system_context("test"), site.model, [bad])
    move_clock(site, hours=1.5)
    look = timers._look

    def refuse_one(site, model, seen):
        if any(one.timer.record_id == leads[2] for one in seen):
            raise ValueError("a rule that fails on it")
        return look(site, model, seen)

    monkeypatch.setattr(timers, "_look", refuse_one)
    work_until_idle(site)

    found = rows(site, "lead", leads)
    assert [found[one]["recalls"] for one in leads] == [1, 1, 0, 1, 1]
    assert timers_left(site) == 1


def test_a_scheduler_that_was_down_for_three_days_gives_grace_and_recalls_within_the_cap(
    site: Site, monkeypatch
) -> None:
    monkeypatch.setattr(timers, "CATCH_UP", 4)
    leads = leads_of(site, a_person(site), 12)
    move_clock(site, days=3)

    def recalled() -> int:
        return sum(row["recalls"] == 1 for row in rows(site, "lead", leads).values())

    work_until_idle(site)
    assert recalled() == 0  # each owner is told and gets four hours first
    move_clock(site, hours=4, minutes=1)
    work_until_idle(site)
    first = recalled()
    assert 0 < first <= 4
    for _ in range(12):
        move_clock(site, minutes=10)
        before = recalled()
        work_until_idle(site)
        assert recalled() - before <= 4
    for _ in range(3):  # what was spread gets its grace when its turn comes
        move_clock(site, hours=5)
        work_until_idle(site)

    assert recalled() == 12


def test_a_clock_that_jumps_back_does_nothing_twice(site: Site) -> None:
    lead = created(site, "lead", name="A", owner=a_person(site))
    move_clock(site, hours=2)
    work_until_idle(site)

    move_clock(site, hours=-2)
    work_until_idle(site)
    move_clock(site, hours=2)
    work_until_idle(site)

    assert rows(site, "lead", [lead])[lead]["recalls"] == 1
    assert timedelta(0) < timers.LATE
