"""After the rows: totals over related rows, and the timelines that an activity belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fieldstone.changes.nouns import Change, Context, Draft, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.deadline_body import TIMELINE
from fieldstone.storage.transaction import RowUpdate
from fieldstone.writes.derive import evaluated
from fieldstone.writes.plan import plan_for
from fieldstone.writes.work import Batch, Work


def refresh_rollups(batch: Batch, work: Work) -> None:
    """Bring the totals that written rows feed up to date, and the formulas over those totals."""
    pairs = [
        (
            _counted(draft.before),
            _counted({**(draft.before or {}), **draft.values, "id": draft.record_id}),
        )
        for draft in batch
        if not draft.refused and draft.attached_to is None
    ]
    changed = work.transaction.rollups(work.spec.code, pairs)
    for object_name, values_by_id in changed.items():
        _keep_totals(object_name, values_by_id, work)


def _counted(row: Mapping[str, object] | None) -> Mapping[str, object] | None:
    return row if row and row.get("deleted_at") is None else None


def _keep_totals(
    object_name: str, values_by_id: Mapping[str, Mapping[str, object]], work: Work
) -> None:
    """Write totals; they are no change by a person, so the version stays and no audit line is written."""
    plan = plan_for(work.model, object_name)
    rows = work.transaction.whole(object_name, values_by_id) if plan.formulas else {}
    updates = []
    for record_id, totals in values_by_id.items():
        values = dict(totals)
        if plan.formulas:
            row = {**rows[record_id], **totals}
            result, _ = evaluated(row, plan, work)
            values |= {f.code: result[f.code] for f in plan.formulas if f.column}
        updates.append(RowUpdate(record_id, values, counts=False))
    work.transaction.update(object_name, updates)


def touched_timelines(standing: Sequence[Draft], model: Model, ctx: Context) -> Iterable[Change]:
    """Ask that records remember when something last happened with them (a finished activity).

    An activity that was corrected or deleted moves nothing, but rules look again at what it was about.
    """
    touched: dict[tuple[str, str], tuple[Draft, bool]] = {}
    for draft in standing:
        # A merge tells by itself when something last happened with the record that stays.
        if draft.change.relinks or draft.row.get("status") not in (None, "done"):
            continue
        gone = draft.operation is Operation.DELETE
        for field in plan_for(model, draft.change.object_name).timelines:
            record_id = draft.row.get(field.code)
            if record_id:
                fresh = not gone and (draft.changed(field.code) or draft.changed("status"))
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
