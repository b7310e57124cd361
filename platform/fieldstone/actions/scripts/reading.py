"""Reads sample data and tests of a template from YAML; everything wrong is told at once, with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.actions.scripts.shapes import SAMPLES, TESTS
from fieldstone.compiler.problems import Problems, Spot
from fieldstone.compiler.reading import read
from fieldstone.compiler.schema_check import Shape
from fieldstone.compiler.tree import Document, plain


@dataclass(frozen=True)
class Block:
    """Rows of one object; each holds its values and, if it has them, `as`, `created` and `stages`."""

    object_name: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Step:
    """One step of a test: `verb` is create, change, act, wait, expect, count or told."""

    verb: str
    body: Any


@dataclass(frozen=True)
class Test:
    """Given these records and this time, these steps have these outcomes."""

    code: str
    place: str  # file, for messages
    now: str
    people: Mapping[str, Mapping[str, Any]]
    given: Sequence[Block]
    steps: Sequence[Step]


def read_samples(name: str, documents: Sequence[Document]) -> tuple[Block, ...]:
    """Return the sample data of template `name`. Raises MetadataError with every problem."""
    found: list[Block] = []
    for _, table in _tables(name, documents, Shape(SAMPLES)):
        found += _blocks(table["samples"])
    return tuple(found)


def read_tests(name: str, documents: Sequence[Document]) -> tuple[Test, ...]:
    """Return the tests of template `name`. Raises MetadataError with every problem."""
    return tuple(
        _test(code, path, body)
        for path, table in _tables(name, documents, Shape(TESTS))
        for code, body in table["tests"].items()
    )


def _tables(
    name: str, documents: Sequence[Document], shape: Shape
) -> list[tuple[str, Mapping[str, Any]]]:
    problems = Problems()
    found = []
    for document in documents:
        table = read(name, document, problems)
        if table is not None and shape.check(Spot(problems, table, ""), table):
            found.append((document.path, plain(table)))
    problems.raise_if_any()
    return found


def _test(code: str, path: str, body: Mapping[str, Any]) -> Test:
    steps = [Step(verb, what) for one in body["steps"] for verb, what in one.items()]
    return Test(
        code,
        path,
        body.get("now", "2026-03-02T10:00:00+08:00"),
        body.get("people", {}),
        _blocks(body.get("given", ())),
        steps,
    )


def _blocks(listed: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    return tuple(
        Block(one["object"], tuple({**one.get("values", {}), **row} for row in one["rows"]))
        for one in listed
    )
