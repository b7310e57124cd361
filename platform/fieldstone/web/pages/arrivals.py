"""The arrivals behind a number of the sources: of one or all of them, on a day or in a period, that ended so."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from fieldstone.actions.intake.sources import Intake
from fieldstone.fieldtypes.locales import day as written_day
from fieldstone.numbers.contract import Asked as AskedNumbers
from fieldstone.numbers.contract import Number
from fieldstone.numbers.sources import arrivals_meant, page_of_source
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
    asked, given = the_call(), request.args
    code, end, days = given.get("source", ""), given.get("end", ""), days_asked_for()
    number = Number(end, key=given.get("day"), period=str(days))
    numbers = AskedNumbers(asked.site, asked.ctx, asked.model)
    meant, start = arrivals_meant(numbers, code, number), _start()
    found, total = page_of_source(numbers, meant, start, ROWS)
    cards, t = SourceCards(asked), speech(asked.language).t
    further = start + ROWS
    context = {
        "title": t(END_LABELS[end]) if end in END_LABELS else t("Arrived"),
        "sub": _where(asked, meant.sources.get(code), given.get("day"), days),
        "back": (f"/sources/{code}" if code else "/sources") + f"?days={days}",
        "total": total,
        "arrivals": cards.arrivals_of(meant.sources, found),
        "more_url": _url(after=further) if further < total else "",
    }
    return drawing.page(asked, "arrivals", context)


def _where(asked: Asked, source: Intake | None, day: str | None, days: int) -> str:
    language = asked.language
    when = speech(language).t("{n} days", n=days)
    if day:
        when = written_day(date.fromisoformat(day), language)
    return f"{source.rule.label.text(language)} · {when}" if source else when


def _start() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def _url(after: int) -> str:
    pairs = [(name, value) for name, value in request.args.items() if name != "after"]
    return f"/arrivals?{urlencode([*pairs, ('after', after)])}"
