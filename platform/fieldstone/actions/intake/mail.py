"""A raw e-mail becomes what a source can map: from whom, about what, what was written, a phone number in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser
from typing import Final

import phonenumbers

LONGEST: Final = 10_000
OUR_REGION: Final = "CN"
QUOTED: Final = re.compile(
    r"^(>.*|On .{0,200} wrote:|-{2,} ?原始邮件.*|发件人[:：].*|-- )$", re.MULTILINE
)
BY_MACHINES: Final = ("bulk", "junk", "list", "auto_reply")
BLANKS: Final = re.compile(r"\n{3,}")


def from_mail(raw: bytes) -> Mapping[str, str] | None:
    """Return from_name, from_email, to, subject, text, phone and message_id; None for no mail, or one by a machine."""
    message = message_from_bytes(raw, policy=policy.default)
    senders = [pair for pair in getaddresses(_all(message, "from")) if "@" in pair[1]]
    if not senders or _is_by_machine(message):
        return None
    name, address = senders[0]
    text = _text(message)
    found = {
        "from_name": _clean(name) or address.partition("@")[0],
        "from_email": _clean(address),
        "to": _clean(", ".join(mail for _, mail in getaddresses(_all(message, "to")) if mail)),
        "subject": _clean(_header(message, "subject")),
        "text": text,
        "phone": _phone(text),
        "message_id": _clean(_header(message, "message-id")),
        "sent_at": _date(message),
    }
    return {key: value for key, value in found.items() if value}


def _all(message: EmailMessage, name: str) -> list[str]:
    return [str(one) for one in message.get_all(name, [])]


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, ""))


def _is_by_machine(message: EmailMessage) -> bool:
    """Tell whether nobody wrote this: an answer by itself, a bounce, a news letter."""
    automatic = _header(message, "auto-submitted").lower()
    return (
        automatic not in ("", "no")
        or _header(message, "precedence").lower() in BY_MACHINES
        or "list-unsubscribe" in message
        or _header(message, "return-path").strip() == "<>"
    )


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, UnicodeError, AttributeError, KeyError):
        # A character set that does not exist, or a part that is no text.
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if part.get_content_subtype() == "html":
        text = _plain(text)
    # What was quoted below an answer was written by somebody else.
    quoted = QUOTED.search(text)
    own = text[: quoted.start()] if quoted and quoted.start() > 0 else text
    return BLANKS.sub("\n\n", _clean(own, lines=True)).strip()[:LONGEST]


class _Words(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in ("style", "script", "head")
        if tag in ("br", "p", "div", "tr", "li"):
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "head") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(" ".join(data.split()) + " " if data.strip() else "")


def _plain(html: str) -> str:
    words = _Words()
    words.feed(html)
    return "".join(words.found)


def _clean(text: str, *, lines: bool = False) -> str:
    """Return text that can be kept: no lone surrogates, no control characters, one line unless `lines`."""
    sound = text.encode("utf-8", "replace").decode()
    kept = "".join(sign for sign in sound if sign.isprintable() or sign == "\n")
    return kept if lines else " ".join(kept.split())[:500]


def _phone(text: str) -> str:
    matcher = phonenumbers.PhoneNumberMatcher(text, OUR_REGION)
    for match in matcher:
        return str(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164))
    return ""


def _date(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(_header(message, "date")).isoformat()
    except (TypeError, ValueError, IndexError):
        return ""
