"""One row of a file becomes one change: cells are cleaned, translated, and fitted to their fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.base.errors import Problem
from fieldstone.fieldtypes.options import code_of
from fieldstone.model.import_mapping import ImportMapping, Source, When
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model

Cells = Mapping[str, str]
TRUE: Final = frozenset({"yes", "true", "y", "1", "是", "x"})
FALSE: Final = frozenset({"no", "false", "n", "0", "否"})
NUMBERS: Final = frozenset({"integer", "decimal", "currency", "percent", "rating"})
LISTS: Final = frozenset({"multi_select", "tags"})
MOMENTS: Final = frozenset({"date", "datetime"})
DATES: Final = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
)
THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}\b)")


class CellError(Exception):
    """A cell that cannot be used; the problem names its column."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True)
class Wanted:
    """A lookup to find by a value, for the field at `path`."""

    path: str
    object_name: str
    by: str
    value: str
    create: Mapping[str, object] | None


@dataclass(frozen=True)
class Converted:
    """What a row says: values by field (lookups still as Wanted), its date, its past stages, its problems."""

    line: int
    values: Mapping[str, object]
    created: datetime | None
    stages: tuple[tuple[str, datetime], ...]
    problems: tuple[Problem, ...]


class Converter:
    """Converts rows by one mapping; dates without a time are meant at nine o'clock in `zone`."""

    def __init__(self, mapping: ImportMapping, model: Model, zone: str) -> None:
        """Prepare for one import."""
        self._mapping = mapping
        self._model = model
        self._zone = ZoneInfo(zone)
        self._spec = model.objects[mapping.object_name]

    def convert(self, line: int, cells: Cells) -> Converted:
        """Return what the row says; every cell that cannot be used is a problem."""
        cleaned = {name: self._cleaned(text) for name, text in cells.items()}
        problems: list[Problem] = []
        values: dict[str, object] = {}
        for code, source in self._mapping.fields.items():
            try:
                value = self._value(code, source, self._spec, cleaned)
            except CellError as error:
                problems.append(error.problem)
                continue
            if value is not None:
                values[code] = value
        created: datetime | None = None
        stages: tuple[tuple[str, datetime], ...] = ()
        try:
            created = self._date(self._mapping.created, cleaned) or self._fallback()
            stages = self._stages(cleaned, created)
        except CellError as error:
            problems.append(error.problem)
        return Converted(line, values, created, stages, tuple(problems))

    def _cleaned(self, text: str) -> str:
        tidy = (
            " ".join(unicodedata.normalize("NFC", text).split())
            if "\n" not in text
            else text.strip()
        )
        return "" if _folded(tidy) in self._mapping.empty else tidy

    def _value(self, code: str, source: Source, spec: ObjectType, cells: Cells) -> object:
        if not _holds(source.when, cells):
            return None
        if source.rows:
            child = self._model.objects[f"{spec.code}__{code}"]
            return [self._item(row, child, cells) for row in source.rows]
        text = cells.get(source.column, "") if source.column else ""
        if source.reference:
            return self._looked_up(code, source, spec, text)
        if not text:
            return source.default if source.column else source.value
        if _folded(text) in source.translate:
            return source.translate[_folded(text)]
        return self._fitted(spec.fields[code], source, filled(source.template, text))

    def _item(
        self, row: Mapping[str, Source], child: ObjectType, cells: Cells
    ) -> dict[str, object]:
        values = {name: self._value(name, one, child, cells) for name, one in row.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _looked_up(self, code: str, source: Source, spec: ObjectType, text: str) -> Wanted | None:
        given = source.default if source.column else source.value
        original = text or ("" if given is None else str(given))
        translated = source.translate.get(_folded(original), original)
        if not translated:
            return None
        return self._reference(
            code, source, spec, filled(source.template, str(translated)), original
        )

    def _reference(
        self, code: str, source: Source, spec: ObjectType, text: str, original: str
    ) -> Wanted:
        target = spec.fields[code].type.expression_type.of
        reference = source.reference
        if reference is None:
            raise TypeError(f"{code} has no lookup")
        create = None
        if reference.create is not None:
            create = {
                name: filled(value, original) if isinstance(value, str) else value
                for name, value in reference.create.items()
            }
        return Wanted(code, target, reference.by, text, create)

    def _fitted(self, field: Field, source: Source, text: str) -> object:
        kind, options = field.type.name, getattr(field.type, "options", None)
        if source.split or kind in LISTS:
            parts = [one.strip() for one in text.split(source.split or ",") if one.strip()]
            return [code_of(one, options) or one for one in parts] if options else parts
        if options is not None:
            return code_of(text, options) or text
        if kind in NUMBERS:
            return _number(text, source, field)
        return self._moment(kind, source, text) if kind in MOMENTS else _switch(kind, text)

    def _moment(self, kind: str, source: Source, text: str) -> object:
        found = self._instant(text, source.column, source.date_format)
        return found if kind == "datetime" else found.astimezone(self._zone).date().isoformat()

    def _instant(self, text: str, column: str, date_format: str) -> datetime:
        for pattern in (date_format,) if date_format else DATES:
            try:
                found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone follows
            except ValueError:
                continue
            if "%H" not in pattern:
                found = found.replace(hour=9)
            return found.replace(tzinfo=self._zone).astimezone(UTC)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            problem = Problem(
                "not_a_date", column, f"{text[:40]!r} is no date.", "Write 2026-11-23."
            )
            raise CellError(problem) from None
        return (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)

    def _date(self, column: str, cells: Cells) -> datetime | None:
        text = cells.get(column, "") if column else ""
        return self._instant(text, column, "") if text else None

    def _fallback(self) -> datetime | None:
        text = self._mapping.created_default
        return self._instant(text, "created_default", "") if text else None

    def _stages(self, cells: Cells, created: datetime | None) -> tuple[tuple[str, datetime], ...]:
        found: list[tuple[str, datetime]] = []
        for step in self._mapping.steps:
            at = self._date(step.at, cells)
            if at is None and (not step.at or not found):
                at = created  # without a date of its own, and always for the first stage
            if at is not None and _holds(step.when, cells):
                found.append((step.stage, max([at, *(entered for _, entered in found)])))
        return tuple(found)


def _switch(kind: str, text: str) -> object:
    """Return what a yes or no means; text of other types stays as it is."""
    if kind != "boolean":
        return text
    folded = _folded(text)
    return True if folded in TRUE else False if folded in FALSE else text


def _number(text: str, source: Source, field: Field) -> object:
    plain = THOUSANDS.sub("", text).replace(" ", "").lstrip("¥$€£")
    try:
        number = Decimal(plain.removesuffix("%"))
    except InvalidOperation:
        return text  # the field's own type says what is wrong with it
    if plain.endswith("%"):
        number /= 100
    if source.times:
        number *= Decimal(source.times)
    return (
        int(number)
        if field.type.name in ("integer", "rating") and number == int(number)
        else str(number)
    )


def _holds(when: When, cells: Cells) -> bool:
    return all(_folded(cells.get(column, "")) in allowed for column, allowed in when.items())


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def filled(template: str, text: str) -> str:
    """Return a template with {value} and {slug} of a cell; the slug is ASCII, Chinese as pinyin."""
    if not template:
        return text
    return template.replace("{value}", text).replace("{slug}", slug(text))


def slug(text: str) -> str:
    """Return a text as lower-case ASCII words joined by dots: "Moses Frase" is "moses.frase"."""
    if not text.isascii():
        from pypinyin import lazy_pinyin  # a third of a second, paid when Chinese comes

        text = " ".join(lazy_pinyin(text))
    latin = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return ".".join(re.findall(r"[a-z0-9]+", latin.lower())) or "x"
