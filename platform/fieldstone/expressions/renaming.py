"""Writes an expression with the present names of what was renamed: fields, and options it compares with."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from fieldstone.expressions.problems import ExpressionError
from fieldstone.expressions.syntax import read
from fieldstone.expressions.types import Kind, Scope, Type


class Names(Protocol):
    """What was renamed."""

    def fields(self, object_name: str) -> Mapping[str, str]:
        """Return present codes of an object's fields by earlier ones."""

    def options(self, object_name: str, field: str) -> Mapping[str, str]:
        """Return present codes of a field's options, or stages, by earlier ones."""


def renamed(text: str, scope: Scope, names: Names, expects: Type | None = None) -> str:
    """Return the expression with present names; one that says nothing old, or cannot be read, comes back as it is.

    `expects` is what its value must be: an option that it gives as a constant is written anew as well.
    """
    try:
        source, tree = read(text)
    except ExpressionError:
        return text
    walk = _Walk(names)
    walk.visit(tree, scope)
    if expects is not None and expects.earlier:
        walk.given(tree, dict(expects.earlier))
    if not walk.edits:
        return text
    line = source.line.lstrip().encode()
    for start, end, new in sorted(walk.edits, reverse=True):
        line = line[:start] + new.encode() + line[end:]
    return line.decode()


@dataclass(frozen=True)
class Named:
    """What an expression names: (object, field), and (object, field, option) that it compares with."""

    fields: frozenset[tuple[str, str]]
    options: frozenset[tuple[str, str, str]]


def named(text: str, scope: Scope) -> Named:
    """Return what an expression that was parsed names, in whatever objects."""
    walk = _Walk(NOTHING)
    walk.visit(read(text)[1], scope)
    return Named(frozenset(walk.owners), frozenset(walk.compared))


class _Nothing:
    """Nothing was renamed."""

    def fields(self, object_name: str) -> Mapping[str, str]:
        return {}

    def options(self, object_name: str, field: str) -> Mapping[str, str]:
        return {}


NOTHING: Final = _Nothing()
GIVING: Final[Mapping[str, int]] = {"if_": 1, "coalesce": 0}
"""The functions whose value is one of their arguments, and from which one on."""
Owner = tuple[str, str]
"""An object and one of its fields."""
ROLES: Final[Owner] = ("user", "roles")


class _Walk:
    """Goes through a tree and collects (start, end, new text) in bytes."""

    def __init__(self, names: Names) -> None:
        self.edits: list[tuple[int, int, str]] = []
        self.owners: set[Owner] = set()
        self.compared: set[tuple[str, str, str]] = set()
        self._names = names

    def visit(self, node: ast.AST, scope: Scope | None) -> None:
        """Collect the edits below a node that is read in `scope`."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            self._path(node, scope)
        elif isinstance(node, ast.Call):
            self._call(node, scope)
        elif isinstance(node, ast.Compare):
            self._compare(node, scope)
        else:
            for below in ast.iter_child_nodes(node):
                self.visit(below, scope)

    def given(self, node: ast.AST, present: Mapping[str, str]) -> None:
        """Collect the edits of the constants that an expression may have as its value."""
        if isinstance(node, ast.Constant) and (new := present.get(str(node.value))) is not None:
            self.edits.append((node.col_offset, node.end_col_offset or 0, f"'{new}'"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for argument in node.args[GIVING.get(node.func.id, len(node.args)) :]:
                self.given(argument, present)

    def _path(self, node: ast.AST, scope: Scope | None) -> tuple[Scope | None, Owner | None]:
        """Return what lies behind a name or a dotted path, and whose field it is."""
        if isinstance(node, ast.Name):
            place = (node.col_offset, node.end_col_offset or 0)
            return self._step(node.id, place, scope)
        if isinstance(node, ast.Attribute):
            behind, _ = self._path(node.value, scope)
            end = node.end_col_offset or 0
            return self._step(node.attr, (end - len(node.attr.encode()), end), behind)
        self.visit(node, scope)
        return None, None

    def _step(
        self, name: str, place: tuple[int, int], scope: Scope | None
    ) -> tuple[Scope | None, Owner | None]:
        if scope is None:
            return None, None
        if scope.type_of(name) is None and name != "user":
            new = self._names.fields(scope.object_name).get(name)
            if new is None:
                return None, None
            self.edits.append((*place, new))
            name = new
        found = scope.type_of(name)
        if found is not None:
            self.owners.add((scope.object_name, name))
        leads = name == "user" or (
            found is not None and found.kind in {Kind.RECORD, Kind.ROWS, Kind.LIST}
        )
        return scope.follow(name) if leads else None, (scope.object_name, name)

    def _call(self, node: ast.Call, scope: Scope | None) -> None:
        inner = scope
        if isinstance(node.func, ast.Attribute):
            self.visit(node.func.value, scope)
            self._role(node)
        for argument in node.args:
            behind = None
            if isinstance(argument, (ast.Name, ast.Attribute)):
                behind, owner = self._path(argument, inner)
                kind = scope.type_of(owner[1]) if scope is not None and owner is not None else None
                # The arguments after child rows are read in the rows.
                inner = behind if kind is not None and kind.kind is Kind.ROWS else inner
            else:
                self.visit(argument, inner)
        for keyword in node.keywords:
            self.visit(keyword.value, inner)

    def _role(self, node: ast.Call) -> None:
        """Collect the role that user.role('sales') asks for: an option of the person's roles."""
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            self._option(ROLES, first)

    def _option(self, owner: Owner, text: ast.Constant) -> None:
        self.compared.add((*owner, str(text.value)))
        new = self._names.options(*owner).get(str(text.value))
        if new is not None:
            self.edits.append((text.col_offset, text.end_col_offset or 0, f"'{new}'"))

    def _compare(self, node: ast.Compare, scope: Scope | None) -> None:
        owners: list[Owner] = []
        for side in (node.left, *node.comparators):
            if isinstance(side, (ast.Name, ast.Attribute)):
                owner = self._path(side, scope)[1]
                owners += [owner] if owner is not None else []
            elif not isinstance(side, (ast.Constant, ast.List, ast.Tuple)):
                self.visit(side, scope)
        for owner in owners:
            for text in _texts(node):
                self._option(owner, text)


def _texts(node: ast.Compare) -> Iterator[ast.Constant]:
    for side in (node.left, *node.comparators):
        items = side.elts if isinstance(side, (ast.List, ast.Tuple)) else [side]
        for one in items:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one
