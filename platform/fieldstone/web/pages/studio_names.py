"""What a YAML document of the site may name: the schema it follows, and the codes of the model with their labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from fieldstone.compiler.completing import Named, Schema, Spot, keys_along
from fieldstone.compiler.merging import order_of
from fieldstone.compiler.site_shapes import schemas
from fieldstone.evolution.documents import OBJECTS
from fieldstone.evolution.effective import Effective
from fieldstone.reports.shapes import SCHEMA as REPORTS
from fieldstone.site import Vocabulary
from fieldstone.web.asking import Asked
from fieldstone.web.pages.studio_offers import Offers, Place
from fieldstone.web.pages.studio_words import label_of
from fieldstone.web.pages.yaml_texts import yaml_value

_OBJECT: Final = re.compile(r"^object: *([a-z][a-z0-9_]*)", re.MULTILINE)
ENTRY: Final = (
    2  # ("rules", code), ("fields", code): what stands beside the next step is the entry's
)


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


def with_below(effective: Effective, text: str, spot: Spot) -> Spot:
    """Return a spot that knows what layers below say of the rule or field it is in: its kind, its object, its type."""
    code = _OBJECT.search(text)
    if len(spot.path) < ENTRY or spot.path[0] not in ("rules", "fields"):
        return spot
    found = effective.value((OBJECTS, code[1], *spot.path[:ENTRY]) if code else spot.path[:ENTRY])
    levels = [*spot.above, spot.beside]
    said = {one: str(found[one]) for one in ("kind", "object", "type") if isinstance(found, Mapping) and one in found}  # fmt: skip
    levels[ENTRY] = {**said, **levels[ENTRY]}
    return replace(spot, above=tuple(levels[:-1]), beside=levels[-1])


def names_for(asked: Asked, effective: Effective, schema: Schema, text: str, line: int, spot: Spot) -> Named:  # fmt: skip
    """Return what gives the names of the running site that may stand at a spot, by what its schema asks for."""
    siblings = _entries(asked, effective, _path_at("", text, Spot(spot.path[:-1])))
    found, place = Offers(asked, siblings), _place_at(asked, schema, text, line, spot)

    def named(sort: str, of: str) -> Sequence[tuple[str, str]]:
        if sort == "user":
            return found.people.users()
        if sort in ("person", "heir"):
            known = found.people.told(place.own) if sort == "person" else found.people.heirs()
            return [*known, *((f"user:{email}", name) for email, name in found.people.users())]
        return found.listed(sort, of, place)

    return named


def _place_at(asked: Asked, schema: Schema, text: str, line: int, spot: Spot) -> Place:
    """Return of which object is spoken at a spot, and what the settings around it say."""
    written = _written(text, line)
    document = _OBJECT.search(text)
    own = document[1] if document else ""
    offers, place = Offers(asked), Place(own, own)
    beside: list[Mapping[str, Any]] = [*spot.above, spot.beside]
    sorts = keys_along(schema, spot)
    for depth, said in enumerate(beside):
        around = {**{key: text.strip("\"'") for key, text in said.items()}, **_maps_in(written)}
        of_entry = not document and depth == ENTRY
        if of_entry:
            own = str(around.get("object", ""))
            place = Place(own, own, (around,))
        elif document or depth > ENTRY:
            place = place.inside(around) if not document else replace(place, around=(*place.around, around))  # fmt: skip
        if depth == len(spot.path):
            break
        step, sort = spot.path[depth], sorts[depth] if depth < len(sorts) else ""
        if sort in ("object", "relation", "link"):
            place = replace(place, object=offers.object_inside(sort, step, place))
        written = written.get(step) if isinstance(written, Mapping) else None
    return place


def _written(text: str, line: int) -> Any:
    """Return a document as it stands, without the line that is being typed where it is not whole; None where it makes no sense."""
    lines = text.split("\n")
    for tried in (lines, [*lines[:line], "", *lines[line + 1 :]]):
        try:
            return yaml_value("\n".join(tried))
        except ValueError:
            continue
    return None


def _maps_in(written: Any) -> dict[str, Any]:
    """Return what stands at a place that one line does not say: maps and lists."""
    said = written.items() if isinstance(written, Mapping) else ()
    return {str(key): one for key, one in said if isinstance(one, (Mapping, list))}


def entries_at(
    asked: Asked, effective: Effective, file: str, text: str, spot: Spot
) -> Sequence[tuple[str, str]]:
    """Return the codes that stand at a path in force, to change them: fields, views, rules."""
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
