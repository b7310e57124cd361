"""What happened to a record, as far as the viewer may see the fields concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import or_, select
from sqlalchemy.engine import Row

from fieldstone.access.masks import masked
from fieldstone.model.objects import ObjectType
from fieldstone.reads.expanding import titles_of
from fieldstone.reads.listing import record_of
from fieldstone.reads.merges import led_to
from fieldstone.reads.query import Query, Record
from fieldstone.reads.sight import Sight
from fieldstone.rules.capture_body import Source, actor_id
from fieldstone.rules.enrichment import Enrichment
from fieldstone.storage.chain import fs_audit
from fieldstone.storage.journal import fs_owner_span, fs_stage_history
from fieldstone.storage.merges import Merges
from fieldstone.storage.moving import BY_MERGE

NEWEST: Final = 500
AUDIT: Final = ("at", "actor", "source", "operation", "version", "changes", "reason")
STAGE: Final = ("pipeline", "stage", "entered_at", "left_at", "seconds", "actor", "rule")
OWNER: Final = ("owner", "pool", "since", "until", "reason", "rule")


@dataclass(frozen=True)
class FieldChange:
    """One field's old and new value, in JSON form; a Masked where only a mask may be shown."""

    field: str
    old: object
    new: object


@dataclass(frozen=True)
class Event:
    """One write of a record, as the viewer may see it."""

    at: datetime
    actor: str
    actor_name: str
    source: str
    operation: str
    version: int
    changes: tuple[FieldChange, ...]
    reason: str = ""


@dataclass(frozen=True)
class StageSpan:
    """A stage that the record was in; `left_at` and `seconds` are None while it is."""

    pipeline: str
    stage: str
    entered_at: datetime
    left_at: datetime | None
    seconds: int | None
    actor: str
    actor_name: str
    rule: str


@dataclass(frozen=True)
class OwnerSpan:
    """Who had the record, or which pool it lay in; `until` is None for the present."""

    owner: str | None
    owner_name: str
    pool: str | None
    since: datetime
    until: datetime | None
    reason: str
    rule: str


@dataclass(frozen=True)
class History:
    """The life of one record, newest first; at most 500 entries of each kind."""

    events: tuple[Event, ...]
    stages: tuple[StageSpan, ...]
    owners: tuple[OwnerSpan, ...]


def seen(sight: Sight, object_name: str, record_id: str) -> Record | None:
    """Return the record with every field the viewer may be shown, deleted or not; None when there is none.

    None, too, for one that is part of another one now which the viewer may see: its story is told there.
    """
    found = record_of(sight, object_name, record_id, Query())
    if found is None and led_to(sight, object_name, record_id) is None:
        return record_of(sight, object_name, record_id, Query(deleted=True))
    return found


def history_of(sight: Sight, object_name: str, record_id: str) -> History | None:
    """Return the record's life, None when the record is not there for the viewer."""
    record = seen(sight, object_name, record_id)
    if record is None:
        return None
    spec = sight.model.objects[object_name]
    # The audit is chained by hash, so what happened to merged records stands there under their own ids.
    parts = [record_id, *Merges(sight.reader.connection).gone_into(record_id)]
    audit = sight.fetch(
        select(*(fs_audit.c[name] for name in AUDIT))
        .where(
            fs_audit.c.object.in_((object_name, *spec.renamed_from, *spec.once)),
            fs_audit.c.record.in_(parts),
            or_(fs_audit.c.record == record_id, fs_audit.c.operation != "delete"),
        )
        .order_by(fs_audit.c.at.desc(), fs_audit.c.version.desc(), fs_audit.c.chain)
        .limit(NEWEST)
    )
    shows_stages = spec.stage_field in record.values
    stages = _stages(sight, object_name, record_id) if shows_stages else []
    owners = _owners(sight, object_name, record_id) if "owner" in record.values else []
    people = {row.actor for row in (*audit, *stages)} | {row.owner for row in owners}
    names = titles_of(sight, [("user", one) for one in sorted(p for p in people if p)])
    named = {one: name for (_, one), name in names.items()} | _sources(sight)
    events = [_event(spec, record, row, named) for row in audit]
    return History(
        tuple(event for event in events if event is not None),
        tuple(_stage_span(row, named) for row in stages),
        tuple(_owner_span(row, named) for row in owners),
    )


def _sources(sight: Sight) -> dict[str, str]:
    """Return the names of sources and enrichments, which write as themselves."""
    language = sight.ctx.actor.language
    return {
        actor_id(rule.first_code): rule.label.text(language)
        for rule in sight.model.rules.values()
        if isinstance(rule.body, Source | Enrichment)
    }


def _stages(sight: Sight, object_name: str, record_id: str) -> Sequence[Row[Any]]:
    spans = fs_stage_history.c
    asked = select(*(spans[name] for name in STAGE))
    asked = asked.where(
        spans.object == object_name,
        spans.record == record_id,
        spans.reason.is_distinct_from(BY_MERGE),
    )
    return sight.fetch(asked.order_by(spans.entered_at.desc(), spans.id.desc()).limit(NEWEST))


def _owners(sight: Sight, object_name: str, record_id: str) -> Sequence[Row[Any]]:
    spans = fs_owner_span.c
    asked = select(*(spans[name] for name in OWNER))
    asked = asked.where(spans.object == object_name, spans.record == record_id)
    return sight.fetch(asked.order_by(spans.since.desc(), spans.id.desc()).limit(NEWEST))


def _event(
    spec: ObjectType, record: Record, row: Row[Any], names: Mapping[str, str]
) -> Event | None:
    """Return one entry, None when all that it changed is hidden: even that something changed is hidden."""
    changed: Mapping[str, Sequence[object]] = orjson.loads(row.changes) if row.changes else {}
    changes = [
        change
        for code, (old, new) in changed.items()
        if (change := _change(spec, record, code, old, new)) is not None
    ]
    if changed and not changes and row.operation == "update":
        return None
    return Event(
        row.at,
        row.actor,
        names.get(row.actor, ""),
        row.source or "",
        row.operation,
        row.version or 0,
        tuple(changes),
        row.reason or "",
    )


def _change(
    spec: ObjectType, record: Record, code: str, old: object, new: object
) -> FieldChange | None:
    """Return a change of a field as this record shows it today, under the code that it has today."""
    code = spec.present_code(code)
    if code not in record.values or code not in spec.fields:
        return None
    if code not in record.masked:
        return FieldChange(code, old, new)
    type_name = spec.fields[code].type.name
    return FieldChange(code, masked(type_name, old), masked(type_name, new))


def _stage_span(row: Row[Any], names: Mapping[str, str]) -> StageSpan:
    return StageSpan(
        row.pipeline or "",
        row.stage,
        row.entered_at,
        row.left_at,
        row.seconds,
        row.actor or "",
        names.get(row.actor, ""),
        row.rule or "",
    )


def _owner_span(row: Row[Any], names: Mapping[str, str]) -> OwnerSpan:
    return OwnerSpan(
        row.owner,
        names.get(row.owner, ""),
        row.pool,
        row.since,
        row.until,
        row.reason or "",
        row.rule or "",
    )
