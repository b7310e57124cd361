"""Where a page ended, as a text that the caller hands back for the next one.

It holds the sort values and the id of the last row, so the next page starts right behind it however many
rows were added or deleted meanwhile, and costs the same at the thousandth page as at the second.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.text import clean

LONGEST: Final = 8_000
BIGGEST: Final = 2**63 - 1
WIDEST: Final = 60  # characters and digits of a number


def bad_cursor() -> RefusedError:
    """Return the refusal of a cursor that this list did not give out."""
    problem = Problem(
        "bad_cursor",
        "cursor",
        "The cursor does not belong to this list.",
        "Send `next` of the previous page with the same sort and filter, or leave the cursor out.",
    )
    return RefusedError([problem], 400)


def fingerprint(*parts: object) -> str:
    """Return a short name for a question, so that a cursor is not used with another one."""
    return sha256(repr(parts).encode()).hexdigest()[:12]


def write_cursor(question: str, values: Sequence[object], record_id: str) -> str:
    """Return the cursor behind a row with these sort values."""
    body = [question, record_id, [_written(value) for value in values]]
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(question: str, kinds: Sequence[type], text: str) -> tuple[list[object], str]:
    """Return the sort values and the id in a cursor of the same question.

    Raises RefusedError (400) for anything that `write_cursor` did not write for it.
    """
    try:
        if len(text) > LONGEST:
            raise bad_cursor()
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        asked, record_id, values = json.loads(raw)
        if asked != question or not is_id(record_id) or len(values) != len(kinds):
            raise bad_cursor()
        return [_read(kind, value) for kind, value in zip(kinds, values, strict=True)], record_id
    except (ValueError, TypeError, KeyError, RecursionError, InvalidOperation, binascii.Error):
        raise bad_cursor() from None


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Decimal):
        return str(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return clean(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > BIGGEST:
        raise TypeError(value)
    return value


def _number(value: object) -> Decimal | int:
    if isinstance(value, int):
        return _whole(value)
    text = _text(value)
    number = Decimal(text if len(text) <= WIDEST else "NaN")
    # Ten characters can write a number of a million digits, which nobody should multiply out.
    if not number.is_finite() or abs(number.adjusted()) > WIDEST:
        raise ValueError(value)
    return number


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


_READERS: Final[Mapping[type, Callable[[object], object]]] = {
    str: _text,
    Decimal: _number,
    bool: _boolean,
    datetime: _moment,
    date: lambda value: date.fromisoformat(_text(value)),
    time: lambda value: time.fromisoformat(_text(value)),
    timedelta: lambda value: timedelta(microseconds=_whole(value)),
}


def _read(kind: type, value: object) -> object:
    return None if value is None else _READERS[kind](value)
