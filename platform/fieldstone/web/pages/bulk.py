"""What is done to several records at once: another owner, another stage, delete, restore, export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import badges, drawing
from fieldstone.web.pages.subjects import access_of, may_delete, object_of
from fieldstone.web.pages.wording import told

PAGE = Blueprint("bulk", __name__)
MOST: Final = 500
# A list of ids travels in the address of the file, and addresses have an end.
MOST_IN_ADDRESS: Final = 90
REASONS_TOLD: Final = 3
Verb = dict[str, Any]


def verbs(asked: Asked, spec: ObjectType, *, deleted: bool) -> list[Verb]:
    """Return what this reader may do with the selected rows of a list."""
    access, t = access_of(asked, spec), speech(asked.language).t
    if deleted:
        return [{"name": "restore", "label": t("Restore"), "icon": "undo-2"}]
    found: list[Verb] = []
    if spec.owned != "none" and access.may_assign:
        found.append({"name": "owner", "label": t("Owner"), "icon": "user-round-check"})
    if spec.stage_field and spec.stage_field in access.writable_anywhere():
        found.append({"name": "stage", "label": t("Stage"), "icon": "arrow-right"})
    if access.may_export:
        found.append({"name": "export", "label": t("Export"), "icon": "download"})
    if may_delete(access):
        sure = t("Move the selected records to the recycle bin?")
        found.append(
            {
                "name": "delete",
                "label": t("Delete"),
                "icon": "trash-2",
                "confirm": sure,
                "danger": True,
            }
        )
    return found


@PAGE.post("/o/<object_name>/bulk")
def bulk(object_name: str) -> Response:
    """Do it, or ask for what is still to be said."""
    asked = the_call()
    spec = object_of(asked, object_name)
    ids = [one for one in dict.fromkeys(request.form.getlist("ids")) if is_id(one)][:MOST]
    verb, given = request.form.get("do", ""), request.form.get("value", "")
    known = [one["name"] for one in verbs(asked, spec, deleted=verb == "restore")]
    if verb not in known or not ids:
        problem = Problem(
            "bad_bulk", "do", "There is nothing to do here.", "Select some records first."
        )
        raise RefusedError([problem], 400)
    if verb == "export":
        return _export(asked, spec, ids)
    if verb in ("owner", "stage") and not given:
        return _dialog(asked, spec, verb, ids)
    changes = [_change(spec, verb, one, given) for one in ids]
    outcomes = asked.site.writes.submit(asked.ctx, asked.model, changes)
    badges.forget(asked)
    return _told(asked, spec, verb, outcomes)


def _change(spec: ObjectType, verb: str, record_id: str, given: str) -> Change:
    match verb:
        case "delete":
            return Change(spec.code, Operation.DELETE, {}, record_id)
        case "restore":
            return Change(spec.code, Operation.RESTORE, {}, record_id)
        case "owner":
            values: Mapping[str, object] = {"owner": given}
            return Change(spec.code, Operation.UPDATE, values, record_id, reason="assigned")
        case _:
            return Change(spec.code, Operation.UPDATE, {spec.stage_field: given}, record_id)


DONE: Final = {
    "delete": ("One record is in the recycle bin.", "{n} records are in the recycle bin."),
    "restore": ("One record was restored.", "{n} records were restored."),
    "owner": ("One record has a new owner.", "{n} records have a new owner."),
    "stage": ("One record was moved.", "{n} records were moved."),
}


def _told(asked: Asked, spec: ObjectType, verb: str, outcomes: Sequence[Outcome]) -> Response:
    """Say how many were written, and why others were not; the list draws itself anew."""
    said = speech(asked.language)
    good = sum(not one.refused for one in outcomes)
    refused = [one for one in outcomes if one.refused]
    one, many = DONE[verb]
    text = said.tn(one, many, good) if good else ""
    if refused:
        reasons = dict.fromkeys(told(p, asked.language) for o in refused for p in o.problems)
        count = said.tn("One was refused:", "{n} were refused:", len(refused))
        text = " ".join([text, count, *list(reasons)[:REASONS_TOLD]]).strip()
    toast: dict[str, object] = {"text": text, "tone": "warn" if refused else "ok"}
    return drawing.done({"dialog-close": True, "reload": True, "toast": toast})


def _dialog(asked: Asked, spec: ObjectType, verb: str, ids: Sequence[str]) -> Response:
    said, language = speech(asked.language), asked.language
    if verb == "owner":
        title = said.tn("Give one record to", "Give {n} records to", len(ids))
        field: dict[str, Any] = {
            "name": "value",
            "type": "user",
            "label": said.t("Owner"),
            "options_url": f"/o/{spec.code}/options?field=owner",
            "required": True,
        }
    else:
        title = said.tn("Move one record to", "Move {n} records to", len(ids))
        stages = {
            stage.code: stage
            for pipeline in (spec.pipelines.pipelines.values() if spec.pipelines else ())
            for stage in pipeline.stages.values()
            if not stage.archived and not stage.only_by
        }
        options = [{"value": s.code, "label": s.label.text(language)} for s in stages.values()]
        field = {"name": "value", "type": "select", "label": said.t("Stage"), "options": options}
        field["required"] = True
    context = {
        "title": title,
        "action": f"/o/{spec.code}/bulk",
        "hidden": [("do", verb), *(("ids", one) for one in ids)],
        "fields": [field],
        "submit": said.t("Apply"),
    }
    return drawing.fragment(asked, "ask", context)


def _export(asked: Asked, spec: ObjectType, ids: Sequence[str]) -> Response:
    if len(ids) > MOST_IN_ADDRESS:
        text = f"{len(ids)} selected records are too many for one address."
        cure = "Select fewer, or export the whole list from the menu."
        raise RefusedError([Problem("too_many", "ids", text, cure)], 400)
    url = f"/o/{spec.code}/export.xlsx?ids={'~'.join(ids)}"
    return Response(status=204, headers={"HX-Redirect": url})
