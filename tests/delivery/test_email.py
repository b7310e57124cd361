"""E-mail is written in the receiver's language, keeps to its headers, and is kept where no server is set."""

from __future__ import annotations

import smtplib
from typing import Any, ClassVar

import pytest

from fieldstone.delivery import email
from fieldstone.delivery.contract import DeliveryError, Receiver
from fieldstone.delivery.email import CHANNEL, written
from tests.delivery.world import LI, a_message, means

MAIL = {"mail_host": "mail.example.com", "mail_sender": "crm@example.com", "company": "Acme"}


class FakeServer:
    """Takes the place of smtplib.SMTP."""

    sent: ClassVar[list[Any]] = []
    failure: Exception | None = None

    def __init__(self, host: str, port: int, timeout: float) -> None:
        assert timeout <= 10

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def has_extn(self, name: str) -> bool:
        return False

    def send_message(self, letter: Any) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append(letter)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[FakeServer]:
    monkeypatch.setattr(FakeServer, "sent", [])
    monkeypatch.setattr(email.smtplib, "SMTP", FakeServer)
    return FakeServer


def test_a_mail_is_written_in_the_receivers_language(server: type[FakeServer]) -> None:
    assert CHANNEL.send(a_message("email"), means(**MAIL)) == 250

    (letter,) = server.sent
    assert letter["Subject"] == "[Acme] 您有新线索"
    assert letter["To"] == "Li Lei <li@example.com>"
    assert letter["Message-ID"] == "<msg_1@example.com>"
    assert "您有新线索" in letter.get_content()


def test_a_mail_leads_people_of_the_house_to_the_record(server: type[FakeServer]) -> None:
    CHANNEL.send(a_message("email"), means(**MAIL, address="https://crm.example.com"))
    CHANNEL.send(
        a_message("email", to="partner@example.com"),
        means(**MAIL, address="https://crm.example.com"),
    )

    (ours, theirs) = server.sent
    assert "https://crm.example.com/o/" in ours.get_content()
    assert "http" not in theirs.get_content()


def test_an_address_may_be_written_to_as_well(server: type[FakeServer]) -> None:
    CHANNEL.send(a_message("email", to="partner@example.com"), means(**MAIL))

    assert server.sent[0]["To"] == "partner@example.com"


def test_without_a_mail_server_the_message_is_kept_and_says_so() -> None:
    with pytest.raises(DeliveryError, match="no mail server") as refused:
        CHANNEL.send(a_message("email"), means())

    assert not refused.value.retry


@pytest.mark.parametrize("to", ["somebody-who-left", "", "a@b.example\r\nBcc: x@y.example"])
def test_nobody_to_write_to_is_final(to: str, server: type[FakeServer]) -> None:
    with pytest.raises(DeliveryError) as refused:
        CHANNEL.send(a_message("email", to=to), means(**MAIL))

    assert not refused.value.retry
    assert server.sent == []


@pytest.mark.parametrize(
    ("failure", "retry"),
    [
        (smtplib.SMTPDataError(451, b"later"), True),
        (smtplib.SMTPDataError(554, b"no"), False),
        (smtplib.SMTPRecipientsRefused({"li@example.com": (550, b"unknown")}), False),
        (smtplib.SMTPServerDisconnected(), True),
        (TimeoutError(), True),
    ],
)
def test_the_servers_answer_says_whether_to_try_again(
    failure: Exception, retry: bool, server: type[FakeServer], monkeypatch
) -> None:
    monkeypatch.setattr(server, "failure", failure)

    with pytest.raises(DeliveryError) as refused:
        CHANNEL.send(a_message("email"), means(**MAIL))

    assert refused.value.retry is retry


def test_no_text_can_add_a_header() -> None:
    evil = Receiver("x", "Eve\r\nBcc: all@example.com", "eve@example.com", "en")
    message = a_message("email", message={"en": "Hi\r\nBcc: all@example.com", "zh": ""})

    letter = written(message, evil, means(**MAIL).settings)

    assert "Bcc" not in letter
    assert letter["Subject"] == "[Acme] Hi Bcc: all@example.com"
    assert LI.language == "zh"
