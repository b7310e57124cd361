"""What a JSON Schema asks for, apart from how it is drawn: one value, a map, settings that are all known, a list of entries; or each of several ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Json = Mapping[str, Any]
# What an entry is called inside that is nothing but a value.
VALUE: Final = "_value"
LANGUAGES: Final = frozenset({"en", "zh"})


@dataclass(frozen=True)
class Shape:
    """The ways in which a setting may be written."""

    plain: tuple[
        Json, ...
    ] = ()  # values that stand in one control: a word, a number, a list of words
    mapped: Json | None = None  # a map from any key to values of this schema
    keys: Json = field(default_factory=dict)  # what the keys of such a map are
    called: str = ""  # what people call this way, where it is no value by case
    closed: Json | None = None  # a map of settings that are all known
    listed: Json | None = None  # a list of entries of this schema
    nullable: bool = False

    @property
    def several_ways(self) -> bool:
        """Tell whether there is more than one way; a list of entries may well be one entry alone."""
        single = self.closed is not None and self.listed is not None and not entry_of(self.listed).bare  # fmt: skip
        ways = (bool(self.plain), self.mapped is not None, self.listed is not None, self.closed is not None and not single)  # fmt: skip
        return sum(ways) > 1


@dataclass(frozen=True)
class Entry:
    """One entry of a list or map: its settings, the one that a bare value means ("" for none), and whether nothing is an entry, too."""

    schema: Json
    bare: str = ""
    nullable: bool = False

    def long(self, value: Any) -> dict[str, Any]:
        """Return an entry as its settings."""
        if isinstance(value, Mapping) and self.bare != VALUE:
            return dict(value)
        if isinstance(value, Mapping) and value.keys() <= self.schema["properties"].keys():
            return dict(value)
        return {} if value is None or not self.bare else {self.bare: value}

    def short(self, values: Json, before: Any) -> Any:
        """Return an entry as it is written: as a bare value where it says no more than that, unless it stood as a map `before`."""
        if not values and self.nullable and not isinstance(before, Mapping):
            return None
        if self.bare == VALUE and VALUE in values:
            return values[VALUE]
        alone = values.keys() == {self.bare} and before != values
        return values[self.bare] if alone else dict(values)


def ways_of(schema: Json) -> Sequence[Json]:
    """Return the ways in which a setting may be written, each as a schema."""
    if "properties" in schema:
        return (schema,)
    return schema.get("oneOf") or schema.get("anyOf") or (schema,)


def shape_of(schema: Json) -> Shape:
    """Return the shape of a setting; a text in two languages is plain."""
    plain: list[Json] = []
    found: dict[str, Any] = {}
    for way in ways_of(schema):
        types = _types(way)
        if is_closed(way):
            found.setdefault("closed", way)
            found["nullable"] = "null" in types
        elif types & {"object"} and not is_label(way):
            inner = way.get("additionalProperties")
            found.setdefault("mapped", inner if isinstance(inner, Mapping) else {})
            found |= {"keys": way.get("propertyNames", {}), "called": str(way.get("title", ""))}
        elif "array" in types and not _is_plain(way.get("items", {})):
            found.setdefault("listed", way["items"])
        else:
            plain.append(way)
    return Shape(tuple(plain), **found)


def is_closed(schema: Json) -> bool:
    """Tell whether a schema is a map of settings that are all known; the two languages of a text are none."""
    inner = set(schema.get("properties", ()))
    return bool(inner) and schema.get("additionalProperties") is False and inner != LANGUAGES


def is_label(schema: Json) -> bool:
    """Tell whether a schema is a text in two languages."""
    return set(schema.get("properties", ())) == LANGUAGES


def entry_of(schema: Json) -> Entry:
    """Return what one entry of a list or map looks like, whatever it may be."""
    shape = shape_of(schema)
    if shape.closed is None or shape.mapped is not None or shape.listed is not None:
        return Entry({"properties": {VALUE: schema}, "required": [VALUE]}, VALUE)
    if not shape.plain:
        return Entry(shape.closed, "", shape.nullable)
    properties = shape.closed["properties"]
    needed = shape.closed.get("required", ())
    first = needed[0] if len(needed) == 1 else next(iter(properties))
    fitting = [_unsaid(one) for one in shape_of(properties[first]).plain]
    if all(_unsaid(one) in fitting for one in shape.plain):
        return Entry(shape.closed, first, shape.nullable)
    value = {"oneOf": list(shape.plain)} if len(shape.plain) > 1 else shape.plain[0]
    return Entry({"properties": {VALUE: value, **properties}}, VALUE, shape.nullable)


def _unsaid(schema: Json) -> Json:
    """Return a schema without what it tells people."""
    return {name: one for name, one in schema.items() if name not in ("description", "title")}


def fits_in_a_cell(schema: Json) -> bool:
    """Tell whether every value of a schema can stand in one cell of a line, or two: those of a text in two languages."""
    shape = shape_of(schema)
    return shape.closed is None and shape.mapped is None and shape.listed is None


def is_spoken(schema: Json) -> bool:
    """Tell whether a value is a text for people, in two languages where one likes."""
    return any(is_label(one) for one in ways_of(schema))


def numeric(schema: Json) -> bool:
    """Tell whether a value may be something else than a text."""
    return any(
        not one or _types(one) - {"string", "array"} for one in ways_of(schema) if "enum" not in one
    )


def words_in(schema: Json) -> bool:
    """Tell whether a value may be a list of words."""
    return any("array" in _types(one) for one in ways_of(schema))


def chosen_from(schema: Json) -> list[Any]:
    """Return the values that a schema names, in a list or one by one; none where it names none."""
    found: list[Any] = []
    for one in ways_of(schema):
        inner = one.get("items", one) if "array" in _types(one) else one
        if "enum" not in inner and "const" not in inner:
            return []
        found += inner.get("enum", [inner.get("const")])
    return list(dict.fromkeys(found))


def _types(schema: Json) -> frozenset[str]:
    if "enum" in schema or "const" in schema:
        return frozenset()
    named = schema.get("type", "object" if "properties" in schema else ())
    return frozenset([named] if isinstance(named, str) else named)


def _is_plain(items: Json) -> bool:
    return all(
        "enum" in one or (bool(_types(one)) and not _types(one) & {"object", "array"})
        for one in ways_of(items)
    )


def sort_of(value: Any, shape: Shape) -> str:
    """Return in which way a value is written: plain, mapped, closed or listed; "" of nothing."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        if shape.closed is not None and value.keys() <= shape.closed["properties"].keys():
            return "closed"
        return (
            "mapped" if shape.mapped is not None else "plain" if shape.closed is None else "closed"
        )
    if isinstance(value, (list, tuple)):
        words = all(isinstance(one, str) for one in value)
        as_words = any("array" in _types(one) for one in shape.plain)
        return "plain" if (as_words and words) or shape.listed is None else "listed"
    return "plain"
