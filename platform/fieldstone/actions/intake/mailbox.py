"""Reads a mailbox by IMAP: new messages become arrivals of their source, each once."""

from __future__ import annotations

import imaplib
import os
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from fieldstone.actions.intake.mail import from_mail
from fieldstone.actions.intake.reception import CrowdedError, Incoming, Reception
from fieldstone.actions.intake.sources import Intake
from fieldstone.rules.capture_body import Mailbox
from fieldstone.storage.database_clock import database_now
from fieldstone.storage.mailboxes import Bookmark, Mailboxes

log = structlog.get_logger()

SECONDS: Final = 20.0
AT_ONCE: Final = 50
LARGEST: Final = 10 * 1024 * 1024
AFTER_AN_ERROR: Final = timedelta(minutes=5)
SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxError(Exception):
    """A mailbox could not be read."""


@dataclass(frozen=True)
class Looked:
    """What one look at a mailbox brought."""

    taken: int = 0
    passed: int = 0  # by machines, or too large
    error: str = ""


def look(reception: Reception, intake: Intake, box: Mailbox, mark: Bookmark) -> Looked:
    """Read what is new in one mailbox and note how it went."""
    try:
        found = _read(reception, intake, box, mark)
    except (OSError, imaplib.IMAP4.error, ssl.SSLError, MailboxError) as error:
        said = str(error) if isinstance(error, MailboxError) else f"{type(error).__name__}: {error}"
        log.warning("mailbox not read", source=intake.code, error=type(error).__name__)
        found = Looked(error=said[:300])
    with reception.storage.connection() as connection:
        now = database_now(connection)
        wait = AFTER_AN_ERROR if found.error else timedelta(minutes=max(box.minutes, 1))
        Mailboxes(connection).looked(intake.code, now, found.error, now + wait)
    return found


def _read(reception: Reception, intake: Intake, box: Mailbox, mark: Bookmark) -> Looked:
    taken = passed = 0
    with _opened(box) as server:
        validity = _validity(server)
        last = mark.last_uid if mark.validity == validity else 0
        for uid in _new(server, last)[:AT_ONCE]:
            raw = _message(server, uid)
            told = from_mail(raw) if raw else None
            if told is None:
                passed += 1
            else:
                key = told.get("message_id") or f"{validity}:{uid}"
                incoming = Incoming(told, {"message_id": key}, key=key)
                try:
                    reception.receive(intake, incoming)
                except CrowdedError:
                    break  # the rest stays in the mailbox until there is room
                taken += 1
            with reception.storage.connection() as connection:
                Mailboxes(connection).read(intake.code, validity, uid)
            server.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
    return Looked(taken, passed)


@contextmanager
def _opened(box: Mailbox) -> Iterator[imaplib.IMAP4]:
    """Give a mailbox with its folder open. Raises MailboxError, OSError, imaplib.IMAP4.error."""
    password = os.environ.get(box.password, "")
    if not password:
        raise MailboxError(f"the variable {box.password} holds no password")
    context = ssl.create_default_context()
    server: imaplib.IMAP4 = (
        imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=SECONDS)
        if box.security == "tls"
        else imaplib.IMAP4(box.host, box.port, timeout=SECONDS)
    )
    try:
        if box.security == "starttls":
            server.starttls(ssl_context=context)
        server.login(box.user, password)
        state, answer = server.select(_quoted(box.folder))
        if state != "OK":
            raise MailboxError(f"the folder {box.folder} cannot be opened: {answer!r}")
        yield server
    finally:
        try:
            server.logout()
        except (OSError, imaplib.IMAP4.error):
            log.info("mailbox left without a word", host=box.host)


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _validity(server: imaplib.IMAP4) -> str:
    _, found = server.response("UIDVALIDITY")
    first = found[0] if found else b""
    return first.decode() if isinstance(first, bytes) else ""


def _new(server: imaplib.IMAP4, last: int) -> list[int]:
    """Return the messages after the last one; at the first look those that nobody has read."""
    asked = ("UNSEEN",) if not last else ("UID", f"{last + 1}:*")
    _, found = server.uid("SEARCH", *asked)
    words = found[0].split() if found and isinstance(found[0], bytes) else []
    # "*" is the last message even where its number is smaller than what was asked for.
    return sorted(int(word) for word in words if int(word) > last)


def _message(server: imaplib.IMAP4, uid: int) -> bytes:
    """Return a message as it came, nothing for one that is too large; it stays unread for people."""
    _, sized = server.uid("FETCH", str(uid), "(RFC822.SIZE)")
    size = SIZE.search(b" ".join(part for part in sized if isinstance(part, bytes)))
    if size is None or int(size[1]) > LARGEST:
        return b""
    _, found = server.uid("FETCH", str(uid), "(BODY.PEEK[])")
    return next((part[1] for part in found if isinstance(part, tuple)), b"")
