"""Every ten minutes: books what the sources have cost."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import structlog

from fieldstone.actions.intake.booking import book_costs
from fieldstone.site import Site
from fieldstone.storage.errors import ClashError

log = structlog.get_logger()
MINUTES: Final = 10
_booked: Final[WeakKeyDictionary[Site, datetime]] = WeakKeyDictionary()
"""The ten minutes for which this process has booked."""


def book(site: Site) -> int:
    """Book once in ten minutes; several workers may do it at once. Return how much is new or changed."""
    now = site.clock()
    slot = now.replace(minute=now.minute - now.minute % MINUTES, second=0, microsecond=0)
    if _booked.get(site) == slot:
        return 0
    _booked[site] = slot
    try:
        done = book_costs(site.bookkeeper())
    except ClashError:
        return 0  # another worker books the same; in ten minutes again
    if done:
        log.info("costs of sources booked", bookings=done)
    return done
