"""Workers inside the server and beside it: woken by the bell, safe side by side, gone when asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from fieldstone.jobs.rq_queue import RqQueue, doorbell, redis_at
from fieldstone.site import Site
from fieldstone.storage.idempotency import fs_idempotency
from fieldstone.storage.queue import fs_schedule_run
from fieldstone.worker import turns
from fieldstone.worker.crew import Crew
from fieldstone.worker.inside import start_inside
from fieldstone.worker.processes import BellWorker, bell_worker, run_scheduler, schedule_once
from fieldstone.worker.rq_worker import keep_site
from fieldstone.worker.turns import tidy, work_until_idle
from tests.worker.crowd import wait_for
from tests.worker.world import a_person, a_site, created, leads_of, move_clock, rows, states


def test_a_worker_inside_the_server_is_woken_by_a_commit_and_leaves_when_asked(site: Site) -> None:
    owner = a_person(site)
    stop = start_inside(site)
    try:
        created(site, "lead", name="A", owner=owner)

        assert wait_for(lambda: states(site) == {"done": 1})
    finally:
        stop()
    created(site, "lead", name="B", owner=owner)
    assert states(site) == {"done": 1, "pending": 1}


def test_workers_side_by_side_settle_everything_once(site: Site) -> None:
    leads = leads_of(site, a_person(site), 40)
    move_clock(site, minutes=61)
    crews = [Crew(site) for _ in range(3)]
    for crew in crews:
        crew.start()
    assert wait_for(lambda: states(site) == {"done": 80})
    for crew in crews:
        crew.dismiss()

    assert {row["recalls"] for row in rows(site, "lead", leads).values()} == {1}
    assert {row["version"] for row in rows(site, "lead", leads).values()} == {2}


def test_a_lane_that_fails_goes_on(site: Site, monkeypatch) -> None:
    monkeypatch.setattr("fieldstone.worker.crew.AFTER_A_FAILURE", 0.01)
    fell = threading.Event()
    inside = turns.inside

    def stumble(site: Site, stopping: threading.Event) -> int:
        if not fell.is_set():
            fell.set()
            raise KeyError("a bug")
        return inside(site, stopping)

    monkeypatch.setattr("fieldstone.worker.crew.LANES", (stumble,))
    created(site, "lead", name="A", owner=a_person(site))
    crew = Crew(site)
    crew.start()

    assert wait_for(lambda: states(site) == {"done": 1})
    crew.dismiss()


@pytest.fixture
def rung(sqlite_url: str, redis_url: str) -> Iterator[Site]:
    made = a_site(sqlite_url, redis_url)
    yield made
    made.storage.close()


def answer_rings(url: str) -> BellWorker:
    worker = bell_worker(url)
    worker.work(burst=True, logging_level="ERROR")
    return worker


def test_an_rq_worker_answers_the_ring_of_a_commit(rung: Site, redis_url: str) -> None:
    created(rung, "lead", name="A", owner=a_person(rung))
    assert isinstance(rung.queue, RqQueue)
    rung.queue.ring_now()
    keep_site(rung, lambda: None)

    answer_rings(redis_url)

    assert states(rung) == {"done": 1}
    assert doorbell(redis_at(redis_url)).count == 0


def test_a_scheduler_rings_for_what_is_due_and_for_nothing_else(rung: Site, redis_url: str) -> None:
    lead = created(rung, "lead", name="A", owner=a_person(rung))
    work_until_idle(rung)
    doorbell(redis_at(redis_url)).empty()
    assert not schedule_once(rung)

    move_clock(rung, hours=2)
    assert schedule_once(rung)
    assert schedule_once(rung)  # another scheduler rings too: a ring is no work
    keep_site(rung, lambda: None)
    answer_rings(redis_url)

    assert rows(rung, "lead", [lead])[lead]["recalls"] == 1
    assert rows(rung, "lead", [lead])[lead]["version"] == 2


def test_a_scheduler_without_redis_works_itself(site: Site) -> None:
    lead = created(site, "lead", name="A", owner=a_person(site))
    move_clock(site, hours=2)

    assert schedule_once(site)

    assert rows(site, "lead", [lead])[lead]["recalls"] == 1


def test_a_scheduler_stops_when_asked(site: Site) -> None:
    asked = threading.Event()
    asked.set()
    running_before = threading.active_count()

    run_scheduler(site, asked)

    assert threading.active_count() == running_before


def test_the_hourly_cleaning_is_done_by_one_of_many(site: Site) -> None:
    old = datetime.now().astimezone() - timedelta(days=2)
    with site.storage.connection() as connection:
        for key, moment in (("old", old), ("new", site.clock())):
            answer = {"principal": "li", "key": key, "request_hash": "x", "created_at": moment}
            connection.execute(insert(fs_idempotency).values(answer))
    turns._tidied.clear()

    assert tidy(site) == 1
    turns._tidied.clear()
    assert tidy(site) == 0

    with site.storage.looking() as connection:
        assert connection.execute(select(fs_idempotency.c.key)).scalars().all() == ["new"]
        assert connection.execute(select(func.count()).select_from(fs_schedule_run)).scalar() == 1
