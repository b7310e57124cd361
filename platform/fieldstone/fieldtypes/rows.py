"""Child rows of a record, such as the line items of a quote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.base.english import quantity
from fieldstone.base.label import Label
from fieldstone.expressions.types import Kind, Type
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError, TypeSpec
from fieldstone.fieldtypes.lookup import id_of
from fieldstone.fieldtypes.raw import check_keys, items_of, shown

MOST: Final = 500  # rows of one record, when `max` is not set
DERIVED: Final = frozenset({"formula", "rollup", "autonumber"})
KEPT_BY_PLATFORM: Final = frozenset({"parent", "position", "version"})


@dataclass(frozen=True)
class RowsType:
    """Parsed to a tuple of dicts in the order of the page: values by field, "id" on rows there already.

    The rows live in a table of their own; `of` is the code of their object, `fields` its types.
    """

    of: str = ""
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    max: int = MOST
    name: str = "rows"
    widget: str = "rows"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return rows, for count, sum, any and all."""
        return Type(Kind.ROWS, of=self.of)

    def column(self) -> None:
        """Return None: the record itself keeps nothing."""

    def parse(self, raw: object) -> tuple[dict[str, object], ...] | None:
        """Return the rows; all bad values are reported at once.

        What the platform works out (formulas, positions) may stand in a row and is left alone, so
        that rows may be sent back as they were read.
        """
        if raw is None or raw == "":
            return None
        rows: list[dict[str, object]] = []
        wrong: list[InvalidValueError] = []
        for place, row in enumerate(items_of(raw, self.max)):
            values: dict[str, object] = {}
            for found in self._values(row):
                if isinstance(found, InvalidValueError):
                    wrong.append(found.inside(str(place)))
                else:
                    values[found[0]] = found[1]
            rows.append(values)
        if wrong:
            raise wrong[0].with_more(wrong[1:])
        return tuple(rows)

    def _values(self, row: object) -> Iterator[tuple[str, object] | InvalidValueError]:
        """Yield each value of a row by its field, or what is wrong with it."""
        if not isinstance(row, Mapping):
            yield InvalidValueError(
                "not_an_object", f"{shown(row)} is not a row.", 'Send an object: {"field": value}.'
            )
            return
        for code, raw in row.items():
            if code in KEPT_BY_PLATFORM:
                continue
            try:
                if code == "id":
                    yield code, id_of(raw)
                    continue
                check_keys([code], ["id", *self.fields])
                if self.fields[code].name not in DERIVED:
                    yield code, self.fields[code].parse(raw)
            except InvalidValueError as error:
                yield error.inside(code if isinstance(code, str) else "")

    def dump(self, value: object) -> object:
        """Return a list of objects."""
        if not isinstance(value, (list, tuple)):
            return None
        return [
            {
                code: self.fields[code].dump(one) if code in self.fields else one
                for code, one in row.items()
            }
            for row in value
        ]

    def format(self, value: object, language: str, zone: str) -> str:
        """Return how many rows there are."""
        count = len(value) if isinstance(value, (list, tuple)) else 0
        if language.startswith("zh"):
            return f"{count} 行"
        return quantity(count, "row")

    def json_schema(self) -> Mapping[str, object]:
        """Return a list of objects with the fields' own schemas."""
        properties: dict[str, object] = {"id": {"type": "string"}}
        for code, type_ in self.fields.items():
            properties[code] = {"anyOf": [dict(type_.json_schema()), {"type": "null"}]}
        return {
            "type": "array",
            "items": {"type": "object", "properties": properties},
            "maxItems": self.max,
        }


def make(settings: Mapping[str, Any]) -> RowsType:
    """Return the type; the compiler adds `of` and `fields` (field types by code)."""
    return RowsType(
        of=settings.get("of", ""),
        fields=dict(settings.get("fields", {})),
        max=settings.get("max", MOST),
    )


TYPE = TypeSpec(
    name="rows",
    label=Label("Rows", "明细"),
    make=make,
    settings={
        "fields": {"type": "object"},
        "max": {"type": "integer", "minimum": 1, "maximum": 2000},
    },
    required_settings=("fields",),
    icon="rows-3",
)
