"""What may be written at a place of a YAML text that is being typed: keys and values by the JSON Schema, names by the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.base.named import sort_of

Schema = Mapping[str, Any]
_LINE: Final = re.compile(
    r"(?P<indent> *)(?P<dash>- +)?(?:(?P<key>[\w.-]+|\"[^\"]*\") *:(?: +(?P<value>.*))?)?"
)
_WORD: Final = re.compile(r"[\w.-]*$")
_FLOW_KEY: Final = re.compile(r"(?:^|[,{]) *([\w.-]+) *: *([^,{}\[\]]*)")
ITEM: Final = "-"
LONGEST: Final = 60


@dataclass(frozen=True)
class Offer:
    """One thing to write: `apply` stands in the place of the word that was begun."""

    label: str
    apply: str
    detail: str = ""
    is_key: bool = False


@dataclass(frozen=True)
class Spot:
    """A place in a text: the keys that lead to it, what stands beside it, and whether a key or a value is typed."""

    path: tuple[str, ...]
    key: str = ""  # the key whose value is being typed, "" where a key is
    beside: Mapping[str, str] = field(default_factory=dict)
    above: tuple[Mapping[str, str], ...] = ()  # what stands beside each step of the path
    quoted: bool = False


Named = Callable[[str, str], Sequence[tuple[str, str]]]
"""Gives the codes of a sort of names with what people call them, and what narrows it: ("field", "datetime")."""


def spot_at(text: str, line: int, column: int) -> Spot:
    """Return where a cursor stands; lines and columns count from 0."""
    lines = text.split("\n")
    here = lines[line][:column] if line < len(lines) else ""
    found = _LINE.match(here)
    indent = len(found["indent"]) + len(found["dash"] or "") if found else 0
    steps, beside, above = _block(lines, line, indent)
    if found and found["dash"]:
        steps, above = (*steps, ITEM), (*above, {})
    rest = here
    if found and found["key"] and found["value"] is not None:
        rest = found["value"]
        key = found["key"].strip('"')
        flow = _flow(rest)
        if flow is None:
            return Spot(steps, key, beside, above, _open_quote(rest))
        inner, inner_key, inner_beside, inner_above = flow
        return Spot((*steps, key, *inner), inner_key, inner_beside, (*above, beside, *inner_above), _open_quote(rest))  # fmt: skip
    if found and found["dash"]:
        flow = _flow(here[indent:])
        if flow is not None:
            inner, inner_key, inner_beside, inner_above = flow
            return Spot(
                (*steps, *inner), inner_key, inner_beside, (*above, *inner_above), _open_quote(here)
            )
    return Spot(steps, "", beside, above)


def _block(
    lines: Sequence[str], line: int, indent: int
) -> tuple[tuple[str, ...], Mapping[str, str], tuple[Mapping[str, str], ...]]:
    """Return the keys above a line by indentation, what stands beside it, and beside each of them."""
    steps: list[str] = []
    beside = _siblings(lines, line, indent)
    above: list[Mapping[str, str]] = []
    wanted = indent
    for at in range(min(line, len(lines)) - 1, -1, -1):
        found = _LINE.match(lines[at])
        if (
            found is None
            or not (found["key"] or found["dash"])
            or lines[at].lstrip().startswith("#")
        ):
            continue
        dash = len(found["dash"] or "")
        outer = len(found["indent"])
        if found["key"] and outer + dash < wanted:
            steps.append(found["key"].strip('"'))
            above.append(_siblings(lines, at, outer + dash))
            wanted = outer + dash
        if dash and outer < wanted:
            steps.append(ITEM)
            above.append({})
            wanted = outer + 1 if outer + dash > wanted else outer
        if wanted == 0:
            break
    return tuple(reversed(steps)), beside, tuple(reversed(above))  # fmt: skip


def _siblings(lines: Sequence[str], line: int, indent: int) -> dict[str, str]:
    """Return the keys on the same level around a line, with what stands after each of them."""
    found: dict[str, str] = {}
    for step in (-1, 1):
        at = line + step if step > 0 else line - 1
        while 0 <= at < len(lines):
            one = _LINE.match(lines[at])
            if one and one["key"] and not lines[at].lstrip().startswith("#"):
                place = len(one["indent"]) + len(one["dash"] or "")
                if place < indent:
                    break
                if place == indent:
                    found.setdefault(one["key"].strip('"'), (one["value"] or "").strip())
            at += step
    return found


def _flow(
    text: str,
) -> tuple[tuple[str, ...], str, dict[str, str], tuple[Mapping[str, str], ...]] | None:
    """Return (path, key, beside, above) inside braces and brackets that are still open on a line; None outside them."""
    stack = _opened(text)
    if not stack:
        return None
    path: list[str] = []
    above: list[Mapping[str, str]] = []
    for (kind, start), (_, end) in zip(stack, [*stack[1:], ("", len(text))], strict=True):
        inside = text[start + 1 : end]
        pairs = {key: value.strip() for key, value in _FLOW_KEY.findall(_shallow("{" + inside))}
        last = _shallow(inside).rpartition(",")[2]
        key, colon, _ = last.partition(":")
        if end == len(text) and start == stack[-1][1]:
            if kind == "[":
                return (*path, ITEM), "", {}, (*above, {})
            return tuple(path), key.strip() if colon else "", {k: v for k, v in pairs.items() if k != key.strip()}, tuple(above)  # fmt: skip
        path.append(ITEM if kind == "[" else key.strip())
        above.append(pairs)
    return None


def _opened(text: str) -> list[tuple[str, int]]:
    """Return the braces and brackets that are still open at the end, each with its place."""
    stack: list[tuple[str, int]] = []
    quote = ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "{[":
            stack.append((letter, at))
        elif letter in "}]" and stack:
            stack.pop()
    return stack


def _shallow(text: str) -> str:
    """Return a text without what stands in inner braces that are closed."""
    before = ""
    while before != text:
        before, text = (
            text,
            re.sub(r"\{[^{}\[\]]*\}|\[[^{}\[\]]*\]", "", text[1:]).join((text[:1], "")),
        )
    return text


def _open_quote(text: str) -> bool:
    return text.count('"') % 2 == 1 or text.count("'") % 2 == 1


def schemas_at(schema: Schema, spot: Spot) -> list[Schema]:
    """Return every schema that what is typed at a spot may follow."""
    found = [schema]
    steps = [*zip(spot.path, spot.above, strict=False)]
    for step, beside in steps:
        found = [inner for one in found for inner in _step(one, step, beside)]
    return [one for outer in found for one in _forms(outer, spot.beside)]


def _step(schema: Schema, step: str, beside: Mapping[str, str]) -> Iterator[Schema]:
    for one in _forms(schema, beside):
        if step == ITEM:
            if isinstance(one.get("items"), Mapping):
                yield one["items"]
            continue
        inner = one.get("properties", {}).get(step, one.get("additionalProperties"))
        if isinstance(inner, Mapping):
            yield inner


def _forms(schema: Schema, beside: Mapping[str, str]) -> Iterator[Schema]:
    """Yield a schema and every form of it: alternatives, and those that the type or kind beside it chooses."""
    yield schema
    for word in ("anyOf", "oneOf"):
        for one in schema.get(word, ()):
            yield from _forms(one, beside)
    for one in schema.get("allOf", ()):
        asked = one.get("if", {}).get("properties", {})
        if "then" in one and all(
            beside.get(key) == want.get("const") for key, want in asked.items()
        ):
            yield from _forms(one["then"], beside)


def keys_along(schema: Schema, spot: Spot) -> list[str]:
    """Return for each step to a spot what sort of name it is: the key of an object, of a field; "" of one that names nothing."""
    found, sorts = [schema], []
    for step, beside in zip(spot.path, spot.above, strict=False):
        forms = [form for one in found for form in _forms(one, beside)]
        named = (_key_sort(one)[0] for one in forms if step not in one.get("properties", {}))
        sorts.append(next(filter(None, named), "") if step != ITEM else "")
        found = [inner for one in found for inner in _step(one, step, beside)]
    return sorts


def _key_sort(schema: Schema) -> tuple[str, str]:
    names = schema.get("propertyNames")
    return sort_of(names) if isinstance(names, Mapping) else ("", "")


def offers(
    schema: Schema, spot: Spot, named: Named, entries: Sequence[tuple[str, str]]
) -> tuple[Offer, ...]:
    """Return what may be typed at a spot: keys that are not there yet, or values.

    `named` gives the names that a schema asks for, `entries` are the codes that stand at this path in lower layers, to change them.
    """
    if spot.key:
        inner = Spot((*spot.path, spot.key), "", {}, (*spot.above, spot.beside))
        return _unique(_values(schemas_at(schema, inner), named))
    forms = schemas_at(schema, spot)
    if spot.path[-1:] == (ITEM,):
        return _unique(iter([*_values(forms, named), *_keys(forms, spot, (), named)]))
    return _unique(_keys(forms, spot, entries, named))


def _keys(
    forms: Sequence[Schema], spot: Spot, entries: Sequence[tuple[str, str]], named: Named
) -> Iterator[Offer]:
    open_map = any(isinstance(one.get("additionalProperties"), Mapping) for one in forms)
    sorts = dict.fromkeys(_key_sort(one) for one in forms)
    there = [one for sort, of in sorts if sort for one in named(sort, of)]
    for code, label in (*there, *(entries if open_map else ())):
        if code not in spot.beside:
            yield Offer(code, f"{code}: ", label, is_key=True)
    for one in forms:
        for key, inner in one.get("properties", {}).items():
            if key not in spot.beside:
                needed = "*" if key in one.get("required", ()) else ""
                yield Offer(key, f"{key}: ", f"{needed}{_about(inner)}", is_key=True)


def _values(forms: Sequence[Schema], named: Named) -> Iterator[Offer]:
    for sort, of in dict.fromkeys(sort_of(one) for one in forms):
        for code, label in named(sort, of) if sort else ():
            yield Offer(code, code, label)
            if sort == "sort":
                yield Offer(f"-{code}", f"-{code}", label)
    for one in forms:
        for value in one.get("enum", [one["const"]] if "const" in one else []):
            yield Offer(str(value), str(value))
        if one.get("type") == "boolean":
            yield from (Offer("true", "true"), Offer("false", "false"))


def _about(schema: Schema) -> str:
    text = str(
        schema.get("description")
        or schema.get("type")
        or " | ".join(map(str, schema.get("enum", ())))
    )
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _unique(found: Iterator[Offer]) -> tuple[Offer, ...]:
    return tuple({one.label: one for one in reversed(list(found))}.values())[::-1]
