"""The stages of an object as the path that records go: what each asks, how long it may take, where one may go from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.compiler.merging import order_of
from fieldstone.model.objects import ObjectType, Pipeline, Stage
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import usual_text
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_changes import ordered
from fieldstone.web.pages.studio_edits import Edits, changing_of, effective_of
from fieldstone.web.pages.studio_parts import Part, part_of
from fieldstone.web.pages.studio_plan import planned_page
from fieldstone.web.pages.studio_words import parts_of

PAGE = Blueprint("studio_stages", __name__)
Drawn = dict[str, Any]
FORWARD, ANY, MAP = "forward", "any", "map"
MOVE: Final = "move."


@PAGE.get("/studio/o/<object_name>/stages")
def stages_page(object_name: str) -> Response:
    """Show the path of one pipeline, and the moves along it."""
    asked = the_call()
    part = part_of(asked, object_name, "stages", request.args.get("pipeline", ""))
    return _path(asked, part, [])


@PAGE.post("/studio/o/<object_name>/stages")
def write_stages(object_name: str) -> Response:
    """Plan the order of the stages and the moves between them; with `shift`, show the path in another order first."""
    asked, given = the_call(), request.form
    changing_of(asked)
    part = part_of(asked, object_name, "stages", given.get("pipeline", ""))
    effective = effective_of(asked, given.get("base", ""))
    entries = effective.value(part.path) or {}
    order = _order(given.getlist("order"), entries)
    code, _, step = given.get("shift", "").partition(":")
    if code:
        return _path(asked, part, _shifted(order, code, step))
    edits = Edits()
    if order != order_of(entries):
        edits = ordered(edits, part.path, entries, order)
    edits = _moves(edits, part, entries, effective.value((*part.path[:-1], "moves")))
    return planned_page(asked, edits, f"{part.base}?pipeline={part.pipeline}")


def _order(given: Sequence[str], entries: Mapping[str, Any]) -> list[str]:
    """Return the stages as a form puts them. Raises RefusedError (422) for an order that is not one of these stages."""
    present = order_of(entries)
    if not given:
        return present
    if sorted(given) != sorted(present):
        strange = next((one for one in given if one not in entries), "")
        text = f"there is no stage {strange[:40]!r} here." if strange else "a stage is missing."
        cure = did_you_mean(strange[:40], present) if strange else "Load the page again."
        raise RefusedError([Problem("unknown_stage", "order", text, cure)])
    return list(given)


def _shifted(order: list[str], code: str, step: str) -> list[str]:
    if code not in order or step not in ("-1", "1"):
        return order
    at = order.index(code)
    to = min(max(at + int(step), 0), len(order) - 1)
    return [*[one for one in order if one != code][:to], code, *[one for one in order if one != code][to:]]  # fmt: skip


def _moves(edits: Edits, part: Part, entries: Mapping[str, Any], said: object) -> Edits:
    """Return the steps with what the form says of moves. Raises RefusedError (422) for stages that are not there."""
    given = request.form
    kind = given.get("moves", "")
    if not kind:
        return edits
    before = _kind_of(said)
    marked, shown = _marked(given, MOVE, entries), _marked(given, "shown.", entries)
    if kind not in (FORWARD, ANY, MAP):
        cure = f"Choose one of: {FORWARD}, {ANY}, {MAP}."
        raise RefusedError([Problem("bad_moves", "moves", f"{kind[:40]!r} are no moves.", cure)])
    if kind == MAP or (marked != shown and kind == before):
        wanted: object = {code: marked[code] for code in entries if marked.get(code)}
        same = before == MAP and marked == shown
    else:
        wanted, same = kind, kind == before
    return edits if same else _replaced(edits, (*part.path[:-1], "moves"), said, wanted)


def _replaced(edits: Edits, path: tuple[str, ...], said: object, wanted: object) -> Edits:
    """Return the steps that put a map in the place of another: layers merge maps, so what is gone is said."""
    if isinstance(said, Mapping) and isinstance(wanted, Mapping):
        gone: dict[str, list[str]] = {one: [] for one in said if one not in wanted}
        return edits.set(path, {**wanted, **gone})
    return edits.set(path, wanted)


def _marked(given: Any, prefix: str, entries: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in given:
        if not name.startswith(prefix):
            continue
        source, targets = name.removeprefix(prefix), given.getlist(name)
        strange = next((one for one in (source, *targets) if one not in entries), None)
        if strange is not None:
            text = f"there is no stage {strange[:40]!r} here."
            cure = did_you_mean(strange[:40], entries)
            raise RefusedError([Problem("unknown_stage", "moves", text, cure)])
        found[source] = [one for one in entries if one in targets and one != source]
    return found


def _kind_of(said: object) -> str:
    return str(said) if said in (FORWARD, ANY) else FORWARD if said is None else MAP


def _path(asked: Asked, part: Part, order: Sequence[str]) -> Response:
    """Return the page; `order` is one that was only tried yet."""
    spec, t = part.spec, speech(asked.language).t
    if spec is None or spec.pipelines is None:
        return drawing.page(asked, "studio_stages", _frame(asked, part))
    pipeline = spec.pipelines.pipelines[part.pipeline]
    effective = effective_of(asked)
    held = _held(asked, spec)
    codes = list(order or pipeline.stages)
    number, _ = changing_of(asked).current(asked.ctx)
    context: Drawn = {
        **_frame(asked, part),
        "stages": [
            {
                **_stage(asked, spec, pipeline.stages[one]),
                "records": held.get(one, 0),
                "layer": effective.layer(part.entry(one)),
                "href": f"{part.base}/{one}?pipeline={part.pipeline}",
                "remove_url": f"{part.base}/{one}/remove",
            }
            for one in codes
        ],
        "tried": bool(order) and list(order) != list(pipeline.stages),
        "base": number,
        "moves": _kind_of(effective.value((*part.path[:-1], "moves"))),
        "kinds": [
            {"value": FORWARD, "label": t("Forward, and to a lost stage from anywhere")},
            {"value": ANY, "label": t("From any stage to any other")},
            {"value": MAP, "label": t("As marked in the table")},
        ],
        "matrix": _matrix(asked, pipeline, codes),
    }
    return drawing.page(asked, "studio_stages", context)


def _frame(asked: Asked, part: Part) -> Drawn:
    spec = part.spec
    pipelines = spec.pipelines.pipelines if spec and spec.pipelines else {}
    return {
        "tabs": tabs(asked, "objects"),
        "title": spec.label.text(asked.language) if spec else "",
        "symbol": spec.icon if spec else "",
        "parts": parts_of(asked, spec, "stages"),
        "pipelines": [
            {
                "label": one.label.text(asked.language),
                "href": f"{part.base}?pipeline={code}",
                "current": code == part.pipeline,
            }
            for code, one in pipelines.items()
        ],
        "pipeline": part.pipeline,
        "action": part.base,
        "new_url": f"{part.base}/{part.new}?pipeline={part.pipeline}",
        "stages": [],
    }


def _held(asked: Asked, spec: ObjectType) -> Mapping[str, int]:
    """Return how many records stand in each stage."""
    with asked.site.storage.counting(asked.model, asked.ctx) as census:
        return census.held(spec.code, spec.stage_field)


def _stage(asked: Asked, spec: ObjectType, stage: Stage) -> Drawn:
    language, t = asked.language, speech(asked.language).t
    kinds = {"open": "", "won": t("Won"), "lost": t("Lost")}

    def named(codes: Sequence[str]) -> list[str]:
        return [spec.fields[code].label.text(language) for code in codes if code in spec.fields]

    return {
        "code": stage.code,
        "label": stage.label.text(language),
        "tone": stage.color,
        "kind": stage.kind,
        "kind_label": kinds[stage.kind],
        "probability": stage.probability,
        "within": usual_text(speech(language), stage.within) or stage.within,
        "needs": named(stage.needs),
        "required": named(stage.required),
        "guard": stage.guard.read_back(language) if stage.guard else "",
        "only_by": speech(language).t(stage.only_by),
        "archived": stage.archived,
    }


def _matrix(asked: Asked, pipeline: Pipeline, codes: Sequence[str]) -> list[Drawn]:
    """Return a line for each stage: to which others one may go from it."""
    labels = {code: one.label.text(asked.language) for code, one in pipeline.stages.items()}
    t = speech(asked.language).t
    return [
        {
            "code": source,
            "label": labels[source],
            "to": [
                {
                    "code": target,
                    "label": t("From {one} to {other}", one=labels[source], other=labels[target]),
                    "on": target in pipeline.moves.get(source, ()),
                    "self": source == target,
                }
                for target in codes
            ],
        }
        for source in codes
    ]
