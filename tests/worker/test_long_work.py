"""Long work goes on where it stopped, is done once, and acts with the rights of who asked."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from fieldstone.actions.long_work import LongWork
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Context, Operation
from fieldstone.jobs.contract import JobStatus
from fieldstone.site import Site
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.notices import Notices
from fieldstone.storage.queue import fs_job
from fieldstone.worker import bulk_update
from fieldstone.worker.long_work import TRIES, do_next_job, jobs_due
from fieldstone.worker.runs import LEASE, JobLostError, Run
from fieldstone.worker.turns import work_until_idle
from tests.worker.world import (
    a_person,
    fail_for_good,
    leads_of,
    let_the_lease_run_out,
    rows,
)

GO_ON = threading.Event()


def status(site: Site, job: str) -> JobStatus:
    found = site.queue.status(job)
    assert found is not None
    return found


def renaming(site: Site, actor: str, leads: list[str], **values: object) -> str:
    told = {"object": "lead", "ids": leads, "values": values or {"name": "New"}}
    return site.queue.enqueue(bulk_update.NAME, told, actor=actor)


def test_many_records_are_written_and_the_result_says_so(site: Site) -> None:
    li = a_person(site)
    leads = leads_of(site, li, 3)
    job = renaming(site, li, leads)
    assert jobs_due(site)

    assert do_next_job(site, GO_ON)

    assert not jobs_due(site)
    assert not do_next_job(site, GO_ON)
    assert status(site, job).result == {"written": 3, "refused": 0, "problems": {}}
    assert status(site, job).ended
    assert {row["name"] for row in rows(site, "lead", leads).values()} == {"New"}
    assert {row["updated_by"] for row in rows(site, "lead", leads).values()} == {li}


def test_refusals_are_counted_and_told(site: Site) -> None:
    li = a_person(site)
    leads = leads_of(site, li, 2)
    job = renaming(site, li, [*leads, "no-such-lead"], limit=9)

    do_next_job(site, GO_ON)

    result = status(site, job).result
    assert isinstance(result, dict)
    assert (result["written"], result["refused"]) == (0, 3)
    assert set(result["problems"]) == {*leads, "no-such-lead"}


def test_a_job_that_is_stopped_goes_on_where_it_stopped(site: Site, monkeypatch) -> None:
    monkeypatch.setattr(bulk_update, "STEP", 2)
    li = a_person(site)
    leads = leads_of(site, li, 5)
    job = renaming(site, li, leads)
    stop = threading.Event()
    stop.set()

    do_next_job(site, stop)
    assert (status(site, job).state, status(site, job).progress["done"]) == ("queued", 2)
    do_next_job(site, GO_ON)

    assert status(site, job).state == "done"
    assert {row["version"] for row in rows(site, "lead", leads).values()} == {2}


def test_a_job_of_a_killed_worker_comes_back_after_its_lease_and_repeats_no_step(
    site: Site, monkeypatch
) -> None:
    monkeypatch.setattr(bulk_update, "STEP", 2)
    li = a_person(site)
    leads = leads_of(site, li, 4)
    job = renaming(site, li, leads)
    monkeypatch.setattr(Run, "pause", die)
    with pytest.raises(KeyboardInterrupt):
        do_next_job(site, GO_ON)
    monkeypatch.undo()
    assert not do_next_job(site, GO_ON)  # the lease still runs
    let_the_lease_run_out(site)

    assert do_next_job(site, GO_ON)

    assert status(site, job).state == "done"
    assert {row["version"] for row in rows(site, "lead", leads).values()} == {2}


def die(run: Run) -> None:
    raise KeyboardInterrupt


def test_a_worker_that_lost_its_job_can_keep_nothing(site: Site) -> None:
    li = a_person(site)
    (lead,) = leads_of(site, li, 1)
    renaming(site, li, [lead])
    with site.storage.connection() as connection:
        slow = jobs_of(connection).take(LEASE)
    assert slow is not None
    let_the_lease_run_out(site)
    do_next_job(site, GO_ON)

    run = Run(site.storage, slow, {}, GO_ON)
    change = Change("lead", Operation.UPDATE, {"name": "Too late"}, lead, trusted=True)
    with pytest.raises(JobLostError):
        write_late(site, run, change)

    assert rows(site, "lead", [lead])[lead]["name"] == "New"


def write_late(site: Site, run: Run, change: Change) -> None:
    with site.writes.unit(site.system_context("job"), site.model) as unit:
        unit.submit([change])
        run.note_within(unit.transaction, done=1)


def test_a_failing_job_is_tried_again_later_and_at_last_given_up(site: Site) -> None:
    job = site.queue.enqueue("probe", {}, actor="li")
    tries = []

    def probe(site: Site, run: Run) -> object:
        tries.append(run.job.attempts)
        raise ValueError("not today")

    while not status(site, job).ended:
        assert do_next_job(site, GO_ON, {"probe": probe})
        assert not do_next_job(site, GO_ON, {"probe": probe})
        let_the_lease_run_out(site)

    assert tries == list(range(1, TRIES + 1))
    assert status(site, job).state == "failed"
    assert status(site, job).error == "ValueError: not today"


def test_an_unknown_job_and_one_of_somebody_who_left_are_given_up_at_once(site: Site) -> None:
    li = a_person(site)
    gone = renaming(site, "somebody", leads_of(site, li, 1))
    unknown = site.queue.enqueue("nonsense", {}, actor=li)

    while do_next_job(site, GO_ON):
        pass

    assert "no longer works here" in status(site, gone).error
    assert "there is no work called 'nonsense'" in status(site, unknown).error


def test_a_job_keeps_its_lease_while_it_works(site: Site, monkeypatch) -> None:
    monkeypatch.setattr("fieldstone.worker.runs.BEAT", 0.01)
    job = site.queue.enqueue("probe", {}, actor="li")
    renewed = threading.Event()

    def probe(site: Site, run: Run) -> object:
        first = due(site, job)
        while due(site, job) == first:
            renewed.wait(0.01)
        return {"renewed": True}

    do_next_job(site, GO_ON, {"probe": probe})

    assert status(site, job).result == {"renewed": True}


def due(site: Site, job: str) -> object:
    with site.storage.looking() as connection:
        return connection.execute(select(fs_job.c.due).where(fs_job.c.id == job)).scalar_one()


def given_up(site: Site, monkeypatch: pytest.MonkeyPatch, dedupe: str = "") -> tuple[str, str]:
    """Return who asked for a change of ten leads, and its job, which was given up after eight."""
    monkeypatch.setattr(bulk_update, "STEP", 1)
    li = a_person(site)
    told = {"object": "lead", "ids": leads_of(site, li, 10), "values": {"name": "New"}}
    job = site.queue.enqueue(bulk_update.NAME, told, actor=li, dedupe=dedupe)
    fail_for_good(site, monkeypatch)
    return li, job


def test_who_asked_is_told_that_it_has_stopped_and_it_goes_on_where_it_did(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    li, job = given_up(site, monkeypatch)
    desk = LongWork(site.storage, site.queue, site.system_context("test"), site.model)
    work_until_idle(site)
    assert "Change of many records has stopped: ValueError: not today" in told(site, li)
    assert ([one.id for one in desk.failed()], desk.failed_lately()) == ([job], 1)

    desk.again(job)
    with pytest.raises(RefusedError, match="queued"):
        desk.again(job)
    work_until_idle(site)

    assert (desk.failed(), [one.id for one in desk.others()]) == ([], [job])
    assert status(site, job).result == {"written": 10, "refused": 0, "problems": {}}
    names = rows(site, "lead", [str(one) for one in desk.others()[0].arguments["ids"]])
    assert {(row["name"], row["version"]) for row in names.values()} == {("New", 2)}


def told(site: Site, person: str) -> list[str]:
    with site.storage.looking() as connection:
        notices = Notices(connection, site.storage.dialect, site.clock())
        return [one.said("en") for one in notices.of(person, 20)]


def test_only_administrators_look_after_long_work(site: Site) -> None:
    system = site.system_context("test")
    nobody = Context(replace(system.actor, roles=frozenset({"sales"}), id="li"), system.now)
    desk = LongWork(site.storage, site.queue, nobody, site.model)
    with pytest.raises(RefusedError, match="administrators"):
        desk.failed()
    with pytest.raises(RefusedError, match="administrators"):
        desk.again("any")


def test_work_that_is_kept_once_goes_on_when_it_is_asked_for_after_it_failed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    li, job = given_up(site, monkeypatch, dedupe="once")

    assert site.queue.enqueue(bulk_update.NAME, {}, actor=li, dedupe="once") == job
    work_until_idle(site)

    assert status(site, job).state == "done"
    assert site.queue.enqueue(bulk_update.NAME, {}, actor=li, dedupe="once") == job
    assert status(site, job).state == "done"


def test_a_job_that_ends_its_workers_is_given_up_and_one_that_is_set_down_is_not(
    site: Site,
) -> None:
    li = a_person(site)
    job = renaming(site, li, leads_of(site, li, 1))
    for _ in range(TRIES + 1):
        with site.storage.connection() as connection:
            taken = jobs_of(connection).take(LEASE)
            assert taken is not None
            jobs_of(connection).set_down(taken)
    for _ in range(TRIES):
        with site.storage.connection() as connection:
            assert jobs_of(connection).take(LEASE) is not None
        let_the_lease_run_out(site)

    assert do_next_job(site, GO_ON)

    assert status(site, job).state == "failed"
    assert "its worker ended" in status(site, job).error
