"""Long work: the rules look at every record of an object, after a changed rule was adopted."""

from __future__ import annotations

from typing import Final

from fieldstone.actions.adopting import touch
from fieldstone.site import Site
from fieldstone.storage.walking import live_ids
from fieldstone.worker.runs import Run

STEP: Final = 100


def rescore(site: Site, run: Run) -> dict[str, object]:
    """Go through the records in the order of their ids, a hundred in each transaction."""
    object_name, model = str(run.job.arguments["object"]), site.model
    tables = site.storage.use(model)
    while True:
        after, done = str(run.progress.get("after", "")), int(run.progress.get("done", 0))
        with site.storage.looking() as connection:
            ids = live_ids(connection, tables, object_name, after=after, limit=STEP)
        if not ids:
            return {"done": done}
        with site.writes.unit(site.system_context("job"), model) as unit:
            unit.submit([touch(object_name, one) for one in ids])
            run.note_within(unit.transaction, after=ids[-1], done=done + len(ids))
        run.pause()
