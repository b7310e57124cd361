"""The queue keeps work on the table and rings without ever holding up who committed it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from fieldstone.jobs import rq_queue
from fieldstone.jobs.contract import Queue
from fieldstone.jobs.rq_queue import DRAIN, ENOUGH_RINGS, RqQueue, doorbell, redis_at
from fieldstone.jobs.table_queue import TableQueue
from fieldstone.site import Site
from fieldstone.worker import rq_worker
from tests.services.redis import RedisServer
from tests.worker.crowd import wait_for
from tests.worker.world import a_site


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    made = a_site(sqlite_url)
    yield made
    made.storage.close()


@pytest.fixture(params=["table", "rq"])
def queue(request: pytest.FixtureRequest, site: Site) -> Queue:
    if request.param == "table":
        return TableQueue(site.storage)
    return RqQueue(site.storage, request.getfixturevalue("redis_url"))


def test_a_job_waits_on_the_table_with_its_state(queue: Queue) -> None:
    job = queue.enqueue("bulk_update", {"ids": ["1"]}, actor="li")

    status = queue.status(job)
    assert status is not None
    assert (status.name, status.state, status.ended) == ("bulk_update", "queued", False)
    assert queue.status("nothing") is None


def test_the_same_work_is_kept_once(queue: Queue) -> None:
    first = queue.enqueue("bulk_update", {"ids": ["1"]}, actor="li", dedupe="event-1")

    assert queue.enqueue("bulk_update", {"ids": ["1"]}, actor="li", dedupe="event-1") == first
    assert queue.enqueue("bulk_update", {"ids": ["1"]}, actor="li", dedupe="event-2") != first


def test_a_ring_within_the_process_wakes_who_waits(site: Site) -> None:
    queue = TableQueue(site.storage)
    assert not queue.wait(0.0)

    queue.ring()
    queue.ring()

    assert queue.wait(5.0)
    assert not queue.wait(0.0)


def test_a_ring_is_json_that_names_the_drain_and_does_not_pile_up(
    site: Site, redis_url: str
) -> None:
    queue = RqQueue(site.storage, redis_url)
    for _ in range(ENOUGH_RINGS + 3):
        assert queue.ring_now()

    bell = doorbell(redis_at(redis_url))
    jobs = bell.get_jobs()
    assert len(jobs) == ENOUGH_RINGS
    assert {(job.func_name, job.ttl, job.result_ttl, job.timeout) for job in jobs} == {
        (DRAIN, 30, 0, -1)
    }
    with Redis.from_url(redis_url) as plain:
        assert plain.hget(f"rq:job:{jobs[0].id}", "data") is not None
        assert b"\x80" not in plain.hget(f"rq:job:{jobs[0].id}", "data")  # no pickle


def test_rings_from_a_request_arrive_in_redis(site: Site, redis_url: str) -> None:
    queue = RqQueue(site.storage, redis_url)
    bell = doorbell(redis_at(redis_url))

    queue.ring()

    assert wait_for(lambda: bell.count == 1)


def test_redis_that_is_away_never_breaks_nor_holds_up_a_request(
    site: Site, redis_url: str, redis_server: RedisServer
) -> None:
    queue = RqQueue(site.storage, redis_url)
    redis_server.kill()
    began = time.monotonic()

    for _ in range(100):
        queue.ring()
    job = queue.enqueue("bulk_update", {}, actor="li")

    # Nobody waited a hundred times; a busy machine may stop everybody for a moment.
    assert time.monotonic() - began < 10 * rq_queue.REDIS_SECONDS
    assert queue.status(job) is not None
    assert not queue.ring_now()
    redis_server.start()
    assert queue.ring_now()


def test_the_drain_is_where_the_ring_says_and_refuses_to_work_without_a_site() -> None:
    module, _, name = DRAIN.rpartition(".")

    assert module == rq_worker.__name__
    rq_worker._kept.clear()
    with pytest.raises(rq_worker.NoSiteError, match="fieldstone worker"):
        getattr(rq_worker, name)()


def test_a_connection_for_requests_gives_up_quickly(redis_server: RedisServer) -> None:
    redis_server.flush()
    url = redis_server.url
    redis_server.kill()
    began = time.monotonic()

    with pytest.raises(RedisConnectionError):
        redis_at(url).ping()

    assert time.monotonic() - began < 10 * rq_queue.REDIS_SECONDS
    redis_server.start()
