"""The one expression language: parse a text against an object, then evaluate it or make it SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from fieldstone.base.cached import cached_property
from fieldstone.expressions.columns import Columns
from fieldstone.expressions.env import Env
from fieldstone.expressions.functions import TABLE
from fieldstone.expressions.meaning import condition_of, node_of
from fieldstone.expressions.problems import ExpressionError
from fieldstone.expressions.python_form import Compiled, compiled
from fieldstone.expressions.reading import Reading, fitted, said
from fieldstone.expressions.sentences import sentence
from fieldstone.expressions.sql_form import SqlForm
from fieldstone.expressions.syntax import read
from fieldstone.expressions.tree import Aggregate, Call, Field, HasRole, Node, Person, children
from fieldstone.expressions.types import BOOLEAN, Kind, Scope, Type

__all__ = ["Columns", "Env", "Expression", "ExpressionError", "parse"]


@dataclass(frozen=True)
class Reads:
    """What an expression reads, so that callers load no more and no less.

    `names` are fields of the row, with the first part of each path; `paths` the dotted
    lookups; `rows` the child relations with the names and dotted paths read inside.
    """

    names: frozenset[str]
    paths: frozenset[str]
    rows: Mapping[str, frozenset[str]]
    user_paths: frozenset[str]
    uses_now: bool
    uses_user: bool


@dataclass(frozen=True, eq=False)
class Expression:
    """A checked expression over one object; equal to another with the same text and object."""

    text: str
    type: Type
    object_name: str
    reads: Reads
    tree: Node
    scope: Scope

    def __eq__(self, other: object) -> bool:
        """Compare by text and object: the model behind them is compared elsewhere."""
        if not isinstance(other, Expression):
            return NotImplemented
        return (self.text, self.object_name) == (other.text, other.object_name)

    def __hash__(self) -> int:
        """Hash by text and object."""
        return hash((self.text, self.object_name))

    def __repr__(self) -> str:
        """Show the text and the object."""
        return f"Expression({self.text!r}, {self.object_name!r})"

    def __getstate__(self) -> dict[str, object]:
        """Leave the compiled function behind: the other process compiles its own."""
        return {key: value for key, value in self.__dict__.items() if key != "function"}

    @property
    def names(self) -> frozenset[str]:
        """Return the fields of the row it reads, with the first part of each dotted lookup."""
        return self.reads.names

    @property
    def paths(self) -> frozenset[str]:
        """Return the dotted lookups it reads, such as "owner.manager.region"."""
        return self.reads.paths

    @property
    def rows(self) -> Mapping[str, frozenset[str]]:
        """Return the child relations it aggregates and what it reads of their rows."""
        return self.reads.rows

    @property
    def user_paths(self) -> frozenset[str]:
        """Return what it reads of the acting person, such as "department.region"."""
        return self.reads.user_paths

    @property
    def uses_now(self) -> bool:
        """Tell whether the answer changes with time alone."""
        return self.reads.uses_now

    @property
    def uses_user(self) -> bool:
        """Tell whether the answer depends on the acting person."""
        return self.reads.uses_user

    @cached_property
    def function(self) -> Compiled:
        """Return (row, env) -> value, for loops in which a method call counts."""
        return compiled(self.tree, settled=self.type == BOOLEAN)

    def evaluate(self, row: Mapping[str, object], env: Env) -> object:
        """Return the value for a row of stored values; None is a missing value.

        Lookups are flattened ("channel.kind"), child rows are sequences of mappings, a missing
        key is a missing value. A condition gives True or False.
        """
        return self.function(row, env)

    def clause(self, columns: Columns, env: Env) -> ColumnElement[Any]:
        """Return the same answer as SQL; a condition is never NULL.

        The comparisons of a top-level `and` stay plain, so that an index serves them.
        """
        form = SqlForm(columns, env)
        return form.settled(self.tree) if self.type == BOOLEAN else form.value(self.tree)

    def where(self, columns: Columns, env: Env) -> ColumnElement[Any]:
        """Return a condition for WHERE only: it may be NULL where it is not true."""
        return SqlForm(columns, env).plain(self.tree)

    def read_back(self, language: str) -> str:
        """Return the expression as a sentence for people, in "en" or "zh"."""
        return sentence(self.tree, self.scope, language)


def parse(text: str, scope: Scope, *, expects: Type | None = None) -> Expression:
    """Return the checked expression; raises ExpressionError with all problems.

    With `expects`, texts and options are read as that type and any other type is refused.
    """
    source, syntax = read(text)
    reading = Reading(source, scope)
    wants_condition = expects is not None and expects.kind is Kind.BOOLEAN
    node = condition_of(reading, syntax) if wants_condition else node_of(reading, syntax)
    if node is not None and expects is not None:
        noted, found = len(reading.problems), node
        node = fitted(reading, syntax, found, expects)
        if node is None and len(reading.problems) == noted:
            message = f"This gives {said(found.type)}, and {said(expects)} is needed."
            reading.refuse(syntax, "expression_type", message, "Change it so that it gives that.")
    if node is not None and node.type.kind is Kind.ROWS:
        cure = "Count or add up child rows: count(...), sum(...)."
        reading.refuse(syntax, "expression_rows", "Child rows are no value.", cure)
    if reading.problems or node is None:
        raise ExpressionError(
            text, sorted(reading.problems, key=lambda p: int(p.path.rpartition(":")[2]))
        )
    return Expression(text, node.type, scope.object_name, reads_of(node), node, scope)


def reads_of(node: Node) -> Reads:
    """Return what a tree reads."""
    everything = list(_all(node))
    rows: dict[str, frozenset[str]] = {}
    for one in everything:
        if isinstance(one, Aggregate):
            inner = _paths(part for below in children(one) for part in _all(below))
            rows[one.rows] = rows.get(one.rows, frozenset()) | inner | _firsts(inner)
    outer = _paths(_outer(node))
    people = [one for one in everything if isinstance(one, Person)]
    calls = {one.name for one in everything if isinstance(one, Call)}
    return Reads(
        names=_firsts(outer),
        paths=frozenset(path for path in outer if "." in path),
        rows=rows,
        user_paths=frozenset(one.path for one in people if one.path),
        uses_now=any(TABLE[name].uses_now for name in calls),
        uses_user=bool(people) or any(isinstance(one, HasRole) for one in everything),
    )


def _all(node: Node) -> Iterable[Node]:
    yield node
    for below in children(node):
        yield from _all(below)


def _outer(node: Node) -> Iterable[Node]:
    yield node
    if not isinstance(node, Aggregate):
        for below in children(node):
            yield from _outer(below)


def _paths(nodes: Iterable[Node]) -> frozenset[str]:
    return frozenset(node.path for node in nodes if isinstance(node, Field))


def _firsts(paths: frozenset[str]) -> frozenset[str]:
    return frozenset(path.partition(".")[0] for path in paths)
