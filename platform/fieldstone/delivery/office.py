"""Takes messages out of the outbox and hands them to their channels, each as often as it must and no more."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from fieldstone.base.label import Label, label_of
from fieldstone.base.settings import Settings
from fieldstone.delivery.alarm import GivenUp, tell_administrators
from fieldstone.delivery.contract import Channel, DeliveryError, Means, Message, Receiver
from fieldstone.rules.enrichment import CHANNEL as ENRICHMENT
from fieldstone.rules.enrichment import KIND as ENRICHING
from fieldstone.storage.database import Storage
from fieldstone.storage.database_clock import database_now
from fieldstone.storage.leased import notices_of, outbox_of
from fieldstone.storage.notices import Notices
from fieldstone.storage.outbox import Message as Taken
from fieldstone.storage.outbox import Outbox

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=60)
"""Longer than any channel may take: name look-up and 10 s of sending."""
INSIDE_AT_ONCE: Final = 50
"""Internal messages settled in one transaction; it is short, and one COMMIT serves them all."""
WAITS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""Time between tries; together three days, after which the message is given up and shown as such."""
JITTER: Final = 0.1
SPREAD: Final = random.SystemRandom()


@dataclass(frozen=True)
class Office:
    """What delivering needs; `receiver` finds an active person by id, `administrators` hear of what is given up."""

    storage: Storage
    channels: Mapping[str, Channel]
    settings: Settings
    receiver: Callable[[str], Receiver | None]
    administrators: Callable[[], Sequence[str]]

    def deliver_inside(self) -> int:
        """Settle due messages of internal channels and return how many, exactly once: one transaction does both."""
        names = [name for name, channel in self.channels.items() if channel.internal]
        with self.storage.connection() as connection:
            outbox, notices = outbox_of(connection), notices_of(connection)
            means = Means(self.settings, notices.now, self.receiver, notices)
            count = 0
            while count < INSIDE_AT_ONCE and (taken := outbox.take(names, lease=LEASE)):
                failure = self._settled_inside(outbox, taken, means)
                if failure is not None:
                    self._failed(outbox, notices, taken, failure)
                count += 1
        return count

    def _settled_inside(self, outbox: Outbox, taken: Taken, means: Means) -> DeliveryError | None:
        """Deliver within the transaction; what goes wrong undoes this message alone."""
        try:
            with outbox.alone():
                self.channels[taken.channel].send(message_of(taken), means)
        except Exception as error:
            # The worker's border: a channel of a plugin may fail in any way and must not stop the others.
            log.exception("message not delivered", message=taken.id, channel=taken.channel)
            return DeliveryError(f"{type(error).__name__}: {error}", retry=True)
        outbox.done(taken.id)
        return None

    def deliver_outside(self) -> bool:
        """Send one due message of an external channel; False when there was none.

        Nobody can send exactly once: the message is claimed for a minute, sent, and then noted. A worker that is
        killed in between leaves it to another, which sends it again under the same id.
        """
        taken = self._claimed()
        if taken is None:
            return False
        means = Means(self.settings, self._now(), self.receiver)
        failure, status, began = None, None, time.monotonic()
        try:
            status = self.channels[taken.channel].send(message_of(taken), means)
        except DeliveryError as error:
            failure, status = error, error.status
        except Exception as error:
            # The worker's border: see above.
            log.exception("message not sent", message=taken.id, channel=taken.channel)
            failure = DeliveryError(type(error).__name__, retry=True)
        self._note(taken, failure, status, round((time.monotonic() - began) * 1000))
        return True

    def give_up_unknown(self) -> int:
        """Give up messages for channels that this installation does not have, and return how many."""
        with self.storage.connection() as connection:
            why = "not sent: there is no such channel"
            # Questions of enrichment are answered in a lane of their own.
            known = (*self.channels, ENRICHMENT)
            gone = outbox_of(connection).give_up_others(known, why)
            for channel, count in gone.items():
                label = label_of_channel(self.channels, channel)
                given_up = GivenUp(channel, label, why, count)
                tell_administrators(notices_of(connection), given_up, self.administrators)
            return sum(gone.values())

    def _claimed(self) -> Taken | None:
        names = [name for name, channel in self.channels.items() if not channel.internal]
        with self.storage.connection() as connection:
            return outbox_of(connection).take(names, lease=LEASE)

    def _note(
        self, taken: Taken, failure: DeliveryError | None, status: int | None, took: int
    ) -> None:
        """Note in one transaction how the try went and when the next one is."""
        with self.storage.connection() as connection:
            outbox, notices = outbox_of(connection), notices_of(connection)
            if failure is None:
                outbox.done(taken.id)
            else:
                self._failed(outbox, notices, taken, failure)
            notices.log_delivery(
                taken.id,
                taken.channel,
                taken.to,
                attempt=taken.attempts,
                status=status,
                error=None if failure is None else str(failure),
                milliseconds=took,
            )
        if failure is not None:
            log.warning("message not sent", message=taken.id, channel=taken.channel, status=status)

    def _failed(
        self, outbox: Outbox, notices: Notices, taken: Taken, failure: DeliveryError
    ) -> None:
        """Note when to try again, or that nobody does and administrators know."""
        again = next_try(taken.attempts, failure, notices.now)
        outbox.failed(taken.id, str(failure), again)
        if again is None:
            label = label_of_channel(self.channels, taken.channel)
            given_up = GivenUp(taken.channel, label, str(failure), unset=failure.unset)
            tell_administrators(notices, given_up, self.administrators)

    def _now(self) -> datetime:
        with self.storage.looking() as connection:
            return database_now(connection)


def label_of_channel(channels: Mapping[str, Channel], name: str) -> Label:
    """Return what people call a channel, also the one by which questions of enrichments go, and one that is not there."""
    if name == ENRICHMENT:
        return ENRICHING.label
    return channels[name].label if name in channels else label_of(name)


def message_of(taken: Taken) -> Message:
    """Return an outbox row as channels see it.

    Its name holds the moment as well as the number: a database that was restored counts numbers again,
    and a receiver must not take new messages for repeats.
    """
    moment = int(taken.created_at.timestamp() * 1_000_000)
    return Message(
        f"msg_{moment:x}_{taken.id}",
        taken.channel,
        taken.to,
        taken.topic,
        taken.payload,
        taken.object_name,
        taken.record_id,
        taken.created_at,
        taken.attempts,
    )


def next_try(attempts: int, failure: DeliveryError, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts, None to give up.

    A tenth more or less, so that a receiver that comes back is not called by everybody at once.
    """
    if not failure.retry or attempts > len(WAITS):
        return None
    wait = WAITS[max(attempts, 1) - 1] * SPREAD.uniform(1 - JITTER, 1 + JITTER)
    return now + max(wait, timedelta(seconds=failure.wait))
