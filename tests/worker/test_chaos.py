"""Whatever is killed, and when: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

import psutil
import pytest
from sqlalchemy import func, select, update

from fieldstone.changes.nouns import Effect
from fieldstone.jobs.contract import JobStatus
from fieldstone.jobs.rq_queue import REDIS_SECONDS
from fieldstone.site import Site
from fieldstone.storage.notices import fs_notification
from fieldstone.storage.outbox import Outbox, fs_outbox
from fieldstone.storage.queue import fs_job
from fieldstone.worker.turns import work_until_idle
from tests.delivery.sink import Sink, a_sink
from tests.services.redis import RedisServer
from tests.worker.crowd import Crowd, a_crowd, kill, wait_for
from tests.worker.world import (
    a_person,
    a_site,
    leads_of,
    let_the_lease_run_out,
    move_clock,
    rows,
    states,
    timers_left,
)

LEADS = 60
HOOKS = 20
KILLS = 3


def status_of(site: Site, job: str) -> JobStatus:
    status = site.queue.status(job)
    assert status is not None
    return status


def put_out_hooks(site: Site, sink: Sink, leads: Sequence[str]) -> None:
    with site.storage.connection() as connection:
        outbox = Outbox(connection, site.storage.dialect, site.clock())
        outbox.add([("lead", lead, Effect("webhook", sink.url, "x", {})) for lead in leads])


def make_leases_run_out(site: Site) -> None:
    """What takes a minute in real life: claims of dead workers end."""
    now = site.clock()
    with site.storage.connection() as connection:
        pending = update(fs_outbox).where(fs_outbox.c.state == "pending")
        connection.execute(pending.values(due=now - timedelta(seconds=1)))
        running = update(fs_job).where(fs_job.c.state == "running")
        connection.execute(running.values(due=now - timedelta(seconds=1)))


def left(site: Site) -> tuple[object, ...]:
    """What there still is to do."""
    with site.storage.looking() as connection:
        asked = select(fs_job.c.progress).where(fs_job.c.state.in_(["queued", "running"]))
        jobs = connection.execute(asked).scalars().all()
    return (*jobs, timers_left(site), states(site))


def settled(site: Site) -> bool:
    *jobs, timers, messages = left(site)
    return not jobs and not timers and "pending" not in messages


def work_to_do(site: Site, sink: Sink) -> tuple[str, list[str], str]:
    """Put out timers, notifications, webhooks and one long job; return owner, leads and job."""
    move_clock(site, minutes=-65)  # so that by now the deadlines have just passed
    owner = a_person(site)
    leads = leads_of(site, owner, LEADS)
    move_clock(site, minutes=65)
    put_out_hooks(site, sink, leads[:HOOKS])
    told = {"object": "lead", "ids": leads * 3, "values": {"name": "Renamed"}}
    job = site.queue.enqueue("bulk_update", told, actor=owner, dedupe="rename")
    return owner, leads, job


def assert_done_once(site: Site, sink: Sink, owner: str, leads: list[str], job: str) -> None:
    found = rows(site, "lead", leads)
    assert Counter(row["recalls"] for row in found.values()) == {1: LEADS}
    assert {row["name"] for row in found.values()} == {"Renamed"}
    # The first renaming is a change; the second and third round find nothing to change.
    assert Counter(row["version"] for row in found.values()) == {3: LEADS}
    with site.storage.looking() as connection:
        asked = select(fs_notification.c.topic, func.count()).group_by(fs_notification.c.topic)
        mine = asked.where(fs_notification.c.user == owner)
        told = {topic: count for topic, count in connection.execute(mine)}  # noqa: C416 - a Row is no pair to mypy
    assert sum(told.values()) == 2 * LEADS
    assert len(set(sink.ids)) == HOOKS
    status = status_of(site, job)
    assert (status.state, status.result) == (
        "done",
        {"written": LEADS * 3, "refused": 0, "problems": {}},
    )


@pytest.fixture(scope="module")
def nursery() -> Iterator[Crowd]:
    """One nursery for all tests of this file."""
    with a_crowd() as crowd:
        yield crowd


@pytest.fixture
def crowd(nursery: Crowd) -> Iterator[Crowd]:
    """Processes that end with the test."""
    yield nursery
    nursery.dismiss_all()


def test_killing_workers_at_any_moment_loses_nothing_and_does_nothing_twice(
    database_url: str, crowd: Crowd
) -> None:
    site, chance = a_site(database_url), random.Random(7)
    with a_sink() as sink:
        owner, leads, job = work_to_do(site, sink)
        for _ in range(KILLS):
            worker = crowd.start("worker", database_url)
            time.sleep(chance.uniform(0.02, 0.3))  # a moment that nobody chose
            kill(worker)
        make_leases_run_out(site)
        crowd.start("worker", database_url)
        crowd.start("worker", database_url)

        assert wait_for(lambda: settled(site), lambda: left(site)), left(site)
        crowd.dismiss_all()
    assert_done_once(site, sink, owner, leads, job)


def test_workers_schedulers_and_redis_may_die_together(
    postgres_url: str, redis_server: RedisServer, redis_url: str, crowd: Crowd
) -> None:
    site, chance = a_site(postgres_url, redis_url), random.Random(11)
    with a_sink() as sink:
        crowd.start("scheduler", postgres_url, redis_url)
        crowd.start("scheduler", postgres_url, redis_url)
        owner, leads, job = work_to_do(site, sink)
        for turn in range(KILLS):
            worker = crowd.start("worker", postgres_url, redis_url)
            time.sleep(chance.uniform(0.02, 0.3))
            kill(worker)
            if turn == 0:
                redis_server.kill()
            if turn == 1:
                redis_server.start()
        make_leases_run_out(site)
        crowd.start("worker", postgres_url, redis_url)

        assert wait_for(lambda: settled(site), lambda: left(site)), left(site)
        crowd.dismiss_all()
    assert_done_once(site, sink, owner, leads, job)


@pytest.mark.parametrize("redis_lives", [True, False])
def test_a_commit_is_answered_with_redis_and_without_it_and_never_waits_for_it(
    redis_lives: bool,
    postgres_url: str,
    redis_server: RedisServer,
    redis_url: str,
    crowd: Crowd,
) -> None:
    site = a_site(postgres_url, redis_url)
    owner = a_person(site)
    crowd.start("worker", postgres_url, redis_url)
    if not redis_lives:
        redis_server.kill()
    began = time.monotonic()
    leads_of(site, owner, 1)
    took = time.monotonic() - began

    assert wait_for(lambda: states(site) == {"done": 1})
    assert took < 10 * REDIS_SECONDS
    redis_server.flush()


def test_a_lost_doorbell_costs_a_second_and_no_message(
    postgres_url: str, redis_url: str, crowd: Crowd
) -> None:
    deaf = a_site(postgres_url)  # rings only within this process
    crowd.start("worker", postgres_url, redis_url)
    leads_of(deaf, a_person(deaf), 1)

    assert wait_for(lambda: states(deaf) == {"done": 1})


def test_a_worker_that_is_asked_to_stop_leaves_at_once_and_leaves_nothing_half_done(
    postgres_url: str, redis_url: str, crowd: Crowd
) -> None:
    site = a_site(postgres_url, redis_url)
    leads_of(site, a_person(site), 40)
    worker = crowd.start("worker", postgres_url, redis_url)

    os.kill(worker, signal.SIGTERM)

    assert wait_for(lambda: not psutil.pid_exists(worker))
    assert set(states(site)) <= {"done", "pending"}
    assert sum(states(site).values()) == 40


@pytest.mark.parametrize("where", ["between-two-steps", "within-a-step"])
def test_a_worker_that_sleeps_through_its_lease_can_keep_nothing_when_it_wakes(
    where: str, postgres_url: str, crowd: Crowd
) -> None:
    site = a_site(postgres_url)
    owner = a_person(site)
    leads = leads_of(site, owner, 30)
    work_until_idle(site)
    told = {"object": "lead", "ids": leads * 40, "values": {"name": "Renamed"}}
    job = site.queue.enqueue("bulk_update", told, actor=owner)
    asleep = crowd.start(f"asleep-{where}", postgres_url)
    assert wait_for(lambda: psutil.Process(asleep).status() == psutil.STATUS_STOPPED)
    let_the_lease_run_out(site)
    crowd.start("worker", postgres_url)
    assert wait_for(lambda: status_of(site, job).ended, lambda: status_of(site, job))
    written = rows(site, "lead", leads)
    os.kill(asleep, signal.SIGCONT)
    leads_of(site, owner, 1)
    assert wait_for(lambda: "pending" not in states(site))

    assert status_of(site, job).result == {"written": 30 * 40, "refused": 0, "problems": {}}
    assert rows(site, "lead", leads) == written
    assert {row["version"] for row in written.values()} == {2}
