"""Long work: a rule looks at the records that were there before it, and is taken back again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from fieldstone.actions.applying import STEP, apply_to, take_back
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.site import Site
from fieldstone.storage.rule_runs import RAN, RUNNING, UNDOING, UNDONE, RuleRun, RuleRuns
from fieldstone.storage.walking import live_ids
from fieldstone.worker.runs import Run


def apply_rule(site: Site, run: Run) -> dict[str, object]:
    """Go through the records in the order of their ids, a hundred in each transaction."""
    asked, tables = _asked(site, run), site.storage.use(site.model)
    rule = site.model.rules.get(asked.rule)
    while rule is not None:
        with site.storage.looking() as connection:
            after = str(run.progress.get("after", ""))
            name, since = asked.object_name, asked.since
            ids = live_ids(connection, tables, name, after=after, limit=STEP, since=since)
        if not ids:
            break
        with site.writes.unit(_context(site, asked), site.model) as unit:
            done = apply_to(unit, rule, ids)
            unit.transaction.rule_runs.add(asked.id, done.touched)
            counts = Counter(run.progress.get("counts", {}))
            counts.update({**done.counts, "looked_at": len(ids)})
            run.note_within(unit.transaction, after=ids[-1], counts=counts)
        run.pause()
    return _over(site, run, asked, (RUNNING, RAN))


def undo_rule_run(site: Site, run: Run) -> dict[str, object]:
    """Go through what the run touched, the last one first."""
    asked = _asked(site, run)
    while True:
        below = run.progress.get("below")
        with site.storage.looking() as connection:
            touched = list(RuleRuns(connection).touched(asked.id, below, STEP))
        if not touched:
            break
        with site.writes.unit(_context(site, asked), site.model) as unit:
            counts = Counter(run.progress.get("counts", {})) + take_back(unit, asked, touched)
            run.note_within(unit.transaction, below=touched[-1].place, counts=counts)
        run.pause()
    return _over(site, run, asked, (UNDOING, UNDONE))


def _asked(site: Site, run: Run) -> RuleRun:
    with site.storage.looking() as connection:
        found = RuleRuns(connection).get(str(run.job.arguments["run"]))
    if found is None:
        cure = "Apply the rule anew."
        raise RefusedError([Problem("not_found", "run", "This run is no longer kept.", cure)], 404)
    return found


def _context(site: Site, asked: RuleRun) -> Context:
    return replace(site.system_context("job"), request_id=asked.id)


def _over(site: Site, run: Run, asked: RuleRun, states: tuple[str, str]) -> dict[str, object]:
    counts = {**asked.counts, **run.progress.get("counts", {})}
    with site.storage.connection() as connection:
        RuleRuns(connection).turn(asked.id, *states, site.clock(), counts)
    return {"run": asked.id, "counts": counts}
