"""Whether assignment was fair: what each person got from rules beside what the weights say."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from fieldstone.base.errors import RefusedError
from fieldstone.base.label import Label
from fieldstone.reads.happenings import GIVEN
from fieldstone.reads.query import HIGHEST_LIMIT, Query
from fieldstone.reports.asking import Asker, quotient
from fieldstone.reports.results import Column, Line, Number
from fieldstone.reports.sources import Settings

COLUMNS: Final = (
    Column("given", Label("Given by rules", "规则分配")),
    Column("share", Label("Share", "占比"), "percent"),
    Column("weight", Label("Weight", "权重")),
    Column("due", Label("Share of the weights", "权重占比"), "percent"),
    Column("apart", Label("More or less than due", "多于或少于应得")),
)
WHOLE: Final = Decimal(1)


def fairness(asker: Asker, settings: Settings) -> tuple[tuple[Column, ...], list[Line]]:
    """Return a line for everybody who was given something in the period; weights are those of now."""
    question = asker.question("owner", str(settings.get("when", "")))
    event = question.happening({"kind": GIVEN})
    given = asker.analysis.happened(question.anybody, event, "owner")
    weights = _weights(asker)
    weighed = {key: weights.get(str(key), 1) for key in given}
    total, whole = sum(given.values()), sum(weighed.values())
    lines = []
    for key, count in sorted(given.items(), key=lambda one: -one[1]):
        due = quotient(weighed[key], whole)
        expected = Decimal(total) * weighed[key] / max(1, whole)
        apart = (Decimal(count) - expected).quantize(WHOLE, ROUND_HALF_UP)
        values: dict[str, Number] = {
            "given": count,
            "share": quotient(count, total),
            "weight": weighed[key],
            "due": due,
            "apart": int(apart),
        }
        lines.append(Line(key, values))
    return COLUMNS, lines


def _weights(asker: Asker) -> dict[str, int]:
    """Return the weights of people by id, 1 where the reader may see none."""
    if "weight" not in asker.model.objects["user"].fields:
        return {}
    query = Query(fields=("weight",), limit=HIGHEST_LIMIT)
    try:
        page = asker.reads.list(asker.ctx, asker.model, "user", query)
    except RefusedError:
        return {}
    found = {one.id: one.values.get("weight") for one in page.rows}
    return {one: int(weight) for one, weight in found.items() if isinstance(weight, int)}
