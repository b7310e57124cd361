"""What was given up or waits long is counted, listed, put out once more, and dropped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from fieldstone.changes.nouns import Effect
from fieldstone.storage.outbox import Outbox
from fieldstone.storage.undelivered import DEAD, WAITING, Chosen, Undeliveries
from tests.storage.builders import NOW, Site

LATER = NOW + timedelta(hours=1)


def put_out(site: Site, *channels: str) -> list[int]:
    """Put out one message for each channel, and return their numbers."""
    with site.storage.connection() as connection:
        outbox = Outbox(connection, site.storage.dialect, NOW)
        outbox.add([("lead", "r-1", Effect(one, f"to {one}", "hello")) for one in channels])
    with site.storage.looking() as connection:
        found = Undeliveries(connection, LATER).listed(WAITING, limit=100)
    return sorted(one.id for one in found)[-len(channels) :]


def give_up(site: Site, *ids: int) -> None:
    with site.storage.connection() as connection:
        for one in ids:
            Outbox(connection, site.storage.dialect, NOW).failed(one, "410", None)


def test_they_are_counted_by_channel_and_listed_newest_first(site: Site) -> None:
    first, second, third, fourth = put_out(site, "webhook", "webhook", "email", "webhook")
    give_up(site, first, second)

    with site.storage.looking() as connection:
        kept, early = Undeliveries(connection, LATER), Undeliveries(connection, NOW)
        tallies = [(one.channel, one.dead, one.waiting) for one in kept.tallies()]
        assert tallies == [("webhook", 2, 1), ("email", 0, 1)]
        assert kept.dead() == 2
        assert [one.id for one in kept.listed(DEAD)] == [second, first]
        assert [one.id for one in kept.listed(DEAD, before=second)] == [first]
        assert [one.id for one in kept.listed(WAITING, "webhook")] == [fourth]
        assert [one.id for one in kept.listed(WAITING)] == [fourth, third]
        assert early.listed(WAITING) == []  # a quarter of an hour is not long
        assert kept.listed(DEAD)[0].error == "410"


def test_whoever_asks_twice_sends_once(site: Site) -> None:
    first, second = put_out(site, "webhook", "webhook")
    give_up(site, first, second)

    with site.storage.connection() as connection:
        assert Undeliveries(connection, LATER).again(Chosen((first,))) == [first]
    with site.storage.connection() as connection:
        assert Undeliveries(connection, LATER).again(Chosen((first,))) == []
        assert Undeliveries(connection, LATER).again(Chosen(channel="webhook")) == [second]
        assert Undeliveries(connection, LATER).again(Chosen()) == []


def test_what_a_worker_has_in_hand_is_left_to_it(site: Site) -> None:
    (one,) = put_out(site, "webhook")
    with site.storage.connection() as connection:
        outbox = Outbox(connection, site.storage.dialect, NOW)
        assert outbox.take(["webhook"], lease=timedelta(seconds=60)) is not None
        kept = Undeliveries(connection, NOW + timedelta(seconds=1))
        assert kept.again(Chosen((one,))) == []
        assert kept.drop(Chosen((one,)), "no more") == []

        outbox.failed(one, "503", LATER)
        assert kept.again(Chosen((one,))) == [one]
        assert kept.again(Chosen((one,))) == []


def test_what_is_dropped_is_never_sent_and_goes_with_what_was_delivered(site: Site) -> None:
    first, second = put_out(site, "webhook", "email")
    give_up(site, first)

    with site.storage.connection() as connection:
        kept = Undeliveries(connection, LATER)
        assert kept.drop(Chosen(), "the shop is closed") == [first, second]
        assert kept.tallies() == []
        outbox = Outbox(connection, site.storage.dialect, LATER)
        assert outbox.take(["webhook", "email"]) is None
        assert outbox.counts() == {"dropped": 2}
        assert outbox.prune(LATER + timedelta(days=1)) == 2


def test_of_a_record_the_newest_question_of_each_rule_counts(site: Site) -> None:
    first, second = put_out(site, "enrichment", "enrichment")
    give_up(site, first)

    with site.storage.connection() as connection:
        kept = Undeliveries(connection, LATER)
        (found,) = kept.of_record("enrichment", "r-1")
        assert (found.id, found.is_dead) == (second, False)
        Outbox(connection, site.storage.dialect, LATER).done(second)
        assert kept.of_record("enrichment", "r-1") == []  # it was answered since


def test_of_several_who_press_at_the_same_moment_one_sends_it(site: Site) -> None:
    (one,) = put_out(site, "webhook")
    give_up(site, one)
    together = Barrier(4)

    def press(_: int) -> list[int]:
        together.wait()
        with site.storage.connection() as connection:
            return Undeliveries(connection, LATER).again(Chosen((one,)))

    with ThreadPoolExecutor(4) as people:
        sent = [number for moved in people.map(press, range(4)) for number in moved]

    assert sent == [one]
