"""Writes a text message through the installation's own HTTP gateway; without one the message is kept and says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import orjson

from fieldstone.base.label import Label
from fieldstone.base.settings import Settings
from fieldstone.delivery.addresses import AddressError, callable_address
from fieldstone.delivery.contract import DeliveryError, Means, Message
from fieldstone.delivery.posting import PostError, Target, post, target_of

LABEL: Final = Label("Text message", "短信")
OK: Final = range(200, 300)
REFUSED: Final = range(400, 500)
LATER: Final = (408, 425, 429)
"""Answers below 500 after which another try may help: too slow, too early, too many."""
LONGEST_WAIT: Final = 24 * 3600
LONGEST_TEXT: Final = 300
NUMBER: Final = re.compile(r"\+[1-9][0-9]{5,14}")
HOLE: Final = re.compile(r"\{(to|text|id)\}")


@dataclass(frozen=True)
class Sms:
    """A text message to a person's mobile number, or to a number."""

    name: str = "sms"
    label: Label = LABEL
    internal: bool = False

    def send(self, message: Message, means: Means) -> int:
        """Hand the text to the gateway and return its status. Raises DeliveryError."""
        settings = means.settings
        number, language = _number(message, means)
        target, address = _gateway(settings)
        body, kind = written(message, number, language, settings)
        headers = {
            "content-type": kind,
            "user-agent": "Fieldstone",
            "idempotency-key": message.id,
        }
        if settings.sms_token:
            headers["authorization"] = f"Bearer {settings.sms_token}"
        try:
            status, answered = post(target, address, body, headers)
        except PostError as error:
            raise DeliveryError(f"no answer: {error}", retry=True) from error
        if status in OK:
            return status
        wait = answered.get("retry-after", "")
        raise DeliveryError(
            f"the gateway answered {status}",
            retry=status not in REFUSED or status in LATER,
            wait=float(min(int(wait), LONGEST_WAIT)) if wait.isdecimal() else 0.0,
            status=status,
        )


def written(message: Message, number: str, language: str, settings: Settings) -> tuple[bytes, str]:
    """Return what the gateway is sent, and its media type: the same at every try."""
    text = " ".join((message.text(language) or message.topic).split())
    said = f"[{settings.company}] {text}"
    shown = said if len(said) <= LONGEST_TEXT else f"{said[: LONGEST_TEXT - 1]}…"
    holes = {"to": number, "text": shown, "id": message.id}
    values = {
        name: HOLE.sub(lambda hole: holes[hole[1]], template)
        for name, template in settings.sms_body.items()
    }
    if settings.sms_format == "form":
        return urlencode(values).encode(), "application/x-www-form-urlencoded"
    return orjson.dumps(values), "application/json"


def _number(message: Message, means: Means) -> tuple[str, str]:
    """Return the number to write to, and the language of whom it belongs to."""
    found = means.receiver(message.to)
    number, language = message.to, means.settings.languages[0]
    if found is not None:
        number, language = found.mobile, found.language
    if not NUMBER.fullmatch(number):
        raise DeliveryError("not sent: there is no mobile number to write to", retry=False)
    allowed = means.settings.sms_allow
    if allowed and not number.startswith(allowed):
        raise DeliveryError("not sent: this number is not on the list (sms.allow)", retry=False)
    return number, language


def _gateway(settings: Settings) -> tuple[Target, str]:
    """Return where to connect to; only a public https address unless internal ones are allowed."""
    if not settings.sms_url:
        raise DeliveryError("not sent: no gateway is set (sms.url)", retry=False, unset=True)
    internal = settings.webhook_internal
    try:
        target = target_of(settings.sms_url)
        if not target.secure and not internal:
            raise DeliveryError("not sent: the gateway is asked by https only", retry=False)
        return target, callable_address(target.host, target.port, internal=internal)
    except (ValueError, AddressError) as error:
        raise DeliveryError(f"not sent: {error}", retry=False) from error
    except OSError as error:
        raise DeliveryError("the host name is not known", retry=True) from error


CHANNEL = Sms()
