"""The ranking lists: each person's figures, rank and change, what the rank gives, and objections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from fieldstone.actions import ranking
from fieldstone.actions.ranking import Office
from fieldstone.base.errors import RefusedError
from fieldstone.fieldtypes.locales import day
from fieldstone.model.objects import Field
from fieldstone.numbers.contract import Asked as AskedNumbers
from fieldstone.numbers.contract import Number
from fieldstone.numbers.ranking import POINTS, PREVIEW, UPPER, edition_of, of_ranking
from fieldstone.rules.contract import Rule, Standing
from fieldstone.rules.ranking_program import Metric, RankingProgram
from fieldstone.rules.ranking_schema import RATE, SUM
from fieldstone.storage.rankings import Edition, Line
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import compact, near
from fieldstone.web.pages.dashboard_records import listed
from fieldstone.web.pages.entries import ENGINE, Entry
from fieldstone.web.pages.people import face
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("rankings", __name__)
Drawn = dict[str, Any]
USUAL: Final = 100
MOMENT: Final = timedelta(microseconds=1)
LONGEST_NOTE: Final = 1000
UNPROCESSABLE: Final = 422
EXTRA: Final = {
    "hour": "+{n} an hour",
    "day": "+{n} a day",
    "week": "+{n} a week",
    "month": "+{n} a month",
    "quarter": "+{n} a quarter",
    "claims": "+{n} claims a day",
}


def may(asked: Asked) -> bool:
    """Tell whether there is a list that this reader may see."""
    return bool(asked.actor and ranking.programs_seen(office_of(asked)))


ENTRIES = (Entry("Rankings", "trophy", "/rankings", ENGINE, 31, may),)


def office_of(asked: Asked) -> Office:
    """Return the doors on behalf of the reader."""
    return Office(asked.site.storage, asked.site.reads, asked.model, asked.ctx)


@PAGE.get("/rankings")
def first_ranking() -> Response:
    """Lead to the first list."""
    asked = the_call()
    seen = ranking.programs_seen(office_of(asked))
    if not seen:
        raise not_there()
    return drawing.go(asked, f"/rankings/{next(iter(seen))}")


@PAGE.get("/rankings/<code>")
def ranking_page(code: str) -> Response:
    """Show an edition of a list, the latest without a choice; `preview` shows the next one."""
    asked = the_call()
    return drawing.page(asked, "rankings", _context(asked, _seen(asked, code)))


@PAGE.get("/rankings/<code>/records")
def figure_records(code: str) -> Response:
    """Show the records behind a figure of somebody: `metric`, `person`, `edition` or `preview`, `part` of a rate.

    Points are made of all figures: the first of them is shown, the others are a step away.
    """
    asked, args = the_call(), request.args
    period = PREVIEW if "preview" in args else args.get("edition", "")
    number = Number(args.get("metric", ""), args.get("part", ""), args.get("person"), period)
    found = of_ranking(AskedNumbers(asked.site, asked.ctx, asked.model), code, number)
    which = "preview" if period == PREVIEW else f"edition={period}"
    back = f"/rankings/{code}?{which}"
    if not found.parts:
        return listed(asked, found, back)
    chosen = next((one for one in found.parts if one.code == args.get("of")), found.parts[0])
    return listed(asked, replace(chosen, parts=found.parts), back)


@PAGE.post("/rankings/<code>/publish")
def publish_ranking(code: str) -> Response:
    """Publish the list of the present period."""
    asked = the_call()
    rule = _seen(asked, code)
    t = speech(asked.language).t
    published = ranking.publish(office_of(asked), rule)
    text = t("The ranking is published.") if published else t("This period was published already.")
    return drawing.go(asked, f"/rankings/{code}", {"text": text})


@PAGE.post("/rankings/<code>/appeal")
def appeal(code: str) -> Response:
    """Send an objection to who is named for it."""
    asked = the_call()
    rule, t = _seen(asked, code), speech(asked.language).t
    note = " ".join(request.form.get("note", "").split())[:LONGEST_NOTE]
    try:
        ranking.appeal(office_of(asked), asked.site.writes, rule, note)
    except RefusedError:
        problem = {"text": t("Say what is wrong with the list."), "name": "note"}
        context = {**_context(asked, rule), "problems": [problem]}
        return drawing.page(asked, "rankings", context, UNPROCESSABLE)
    return drawing.go(asked, f"/rankings/{code}", {"text": t("Your objection was sent.")})


def _seen(asked: Asked, code: str) -> Rule:
    seen = ranking.programs_seen(office_of(asked))
    if code not in seen:
        raise not_there()
    return seen[code]


def _context(asked: Asked, rule: Rule) -> Drawn:
    office, said, language = office_of(asked), speech(asked.language), asked.language
    previewed = "preview" in request.args and ranking.may_publish(office, rule)
    shown, before = _shown(office, rule, previewed=previewed)
    body = rule.body
    metrics = body.metrics if isinstance(body, RankingProgram) else ()
    return {
        **_around(asked, said, rule, shown),
        "preview": previewed,
        "edition": _head(asked, said, shown) if shown else None,
        "metrics": [
            {"label": one.label.text(language), "weight": _share(one, metrics)} for one in metrics
        ],
        "rows": _rows(asked, said, rule, shown, before) if shown else [],
        "preview_url": f"/rankings/{rule.code}?preview"
        if ranking.may_publish(office, rule) and not previewed
        else "",
        "appeal": _appeal(asked, said, rule, shown) if not previewed else None,
        "problems": [],
    }


def _shown(office: Office, rule: Rule, *, previewed: bool) -> tuple[Edition | None, Edition | None]:
    """Return the edition asked for, and the one before it."""
    if previewed:
        return ranking.preview(office, rule), ranking.edition(office, rule, None)
    shown = edition_of(office, rule, request.args.get("edition", ""))
    return shown, ranking.edition(office, rule, shown.edition - 1) if shown else None


def _around(asked: Asked, said: Speech, rule: Rule, shown: Edition | None) -> Drawn:
    """Return what stands around the list: the other lists, its editions, and when the next one comes."""
    office, language = office_of(asked), asked.language
    slot = ranking.slot_of(rule, asked.model, asked.ctx.now)
    return {
        "title": rule.label.text(language),
        "url": f"/rankings/{rule.code}",
        "programs": [
            {
                "label": one.label.text(language),
                "href": f"/rankings/{one.code}",
                "current": one.code == rule.code,
            }
            for one in ranking.programs_seen(office).values()
        ],
        "editions": [
            _choice(asked, said, rule, one, shown) for one in ranking.editions(office, rule)
        ],
        "next": near(said, _next_opening(asked, rule, slot), asked.ctx.now, asked.ctx.actor.zone),
        "publish_url": f"/rankings/{rule.code}/publish" if _may_publish_now(office, rule) else "",
    }


def _may_publish_now(office: Office, rule: Rule) -> bool:
    return ranking.may_publish(office, rule) and not ranking.is_published(office, rule)


def _next_opening(asked: Asked, rule: Rule, slot: ranking.Slot) -> datetime:
    return (
        slot.opens
        if asked.ctx.now < slot.opens
        else ranking.next_slot(rule, asked.model, slot).opens
    )


def _share(metric: Metric, metrics: tuple[Metric, ...]) -> int:
    return round(USUAL * metric.weight / sum(one.weight for one in metrics))


def _head(asked: Asked, said: Speech, shown: Edition) -> Drawn:
    zone = ZoneInfo(asked.ctx.actor.zone)
    # The window ends where its last day does: the first moment behind it is no part of it.
    last = (shown.until - MOMENT).astimezone(zone)
    return {
        "number": shown.edition,
        "since": day(shown.since.astimezone(zone).date(), asked.language),
        "until": day(last.date(), asked.language),
        "published": near(said, shown.published_at, asked.ctx.now, asked.ctx.actor.zone),
        "version": shown.rule_version,
    }


def _choice(asked: Asked, said: Speech, rule: Rule, one: Edition, shown: Edition | None) -> Drawn:
    when = near(said, one.published_at, asked.ctx.now, asked.ctx.actor.zone)
    return {
        "label": said.t("Edition {n}, {day}", n=one.edition, day=when),
        "href": f"/rankings/{rule.code}?edition={one.edition}",
        "current": shown is not None and one.edition == shown.edition,
    }


def _rows(
    asked: Asked, said: Speech, rule: Rule, shown: Edition, before: Edition | None
) -> list[Drawn]:
    ranks = {line.person: line.rank for line in before.lines} if before else {}
    metrics = rule.body.metrics if isinstance(rule.body, RankingProgram) else ()
    which = {"preview": "1"} if "preview" in request.args else {"edition": str(shown.edition)}
    return [
        _row(asked, said, line, ranks)
        | {
            "cells": [_cell(asked, rule, one, line, which) for one in metrics],
            "score_url": _records_url(rule, line, which, metric=POINTS),
        }
        for line in shown.lines
    ]


def _row(
    asked: Asked,
    said: Speech,
    line: Line,
    ranks: Mapping[str, int],
) -> Drawn:
    notes = {"newcomer": said.t("newcomer"), "few": said.t("too few records")}
    return {
        "who": face(line.name),
        "href": f"/o/user/{line.person}",
        "me": line.person == asked.ctx.actor.id,
        "rank": line.rank,
        "change": _change(said, line, ranks),
        "score": round(line.score) if line.score is not None else None,
        "note": notes.get(line.note, ""),
        "rewards": rewards_of(asked, line.standing),
    }


def _change(said: Speech, line: Line, ranks: Mapping[str, int]) -> Drawn | None:
    before = ranks.get(line.person, 0)
    if not line.rank or not ranks:
        return None
    if not before:
        return {"way": "new", "text": said.t("new")}
    moved = before - line.rank
    if not moved:
        return {"way": "", "text": said.t("same place")}
    return {"way": "up" if moved > 0 else "down", "text": str(abs(moved))}


def _cell(asked: Asked, rule: Rule, metric: Metric, line: Line, which: Mapping[str, str]) -> Drawn:
    """Return a figure with the way to its records, and how many it was measured on."""
    figure: Mapping[str, Any] = line.metrics.get(metric.code, {})
    value, records = figure.get("value"), figure.get("records", 0)
    said = speech(asked.language)
    few = said.tn("one record", "{n} records", records)
    drawn: Drawn = {"text": "—", "sub": few}
    if records:
        drawn["sub_url"] = _records_url(rule, line, which, metric=metric.code)
    if value is None:
        return drawn
    drawn |= {"text": _figure(asked, metric, value), "index": round(figure["index"] or 0)}
    href = _records_url(rule, line, which, metric=metric.code, part=UPPER) if value else ""
    return drawn | ({"href": href} if href else {})


def _records_url(rule: Rule, line: Line, which: Mapping[str, str], **named: str) -> str:
    return f"/rankings/{rule.code}/records?{urlencode({**named, 'person': line.person, **which})}"


def _figure(asked: Asked, metric: Metric, value: float) -> str:
    if metric.measure == RATE:
        return f"{value:.0%}"
    spec = asked.model.objects.get(metric.object_name)
    field: Field | None = spec.fields.get(metric.of) if spec and metric.measure == SUM else None
    if field is not None and value:
        return compact(field, round(value), asked.language)
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def rewards_of(asked: Asked, standing: Standing) -> list[str]:
    """Return what a rank gives, in words."""
    said = speech(asked.language)
    found = [] if standing.weight == USUAL else [said.t("weight {n}%", n=standing.weight)]
    found += [said.t(EXTRA[period], n=count) for period, count in standing.extra.items() if count]
    found += [
        said.t("not: {values}", values=", ".join(values)) for values in standing.closed.values()
    ]
    return found


def _appeal(asked: Asked, said: Speech, rule: Rule, shown: Edition | None) -> Drawn | None:
    ends = ranking.appeal_ends(rule, asked.model, shown) if shown else None
    if ends is None or shown is None or ends <= asked.ctx.now:
        return None
    if asked.ctx.actor.id not in {line.person for line in shown.lines}:
        return None
    return {
        "action": f"/rankings/{rule.code}/appeal",
        "ends": near(said, ends, asked.ctx.now, asked.ctx.actor.zone),
    }
