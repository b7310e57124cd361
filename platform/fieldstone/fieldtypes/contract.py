"""What every field type provides; tests/fieldtypes/test_every_type.py holds each one to it.

A module exposes TYPE, a `TypeSpec`: the word of the YAML, the JSON Schema of its settings, and `make`, which turns
checked settings into a configured `FieldType`: a frozen dataclass that compares by value and can be pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.types import TypeEngine

from fieldstone.base.label import Label
from fieldstone.expressions.types import Type


class InvalidValueError(ValueError):
    """A raw value the type cannot accept; `cure` tells the sender what to send instead.

    `path` points inside a compound value, such as "2.quantity" for the third line item.
    """

    def __init__(self, code: str, message: str, cure: str, path: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.cure = cure
        self.path = path
        self.more: tuple[InvalidValueError, ...] = ()

    @property
    def each(self) -> tuple[InvalidValueError, ...]:
        """Return this and every further refusal of the same value (several bad line items)."""
        return (self, *self.more)

    def inside(self, step: str) -> InvalidValueError:
        """Return the refusal as seen from one level up, under the key or place `step`."""
        path = ".".join(part for part in (step, self.path) if part)
        return InvalidValueError(self.code, self.message, self.cure, path)

    def with_more(self, more: Iterable[InvalidValueError]) -> InvalidValueError:
        """Return the refusal together with further ones."""
        first = InvalidValueError(self.code, self.message, self.cure, self.path)
        first.more = tuple(more)
        return first


@dataclass(frozen=True)
class Option:
    """One choice of a select; `parents` are the values of the field it depends on under which it is offered."""

    code: str
    label: Label
    color: str = "gray"
    archived: bool = False
    parents: tuple[str, ...] = ()
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first
    once: tuple[str, ...] = field(default=(), compare=False)  # codes of renames that were undone


class FieldType(Protocol):
    """One configured kind of value. Stored values are plain Python: see `expression_type`."""

    @property
    def name(self) -> str:
        """The word written after `type:` in YAML."""

    @property
    def expression_type(self) -> Type:
        """Return how expressions see the stored value."""

    @property
    def widget(self) -> str:
        """Return the name of the input macro that edits it (ui_templates/parts/inputs)."""

    @property
    def sortable(self) -> bool:
        """Tell whether lists may be ordered by it."""

    def column(self) -> TypeEngine[Any] | None:
        """Return the column type that keeps a stored value; None when the row keeps nothing."""

    def parse(self, raw: object) -> object:
        """Turn what a person or an integrator sent into the stored value; None and "" are None.

        Parsing a stored value returns it unchanged (but for an archived option: see `keeping` of
        selects). Strict: "yes" is no boolean and 1.5 no integer. Only a Decimal, which is what an
        expression gives, is rounded half up to the type's decimals. Raises InvalidValueError.
        """

    def dump(self, value: object) -> object:
        """Return the JSON form of a stored value: decimals as text, instants in RFC 3339 with Z."""

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the stored value as people read it in `language` and time zone `zone`."""

    def json_schema(self) -> Mapping[str, object]:
        """Return the JSON Schema (OpenAPI 3.1) of the dumped value, null left out."""


@dataclass(frozen=True)
class TypeSpec:
    """A field type as the compiler knows it; `settings` are JSON Schema properties by setting name.

    `make` gets the checked settings, with `options` already as Option objects by code; `returns` (formula)
    and `over` (rollup: the summed field's type) as configured field types; for rows `of` (the code of the
    child object) and `fields` (its field types by code). It raises InvalidValueError for settings that
    do not fit together, with `path` naming the setting.
    `short` tells whether the bare word is enough in YAML (`email: email`); a lookup needs `to`.
    """

    name: str
    label: Label
    make: Callable[[Mapping[str, Any]], FieldType]
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    required_settings: tuple[str, ...] = ()
    icon: str = "type"

    @property
    def short(self) -> bool:
        """Tell whether the type can be written as one word."""
        return not self.required_settings
