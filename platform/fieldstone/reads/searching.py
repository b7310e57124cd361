"""Finding records by words, in their visible fields only: lists, the search page, lookups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import false

from fieldstone.access.access import Access
from fieldstone.expressions.types import Kind
from fieldstone.model.objects import ObjectType
from fieldstone.reads.expanding import title_text
from fieldstone.reads.frame import Clause, Frame, may_read
from fieldstone.reads.picking import pick
from fieldstone.reads.query import Choice, Hit, Record
from fieldstone.reads.sight import Sight
from fieldstone.storage.search import matching
from fieldstone.storage.tokens import runs_to_check, terms, tokens

LONGEST_TEXT: Final = 200
# How many rows that hold the words in any field are looked at, when some fields are hidden on some rows.
MOST_CANDIDATES: Final = 5_000
PORTION: Final = 500
HITS_EACH: Final = 5


def text_clauses(sight: Sight, frame: Frame, text: str, *, deleted: bool = False) -> list[Clause]:
    """Return the conditions for rows that hold every word of `text` in fields the viewer may read.

    Where every searched field is always plain the index decides. Otherwise the rows that the index
    finds are judged again by what they show: a hit in a hidden field is no hit.
    """
    text = text[:LONGEST_TEXT]
    codes = sight.tables[frame.object_name].searched
    found = matching(sight.tables, frame.object_name, text)
    if all(frame.access.field(code).always for code in codes):
        return [found]
    if not any(frame.access.field(code).known for code in codes):
        return [false()]
    candidates = _candidates(sight, frame.object_name, codes, text, deleted=deleted)
    ids = [record.id for record in candidates]
    return [frame.raw.column("id").in_(ids)] if ids else [false()]


def _candidates(
    sight: Sight, object_name: str, codes: Sequence[str], text: str, *, deleted: bool
) -> Iterator[Record]:
    """Yield the records, newest first, whose visible fields hold every word."""
    last, looked_at = "", 0
    while looked_at < MOST_CANDIDATES:
        frame = sight.frame(object_name)
        picked, id_column = pick(frame, codes), frame.raw.column("id")
        where = [*frame.within(deleted=deleted), matching(sight.tables, object_name, text)]
        if last:
            where.append(id_column < last)
        statement = frame.select(picked.columns, where).order_by(id_column.desc()).limit(PORTION)
        rows = sight.fetch(statement)
        for row in rows:
            record = picked.record(row)
            if _shows(record, text):
                yield record
        if len(rows) < PORTION:
            return
        last, looked_at = rows[-1][0], looked_at + len(rows)


def _shows(record: Record, text: str) -> bool:
    plain = [value for code, value in record.values.items() if code not in record.masked]
    held = tokens(plain)
    for term in terms(text):
        if not any(
            one.startswith(term.token) if term.prefix else one == term.token for one in held
        ):
            return False
    return all(
        any(isinstance(value, str) and run in value for value in plain)
        for run in runs_to_check(text)
    )


def found_anywhere(
    sight: Sight, text: str, objects: Sequence[str] | None = None, limit: int = 20
) -> list[Hit]:
    """Return records of all objects (or of those named) that hold the text, in turns of five each."""
    if not terms(text[:LONGEST_TEXT]):
        return []
    hits: list[Hit] = []
    for object_name, spec in sight.model.objects.items():
        if (objects is not None and object_name not in objects) or spec.parent or not spec.search:
            continue
        if not sight.viewer.access(object_name).may_read:
            continue
        share = limit if objects is not None and len(objects) == 1 else HITS_EACH
        hits += [
            Hit(object_name, one.id, title_text(sight, one), subtitle_of(sight, one))
            for one in _matches(sight, object_name, text, share)
        ]
    return hits[:limit]


def choices(sight: Sight, object_name: str, text: str, limit: int = 20) -> list[Choice]:
    """Return records that a lookup may be set to: those that hold the text, or the newest."""
    may_read(sight.viewer, object_name)
    return [
        Choice(one.id, title_text(sight, one), subtitle_of(sight, one))
        for one in _matches(sight, object_name, text, limit)
    ]


def _matches(sight: Sight, object_name: str, text: str, limit: int) -> list[Record]:
    frame = sight.frame(object_name)
    picked, id_column = pick(frame, _named(frame.spec, frame.access)), frame.raw.column("id")
    where = frame.within(deleted=False)
    if text.strip():
        where += text_clauses(sight, frame, text)
    if "active" in frame.spec.fields and object_name == "user":
        # Who has left is not offered, but stays where they were already set.
        where.append(frame.raw.column("active").is_not(False))
    statement = frame.select(picked.columns, where).order_by(id_column.desc()).limit(limit)
    return [picked.record(row) for row in sight.fetch(statement)]


def _named(spec: ObjectType, access: Access) -> list[str]:
    """Return the title field and the other searched texts: what tells records apart."""
    wanted = dict.fromkeys([spec.title, *spec.search])
    return [code for code in wanted if code in spec.fields and access.field(code).shown]


def subtitle_of(sight: Sight, record: Record) -> str:
    """Return what tells a record from another of the same name, as people read it."""
    spec, actor = sight.model.objects[record.object_name], sight.ctx.actor
    parts = []
    for code in spec.search:
        value, field = record.values.get(code), spec.fields[code]
        if value is None or code == spec.title:
            continue
        if field.type.expression_type.kind not in (Kind.TEXT, Kind.NUMBER):
            continue
        shown = code not in record.masked
        parts.append(field.type.format(value, actor.language, actor.zone) if shown else str(value))
    return " · ".join(parts[:2])
