"""Rows as the JSON that programs get, written column by column from what the driver answered.

It says what `Record.dump` says; a test holds the two to each other for every field type. What stands around a
record (line items, expanded lookups) needs its Record and goes the longer way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy.types import TypeEngine

from fieldstone.access.masks import masked
from fieldstone.access.rights import Held
from fieldstone.expressions.sqltypes import Instant
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.model.site_model import Model
from fieldstone.reads.picking import HEAD, Picked
from fieldstone.reads.query import Dump, Record, dumps_of
from fieldstone.storage.answers import Answer, Convert, converted

NO_NAMES: Final[Mapping[str, str]] = {}
WHOLE: Final = ".000000Z"


@dataclass(frozen=True)
class Told:
    """One record as JSON text, and which version of it that is."""

    json: bytes
    version: int


@dataclass(frozen=True)
class ToldPage:
    """Some records in order as the JSON text of a list; the rest is that of a Page."""

    json: bytes
    next_cursor: str | None = None
    total: int | None = None


class Telling:
    """How the rows of one kept statement become JSON."""

    def __init__(self, model: Model, picked: Picked, dialect: str) -> None:
        """Tell what `picked` fetches from a database."""
        self._picked = picked
        self._dialect = dialect
        self._dumps = dict(dumps_of(Held(model), picked.spec.code))
        self._names = ("id", "version", *picked.codes)
        self._hides = bool(picked.masks or picked.varying)
        self._forms: dict[bool, list[tuple[int, Convert]]] = {}

    def values(
        self, answer: Answer, rows: list[tuple[Any, ...]], earlier: Mapping[str, str]
    ) -> list[dict[str, object]]:
        """Return rows of an answer as what orjson writes; values stand under `earlier` names, too."""
        ours = not answer.kinds
        forms = self._forms.get(ours)
        if forms is None:
            forms = self._forms[ours] = list(self._made(answer))
        rows = converted(rows, forms)
        found: list[dict[str, object]] = [dict(zip(self._names, row)) for row in rows]  # noqa: B905 - sort values follow
        if self._hides:
            for values, row in zip(found, rows, strict=True):
                self._hide(values, row)
        for old, code in earlier.items():
            for values in found:
                if code in values:
                    values[old] = values[code]
        return found

    def _made(self, answer: Answer) -> Iterable[tuple[int, Convert]]:
        """Yield the way from the driver's value to JSON for each column that needs one."""
        converts, kinds = dict(answer.converts), answer.kinds
        masks, fields = set(self._picked.masks), self._picked.spec.fields
        for place, code in enumerate(self._picked.codes, HEAD):
            convert = converts.get(place)
            dump = None if code in masks else self._dumps.get(code)
            if kinds and dump is not None and _is_instant(fields[code].type, kinds[place]):
                if self._dialect == "sqlite":
                    yield place, _short  # orjson writes what PostgreSQL's driver gives
            elif convert is not None and dump is not None:
                yield place, _then(convert, dump)
            elif convert is not None or dump is not None:
                yield place, convert or dump  # type: ignore[misc]

    def _hide(self, values: dict[str, object], row: Sequence[object]) -> None:
        """Take out what a row hides, mask what it masks."""
        for code in self._picked.masks:
            values[code] = self._mask(code, values[code])
        for one in self._picked.varying:
            if row[one.plain_at]:
                continue
            if row[one.masked_at]:
                values[one.code] = self._mask(one.code, values[one.code])
            else:
                del values[one.code]

    def _mask(self, code: str, value: object) -> str | None:
        # The JSON form of a telephone number, an e-mail address and a text is the stored value;
        # of any other type a mask shows nothing.
        shown = masked(self._picked.spec.fields[code].type.name, value)
        return None if shown is None else shown.text


def written(values: object) -> bytes:
    """Return JSON text."""
    return orjson.dumps(values, option=orjson.OPT_UTC_Z)


def dumped(
    model: Model, records: Iterable[Record], earlier: Mapping[str, str]
) -> list[dict[str, object]]:
    """Return records as JSON values under their codes, and under `earlier` names, too."""
    found = []
    for record in records:
        values = record.dump(model)
        values.update({old: values[code] for old, code in earlier.items() if code in values})
        found.append(values)
    return found


def _is_instant(kind: object, column: TypeEngine[Any]) -> bool:
    """Tell whether a field is an instant as the database keeps one."""
    return isinstance(getattr(kind, "returns", kind), DatetimeType) and isinstance(column, Instant)


def _short(kept: str) -> str:
    """Return an instant as SQLite keeps it without microseconds that are none."""
    return kept[: -len(WHOLE)] + "Z" if kept.endswith(WHOLE) else kept


def _then(convert: Convert, dump: Dump) -> Convert:
    return lambda value: dump(convert(value))
