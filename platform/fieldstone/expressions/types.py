"""The types of the language, and the window through which an expression sees an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol


class Kind(StrEnum):
    """What sort of value a part of an expression gives."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"
    LIST = "list"
    RECORD = "record"
    ROWS = "rows"
    JSON = "json"
    NULL = "null"


@dataclass(frozen=True)
class Type:
    """A kind with its details.

    `item` is the type of a LIST's elements, `of` the object behind a RECORD (lookup) or ROWS
    (children), `choices` the option codes of a select; empty choices mean any text. `earlier` are the codes that
    options had before, each with the present one: an expression that still says one means the other.
    """

    kind: Kind
    item: Type | None = None
    of: str = ""
    choices: tuple[str, ...] = ()
    earlier: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)


TEXT: Final = Type(Kind.TEXT)
NUMBER: Final = Type(Kind.NUMBER)
BOOLEAN: Final = Type(Kind.BOOLEAN)
DATE: Final = Type(Kind.DATE)
DATETIME: Final = Type(Kind.DATETIME)
TIME: Final = Type(Kind.TIME)
DURATION: Final = Type(Kind.DURATION)
LIST: Final = Type(Kind.LIST, item=TEXT)
JSON: Final = Type(Kind.JSON)
NULL: Final = Type(Kind.NULL)
USER: Final = Type(Kind.RECORD, of="user")

# No field may be named like this: the word means something else in every expression.
RESERVED: Final = frozenset(
    {"null", "true", "false", "user", "and", "or", "not", "in", "is", "if", "else", "for", "lambda"}
)


class Scope(Protocol):
    """What an expression may name; the model implements it, one for each object."""

    @property
    def object_name(self) -> str:
        """Return the code of the object."""

    def type_of(self, name: str) -> Type | None:
        """Return the type of a field or of a child relation, None when there is none."""

    def follow(self, name: str) -> Scope | None:
        """Return the scope behind a RECORD or ROWS name.

        The name "user" always leads to the object "user": it is the acting person.
        """

    def names(self) -> Sequence[str]:
        """Return all names there are, for "did you mean"."""

    def object_label(self, language: str) -> str:
        """Return what people call one record of the object."""

    def label(self, name: str, language: str) -> str:
        """Return what people call the name."""

    def option_label(self, name: str, option: str, language: str) -> str:
        """Return what people call an option of the name."""
