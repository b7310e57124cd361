"""Pipelines: the stage field the compiler makes, the stages with their guards, and the allowed moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fieldstone.base.errors import FieldstoneError
from fieldstone.base.label import Label, label_of
from fieldstone.base.names import did_you_mean
from fieldstone.base.workdays import parse_span
from fieldstone.compiler.merging import ordered
from fieldstone.compiler.outline import Outline, Words
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.tree import earlier_codes
from fieldstone.compiler.words import label_from, own_label, report_given_up
from fieldstone.expressions.types import BOOLEAN
from fieldstone.fieldtypes.contract import Option
from fieldstone.model.objects import Field, Pipeline, Pipelines, Stage, StageAction

STAGE_LABEL = Label("Stage", "阶段")
PIPELINE_LABEL = Label("Pipeline", "流程")
KIND_COLORS = {"won": "green", "lost": "red"}
OPEN_COLORS = ("gray", "blue", "teal", "amber", "orange", "violet", "indigo")
FULL = {"won": 100, "lost": 0}


def add_stage_fields(outline: Outline, words: Words) -> None:
    """Give an object with stages its stage field, and a pipeline field when there are several."""
    raw = outline.raw.get("stages")
    if not isinstance(raw, Mapping):
        return
    spot = outline.spot.under("stages")
    code = raw.get("field", "stage")
    if code in outline.fields:
        outline.spots.get(code, spot).problem(
            "defined_twice",
            f"'{code}' is made from 'stages' and cannot be a field as well.",
            "Take one of the two out, or name the stage field with 'stages: {field: ...}'.",
            of_key=True,
        )
    options: dict[str, Option] = {}
    pipelines = ordered(spot.under("pipelines"), raw["pipelines"])
    for name, pipeline in pipelines.items():
        stages = ordered(spot.under("pipelines", name, "stages"), pipeline["stages"])
        for place, (stage, settings) in enumerate(stages.items()):
            label, color = own_label(stage, settings), stage_color(place, settings)
            options.setdefault(stage, _stage_option(stage, label, color, settings))
    outline.fields[code] = Field(
        code,
        label_from(raw.get("label"), STAGE_LABEL),
        words.type("select", options=options),
        spot.place(of_key=True),
        column=f"f_{code}",
        required=True,
        system=True,
    )
    if len(pipelines) > 1:
        _add_pipeline_field(outline, words, pipelines)


def _add_pipeline_field(outline: Outline, words: Words, pipelines: Mapping[str, Any]) -> None:
    spot = outline.spot.under("stages", "pipelines")
    if "pipeline" in outline.fields:
        spot.problem(
            "defined_twice",
            "'pipeline' is made from 'stages', which has several pipelines, and is a field as well.",
            "Name the field otherwise.",
        )
    options = {
        code: Option(code, own_label(code, raw), renamed_from=earlier_codes(raw))
        for code, raw in pipelines.items()
    }
    outline.fields["pipeline"] = Field(
        "pipeline",
        PIPELINE_LABEL,
        words.type("select", options=options),
        spot.place(),
        column="f_pipeline",
        required=True,
        system=True,
    )


def _stage_option(code: str, label: Label, color: str, raw: object) -> Option:
    settings = raw if isinstance(raw, Mapping) else {}
    archived = settings.get("archived", False)
    return Option(code, label, color, archived, renamed_from=earlier_codes(settings))


def _setting(raw: object, key: str, otherwise: Any) -> Any:
    return raw.get(key, otherwise) if isinstance(raw, Mapping) else otherwise


def stage_color(place: int, raw: object) -> str:
    """Return the colour of a stage: as written, by its kind, or by its place."""
    kind = _setting(raw, "kind", "open")
    return str(_setting(raw, "color", KIND_COLORS.get(kind, OPEN_COLORS[place % len(OPEN_COLORS)])))


def pipelines_of(outline: Outline, resolver: Resolver) -> Pipelines | None:
    """Return the pipelines of an object with guards read and moves worked out; None when it has no stages."""
    raw = outline.raw.get("stages")
    if not isinstance(raw, Mapping):
        return None
    spot = outline.spot.under("stages", "pipelines")
    pipelines = {
        code: _pipeline(spot.under(code), code, settings, outline, resolver)
        for code, settings in ordered(spot, raw["pipelines"]).items()
    }
    report_given_up(spot, pipelines, "pipeline")
    return Pipelines(raw.get("field", "stage"), pipelines, "pipeline" if len(pipelines) > 1 else "")


def _pipeline(
    spot: Spot, code: str, raw: Mapping[str, Any], outline: Outline, resolver: Resolver
) -> Pipeline:
    written = ordered(spot.under("stages"), raw["stages"])
    stages = {
        stage: _stage(spot.under("stages", stage), place, settings, outline, resolver)
        for place, (stage, settings) in enumerate(written.items())
    }
    if next(iter(stages.values())).kind != "open":
        spot.under("stages").problem(
            "no_open_stage",
            "the first stage must be open: new records begin in it.",
            "Put an open stage first.",
        )
    when = resolver.expression(
        spot.under("when"), raw.get("when"), resolver.scope(outline.code), expects=BOOLEAN
    )
    moves = _moves(spot.under("moves"), raw.get("moves", "forward"), stages, resolver)
    return Pipeline(
        code,
        own_label(code, raw),
        stages,
        moves,
        when,
        earlier_codes(raw),
        raw.get("alias_until", ""),
    )


def _stage(spot: Spot, place: int, written: object, outline: Outline, resolver: Resolver) -> Stage:
    code = str(spot.path[-1])
    raw = written if isinstance(written, Mapping) else {}
    scope = resolver.scope(outline.code)
    kind = raw.get("kind", "open")
    _check_span(spot.under("within"), raw.get("within"))
    return Stage(
        code=code,
        label=own_label(code, written),
        kind=kind,
        probability=raw.get("probability", FULL.get(kind, 0)),
        color=stage_color(place, raw),
        needs=resolver.fields(spot.under("needs"), outline.code, raw.get("needs")),
        required=resolver.fields(spot.under("required"), outline.code, raw.get("required")),
        guard=resolver.expression(spot.under("guard"), raw.get("guard"), scope, expects=BOOLEAN),
        guard_text=label_from(raw["guard_text"], label_of("")) if "guard_text" in raw else None,
        only_by=raw.get("only_by", ""),
        within=raw.get("within", ""),
        guidance=label_from(raw["guidance"], label_of("")) if "guidance" in raw else None,
        enter=_actions(spot.under("enter"), raw.get("enter", ()), outline, resolver),
        exit=_actions(spot.under("exit"), raw.get("exit", ()), outline, resolver),
        archived=raw.get("archived", False),
        renamed_from=earlier_codes(raw),
    )


def _check_span(spot: Spot, written: object) -> None:
    if isinstance(written, str):
        try:
            parse_span(written)
        except FieldstoneError as error:
            spot.problem(
                "bad_span",
                f"{error}.",
                "Write a span such as '2 working days', '4 working hours' or '3 days'.",
            )


def _moves(
    spot: Spot, written: object, stages: Mapping[str, Stage], resolver: Resolver
) -> dict[str, tuple[str, ...]]:
    """Return the stages reachable from each.

    `forward` allows any later stage and any lost one from an open stage, and nothing from a won or lost one.
    """
    codes = list(stages)
    if written == "any":
        return {code: tuple(other for other in codes if other != code) for code in codes}
    if written == "forward":
        return {code: _forward(code, codes, stages) for code in codes}
    moves: dict[str, tuple[str, ...]] = dict.fromkeys(codes, ())
    called: dict[str, str] = {
        old: code for code, one in stages.items() for old in one.renamed_from if old not in stages
    }
    for said, targets in written.items() if isinstance(written, Mapping) else ():
        source = called.get(str(said), str(said))
        if source != said:
            resolver.renames.note(spot.under(said), said, source, of_key=True)
        if source not in stages:
            spot.under(source).problem(
                "unknown_stage",
                f"there is no stage '{source}'.",
                did_you_mean(source, codes),
                of_key=True,
            )
            continue
        present = [called.get(str(one), str(one)) for one in targets]
        for index, (before, after) in enumerate(zip(targets, present, strict=True)):
            if before != after:
                resolver.renames.note(spot.under(said, index), before, after)
        moves[source] = tuple(_known_targets(spot.under(said), present, codes))
    return moves


def _known_targets(spot: Spot, targets: Sequence[object], codes: Sequence[str]) -> list[str]:
    known = []
    for index, target in enumerate(targets):
        if target in codes:
            known.append(str(target))
        else:
            spot.under(index).problem(
                "unknown_stage", f"there is no stage '{target}'.", did_you_mean(str(target), codes)
            )
    return known


def _forward(code: str, codes: Sequence[str], stages: Mapping[str, Stage]) -> tuple[str, ...]:
    if stages[code].kind != "open":
        return ()
    place = codes.index(code)
    return tuple(
        other
        for index, other in enumerate(codes)
        if index > place or (stages[other].kind == "lost" and other != code)
    )


def _actions(
    spot: Spot, written: Sequence[Mapping[str, Any]], outline: Outline, resolver: Resolver
) -> tuple[StageAction, ...]:
    found: list[StageAction] = []
    for index, raw in enumerate(written):
        for kind, settings in raw.items():
            here = spot.under(index, kind)
            expressions = _action_expressions(here, kind, settings, outline, resolver)
            found.append(
                StageAction(kind, _settings(here, kind, settings, outline, resolver), expressions)
            )
    return tuple(found)


def _settings(
    spot: Spot, kind: str, raw: Mapping[str, Any], outline: Outline, resolver: Resolver
) -> Mapping[str, object]:
    """Return the settings of an action that are no expressions, labels ready to show."""
    if kind == "set":
        return {}
    settings = {key: value for key, value in raw.items() if key != "values"}
    if "message" in settings:
        settings["message"] = label_from(settings["message"], label_of(""))
    if kind == "notify" and "to" in settings:
        resolver.field(spot.under("to"), outline.code, settings["to"])
    return settings


def _action_expressions(
    spot: Spot, kind: str, raw: Mapping[str, Any], outline: Outline, resolver: Resolver
) -> dict[str, Any]:
    """Return the expressions of an action by the field each one sets; all are read over the moving record."""
    if kind == "set":
        target, values, here = outline.code, raw, spot
    elif kind == "create":
        target, values, here = raw["object"], raw.get("values", {}), spot.under("values")
        if target not in resolver.objects:
            spot.under("object").problem(
                "unknown_object",
                f"there is no object '{target}'.",
                did_you_mean(target, resolver.objects),
            )
            return {}
    else:
        return {}
    found = {}
    for name, text in values.items():
        code = resolver.field(here.under(name), target, name, of_key=True)
        if code:
            expected = resolver.objects[target].fields[code].type.expression_type
            parsed = resolver.expression(
                here.under(name), text, resolver.scope(outline.code), expects=expected
            )
            if parsed is not None:
                found[code] = parsed
    return found
