"""The matching rule in YAML: which fields are compared how, what each counts, and which records are compared at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import keyed, one_or_more
from fieldstone.rules.contract import MATCH, Builder
from fieldstone.rules.kind import FIELD, FIELDS, OBJECT, OWN_FIELD, Kind
from fieldstone.rules.likeness import METHODS
from fieldstone.rules.match_keys import stored_key
from fieldstone.rules.matching_body import BLANKS, Block, Comparer, Matching
from fieldstone.rules.normalise import ALIKE
from fieldstone.rules.wording import field_label

BY_TYPE: Final = {"phone": "phone", "email": "email"}
SUSPECT: Final = 75
SAME: Final = 95
LARGEST_BLOCK: Final = 100
THRESHOLD: Final = 85


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Matching | None:
    """Resolve the fields here and there, and the blocks that all of them can share."""
    comparers = [_comparer(name, written or {}, build) for name, written in raw["fields"].items()]
    own = build.scope.object_name
    fields = {own: {one.field: one.field for one in comparers}}
    for object_name, written in raw.get("against", {}).items():
        scope = build.scope_of(object_name, f"against.{object_name}")
        if scope is None:
            continue
        fields[object_name] = {}
        for name, there in written.items():
            path = f"against.{object_name}.{name}"
            if build.field(path, name, of_key=True) and (
                found := build.field(path, there, scope=scope)
            ):
                fields[object_name][name] = found
    blocks = [_block(place, written, build) for place, written in enumerate(raw["blocks"])]
    suspect, same = int(raw.get("suspect", SUSPECT)), int(raw.get("same", SAME))
    if same < suspect:
        text = f"'same' ({same}) is below 'suspect' ({suspect})."
        build.problem("same", "empty_range", text, "Let 'same' be the larger one.")
    if not all(one.field for one in comparers) or None in blocks:
        return None
    known = [one for one in blocks if one is not None]
    return Matching(
        tuple(comparers),
        {name: tuple(_blocks_of(known, there)) for name, there in fields.items()},
        fields,
        suspect,
        same,
        int(raw.get("evidence", 0)),
        int(raw.get("largest_block", LARGEST_BLOCK)),
    )


def _comparer(name: str, written: Mapping[str, Any], build: Builder) -> Comparer:
    code = build.field(f"fields.{name}", name, of_key=True)
    kind = build.fields_type(code) if code else ""
    if kind == "secret":
        text = "A secret field cannot be compared: what is compared is kept readable."
        build.problem(f"fields.{name}", "secret_key", text, "Use another field.")
        code = ""
    return Comparer(
        code,
        field_label(build.scope, code) if code else Label(name),
        str(written.get("as", BY_TYPE.get(kind, "text"))),
        str(written.get("method", "exact")),
        int(written.get("weight", 1)),
        int(written.get("threshold", THRESHOLD)),
        str(written.get("blank", "ignore")),
    )


Written = tuple[tuple[str, ...], tuple[str, ...]]
"""A block as it is written: how each field is made alike, and the fields."""


def _block(place: int, written: object, build: Builder) -> Written | None:
    plain: Mapping[str, Any] = written if isinstance(written, Mapping) else {"fields": written}
    several = plain["fields"] if isinstance(plain["fields"], (list, tuple)) else [plain["fields"]]
    names = tuple(build.field(f"blocks.{place}", one) for one in several)
    if not all(names):
        return None
    how = plain.get("as")
    if how is None:
        hows = tuple(BY_TYPE.get(build.fields_type(one), "text") for one in names)
    else:
        hows = (str(how),) * len(names) if isinstance(how, str) else tuple(str(h) for h in how)
    if len(hows) != len(names):
        text = f"There are {len(names)} fields and {len(hows)} ways to make them alike."
        cure = "Give one way for all, or one for each field."
        build.problem(f"blocks.{place}.as", "key_length", text, cure)
        return None
    return hows, names


def _blocks_of(blocks: list[Written], there: Mapping[str, str]) -> list[Block]:
    """Return the blocks of an object that has a field for each of theirs."""
    return [
        Block(stored_key(hows, found), found)
        for hows, names in blocks
        if len(found := tuple(there[name] for name in names if name in there)) == len(names)
    ]


_PERCENT = {"type": "integer", "minimum": 1, "maximum": 100}
_FIELD = {
    "type": ["object", "null"],
    "properties": {
        "weight": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "description": "What the field counts, beside the others",
        },
        "as": {"enum": list(ALIKE), "description": "How values are made alike before"},
        "method": {
            "title": "Way of comparing",
            "enum": list(METHODS),
            "description": "How the texts are compared",
        },
        "threshold": {**_PERCENT, "description": "Below it the field differs wholly"},
        "blank": {
            "enum": list(BLANKS),
            "description": "What it says when one of the two is empty",
        },
    },
    "additionalProperties": False,
}
_HOW = {
    "oneOf": [
        {"enum": list(ALIKE)},
        {"type": "array", "items": {"enum": list(ALIKE)}, "minItems": 1},
    ]
}
_BLOCK = {
    "oneOf": [
        FIELD,
        FIELDS,
        {
            "type": "object",
            "properties": {"fields": one_or_more(FIELD), "as": _HOW},
            "required": ["fields"],
            "additionalProperties": False,
        },
    ]
}

KIND = Kind(
    "matching",
    Label("Matching", "相似度规则"),
    MATCH,
    {
        "properties": {
            "fields": keyed(
                FIELD, _FIELD, minProperties=1, description="The fields that are compared"
            ),
            "against": keyed(
                OBJECT,
                keyed(OWN_FIELD, FIELD, minProperties=1),
                description="Other objects: the field there for each field here",
            ),
            "blocks": {
                "type": "array",
                "items": _BLOCK,
                "minItems": 1,
                "description": "Records are compared when they share one of these",
            },
            "suspect": {**_PERCENT, "description": "From this percentage on two may be the same"},
            "same": {**_PERCENT, "description": "From this percentage on two are the same"},
            "evidence": {
                "type": "integer",
                "minimum": 0,
                "maximum": 10_000,
                "description": "The weights that must agree at least",
            },
            "largest_block": {
                "type": "integer",
                "minimum": 2,
                "maximum": 1000,
                "description": "A value that more records share says nothing and is passed over",
            },
        },
        "required": ["fields", "blocks"],
    },
    compile_rule,
    about=Label(
        "How alike two records are: which fields are compared how, and what each of them counts.",
        "两条记录有多相似：比较哪些字段、如何比较、各占多少权重。",
    ),
)
