"""Deadlines beside a record: what is due when, what happens then, more time, and who had it before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from fieldstone.access.access import Access, access_to
from fieldstone.fieldtypes.locales import moment
from fieldstone.reads.deadlines import Running
from fieldstone.reads.history import OwnerSpan
from fieldstone.rules.deadline_body import Deadline
from fieldstone.web.asking import the_call
from fieldstone.web.i18n import Speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import near, short_time
from fieldstone.web.pages.entries import ASIDE, NOTICE, RecordPart
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.people import face
from fieldstone.web.pages.reason_words import ended_because, rule_behind
from fieldstone.web.pages.record import page_of
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("deadlines", __name__)
Drawn = dict[str, Any]
MOST_SPANS: Final = 6
NEAR: Final = timedelta(hours=24)
"""A deadline this near stands above the stages."""
SOON: Final = 0.75
"""From this share of the time on, little is left."""
REASONS: Final = {
    "assigned": "Assigned",
    "claimed": "Claimed",
    "returned": "Returned",
    "converted": "Converted",
    "no_follow_up": "Not followed up in time",
    "not_converted": "Not converted in time",
    "deadline": "Deadline missed",
    "left": "Left the company",
}


def deadlines_beside(page: OneRecord) -> Drawn | None:
    """Return what parts/deadlines.html shows, None where nothing runs."""
    asked, found = page.asked, page.running
    if not found:
        return None
    access = access_to(asked.model, asked.actor, page.spec.code)
    return {"rows": [_deadline(page, one, access) for one in found]}


def pressing(page: OneRecord) -> Drawn | None:
    """Return the line above the stages for the deadline that comes first, once little time is left."""
    asked, t, found = page.asked, page.speech.t, page.running
    if not found or found[0].due - asked.ctx.now > NEAR:
        return None
    first, now = found[0], asked.ctx.now
    late = first.overdue(now)
    left = short_time(page.speech, abs(first.due - now))
    what = first.rule.label.text(asked.language)
    text = (
        t("{what}: {time} overdue.", what=what, time=left)
        if late
        else t("{what}: {time} left.", what=what, time=left)
    )
    joint = "" if asked.language == "zh" else " "
    return {
        "tone": "red" if late else "amber",
        "icon": "alarm-clock",
        "text": f"{text}{joint}{then_of(page.speech, first)}",
    }


def _deadline(page: OneRecord, one: Running, access: Access) -> Drawn:
    asked, t = page.asked, page.speech.t
    now, language, zone = asked.ctx.now, asked.language, asked.ctx.actor.zone
    code, late = one.rule.code, one.overdue(now)
    left = short_time(page.speech, abs(one.due - now))
    share = _share(one, now)
    may_extend = one.may_extend and access.may_act("extend")
    may_acknowledge = one.may_acknowledge and one.seen_at is None and bool(one.coming)
    return {
        "label": one.rule.label.text(language),
        "at": one.due.astimezone(ZoneInfo(zone)).isoformat(),
        "full": moment(one.due, language, zone),
        "time": near(page.speech, one.due, now, zone),
        "left": t("{time} overdue", time=left) if late else t("{time} left", time=left),
        "tone": "red" if late else "amber" if share >= SOON else "teal",
        "percent": round(100 * share),
        "then": then_of(page.speech, one),
        "coming": _coming(page, one),
        "extended": page.speech.tn("extended once", "extended {n} times", one.extended)
        if one.extended
        else "",
        "seen": t("Reminders acknowledged") if one.seen_at is not None else "",
        "extend_url": f"{page.url}/deadlines/{code}/extend" if may_extend else "",
        "acknowledge_url": f"{page.url}/actions/acknowledge"
        if may_acknowledge and access.may_act("acknowledge")
        else "",
        "rule": code,
    }


def _share(one: Running, now: datetime) -> float:
    """Return how much of the time has passed, 0 to 1."""
    if one.start is None or one.due <= one.start:
        return 1.0 if one.overdue(now) else 0.0
    return min(1.0, max(0.0, (now - one.start) / (one.due - one.start)))


def then_of(speech: Speech, one: Running) -> str:
    """Return what happens when nobody acts in time."""
    t, language = speech.t, speech.language
    if one.then is None:
        return t("It stays with its owner; who is responsible is told.")
    then = t("Then: {what}.", what=one.then.text(language))
    if one.cooldown is None:
        return then
    wait = t("Its owner may not take it again for {time}.", time=one.cooldown.text(language))
    return then + ("" if language == "zh" else " ") + wait


def _coming(page: OneRecord, one: Running) -> str:
    """Return when the next reminder is sent."""
    if not one.coming:
        return ""
    asked, following = page.asked, min(one.coming, key=lambda step: step.at)
    at = near(page.speech, following.at, asked.ctx.now, asked.ctx.actor.zone)
    local = f"{following.at.astimezone(ZoneInfo(asked.ctx.actor.zone)):%H:%M}"
    text = at if local in at else f"{at} {local}"
    return page.speech.t("Next reminder {when}", when=text)


def owners_beside(page: OneRecord) -> Drawn | None:
    """Return what parts/owners.html shows: who had the record, the present owner first."""
    owners = page.past.owners
    if len(owners) < 2:  # noqa: PLR2004 - one span says no more than the owner field
        return None
    spans = [_span(page, one) for one in owners]
    return {"rows": spans[:MOST_SPANS], "more": spans[MOST_SPANS:], "count": len(spans)}


def _span(page: OneRecord, one: OwnerSpan) -> Drawn:
    asked, t = page.asked, page.speech.t
    zone, language, until = asked.ctx.actor.zone, asked.language, one.until or asked.ctx.now
    pool = asked.model.rules.get(one.pool or "")
    name = one.owner_name or (pool.label.text(language) if pool else one.pool or t("Nobody"))
    return {
        "who": face(name) if one.owner else None,
        "name": name,
        "since": moment(one.since, language, zone),
        "lasted": short_time(page.speech, until - one.since),
        "present": one.until is None,
        **(_ended(page, one.reason) if one.until is not None else {}),
    }


def _ended(page: OneRecord, reason: str) -> Drawn:
    """Return why a span ended: known reasons in the reader's language, typed ones as they are, a rule with its reasons."""
    rule = rule_behind(page.asked.model, reason)
    return {
        "reason": ended_because(page.asked, page.spec.code, reason, REASONS),
        "why_url": f"{page.url}/why?rule={rule.code}" if rule is not None else "",
    }


RECORD_PARTS = (
    RecordPart(NOTICE, "pressing", pressing, order=10),
    RecordPart(ASIDE, "deadlines", deadlines_beside, "parts/deadlines.html", order=10),
    RecordPart(ASIDE, "owners", owners_beside, "parts/owners.html", order=60),
)


@PAGE.get("/o/<code>/<record_id>/deadlines/<rule_code>/extend")
def ask_to_extend(code: str, record_id: str, rule_code: str) -> Response:
    """Show the dialog that asks why a deadline needs more time."""
    asked = the_call()
    page = page_of(asked, code, record_id)
    found = asked.site.reads.deadlines(asked.ctx, asked.model, code, record_id) or ()
    one = next((one for one in found if one.rule.code == rule_code and one.may_extend), None)
    body = one.rule.body if one is not None else None
    if one is None or not isinstance(body, Deadline) or body.extension is None:
        raise not_there()
    if not drawing.wants_fragment():
        return drawing.go(asked, page.url)
    t, language = page.speech.t, asked.language
    label, span = one.rule.label.text(language), body.extension.span.label.text(language)
    context = {
        "title": t("Extend: {what}", what=label),
        "action": f"{page.url}/actions/extend",
        "hidden": [("asked", "1"), ("rule", rule_code)],
        "fields": [{"name": "reason", "label": t("Reason"), "type": "text", "required": True}],
        "submit": t("Extend by {time}", time=span),
        "text": page.speech.tn(
            "It may be extended once more.", "It may be extended {n} times more.", one.left or 0
        )
        if one.left
        else t("The limit is used up; your role may extend it all the same."),
        "problems": [],
    }
    return drawing.fragment(asked, "ask", context)
