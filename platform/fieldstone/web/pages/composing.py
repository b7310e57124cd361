"""Writing an activity on a record's page: a note, a call, a meeting, a task, an e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from flask import request
from werkzeug.datastructures import MultiDict

from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.objects import ObjectType, Relation
from fieldstone.reads.query import Record
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.controls import control_of
from fieldstone.web.pages.feed import ACTIVITY
from fieldstone.web.pages.form_values import filled
from fieldstone.web.pages.inputs import Inputs
from fieldstone.web.pages.wrong import Errors

Drawn = dict[str, Any]
LONGEST_SUBJECT: Final = 60
# Kind: icon, what the box asks, what the button says, the fields beside the text.
KINDS: Final = {
    "note": ("pencil-line", "What happened?", "Log note", ()),
    "call": ("phone", "What was said?", "Log call", ("outcome", "minutes")),
    "meeting": ("calendar", "What was agreed?", "Log meeting", ("outcome", "minutes")),
    "visit": ("map-pin", "What was agreed?", "Log visit", ("outcome", "minutes")),
    "task": ("circle-check", "What is to be done?", "Add task", ("due_at", "priority")),
    "email": ("mail", "What did you write?", "Log e-mail", ()),
}


@dataclass(frozen=True)
class Composer:
    """The box that writes an activity about one record."""

    asked: Asked
    record: Record
    relation: Relation

    @property
    def spec(self) -> ObjectType:
        """Return the object of activities."""
        return self.asked.model.objects[ACTIVITY]

    @property
    def url(self) -> str:
        """Return where it is sent."""
        return f"/o/{self.record.object_name}/{self.record.id}/activity"

    def drawn(self, current: str = "note", errors: Errors | None = None) -> Drawn:
        """Return the dict of parts/composer.html."""
        t, options = speech(self.asked.language).t, self._options()
        kinds = []
        for name, (icon, placeholder, button, fields) in KINDS.items():
            if name not in options:
                continue
            kinds.append(
                {
                    "name": name,
                    "label": options[name].label.text(self.asked.language),
                    "icon": icon,
                    "placeholder": t(placeholder),
                    "button": t(button),
                    "current": name == current,
                    "fields": self._fields(name, fields, errors or {}),
                }
            )
        return {"url": self.url, "kinds": kinds}

    def _options(self) -> Any:
        return getattr(self.spec.fields["kind"].type, "options", {})

    def _fields(self, kind: str, codes: tuple[str, ...], errors: Errors) -> list[Drawn]:
        asked = self.asked
        typed = {"kind": kind, "status": "open" if kind == "task" else "done"}
        standing = asked.site.reads.standing(asked.ctx, asked.model, ACTIVITY, None, typed)
        if standing is None:
            return []
        values = {code: field.default for code, field in self.spec.fields.items()}
        shown = dict(request.form) if errors else {}
        if kind == "task" and "due_at" not in shown and "due_at" in self.spec.fields:
            tomorrow = asked.ctx.now.replace(minute=0) + timedelta(days=1)
            zone = asked.ctx.actor.zone
            kept = self.spec.fields["due_at"].type
            shown["due_at"] = control_of(kept, tomorrow, asked.language, zone)
        inputs = Inputs(asked, self.spec, standing, values, shown, errors)
        # Every kind has its own controls, some with the same names.
        return [
            {**one, "id": f"{kind}-{one['name']}", "required": False} for one in inputs.shown(codes)
        ]

    def write(self) -> Outcome:
        """Write what was posted as an activity of the reader's."""
        asked, kind = self.asked, request.form.get("kind", "note")
        fields = KINDS.get(kind, ("", "", "", ()))[3]
        text = request.form.get("text", "").strip()
        found = filled(asked, self.spec, MultiDict(request.form), fields, {})
        sent = {code: raw for code, raw in found.sent.items() if raw is not None}
        values: dict[str, object] = {
            **sent,
            "kind": kind,
            "status": "open" if kind == "task" else "done",
            "subject": subject_of(text) or None,
            self.relation.field: self.record.id,
        }
        if text != values["subject"]:
            values["body"] = text
        (outcome,) = asked.site.writes.submit(
            asked.ctx, asked.model, [Change(ACTIVITY, Operation.CREATE, values)]
        )
        return outcome


def subject_of(text: str) -> str:
    """Return the first line of a text, cut where it grows long."""
    line = text.partition("\n")[0].strip()
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"
