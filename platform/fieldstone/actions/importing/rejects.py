"""The rows that were refused, in a file of their own: as they were, with line and reasons, ready to be mended."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from fieldstone.actions.importing.source import SourceFile
from fieldstone.base.errors import Problem
from fieldstone.base.spreadsheets import guarded
from fieldstone.storage.import_log import ImportRow


class Rejects:
    """Writes a CSV file when the first row is refused; without one there is no file."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        """Write to `path`."""
        self.path = path
        self.count = 0
        self._headings = headings
        self._file: TextIO | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file if there is one."""
        if self._file is not None:
            self._file.close()

    def add(self, line: int, cells: Sequence[str], problems: Sequence[Problem]) -> None:
        """Keep one refused row with its reasons."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow([*self._headings, "line", "problems"])
        self._writer.writerow(_line(line, cells, problems))
        self.count += 1


def _line(line: int, cells: Sequence[str], problems: Sequence[Problem]) -> list[object]:
    reasons = " ".join(f"{p.path}: {p.message} {p.cure}" for p in problems)
    return [*(guarded(cell) for cell in cells), line, reasons]


def rejected_rows(source: SourceFile, refused: Iterable[ImportRow]) -> str:
    """Return the refused rows of a file as CSV, as they were, with line and reasons."""
    by_line = {row.line: row for row in refused}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*source.headings, "line", "problems"])
    for line, cells in source.rows():
        if row := by_line.get(line):
            problems = [Problem(**problem) for problem in row.problems]
            writer.writerow(_line(line, cells, problems))
    return out.getvalue()
