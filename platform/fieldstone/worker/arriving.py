"""The worker's own reception: takes in what waits, source by source in turns, so that none starves another."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Final

import structlog

from fieldstone.actions.intake.reception import Reception
from fieldstone.actions.intake.sources import intakes_of
from fieldstone.site import Site
from fieldstone.storage.arrivals import Arrivals, forget_counts
from fieldstone.storage.errors import StorageError
from fieldstone.storage.provenance import forget_answers

log = structlog.get_logger()

ROUNDS: Final = 20


def arriving(site: Site, stopping: threading.Event) -> int:
    """Take in one waiting arrival of each source, round after round; 0 when nothing may be taken in."""
    reception, done = site.reception(), 0
    for _ in range(ROUNDS):
        taken = 0
        for source in reception.waiting():
            if stopping.is_set():
                return done + taken
            taken += _one(reception, source)
        if not taken:
            break
        done += taken
    return done


def arrivals_due(site: Site) -> bool:
    """Tell whether something waits to be taken in."""
    return bool(site.reception().waiting())


def _one(reception: Reception, source: str) -> int:
    try:
        return int(reception.take_next(source))
    except StorageError:
        raise
    except Exception as error:
        # The worker's border: one arrival that fails must not keep its source waiting.
        log.exception("arrival failed", source=source)
        reception.set_aside(source, f"{type(error).__name__}: {error}")
        return 1


def forget_arrivals(site: Site) -> None:
    """Empty what is past the time that its source keeps it."""
    now = site.clock()
    with site.storage.connection() as connection:
        arrivals = Arrivals(connection)
        for intake in intakes_of(site.model, also_off=True):
            arrivals.forget(intake.code, now - timedelta(days=intake.source.retention_days))
        forget_counts(connection, now)
        forget_answers(connection, now)
