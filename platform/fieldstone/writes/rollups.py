"""After the rows: totals over related rows, and the timelines that an activity belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fieldstone.changes.nouns import Change, Context, Draft, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.deadline_body import TIMELINE
from fieldstone.storage.transaction import RowUpdate
from fieldstone.writes.derive import evaluated
from fieldstone.writes.plan import ObjectPlan, plan_for
from fieldstone.writes.work import Batch, Work


def refresh_rollups(batch: Batch, work: Work) -> list[Change]:
    """Bring the totals that written rows feed up to date, and the formulas over those totals.

    Return the changes by which rules hear of totals that they watch. Imported history moves no rule, nor does
    what a merge moves: it writes the record that stays itself.
    """
    written = [draft for draft in batch if not draft.refused and draft.attached_to is None]
    pairs = [(_counted(draft.before), _counted(_after(draft))) for draft in written]
    changed = [work.transaction.rollups(work.spec.code, pairs)]
    changed += [
        work.transaction.rollups(child.spec.code, _item_pairs(written, code, work))
        for code, child in work.plan.children.items()
        if _feeds_others(child)
    ]
    heard = any(not (draft.change.skip_rules or draft.change.relinks) for draft in written)
    asked: list[Change] = []
    for found in changed:
        for object_name, values_by_id in found.items():
            moved = _keep_totals(object_name, values_by_id, work)
            asked += moved if heard else ()
    return asked


def _after(draft: Draft) -> dict[str, object]:
    return {**(draft.before or {}), **draft.values, "id": draft.record_id}


def _feeds_others(child: ObjectPlan) -> bool:
    """Tell whether line items feed totals of records other than their own."""
    return any(link != "parent" for link in child.rollups_from)


def _item_pairs(
    written: Sequence[Draft], code: str, work: Work
) -> list[tuple[Mapping[str, object] | None, Mapping[str, object] | None]]:
    """Return line items as they were and as they are, for totals of the records that they name."""
    pairs: list[tuple[Mapping[str, object] | None, Mapping[str, object] | None]] = []
    binned = [d.record_id for d in written if d.operation is Operation.DELETE]
    back = [d.record_id for d in written if d.operation is Operation.RESTORE]
    gone = (
        work.transaction.children(work.spec.code, binned, code, binned_at=work.ctx.now)
        if binned
        else {}
    )
    live = work.transaction.children(work.spec.code, back, code) if back else {}
    pairs += [(item, None) for items in gone.values() for item in items]
    pairs += [(None, item) for items in live.values() for item in items]
    for draft in written:
        if draft.operation in (Operation.CREATE, Operation.UPDATE) and code in draft.values:
            pairs += [(item, None) for item in _listed(draft.before or {}, code)]
            pairs += [(None, item) for item in _listed(draft.values, code)]
    return pairs


def _listed(row: Mapping[str, object], code: str) -> Sequence[Mapping[str, object]]:
    found = row.get(code)
    return found if isinstance(found, tuple | list) else ()


def _counted(row: Mapping[str, object] | None) -> Mapping[str, object] | None:
    return row if row and row.get("deleted_at") is None else None


def _keep_totals(
    object_name: str, values_by_id: Mapping[str, Mapping[str, object]], work: Work
) -> list[Change]:
    """Write totals; they are no change by a person, so the version stays and no audit line is written.

    Return what the rules of those records hear.
    """
    plan = plan_for(work.model, object_name)
    needed = plan.formulas or plan.watched
    rows = work.transaction.whole(object_name, values_by_id) if needed else {}
    updates, asked = [], []
    for record_id, totals in values_by_id.items():
        values = dict(totals)
        if plan.formulas:
            row = {**rows[record_id], **totals}
            result, _ = evaluated(row, plan, work)
            values |= {f.code: result[f.code] for f in plan.formulas if f.column}
        updates.append(RowUpdate(record_id, values, counts=False))
        asked += _told(object_name, record_id, rows.get(record_id, {}), values, plan)
    work.transaction.update(object_name, updates)
    return asked


def _told(
    object_name: str,
    record_id: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    plan: ObjectPlan,
) -> list[Change]:
    moved = {
        code: (before.get(code), after[code])
        for code in plan.watched
        if code in after and before.get(code) != after[code]
    }
    if not moved or before.get("deleted_at") is not None:
        return []
    change = Change(
        object_name,
        Operation.UPDATE,
        record_id=record_id,
        trusted=True,
        moved=moved,
        reason="total",
    )
    return [change]


def touched_timelines(standing: Sequence[Draft], model: Model, ctx: Context) -> Iterable[Change]:
    """Ask that records remember when something last happened with them (a finished activity).

    An activity that was corrected or deleted moves nothing, but rules look again at what it was about. A record
    that remembers for itself (a deal of a customer) is an activity of another only when they are joined.
    """
    touched: dict[tuple[str, str], tuple[Draft, bool]] = {}
    for draft in standing:
        # A merge tells by itself when something last happened with the record that stays.
        if draft.change.relinks or draft.row.get("status") not in (None, "done"):
            continue
        if draft.change.action == TIMELINE:
            continue
        remembers = model.objects[draft.change.object_name].timeline
        gone = draft.operation is Operation.DELETE
        for field in plan_for(model, draft.change.object_name).timelines:
            record_id = draft.row.get(field.code)
            if record_id:
                fresh = not gone and (draft.changed(field.code) or draft.changed("status"))
                if fresh or not remembers:
                    touched[field.type.expression_type.of, str(record_id)] = (draft, fresh)
    for (target, record_id), (draft, fresh) in touched.items():
        at = draft.row.get("done_at") or draft.change.as_of or ctx.now
        yield Change(
            target,
            Operation.UPDATE,
            {"last_activity_at": at} if fresh else {},
            record_id,
            trusted=True,
            as_of=draft.change.as_of,
            skip_rules=draft.change.skip_rules,
            reason="activity",
            action=TIMELINE,
        )
