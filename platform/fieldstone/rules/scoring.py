"""Scores a record: points for what it is and what it does, kept in a ledger whose sum is the score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.label import Label, label_of
from fieldstone.base.named import named
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN, NUMBER
from fieldstone.rules.contract import SCORE, Builder
from fieldstone.rules.fading import FADING, fading_from, length_from
from fieldstone.rules.happenings import (
    Caps,
    Happening,
    Source,
    happening_from,
    loading,
    sources_from,
)
from fieldstone.rules.kind import (
    ASKED,
    BOTH_LANGUAGES,
    CONDITION,
    NUMBER_FIELD,
    SPAN,
    TEXT,
    Kind,
    label_from,
)
from fieldstone.rules.scoring_body import MOST_POINTS, Bounds, Item, Scoring

DIMENSIONS: Final = ("fit", "engagement", "negative")
OPERATORS: Final = ("add", "subtract", "multiply", "divide", "set")
OF_EVENTS: Final = ("decay", "expires", "repeatable")


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Scoring | None:
    """Resolve conditions, events and points."""
    into = build.field("into", raw["into"])
    sources = sources_from(raw.get("events", {}), build)
    groups = {name: int(settings["cap"]) for name, settings in raw.get("groups", {}).items()}
    found = (_item(code, one, build, sources) for code, one in raw["items"].items())
    items = tuple(item for item in found if item is not None)
    for item in items:
        if item.group and item.group not in groups:
            text = f"There is no group {item.group!r}."
            cure = f"Declare it: 'groups: {{{item.group}: {{cap: 30}}}}'."
            build.problem(f"items.{item.code}.group", "unknown_group", text, cure)
            return None
    thresholds = [_threshold(code, one) for code, one in raw.get("thresholds", {}).items()]
    whole = _bounds({"least": 0, **raw, "into": raw["into"]}, "", build)
    dimensions = {
        name: _bounds(settings, f"dimensions.{name}.", build)
        for name, settings in raw.get("dimensions", {}).items()
    }
    if not into:
        return None
    happenings = [item.happening for item in items if item.happening is not None]
    return Scoring(
        whole,
        items,
        dimensions,
        groups,
        tuple(sorted(thresholds, key=lambda one: -one[1])),
        loading(happenings, build),
    )


def _bounds(raw: Mapping[str, Any], path: str, build: Builder) -> Bounds:
    into = build.field(f"{path}into", raw["into"]) if path and "into" in raw else ""
    least, most = int(raw.get("least", -MOST_POINTS)), int(raw.get("most", MOST_POINTS))
    if least > most:
        text, cure = f"{least} is above {most}.", "Let 'least' be below 'most'."
        build.problem(f"{path}least", "empty_range", text, cure)
    return Bounds(into if path else str(raw["into"]), least, most)


def _item(
    code: str, raw: Mapping[str, Any], build: Builder, sources: Mapping[str, Source]
) -> Item | None:
    path = f"items.{code}"
    when = build.expression(f"{path}.when", raw.get("when"), expects=BOOLEAN)
    if when is None and "when" in raw:
        return None
    happening = _happening(raw, path, build, sources) if "event" in raw else None
    points = 0 if "event" in raw else _points(raw, path, build)
    if points is None or (happening is None and not _without_events(raw, path, build)):
        return None
    negative = isinstance(raw["points"], int) and raw["points"] < 0
    usual = "negative" if negative else "engagement" if happening else "fit"
    return Item(
        code,
        label_from(raw.get("label"), label_of(code)),
        points,
        when,
        str(raw.get("dimension", usual)),
        _caps(raw.get("cap")),
        str(raw.get("operator", "add")),
        str(raw.get("group", "")),
        happening,
    )


def _points(raw: Mapping[str, Any], path: str, build: Builder) -> int | Expression | None:
    if isinstance(raw["points"], str):
        return build.expression(f"{path}.points", raw["points"], expects=NUMBER)
    return int(raw["points"])


def _happening(
    raw: Mapping[str, Any], path: str, build: Builder, sources: Mapping[str, Source]
) -> Happening | None:
    """Compile an item of events; they come from `of`, or from the only source there is."""
    named = str(raw.get("of", next(iter(sources), "")))
    if named not in sources or ("of" not in raw and len(sources) > 1):
        text = f"The item counts events of {named!r}, which 'events' does not describe."
        cure = "Write 'of:' with one of: " + (", ".join(sources) or "none is declared") + "."
        build.problem(f"{path}.of", "unknown_events", text, cure)
        return None
    if "operator" in raw and raw["operator"] != "add":
        text, cure = "Events add points, one after the other.", "Leave 'operator' out."
        build.problem(f"{path}.operator", "events_add", text, cure)
        return None
    found = happening_from(raw, path, build, sources[named])
    fading = fading_from(raw.get("decay"), f"{path}.decay", build)
    expires = length_from(raw["expires"], f"{path}.expires", build) if "expires" in raw else None
    if found is None:
        return None
    event, points = found
    repeatable = bool(raw.get("repeatable", True))
    return Happening(sources[named], event, points, repeatable, fading, expires)


def _without_events(raw: Mapping[str, Any], path: str, build: Builder) -> bool:
    """Tell whether an item is one without `event`, and leaves out what only events can have."""
    if "event" in raw:
        return False
    odd = [key for key in (*OF_EVENTS, "of") if key in raw]
    caps = raw.get("cap")
    if isinstance(caps, Mapping):
        odd += [f"cap.{key}" for key in ("per_event", "per_day") if key in caps]
    for key in odd:
        text = f"{key!r} belongs to events, and this item has no 'event'."
        cure = "Add 'event: EXPRESSION', or leave it out."
        build.problem(f"{path}.{key}", "needs_event", text, cure)
    return not odd


def _caps(raw: object) -> Caps:
    if isinstance(raw, Mapping):
        each = (int(raw.get(key, MOST_POINTS)) for key in ("per_event", "per_day", "total"))
        return Caps(*each)
    return Caps(MOST_POINTS, MOST_POINTS, MOST_POINTS if raw is None else int(str(raw)))


def _threshold(code: str, written: object) -> tuple[str, int, Label]:
    if isinstance(written, Mapping):
        return code, int(written["at"]), label_from(written.get("label"), label_of(code))
    return code, int(str(written)), label_of(code)


_POINTS: Final = {"type": "integer", "minimum": -MOST_POINTS, "maximum": MOST_POINTS}
_CAP: Final = {"type": "integer", "minimum": 1, "maximum": MOST_POINTS}


def _told(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


_ITEM: Final = {
    "type": "object",
    "properties": {
        "when": _told(CONDITION, "The points count while this holds of the record"),
        "points": {
            "oneOf": [_POINTS, TEXT],
            "description": "A whole number, or an expression: of the record, or of the event's row",
        },
        "operator": {
            "enum": list(OPERATORS),
            "description": "What the points do to the sum of the dimension so far",
        },
        "label": BOTH_LANGUAGES,
        "dimension": {"enum": list(DIMENSIONS), "description": "Which sum the points belong to"},
        "group": _told(
            named("key", "groups"), "The group whose cap bounds this item together with others"
        ),
        "event": _told(TEXT, "Which rows of the relation count, each giving the points"),
        "of": _told(named("key", "events"), "The relation of 'events' that the rows come from"),
        "repeatable": {"type": "boolean", "description": "False: only the first event counts"},
        "cap": {
            "oneOf": [
                _CAP,
                {
                    "type": "object",
                    "properties": {"per_event": _CAP, "per_day": _CAP, "total": _CAP},
                    "minProperties": 1,
                    "additionalProperties": False,
                },
            ],
            "description": "The most that it adds or takes: altogether, by one event, in one day",
        },
        "decay": FADING,
        "expires": _told(SPAN, "How long after it happened an event counts at all"),
    },
    "required": ["points"],
    "additionalProperties": False,
}

KIND = Kind(
    "scoring",
    Label("Scoring", "线索评分"),
    SCORE,
    {
        "properties": {
            "into": _told(NUMBER_FIELD, "The number field that gets the total"),
            "events": {
                "type": "object",
                "description": "Relations whose rows are events",
                "propertyNames": named("relation"),
                "minProperties": 1,
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "at": _told(
                            named("field", "datetime,date"), "The field that says when it happened"
                        ),
                        "ignore": _told(ASKED, "Rows that never count, such as those of bots"),
                    },
                    "required": ["at"],
                    "additionalProperties": False,
                },
            },
            "items": {
                "type": "object",
                "description": "The reasons for points, in the order in which they are counted",
                "minProperties": 1,
                "additionalProperties": _ITEM,
            },
            "groups": {
                "type": "object",
                "description": "Caps over several items",
                "additionalProperties": {
                    "type": "object",
                    "properties": {"cap": _CAP},
                    "required": ["cap"],
                    "additionalProperties": False,
                },
            },
            "dimensions": {
                "type": "object",
                "description": "Fields and bounds for the sums of fit, engagement and negative points",
                "propertyNames": {"enum": list(DIMENSIONS)},
                "additionalProperties": {
                    "type": "object",
                    "properties": {"into": NUMBER_FIELD, "least": _POINTS, "most": _POINTS},
                    "minProperties": 1,
                    "additionalProperties": False,
                },
            },
            "least": _told(_POINTS, "The floor of the total, 0 when left out"),
            "most": _told(_POINTS, "The ceiling of the total"),
            "thresholds": {
                "type": "object",
                "description": "Marks that the explanation names when the total crosses them",
                "additionalProperties": {
                    "oneOf": [
                        _POINTS,
                        {
                            "type": "object",
                            "properties": {"at": _POINTS, "label": BOTH_LANGUAGES},
                            "required": ["at"],
                            "additionalProperties": False,
                        },
                    ]
                },
            },
        },
        "required": ["into", "items"],
    },
    compile_rule,
    about=Label(
        "What a record is worth: points for what it is and what it does.",
        "记录价值几何：按其属性和行为计分。",
    ),
)
