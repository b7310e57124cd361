"""Conversions after they were asked for: the manager's check, what came of it, taking it back, the list of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.reads.converted import KEPT, PUT_BACK, REMOVED, Fate
from fieldstone.reads.converting import Asked as AskedFor
from fieldstone.reads.converting import Converting
from fieldstone.storage.conversions import DONE, PENDING
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.acting import finished
from fieldstone.web.pages.amounts import near, short_time
from fieldstone.web.pages.converting import call_of, fresh_title, plan_of
from fieldstone.web.pages.entries import NOTICE, Entry, RecordPart
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.record import RecordPage, page_of
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import message

PAGE = Blueprint("conversions", __name__)
Drawn = dict[str, Any]
UNPROCESSABLE: Final = 422


@PAGE.get("/o/<code>/<record_id>/conversion")
def conversion_page(code: str, record_id: str) -> Response:
    """Show what waits for a check, or what came of the conversion and what an undo would do."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    plan = plan_of(shown)
    if plan.kept is None:
        return drawing.go(asked, shown.url)
    return drawing.page(asked, "conversion", _kept_page(shown, plan))


@PAGE.post("/o/<code>/<record_id>/conversion/check")
def check(code: str, record_id: str) -> Response:
    """Confirm or refuse what waits."""
    form = request.form
    params = {"accept": form.get("accept") == "true", "reason": form.get("reason", "")}
    return _settled(code, record_id, "check_conversion", params)


@PAGE.post("/o/<code>/<record_id>/conversion/undo")
def undo(code: str, record_id: str) -> Response:
    """Take the conversion back."""
    return _settled(code, record_id, "undo_convert", {"reason": request.form.get("reason", "")})


def _settled(code: str, record_id: str, action: str, params: Drawn) -> Response:
    """Act, or show the page again with what speaks against it."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    try:
        result = run(asked.site.vocabulary.actions, action, call_of(shown, params))
    except RefusedError as refusal:
        plan = plan_of(shown)
        if plan.kept is None or refusal.status != UNPROCESSABLE:
            raise
        page = _kept_page(shown, plan, refusal.problems)
        return drawing.page(asked, "conversion", page, UNPROCESSABLE)
    return finished(shown, result)


def _kept_page(shown: RecordPage, plan: Converting, problems: Iterable[Problem] = ()) -> Drawn:
    asked, t = shown.asked, shown.speech.t
    kept = plan.kept
    if kept is None:
        raise not_there()
    people = [("user", one) for one in (kept.asked_by, kept.settled_by) if one]
    names = asked.site.reads.titles(asked.ctx, asked.model, people)
    checks = asked.site.reads.may_check(asked.ctx, asked.model, shown.spec.code)
    by = names.get(("user", kept.asked_by), t("somebody"))
    now, zone = asked.ctx.now, asked.ctx.actor.zone
    return {
        "title": Look(asked).title(shown.record),
        "back_url": shown.url,
        "waits": kept.state == PENDING,
        "said": t(
            "Asked for by {who}, {when}", who=by, when=near(shown.speech, kept.asked_at, now, zone)
        ),
        "rows": _wishes(shown, plan) if kept.state == PENDING else _fates(shown, plan),
        "check_url": f"{shown.url}/conversion/check"
        if kept.state == PENDING and checks and kept.asked_by != asked.ctx.actor.id
        else "",
        "undo_url": f"{shown.url}/conversion/undo" if _may_undo(shown, plan) else "",
        "until": near(shown.speech, plan.until, now, zone) if plan.until else "",
        "problems": [{"text": message(one, asked.language)} for one in problems],
    }


def _may_undo(shown: RecordPage, plan: Converting) -> bool:
    asked, kept = shown.asked, plan.kept
    access = access_to(asked.model, asked.actor, shown.spec.code)
    if kept is None or kept.state != DONE or plan.until is None or plan.until < asked.ctx.now:
        return False
    people = (kept.asked_by, kept.settled_by, shown.record.values.get("owner"))
    mine = asked.ctx.actor.id in people or access.may_assign
    return mine and shown.standing.may_update and access.may_act("undo_convert")


def _wishes(shown: RecordPage, plan: Converting) -> list[Drawn]:
    """Return what a conversion that waits would make."""
    t = shown.speech.t
    params = plan.kept.params if plan.kept else {}
    rows = []
    for target in plan.body.targets:
        if target.code in params.get("leave_out", ()):
            continue
        chosen = params.get("use", {}).get(target.code)
        row = _row(shown, target.object_name, str(chosen or ""))
        row["text"] = t("an existing one is used") if chosen else t("will be made")
        rows.append({**row, "title": row["title"] or fresh_title(shown, target)})
    return rows


FATES: Final = {
    REMOVED: ("goes to the recycle bin", "red"),
    KEPT: ("stays: somebody has worked with it since", "green"),
    PUT_BACK: ("stays; what was filled in is taken out again", "amber"),
}


def _fates(shown: RecordPage, plan: Converting) -> list[Drawn]:
    """Return what came of a conversion, and what an undo does with each."""
    return [_fate(shown, one) for one in reversed(plan.fates)]


def _fate(shown: RecordPage, one: Fate) -> Drawn:
    text, tone = FATES.get(one.fate, ("stays as it is", "gray"))
    return {
        **_row(shown, one.object_name, one.record_id),
        "text": shown.speech.t(text),
        "tone": tone,
    }


def _row(shown: RecordPage, object_name: str, record_id: str) -> Drawn:
    asked = shown.asked
    spec = asked.model.objects[object_name]
    pair = (object_name, record_id)
    titles = asked.site.reads.titles(asked.ctx, asked.model, [pair] if record_id else [])
    title = titles.get(pair, "")
    return {
        "label": spec.label.text(asked.language),
        "icon": spec.icon,
        "title": title,
        "href": f"/o/{object_name}/{record_id}" if title else "",
        "tone": "gray",
    }


@PAGE.get("/conversions")
def conversions_page() -> Response:
    """List what waits for a check, and the last conversions."""
    asked = the_call()
    reads, said = asked.site.reads, speech(asked.language)
    done = request.args.get("done") == "1"
    found = reads.conversions(asked.ctx, asked.model, waiting=not done)
    waiting = found if not done else reads.conversions(asked.ctx, asked.model, waiting=True)
    tabs = [
        {
            "label": said.t("Waiting"),
            "href": "/conversions",
            "count": len(waiting),
            "current": not done,
        },
        {"label": said.t("Converted"), "href": "/conversions?done=1", "current": done},
    ]
    rows = [_listed(asked, one) for one in found]
    return drawing.page(asked, "conversions", {"tabs": tabs, "rows": rows, "done": done})


def _listed(asked: Asked, one: AskedFor) -> Drawn:
    said, kept = speech(asked.language), one.kept
    spec = asked.model.objects[kept.object_name]
    ago = said.t("{time} ago", time=short_time(said, asked.ctx.now - kept.asked_at))
    who = one.asked_by or said.t("somebody")
    text = said.t("{who} asked {when}", who=who, when=ago)
    if kept.settled_by and kept.settled_by != kept.asked_by:
        text += " · " + said.t("checked by {who}", who=one.settled_by or said.t("somebody"))
    return {
        "title": one.title,
        "icon": spec.icon,
        "text": text,
        "href": f"/o/{kept.object_name}/{kept.record_id}/conversion",
        "label": said.t("Check it") if kept.state == PENDING else said.t("Details"),
    }


def notice_of(page: OneRecord) -> Drawn | None:
    """Return the line above the stages while a conversion waits, or as long as it can be taken back."""
    asked, t, plan = page.asked, page.speech.t, page.conversion
    if plan is None or plan.kept is None:
        return None
    href = f"{page.url}/conversion"
    if plan.waits:
        text = t("Its conversion waits for a manager's check.")
        return {
            "tone": "indigo",
            "icon": "shield-check",
            "text": text,
            "href": href,
            "label": t("Details"),
        }
    if plan.until is None or plan.until < asked.ctx.now:
        return None
    text = t(
        "Converted {when}.",
        when=near(
            page.speech,
            plan.kept.settled_at or plan.kept.asked_at,
            asked.ctx.now,
            asked.ctx.actor.zone,
        ),
    )
    return {
        "tone": "green",
        "icon": "circle-check-big",
        "text": text,
        "href": href,
        "label": t("What came of it"),
    }


def _checks_any(asked: Asked) -> bool:
    if asked.actor is None:
        return False
    reads, model = asked.site.reads, asked.model
    return any(reads.may_check(asked.ctx, model, code) for code in model.objects)


ENTRIES = (Entry("Conversions", "shield-check", "/conversions", order=60, may=_checks_any),)
RECORD_PARTS = (RecordPart(NOTICE, "conversion", notice_of, order=20),)
