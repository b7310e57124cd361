"""Converting a record from its page: the dialog with what is there already."""

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
from fieldstone.reads.converting import Converting
from fieldstone.rules.conversion import CONVERT, Target
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.acting import action_dialog, finished
from fieldstone.web.pages.record import RecordPage, page_of
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import message

PAGE = Blueprint("converting", __name__)
Drawn = dict[str, Any]
NEW, NONE = "new", "none"
UNPROCESSABLE: Final = 422


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
            "fresh": fresh_title(self.shown, target) or t("Made from this record"),
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
                "placeholder": t("Another existing one"),
            }
            if target.into
            else None,
        }

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
            elif other or pick not in ("", NEW):
                use[target.code] = other or pick
        return {"use": use} | ({"leave_out": out} if out else {})


def fresh_title(shown: RecordPage, target: Target) -> str:
    """Return what a new record would be called, as far as the reader may see what it is made of."""
    spec, values = shown.asked.model.objects[target.object_name], shown.record.values
    expression = target.fields.get(spec.title)
    if expression is None or expression.paths:
        return ""
    if any(isinstance(values.get(name), Masked) for name in expression.names):
        return ""
    found = expression.evaluate(values, env_of(shown.asked.ctx))
    return str(found) if found is not None else ""


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
        result = run(shown.asked.site.vocabulary.actions, CONVERT, call_of(shown, dialog.params()))
    except RefusedError as refusal:
        if not drawing.wants_fragment():
            raise
        context = dialog.context(refusal.problems)
        return drawing.fragment(shown.asked, "convert", context, UNPROCESSABLE)
    return finished(shown, result)


def call_of(shown: RecordPage, params: Drawn) -> Call:
    """Return the wish to act on a record."""
    asked, site = shown.asked, shown.asked.site
    record = (shown.spec.code, shown.record.id)
    return Call(asked.ctx, asked.model, *record, params, site.reads, site.writes)
