"""Effects, timers and jobs: taken once, never lost, whoever dies in between."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Effect, TimerRequest
from fieldstone.storage import engines
from fieldstone.storage.database import Storage
from fieldstone.storage.outbox import Outbox
from fieldstone.storage.queue import Jobs
from fieldstone.storage.timers import Timers
from fieldstone.storage.undelivered import Chosen, Undeliveries
from tests.services.postgres import PostgresServer
from tests.storage.builders import CTX, NOW, Site

LATER = NOW + timedelta(minutes=5)


def send(site: Site, *effects: Effect, record: str = "r-1") -> None:
    with site.transaction() as transaction:
        transaction.outbox([("lead", record, effect) for effect in effects])


def note(to: str = "u-1", **payload: object) -> Effect:
    return Effect("in_page", to, "assigned", payload)


def test_a_message_leaves_only_with_its_transaction(site: Site) -> None:
    def fail_after_sending() -> None:
        with site.transaction() as transaction:
            transaction.outbox([("lead", "r-1", note())])
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_sending()

    with site.storage.connection() as connection:
        assert Outbox(connection, site.storage.dialect, NOW).take(["in_page"]) is None


def test_two_workers_take_two_messages_and_a_dead_ones_comes_back(postgres_url: str) -> None:
    site = Site(postgres_url)
    send(site, note(), record="r-1")
    send(site, note(), record="r-2")
    with site.storage.connection() as one, site.storage.connection() as other:
        first = Outbox(one, "postgresql", NOW).take(["in_page"])
        second = Outbox(other, "postgresql", NOW).take(["in_page"])
        assert Outbox(other, "postgresql", NOW).take(["e_mail"]) is None
        assert first is not None
        assert second is not None
        assert {first.record_id, second.record_id} == {"r-1", "r-2"}
        Outbox(other, "postgresql", NOW).done(second.id)
        one.rollback()

    with site.storage.connection() as connection:
        again = Outbox(connection, "postgresql", NOW).take(["in_page"])
        assert again is not None
        assert again.id == first.id
    site.storage.close()


def test_messages_of_one_record_and_receiver_keep_their_order(site: Site) -> None:
    send(site, note(n=1), note(n=2))
    taken = []
    for _ in range(3):
        with site.storage.connection() as connection:
            outbox = Outbox(connection, site.storage.dialect, NOW)
            message = outbox.take(["in_page"], lease=timedelta(minutes=1))
            taken.append(message and message.payload["n"])

    assert taken == [1, None, None]


def test_a_leased_message_comes_back_when_its_sender_died(site: Site) -> None:
    send(site, note())
    attempts = []
    for moment in (NOW, NOW, LATER):
        with site.storage.connection() as connection:
            outbox = Outbox(connection, site.storage.dialect, moment)
            message = outbox.take(["in_page"], lease=timedelta(minutes=1))
            attempts.append(message and message.attempts)

    assert attempts == [1, None, 2]


def test_a_message_given_up_can_be_sent_again(site: Site) -> None:
    send(site, note())
    with site.storage.connection() as connection:
        outbox = Outbox(connection, site.storage.dialect, NOW)
        message = outbox.take(["in_page"])
        assert message is not None
        outbox.failed(message.id, "410 Gone", None)
        assert outbox.take(["in_page"]) is None
        assert outbox.counts() == {"dead": 1}
        assert Undeliveries(connection, NOW).again(Chosen((message.id,))) == [message.id]
        assert Undeliveries(connection, NOW).again(Chosen((message.id,))) == []
        assert outbox.take(["in_page"]) is not None


def ask(site: Site, *requests: TimerRequest, record: str = "r-1") -> None:
    with site.transaction() as transaction:
        transaction.timers([("lead", record, request) for request in requests])


def test_one_timer_stands_per_rule_record_and_kind(site: Site) -> None:
    ask(site, TimerRequest("follow_up", "due", NOW), TimerRequest("follow_up", "remind:0", NOW))
    ask(site, TimerRequest("follow_up", "due", LATER), TimerRequest("follow_up", "remind:0", None))

    with site.storage.connection() as connection:
        timers = Timers(connection, site.storage.dialect)
        assert [(t.kind, t.due) for t in timers.of("r-1")] == [("due", LATER)]
        assert timers.take_due(NOW) == ()
        due = timers.take_due(LATER)
        assert [(t.object_name, t.timer.record_id) for t in due] == [("lead", "r-1")]
        timers.remove([one.id for one in due])
        assert timers.next_due() is None


def test_a_job_is_queued_once_per_key_and_survives_its_worker(site: Site) -> None:
    def jobs(moment: object = NOW) -> Jobs:
        return Jobs(connection, site.storage.dialect, moment)  # type: ignore[arg-type]

    lease = timedelta(minutes=1)
    with site.storage.connection() as connection:
        first = jobs().add("import", {"file": "x"}, actor="u-1", unique_key="import/1")
        assert jobs().add("import", {}, actor="u-1", unique_key="import/1") is None
        taken = jobs().take(lease)
        assert taken is not None
        assert (taken.id, taken.arguments, taken.attempts) == (first, {"file": "x"}, 1)
        assert jobs().take(lease) is None
        again = jobs(LATER).take(lease)
        assert again is not None
        assert (again.id, again.attempts) == (first, 2)
        assert not jobs(LATER).done(taken, {"rows": 1})
        assert jobs(LATER).done(again, {"rows": 2})
        status = jobs().status(again.id)
        assert status is not None
        assert (status["state"], status["result"]) == ("done", {"rows": 2})


def test_a_planned_slot_is_run_by_one_process(site: Site) -> None:
    with site.storage.connection() as connection:
        jobs = Jobs(connection, site.storage.dialect, NOW)
        assert [jobs.start_slot("nightly", NOW) for _ in range(2)] == [True, False]
        assert jobs.start_slot("nightly", LATER)


def test_a_forked_worker_leaves_the_parents_connections_alone(site: Site) -> None:
    lead = site.add("lead", name="张伟")
    child = os.fork()
    if child == 0:
        code = 0 if site.row("lead", lead)["name"] == "张伟" else 1
        os._exit(code)
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert site.row("lead", lead)["name"] == "张伟"
    assert site.add("lead", name=new_id())


def test_two_storages_on_one_file_wait_for_each_other(sqlite_url: str) -> None:
    site = Site(sqlite_url)
    other = Storage(sqlite_url, secret_key="a secret key for tests")
    lead = site.add("lead", name="张伟")

    with other.transaction(other.use(site.model), CTX) as transaction:
        assert transaction.existing("lead", [lead]) == [lead]
    other.close()
    site.storage.close()


def test_a_restarted_server_is_met_with_fresh_connections(
    postgres_server: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(postgres_url)
    lead = site.add("lead", name="张伟")
    assert site.row("lead", lead)["name"] == "张伟"
    monkeypatch.setattr(engines, "IDLE_SECONDS", 0.0)

    postgres_server.kill()
    postgres_server.start()

    assert site.row("lead", lead)["name"] == "张伟"
    assert site.add("lead", name="李娜")
    site.storage.close()
