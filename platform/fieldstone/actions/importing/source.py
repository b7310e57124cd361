"""The rows of a file, told by its content and not by its name: CSV in several encodings, or a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from fieldstone.base.errors import Problem, RefusedError

WORKBOOKS: Final = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
)  # xlsx and ods are zip archives, xls is a compound file
ENCODINGS: Final = ("utf-8-sig", "gb18030")
LONGEST_CELL: Final = 131_072
MOST_COLUMNS: Final = 500

Row = Sequence[str]


@dataclass(frozen=True)
class SourceFile:
    """A file of rows: its headings, and how many rows follow."""

    path: Path
    headings: tuple[str, ...]
    count: int
    sheet: tuple[Row, ...] | None = None
    encoding: str = ""
    delimiter: str = ","

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield (line number, cells) of every row that is not empty; the headings are line 1."""
        for line, cells in enumerate(self._all(), start=2):
            if any(cells):
                yield line, cells

    def _all(self) -> Iterator[Row]:
        if self.sheet is not None:
            yield from self.sheet
            return
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            try:
                next(reader, None)
                for cells in reader:
                    yield [cell.strip() for cell in cells]
            except csv.Error as error:
                raise _not_csv(self.path, error) from None


def open_source(path: Path) -> SourceFile:
    """Return the file's headings and rows. Raises RefusedError when it cannot be read as a table."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise _refused(
            "file", f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from None
    if not head:
        raise _refused("empty_file", f"{path} is empty.", "Export it again from where it came.")
    found = _workbook(path) if head in WORKBOOKS else _text(path)
    return _checked(found)


def _checked(found: SourceFile) -> SourceFile:
    names = [name for name in found.headings if name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or len(found.headings) > MOST_COLUMNS:
        text = f"The first row of {found.path.name} holds no column names."
        raise _refused("no_headings", text, "Put the names of the columns into the first row.")
    if twice:
        text = f"The columns {', '.join(twice[:5])} stand twice in {found.path.name}."
        raise _refused("headings_twice", text, "Give every column a name of its own.")
    return found


def _workbook(path: Path) -> SourceFile:
    try:
        book = CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError) as error:
        raise _refused(
            "workbook", f"{path.name} is no readable workbook: {error}.", "Save it again as .xlsx."
        ) from None
    texts = [[_cell(value) for value in row] for row in rows]
    if not texts:
        raise _refused(
            "empty_file",
            f"{path.name} has an empty first sheet.",
            "Put the rows on the first sheet.",
        )
    return SourceFile(path, tuple(texts[0]), len(texts) - 1, tuple(texts[1:]))


def _cell(value: object) -> str:
    """Return a cell as a person would have typed it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - exact as float
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()))
    return str(value).strip() if value is not None else ""


def _text(path: Path) -> SourceFile:
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as file:
                sample = file.read(65_536)
                count = sample.count("\n") + sum(
                    chunk.count("\n") for chunk in iter(lambda: file.read(1 << 20), "")
                )
        except UnicodeDecodeError:
            continue
        if "\x00" in sample:
            break
        delimiter = max(",;\t|", key=sample.split("\n", 1)[0].count)
        csv.field_size_limit(LONGEST_CELL)
        try:
            headings = next(csv.reader(io.StringIO(sample), delimiter=delimiter), [])
        except csv.Error as error:
            raise _not_csv(path, error) from None
        names = tuple(name.strip() for name in headings)
        return SourceFile(path, names, max(0, count - 1), None, encoding, delimiter)
    raise _refused(
        "not_a_table",
        f"{path.name} is neither CSV text nor a workbook.",
        "Save it as .xlsx or as CSV in UTF-8.",
    )


def _not_csv(path: Path, error: csv.Error) -> RefusedError:
    text = f"{path.name} cannot be read as CSV: {error}."
    return _refused("not_a_table", text, "Save it as .xlsx or as CSV in UTF-8.")


def _refused(code: str, message: str, cure: str) -> RefusedError:
    return RefusedError([Problem(code, "file", message, cure)])
