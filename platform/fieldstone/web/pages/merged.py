"""Merges on a record's page: what went into it, what looks like it, and where the address of a merged one leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request

from fieldstone.base.ids import is_id
from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import Query
from fieldstone.rules.duplicate_check import Duplicate
from fieldstone.rules.duplicate_telling import Telling
from fieldstone.storage.suspects import SuspectedPair
from fieldstone.web.asking import Asked
from fieldstone.web.pages.amounts import near, short_time
from fieldstone.web.pages.comparing import side
from fieldstone.web.pages.entries import ASIDE, NOTICE, RecordPart
from fieldstone.web.pages.one_record import OneRecord

Drawn = Mapping[str, Any]
SURE: Final = 100


def survivor_of(asked: Asked, spec: ObjectType, record_id: str) -> Response | None:
    """Return what leads to the survivor, None for a record that is there under its own address."""
    ctx, model, reads = asked.ctx, asked.model, asked.site.reads
    if not is_id(record_id):
        return None
    if reads.get(ctx, model, spec.code, record_id, Query(fields=("id",))) is not None:
        return None
    survivor = reads.led_to(ctx, model, spec.code, record_id)
    if survivor is None:
        return None
    query = request.query_string.decode()
    where = request.path.replace(record_id, survivor, 1) + (f"?{query}" if query else "")
    # A merge can be taken back: nobody keeps where it led.
    headers = {"Location": where, "Cache-Control": "no-store"}
    return Response(status=301, headers=headers)


def merged_records(page: OneRecord) -> Drawn | None:
    """Return what went into the record, None when nothing did."""
    asked, t = page.asked, page.speech.t
    found = asked.site.reads.merges_into(asked.ctx, asked.model, page.spec.code, page.record.id)
    if not found:
        return None
    names = asked.site.reads.titles(asked.ctx, asked.model, [("user", m.actor) for m in found])
    stands = asked.site.reads.standing(asked.ctx, asked.model, page.spec.code, page.record.id)
    may_undo = stands is not None and stands.may_update
    rows = []
    for place, one in enumerate(found):
        gone = side(asked, one.object_name, one.gone)
        ago = t("{time} ago", time=short_time(page.speech, asked.ctx.now - one.at))
        by = names.get(("user", one.actor), "")
        row = {
            "title": gone.drawn()["title"] if gone else "—",
            "text": f"{by} · {ago}" if by else ago,
        }
        # Merges are taken back in the order in which they were made, the last one first.
        if place == 0 and may_undo and one.undo_until > asked.ctx.now:
            until = near(page.speech, one.undo_until, asked.ctx.now, asked.ctx.actor.zone)
            row["undo_url"] = f"/duplicates/{one.object_name}/{page.record.id}/undo/{one.id}"
            row["until"] = t("It can be undone until {when}.", when=until)
        rows.append(row)
    return {"rows": rows}


def looks_like(page: OneRecord) -> Drawn | None:
    """Return the notice of the record that this one looks like most, None when there is none."""
    asked = page.asked
    pairs = asked.site.reads.open_pairs(asked.ctx, asked.model, page.record.id)
    if not pairs:
        return None
    for pair in pairs:
        name, record_id = pair.beside(page.record.id)
        other = side(asked, name, record_id)
        if other is not None:
            return _notice(page, pair, other.drawn()["title"])
    return _masked(page, pairs[0])


def _notice(page: OneRecord, pair: SuspectedPair, title: str) -> Drawn:
    t = page.speech.t
    if pair.object_name == pair.other_object:
        other = pair.beside(page.record.id)[1]
        href = f"/duplicates/{pair.object_name}/{page.record.id}/{other}"
    else:
        href = f"/duplicates/{pair.id}"
    text = t("Looks like {name} ({why}).", name=title, why=_why(page, pair))
    return {"tone": "amber", "icon": "copy", "text": text, "href": href, "label": t("Compare")}


def _masked(page: OneRecord, pair: SuspectedPair) -> Drawn | None:
    """Return what may be told of a record that the reader may not see, by the rule that found it."""
    name, record_id = pair.beside(page.record.id)
    telling = telling_of(page.asked, pair.rule)
    found = page.asked.site.reads.masked_name(page.asked.ctx, page.asked.model, name, record_id)
    if found is None:
        return None
    t, shown = page.speech.t, telling.name(found)
    text = t("Looks like {name} of a colleague ({why}).", name=shown, why=_why(page, pair))
    return {"tone": "amber", "icon": "copy", "text": text}


def telling_of(asked: Asked, rule: str) -> Telling:
    """Return what a duplicate rule lets people know of records that they may not see."""
    held = asked.model.rules.get(rule)
    return held.body.telling if held and isinstance(held.body, Duplicate) else Telling()


def _why(page: OneRecord, pair: SuspectedPair) -> str:
    """Return the field in which the two agree, and how alike they are."""
    t, language = page.speech.t, page.asked.language
    fields = page.asked.model.objects[pair.object_name].fields
    known = [fields[code].label.text(language) for code in pair.fields if code in fields]
    if not known:
        return f"{pair.score}%"
    label = known[0] if language == "zh" else known[0].lower()
    same = t("same {field}", field=label)
    if pair.score == SURE:
        return same
    return f"{same}，{pair.score}%" if language == "zh" else f"{same}, {pair.score}%"


RECORD_PARTS: Final = (
    RecordPart(NOTICE, "looks_like", looks_like, order=30),
    RecordPart(ASIDE, "merged", merged_records, template="parts/merged.html", order=80),
)
