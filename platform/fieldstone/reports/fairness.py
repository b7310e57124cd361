"""Whether assignment was fair: what each person got from rules beside what weights, caps and availability say."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from fieldstone.base.errors import RefusedError
from fieldstone.base.label import Label
from fieldstone.reads.happenings import GIVEN, Dealt
from fieldstone.reads.query import HIGHEST_LIMIT, Query
from fieldstone.reports.asking import Asker, quotient
from fieldstone.reports.results import Column, Line, Number
from fieldstone.reports.sources import Settings

COLUMNS: Final = (
    Column("given", Label("Given by rules", "规则分配")),
    Column("share", Label("Share", "占比"), "percent"),
    Column("weight", Label("Weight", "权重")),
    Column("out", Label("Away or at a limit", "不在岗或已达上限")),
    Column("due", Label("Share due", "应得占比"), "percent"),
    Column("apart", Label("More or less than due", "多于或少于应得")),
)


def fairness(asker: Asker, settings: Settings) -> tuple[tuple[Column, ...], list[Line]]:
    """Return a line for everybody who was given something, or could have been, in the period.

    What is due adds up over the records: each counts for those who could take it then (neither away nor at a limit), by
    their weights where the rule goes by weight, else in equal parts. Weights are those of now.
    """
    question = asker.question("owner", str(settings.get("when", "")))
    event = question.happening({"kind": GIVEN})
    given = asker.analysis.happened(question.anybody, event, "owner")
    dealt, out = asker.analysis.dealt(question.anybody, event)
    weights = _weights(asker)
    expected = _expected(dealt, weights)
    total, whole = sum(given.values()), sum(expected.values())
    lines = []
    people = {str(key): count for key, count in given.items()}
    people |= dict.fromkeys([*expected, *out], 0) | people
    for key, count in sorted(people.items(), key=lambda one: (-one[1], one[0])):
        due = total * expected.get(key, Fraction(0)) / whole if whole else Fraction(0)
        values: dict[str, Number] = {
            "given": count,
            "share": quotient(count, total),
            "weight": weights.get(key, 1),
            "out": out.get(key, 0),
            "due": quotient(_rounded(due * 1000), total * 1000),
            "apart": _rounded(count - due),
        }
        lines.append(Line(key, values))
    return COLUMNS, lines


def _expected(dealt: Mapping[Dealt, int], weights: Mapping[str, int]) -> dict[str, Fraction]:
    """Return how many records each person should have got."""
    expected: dict[str, Fraction] = {}
    for among, count in dealt.items():
        parts = {one: weights.get(one, 1) if among.by_weight else 1 for one in among.free}
        whole = sum(parts.values()) or 1
        for one, part in parts.items():
            expected[one] = expected.get(one, Fraction(0)) + Fraction(count * part, whole)
    return expected


def _rounded(number: Fraction) -> int:
    """Return the nearest whole number, halves away from nought."""
    return int(number + Fraction(1 if number >= 0 else -1, 2))


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
