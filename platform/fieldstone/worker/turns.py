"""What a worker does in one turn, lane by lane; a lane never waits for another's network or long work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

import structlog

from fieldstone.delivery.office import Office
from fieldstone.delivery.receivers import administrators, receiver
from fieldstone.site import Site
from fieldstone.storage.database_clock import database_now
from fieldstone.storage.leased import jobs_of, outbox_of
from fieldstone.storage.upkeep import clean_up
from fieldstone.worker.arriving import arrivals_due, arriving, forget_arrivals
from fieldstone.worker.booking import book
from fieldstone.worker.dealing import deal
from fieldstone.worker.enriching import enriching
from fieldstone.worker.long_work import do_next_job, jobs_due
from fieldstone.worker.mailboxes import mailboxes
from fieldstone.worker.timers import act_on_due_timers, timers_due

log = structlog.get_logger()

DRAIN_SECONDS: Final = 10.0
CLEANING: Final = "clean_up"

Turn = Callable[[Site, threading.Event], int]
"""One look at what waits; returns how much was done, so that 0 means: wait for the bell."""


def inside(site: Site, stopping: threading.Event) -> int:
    """Settle internal messages and due timers: short transactions, no network."""
    del stopping
    # Asked without a lock first: a worker that finds nothing never keeps a request waiting.
    told = office(site).deliver_inside() if messages_due(site) else 0
    return told + act_on_due_timers(site)


def outside(site: Site, stopping: threading.Event) -> int:
    """Send one message that leaves the house, clean up once an hour, deal out what waits, book what sources cost."""
    del stopping
    if messages_due(site):
        sent = int(office(site).deliver_outside()) or office(site).give_up_unknown()
        if sent:
            return sent
    return tidy(site) + deal(site) + book(site)


def long_work(site: Site, stopping: threading.Event) -> int:
    """Do one job."""
    return int(jobs_due(site) and do_next_job(site, stopping))


_tidied: Final[WeakKeyDictionary[Site, datetime]] = WeakKeyDictionary()
"""The hour for which this process knows that the cleaning was done."""
LANES: Final[tuple[Turn, ...]] = (inside, outside, long_work, arriving, enriching, mailboxes)


def work_once(site: Site, lanes: Sequence[Turn] = LANES) -> int:
    """Take one turn in every lane and return how much was done; 0 when nothing waits."""
    never = threading.Event()
    return sum(turn(site, never) for turn in lanes)


def work_until_idle(
    site: Site, lanes: Sequence[Turn] = LANES, seconds: float = DRAIN_SECONDS
) -> int:
    """Work until nothing waits, or for about so long; return how much was done."""
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        more = work_once(site, lanes)
        if not more:
            break
        done += more
    return done


def anything_due(site: Site) -> bool:
    """Tell whether a worker is needed now."""
    return messages_due(site) or timers_due(site) or jobs_due(site) or arrivals_due(site)


def messages_due(site: Site) -> bool:
    """Tell whether a message waits to be delivered."""
    with site.storage.looking() as connection:
        return outbox_of(connection).any_due()


def office(site: Site) -> Office:
    """Return what delivers this site's messages."""
    place = (site.storage, site.model, site.system_context("delivery"))
    find, administering = partial(receiver, *place), partial(administrators, *place)
    return Office(site.storage, site.vocabulary.channels, site.settings, find, administering)


def tidy(site: Site) -> int:
    """Delete what is past its time, once an hour whatever the number of workers; 1 when this was the one."""
    with site.storage.looking() as connection:
        now = database_now(connection)
    if _tidied.get(site) == _hour(now):
        return 0
    with site.storage.connection() as connection:
        mine = jobs_of(connection).start_slot(CLEANING, _hour(now))
        gone = clean_up(connection, site.storage.dialect, now) if mine else {}
    if mine:
        forget_arrivals(site)
    _tidied[site] = _hour(now)
    if any(gone.values()):
        log.info("cleaned up", **gone)
    return int(mine)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
