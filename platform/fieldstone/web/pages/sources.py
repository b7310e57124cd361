"""Sources: what flows through each of them, what was refused and why, how to connect it, and a place to try it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions.intake.files import rows_of
from fieldstone.actions.intake.overview import managed, may_manage, stands
from fieldstone.actions.intake.reading import passed_over
from fieldstone.actions.intake.reception import Incoming
from fieldstone.actions.intake.sources import Intake, intake_of, intakes_of
from fieldstone.actions.intake.taking_in import CAMPAIGN
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.storage.arrivals import Arrival, Arrivals
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.entries import MARKETING, Entry
from fieldstone.web.pages.imports import named_content
from fieldstone.web.pages.source_cards import SourceCards
from fieldstone.web.pages.wording import told

PAGE = Blueprint("sources", __name__)
PERIODS: Final = (7, 30, 90)
USUAL: Final = 30
STATES: Final = ("refused", "waiting", "spam", "unconfirmed")
SHOWN: Final = 30


def _may(asked: Asked) -> bool:
    return asked.actor is not None and may_manage(asked.model, asked.actor)


ENTRIES: Final = (Entry("Sources", "radio", "/sources", MARKETING, 10, _may),)


def days_asked_for() -> int:
    """Return the number of days that the address asks for."""
    text = request.args.get("days", "")
    return int(text) if text.isdecimal() and int(text[:3]) in PERIODS else USUAL


@PAGE.get("/sources")
def sources() -> Response:
    """Show all sources with their flow."""
    asked = the_call()
    managed(asked.model, asked.ctx.actor)
    days, now, zone = days_asked_for(), asked.ctx.now, asked.ctx.actor.zone
    every = list(intakes_of(asked.model, also_off=True))
    found = stands(asked.site.storage, every, now, zone, days)
    cards = SourceCards(asked)
    context = {
        "sources": [cards.line(one, found[one.code], days) for one in every],
        "totals": cards.totals(found.values(), days),
        "periods": _periods(asked, days),
    }
    return drawing.page(asked, "sources", context)


def _periods(asked: Asked, days: int) -> list[dict[str, Any]]:
    t = speech(asked.language).t
    return [
        {"label": t("{n} days", n=n), "href": f"{request.path}?days={n}", "current": n == days}
        for n in PERIODS
    ]


@PAGE.get("/sources/<code>")
def source(code: str) -> Response:
    """Show one source."""
    asked = the_call()
    return drawing.page(asked, "source", _context(asked, _the_source(asked, code)))


def _the_source(asked: Asked, code: str) -> Intake:
    managed(asked.model, asked.ctx.actor)
    found = intake_of(asked.model, code, also_off=True)
    if found is None:
        text = "There is no such source."
        raise RefusedError(
            [Problem("not_found", "source", text, "Look at the list of sources.")], 404
        )
    return found


def _context(asked: Asked, intake: Intake, **more: Any) -> dict[str, Any]:
    days, now, zone = days_asked_for(), asked.ctx.now, asked.ctx.actor.zone
    stand = stands(asked.site.storage, [intake], now, zone, days)[intake.code]
    state = request.args.get("state", "")
    wanted = (state,) if state in STATES else ()
    with asked.site.storage.looking() as connection:
        latest = Arrivals(connection).recent(intake.code, states=wanted, limit=SHOWN)
    cards = SourceCards(asked)
    return {
        "x": cards.whole(
            intake, stand, days, asked.site.settings.address or request.url_root.rstrip("/")
        ),
        "arrivals": cards.arrivals(intake, latest),
        "filters": cards.filters(intake, stand, state),
        "periods": _periods(asked, days),
        "sample": cards.sample(intake),
        "correcting": "",
        "mailbox": cards.mailbox(intake),
        **_correcting(asked, intake, cards),
        **more,
    }


def _correcting(asked: Asked, intake: Intake, cards: SourceCards) -> dict[str, Any]:
    """Return what a refused arrival says, to be corrected by who may see all of it."""
    arrival_id = request.args.get("correct", "")
    found = _arrival(asked, intake, arrival_id) if arrival_id else None
    if found is None or not cards.may_correct(intake, found):
        return {}
    url = f"/sources/{intake.code}/arrivals/{found.id}/retry"
    return {"sample": cards.written(found.payload), "correcting": url}


def _arrival(asked: Asked, intake: Intake, arrival_id: str) -> Arrival | None:
    with asked.site.storage.looking() as connection:
        found = Arrivals(connection).get(arrival_id)
    return found if found is not None and found.source == intake.code else None


@PAGE.post("/sources/<code>/try")
def try_out(code: str) -> Response:
    """Tell what would become of an arrival; nothing is written."""
    asked = the_call()
    intake = _the_source(asked, code)
    text, sent = _sent()
    if sent is None:
        error = speech(asked.language).t("This is no JSON object.")
        context = _context(asked, intake, sample=text, try_error=error)
        return drawing.page(asked, "source", context, 422)
    trace = {"consent": {"version": intake.source.consent.version}} if intake.source.consent else {}
    receipt = asked.site.reception().try_out(intake, Incoming(sent, trace, key=new_id()))
    tried = SourceCards(asked).tried(intake, receipt)
    return drawing.page(asked, "source", _context(asked, intake, sample=text, tried=tried))


def _sent() -> tuple[str, dict[str, Any] | None]:
    """Return what stands in the box, as text and as an object; None for what is none."""
    text = request.form.get("sent", "")[:100_000]
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        sent = None
    return text, sent if isinstance(sent, dict) else None


@PAGE.post("/sources/<code>/file")
def take_file(code: str) -> Response:
    """Keep the rows of a file, or a pack of cards; a worker takes them in."""
    asked = the_call()
    intake = _the_source(asked, code)
    try:
        rows = rows_of(*named_content(request.files.get("file")))
    except RefusedError as error:
        said = " ".join(told(problem, asked.language) for problem in error.problems)
        return drawing.page(asked, "source", _context(asked, intake, file_error=said), error.status)
    batch, campaign = new_id(), request.form.get("campaign", "")
    trace = {CAMPAIGN: campaign} if campaign else {}
    several = [Incoming(row, trace, batch=batch) for row in rows]
    asked.site.reception().queue(intake, several)
    asked.site.queue.ring()
    return drawing.go(asked, f"/sources/{code}", _taken(asked, intake, rows))


def _taken(asked: Asked, intake: Intake, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what is told of a file: how many rows, and which of its columns fit no field."""
    said, spec = speech(asked.language), intake.spec(asked.model)
    text = said.tn("One row is being taken in.", "{n} rows are being taken in.", len(rows))
    left = passed_over(intake, spec, rows[0]) if intake.source.via == "import" else []
    if not left:
        return {"text": text}
    joint = "、" if asked.language == "zh" else ", "
    more = said.t("Left out, because they fit no field: {names}.", names=joint.join(left))
    return {"text": f"{text} {more}", "tone": "warn"}


@PAGE.post("/sources/<code>/arrivals/<arrival_id>/retry")
def retry(code: str, arrival_id: str) -> Response:
    """Try a refused arrival again, as it came or corrected."""
    asked = the_call()
    intake = _the_source(asked, code)
    t = speech(asked.language).t
    found, payload = _arrival(asked, intake, arrival_id), None
    if "sent" in request.form and found is not None:
        text, payload = _sent()
        if payload is None or not SourceCards(asked).may_correct(intake, found):
            error = t("This is no JSON object.")
            context = _context(asked, intake, sample=text, try_error=error)
            return drawing.page(asked, "source", context, 422)
    receipt = None if found is None else asked.site.reception().retry(arrival_id, payload)
    asked.site.queue.ring()
    if receipt is None:
        return drawing.go(
            asked,
            f"/sources/{code}",
            {"text": t("There was nothing to try again."), "tone": "warn"},
        )
    if receipt.problems:
        said = told(receipt.problems[0], asked.language)
        return drawing.go(asked, f"/sources/{code}?state=refused", {"text": said, "tone": "warn"})
    return drawing.go(asked, f"/sources/{code}", {"text": t("It was taken in.")})
