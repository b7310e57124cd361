"""Long work after a change of the configuration: last values of retyped fields, and values of new computed fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fieldstone.evolution.relocation import carries_of
from fieldstone.site import Site
from fieldstone.storage.filling import fill
from fieldstone.storage.following_rules import NewRule, follow_rules
from fieldstone.storage.revising import SETTLE
from fieldstone.worker.runs import Run

NAME: Final = SETTLE


def settle(site: Site, run: Run) -> dict[str, object]:
    """Bring the records in step with a revision; a killed worker's successor goes on where it stopped."""
    number = int(run.job.arguments["revision"])
    carried = _carry_the_rest(site, number)
    _follow_late(site, run.job.arguments.get("rules", ()))
    site.storage.reindex(site.storage.use(site.model), site.clock())
    filled = 0
    fills = run.job.arguments["fills"]
    while (place := int(run.progress.get("place", 0))) < len(fills):
        object_name, code = fills[place]
        last = _fill(site, run, object_name, code, place)
        filled += 1 if last else 0
        run.pause()
    return {"carried": carried, "batches": filled}


def _fill(site: Site, run: Run, object_name: str, code: str, place: int) -> str:
    model, ctx = site.model, site.system_context("job")
    spec = model.objects.get(object_name)
    known = spec is not None and code in spec.fields and bool(spec.fields[code].column)
    with site.storage.transaction(site.storage.use(model), ctx) as transaction:
        # A later revision may have taken the field away again.
        last = (
            fill(transaction, object_name, code, str(run.progress.get("last", ""))) if known else ""
        )
        run.note_within(transaction, place=place if last else place + 1, last=last)
    return last


def _follow_late(site: Site, renamed: Iterable[Sequence[str]]) -> None:
    """Let rows follow that processes wrote by the earlier codes of rules, unless a later revision gave these back."""
    rules = site.model.rules
    late = [
        NewRule(earlier, code)
        for earlier, code in renamed
        if code in rules and earlier not in rules
    ]
    if late:
        with site.storage.connection() as connection:
            follow_rules(connection, late, late=True)


def _carry_the_rest(site: Site, number: int) -> int:
    """Carry what processes wrote that followed late, and watch no more."""
    if site.changing is None:
        return 0
    workshop = site.changing.workshop
    revision = workshop.revision(number)
    before = workshop.model(workshop.documents(revision.base))
    after = workshop.model(workshop.documents(number))
    carries = carries_of(before, after)
    carrier = site.storage.carrier()
    carrier.leave(carries)
    count = 0
    with site.storage.connection() as connection:
        for one in carries:
            count += carrier.catch_up(connection, one)
    return count
