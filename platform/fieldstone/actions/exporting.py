"""Writes the records of a query to a CSV or Excel file, one row each, as they can be brought in again."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.base.spreadsheets import guarded
from fieldstone.changes.nouns import Actor
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.reads.query import Record

Progress = Callable[[int], None]
FORMATS: Final = ("csv", "xlsx")
SHEET_ROWS: Final = 1_048_576  # of an Excel sheet, its headings included
TITLED: Final = frozenset({"lookup", "user"})
LEADING: Final = ("id",)
TRAILING: Final = ("created_at", "updated_at")


@dataclass(frozen=True)
class Table:
    """What goes into a file: field codes as columns, and the rows with plain values."""

    columns: tuple[str, ...]
    rows: Iterable[list[object]]


def columns_of(model: Model, actor: Actor, spec: ObjectType, wanted: str = "") -> tuple[str, ...]:
    """Return the fields named in "name, mobile", else all that the actor sees and that are no secrets.

    Raises RefusedError for an unknown one.
    """
    known = {"id": True, **spec.fields}
    named = tuple(dict.fromkeys(one.strip() for one in wanted.split(",") if one.strip()))
    problems = [
        Problem("unknown_field", "--fields", f"{spec.label.en} has no field {one!r}.", cure)
        for one in named
        if one not in known
        for cure in [did_you_mean(one, known)]
    ]
    if problems:
        raise RefusedError(problems)
    shown = access_to(model, actor, spec.code).shown_anywhere()
    own = [
        code
        for code, field in spec.fields.items()
        if code in shown
        and (not field.system or code in {"owner", spec.stage_field})
        and field.type.name != "secret"
    ]
    return named or (*LEADING, *own, *(code for code in TRAILING if code in shown))


def table_of(
    model: Model, spec: ObjectType, columns: tuple[str, ...], records: Iterable[Record]
) -> Table:
    """Return the table of records; beside a link stands in a column of its own what it is called."""
    heads: list[str] = []
    for code in columns:
        heads.append(code)
        if code in spec.fields and spec.fields[code].type.name in TITLED:
            heads.append(f"{code}.title")
    return Table(tuple(heads), _rows(model, tuple(heads), records))


def _rows(
    model: Model, heads: tuple[str, ...], records: Iterable[Record]
) -> Iterator[list[object]]:
    for record in records:
        dumped = record.dump(model)
        row: list[object] = []
        for head in heads:
            code, _, title = head.partition(".")
            typed = record.values.get(code)
            if title:
                row.append(str(record.titles.get(code) or ""))
            elif isinstance(typed, int | Decimal | date):
                row.append(typed)
            else:
                row.append(_text(dumped.get(code)))
        yield row


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def write(table: Table, path: Path, kind: str, zone: str, progress: Progress) -> int:
    """Write a file and return how many rows it has; the file appears when it is complete.

    Texts are kept from being run as formulas. Excel knows no time zones: its times are those of `zone`.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        count = (_csv if kind == "csv" else _xlsx)(table, draft, ZoneInfo(zone), progress)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _csv(table: Table, path: Path, zone: ZoneInfo, progress: Progress) -> int:
    count = 0
    # The mark in front makes Excel read UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        for count, row in enumerate(table.rows, start=1):
            writer.writerow([_plain(cell, zone) for cell in row])
            progress(count)
    return count


def _plain(cell: object, zone: ZoneInfo) -> object:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(zone).isoformat(timespec="seconds")
    return guarded(cell) if isinstance(cell, str) else cell


def _xlsx(table: Table, path: Path, zone: ZoneInfo, progress: Progress) -> int:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    count = 0
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        at = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, table.columns, book.add_format({"bold": True}))
        for count, row in enumerate(table.rows, start=1):
            if count == SHEET_ROWS:
                raise RefusedError([_too_many()])
            for place, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(
                        count, place, cell.astimezone(zone).replace(tzinfo=None), at
                    )
                elif isinstance(cell, date):
                    sheet.write_datetime(count, place, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(count, place, cell)
                else:
                    sheet.write(count, place, cell)
            progress(count)
    return count


def _too_many() -> Problem:
    text = f"an Excel sheet holds {SHEET_ROWS - 1:,} records, and these are more."
    return Problem("too_many", "--format", text, "Write a CSV file, or choose fewer by --filter.")
