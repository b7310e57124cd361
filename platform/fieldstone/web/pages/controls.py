"""What stands in the control of a form: made from stored values, read from what was posted, sent to the write door.

A control holds text, or True and False for a switch, a list of texts where several may be chosen, a mapping for the
parts of an address, and a list of mappings for line items.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from fieldstone.access.masks import Masked
from fieldstone.fieldtypes.address import PARTS
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.fieldtypes.rows import DERIVED, RowsType
from fieldstone.model.objects import Field
from fieldstone.reads.query import Record

Control = Any
Form = MultiDict[str, str]
SEVERAL: Final = frozenset({"multi_select", "tags", "multi_lookup"})
FILES: Final = frozenset({"file", "image"})
MOST_LINES: Final = 1_000
LONGEST_TAGS: Final = 4_000


def control_of(kind: FieldType, value: object, language: str, zone: str) -> Control:
    """Return what stands in the control of a stored value."""
    if kind.name in SEVERAL or kind.name in FILES:
        held = value if isinstance(value, list | tuple) else ()
        return [one if kind.name in FILES else str(one) for one in held]
    if isinstance(kind, RowsType):
        return _lines_of(kind, value, language, zone)
    if kind.name == "boolean":
        return value is True
    if kind.name == "address":
        return dict(value) if isinstance(value, Mapping) else {}
    if value is None or isinstance(value, Masked) or kind.name == "secret":
        return ""
    return _text_of(kind, value, language, zone)


def _text_of(kind: FieldType, value: object, language: str, zone: str) -> str:
    if kind.name == "percent" and isinstance(value, Decimal):
        text = f"{value.scaleb(2):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | time):
        return _clock_text(value, zone)
    if kind.name in ("duration", "geolocation"):
        return kind.format(value, language, zone)
    if kind.name == "json":
        return json.dumps(value, ensure_ascii=False, indent=2)
    return str(kind.dump(value))


def _clock_text(value: datetime | time, zone: str) -> str:
    """Return a moment or a time of day as the browser's own controls take it."""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
    return value.strftime("%H:%M")


def _lines_of(kind: RowsType, value: object, language: str, zone: str) -> list[dict[str, Control]]:
    lines = []
    for row in value if isinstance(value, list | tuple) else ():
        held: Mapping[str, object] = row.values if isinstance(row, Record) else row
        line: dict[str, Control] = {
            code: control_of(inner, held.get(code), language, zone)
            for code, inner in kind.fields.items()
        }
        line["id"] = row.id if isinstance(row, Record) else str(held.get("id") or "")
        lines.append(line)
    return lines


def posted(form: Form, field: Field) -> Control | None:
    """Return what a form posted for a field, None when it posted nothing for it."""
    return _posted(form, field.code, field.type)


def _posted(form: Form, name: str, kind: FieldType) -> Control | None:
    if isinstance(kind, RowsType):
        return _posted_lines(form, name, kind)
    if kind.name == "address":
        parts = {part: form.get(f"{name}.{part}") for part in PARTS}
        return parts if any(part is not None for part in parts.values()) else None
    given = form.getlist(name)
    if not given:
        return None
    if kind.name == "tags":
        words = ",".join(given)[:LONGEST_TAGS].replace("，", ",").replace("、", ",").split(",")
        return list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if kind.name in SEVERAL:
        return [one for one in given if one.strip()]
    # A switch and stars post their empty value first, then the chosen one.
    return given[-1] == "true" if kind.name == "boolean" else given[-1]


def _posted_lines(form: Form, name: str, kind: RowsType) -> list[dict[str, Control]] | None:
    numbers: dict[int, None] = {}
    for key in form:
        digits = key.removeprefix(f"{name}-").partition("-")[0]
        if key.startswith(f"{name}-") and digits.isascii() and digits.isdigit():
            numbers[int(digits[:9])] = None
    if not numbers and name not in form:
        return None
    lines: list[dict[str, Control]] = []
    for number in list(numbers)[:MOST_LINES]:
        line: dict[str, Control] = {"id": form.get(f"{name}-{number}-id", ""), "key": str(number)}
        for code, inner in kind.fields.items():
            found = _posted(form, f"{name}-{number}-{code}", inner)
            if found is not None:
                line[code] = found
        lines.append(line)
    return lines


def to_door(kind: FieldType, control: Control, zone: str) -> object:
    """Return what the write door takes for a control: empty is null, 25 in a percent field is a quarter."""
    if isinstance(kind, RowsType):
        return _lines_to_door(kind, control, zone)
    if kind.name == "address":
        return {part: text for part, text in control.items() if text} or None
    if kind.name in SEVERAL or kind.name in FILES or kind.name == "boolean":
        return control
    text = str(control).strip() if kind.name != "secret" else str(control)
    return _text_to_door(kind, text, zone) if text else None


def _text_to_door(kind: FieldType, text: str, zone: str) -> object:
    if kind.name == "percent" and not text.endswith(("%", "％")):
        return f"{text}%"
    if isinstance(kind, DatetimeType):
        try:
            return kind.dump(kind.parse_local(text, zone))
        except InvalidValueError:
            return text  # the write door says what is wrong with it
    return text


def _lines_to_door(kind: RowsType, control: Sequence[Mapping[str, Control]], zone: str) -> object:
    lines = []
    for line in control:
        sent = {
            code: to_door(kind.fields[code], value, zone)
            for code, value in line.items()
            if code in kind.fields and kind.fields[code].name not in DERIVED
        }
        if line.get("id"):
            sent["id"] = line["id"]
        lines.append(sent)
    return lines


def parsed(kind: FieldType, sent: object) -> tuple[bool, object]:
    """Return whether the type takes what would be sent, and the stored value it becomes."""
    try:
        return True, kind.parse(sent)
    except InvalidValueError:
        return False, None
