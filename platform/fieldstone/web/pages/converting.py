"""Converting a record from its page: the dialog with what is there already, the manager's check, taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to, env_of
from fieldstone.access.masks import Masked
from fieldstone.actions.contract import Call
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.reads.converted import KEPT, PUT_BACK, REMOVED, Fate
from fieldstone.reads.converting import Asked as AskedFor
from fieldstone.reads.converting import Converting
from fieldstone.rules.conversion import Target
from fieldstone.storage.conversions import DONE, PENDING
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.acting import action_dialog, finished
from fieldstone.web.pages.amounts import near, short_time
from fieldstone.web.pages.entries import NOTICE, Entry, RecordPart
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.record import RecordPage, page_of
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import message

PAGE = Blueprint("converting", __name__)
Drawn = dict[str, Any]
NEW, NONE, OTHER = "new", "none", "other"
UNPROCESSABLE: Final = 422
CONVERT: Final = "convert"


@dataclass(frozen=True)
class Dialog:
    """The dialog that asks what a record becomes."""

    shown: RecordPage
    plan: Converting

    @property
    def asked(self) -> Asked:
        """Return the request."""
        return self.shown.asked

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    def context(self, problems: Iterable[Problem] = ()) -> Drawn:
        """Return what pages/convert.html needs."""
        t, language = self.speech.t, self.asked.language
        between = "：" if language == "zh" else ": "
        listed = [*problems, *(one for one in self.plan.missing if request.method == "GET")]
        return {
            "title": f"{t('Convert')}{between}{Look(self.asked).title(self.shown.record)}",
            "action": f"{self.shown.url}/convert",
            "targets": [self._target(one) for one in self.plan.body.targets],
            "carries": self._carries(),
            "problems": [{"text": self._problem(one)} for one in listed],
        }

    def _problem(self, one: Problem) -> str:
        field = self.shown.spec.fields.get(one.path.split(".")[-1])
        text = message(one, self.asked.language)
        if field is None:
            return text
        between = "：" if self.asked.language == "zh" else ": "
        return f"{field.label.text(self.asked.language)}{between}{text}"

    def _target(self, target: Target) -> Drawn:
        spec, t = self.asked.model.objects[target.object_name], self.speech.t
        label = spec.label.text(self.asked.language)
        may_create = access_to(self.asked.model, self.asked.actor, spec.code).may_create
        usual = NEW if may_create or not target.optional else NONE
        chosen = request.form.get(f"pick.{target.code}") or usual
        suggested = self.plan.suggestions.get(target.code, ())
        return {
            "code": target.code,
            "label": label,
            "icon": spec.icon,
            "chosen": chosen,
            "fresh": self._title(target, spec) or t("Made from this record"),
            "suggested": [
                {
                    "id": one.id,
                    "title": one.title,
                    "why": t("same {what}", what=one.because.text(self.asked.language).lower()),
                    "href": f"/o/{spec.code}/{one.id}",
                }
                for one in suggested
            ],
            "optional": target.optional,
            "f": {
                "name": f"use.{target.code}",
                "label": t("Another existing one"),
                "type": "lookup",
                "value": request.form.get(f"use.{target.code}", ""),
                "options_url": f"/o/{self.shown.spec.code}/options?field={target.into}",
                "placeholder": t("Search"),
            }
            if target.into
            else None,
        }

    def _title(self, target: Target, spec: ObjectType) -> str:
        """Return what the new record would be called, as far as the reader may see what it is made of."""
        expression, values = target.fields.get(spec.title), self.shown.record.values
        if expression is None or expression.paths:
            return ""
        if any(isinstance(values.get(name), Masked) for name in expression.names):
            return ""
        found = expression.evaluate(values, env_of(self.asked.ctx))
        return str(found) if found is not None else ""

    def _carries(self) -> str:
        """Return in words what goes along."""
        language, model = self.asked.language, self.asked.model
        between = "、" if language == "zh" else ", "
        parts = [
            f"{n} {model.objects[name].plural.text(language)}"
            if language == "zh"
            else f"{n} {(model.objects[name].label if n == 1 else model.objects[name].plural).en.lower()}"
            for name, n in self.plan.carries.items()
        ]
        return self.speech.t("Goes along: {what}", what=between.join(parts)) if parts else ""

    def params(self) -> Drawn:
        """Return the action's parameters from the posted dialog."""
        form, use, out = request.form, {}, []
        for target in self.plan.body.targets:
            pick, other = form.get(f"pick.{target.code}", ""), form.get(f"use.{target.code}", "")
            if pick == NONE:
                out.append(target.code)
            elif pick not in ("", NEW, OTHER):
                use[target.code] = pick
            elif other and pick != NEW:
                use[target.code] = other
        return {"use": use} | ({"leave_out": out} if out else {})


def dialog_of(shown: RecordPage, action: str) -> Response:
    """Return the dialog of the action that a stage is entered by: this one, where it converts."""
    rules = shown.asked.model.rules_of(shown.spec.code, "conversion_map")
    return convert_dialog(shown) if action == CONVERT and rules else action_dialog(shown, action)


def plan_of(shown: RecordPage) -> Converting:
    """Return how the record stands to its conversion. Raises RefusedError (404) without a map."""
    asked = shown.asked
    found = asked.site.reads.converting(asked.ctx, asked.model, shown.spec.code, shown.record.id)
    if found is None:
        raise not_there()
    return found


def convert_dialog(shown: RecordPage) -> Response:
    """Return the dialog that asks what the record becomes."""
    return drawing.fragment(shown.asked, "convert", Dialog(shown, plan_of(shown)).context())


@PAGE.get("/o/<code>/<record_id>/convert")
def ask_to_convert(code: str, record_id: str) -> Response:
    """Show the dialog; without scripts the record."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    plan_of(shown)
    return convert_dialog(shown) if drawing.wants_fragment() else drawing.go(asked, shown.url)


@PAGE.post("/o/<code>/<record_id>/convert")
def convert(code: str, record_id: str) -> Response:
    """Convert, or ask again with what speaks against it."""
    shown = page_of(the_call(), code, record_id)
    dialog = Dialog(shown, plan_of(shown))
    try:
        result = run(shown.asked.site.vocabulary.actions, CONVERT, _call(shown, dialog.params()))
    except RefusedError as refusal:
        if not drawing.wants_fragment():
            raise
        context = dialog.context(refusal.problems)
        return drawing.fragment(shown.asked, "convert", context, UNPROCESSABLE)
    return finished(shown, result)


def _call(shown: RecordPage, params: Drawn) -> Call:
    asked, site = shown.asked, shown.asked.site
    record = (shown.spec.code, shown.record.id)
    return Call(asked.ctx, asked.model, *record, params, site.reads, site.writes)


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
        result = run(asked.site.vocabulary.actions, action, _call(shown, params))
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
    asked, t = shown.asked, shown.speech.t
    params = plan.kept.params if plan.kept else {}
    rows = []
    for target in plan.body.targets:
        if target.code in params.get("leave_out", ()):
            continue
        chosen = params.get("use", {}).get(target.code)
        row = _row(shown, target.object_name, str(chosen or ""))
        row["text"] = t("an existing one is used") if chosen else t("will be made")
        rows.append(
            {
                **row,
                "title": row["title"]
                or asked.model.objects[target.object_name].label.text(asked.language),
            }
        )
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
    asked, t = page.asked, page.speech.t
    spec = page.spec
    if not asked.model.rules_of(spec.code, "conversion_map"):
        return None
    plan = asked.site.reads.converting(asked.ctx, asked.model, spec.code, page.record.id)
    if plan is None or plan.kept is None:
        return None
    href = f"{page.url}/conversion"
    if plan.state == PENDING:
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
