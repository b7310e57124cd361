"""The arrivals behind a number of the sources: of one or all of them, on a day or in a period, that ended so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from fieldstone.actions.intake.overview import ENDS, first_day, hour_of, managed
from fieldstone.actions.intake.sources import Intake, intakes_of
from fieldstone.fieldtypes.date import DateType
from fieldstone.fieldtypes.locales import day as written_day
from fieldstone.storage.arrivals import Arrivals, Ended
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.source_cards import SourceCards
from fieldstone.web.pages.source_words import END_LABELS
from fieldstone.web.pages.sources import days_asked_for

PAGE = Blueprint("arrivals", __name__)
Drawn = dict[str, Any]
ROWS: Final = 50
LONGEST_NUMBER: Final = 6


@PAGE.get("/arrivals")
def arrivals() -> Response:
    """Show what arrived: `source`, `end`, `days` or one `day`; `after` is where to go on."""
    asked = the_call()
    managed(asked.model, asked.ctx.actor)
    code, end = request.args.get("source", ""), request.args.get("end", "")
    every = {one.code: one for one in intakes_of(asked.model, also_off=True)}
    chosen = {code: every[code]} if code in every else every
    end, here = end if end in ENDS else "", ZoneInfo(asked.ctx.actor.zone)
    days, day = days_asked_for(), _day()
    first = day or first_day(asked.ctx.now, here, days)
    until = hour_of(first + timedelta(days=1), here) if day else ""
    start, wanted = _start(), Ended(list(chosen), hour_of(first, here), until, end, bool(day))
    with asked.site.storage.looking() as connection:
        found, total = Arrivals(connection).ended(wanted, limit=ROWS, offset=start)
    cards, t = SourceCards(asked), speech(asked.language).t
    further = start + ROWS
    context = {
        "title": t(END_LABELS[end]) if end else t("Arrived"),
        "sub": _where(asked, chosen.get(code), day, days),
        "back": f"/sources/{code}?days={days}" if code in every else f"/sources?days={days}",
        "total": total,
        "arrivals": cards.arrivals_of(chosen, found),
        "more_url": _url(after=further) if further < total else "",
    }
    return drawing.page(asked, "arrivals", context)


def _where(asked: Asked, source: Intake | None, day: date | None, days: int) -> str:
    language = asked.language
    when = written_day(day, language) if day else speech(language).t("{n} days", n=days)
    return f"{source.rule.label.text(language)} · {when}" if source else when


def _day() -> date | None:
    """Return the day that is asked for, None for a whole period."""
    try:
        found = DateType().parse(request.args.get("day") or None)
    except ValueError:
        return None
    return found if isinstance(found, date) else None


def _start() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def _url(after: int) -> str:
    pairs = [(name, value) for name, value in request.args.items() if name != "after"]
    return f"/arrivals?{urlencode([*pairs, ('after', after)])}"
