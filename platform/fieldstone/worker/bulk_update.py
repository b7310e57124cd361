"""Long work: the same values for many records, on behalf of the person who asked."""

from __future__ import annotations

from typing import Any, Final

from fieldstone.actions.kept_values import told_today
from fieldstone.actions.long_work import BULK_UPDATE
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Context, Operation
from fieldstone.site import Site
from fieldstone.worker.runs import Run

NAME: Final = BULK_UPDATE
STEP: Final = 100
"""Records in one transaction: short enough for others to write in between."""
TOLD: Final = 100
"""Refusals that the result tells in words; beyond it only counts them."""


def bulk_update(site: Site, run: Run) -> dict[str, object]:
    """Set `values` on the records `ids` of `object`; the result counts and tells refusals.

    The actor's rights are those of now, not of the moment of asking. Raises RefusedError when the person left.
    """
    told = run.job.arguments
    ids = [str(one) for one in told["ids"]]
    model = site.model
    values = told_today(model, told["object"], told["values"])
    while (done := int(run.progress.get("done", 0))) < len(ids):
        ctx = _context(site, run)
        with site.writes.unit(ctx, model) as unit:
            changes = [
                Change(told["object"], Operation.UPDATE, values, record_id=one)
                for one in ids[done : done + STEP]
            ]
            outcomes = unit.submit(changes)
            refused = {
                one: [problem.message for problem in outcome.problems]
                for one, outcome in zip(ids[done : done + STEP], outcomes, strict=True)
                if outcome.refused
            }
            run.note_within(unit.transaction, **_further(run.progress, refused, len(changes), ids))
        run.pause()
    return {
        "written": len(ids) - int(run.progress.get("refused", 0)),
        "refused": run.progress.get("refused", 0),
        "problems": run.progress.get("problems", {}),
    }


def _further(
    progress: Any, refused: dict[str, list[str]], count: int, ids: list[str]
) -> dict[str, object]:
    problems = {**progress.get("problems", {}), **refused}
    return {
        "done": int(progress.get("done", 0)) + count,
        "total": len(ids),
        "refused": int(progress.get("refused", 0)) + len(refused),
        "problems": dict(list(problems.items())[:TOLD]),
    }


def _context(site: Site, run: Run) -> Context:
    system = site.system_context("job")
    actor = site.actors.by_id(system, site.model, run.job.actor)
    if actor is None:
        cure = "Ask again as somebody who works here."
        raise RefusedError(
            [Problem("no_actor", "actor", "Who asked for this no longer works here.", cure)], 403
        )
    return site.context(actor, "job", run.job.id)
