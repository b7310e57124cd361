"""The line above a record that a rule keeps apart: what is wrong with it, and that mending it lets it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fieldstone.rules.data_quality import DataQuality
from fieldstone.web.pages.entries import NOTICE, RecordPart
from fieldstone.web.pages.one_record import OneRecord


def _keeping(page: OneRecord) -> Iterator[str]:
    """Yield what the rules that keep this record apart are called."""
    for rule in page.asked.model.rules_of(page.spec.code):
        apart = rule.body.apart if isinstance(rule.body, DataQuality) else None
        if apart is not None and page.record.values.get(apart.into) is True:
            yield rule.label.text(page.asked.language)


def _drawn(page: OneRecord) -> Mapping[str, Any] | None:
    rules = list(_keeping(page))
    if not rules:
        return None
    text = page.speech.t("Kept apart until somebody corrects it: {rule}.", rule=", ".join(rules))
    href = f"{page.url}?tab=why"
    return {
        "tone": "amber",
        "icon": "shield-alert",
        "text": text,
        "href": href,
        "label": page.speech.t("Why"),
    }


RECORD_PARTS: Final = (RecordPart(NOTICE, "kept_apart", _drawn),)
