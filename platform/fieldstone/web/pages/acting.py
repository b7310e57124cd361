"""Actions on one record from its page: a dialog for what is still to be said, then the action itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions.contract import Action, Call, Result
from fieldstone.actions.judge_worthless import reason_field
from fieldstone.actions.move_to_pool import MOVE, targets_of
from fieldstone.actions.pool_reasons import reasons_of
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.problem_texts import in_language
from fieldstone.changes.nouns import Change, Operation
from fieldstone.rules.conversion import Conversion
from fieldstone.rules.lifecycle_body import JUDGE
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.badges import forget
from fieldstone.web.pages.reason_words import reason_options
from fieldstone.web.pages.record import RecordPage, page_of
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import message

PAGE = Blueprint("acting", __name__)
Drawn = dict[str, Any]
LABELS: Final = {"reason": "Reason", "owner": "Owner", "pool": "Pool"}


@dataclass(frozen=True)
class Asking:
    """The dialog of one action on one record."""

    shown: RecordPage
    action: Action

    @property
    def asked(self) -> Asked:
        """Return the request."""
        return self.shown.asked

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    def context(self, problems: Iterable[Problem] = ()) -> Drawn:
        """Return what pages/ask.html needs."""
        language = self.asked.language
        label = self.action.label.text(language)
        between = "：" if language == "zh" else ": "
        listed = list(problems)
        return {
            "title": f"{label}{between}{Look(self.asked).title(self.shown.record)}",
            "action": f"{self.shown.url}/actions/{self.action.name}",
            "hidden": [("asked", "1")],
            "fields": self._fields(),
            "submit": label,
            "text": self._text(),
            "problems": [{"text": self._told(one)} for one in listed],
        }

    def _told(self, problem: Problem) -> str:
        """Return what is wrong; the codes of a pool's reasons are not, for they stand in the field below by name."""
        language = self.asked.language
        if problem.path == "reason" and self._reasons():
            return in_language(problem, language).message
        return message(problem, language)

    def _text(self) -> str:
        if self.action.name == JUDGE:
            return self.speech.t("It loses points and goes back to nurturing.")
        if self.action.name == "release":
            return self.speech.t("Your colleagues can claim it from there.")
        return ""

    def _fields(self) -> list[Drawn]:
        required = self.action.schema.get("required", ())
        properties: Mapping[str, Mapping[str, Any]] = self.action.schema.get("properties", {})
        return [
            field
            for name, shape in properties.items()
            if (field := self._property(name, shape, required=name in required)) is not None
        ]

    def _property(self, name: str, shape: Mapping[str, Any], *, required: bool) -> Drawn | None:
        t = self.speech.t
        label = t(LABELS.get(name, name.replace("_", " ").capitalize()))
        value = request.form.get(name, "")
        field: Drawn = {"name": name, "label": label, "required": required, "value": value}
        if name == "owner":
            url = f"/o/{self.shown.spec.code}/options?field=owner"
            return {**field, "type": "user", "options_url": url}
        if name == "pool":
            return {**field, "type": "select", "options": self._pools(), "value": value}
        if self.action.name == JUDGE:
            return {**field, "type": "select", "options": self._judgements()}
        if name == "reason" and (reasons := self._reasons()):
            return {**field, "type": "select", "options": reasons}
        kinds = {"string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean"}
        kind = kinds.get(str(shape.get("type")))
        return None if kind is None else {**field, "type": kind}

    def _judgements(self) -> list[Drawn]:
        """Return the reasons for which a record may be judged worthless."""
        spec, language = self.shown.spec, self.asked.language
        kept = spec.fields[reason_field(self.asked.model, spec.code)]
        options = getattr(kept.type, "options", {})
        return [{"value": code, "label": one.label.text(language)} for code, one in options.items()]

    def _pools(self) -> list[Drawn]:
        """Return the pools to choose from: those that take the record, or where it belongs by itself."""
        spec, here = self.shown.spec, str(self.shown.record.values.get("pool") or "")
        if here:
            targets = targets_of(self.asked.model, spec.code, here)
            return [{"value": code, "label": self._pool(code)} for code in targets]
        seen = self.asked.site.reads.pools(self.asked.ctx, self.asked.model, spec.code)
        options = [{"value": code, "label": self._pool(code)} for code in seen]
        return [{"value": "", "label": self.speech.t("Where it belongs")}, *options]

    def _reasons(self) -> list[Drawn]:
        """Return the reasons for which the pools that the record may come to take it."""
        spec, here = self.shown.spec, str(self.shown.record.values.get("pool") or "")
        if self.action.name not in ("release", MOVE):
            return []
        pools = targets_of(self.asked.model, spec.code, here) if here else spec.pools
        return reason_options(reasons_of(self.asked.model, pools), self.asked.language)

    def _pool(self, code: str) -> str:
        rule = self.asked.model.rules.get(code)
        return rule.label.text(self.asked.language) if rule else code

    def params(self) -> dict[str, Any]:
        """Return the action's parameters from the posted dialog; what was left empty is left out."""
        form = request.form
        found: dict[str, Any] = {}
        for name, shape in self.action.schema.get("properties", {}).items():
            text = form.getlist(name)[-1:]
            if text and text[0]:
                found[name] = _typed(text[0], str(shape.get("type")))
        return found


def _typed(text: str, kind: str) -> object:
    if kind == "boolean":
        return text == "true"
    return int(text) if kind == "integer" and text.isascii() and text.isdigit() else text


def action_dialog(shown: RecordPage, name: str) -> Response:
    """Return the dialog of an action. Raises RefusedError (404) when the object does not know it."""
    return drawing.fragment(shown.asked, "ask", _asking(shown, name).context())


def _asking(shown: RecordPage, name: str) -> Asking:
    action = shown.asked.site.vocabulary.actions.get(name)
    if action is None or not action.offered(shown.asked.model, shown.spec.code):
        raise not_there()
    return Asking(shown, action)


@PAGE.get("/o/<code>/<record_id>/actions/<name>")
def ask_for_action(code: str, record_id: str, name: str) -> Response:
    """Show the dialog of an action."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url)
    return action_dialog(shown, name)


@PAGE.post("/o/<code>/<record_id>/actions/<name>")
def act(code: str, record_id: str, name: str) -> Response:
    """Do it; an action with something to be said asks first."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    asking = _asking(shown, name)
    if asking.action.schema.get("properties") and "asked" not in request.form:
        return action_dialog(shown, name)
    site = asked.site
    call = Call(asked.ctx, asked.model, code, record_id, asking.params(), site.reads, site.writes)
    try:
        result = run(site.vocabulary.actions, name, call)
    except RefusedError as refusal:
        if "asked" not in request.form or not drawing.wants_fragment():
            raise
        return drawing.fragment(asked, "ask", asking.context(refusal.problems), 422)
    return finished(shown, result)


def finished(shown: RecordPage, result: Result) -> Response:
    """Return the answer after an action on a record: its message, and the page anew."""
    asked = shown.asked
    forget(asked)
    toast: Drawn = {"text": result.message.text(asked.language)}
    if result.others:
        made, record_id = list(result.others.items())[-1]
        target = _object_of(shown, made)
        if target:
            label = asked.model.objects[target].label.text(asked.language)
            toast |= {"href": f"/o/{target}/{record_id}", "label": label}
    reads = asked.site.reads
    if reads.get(asked.ctx, asked.model, shown.spec.code, shown.record.id) is None:
        # It went to somebody else: who gave it away may not see it any more.
        return drawing.go(asked, f"/o/{shown.spec.code}", toast)
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url, toast)
    return drawing.done({"dialog-close": True, "toast": toast, "reload": True})


def _object_of(shown: RecordPage, made: str) -> str:
    """Return the object of a record that a conversion made, by the name of its target."""
    for rule in shown.asked.model.rules_of(shown.spec.code, "conversion_map"):
        if isinstance(rule.body, Conversion):
            for target in rule.body.targets:
                if target.code == made:
                    return target.object_name
    return ""


@PAGE.post("/o/<code>/<record_id>/delete")
def delete_record(code: str, record_id: str) -> Response:
    """Move the record to the recycle bin; the toast brings it back."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    _written(shown, Operation.DELETE)
    text = speech(asked.language).t(
        "{what} is in the recycle bin.", what=Look(asked).title(shown.record)
    )
    return drawing.go(asked, f"/o/{code}", {"text": text, "undo": f"{shown.url}/restore"})


@PAGE.post("/o/<code>/<record_id>/restore")
def restore_record(code: str, record_id: str) -> Response:
    """Take the record out of the recycle bin."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    _written(shown, Operation.RESTORE)
    toast = {"text": speech(asked.language).t("Restored.")}
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url, toast)
    return drawing.done({"toast": toast, "reload": True})


def _written(shown: RecordPage, operation: Operation) -> None:
    asked = shown.asked
    change = Change(shown.spec.code, operation, {}, shown.record.id)
    (outcome,) = asked.site.writes.submit(asked.ctx, asked.model, [change])
    if outcome.refused:
        raise RefusedError(outcome.problems, outcome.status)
    forget(asked)
