"""The records behind one figure of a person on a ranking list, as far as whoever looks may see them."""

from __future__ import annotations

import json

from fieldstone.actions.ranking import OWNER, Office, counted_in
from fieldstone.changes.nouns import SYSTEM_ACTOR
from fieldstone.reads.assigned import seen_among
from fieldstone.reads.credits import ids_credited
from fieldstone.reads.query import Query
from fieldstone.rules.ranking_program import Metric
from fieldstone.rules.ranking_schema import RATE
from fieldstone.storage.rankings import Edition


def records_of(
    office: Office, metric: Metric, shown: Edition, person: str, *, upper: bool
) -> tuple[list[str], int]:
    """Return the ids of what a figure counts in the window of an edition, as the records stand now, and how many all are.

    `upper` asks for the upper part of a rate alone. What counts is chosen over all records, as the list does it.
    """
    where = counted_in(office.model, metric, shown.since, shown.until)
    if upper and metric.measure == RATE:
        where = f"({where}) and ({metric.of})"
    ctx = office.ctx.acting_as(SYSTEM_ACTOR)
    with office.reads.sight(ctx, office.model) as every:
        if metric.person == OWNER:
            found = ids_credited(every, metric.object_name, Query(filter=where), metric.at, person)
        else:
            theirs = f"({where}) and {metric.person} == {json.dumps(person)}"
            found = ids_credited(every, metric.object_name, Query(filter=theirs))
    with office.reads.sight(office.ctx, office.model) as mine:
        return seen_among(mine, metric.object_name, found), len(found)
