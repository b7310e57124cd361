"""After the rows: totals over related rows, and the timelines that an activity belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fieldstone.changes.nouns import Change, Context, Draft, Operation
from fieldstone.model.site_model import Model
from fieldstone.writes.plan import plan_for
from fieldstone.writes.work import Batch, Work


def refresh_rollups(batch: Batch, work: Work) -> None:
    """Bring the totals of every record that gained, lost or shares a written row up to date."""
    for field_code in work.plan.rollups_from:
        parents = {
            str(parent)
            for draft in batch
            if not draft.refused
            for parent in ((draft.before or {}).get(field_code), draft.row.get(field_code))
            if parent
        }
        if parents:
            work.transaction.refresh_rollups(work.spec.code, field_code, sorted(parents))


def touched_timelines(standing: Sequence[Draft], model: Model, ctx: Context) -> Iterable[Change]:
    """Ask that records remember when something last happened with them (a finished activity)."""
    touched: dict[tuple[str, str], Draft] = {}
    for draft in standing:
        if draft.operation is Operation.DELETE or draft.row.get("status") not in (None, "done"):
            continue
        for field in plan_for(model, draft.change.object_name).timelines:
            target = field.type.expression_type.of
            record_id = draft.row.get(field.code)
            if record_id and (draft.changed(field.code) or draft.changed("status")):
                touched[target, str(record_id)] = draft
    for (target, record_id), draft in touched.items():
        at = draft.row.get("done_at") or draft.change.as_of or ctx.now
        yield Change(
            target,
            Operation.UPDATE,
            {"last_activity_at": at},
            record_id,
            trusted=True,
            skip_rules=draft.change.skip_rules,
            reason="activity",
        )
