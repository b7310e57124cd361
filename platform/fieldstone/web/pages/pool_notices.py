"""What a record's page says of pools and protection: where it lies and when it moves on, until when it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fieldstone.actions.protecting import protection_of
from fieldstone.base.errors import RefusedError
from fieldstone.fieldtypes.locales import moment
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.rules.protection import Protection
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.entries import NOTICE, RecordPart
from fieldstone.web.pages.one_record import OneRecord

Drawn = Mapping[str, Any]


def in_pool(page: OneRecord) -> Drawn | None:
    """Return the line of a record that lies in a pool, None for any other."""
    pool, asked = page.record.values.get("pool"), page.asked
    if not isinstance(pool, str) or page.record.values.get("owner"):
        return None
    rule = asked.model.rules.get(pool)
    label = rule.label.text(asked.language) if rule is not None else pool
    desk = PoolDesk(asked.site.reads, asked.ctx, asked.model, page.spec.code, pool)
    try:
        sign = desk.signs([page.record.id])[page.record.id]
    except RefusedError:
        return None  # the record is the reader's to see, the pool is not
    t, now = page.speech.t, asked.ctx.now
    text = t("Lies in {pool}.", pool=label)
    if sign.since is not None:
        time = short_time(page.speech, now - sign.since)
        text = t("Has been lying in {pool} for {time}.", pool=label, time=time)
    if sign.leaves_at is not None and sign.leaves_for is not None and sign.leaves_at > now:
        time, to = (
            short_time(page.speech, sign.leaves_at - now),
            sign.leaves_for.text(asked.language),
        )
        text = f"{text} {t('Unless somebody claims it, it goes to {pool} in {time}.', pool=to, time=time)}"
    return {
        "tone": "teal",
        "icon": "waves",
        "text": text,
        "href": f"/pools/{pool}",
        "label": t("Open the pool"),
    }


def protected(page: OneRecord) -> Drawn | None:
    """Return the line of a protected record, or of one whose protection was asked for."""
    asked = page.asked
    rule = protection_of(asked.model, page.spec.code)
    body = rule.body if rule is not None and isinstance(rule.body, Protection) else None
    if body is None:
        return None
    t, values = page.speech.t, page.record.values
    until, wish = values.get(body.until), values.get(body.asked) if body.asked else None
    if isinstance(until, datetime) and until > asked.ctx.now:
        at = moment(until, asked.language, asked.ctx.actor.zone)
        text = t("Protected until {time}: nobody else gets it, and no deadline takes it.", time=at)
        return {"tone": "green", "icon": "shield-check", "text": text}
    if wish:
        text = t("Its owner asks to protect it.")
        return {"tone": "amber", "icon": "shield", "text": text}
    return None


RECORD_PARTS: Final = (
    RecordPart(NOTICE, "in_pool", in_pool, order=30),
    RecordPart(NOTICE, "protected", protected, order=31),
)
