"""Step 1: fetch and lock the stored rows that the changes speak of."""

from __future__ import annotations

from collections.abc import Mapping

from fieldstone.base.errors import Problem
from fieldstone.changes.nouns import Draft, Operation
from fieldstone.writes.fill import fill
from fieldstone.writes.work import Batch, Work, each_standing

Rows = Mapping[str, Mapping[str, object]]


def load(batch: Batch, work: Work) -> Batch:
    """Give every update, deletion and restoration its stored row; refuse the missing."""
    ids = [d.record_id for d in batch if d.operation is not Operation.CREATE and not d.refused]
    rows = work.transaction.rows(work.spec.code, ids, deleted=True, lock=True) if ids else {}
    stored = _with_items(rows, batch, work)

    def judge(draft: Draft) -> Draft:
        if draft.operation is Operation.CREATE:
            return draft
        row = stored.get(draft.record_id)
        wanted_deleted = draft.operation is Operation.RESTORE
        if row is None or (row.get("deleted_at") is not None) != wanted_deleted:
            return missing(draft, work)
        moved = draft.change.moved
        return draft.but(before={**row, **{code: old for code, (old, _) in moved.items()}})

    return fill(each_standing(batch, judge), work)


def _with_items(rows: Rows, batch: Batch, work: Work) -> Rows:
    """Add the line items that the changes send anew: only what differs is written."""
    found = dict(rows)
    for code in work.plan.children:
        ids = [d.record_id for d in batch if code in d.change.values and d.record_id in rows]
        items = work.transaction.children(work.spec.code, ids, code) if ids else {}
        for record_id in ids:
            found[record_id] = {**found[record_id], code: tuple(items.get(record_id, ()))}
    return found


def fresh(batch: Batch, work: Work) -> Batch:
    """Refuse changes of a version that was overtaken; asked after `admit`, for a version is a fact of the record."""
    del work
    return each_standing(batch, _fresh)


def missing(draft: Draft, work: Work) -> Draft:
    """Refuse a draft whose record is not there, or not there for this actor: both read the same."""
    where = "in the recycle bin" if draft.operation is Operation.RESTORE else "here"
    return draft.but(status=404).with_problems(
        Problem(
            "not_found",
            "id",
            f"There is no {work.spec.label.en.lower()} {draft.record_id} {where}.",
            "Check the id; the record may have been deleted, or you may not see it.",
        )
    )


def _fresh(draft: Draft) -> Draft:
    expected, found = draft.change.expected_version, (draft.before or {}).get("version")
    if expected is None or expected == found:
        return draft
    return draft.but(status=412).with_problems(
        Problem(
            "stale",
            "version",
            f"The record was changed meanwhile: you hold version {expected}, it is at {found}.",
            "Read it again, look at what changed and send your change with the new version.",
        )
    )
