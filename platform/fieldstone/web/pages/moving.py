"""Moving a record to another stage, from its page and from the board: the gate asks for what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.model.objects import Stage
from fieldstone.reads.standing import Standing
from fieldstone.web.asking import the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.badges import forget
from fieldstone.web.pages.board import moved
from fieldstone.web.pages.converting import dialog_of
from fieldstone.web.pages.form_values import Filled, filled
from fieldstone.web.pages.inputs import Inputs
from fieldstone.web.pages.record import RecordPage, page_of
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import told
from fieldstone.web.pages.wrong import errors_of, summary_of

PAGE = Blueprint("moving", __name__)
ASKED_FOR: Final = frozenset({"required", "needed_for_stage", "required_in_stage"})
# These say that the stage itself is out of reach; no field could help.
FINAL: Final = frozenset(
    {"move_not_allowed", "only_by_action", "unknown_stage", "forbidden", "guard"}
)
Drawn = dict[str, Any]


def _stage(shown: RecordPage, code: str) -> Stage:
    pipeline = shown.standing.pipeline
    found = pipeline.stages.get(code) if pipeline else None
    if found is None:
        raise not_there()
    return found


@PAGE.get("/o/<code>/<record_id>/move")
def ask_before_moving(code: str, record_id: str) -> Response:
    """Show the dialog with the facts that the stage needs."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    stage = _stage(shown, request.args.get("to", ""))
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url)
    if stage.only_by:
        return dialog_of(shown, stage.only_by)
    return drawing.fragment(asked, "gate", gate(shown, stage, request.args))


def gate(
    shown: RecordPage,
    stage: Stage,
    given: Mapping[str, str],
    problems: Iterable[Problem] = (),
    found: Filled | None = None,
) -> Drawn:
    """Return what pages/gate.html needs: the missing facts, and those refused, with what was typed."""
    asked, listed = shown.asked, list(problems)
    fields = _fields(shown, stage, listed, found)
    name, t = stage.label.text(asked.language), shown.speech.t
    text = t(
        "{stage} needs these facts. You fill them in once; they are saved to the record.",
        stage=name,
    )
    return {
        "title": Look(asked).title(shown.record),
        "stage": {"id": stage.code, "name": name, "tone": stage.color},
        "move_url": f"{shown.url}/move",
        "text": text if fields and not listed else "",
        "fields": fields,
        "problems": summary_of(listed, shown.spec, asked.language) if found else [],
        "on_board": "board" in given,
        "note": "",
    }


def _fields(
    shown: RecordPage, stage: Stage, problems: Sequence[Problem], found: Filled | None
) -> list[Drawn]:
    """Return the inputs of the missing facts, of those refused, and of those already typed."""
    asked, spec = shown.asked, shown.spec
    known = found.known(spec) if found else {}
    typed = found.typed if found else {}
    values = {**known, spec.stage_field: stage.code}
    standing = asked.site.reads.standing(asked.ctx, asked.model, spec.code, shown.record.id, values)
    if standing is None:
        raise not_there()
    needed = _missing(shown, stage, standing)
    needed += [one.path.partition(".")[0] for one in problems]
    codes = [c for c in dict.fromkeys([*needed, *typed]) if c in spec.fields]
    errors = errors_of(problems, asked.language)
    held = shown.record.values
    inputs = Inputs(asked, spec, standing, held, typed, errors, shown.record.id)
    drawn = inputs.shown([code for code in codes if code != spec.stage_field])
    return [{**one, "required": True, "depends": False} for one in drawn]


def _missing(shown: RecordPage, stage: Stage, standing: Standing) -> list[str]:
    """Return the fields that the stage needs and the record lacks; `standing` is how it would stand there."""
    entry = (shown.standing.entries or {}).get(stage.code)
    needs = [code for code in stage.needs if entry is None or code in entry.missing]
    further = standing.demanded - shown.standing.demanded
    held = shown.record.values
    return needs + [code for code in shown.spec.fields if code in further and not held.get(code)]


@PAGE.post("/o/<code>/<record_id>/move")
def move_record(code: str, record_id: str) -> Response:
    """Move the record with the facts that came along; ask for those still missing."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    stage = _stage(shown, request.values.get("to", ""))
    if stage.only_by and drawing.wants_fragment() and not request.form.get("board"):
        return dialog_of(shown, stage.only_by)
    codes = [c for c in shown.spec.fields if c != shown.spec.stage_field]
    found = filled(asked, shown.spec, request.form, codes, shown.record.values)
    values = {**found.sent, shown.spec.stage_field: stage.code}
    change = Change(
        code, Operation.UPDATE, values, record_id, reason=request.form.get("reason", "")
    )
    (outcome,) = asked.site.writes.submit(asked.ctx, asked.model, [change])
    if outcome.refused:
        return _refused(shown, stage, found, outcome)
    forget(asked)
    return _moved(shown, stage, outcome)


def _refused(shown: RecordPage, stage: Stage, found: Filled, outcome: Outcome) -> Response:
    asked, problems = shown.asked, spoken(shown, stage, outcome.problems)
    final = [one for one in problems if one.code in FINAL]
    if final or outcome.status in (403, 404, 412):
        raise RefusedError(final or problems, outcome.status)
    if not drawing.wants_fragment():
        return drawing.go(
            asked, shown.url, {"text": told(problems[0], asked.language), "tone": "warn"}
        )
    asked_before = "asked" in request.form
    context = gate(shown, stage, request.form, problems, found if asked_before else None)
    if not asked_before:
        # Nobody was asked yet, so nothing is wrong: it is a question, not a refusal.
        context = gate(shown, stage, request.form)
        if "board" not in request.form:
            return drawing.fragment(asked, "gate", context)
        toast = {"text": told(problems[0], asked.language), "tone": "warn"}
        return drawing.fragment(asked, "gate", context, 422, {"toast": toast})
    return drawing.fragment(asked, "gate", context, 422)


def spoken(shown: RecordPage, stage: Stage, problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems with the guard's own words in the reader's language."""
    language, found = shown.asked.language, []
    for one in problems:
        if one.code != "guard" or stage.guard is None:
            found.append(one)
            continue
        said = stage.guard_text.text(language) if stage.guard_text else ""
        text = said or stage.guard.read_back(language)
        found.append(Problem(one.code, one.path, text, "" if language == "zh" else one.cure))
    return found


def _moved(shown: RecordPage, stage: Stage, outcome: Outcome) -> Response:
    asked, said = shown.asked, speech(shown.asked.language)
    names = {"what": Look(asked).title(shown.record), "where": stage.label.text(asked.language)}
    toast: Drawn = {"text": said.t("{what} moved to {where}", **names)}
    if outcome.warnings:
        toast |= {"text": told(outcome.warnings[0], asked.language), "tone": "warn"}
    before = shown.standing.stage
    pipeline = shown.standing.pipeline
    if pipeline is not None and before in pipeline.moves.get(stage.code, ()):
        toast["undo"] = f"{shown.url}/move?to={before}"
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url, toast)
    undone = "to" in request.args
    on_board = "/board" in request.headers.get("HX-Current-URL", "") or "board" in request.form
    if on_board and not undone:
        context = moved(asked, shown.spec.code, shown.record.id, [before, stage.code])
        return drawing.fragment(
            asked, "moved", context, 200, {"toast": toast, "dialog-close": True}
        )
    return drawing.done({"toast": toast, "dialog-close": True, "reload": True})
