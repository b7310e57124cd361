"""Public forms: hosted at /in/forms/FORM, embedded in other sites, or posted to by their own pages and scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from itsdangerous import BadSignature, URLSafeSerializer

from fieldstone.actions.intake.reception import CrowdedError, Incoming, Receipt
from fieldstone.actions.intake.sources import Intake, address_hash
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Effect
from fieldstone.rules.capture_body import TRACKED
from fieldstone.storage.arrivals import REFUSED, UNCONFIRMED
from fieldstone.web.asking import COOKIE, Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.intake import proof
from fieldstone.web.intake.answers import (
    check_size,
    receipt_answer,
    the_intake,
    untold,
    with_origin,
)
from fieldstone.web.intake.drawn_form import POLICY, drawn_form
from fieldstone.web.pages import drawing
from fieldstone.web.pages.controls import posted, to_door
from fieldstone.web.problems import as_json
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.reading_json import any_body

blueprint = Blueprint("intake_forms", __name__, url_prefix="/in")
LONGEST_TRACE: Final = 500
CONFIRM: Final = "confirm"
# What programs that look at pages call themselves; they are no clicks.
PROGRAM: Final = re.compile(r"bot\b|crawl|spider|preview|monitor|headless|curl|wget", re.IGNORECASE)


@blueprint.get("/forms/<code>", provide_automatic_options=False)
def show(code: str) -> Response:
    """Show the form, or thanks once it was sent."""
    asked = _speaking(the_call())
    intake = the_intake(asked, code, "form")
    done = request.args.get("done", "")
    if not done and COOKIE not in request.cookies and not PROGRAM.search(request.user_agent.string):
        secret = asked.site.settings.secret_key
        asked.site.reception().clicked(intake, address_hash(request.remote_addr or "", secret))
    return _page(
        asked, intake, {"done": done in ("1", UNCONFIRMED), "unconfirmed": done == UNCONFIRMED}
    )


@blueprint.get("/forms/<code>/token")
def token(code: str) -> Response:
    """Give the signed time that a page's own form must send."""
    asked = the_call()
    intake = the_intake(asked, code, "form")
    made = proof.token_for(intake, asked.site.settings.secret_key, asked.site.clock())
    told = {"data": {"token": made, "field": proof.TOKEN, "work": intake.source.captcha.work}}
    return with_origin(json_answer(told, Cache_Control="no-store"), intake)


@blueprint.get("/forms/<code>/colour.css")
def colour(code: str) -> Response:
    """Give the one style that a form sets itself."""
    form = the_intake(the_call(), code, "form").source.form
    hue = form.hue if form is not None and form.hue is not None else 268
    response = Response(f":root{{--brand-h:{hue}}}", content_type="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/embed.js")
def embed_script() -> Response:
    """Lead to the script that puts a form into a page; its own address never changes."""
    response = Response(status=302, headers={"Location": drawing.asset("embed.js")})
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.route("/forms/<code>", methods=["OPTIONS"])
def may_ask(code: str) -> Response:
    """Tell a browser whether another site's page may post here."""
    return with_origin(Response(status=204), the_intake(the_call(), code, "form"))


@blueprint.post("/forms/<code>", provide_automatic_options=False)
def send(code: str) -> Response:
    """Take in what was typed: a page for people, JSON for scripts."""
    asked = _speaking(the_call())
    intake = the_intake(asked, code, "form")
    check_size()
    for_script = _is_script()
    typed = _typed(asked, intake)
    try:
        receipt = _received(asked, intake, typed)
    except CrowdedError as error:
        if for_script:
            raise
        return _page(asked, intake, {"typed": typed, "problems": error.problems}, 429)
    if for_script:
        if receipt.state == REFUSED:
            return with_origin(as_json(receipt.problems, 422), intake)
        return with_origin(receipt_answer(asked, untold(receipt)), intake)
    if receipt.state == REFUSED:
        return _page(asked, intake, {"typed": typed, "problems": receipt.problems}, 422)
    return _thanked(intake, receipt)


def _received(asked: Asked, intake: Intake, typed: Mapping[str, Any]) -> Receipt:
    settings, now = asked.site.settings, asked.site.clock()
    reception = asked.site.reception()
    address = address_hash(request.remote_addr or "", settings.secret_key)
    told = {name: text for name, text in typed.items() if not name.startswith("_")}
    if proof.is_program(intake, typed):
        told.pop(proof.HONEYPOT, None)
        reception.suspect(intake, Incoming(told, _trace(asked, intake, typed), address=address))
        return Receipt("done")
    against = proof.objection(intake, settings.secret_key, typed, now)
    if against is not None:
        return Receipt(REFUSED, problems=(against,))
    told.pop(proof.HONEYPOT, None)
    shown = proof.shown_of(intake, settings.secret_key, str(typed.get(proof.TOKEN, "")))
    key = request.headers.get("Idempotency-Key") or (shown.nonce if shown else "")
    incoming = Incoming(
        told, _trace(asked, intake, typed), key=key, address=address, interactive=True
    )
    receipt = reception.receive(intake, incoming)
    if receipt.state == UNCONFIRMED and not receipt.replayed:
        _ask_to_confirm(asked, intake, str(told.get(intake.source.opt_in, "")), receipt.arrival)
    asked.site.queue.ring()
    return receipt


def _typed(asked: Asked, intake: Intake) -> dict[str, Any]:
    """Return what was posted by name, fields as the write door takes them."""
    spec, form = intake.spec(asked.model), intake.source.form
    if request.is_json:
        body = any_body()
        if not isinstance(body, dict):
            text = "The body is no JSON object."
            raise RefusedError(
                [Problem("not_an_object", "body", text, 'Send {"field": value}.')], 400
            )
        # What begins with "_" is ours, and text; the rest is judged by its fields.
        return {n: str(v) if n.startswith("_") else v for n, v in body.items()}
    typed: dict[str, Any] = dict(request.form.items())
    for one in form.fields if form is not None else ():
        field = spec.fields[one.code]
        control = posted(request.form, field)
        typed.pop(one.code, None)
        if control not in (None, ""):
            typed[one.code] = to_door(field.type, control, asked.site.settings.time_zone)
    return typed


def _trace(asked: Asked, intake: Intake, typed: Mapping[str, Any]) -> dict[str, object]:
    """Return where the visitor came from and what they agreed to."""
    trace: dict[str, object] = {"language": asked.language}
    for what in TRACKED:
        text = typed.get(f"_{what}") or request.args.get(what, "")
        if text and isinstance(text, str):
            trace[what] = text[:LONGEST_TRACE]
    consent = intake.source.consent
    if consent is not None and str(typed.get("_consent", "")).lower() in ("true", "1", "on", "yes"):
        text = consent.text.text(asked.language)
        trace["consent"] = {
            "version": consent.version,
            "text": text,
            "at": asked.site.clock().isoformat(),
        }
    return trace


def _is_script() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or best == "application/json"


def _speaking(asked: Asked) -> Asked:
    wanted = request.args.get("lang", "")
    return replace(asked, spoken=wanted) if wanted in asked.site.settings.languages else asked


def _thanked(intake: Intake, receipt: Receipt) -> Response:
    form = intake.source.form
    if form is not None and form.redirect and receipt.state != UNCONFIRMED:
        return Response(status=303, headers={"Location": form.redirect})
    kept = "".join(
        f"&{name}={request.args[name]}"
        for name in ("embed", "lang")
        if request.args.get(name) in ("1", "en", "zh")
    )
    done = UNCONFIRMED if receipt.state == UNCONFIRMED else "1"
    return Response(status=303, headers={"Location": f"{intake.code}?done={done}{kept}"})


def _page(asked: Asked, intake: Intake, told: Mapping[str, Any], status: int = 200) -> Response:
    embedded = request.args.get("embed") == "1"
    context = drawn_form(asked, intake, told, embedded=embedded)
    response = drawing.page(asked, "public_form", context, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    form = intake.source.form
    origins = " ".join(form.origins) if form is not None else ""
    target = urlsplit(form.redirect) if form is not None and form.redirect else None
    after = f" {target.scheme}://{target.netloc}" if target is not None else ""
    response.headers["Content-Security-Policy"] = POLICY.format(origins=origins, after=after)
    return response


def _ask_to_confirm(asked: Asked, intake: Intake, address: str, arrival_id: str) -> None:
    """Write to whoever the address belongs to: only they can say that they meant it."""
    signed = URLSafeSerializer(asked.site.settings.secret_key, CONFIRM).dumps(arrival_id)
    # The address that a request names is the sender's word; a mail to somebody else should not repeat it.
    host = asked.site.settings.address or request.url_root.rstrip("/")
    url = f"{host}/in/{CONFIRM}/{signed}?lang={asked.language}"
    said = speech(asked.language)
    form, label = intake.source.form, intake.rule.label
    title = form.title.text(asked.language) if form is not None else ""
    subject = said.t("Please confirm: {what}", what=title or label.text(asked.language))
    text = said.t(
        "You wrote to {who}. Confirm that it was you:\n\n{url}\n\nIf it was not you, ignore this mail.",
        who=asked.site.settings.company,
        url=url,
    )
    ctx = asked.site.system_context("intake")
    with asked.site.writes.unit(ctx, asked.model) as unit:
        # Strangers have no language of their own here: it is that of the form which they filled in.
        effect = Effect("email", address, CONFIRM, {"subject": subject, "message": text})
        unit.transaction.outbox([(intake.rule.object_name, arrival_id, effect)])


@blueprint.get(f"/{CONFIRM}/<signed>")
def ask_again(signed: str) -> Response:
    """Show the button: programs that look at links in mails must not confirm anything."""
    asked = _speaking(the_call())
    _confirmed_id(asked, signed)
    action = f"{request.path}?lang={asked.language}"
    return drawing.page(asked, "public_confirm", {"action": action, "done": False})


@blueprint.post(f"/{CONFIRM}/<signed>")
def confirm(signed: str) -> Response:
    """Take in what was confirmed; a second click changes nothing."""
    asked = _speaking(the_call())
    asked.site.reception().confirm(_confirmed_id(asked, signed))
    asked.site.queue.ring()
    return drawing.page(asked, "public_confirm", {"action": request.path, "done": True})


def _confirmed_id(asked: Asked, signed: str) -> str:
    try:
        return str(URLSafeSerializer(asked.site.settings.secret_key, CONFIRM).loads(signed))
    except BadSignature:
        text = "This link is not one of ours."
        raise RefusedError(
            [Problem("not_found", "link", text, "Open the link of the mail.")], 404
        ) from None
