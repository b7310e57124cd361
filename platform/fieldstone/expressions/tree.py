"""The typed tree: what an expression means once every name and type in it is settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fieldstone.expressions.types import BOOLEAN, Type


@dataclass(frozen=True)
class Literal:
    """A value written in the text; `source` is the path whose option it is, for reading back."""

    value: object
    type: Type
    source: str = ""


@dataclass(frozen=True)
class ListOf:
    """Values written in brackets."""

    items: tuple[Node, ...]
    type: Type


@dataclass(frozen=True)
class Field:
    """A value of the row, or, with dots, of what its lookups lead to."""

    path: str
    type: Type


@dataclass(frozen=True)
class Person:
    """The acting person, or with a path one of their values."""

    path: str
    type: Type


@dataclass(frozen=True)
class HasRole:
    """Whether the acting person has a role."""

    role: str
    type: Type = BOOLEAN


@dataclass(frozen=True)
class Call:
    """A function or an operator of the table, in one of its forms."""

    name: str
    form: int
    args: tuple[Node, ...]
    type: Type


@dataclass(frozen=True)
class Compare:
    """Two values of one kind compared; false when either is missing."""

    op: str
    left: Node
    right: Node
    type: Type = BOOLEAN


@dataclass(frozen=True)
class Missing:
    """Whether a value is missing."""

    part: Node
    negated: bool = False
    type: Type = BOOLEAN


@dataclass(frozen=True)
class Member:
    """Whether a value is among some, or in a list; false when it is missing."""

    item: Node
    among: Node
    negated: bool = False
    type: Type = BOOLEAN


@dataclass(frozen=True)
class Every:
    """All of these conditions."""

    parts: tuple[Node, ...]
    type: Type = BOOLEAN


@dataclass(frozen=True)
class Some:
    """At least one of these conditions."""

    parts: tuple[Node, ...]
    type: Type = BOOLEAN


@dataclass(frozen=True)
class Not:
    """The opposite of a condition; true where the condition is false for want of a value."""

    part: Node
    type: Type = BOOLEAN


@dataclass(frozen=True)
class Aggregate:
    """One value made of child rows; what is inside reads the child."""

    name: str
    rows: str
    value: Node | None
    condition: Node | None
    type: Type


@dataclass(frozen=True)
class Instead:
    """A condition written one way (`shown`) that runs in another, which an index can serve."""

    shown: Node
    runs: Node
    type: Type = BOOLEAN


Node = (
    Literal
    | ListOf
    | Field
    | Person
    | HasRole
    | Call
    | Compare
    | Missing
    | Member
    | Every
    | Some
    | Not
    | Aggregate
    | Instead
)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below, as they run."""
    match node:
        case ListOf(items=below) | Call(args=below) | Every(parts=below) | Some(parts=below):
            return below
        case Compare(left=one, right=other) | Member(item=one, among=other):
            return (one, other)
        case Missing(part=part) | Not(part=part) | Instead(runs=part):
            return (part,)
        case Aggregate(value=value, condition=condition):
            return tuple(part for part in (value, condition) if part is not None)
        case _:
            return ()


def inside(node: Node) -> Iterator[Node]:
    """Yield the node and all below it that read the same row; not what reads child rows."""
    yield node
    if not isinstance(node, Aggregate):
        for below in children(node):
            yield from inside(below)


def constant(node: Node) -> bool:
    """Tell whether the node gives the same value for every row."""
    return not any(isinstance(one, Field | Aggregate) for one in inside(node))
