"""Several choices of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import StringList
from fieldstone.expressions.types import Kind, Type
from fieldstone.fieldtypes import options as choices
from fieldstone.fieldtypes.contract import Option, TypeSpec
from fieldstone.fieldtypes.raw import words_of

MOST: Final = 200  # entries of one value


@dataclass(frozen=True)
class MultiSelectType:
    """Stored as a tuple of codes in the order of the options, each once; none at all is null."""

    options: Mapping[str, Option] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    name: str = "multi_select"
    widget: str = "multi_select"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return a list of codes."""
        return Type(Kind.LIST, item=choices.choice(self.options))

    def keeping(self, stored: object) -> Self:
        """Return the type as a record sees it that holds `stored`: it may keep archived options."""
        held = [str(code) for code in stored] if isinstance(stored, (list, tuple)) else []
        return replace(self, kept=frozenset(held))

    def column(self) -> StringList:
        """Return a column of texts."""
        return StringList()

    def parse(self, raw: object) -> tuple[str, ...] | None:
        """Return the codes of a list, or of a text divided by commas."""
        given = {choices.checked(item, self.options, self.kept) for item in words_of(raw, MOST)}
        return tuple(code for code in self.options if code in given) or None

    def dump(self, value: object) -> object:
        """Return a list of codes."""
        return list(value) if isinstance(value, (list, tuple)) else None

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the labels."""
        codes = value if isinstance(value, (list, tuple)) else ()
        between = "、" if language.startswith("zh") else ", "
        return between.join(choices.label(code, self.options, language) for code in codes)

    def json_schema(self) -> Mapping[str, object]:
        """Return a list of codes."""
        return {
            "type": "array",
            "items": {"type": "string", "enum": list(self.options)},
            "uniqueItems": True,
        }


def make(settings: Mapping[str, Any]) -> MultiSelectType:
    """Return the type with its options."""
    return MultiSelectType(options=choices.settings_options(settings))


TYPE = TypeSpec(
    name="multi_select",
    label=Label("Choices", "多选"),
    make=make,
    settings=choices.SETTINGS,
    required_settings=("options",),
    icon="list-checks",
)
