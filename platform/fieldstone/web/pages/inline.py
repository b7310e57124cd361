"""One value of a record, shown and edited where it stands: on the page, and in the gate before a stage."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.fieldtypes.options import offered
from fieldstone.model.objects import Field, ObjectType
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.details import Details, changed_between
from fieldstone.web.pages.form_values import Filled, filled
from fieldstone.web.pages.inputs import Inputs
from fieldstone.web.pages.people import face
from fieldstone.web.pages.record import RecordPage, page_of
from fieldstone.web.pages.subjects import has_face, is_company, not_there, object_of
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import told
from fieldstone.web.pages.wrong import Errors, errors_of

PAGE = Blueprint("inline", __name__)
STALE = 412
# What stands outside the details: when it changes the page is drawn anew.
OUTSIDE = ("owner", "score", "grade", "pool")
Drawn = dict[str, Any]


def _details(shown: RecordPage) -> Details:
    return Details(shown.asked, shown.record, shown.standing)


def _field(shown: RecordPage, name: str) -> Field:
    field = shown.spec.fields.get(name)
    if field is None or not _details(shown).is_shown(name) or shown.deleted:
        raise not_there()
    return field


@PAGE.get("/o/<code>/<record_id>/field/<name>")
def show_field(code: str, record_id: str, name: str) -> Response:
    """Show one value, or its control."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    field = _field(shown, name)
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url)
    if "edit" in request.args and _details(shown).editable(field):
        return drawing.fragment(asked, "field", editing(shown, field))
    return drawing.fragment(asked, "field", viewing(shown, field))


def viewing(shown: RecordPage, field: Field) -> Drawn:
    """Return the value as pages/field.html shows it."""
    details = _details(shown)
    return {"f": details.one(field), "url": details.field_url(field.code), "mode": "view"}


def editing(
    shown: RecordPage, field: Field, found: Filled | None = None, errors: Errors | None = None
) -> Drawn:
    """Return the control in place of the value."""
    details = _details(shown)
    typed = found.typed if found else {}
    standing = shown.standing
    if field.code == "owner" and details.editable(field):
        # Giving a record to somebody is a right of its own.
        made = _owner_control(shown, field)
    else:
        inputs = Inputs(
            shown.asked,
            shown.spec,
            standing,
            shown.record.values,
            typed,
            errors or {},
            shown.record.id,
        )
        made = inputs.one(field)
    made |= {"version": shown.record.version, "depends": False, "id": f"i-{field.code}"}
    return {"f": made, "url": details.field_url(field.code), "mode": "edit"}


def _owner_control(shown: RecordPage, field: Field) -> Drawn:
    return {
        "name": field.code,
        "label": field.label.text(shown.asked.language),
        "type": "user",
        "value": shown.record.values.get(field.code) or "",
        "text": shown.record.titles.get(field.code) or "",
        "options_url": f"/o/{shown.spec.code}/options?field={field.code}",
    }


@PAGE.post("/o/<code>/<record_id>/field/<name>")
def save_field(code: str, record_id: str, name: str) -> Response:
    """Save one value; what changed with it is drawn anew too."""
    asked = the_call()
    before = page_of(asked, code, record_id)
    field = _field(before, name)
    found = filled(asked, before.spec, request.form, [name], before.record.values)
    sent = dict(found.sent)
    cleared = _no_longer_fitting(before, field, found.known(before.spec))
    sent |= dict.fromkeys(cleared)
    if not sent:
        return _after(before, before, field, cleared)
    outcome = submitted(asked, before, sent)
    if outcome.refused:
        return _refused(before, field, found, outcome)
    return _after(before, page_of(asked, code, record_id), field, cleared, outcome)


def submitted(asked: Asked, shown: RecordPage, sent: dict[str, object]) -> Outcome:
    """Write these values of a record, unless somebody wrote it since the form was drawn."""
    version = request.form.get("version", "")
    expected = int(version[:18]) if version.isascii() and version.isdigit() else None
    change = Change(
        shown.spec.code, Operation.UPDATE, sent, shown.record.id, expected_version=expected
    )
    (outcome,) = asked.site.writes.submit(asked.ctx, asked.model, [change])
    return outcome


def _no_longer_fitting(shown: RecordPage, field: Field, known: dict[str, object]) -> list[str]:
    """Return the fields whose choice is not offered any more under the new value of `field`."""
    if field.code not in known:
        return []
    found = []
    for other in shown.spec.fields.values():
        if other.depends_on != field.code:
            continue
        value = shown.record.values.get(other.code)
        live = {one.code for one in offered(getattr(other.type, "options", {}), known[field.code])}
        if value and value not in live and shown.standing.may_write(other.code):
            found.append(other.code)
    return found


def _refused(shown: RecordPage, field: Field, found: Filled, outcome: Outcome) -> Response:
    asked = shown.asked
    errors = errors_of(outcome.problems, asked.language)
    mine = errors.get(field.code) or [told(outcome.problems[0], asked.language)]
    if outcome.status == STALE:
        theirs = Look(asked).cell(shown.record, field.code)["text"]
        empty = speech(asked.language).t("Empty")
        mine = [
            speech(asked.language).t(
                "Somebody changed this record meanwhile. Here it now says: {value}. Save again to keep yours.",
                value=theirs or empty,
            )
        ]
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url, {"text": mine[0], "tone": "warn"})
    if "gate" in request.form:
        return _path(shown, 422, {field.code: mine})
    context = editing(shown, field, found, {field.code: mine})
    context["f"]["errors"] = mine
    return drawing.fragment(asked, "field", context, 422)


def _path(
    shown: RecordPage, status: int, errors: Errors | None = None, **told_too: Any
) -> Response:
    context = {"stages": shown.stages(errors)}
    body = drawing.block_of(shown.asked, "record", "path", context)
    return drawing.html(body, status, told_too or None)


def _after(
    before: RecordPage,
    after: RecordPage,
    field: Field,
    cleared: list[str],
    outcome: Outcome | None = None,
) -> Response:
    asked, said = after.asked, speech(after.asked.language)
    events: Drawn = {}
    if cleared:
        names = [after.spec.fields[code].label.text(asked.language) for code in cleared]
        text = said.t(
            "{fields} was cleared: the choice does not fit any more.", fields=", ".join(names)
        )
        events["toast"] = {"text": text, "tone": "warn"}
    elif outcome is not None and outcome.warnings:
        events["toast"] = {"text": told(outcome.warnings[0], asked.language), "tone": "warn"}
    if not drawing.wants_fragment():
        return drawing.go(asked, after.url, events.get("toast"))
    if needs_whole_page(before, after):
        return drawing.fragment(
            asked, "field", viewing(after, field), 200, {**events, "reload": True}
        )
    if "gate" in request.form:
        return _gate_done(after, field, events)
    details = _details(after)
    codes = [code for code in after.spec.fields if code != field.code and details.is_shown(code)]
    also = details.fields(changed_between(before.record, after.record, codes))
    also = [one for one in also if one["f"]["type"] not in ("rows", "file", "image")]
    context = {**viewing(after, field), "also": also, "stages": after.stages()}
    return drawing.fragment(asked, "field", context, 200, events or None)


def _gate_done(after: RecordPage, field: Field, events: Drawn) -> Response:
    """Return the path with the fact in place, and the same value among the details."""
    body = drawing.block_of(after.asked, "record", "path", {"stages": after.stages()})
    shown = drawing.fragment(after.asked, "field", viewing(after, field)).get_data(as_text=True)
    body += f'<hx-partial hx-target="#v-{field.code}">{shown}</hx-partial>'
    return drawing.html(body, 200, events or None)


def needs_whole_page(before: RecordPage, after: RecordPage) -> bool:
    """Tell whether a write changed more of the page than its details and its path."""
    if before.standing.unseen != after.standing.unseen:
        return True
    outside = [*OUTSIDE, after.spec.title]
    return bool(changed_between(before.record, after.record, outside))


@PAGE.get("/o/<code>/options")
def lookup_options(code: str) -> Response:
    """Answer with the records that a lookup may be set to."""
    asked = the_call()
    spec = object_of(asked, code)
    name, q = request.args.get("field", ""), request.args.get("q", "")[:200]
    target = _target(asked, spec, name)
    choices = asked.site.reads.options(asked.ctx, asked.model, target, q)
    options = [option_of(asked, target, one.id, one.title, one.subtitle) for one in choices]
    return drawing.fragment(asked, "options", {"options": options, "q": q})


def _target(asked: Asked, spec: ObjectType, name: str) -> str:
    """Return the object behind a lookup field, or behind one of a line item ("items.product")."""
    head, _, inner = name.partition(".")
    holder = asked.model.objects.get(f"{spec.code}__{head}") if inner else spec
    field = holder.fields.get(inner or head) if holder else None
    kind = field.type.expression_type if field else None
    target = (kind.of or (kind.item.of if kind.item else "")) if kind else ""
    if not target or target not in asked.model.objects:
        raise not_there()
    return target


def option_of(asked: Asked, target: str, record_id: str, title: str, subtitle: str) -> Drawn:
    """Return a record to choose, as pages/options.html draws it."""
    from_spec = asked.model.objects[target]
    option: Drawn = {"value": record_id, "label": title, "sub": subtitle}
    if target == "user" or has_face(from_spec):
        option["who"] = face(title, company=is_company(from_spec))
    return option
