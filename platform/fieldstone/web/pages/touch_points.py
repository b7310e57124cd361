"""The touch points of a record: each time that the person behind it came, by which way and from where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fieldstone.access.access import access_to
from fieldstone.fieldtypes.locales import moment
from fieldstone.reads.query import Query, Record
from fieldstone.web.pages.entries import TAB, RecordPart
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.source_words import VIA_ICONS, VIA_TONES
from fieldstone.web.pages.values import Look

TOUCH: Final = "touch"
SHOWN: Final = 50
NEEDED: Final = frozenset({"subject", "at", "kind"})
FROM: Final = ("utm_source", "utm_medium", "utm_campaign", "referrer", "page", "consent")
OTHER_ICONS: Final = {"event": "calendar-check", "other": "radio"}


def _offered(page: OneRecord) -> bool:
    """Tell whether touch points lead to records like this one, and the reader may look at them."""
    spec = page.asked.model.objects.get(TOUCH)
    if spec is None or page.spec.code not in spec.fields:
        return False
    known = access_to(page.asked.model, page.asked.actor, TOUCH).readable_anywhere()
    return known >= {*NEEDED, page.spec.code}


def _drawn(page: OneRecord) -> Mapping[str, Any]:
    asked = page.asked
    query = Query(
        filter=f"{page.spec.code} == '{page.record.id}'",
        sort=(("at", True),),
        limit=SHOWN,
        titles=True,
    )
    found = asked.site.reads.list(asked.ctx, asked.model, TOUCH, query)
    return {
        "touches": [_touch(page, one) for one in found.rows],
        "more": found.next_cursor is not None,
    }


def _touch(page: OneRecord, one: Record) -> dict[str, Any]:
    asked, values = page.asked, one.values
    spec, look = asked.model.objects[TOUCH], Look(asked)
    kind = str(values["kind"])
    at = values["at"] if isinstance(values["at"], datetime) else asked.ctx.now

    def text(code: str) -> str:
        return str(look.cell(one, code)["text"]) if values.get(code) else ""

    origin = [
        {"label": spec.fields[code].label.text(asked.language), "text": text(code)}
        for code in FROM
        if text(code)
    ]
    return {
        "subject": text("subject"),
        "kind": text("kind"),
        "icon": VIA_ICONS.get(kind) or OTHER_ICONS.get(kind, "radio"),
        "tone": VIA_TONES.get(kind, "gray"),
        "first": values.get("first") is True,
        "channel": text("channel"),
        "campaign": text("campaign"),
        "body": text("body"),
        "origin": origin,
        "at": at.isoformat(),
        "time": moment(at, asked.language, asked.ctx.actor.zone),
        "href": f"/o/{TOUCH}/{one.id}",
    }


RECORD_PARTS: Final = (
    RecordPart(TAB, "touches", _drawn, "parts/touches.html", "Touch points", 40, _offered),
)
