"""Where values of a record come from: which field, by whom, how sure, and when; beside the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.access.masks import Masked
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.locales import moment
from fieldstone.storage.provenance import Origins
from fieldstone.web.pages.entries import ASIDE, RecordPart
from fieldstone.web.pages.one_record import OneRecord


def _drawn(page: OneRecord) -> Mapping[str, Any] | None:
    asked, fields = page.asked, page.spec.fields
    with asked.site.storage.looking() as connection:
        kept = Origins(connection).of(page.record.id)
    language, rules = asked.language, asked.model.rules
    lines = [
        {
            "label": fields[one.field].label.text(language),
            "rule": rules[one.rule].label.text(language) if one.rule in rules else one.rule,
            "sure": f"{float(one.confidence):.0%}",
            "at": one.at.isoformat(),
            "time": moment(one.at, language, asked.ctx.actor.zone),
            "changed": _changed(page, one.field, one.value),
        }
        for one in kept
        if one.field in fields and one.field in page.record.values
    ]
    return {"lines": lines} if lines else None


def _changed(page: OneRecord, code: str, value: object) -> bool:
    """Tell whether somebody has put another value in its place."""
    kind, present = page.spec.fields[code].type, page.record.values[code]
    if isinstance(present, Masked):
        return False
    try:
        return kind.parse(value) != present
    except InvalidValueError:
        return True


RECORD_PARTS: Final = (RecordPart(ASIDE, "provenance", _drawn, "parts/provenance.html", order=80),)
