"""One choice of a list; the code is kept, the label is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import PlainText
from fieldstone.expressions.types import Type
from fieldstone.fieldtypes import options as choices
from fieldstone.fieldtypes.contract import Option, TypeSpec
from fieldstone.fieldtypes.raw import is_missing


@dataclass(frozen=True)
class SelectType:
    """Stored as str: the code of an option."""

    options: Mapping[str, Option] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    name: str = "select"
    widget: str = "select"
    sortable: bool = True

    @property
    def expression_type(self) -> Type:
        """Return text that is one of the codes."""
        return choices.choice(self.options)

    def keeping(self, stored: object) -> Self:
        """Return the type as a record sees it that holds `stored`: it may keep an archived option."""
        return replace(self, kept=frozenset([stored])) if isinstance(stored, str) else self

    def column(self) -> PlainText:
        """Return a text column."""
        return PlainText()

    def parse(self, raw: object) -> str | None:
        """Return the code; an archived option is refused unless `keeping` allows it."""
        return None if is_missing(raw) else choices.checked(raw, self.options, self.kept)

    def dump(self, value: object) -> object:
        """Return the code."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the label."""
        return "" if value is None else choices.label(value, self.options, language)

    def json_schema(self) -> Mapping[str, object]:
        """Return a string that is one of the codes."""
        return {"type": "string", "enum": list(self.options)}


def make(settings: Mapping[str, Any]) -> SelectType:
    """Return the type with its options."""
    return SelectType(options=choices.settings_options(settings))


TYPE = TypeSpec(
    name="select",
    label=Label("Choice", "单选"),
    make=make,
    settings=choices.SETTINGS,
    required_settings=("options",),
    icon="circle-dot",
)
