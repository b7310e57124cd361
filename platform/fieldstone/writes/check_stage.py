"""What a stage asks before a record may enter it, and while it stays there."""

from __future__ import annotations

from collections.abc import Iterable

from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Draft
from fieldstone.model.objects import Pipeline, Stage
from fieldstone.writes.work import Work


def stage_problems(draft: Draft, work: Work) -> Iterable[Problem]:
    """Yield every reason why the draft may not be in the stage its values name."""
    pipelines = work.spec.pipelines
    if pipelines is None:
        return
    pipeline = pipelines.of(draft.row)
    code = str(draft.row.get(pipelines.field))
    stage = pipeline.stages.get(code)
    if stage is None:
        text = f"Pipeline {pipeline.label.en} has no stage {code!r}."
        yield Problem("unknown_stage", pipelines.field, text, did_you_mean(code, pipeline.stages))
        return
    yield from _kept_filled(draft, stage, work)
    if draft.changed(pipelines.field) and not (draft.change.skip_rules or _goes_back(draft)):
        yield from _move(draft, pipeline, stage, work)
        yield from entry_problems(draft, stage, work)


def _goes_back(draft: Draft) -> bool:
    """Tell whether an undo puts the record back where it was: it met that stage's needs then."""
    return draft.change.trusted and bool(draft.change.asks.get("goes_back"))


def _move(draft: Draft, pipeline: Pipeline, stage: Stage, work: Work) -> Iterable[Problem]:
    field = work.spec.stage_field
    if stage.only_by and draft.change.action != stage.only_by:
        yield Problem(
            "only_by_action",
            field,
            f"{stage.label.en} is reached only by the action {stage.only_by!r}.",
            f"Use the action {stage.only_by!r} on the record.",
        )
    if draft.before is None or (stage.only_by and draft.change.action == stage.only_by):
        return
    before = str(draft.before.get(field))
    allowed = pipeline.moves.get(before, ())
    if before in pipeline.stages and stage.code not in allowed:
        names = ", ".join(pipeline.stages[code].label.en for code in allowed)
        yield Problem(
            "move_not_allowed",
            field,
            f"{pipeline.stages[before].label.en} does not lead to {stage.label.en}.",
            f"From here you can move to: {names}." if names else "No move leads out of this stage.",
        )


def entry_problems(draft: Draft, stage: Stage, work: Work) -> Iterable[Problem]:
    """Yield what is still missing before `stage` may be entered: needed fields, then its guard."""
    for code in stage.needs:
        field = work.spec.fields[code]
        if draft.row.get(code) in (None, "", (), []):
            yield Problem(
                "needed_for_stage",
                code,
                f"{stage.label.en} needs {field.label.en}.",
                f"Fill in {field.label.en} first.",
            )
    if stage.guard is not None and not stage.guard.evaluate(draft.row, work.env):
        said = stage.guard_text.en if stage.guard_text else ""
        yield Problem(
            "guard",
            work.spec.stage_field,
            said or f"{stage.label.en} asks that {stage.guard.read_back('en')}.",
            "Bring the record to this condition first.",
        )


def _kept_filled(draft: Draft, stage: Stage, work: Work) -> Iterable[Problem]:
    """Refuse clearing a field that must stay filled while the record is in the stage."""
    for code in stage.required:
        if code in draft.values and draft.values[code] in (None, "", (), []):
            field = work.spec.fields[code]
            yield Problem(
                "required_in_stage",
                code,
                f"{field.label.en} must stay filled while in {stage.label.en}.",
                "Send a value, or move the record to another stage first.",
            )
