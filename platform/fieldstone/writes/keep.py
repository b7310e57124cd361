"""Step 8: rows, history, audit, timers and messages go to storage, all in the one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fieldstone.base.text import FORBIDDEN
from fieldstone.changes.nouns import Draft, Effect, Operation
from fieldstone.model.objects import Field, ObjectType
from fieldstone.rules.notices import ASSIGNED, RECALLED
from fieldstone.storage.journal import JournalEntry, OwnerMove, StageMove
from fieldstone.storage.transaction import RowUpdate
from fieldstone.writes.work import Batch, Work

# Moved by every write; an audit line about them says nothing.
UNREMARKABLE = frozenset({"version", "updated_at", "updated_by", "stage_entered_at", "owned_at"})
# What the actions take; a page's form could send more.
LONGEST_REASON = 200


def keep(batch: Batch, work: Work) -> Batch:
    """Write the drafts that stand; return them with the values that only storage gives (numbers, versions)."""
    standing = [d for d in batch if not d.refused and d.attached_to is None]
    finished = {d.record_id: _finished(d, work) for d in standing}
    finished = _numbered(finished, work)
    written = [d for d in finished.values() if _says_something(d)]
    _rows(written, work)
    _surroundings(written, work)
    _attached([d for d in batch if not d.refused and d.attached_to is not None], work)
    return tuple(finished.get(d.record_id, d) if d.attached_to is None else d for d in batch)


def _says_something(draft: Draft) -> bool:
    """Tell whether there is anything to write: a change that changes nothing leaves no trace."""
    if draft.operation is not Operation.UPDATE:
        return True
    return bool(draft.values or draft.timers or draft.ledger or draft.effects or draft.decisions)


def _finished(draft: Draft, work: Work) -> Draft:
    """Give a draft its system values."""
    now, actor = draft.change.as_of or work.ctx.now, work.ctx.actor.id
    if draft.operation is Operation.DELETE:
        return draft.but(values=_touched(draft, work, deleted_at=now, deleted_by=actor))
    if draft.operation is Operation.RESTORE:
        return draft.but(values=_touched(draft, work, deleted_at=None, deleted_by=None))
    moved = draft.change.moved
    values = {c: value for c, value in draft.values.items() if c not in moved and draft.changed(c)}
    if draft.operation is Operation.CREATE:
        values = {code: value for code, value in values.items() if value is not None}
        values |= {"created_at": now, "created_by": actor, "updated_at": now, "updated_by": actor}
    elif not any(_is_kept(code, work) for code in values):
        values = {}  # formulas that are worked out when read are no change
    else:
        before = (draft.before or {}).get("updated_at")
        told = max(now, before) if isinstance(before, datetime) else now
        values |= {"updated_at": told, "updated_by": actor}
    return draft.but(values=values)


def _is_kept(code: str, work: Work) -> bool:
    field = work.spec.fields.get(code)
    return field is None or bool(field.column) or code in work.plan.children


def _touched(draft: Draft, work: Work, **values: object) -> dict[str, object]:
    return {**draft.values, "updated_at": work.ctx.now, "updated_by": work.ctx.actor.id, **values}


def _numbered(drafts: dict[str, Draft], work: Work) -> dict[str, Draft]:
    """Give new records their numbers, in the order of the batch."""
    for field in work.plan.numbers:
        waiting: dict[date, list[str]] = {}
        for record_id, draft in drafts.items():
            if draft.operation is Operation.CREATE and not draft.values.get(field.code):
                instant = draft.change.as_of or work.ctx.now
                day = instant.astimezone(ZoneInfo(work.zone)).date()
                waiting.setdefault(day, []).append(record_id)
        for day, record_ids in waiting.items():
            period = field.type.period(day)  # type: ignore[attr-defined]
            numbers = work.transaction.next_numbers(
                work.spec.code, field.code, period, len(record_ids)
            )
            for number, record_id in zip(numbers, record_ids, strict=True):
                text = field.type.number(number, day)  # type: ignore[attr-defined]
                drafts[record_id] = drafts[record_id].setting({field.code: text})
    return drafts


def _rows(written: Sequence[Draft], work: Work) -> None:
    created = [d for d in written if d.operation is Operation.CREATE]
    if created:
        rows = [{**d.values, "id": d.record_id, "version": 1} for d in created]
        work.transaction.insert(work.spec.code, rows)
    updates = [
        RowUpdate(d.record_id, d.values, row={**(d.before or {}), **d.values})
        for d in written
        if d.operation is not Operation.CREATE and d.values
    ]
    if updates:
        work.transaction.update(work.spec.code, updates)


def _version(draft: Draft) -> int:
    return int(str((draft.before or {}).get("version", 0)))


def version_after(draft: Draft) -> int:
    """Return the version of the record once the draft is written."""
    if draft.operation is Operation.CREATE:
        return 1
    return _version(draft) + 1 if draft.values else _version(draft)


def named(effect: Effect, draft: Draft, spec: ObjectType) -> Effect:
    """Return a message with the name of its record for who had it until now, or gets it and may lose it again: then they may not look it up any more."""
    alone = effect.topic == ASSIGNED and effect.payload.get("count", 1) == 1
    if effect.topic != RECALLED and not alone:
        return effect
    return replace(effect, payload={**effect.payload, "name": str(draft.row.get(spec.title) or "")})


def _surroundings(written: Sequence[Draft], work: Work) -> None:
    """Write what belongs to the rows: journal, messages, timers, points."""
    tx, spec = work.transaction, work.spec
    tx.journal([_entry(draft, work) for draft in written])
    tx.outbox(
        [(spec.code, d.record_id, named(effect, d, spec)) for d in written for effect in d.effects]
    )
    tx.timers([(spec.code, d.record_id, timer) for d in written for timer in d.timers])
    tx.ledger(spec.code, [(d.record_id, entry) for d in written for entry in d.ledger])
    suspects = [(spec.code, d.record_id, *one) for d in written for one in d.suspects]
    if suspects:
        tx.suspects.add(suspects)
    gone = [d.record_id for d in written if d.operation is Operation.DELETE]
    if gone:
        tx.clockwork.forget(gone)


def _attached(attached: Sequence[Draft], work: Work) -> None:
    """A linked duplicate writes no row: the record that took it keeps the decision and the messages."""
    if not attached:
        return
    tx, code = work.transaction, work.spec.code
    tx.journal(
        [
            JournalEntry(
                object_name=code,
                record_id=str(draft.attached_to),
                operation="touch",
                version=0,
                decisions=draft.decisions,
                reason=_remark(draft),
            )
            for draft in attached
        ]
    )
    tx.outbox(
        [(code, str(draft.attached_to), effect) for draft in attached for effect in draft.effects]
    )


def _remark(draft: Draft) -> str:
    """Return the reason as it is kept: people type it, so it may hold what no database takes."""
    return FORBIDDEN.sub(" ", draft.change.reason)[:LONGEST_REASON]


def _entry(draft: Draft, work: Work) -> JournalEntry:
    return JournalEntry(
        object_name=work.spec.code,
        record_id=draft.record_id,
        operation=draft.operation,
        version=version_after(draft),
        changes=_changes(draft, work),
        decisions=draft.decisions,
        stages=_stages(draft, work),
        owner=_owner(draft, work),
        reason=_remark(draft),
        at=draft.change.as_of,
    )


def _changes(draft: Draft, work: Work) -> Mapping[str, tuple[object, object]]:
    before = draft.before or {}
    found: dict[str, tuple[object, object]] = {}
    for code, value in draft.values.items():
        field = work.spec.fields.get(code)
        if field is None or code in UNREMARKABLE:
            continue
        if field.sensitive or field.type.name == "secret":
            found[code] = ("***" if before.get(code) else None, "***" if value else None)
        else:
            found[code] = (_json(field, before.get(code)), _json(field, value))
    return found


def _json(field: Field, value: object) -> object:
    return None if value is None else field.type.dump(value)


def _stages(draft: Draft, work: Work) -> tuple[StageMove, ...]:
    pipelines = work.spec.pipelines
    if pipelines is None or not draft.changed(pipelines.field):
        return ()
    pipeline = pipelines.of(draft.row)
    owner = draft.row.get("owner")
    at = draft.change.as_of or work.ctx.now
    steps = draft.change.stage_history or ((str(draft.row[pipelines.field]), at),)
    since = (draft.before or {}).get("stage_entered_at")
    moves = []
    for code, entered in steps:
        kind = pipeline.stages[code].kind if code in pipeline.stages else "open"
        moves.append(
            StageMove(
                pipeline=pipeline.code,
                stage=code,
                kind=kind,
                at=entered,
                since=since if isinstance(since, datetime) else None,
                owner=str(owner) if owner else None,
                rule=_responsible(draft, pipelines.field),
            )
        )
        since = entered
    return tuple(moves)


def _owner(draft: Draft, work: Work) -> OwnerMove | None:
    if "owner" not in work.spec.fields or not (draft.changed("owner") or draft.changed("pool")):
        return None
    before = draft.before or {}
    owner, pool = draft.row.get("owner"), draft.row.get("pool")
    return OwnerMove(
        owner=str(owner) if owner else None,
        pool=str(pool) if pool else None,
        at=draft.change.as_of or work.ctx.now,
        ends=bool(before.get("owner") or before.get("pool")),
        rule=_responsible(draft, "owner") or _responsible(draft, "pool"),
    )


def _responsible(draft: Draft, code: str) -> str:
    """Return the last rule that set a field of the draft, "" for a person."""
    setting = [decision.rule for decision in draft.decisions if code in decision.sets]
    return setting[-1] if setting else ""
