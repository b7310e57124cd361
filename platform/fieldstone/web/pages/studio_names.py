"""What a YAML document of the site may name: the schema it follows, and the codes of the model with their labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from fieldstone.compiler.completing import Schema, Spot
from fieldstone.compiler.merging import order_of
from fieldstone.compiler.site_shapes import schemas
from fieldstone.evolution.documents import OBJECTS
from fieldstone.evolution.effective import Effective
from fieldstone.reports.shapes import SCHEMA as REPORTS
from fieldstone.site import Vocabulary
from fieldstone.web.asking import Asked
from fieldstone.web.pages.studio_words import label_of

Named = dict[str, Sequence[tuple[str, str]]]
_OBJECT: Final = re.compile(r"^object: *([a-z][a-z0-9_]*)", re.MULTILINE)
_OF_RULE: Final = 2  # ("rules", code): what stands beside the next step is the rule's


@cache
def _schemas(words: _Known) -> Mapping[str, Schema]:
    return schemas(words.words.types, words.words.kinds, REPORTS)


class _Known:
    """The words of a process, known by identity: they do not change while it runs."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.words is self.words

    def __hash__(self) -> int:
        return id(self.words)


def schema_for(asked: Asked, file: str, text: str) -> Schema:
    """Return the schema that a document follows, by its folder and by what stands in it."""
    found = _schemas(_Known(asked.site.vocabulary))
    folder = file.partition("/")[0]
    if folder in ("rules", "reports"):
        return found[f"{folder}.schema.json"]
    of_site = not _OBJECT.search(text) and re.search(r"^(roles|nav|options|calendars):", text, re.M)
    return found["site.schema.json" if of_site else "object.schema.json"]


def names_for(asked: Asked, effective: Effective, text: str, spot: Spot) -> Named:
    """Return what the model knows, by sort: the fields and stages are those of the object at the spot."""
    model, language = asked.model, asked.language
    spec = model.objects.get(_object_at(text, spot))
    fields = spec.fields if spec else {}
    pipelines = spec.pipelines.pipelines.values() if spec and spec.pipelines else ()
    return {
        "object": [(one.code, one.label.text(language)) for one in model.objects.values()],
        "field": [(one.code, one.label.text(language)) for one in fields.values() if not one.archived],
        "stage": [(one.code, one.label.text(language)) for line in pipelines for one in line.stages.values()],
        "role": [(one.code, one.label.text(language)) for one in model.roles.values()],
        "pool": [(one.code, one.label.text(language)) for one in model.rules.values() if one.kind == "pool"],
        "calendar": [(one, "") for one in model.calendars if one],
        "action": [(one, "") for one in asked.site.vocabulary.actions],
        "view": [(one.code, one.label.text(language)) for one in (spec.views.values() if spec else ())],
        "options": [(one, "") for one in effective.value(("options",)) or ()],
        "sibling": _entries(asked, effective, _path_at("", text, Spot(spot.path[:-1]))),
    }  # fmt: skip


def entries_at(
    asked: Asked, effective: Effective, file: str, text: str, spot: Spot
) -> Sequence[tuple[str, str]]:
    """Return the codes that stand at a path in force, to change them: fields, views, rules, and roles among rights."""
    if spot.path == ("permissions",) and _OBJECT.search(text):
        return names_for(asked, effective, text, spot)["role"]
    if spot.path[:1] == ("permissions",) and spot.path[-1] == "fields":
        return names_for(asked, effective, text, spot)["field"]
    return _entries(asked, effective, _path_at(file, text, spot))


def _entries(
    asked: Asked, effective: Effective, path: tuple[str, ...]
) -> Sequence[tuple[str, str]]:
    found = effective.value(path) if path else None
    if not isinstance(found, dict):
        return ()
    return [(code, label_of(asked, code, _as_map(found[code]))) for code in order_of(found)]


def _as_map(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        return {"label": value}
    if isinstance(value, Mapping):
        return value if "label" in value or not set(value) & {"en", "zh"} else {"label": value}
    return {}


def _path_at(file: str, text: str, spot: Spot) -> tuple[str, ...]:
    """Return where a spot of a document stands in the whole configuration."""
    code = _OBJECT.search(text)
    if code:
        return (OBJECTS, code[1], *spot.path)
    return spot.path if file.partition("/")[0] != "metadata" or spot.path else ()


def _object_at(text: str, spot: Spot) -> str:
    code = _OBJECT.search(text)
    if code:
        return code[1]
    beside: Iterable[Mapping[str, str]] = (*spot.above[_OF_RULE:], spot.beside)
    return next((one["object"] for one in beside if one.get("object")), "")
