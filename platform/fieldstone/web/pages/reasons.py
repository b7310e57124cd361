"""Why: what rules decided about a record, and why a stage asks for what it asks."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from fieldstone.fieldtypes.locales import moment
from fieldstone.model.objects import Stage
from fieldstone.reads.expanding import target_of
from fieldstone.reads.explaining import Why
from fieldstone.reads.query import Query, Record
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.merged import survivor_of
from fieldstone.web.pages.subjects import not_there, object_of
from fieldstone.web.pages.values import Look

PAGE = Blueprint("reasons", __name__)
Drawn = dict[str, Any]


def decisions_of(asked: Asked, record: Record) -> list[Drawn]:
    """Return every automatic decision about a record, newest first."""
    found = asked.site.reads.explain(asked.ctx, asked.model, record.object_name, record.id)
    return [_decision(asked, record, why) for why in found or ()]


def _decision(asked: Asked, record: Record, why: Why) -> Drawn:
    zone, language = asked.ctx.actor.zone, asked.language
    return {
        "rule": why.rule_label.text(language),
        "version": why.version,
        "text": why.because.text(language),
        "at": why.at.astimezone(ZoneInfo(zone)).isoformat(),
        "time": moment(why.at, language, zone),
        "inputs": _sets(asked, record, why),
        "others": _others(asked, why),
    }


def _sets(asked: Asked, record: Record, why: Why) -> list[Drawn]:
    """Return the fields that the decision filled in."""
    spec, look, found = asked.model.objects[record.object_name], Look(asked), []
    for code, raw in why.sets.items():
        field = spec.fields.get(code)
        if field is None:
            continue
        target = target_of(field)
        if target and isinstance(raw, str):
            titles = asked.site.reads.titles(asked.ctx, asked.model, [(target, raw)])
            text = titles.get((target, raw), "")
        else:
            text = str(look.value(spec, field, field.type.parse(raw), "")["text"])
        found.append({"label": field.label.text(asked.language), "value": text or "—"})
    return found


def _others(asked: Asked, why: Why) -> str:
    said, language = speech(asked.language), asked.language
    rest = [one for one in why.candidates if not one.chosen]
    if not rest or why.kind == "duplicate":
        return ""
    between, after = ("、", "。") if language == "zh" else (", ", ".")
    opened, closed = ("（", "）") if language == "zh" else (" (", ")")
    names = [f"{one.name}{opened}{one.because.text(language)}{closed}" for one in rest[:5]]
    return said.t("Also considered: {names}", names=between.join(names)) + after


@PAGE.get("/o/<code>/<record_id>/why")
def why_dialog(code: str, record_id: str) -> Response:
    """Explain a stage's needs, or what one rule decided."""
    asked = the_call()
    spec = object_of(asked, code)
    record = asked.site.reads.get(asked.ctx, asked.model, code, record_id, Query(titles=True))
    if record is None:
        if moved := survivor_of(asked, spec, record_id):
            return moved
        raise not_there()
    t = speech(asked.language).t
    stages = spec.pipelines.of(record.values).stages if spec.pipelines else {}
    stage = stages.get(request.args.get("stage", ""))
    if stage is not None:
        context: Drawn = {"title": t("Why these?"), "rules": [_stage(asked, record, stage)]}
    else:
        context = {"title": t("Why?"), "rules": _rules(asked, record, request.args.get("rule", ""))}
    if not drawing.wants_fragment():
        return drawing.go(asked, f"/o/{code}/{record_id}?tab=why")
    return drawing.fragment(asked, "why", context)


def _stage(asked: Asked, record: Record, stage: Stage) -> Drawn:
    standing = asked.site.reads.standing(asked.ctx, asked.model, record.object_name, record.id)
    if standing is None:
        raise not_there()
    spec, said, language = (
        asked.model.objects[record.object_name],
        speech(asked.language),
        asked.language,
    )
    entry = (standing.entries or {}).get(stage.code)
    missing = entry.missing if entry else ()
    facts: list[Drawn] = []
    for need in stage.needs:
        if need in record.values:
            text = Look(asked).cell(record, need)["text"]
            label = spec.fields[need].label.text(language)
            facts.append(
                {"label": label, "value": text or said.t("Empty"), "ok": need not in missing}
            )
    if stage.guard is not None:
        holds = entry is None or not entry.guarded
        value = said.t("Holds") if holds else said.t("Does not hold")
        facts.append({"label": stage.guard.read_back(language), "value": value, "ok": holds})
    name = stage.label.text(language)
    text = stage.guard_text.text(language) if stage.guard_text else ""
    text = text or said.t("Records enter {stage} only when these facts are there.", stage=name)
    origin = spec.origin
    return {
        "label": name,
        "text": text,
        "facts": facts,
        "file": f"{origin.file}" if origin.file else "",
    }


def _rules(asked: Asked, record: Record, code: str) -> list[Drawn]:
    found = asked.site.reads.explain(asked.ctx, asked.model, record.object_name, record.id)
    told = [why for why in found or () if not code or why.rule == code]
    drawn = []
    for why in told[:5]:
        rule = asked.model.rules.get(why.rule)
        one = _decision(asked, record, why)
        drawn.append(
            {
                "label": one["rule"],
                "version": why.version,
                "text": why.because.text(asked.language),
                "facts": one["inputs"],
                "file": f"{rule.origin.file}:{rule.origin.line}" if rule else "",
            }
        )
    if drawn:
        return drawn
    rule = asked.model.rules.get(code)
    label = rule.label.text(asked.language) if rule else speech(asked.language).t("Why?")
    text = speech(asked.language).t("Nothing more is known about this decision.")
    return [{"label": label, "text": text}]
