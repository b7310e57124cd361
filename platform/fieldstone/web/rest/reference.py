"""The chapters of the API page: one per object, read from the same OpenAPI document that programs get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Named:
    """A parameter or a field, with its type and what it means."""

    name: str
    type: str
    text: str = ""
    required: bool = False


@dataclass(frozen=True)
class Call:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    parameters: tuple[Named, ...]
    body: tuple[Named, ...]
    answers: str


@dataclass(frozen=True)
class Chapter:
    """The calls of one object, and its fields."""

    id: str
    title: str
    calls: tuple[Call, ...]


def chapters_of(document: Document) -> list[Chapter]:
    """Return the chapters in the order of the document."""
    found: dict[str, list[Call]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, Mapping):
                calls = found.setdefault(operation["tags"][0], [])
                calls.append(_call(document, path, method, operation))
    return [
        Chapter(f"chapter-{at}", title, tuple(calls))
        for at, (title, calls) in enumerate(found.items())
    ]


def _call(document: Document, path: str, method: str, operation: Document) -> Call:
    parameters = tuple(
        Named(one["name"], words(one["schema"]), one["description"], one.get("required", False))
        for one in operation.get("parameters", ())
    )
    good = next(status for status in operation["responses"] if status.startswith("2"))
    return Call(
        operation["operationId"],
        method.upper(),
        path,
        operation["summary"],
        parameters,
        tuple(_body(document, operation)),
        f"{good} {operation['responses'][good]['description']}",
    )


def _body(document: Document, operation: Document) -> Iterator[Named]:
    if "requestBody" not in operation:
        return
    content = next(iter(operation["requestBody"]["content"].values()))
    schema = _resolved(document, content["schema"])
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        text = part.get("title") or part.get("description") or ""
        yield Named(name, words(part), text, name in required)


def _resolved(document: Document, schema: Document) -> Document:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Document = document["components"]["schemas"][name] if name else schema
    return found


def words(schema: Document) -> str:
    """Return a type in a few words: "string, null", "one of new, contacted"."""
    choices = [str(one) for one in schema.get("enum", ()) if one is not None]
    if choices:
        return "one of " + ", ".join(choices[:8]) + (", ..." if len(choices) > 8 else "")  # noqa: PLR2004 - a line
    kind = schema.get("type", "")
    kinds = [kind] if isinstance(kind, str) else list(kind)
    shown = [one for one in kinds if one and one != "null"]
    form = schema.get("format")
    return " or ".join(shown) + (f" ({form})" if form else "") if shown else "anything"
