"""Reads the mapping file of an import and checks it against the object it fills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.names import did_you_mean
from fieldstone.compiler.problems import Problems, Spot
from fieldstone.compiler.reading import read
from fieldstone.compiler.schema_check import Shape
from fieldstone.compiler.shapes import closed, codes_to
from fieldstone.compiler.tree import Document
from fieldstone.fieldtypes.contract import Option
from fieldstone.fieldtypes.options import present
from fieldstone.model.import_mapping import ImportMapping, Reference, Source, Step, When
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model

TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1}
SCALAR: Final[dict[str, Any]] = {"type": ["string", "number", "boolean", "null"]}
WHEN: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": SCALAR, "minItems": 1},
}
LOOKUP: Final = closed({"by": TEXT, "create": {"type": "object"}}, required=["by"])
SOURCE: Final = closed(
    {
        "from": TEXT,
        "value": {},
        "template": TEXT,
        "map": {"type": "object"},
        "default": {},
        "times": {"type": ["string", "number"]},
        "date_format": TEXT,
        "split": TEXT,
        "lookup": LOOKUP,
        "when": WHEN,
        "rows": {"type": "array", "items": {"type": "object"}, "minItems": 1},
    }
)
STEP: Final = closed({"at": TEXT, "when": WHEN})
SHAPE: Final = closed(
    {
        "object": TEXT,
        "key": TEXT,
        "existing": {"enum": ["update", "fill", "skip"]},
        "empty": {"type": "array", "items": TEXT},
        "fields": {"type": "object", "minProperties": 1},
        "leave_out": {"type": "array", "items": TEXT},
        "history": closed({"created": TEXT, "created_default": TEXT, "stages": codes_to(STEP)}),
    },
    required=["object", "fields"],
)


def read_mapping(name: str, text: str, model: Model) -> ImportMapping:
    """Return the mapping that a YAML text describes. Raises MetadataError with every problem.

    It is told in the present codes, whatever objects, fields and stages were called when it was written.
    """
    problems = Problems()
    table = read("import", Document(name, text), problems)
    mapping = None
    if table is not None:
        spot = Spot(problems, table, "mapping")
        sound = Shape(SHAPE).sound(spot, table)
        if sound is not None:
            mapping = _mapping(spot, sound, model)
    problems.raise_if_any()
    if mapping is None:
        raise AssertionError("a mapping without problems is a mapping")
    return mapping


def _mapping(spot: Spot, raw: Mapping[str, Any], model: Model) -> ImportMapping | None:
    spec = model.objects.get(model.present_object(raw["object"]))
    if spec is None:
        cure = did_you_mean(raw["object"], model.objects)
        spot.under("object").problem(
            "unknown_object", f"there is no object {raw['object']!r}.", cure
        )
        return None
    fields = _sources(spot.under("fields"), raw["fields"], spec, model)
    key = spec.present_code(raw.get("key", ""))
    if key and key not in fields:
        spot.under("key").problem(
            "unknown_field", f"{key!r} is not among the fields.", did_you_mean(key, fields)
        )
    history = raw.get("history", {})
    return ImportMapping(
        object_name=spec.code,
        fields=fields,
        key=key,
        existing=raw.get("existing", "update"),
        empty=frozenset(folded(one) for one in raw.get("empty", ())),
        history="history" in raw,
        created=history.get("created", ""),
        created_default=history.get("created_default", ""),
        steps=tuple(_steps(spot.under("history", "stages"), history.get("stages", {}), spec)),
        columns_left_out=frozenset(raw.get("leave_out", ())),
    )


def _sources(
    spot: Spot, raw: Mapping[str, Any], spec: ObjectType, model: Model
) -> dict[str, Source]:
    found = {}
    for said, written in raw.items():
        here, code = spot.under(said), spec.present_code(said)
        if code not in spec.fields:
            text = f"{spec.label.en} has no field {code!r}."
            here.problem("unknown_field", text, did_you_mean(code, spec.fields), of_key=True)
            continue
        source = _source(here, written, spec, code, model)
        if source is not None:
            found[code] = source
    return found


def _source(spot: Spot, raw: object, spec: ObjectType, code: str, model: Model) -> Source | None:
    """Return a source from its short form (a column's name) or its long form."""
    if isinstance(raw, str):
        return Source(column=raw)
    if not isinstance(raw, Mapping):
        spot.problem(
            "wrong_kind", "is neither a column's name nor a map.", "Write the column's name."
        )
        return None
    if not Shape(SOURCE).check(spot, raw):
        return None
    rows: tuple[Mapping[str, Source], ...] = ()
    child = model.objects.get(f"{spec.code}__{code}")
    if "rows" in raw and child is not None:
        rows = tuple(
            _sources(spot.under("rows", place), row, child, model)
            for place, row in enumerate(raw["rows"])
        )
    return Source(
        column=raw.get("from", ""),
        value=raw.get("value"),
        template=raw.get("template", ""),
        translate={folded(k): v for k, v in raw.get("map", {}).items()},
        default=raw.get("default"),
        times=str(raw.get("times", "")),
        date_format=raw.get("date_format", ""),
        split=raw.get("split", ""),
        reference=_reference(spot.under("lookup"), raw.get("lookup"), spec, code, model),
        when=_when(raw.get("when", {})),
        rows=rows,
    )


def _reference(
    spot: Spot, raw: Mapping[str, Any] | None, spec: ObjectType, code: str, model: Model
) -> Reference | None:
    target = model.objects.get(spec.fields[code].type.expression_type.of)
    if raw is None:
        return None
    if target is None:
        spot.problem("no_lookup", f"{code} is no lookup.", "Leave 'lookup' out.")
        return None
    by = target.present_code(raw["by"])
    if by not in target.fields:
        text = f"{target.label.en} has no field {by!r}."
        spot.under("by").problem("unknown_field", text, did_you_mean(by, target.fields))
    made = {target.present_code(one): value for one, value in raw.get("create", {}).items()}
    return Reference(by, made if "create" in raw else None)


def _steps(spot: Spot, raw: Mapping[str, Any], spec: ObjectType) -> list[Step]:
    field = spec.fields.get(spec.stage_field)
    known: Mapping[str, Option] = getattr(field.type, "options", {}) if field else {}
    found = []
    for said, written in raw.items():
        stage = present(said, known)
        if stage not in known:
            text = f"{spec.label.en} has no stage {stage!r}."
            spot.under(said).problem("unknown_stage", text, did_you_mean(stage, known), of_key=True)
        else:
            found.append(Step(stage, written.get("at", ""), _when(written.get("when", {}))))
    return found


def _when(raw: Mapping[str, Any]) -> When:
    return {column: frozenset(folded(one) for one in values) for column, values in raw.items()}


def folded(value: object) -> str:
    """Return a cell's text as it is compared: without case and without white space around it."""
    return " ".join(str(value).split()).casefold()
