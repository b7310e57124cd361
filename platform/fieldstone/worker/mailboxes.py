"""The lane that reads mailboxes, each as often as its source says."""

from __future__ import annotations

import threading
from datetime import timedelta

from fieldstone.actions.intake.mailbox import look
from fieldstone.actions.intake.sources import intakes_of
from fieldstone.site import Site
from fieldstone.storage.database_clock import database_now
from fieldstone.storage.mailboxes import Mailboxes


def mailboxes(site: Site, stopping: threading.Event) -> int:
    """Read the mailboxes that are due; returns how many messages were taken in."""
    done = 0
    for intake in intakes_of(site.model):
        box = intake.source.mailbox
        if box is None or stopping.is_set():
            continue
        with site.storage.looking() as connection:
            if not Mailboxes(connection).is_due(intake.code, database_now(connection)):
                continue
        with site.storage.connection() as connection:
            now = database_now(connection)
            mark = Mailboxes(connection).take(
                intake.code, now, timedelta(minutes=max(box.minutes, 1))
            )
        if mark is not None:
            done += look(site.reception(), intake, box, mark).taken
    return done
