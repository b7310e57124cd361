"""A list as a file: the same filters, the chosen columns, for Excel or as CSV."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]
from flask import Blueprint, Response, request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.spreadsheets import guarded
from fieldstone.model.objects import Field
from fieldstone.reads.query import HIGHEST_LIMIT, Query, Record
from fieldstone.web.asking import Asked
from fieldstone.web.pages.list import Listing, listing_of
from fieldstone.web.pages.subjects import today_of
from fieldstone.web.pages.values import Look

PAGE = Blueprint("export", __name__)
MOST_ROWS: Final = 100_000
PIECE: Final = 64 * 1024
BYTE_ORDER_MARK: Final = "\ufeff"  # Excel reads UTF-8 only when this stands in front
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AS_NUMBERS: Final = frozenset({"integer", "decimal", "currency", "percent", "rating"})


@PAGE.get("/o/<object_name>/export.csv")
def csv_file(object_name: str) -> Response:
    """Return the list as CSV, sent while it is read."""
    listing = listing_of(object_name)
    lines = _csv(listing, _checked(listing))
    response = Response(lines, content_type="text/csv; charset=utf-8")
    return _named(response, listing, "csv")


@PAGE.get("/o/<object_name>/export.xlsx")
def xlsx_file(object_name: str) -> Response:
    """Return the list as an Excel file."""
    listing = listing_of(object_name)
    response = Response(_xlsx(listing, _checked(listing)), content_type=XLSX)
    return _named(response, listing, "xlsx")


def _checked(listing: Listing) -> Iterator[Record]:
    """Return the records; the right to export and the question are judged before the first byte is sent."""
    asked = listing.asked
    records = asked.site.reads.every(asked.ctx, asked.model, listing.spec.code, _query(listing))
    first = next(records, None)
    return _from(first, records)


def _from(first: Record | None, others: Iterator[Record]) -> Iterator[Record]:
    if first is not None:
        yield first
        for count, record in enumerate(others, start=2):
            if count > MOST_ROWS:
                return
            yield record


def _query(listing: Listing) -> Query:
    fields, ids = tuple(listing.table.codes), request.args.get("ids", "")
    if not ids:
        return listing.query(fields=fields, limit=HIGHEST_LIMIT, titles=True)
    listed = [one for one in ids.split("~") if is_id(one)]
    if not listed:
        text = "None of the selected records can be named."
        raise RefusedError([Problem("bad_ids", "ids", text, "Select the records again.")], 400)
    return Query(ids=tuple(listed), fields=fields, limit=HIGHEST_LIMIT, titles=True)


def _named(response: Response, listing: Listing, ending: str) -> Response:
    plural = listing.spec.plural.text(listing.asked.language)
    name = quote(f"{plural} {today_of(listing.asked).isoformat()}.{ending}")
    plain = f"{listing.spec.code}.{ending}"
    response.headers["Content-Disposition"] = (
        f"attachment; filename={plain}; filename*=UTF-8''{name}"
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _heads(listing: Listing) -> list[str]:
    return [
        listing.spec.fields[code].label.text(listing.asked.language) for code in listing.table.codes
    ]


def cell_of(asked: Asked, field: Field, record: Record) -> object:
    """Return a value for a spreadsheet: numbers and days as such, links as their titles, the rest as text."""
    value = record.values.get(field.code)
    if value is None:
        return ""
    if field.type.name in AS_NUMBERS and isinstance(value, int | Decimal):
        return value
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(asked.ctx.actor.zone)).replace(tzinfo=None, microsecond=0)
    if isinstance(value, date):
        return value
    look = Look(asked)
    shown = look.cell(record, field.code)
    return str(shown["text"]) or look.text(field, value)


def _csv(listing: Listing, records: Iterable[Record]) -> Iterator[str]:
    asked, fields = listing.asked, [listing.spec.fields[code] for code in listing.table.codes]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow([guarded(head) for head in _heads(listing)])
    for record in records:
        writer.writerow([_plain(cell_of(asked, field, record)) for field in fields])
        if buffer.tell() > PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _plain(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return guarded(cell) if isinstance(cell, str) else cell


def _xlsx(listing: Listing, records: Iterable[Record]) -> Iterator[bytes]:
    """Write row by row to a temporary file, so that memory does not grow with the list."""
    asked, fields = listing.asked, [listing.spec.fields[code] for code in listing.table.codes]
    with tempfile.TemporaryFile() as file:
        # Texts stay texts: no formula, no link made of what somebody typed.
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(file, options)
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True, "bottom": 1})
        styles = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            "percent": book.add_format({"num_format": "0.##%"}),
            "currency": book.add_format({"num_format": "#,##0.00"}),
        }
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(fields), 18)
        for column, text in enumerate(_heads(listing)):
            sheet.write_string(0, column, text, head)
        for row, record in enumerate(records, start=1):
            _write(sheet, row, [(f, cell_of(asked, f, record)) for f in fields], styles)
        book.close()
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _write(sheet: Any, row: int, cells: Sequence[tuple[Field, object]], styles: Any) -> None:
    for column, (field, cell) in enumerate(cells):
        style = styles.get(field.type.name) or styles.get(type(cell))
        match cell:
            case "":
                continue
            case datetime() | date():
                sheet.write_datetime(row, column, cell, style)
            case int() | Decimal():
                sheet.write_number(row, column, cell, style)
            case _:
                sheet.write_string(row, column, str(cell))
