"""How a stored value reads in another type of field: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from fieldstone.fieldtypes.contract import FieldType, InvalidValueError
from fieldstone.fieldtypes.options import code_of

NEVER: Final = frozenset({"secret", "file", "image", "autonumber"})
"""Types whose values are not simply there to be read, or come from elsewhere."""
TEXTUAL: Final = frozenset({"text", "long_text"})


def converter(old: FieldType, new: FieldType) -> Callable[[object], object]:
    """Return what turns a stored value of one type into one of the other; it gives None for what has no counterpart."""

    def convert(value: object) -> object:
        if value is None:
            return None
        for raw in _forms(old, new, value):
            try:
                found = new.parse(raw)
            except InvalidValueError:
                continue
            if found is not None:
                return found
        return None

    return convert


def _forms(old: FieldType, new: FieldType, value: object) -> Iterator[object]:
    """Yield the forms in which a value may be understood, the most exact first."""
    if new.name in TEXTUAL:
        yield old.format(value, "en", "UTC") if hasattr(old, "options") else _as_text(old, value)
        return
    if isinstance(value, datetime) and new.name == "date":
        yield value.date().isoformat()
        return
    options: Any = getattr(new, "options", None)
    texts = _texts(old, value)
    if options is not None and texts:
        codes = [code_of(one, options) or one for one in texts]
        yield codes if new.name == "multi_select" else codes[0] if len(codes) == 1 else None
        return
    dumped = old.dump(value)
    yield dumped
    yield _as_text(old, value)
    if texts and len(texts) == 1:
        yield texts[0]


def _texts(old: FieldType, value: object) -> list[str]:
    """Return a value as the texts that people would choose by."""
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    if isinstance(value, str):
        return [value, old.format(value, "en", "UTC")][:1]
    return []


def _as_text(old: FieldType, value: object) -> str:
    dumped = old.dump(value)
    if isinstance(dumped, list):
        return ", ".join(str(one) for one in dumped)
    if isinstance(dumped, (str, int, float)) and not isinstance(dumped, bool):
        return str(dumped)
    return old.format(value, "en", "UTC")
