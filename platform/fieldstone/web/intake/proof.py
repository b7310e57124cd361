"""How a form tells people from programs by itself: a signed time, a field nobody sees, a little work."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeSerializer

from fieldstone.actions.intake.sources import Intake
from fieldstone.base.errors import Problem

TOKEN: Final = "_token"  # noqa: S105 - the name of a field
WORK: Final = "_work"
HONEYPOT: Final = "fax_number"
LONGEST_STAY: Final = 24 * 3600
BITS: Final = 256


@dataclass(frozen=True)
class Shown:
    """When a form was shown, and the number of that showing."""

    nonce: str
    at: int


def token_for(intake: Intake, secret_key: str, now: datetime) -> str:
    """Return what a form carries: when it was shown, signed."""
    shown = {"n": secrets.token_urlsafe(12), "t": int(now.timestamp())}
    return str(URLSafeSerializer(secret_key, f"form:{intake.rule.first_code}").dumps(shown))


def token_again(intake: Intake, secret_key: str, token: object, now: datetime) -> str:
    """Return what a form carries that is shown again: whoever corrects an answer has been there since the first showing."""
    shown = shown_of(intake, secret_key, token) if isinstance(token, str) and token else None
    fresh = shown is not None and int(now.timestamp()) - shown.at <= LONGEST_STAY
    first = datetime.fromtimestamp(shown.at, now.tzinfo) if shown and fresh else now
    return token_for(intake, secret_key, first)


def shown_of(intake: Intake, secret_key: str, token: str) -> Shown | None:
    """Return what a form's token says, None for a forged one."""
    try:
        found: Any = URLSafeSerializer(secret_key, f"form:{intake.rule.first_code}").loads(token)
    except BadSignature:
        return None
    return Shown(str(found["n"]), int(found["t"]))


def is_program(intake: Intake, posted: Mapping[str, str]) -> bool:
    """Tell whether the field that nobody sees was filled in."""
    return intake.source.captcha.honeypot and bool(posted.get(HONEYPOT))


def objection(
    intake: Intake, secret_key: str, posted: Mapping[str, str], now: datetime
) -> Problem | None:
    """Return why a post is not believed to come from the form as a person fills it in; None when it is."""
    captcha, token = intake.source.captcha, posted.get(TOKEN, "")
    if not token and not captcha.token:
        return None
    shown = shown_of(intake, secret_key, token)
    if shown is None:
        return Problem(
            "form_token",
            TOKEN,
            "The form has no valid token.",
            "Load the form again, then send it.",
        )
    age = int(now.timestamp()) - shown.at
    if age < captcha.seconds:
        return Problem(
            "too_fast", TOKEN, "That was faster than people type.", "Please send it once more."
        )
    if age > LONGEST_STAY:
        return Problem(
            "form_expired", TOKEN, "The form was open for too long.", "Please send it once more."
        )
    if captcha.work and not worked(token, posted.get(WORK, ""), captcha.work):
        return Problem(
            "no_work",
            WORK,
            "The browser did not finish its check.",
            "Switch scripts on, then send it again.",
        )
    return None


def worked(token: str, answer: str, bits: int) -> bool:
    """Tell whether `answer` was searched for: the hash of both begins with so many zero bits."""
    number = int.from_bytes(hashlib.sha256(f"{token}:{answer[:40]}".encode()).digest())
    return number >> (BITS - bits) == 0
