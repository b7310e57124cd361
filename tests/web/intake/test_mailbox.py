"""A mailbox is read by IMAP, against a real server: each mail once, machines passed over, trouble told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from fieldstone.storage.mailboxes import Mailboxes, fs_mailbox
from fieldstone.worker.mailboxes import mailboxes
from tests.services.mailbox import PASSWORD, USER, MailboxServer
from tests.services.missing import ServiceMissingError, missing
from tests.web.intake.gate import Gate, open_gate

RULES = """
rules:
  sales_mailbox:
    mailbox: {{host: 127.0.0.1, port: {port}, user: {user}, password_env: FIELDSTONE_MAILBOX_SALES, security: none, every_minutes: 1}}
"""


def letter(number: int, **headers: str) -> str:
    named = "".join(f"{name}: {text}\n" for name, text in headers.items())
    return (
        f"From: Person {number} <p{number}@fjord.example>\nTo: sales@harbor.example\nSubject: Offer {number}\n"
        f"Message-ID: <m{number}@fjord.example>\n{named}Content-Type: text/plain; charset=utf-8\n\nWe need {number} seats.\n"
    )


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailboxServer]:
    """A running mail server."""
    monkeypatch.setenv("FIELDSTONE_MAILBOX_SALES", PASSWORD)
    try:
        server = MailboxServer()
        server.start()
    except ServiceMissingError as error:
        missing(error)
    yield server
    server.remove()


@pytest.fixture
def post(database_url: str, tmp_path: Path, box: MailboxServer) -> Iterator[Gate]:
    """A site that reads the mailbox."""
    opened = open_gate(database_url, tmp_path, RULES.format(port=box.port, user=USER))
    yield opened
    opened.site.storage.close()


def look(gate: Gate) -> int:
    """Read the mailbox whether or not it is due."""
    with gate.site.storage.connection() as connection:
        connection.execute(update(fs_mailbox).values(due=gate.clock[0].replace(year=2020)))
    return mailboxes(gate.site, threading.Event())


def test_new_mails_become_leads_once(post: Gate, box: MailboxServer) -> None:
    box.deliver(letter(1), letter(2))

    assert look(post) == 2
    assert look(post) == 0
    assert {lead["name"] for lead in post.records()} == {"Person 1", "Person 2"}
    assert box.unread() == []
    box.deliver(letter(3))
    assert look(post) == 1
    assert len(post.records()) == 3


def test_a_mailbox_is_read_no_more_often_than_its_rule_says(post: Gate, box: MailboxServer) -> None:
    assert look(post) == 0
    box.deliver(letter(1))
    post.work()

    assert post.records() == []


def test_a_mail_that_was_also_posted_to_the_hook_is_the_same_arrival(
    post: Gate, box: MailboxServer
) -> None:
    post.raw("sales_mailbox", letter(1).encode(), "message/rfc822")
    box.deliver(letter(1))
    look(post)

    assert len(post.records()) == 1
    assert len(post.arrivals("sales_mailbox")) == 1


def test_mails_by_machines_and_what_is_no_mail_are_passed_over(
    post: Gate, box: MailboxServer
) -> None:
    box.deliver(letter(1, **{"Auto-Submitted": "auto-replied"}), b"\xff\xfe no mail", letter(2))

    assert look(post) == 1
    assert [lead["name"] for lead in post.records()] == ["Person 2"]
    assert look(post) == 0


def test_a_wrong_password_is_told_and_nothing_is_lost(
    post: Gate, box: MailboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver(letter(1))
    monkeypatch.setenv("FIELDSTONE_MAILBOX_SALES", "wrong")
    look(post)
    with post.site.storage.looking() as connection:
        mark = Mailboxes(connection).of("sales_mailbox")
    assert mark is not None
    assert mark.error
    assert "wrong" not in mark.error

    monkeypatch.setenv("FIELDSTONE_MAILBOX_SALES", PASSWORD)
    assert look(post) == 1


def test_a_server_that_is_away_is_told(post: Gate, box: MailboxServer) -> None:
    box.remove()
    look(post)

    with post.site.storage.looking() as connection:
        mark = Mailboxes(connection).of("sales_mailbox")
    assert mark is not None
    assert "Refused" in mark.error
