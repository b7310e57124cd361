"""Takes messages out of the outbox and hands them to their channels, each as often as it must and no more."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from fieldstone.base.settings import Settings
from fieldstone.delivery.contract import Channel, DeliveryError, Means, Message, Receiver
from fieldstone.rules.enrichment import CHANNEL as ENRICHMENT
from fieldstone.storage.database import Storage
from fieldstone.storage.database_clock import database_now
from fieldstone.storage.leased import notices_of, outbox_of
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
    """What delivering needs; `receiver` finds an active person by id."""

    storage: Storage
    channels: Mapping[str, Channel]
    settings: Settings
    receiver: Callable[[str], Receiver | None]

    def deliver_inside(self) -> int:
        """Settle due messages of internal channels and return how many, exactly once: one transaction does both."""
        names = [name for name, channel in self.channels.items() if channel.internal]
        with self.storage.connection() as connection:
            outbox, now = outbox_of(connection), database_now(connection)
            means = Means(self.settings, now, self.receiver, notices_of(connection))
            count = 0
            while count < INSIDE_AT_ONCE and (taken := outbox.take(names, lease=LEASE)):
                self._settle_inside(outbox, taken, means)
                count += 1
        return count

    def _settle_inside(self, outbox: Outbox, taken: Taken, means: Means) -> None:
        """Deliver within the transaction; what goes wrong undoes this message alone."""
        try:
            with outbox.alone():
                self.channels[taken.channel].send(message_of(taken), means)
        except Exception as error:
            # The worker's border: a channel of a plugin may fail in any way and must not stop the others.
            log.exception("message not delivered", message=taken.id, channel=taken.channel)
            failure = DeliveryError(f"{type(error).__name__}: {error}", retry=True)
            outbox.failed(taken.id, str(failure), next_try(taken.attempts, failure, means.now))
        else:
            outbox.done(taken.id)

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
            return outbox_of(connection).give_up_others(known, why)

    def _claimed(self) -> Taken | None:
        names = [name for name, channel in self.channels.items() if not channel.internal]
        with self.storage.connection() as connection:
            return outbox_of(connection).take(names, lease=LEASE)

    def _note(
        self, taken: Taken, failure: DeliveryError | None, status: int | None, took: int
    ) -> None:
        """Note in one transaction how the try went and when the next one is."""
        with self.storage.connection() as connection:
            outbox, now = outbox_of(connection), database_now(connection)
            if failure is None:
                outbox.done(taken.id)
            else:
                outbox.failed(taken.id, str(failure), next_try(taken.attempts, failure, now))
            notices_of(connection).log_delivery(
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

    def _now(self) -> datetime:
        with self.storage.looking() as connection:
            return database_now(connection)


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
