"""Keeps what people typed from being run by a spreadsheet program that opens it."""

from __future__ import annotations

from typing import Final

# A spreadsheet program would run what begins with these; see OWASP, "CSV Injection".
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula; plain numbers stay as they are."""
    if cell.startswith(FORMULA) and not _number(cell):
        return "'" + cell
    return cell


def _number(cell: str) -> bool:
    digits = cell[1:].replace(".", "", 1)
    return cell[0] in "+-" and digits.isascii() and digits.isdigit()
