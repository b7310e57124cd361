"""Long work: looking through all records of an object for pairs that may be the same."""

from __future__ import annotations

from fieldstone.actions.merging.finding import Finding, search_of, stand_of
from fieldstone.site import Site
from fieldstone.worker.runs import Run


def find_duplicates(site: Site, run: Run) -> dict[str, object]:
    """Go through the object that the job names, step by step; the result counts pairs compared and found."""
    model = site.model
    search = search_of(model, str(run.job.arguments["object"]))
    finding, courses = Finding(search), len(search.courses)
    stand = stand_of(run.progress)
    tables = site.storage.use(model)
    while not stand.done:
        with site.storage.transaction(tables, site.system_context("job")) as tx:
            stand = finding.step(tx, stand)
            run.note_within(tx, **stand.told(courses))
        run.pause()
    return {"compared": stand.compared, "found": stand.found}
