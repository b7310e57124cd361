"""Forms to make and to change a record: as a page, or as a dialog over the page that asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.objects import ObjectType, Section
from fieldstone.reads.query import Query, Record
from fieldstone.reads.standing import Standing
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.badges import forget
from fieldstone.web.pages.controls import Form
from fieldstone.web.pages.duplicates import keys_of, matches, matches_in
from fieldstone.web.pages.form_values import Filled, attach_files, filled, with_files
from fieldstone.web.pages.inputs import Inputs, values_of
from fieldstone.web.pages.subjects import heading, not_there, object_of
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import told
from fieldstone.web.pages.wrong import errors_of, summary_of

PAGE = Blueprint("forms", __name__)
OPEN_SECTIONS: Final = 3  # further ones start folded
CONFLICT: Final = 409
STALE: Final = 412
Context = dict[str, Any]


@dataclass(frozen=True)
class RecordForm:
    """One form as it stands: a record (None: a new one), what was typed, and whether only the quick fields show."""

    asked: Asked
    spec: ObjectType
    record: Record | None
    form: Form
    quick: bool = False

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @cached_property
    def before(self) -> Mapping[str, object]:
        """Return what the form starts from: the stored values, or the defaults."""
        if self.record is not None:
            return values_of(self.record)
        return {code: field.default for code, field in self.spec.fields.items()}

    @cached_property
    def filled(self) -> Filled:
        """Return what was typed."""
        return filled(self.asked, self.spec, self.form, self.spec.fields, self.before)

    @cached_property
    def standing(self) -> Standing:
        """Return what may be written with these values in place. Raises RefusedError."""
        asked, known = self.asked, self.filled.known(self.spec)
        record_id = self.record.id if self.record else None
        typed = known if self.record else {**self.before, **known}
        found = asked.site.reads.standing(asked.ctx, asked.model, self.spec.code, record_id, typed)
        if found is None:
            raise not_there()
        if not found.may_update:
            verb = "change" if self.record else "create"
            text = f"Your roles do not let you {verb} this."
            raise RefusedError([Problem("forbidden", "id", text, "Ask an administrator.")], 403)
        return found

    def sent(self, *, files: bool = True) -> dict[str, object]:
        """Return what goes to the write door: what the reader changed and may write."""
        found = self.filled
        if files:
            found = with_files(self.asked, self.spec, self.standing.writable, self.before, found)
        return {code: raw for code, raw in found.sent.items() if self.standing.may_write(code)}

    @property
    def path(self) -> str:
        """Return the address of the form."""
        base = f"/o/{self.spec.code}"
        return f"{base}/{self.record.id}/edit" if self.record else f"{base}/new"

    @property
    def title(self) -> str:
        """Return what stands above the form."""
        t, language = self.speech.t, self.asked.language
        if self.record is not None:
            return t("Edit {what}", what=Look(self.asked).title(self.record))
        label = self.spec.label.text(language)
        return t("New {what}", what=label if language == "zh" else label.lower())

    def sections(self, errors: Mapping[str, list[str]]) -> list[Context]:
        """Return the sections with the fields they have now."""
        inputs = Inputs(
            self.asked,
            self.spec,
            self.standing,
            self.before,
            self.filled.typed,
            errors,
            self.record.id if self.record else "",
        )
        found = []
        for place, section in enumerate(self._declared()):
            if f"section:{section.code}" in self.standing.unseen:
                continue
            fields = inputs.shown(section.fields)
            if not fields:
                continue
            folded = place >= OPEN_SECTIONS and not any(map(_wanted, fields))
            label = "" if self.quick else section.label.text(self.asked.language)
            found.append(
                {"label": label, "columns": section.columns, "fields": fields, "closed": folded}
            )
        return found

    def _declared(self) -> Iterable[Section]:
        if self.quick:
            needed = [c for c in self.spec.fields if c in self.standing.demanded]
            codes = dict.fromkeys([*self.spec.quick, *needed])
            return [Section("quick", self.spec.label, tuple(codes), columns=1)]
        if self.spec.form:
            return self.spec.form
        own = tuple(code for code, field in self.spec.fields.items() if not field.system)
        return [Section("all", self.spec.label, own)]

    def kept(self, sections: Iterable[Context]) -> list[tuple[str, str]]:
        """Return what came with the address and has no field on the form, such as the record it belongs to."""
        shown = {one["name"] for section in sections for one in section["fields"]}
        return [
            (code, control)
            for code, control in self.filled.typed.items()
            if code not in shown and isinstance(control, str) and control and not self.record
        ]

    def context(self, problems: Iterable[Problem] = (), **more: Any) -> Context:
        """Return what pages/form.html needs."""
        t, listed = self.speech.t, list(problems)
        sections = self.sections(errors_of(listed, self.asked.language))
        mode = "?quick=1" if self.quick else ""
        record_url = f"/o/{self.spec.code}/{self.record.id}" if self.record else ""
        context: Context = {
            "object": heading(self.asked, self.spec),
            "title": self.title,
            "action": self.path + mode,
            "page_url": self.path,
            "again_url": self.path + mode,
            "cancel_url": record_url or f"/o/{self.spec.code}",
            "submit": t("Save") if self.record else t("Create"),
            "another": self.record is None,
            "sections": sections,
            "problems": summary_of(listed, self.spec, self.asked.language),
            "hidden": self.kept(sections),
        }
        if self.record is not None:
            context["version"] = self.form.get("version", self.record.version)
        elif keys_of(self.asked, self.spec):
            context["matches_url"] = f"/o/{self.spec.code}/matches"
        return {**context, **more}


def _wanted(field: Context) -> bool:
    """Tell whether a field must not be folded away."""
    return bool(field.get("required") or field.get("errors") or field.get("value"))


@PAGE.get("/o/<code>/new")
def new_record(code: str) -> Response:
    """Show an empty form; the address may fill fields, and redraws send what was typed."""
    asked = the_call()
    form = _new_form(asked, code, MultiDict(request.args))
    return drawing.page(asked, "form", form.context())


def _new_form(asked: Asked, code: str, given: Form) -> RecordForm:
    spec = object_of(asked, code)
    in_dialog = drawing.wanted_block() == "dialog"
    quick = bool(spec.quick) and ("quick" in request.args or in_dialog)
    return RecordForm(asked, spec, None, given, quick)


@PAGE.post("/o/<code>/new")
def create_record(code: str) -> Response:
    """Create a record, or show the form again with everything that is wrong."""
    asked = the_call()
    form = _new_form(asked, code, request.form)
    sent, anyway = form.sent(), "allow_duplicate" in request.form
    change = Change(form.spec.code, Operation.CREATE, sent, allow_duplicate=anyway)
    (outcome,) = asked.site.writes.submit(asked.ctx, asked.model, [change])
    if outcome.refused:
        return _refused(form, outcome)
    attach_files(asked, form.spec, str(outcome.record_id), sent)
    forget(asked)
    return _created(form, outcome)


def _created(form: RecordForm, outcome: Outcome) -> Response:
    asked, t = form.asked, form.speech.t
    record_url = f"/o/{form.spec.code}/{outcome.record_id}"
    url = _way_back(asked, form.spec, str(outcome.record_id))
    added = outcome.status == drawing.OK
    text = t("Added to the record that was there already.") if added else t("Created.")
    assigned = [one.because for one in outcome.decisions if one.kind == "assignment"]
    text = " ".join([text, *(one.text(asked.language) for one in assigned[:1])])
    if url != record_url:
        text = f"{text} {t('It is not among the records that you see.')}"
    toast: Context = {"text": text}
    if outcome.warnings:
        toast |= {"tone": "warn", "text": f"{text} {outcome.warnings[0].message}"}
    shown = {**toast, "href": url, "label": t("Open")} if url == record_url else toast
    if "another" in request.form:
        blank = RecordForm(asked, form.spec, None, MultiDict(), form.quick)
        return drawing.page(asked, "form", blank.context(), told={"toast": shown})
    if drawing.wanted_block() == "dialog":
        return drawing.done({"dialog-close": True, "toast": shown, "reload": True})
    return drawing.go(asked, url, toast)


def _way_back(asked: Asked, spec: ObjectType, record_id: str) -> str:
    """Return the address of a record that was written, or of the list where it went to somebody else."""
    seen = asked.site.reads.get(asked.ctx, asked.model, spec.code, record_id) is not None
    return f"/o/{spec.code}/{record_id}" if seen else f"/o/{spec.code}"


def _refused(form: RecordForm, outcome: Outcome) -> Response:
    if outcome.status in (403, 404):
        raise RefusedError(outcome.problems, outcome.status)
    context = form.context(outcome.problems)
    if any(one.code == "duplicate" for one in outcome.problems):
        context["matches"] = matches_in(form.asked, form.spec, outcome)
        context["hidden"] = [*context["hidden"], ("allow_duplicate", "1")]
        context["submit"] = form.speech.t("Add anyway")
    return drawing.page(form.asked, "form", context, 422)


@PAGE.post("/o/<code>/matches")
def warn_of_duplicates(code: str) -> Response:
    """Tell which records look like the one being typed; nothing is written."""
    asked = the_call()
    form = _new_form(asked, code, request.form)
    found = matches(asked, form.spec, form.sent(files=False))
    return drawing.fragment(asked, "matches", {"matches": found})


def _record(asked: Asked, spec: ObjectType, record_id: str) -> Record:
    found = asked.site.reads.get(asked.ctx, asked.model, spec.code, record_id, Query(titles=True))
    if found is None:
        raise not_there()
    return found


@PAGE.get("/o/<code>/<record_id>/edit")
def edit_record(code: str, record_id: str) -> Response:
    """Show a record's values in a form."""
    asked = the_call()
    spec = object_of(asked, code)
    form = RecordForm(asked, spec, _record(asked, spec, record_id), MultiDict(request.args))
    return drawing.page(asked, "form", form.context())


@PAGE.post("/o/<code>/<record_id>/edit")
def save_record(code: str, record_id: str) -> Response:
    """Save what was changed; who saved in between is shown beside it, and may be overruled."""
    asked = the_call()
    spec = object_of(asked, code)
    form = RecordForm(asked, spec, _record(asked, spec, record_id), request.form)
    sent, version = form.sent(), request.form.get("version", "")
    change = Change(
        spec.code,
        Operation.UPDATE,
        sent,
        record_id,
        expected_version=int(version[:18]) if version.isascii() and version.isdigit() else None,
    )
    (outcome,) = asked.site.writes.submit(asked.ctx, asked.model, [change])
    if outcome.status == STALE:
        return drawing.page(asked, "form", _conflict(form), CONFLICT)
    if outcome.refused:
        return _refused(form, outcome)
    attach_files(asked, spec, record_id, sent)
    forget(asked)
    toast = {"text": form.speech.t("Saved.")}
    if outcome.warnings:
        toast = {"tone": "warn", "text": told(outcome.warnings[0], asked.language)}
    if drawing.wanted_block() == "dialog":
        return drawing.done({"dialog-close": True, "toast": toast, "reload": True})
    return drawing.go(asked, _way_back(asked, spec, record_id), toast)


def _conflict(form: RecordForm) -> Context:
    """Return the form with both versions of every field in which they differ."""
    now, look = form.record, Look(form.asked)
    if now is None:
        raise not_there()
    known, fields = form.filled.known(form.spec), []
    for code, value in known.items():
        field, theirs = form.spec.fields[code], now.values.get(code)
        if theirs == value:
            continue
        shown = [look.value(form.spec, field, one, "…")["text"] for one in (theirs, value)]
        fields.append(
            {
                "label": field.label.text(form.asked.language),
                "theirs": shown[0],
                "yours": shown[1],
            }
        )
    who = str(now.titles.get("updated_by") or form.speech.t("Somebody"))
    conflict = {"who": who, "fields": fields}
    return {**form.context(), "conflict": conflict, "version": now.version}
