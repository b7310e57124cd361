"""Step 5: which stage a record is in, and what entering it does."""

from __future__ import annotations

from collections.abc import Iterable

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Decision, Draft, Effect, Operation
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Pipeline, Pipelines, Stage, StageAction
from fieldstone.writes.derive import settle
from fieldstone.writes.work import Batch, Work, each_standing


def enter_stages(batch: Batch, work: Work) -> Batch:
    """Put new records into a pipeline and stage; carry out what leaving and entering stages asks for."""
    pipelines = work.spec.pipelines
    if pipelines is None:
        return batch
    placed = each_standing(batch, lambda draft: _placed(draft, pipelines, work))
    return entered(placed, work)


def entered(batch: Batch, work: Work) -> Batch:
    """Carry out the exit and entry actions of the drafts whose stage has changed."""
    pipelines = work.spec.pipelines
    if pipelines is None:
        return batch
    acted = each_standing(batch, lambda draft: _entered(draft, pipelines, work))
    return settle(acted, work)


def _placed(draft: Draft, pipelines: Pipelines, work: Work) -> Draft:
    if draft.operation is not Operation.CREATE:
        return draft
    values: dict[str, object] = {}
    pipeline = pipelines.of(draft.row)
    if pipelines.pipeline_field and not draft.row.get(pipelines.pipeline_field):
        pipeline = _fitting(draft, pipelines, work)
        values[pipelines.pipeline_field] = pipeline.code
    if not draft.row.get(pipelines.field):
        values[pipelines.field] = pipeline.first.code
    return draft.setting(values) if values else draft


def _fitting(draft: Draft, pipelines: Pipelines, work: Work) -> Pipeline:
    for pipeline in pipelines.pipelines.values():
        if pipeline.when is not None and pipeline.when.evaluate(draft.row, work.env):
            return pipeline
    return next(iter(pipelines.pipelines.values()))


def stage_of(draft: Draft, pipelines: Pipelines) -> Stage | None:
    """Return the stage a draft would be in, None for one that its pipeline does not have."""
    return pipelines.of(draft.row).stages.get(str(draft.row.get(pipelines.field)))


def _entered(draft: Draft, pipelines: Pipelines, work: Work) -> Draft:
    if not draft.changed(pipelines.field):
        return draft
    if draft.change.skip_rules:
        return draft
    before = (
        pipelines.of(draft.before).stages.get(str(draft.before.get(pipelines.field)))
        if draft.before
        else None
    )
    if before is not None:
        draft = _carried_out(draft, before.exit, before, work)
    stage = stage_of(draft, pipelines)
    return _carried_out(draft, stage.enter, stage, work) if stage else draft


def _carried_out(draft: Draft, actions: Iterable[StageAction], stage: Stage, work: Work) -> Draft:
    for action in actions:
        draft = ACTIONS[action.kind](draft, action, stage, work)
    return draft


def _set(draft: Draft, action: StageAction, stage: Stage, work: Work) -> Draft:
    sets: dict[str, object] = {}
    for code, expression in action.expressions.items():
        try:
            sets[code] = work.spec.fields[code].type.parse(expression.evaluate(draft.row, work.env))
        except InvalidValueError:
            continue  # a value that does not fit leaves the field as it was
    decision = Decision(
        f"stage:{stage.code}",
        "stage",
        1,
        Label(
            f"The record entered or left {stage.label.en}.",
            f"记录进入或离开了“{stage.label.text('zh')}”。",
        ),
        sets,
    )
    return draft.but(values={**draft.values, **sets}, decisions=(*draft.decisions, decision))


def _create(draft: Draft, action: StageAction, stage: Stage, work: Work) -> Draft:
    target = str(action.settings["object"])
    fields = work.model.objects[target].fields
    values = {
        code: fields[code].type.dump(expression.evaluate(draft.row, work.env))
        for code, expression in action.expressions.items()
    }
    link = str(action.settings.get("link") or work.spec.code)
    if link in fields:
        values.setdefault(link, draft.record_id)
    change = Change(target, Operation.CREATE, values, trusted=True, reason=f"stage:{stage.code}")
    return draft.but(follow=(*draft.follow, change))


def _notify(draft: Draft, action: StageAction, stage: Stage, work: Work) -> Draft:
    del stage
    to = str(action.settings.get("to", "owner"))
    receiver = draft.row.get(to)
    if not receiver:
        return draft
    effect = Effect("in_page", str(receiver), "stage_entered", _payload(draft, action, work))
    return draft.but(effects=(*draft.effects, effect))


def _webhook(draft: Draft, action: StageAction, stage: Stage, work: Work) -> Draft:
    topic = str(action.settings.get("topic") or f"{work.spec.code}.{stage.code}")
    effect = Effect("webhook", str(action.settings["url"]), topic, _payload(draft, action, work))
    return draft.but(effects=(*draft.effects, effect))


def _payload(draft: Draft, action: StageAction, work: Work) -> dict[str, object]:
    text = action.settings.get("message")
    label = text if isinstance(text, Label) else Label(str(text or ""))
    return {
        "object": work.spec.code,
        "id": draft.record_id,
        "message": {"en": label.en, "zh": label.text("zh")},
    }


ACTIONS = {"set": _set, "create": _create, "notify": _notify, "webhook": _webhook}
