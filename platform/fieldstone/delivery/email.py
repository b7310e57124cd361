"""Writes an e-mail through the installation's own mail server; without one the message is kept and says so."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Final

from fieldstone.base.label import Label
from fieldstone.base.settings import Settings
from fieldstone.delivery.contract import DeliveryError, Means, Message, Receiver

LABEL: Final = Label("E-mail", "电子邮件")
SECONDS: Final = 10
TLS_FROM_THE_START: Final = 465
PERMANENT: Final = 500
"""SMTP answers from 500 on will be the same tomorrow (RFC 5321, section 4.2.1)."""
LONGEST_SUBJECT: Final = 120


@dataclass(frozen=True)
class Email:
    """An e-mail to a person, or to an address."""

    name: str = "email"
    label: Label = LABEL
    internal: bool = False

    def send(self, message: Message, means: Means) -> int | None:
        """Hand the mail to the mail server. Raises DeliveryError."""
        if not means.settings.mail_host:
            raise DeliveryError(
                "not sent: no mail server is set (mail.host)", retry=False, unset=True
            )
        receiver = _receiver(message, means)
        letter = written(message, receiver, means.settings)
        try:
            _hand_over(letter, means.settings)
        except smtplib.SMTPResponseException as error:
            retry = error.smtp_code < PERMANENT
            said = f"the mail server answered {error.smtp_code}"
            raise DeliveryError(said, retry=retry, status=error.smtp_code) from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            retry = all(code < PERMANENT for code in codes)
            raise DeliveryError("the address was refused", retry=retry, status=codes[0]) from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"mail server: {type(error).__name__}", retry=True) from error
        return 250


def written(message: Message, receiver: Receiver, settings: Settings) -> EmailMessage:
    """Return the mail: its id is that of the message, so that a repeat is the same mail."""
    text = message.text(receiver.language) or message.topic
    subject = message.text(receiver.language, "subject") or text
    letter = EmailMessage()
    # Header injection ends here: a header holds one line.
    letter["Subject"] = " ".join(f"[{settings.company}] {subject}".split())[:LONGEST_SUBJECT]
    letter["From"] = formataddr((_one_line(settings.company), settings.mail_sender))
    letter["To"] = formataddr((_one_line(receiver.name), receiver.email))
    letter["Date"] = format_datetime(message.created_at)
    letter["Message-ID"] = f"<{message.id}@{settings.mail_sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    link = _page_of(message, receiver, settings)
    letter.set_content(f"{text}\n\n{link}\n" if link else f"{text}\n")
    return letter


def _page_of(message: Message, receiver: Receiver, settings: Settings) -> str:
    """Return the address of the record's page, for people of the house and where the site knows its own address."""
    if not (settings.address and receiver.id and message.object_name and message.record_id):
        return ""
    return f"{settings.address}/o/{message.object_name}/{message.record_id}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _receiver(message: Message, means: Means) -> Receiver:
    found = means.receiver(message.to)
    if found is None and "@" in message.to:
        found = Receiver("", "", message.to, means.settings.languages[0])
    if found is None or not found.email:
        raise DeliveryError("not sent: there is nobody to write to", retry=False)
    if _one_line(found.email) != found.email:
        raise DeliveryError("not sent: this is no e-mail address", retry=False)
    return found


def _hand_over(letter: EmailMessage, settings: Settings) -> None:
    host, port = str(settings.mail_host), settings.mail_port
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
        if port == TLS_FROM_THE_START
        else smtplib.SMTP(host, port, timeout=SECONDS)
    )
    with server:
        if port != TLS_FROM_THE_START and server.has_extn("starttls"):
            server.starttls(context=context)
        if settings.mail_user:
            server.login(settings.mail_user, settings.mail_password or "")
        server.send_message(letter)


CHANNEL = Email()
