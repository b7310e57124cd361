"""Calls a URL as Standard Webhooks describes it: an id, a time, a signature, and JSON."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from standardwebhooks import Webhook as Signer

from fieldstone.base.label import Label
from fieldstone.base.settings import Settings
from fieldstone.delivery.addresses import AddressError, callable_address
from fieldstone.delivery.contract import DeliveryError, Means, Message
from fieldstone.delivery.posting import PostError, Target, post, target_of

LABEL: Final = Label("Webhook", "Webhook")
OK: Final = range(200, 300)
MOVED: Final = range(300, 400)
GONE: Final = 410
LONGEST_WAIT: Final = 24 * 3600


@dataclass(frozen=True)
class Webhook:
    """A signed POST to a URL."""

    name: str = "webhook"
    label: Label = LABEL
    internal: bool = False

    def send(self, message: Message, means: Means) -> int:
        """Post the message and return the receiver's status. Raises DeliveryError."""
        target, address = _place(message.to, means.settings)
        body = body_of(message)
        headers = signed(message.id, means.now, body, signing_secret(means.settings))
        try:
            status, answered = post(target, address, body, headers)
        except PostError as error:
            raise DeliveryError(f"no answer: {error}", retry=True) from error
        if status in OK:
            return status
        if status in MOVED:
            raise DeliveryError("redirects are not followed", retry=True, status=status)
        raise DeliveryError(
            f"the receiver answered {status}",
            retry=status != GONE,
            wait=_seconds(answered.get("retry-after", "")),
            status=status,
        )


def body_of(message: Message) -> bytes:
    """Return the JSON that is posted; the same bytes at every try."""
    return orjson.dumps(
        {
            "type": message.topic,
            "timestamp": message.created_at.isoformat(),
            "data": {
                "object": message.object_name,
                "id": message.record_id,
                **message.payload,
            },
        },
        default=str,
    )


def signed(message_id: str, now: datetime, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers that prove who sends and when (www.standardwebhooks.com)."""
    return {
        "content-type": "application/json",
        "user-agent": "Fieldstone",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(secret).sign(message_id, now, body.decode()),
    }


def signing_secret(settings: Settings) -> str:
    """Return the secret that receivers check signatures with: the one set, else one made from the site's key."""
    if settings.webhook_secret:
        return settings.webhook_secret
    made = hmac.digest(settings.secret_key.encode(), b"webhooks", hashlib.sha256)
    return f"whsec_{base64.b64encode(made).decode()}"


def _place(url: str, settings: Settings) -> tuple[Target, str]:
    """Return where to connect to; refuse what a webhook may not call."""
    internal = settings.webhook_internal
    try:
        target = target_of(url)
        if not target.secure and not internal:
            raise DeliveryError("not sent: webhooks go to https only", retry=False)
        return target, callable_address(target.host, target.port, internal=internal)
    except (ValueError, AddressError) as error:
        raise DeliveryError(f"not sent: {error}", retry=False) from error
    except OSError as error:
        raise DeliveryError("the host name is not known", retry=True) from error


def _seconds(text: str) -> float:
    return float(min(int(text), LONGEST_WAIT)) if text.isdecimal() else 0.0


CHANNEL = Webhook()
