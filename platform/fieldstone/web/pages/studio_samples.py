"""A value of each type of field, so that a preview shows something where nothing was entered yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Field
from fieldstone.reads.expanding import target_of
from fieldstone.web.asking import Asked

RAW: Final[Mapping[str, object]] = {
    "long_text": "…", "rich_text": "<p>…</p>", "email": "li.na@example.com", "phone": "+8613800138000",
    "url": "https://example.com", "integer": 42, "decimal": "12.5", "currency": "1280", "percent": "0.4",
    "boolean": True, "rating": 4, "date": "2026-03-16", "datetime": "2026-03-16T01:30:00Z", "time": "09:30",
    "duration": "1 h 30 min", "tags": ["A", "B"], "address": {"country": "CN", "city": "上海"},
}  # fmt: skip
MANY: Final = 2


def sample_of(asked: Asked, field: Field, live: Asked) -> object:
    """Return a stored value that fits the field, None where none can be made up; a link leads to a record there is."""
    kind: Any = field.type
    target = target_of(field)
    if target:
        if target not in live.model.objects:
            return None
        found = live.site.reads.options(live.ctx, live.model, target, "")[:MANY]
        ids = [one.id for one in found]
        return (ids or None) if kind.name == "multi_lookup" else next(iter(ids), None)
    options = [one.code for one in getattr(kind, "options", {}).values() if not one.archived]
    raw: object = RAW.get(kind.name)
    if options:
        raw = options[:MANY] if kind.name in ("multi_select", "tags") else options[0]
    if kind.name == "text":
        raw = field.label.text(asked.language)
    if raw is None:
        return None
    try:
        value: object = kind.parse(raw)
    except InvalidValueError:
        return None
    return value
