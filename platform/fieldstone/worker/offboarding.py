"""Handing over as long work: portion by portion, each noted with it, so that a killed worker leaves nothing half done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fieldstone.actions.leaving.handing import AT_ONCE, further, hand_over
from fieldstone.actions.leaving.heirs import Heirs
from fieldstone.actions.offboard import JOB
from fieldstone.base.english import quantity
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Effect
from fieldstone.reads.leaving import leaving_rule
from fieldstone.rules.offboarding import HandOver, Offboarding
from fieldstone.site import Site
from fieldstone.worker.runs import Run

NAME = JOB


def offboard(site: Site, run: Run) -> dict[str, object]:
    """Hand over what a person works on; the result tells how many records went to whom."""
    found = leaving_rule(site.model)
    if found is None:
        text, cure = (
            "No rule says any more how people hand over.",
            "Restore the rule, then ask again.",
        )
        raise RefusedError([Problem("no_rule", "rule", text, cure)])
    _, body = found
    while (place := int(run.progress.get("entry", 0))) < len(body.hand_overs):
        one = body.hand_overs[place]
        done = _portion(site, run, body, one)
        if done < AT_ONCE:
            run.note(**{**run.progress, "entry": place + 1, "after": ""})
        run.pause()
    _tell(site, run)
    return {
        "done": run.progress.get("done", 0),
        "report": run.progress.get("report", {}),
    }


def _portion(site: Site, run: Run, body: Offboarding, one: HandOver) -> int:
    """Hand over the next portion of one kind and note it in the same transaction; return how many there were."""
    ctx = replace(site.system_context("job"), request_id=run.job.id)
    person, model = str(run.job.arguments["person"]), site.model
    to = run.job.arguments.get("to", {}).get(one.code) or one.to
    with site.writes.unit(ctx, model) as unit:
        row = unit.transaction.rows("user", [person], deleted=True).get(person, {"id": person})
        heirs = Heirs(unit.transaction, row, run.job.actor, int(run.progress.get("turn", 0)))
        portion = hand_over(unit, body, one, str(to), heirs, str(run.progress.get("after", "")))
        noted: dict[str, Any] = {
            "total": run.job.arguments.get("total", 0),
            **further(run.progress, one.code, portion),
            "turn": heirs.turn,
        }
        run.note_within(unit.transaction, **noted)
    return portion.done


def _tell(site: Site, run: Run) -> None:
    """Tell whoever asked that it is done, once."""
    if run.progress.get("told"):
        return
    ctx = site.system_context("job")
    person = str(run.job.arguments["person"])
    count = run.progress.get("done", 0)
    payload = {
        "object": "user",
        "id": person,
        "message": {
            "en": f"The hand-over is done: {quantity(count, 'record')}.",
            "zh": f"离职移交已完成，共 {count} 条记录。",
        },
    }
    with site.writes.unit(ctx, site.model) as unit:
        effect = Effect("in_page", run.job.actor, "offboarding", payload)
        unit.transaction.outbox([("user", person, effect)])
        run.note_within(unit.transaction, **{**run.progress, "told": True})
