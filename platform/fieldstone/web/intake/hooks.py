"""POST /in/hooks/SOURCE: partners, mail servers and scanners of cards send what they have, and prove who they are."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, current_app, request
from standardwebhooks import Webhook as Signer
from standardwebhooks.webhooks import WebhookVerificationError

from fieldstone.actions.intake.cards import cards_in
from fieldstone.actions.intake.mail import from_mail
from fieldstone.actions.intake.reception import CrowdedError, Incoming
from fieldstone.actions.intake.sources import Intake, address_hash, secret_of
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.rules.capture_body import TRACKED
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.intake.answers import (
    LARGEST,
    LARGEST_MAIL,
    check_size,
    receipt_answer,
    the_intake,
    untold,
)
from fieldstone.web.limits import Meter
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.reading_json import any_body, known_parameters, refusal
from fieldstone.web.rest.receipts import receipt_json

blueprint = Blueprint("intake_hooks", __name__, url_prefix="/in/hooks")
MAIL: Final = "message/rfc822"
CARDS: Final = ("text/vcard", "text/x-vcard", "text/directory")
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_AT_ONCE: Final = 500
BAD_TRIES: Final = 30
METER: Final = "fieldstone_intake_meter"


@blueprint.post("/<code>")
def receive(code: str) -> Response:
    """Take what a partner sends: one thing, or a list of up to 500 that a worker takes in."""
    asked = the_call()
    known_parameters("token", *TRACKED)
    intake = the_intake(asked, code, "hook", "email", "cards", "import")
    check_size(LARGEST_MAIL if request.mimetype == MAIL else LARGEST * 8)
    _prove(asked, intake)
    sent = _sent(intake)
    if isinstance(sent, Sequence):
        return _several(asked, intake, sent)
    receipt = asked.site.reception().receive(intake, _incoming(asked, sent))
    return receipt_answer(asked, untold(receipt) if intake.source.auth == "none" else receipt)


def _several(asked: Asked, intake: Intake, sent: Sequence[Mapping[str, Any]]) -> Response:
    batch = new_id()
    several = [_incoming(asked, one, batch, place) for place, one in enumerate(sent)]
    receipts = asked.site.reception().queue(intake, several)
    asked.site.queue.ring()
    told = {"batch": batch, "arrivals": [receipt_json(asked, one) for one in receipts]}
    return json_answer({"data": told}, 202)


def _incoming(asked: Asked, sent: Mapping[str, Any], batch: str = "", place: int = 0) -> Incoming:
    key = request.headers.get("Idempotency-Key") or request.headers.get("webhook-id") or ""
    trace = {name: request.args[name] for name in TRACKED if name in request.args}
    if sent.get("message_id"):
        trace["message_id"] = sent["message_id"]
    if request.mimetype == MAIL:
        key = str(sent.get("message_id") or key)
    address = address_hash(request.remote_addr or "", asked.site.settings.secret_key)
    named = f"{key}/{place}" if key and batch else key
    return Incoming(sent, trace, key=named, address=address, batch=batch)


def _sent(intake: Intake) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
    """Return what was sent, by what it calls itself. Raises RefusedError with 400, 415 or 422."""
    kind = request.mimetype
    if kind == MAIL:
        found = from_mail(request.get_data())
        if found is None:
            raise refusal(
                "not_a_mail",
                "body",
                "This is no e-mail to take in.",
                "Send a whole message, headers first.",
                422,
            )
        return found
    if kind in CARDS:
        return _listed(cards_in(request.get_data()))
    if kind in FORMS:
        return {
            name: given[0] if len(given) == 1 else given for name, given in request.form.lists()
        }
    body = any_body()
    if (
        isinstance(body, dict)
        and intake.source.via == "cards"
        and isinstance(body.get("cards"), list)
    ):
        body = body["cards"]
    if isinstance(body, list):
        return _listed(body)
    if not isinstance(body, dict):
        raise refusal(
            "not_an_object", "body", "The body is no JSON object.", 'Send {"field": value}.'
        )
    return body


def _listed(found: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    if not found or not all(isinstance(one, Mapping) for one in found):
        raise refusal(
            "nothing",
            "body",
            "There is nothing to take in.",
            "Send at least one card or object.",
            422,
        )
    if len(found) > MOST_AT_ONCE:
        text = f"There are {len(found):,} of them; one post takes {MOST_AT_ONCE}."
        raise refusal("too_many", "body", text, "Send several posts.", 422)
    return found


def _prove(asked: Asked, intake: Intake) -> None:
    """Refuse who cannot prove to be the partner. Raises RefusedError with 401 or 429."""
    address = request.remote_addr or ""
    bad: Meter = current_app.extensions.setdefault(METER, Meter(BAD_TRIES))
    if seconds := bad.wait((intake.code, address)):
        raise CrowdedError("Too many posts without proof came from this address.", seconds)
    secret = secret_of(intake, asked.site.settings.secret_key)
    proven = {"signature": _is_signed, "token": _has_token}.get(intake.source.auth)
    if proven is None or proven(secret):
        return
    bad.count((intake.code, address))
    cure = {
        "signature": "Sign the body as Standard Webhooks says, or send X-Signature: sha256=HMAC of the body.",
        "token": "Send the header X-Intake-Token, or ?token=, as the page of the source shows it.",
    }[intake.source.auth]
    raise RefusedError(
        [Problem("not_proven", "headers", "The post does not prove who sends it.", cure)], 401
    )


def _has_token(secret: str) -> bool:
    sent = request.headers.get("X-Intake-Token") or request.args.get("token", "")
    return secrets.compare_digest(sent.encode(), secret.encode())


def _is_signed(secret: str) -> bool:
    body, plain = request.get_data(), request.headers.get("X-Signature", "")
    if plain:
        made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return secrets.compare_digest(plain.removeprefix("sha256=").lower().encode(), made.encode())
    try:
        # The library decodes what it signs.
        Signer(secret).verify(body.decode(), {k.lower(): v for k, v in request.headers.items()})
    except (WebhookVerificationError, ValueError):
        return False
    return True
