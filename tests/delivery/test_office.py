"""The outbox is emptied: inside exactly once, outside again and again until it arrives or is given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Effect
from fieldstone.delivery.contract import DeliveryError, Means, Message
from fieldstone.delivery.office import WAITS, next_try
from fieldstone.site import Site
from fieldstone.storage.notices import Notices, fs_delivery
from fieldstone.storage.outbox import Outbox, fs_outbox
from fieldstone.storage.undelivered import Chosen, Undeliveries
from fieldstone.worker.turns import office
from tests.delivery.sink import a_sink
from tests.worker.world import a_site, states

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Recorder:
    """A channel to the outside that keeps what it is given."""

    name = "sms"
    label = Label("Recorder", "记录")
    internal = False

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.failure: Exception | None = None

    def send(self, message: Message, means: Means) -> int | None:
        self.got.append(message)
        if self.failure is not None:
            raise self.failure
        return 200


class Broken(Recorder):
    """An internal channel of a plugin that fails for one person, after it has written something."""

    name = "in_page"
    internal = True

    def send(self, message: Message, means: Means) -> int | None:
        if message.to == "broken":
            raise KeyError("a bug")
        return super().send(message, means)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def site(database_url: str, recorder: Recorder) -> Iterator[Site]:
    made = a_site(database_url, sms=recorder)
    yield made
    made.storage.close()


def put_out(site: Site, *effects: Effect, record: str = "r1") -> None:
    with site.storage.connection() as connection:
        outbox = Outbox(connection, site.storage.dialect, site.clock())
        outbox.add([("lead", record, effect) for effect in effects])


def all_due(site: Site) -> None:
    """Let the time to the next try, or the lease, pass."""
    with site.storage.connection() as connection:
        connection.execute(update(fs_outbox).values(due=NOW - timedelta(days=999)))


def unread(site: Site, user: str) -> int:
    with site.storage.connection() as connection:
        return Notices(connection, site.storage.dialect, NOW).unread(user)


def sms(text: str, to: str = "+8613800138000") -> Effect:
    return Effect("sms", to, text, {})


def test_an_internal_message_is_kept_for_the_person_and_done(site: Site) -> None:
    put_out(
        site,
        Effect("in_page", "li", "assigned", {"id": "r1"}),
        Effect("in_page", "wang", "assigned"),
    )

    assert office(site).deliver_inside() == 2
    assert office(site).deliver_inside() == 0
    assert (unread(site, "li"), unread(site, "wang")) == (1, 1)
    assert states(site) == {"done": 2}


def test_messages_that_may_be_gathered_become_one_while_it_is_unread(site: Site) -> None:
    words = {"en": "{count} records were assigned to you.", "zh": "您有 {count} 条。"}

    def give(count: int, topic: str = "assigned") -> None:
        payload = {"count": count, "name": "Ann", "gathered": words, "message": {"en": "x", "zh": "x"}}  # fmt: skip
        put_out(site, Effect("in_page", "li", topic, payload))
        office(site).deliver_inside()

    for count in (2, 1, 4):
        give(count)
    give(1, "reminder")

    with site.storage.connection() as connection:
        notes = Notices(connection, site.storage.dialect, NOW).of("li")
    assert [(n.topic, n.payload.get("count")) for n in notes] == [("reminder", 1), ("assigned", 7)]
    assert notes[1].payload["message"] == {
        "en": "7 records were assigned to you.",
        "zh": "您有 7 条。",
    }
    with site.storage.connection() as connection:
        Notices(connection, site.storage.dialect, NOW).read("li")
    give(3)
    assert unread(site, "li") == 1


def test_one_that_fails_inside_leaves_the_others_standing(database_url: str) -> None:
    channel = Broken()
    site = a_site(database_url, in_page=channel)
    put_out(site, Effect("in_page", "broken", "x"), Effect("in_page", "li", "x"))

    office(site).deliver_inside()

    assert [message.to for message in channel.got] == ["li"]
    assert states(site) == {"done": 1, "pending": 1}
    site.storage.close()


def test_what_arrived_is_logged_with_its_status(site: Site, recorder: Recorder) -> None:
    put_out(site, sms("hello"))

    assert office(site).deliver_outside()
    assert not office(site).deliver_outside()

    assert [message.topic for message in recorder.got] == ["hello"]
    with site.storage.looking() as connection:
        (log,) = connection.execute(select(fs_delivery.c.status, fs_delivery.c.attempt)).all()
    assert tuple(log) == (200, 1)


def test_a_failed_message_comes_again_under_the_same_id(site: Site, recorder: Recorder) -> None:
    put_out(site, sms("hello"))
    recorder.failure = DeliveryError("busy", retry=True)
    office(site).deliver_outside()
    assert not office(site).deliver_outside()  # not before its time
    recorder.failure = None
    all_due(site)

    office(site).deliver_outside()

    assert len({message.id for message in recorder.got}) == 1
    assert [message.attempt for message in recorder.got] == [1, 2]
    assert states(site) == {"done": 1}


def test_a_message_of_a_worker_that_died_while_sending_comes_back_after_its_lease(
    site: Site, recorder: Recorder
) -> None:
    put_out(site, sms("hello"))
    assert office(site)._claimed() is not None  # and then the worker dies
    assert not office(site).deliver_outside()
    all_due(site)

    assert office(site).deliver_outside()
    assert states(site) == {"done": 1}


def test_what_no_try_can_help_is_given_up_and_shown(site: Site, recorder: Recorder) -> None:
    put_out(site, sms("hello"))
    recorder.failure = DeliveryError("gone", retry=False)

    office(site).deliver_outside()

    assert states(site) == {"dead": 1}
    with site.storage.looking() as connection:
        assert connection.execute(select(fs_outbox.c.last_error)).scalar_one() == "gone"


def test_messages_of_one_record_to_one_receiver_keep_their_order(
    site: Site, recorder: Recorder
) -> None:
    put_out(site, sms("first"), sms("second"), sms("elsewhere", to="+8613900139000"))
    recorder.failure = DeliveryError("busy", retry=True)
    office(site).deliver_outside()
    recorder.failure = None

    while office(site).deliver_outside():
        pass
    assert [message.topic for message in recorder.got] == ["first", "elsewhere"]
    all_due(site)
    while office(site).deliver_outside():
        pass

    assert [message.topic for message in recorder.got[2:]] == ["first", "second"]


def test_a_bug_in_a_channel_is_a_failed_try(site: Site, recorder: Recorder) -> None:
    put_out(site, sms("hello"))
    recorder.failure = KeyError("a bug")

    office(site).deliver_outside()

    assert states(site) == {"pending": 1}


def test_a_worker_that_wakes_up_late_does_not_undo_what_another_settled(
    site: Site, recorder: Recorder
) -> None:
    put_out(site, sms("hello"))
    late = office(site)._claimed()
    assert late is not None
    all_due(site)
    office(site).deliver_outside()

    office(site)._note(late, DeliveryError("too late", retry=True), None, 1)

    assert states(site) == {"done": 1}


def test_a_channel_that_this_installation_lacks_is_said_and_not_waited_for(site: Site) -> None:
    put_out(site, Effect("pigeon", "li", "hello"))

    assert office(site).give_up_unknown() == 1
    assert states(site) == {"dead": 1}


def test_a_message_given_up_can_be_sent_again(site: Site, recorder: Recorder) -> None:
    put_out(site, sms("hello"))
    recorder.failure = DeliveryError("gone", retry=False)
    office(site).deliver_outside()
    recorder.failure = None
    with site.storage.connection() as connection:
        number = connection.execute(select(fs_outbox.c.id)).scalar_one()
        assert Undeliveries(connection, NOW).again(Chosen((number,))) == [number]

    assert office(site).deliver_outside()
    assert states(site) == {"done": 1}


def test_tries_go_on_for_three_days_and_then_end() -> None:
    again = DeliveryError("busy", retry=True)

    assert timedelta(days=3) <= sum(WAITS, timedelta()) < timedelta(days=4)
    planned = [next_try(attempt, again, NOW) for attempt in range(1, len(WAITS) + 1)]
    assert None not in planned
    assert planned == sorted(planned)
    assert next_try(len(WAITS) + 1, again, NOW) is None
    assert next_try(1, DeliveryError("never", retry=False), NOW) is None


def test_a_receiver_that_asks_for_time_gets_it() -> None:
    asked = next_try(1, DeliveryError("busy", retry=True, wait=3600), NOW)

    assert asked is not None
    assert asked >= NOW + timedelta(hours=1)


def test_a_text_message_is_sent_again_under_one_key_until_the_gateway_takes_it(
    sqlite_url: str,
) -> None:
    with a_sink() as sink:
        made = a_site(sqlite_url)
        made.settings = replace(made.settings, sms_url=sink.url)
        put_out(made, sms("New lead"))
        sink.status = 503
        assert office(made).deliver_outside()
        assert states(made) == {"pending": 1}
        sink.status = 202
        all_due(made)
        assert office(made).deliver_outside()
        assert not office(made).deliver_outside()

        assert states(made) == {"done": 1}
        keys = [headers["idempotency-key"] for headers, _ in sink.got]
        assert len(keys) == 2
        assert len(set(keys)) == 1
        made.storage.close()
