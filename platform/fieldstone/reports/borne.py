"""What a group of records bears of costs that are booked on what they came by: in equal parts, exact to the cent.

A cost of a channel is spread evenly over all records of the period that came by it, one of a campaign over those of the
campaign; each group bears the parts of its records. Cents that do not divide go to the groups with the largest remainders, so
that the parts of a cost add up to it. A cost of a way by which nothing came in the period is borne by nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from fieldstone.reads.query import Query
from fieldstone.reports.results import Number
from fieldstone.reports.sources import Question, condition_of_other, other

Settings = Mapping[str, Any]
Place = tuple[object, object]  # what a cost is booked on: a channel and, or not, a campaign
CENTS: Final = 100
MOST_GROUPS: Final = 100_000
COUNT: Final = "n"


@dataclass(frozen=True)
class Cell:
    """Records of one group that came one way, and whether the chart counts them."""

    group: object
    place: Place
    counted: bool


def borne(question: Question, settings: Settings) -> dict[object, Number]:
    """Return what each group bears, None for all together without a group."""
    cells = _cells(question, settings)
    found: dict[object, Decimal] = {}
    for place, cost in _costs(question, settings).items():
        heads: dict[tuple[object, bool], int] = {}
        for cell, count in cells.items():
            if _bears(place, cell.place):
                one = (cell.group, cell.counted)
                heads[one] = heads.get(one, 0) + count
        for (group, counted), part in parts_of(cost, heads).items():
            if counted:
                found[group] = found.get(group, Decimal(0)) + part
    return dict(found)


def parts_of(cost: Decimal, heads: Mapping[Any, int]) -> dict[Any, Decimal]:
    """Return a sum in parts by heads, to the cent: the largest remainders get the cents that are left over."""
    whole = sum(heads.values())
    if not whole:
        return {}
    cents = int((cost * CENTS).quantize(Decimal(1), ROUND_HALF_UP))
    parts = {one: cents * count // whole for one, count in heads.items()}
    order = sorted(heads, key=lambda one: (-(cents * heads[one] % whole), str(one)))
    for one in order[: cents - sum(parts.values())]:
        parts[one] += 1
    return {one: Decimal(part) / CENTS for one, part in parts.items()}


def costs_behind(question: Question, settings: Settings, key: str | None) -> str | None:
    """Return which costs a group bears a part of, as a condition over them."""
    channel, campaign = _by(settings)
    ways: dict[object, set[str]] = {}
    for cell in _cells(question, settings):
        if cell.counted and (not question.group or cell.group == key):
            ways.setdefault(cell.place[0], set()).update(
                [str(cell.place[1])] if cell.place[1] else []
            )
    parts = [condition_of_other(question, settings) or ""]
    parts += [" or ".join(_way(channel, campaign, *one) for one in ways.items()) or "id == null"]
    return " and ".join(f"({part})" for part in parts if part)


def _way(channel: str, campaign: str, came: object, campaigns: set[str]) -> str:
    on = f"{channel} == null" if came is None else f"{channel} == {json.dumps(came)}"
    own = f" or {campaign} in {json.dumps(sorted(campaigns))}" if campaigns else ""
    return f"({on} and ({campaign} == null{own}))"


def _bears(cost: Place, record: Place) -> bool:
    return cost[0] == record[0] and cost[1] in (None, record[1])


def _by(settings: Settings) -> tuple[str, str]:
    channel, campaign = settings["by"]
    return str(channel), str(campaign)


def _costs(question: Question, settings: Settings) -> dict[Place, Decimal]:
    """Return the part of the costs that lies in the period, by what they are booked on."""
    channel, campaign = _by(settings)
    booked = replace(question, group=channel, below=campaign)
    costs = {name: value for name, value in settings.items() if name != "credited"}
    found = other(booked, {**costs, "group": channel, "below": campaign})
    return {_pair(key): Decimal(cost) for key, cost in found.items() if cost}


def _pair(key: object) -> Place:
    return (key[0], key[1]) if isinstance(key, tuple) else (key, None)


def _cells(question: Question, settings: Settings) -> dict[Cell, int]:
    """Count all records of the period, those too that the chart leaves out: they bear their part."""
    return {
        Cell(group, place, counted): count
        for group, place, counts in _lines(question, settings)
        for counted, count in counts
        if count
    }


def _lines(
    question: Question, settings: Settings
) -> Iterator[tuple[object, Place, tuple[tuple[bool, int], tuple[bool, int]]]]:
    group, credited = question.group, str(settings.get("credited", ""))
    ways = _by(settings)
    own = [] if credited or not group else [group]
    measures = {COUNT: "count()"} | ({"in": f"count({question.when})"} if question.when else {})
    query = Query(filter=question.of_everything, limit=MOST_GROUPS)
    lines = question.analysis.grouped(query, [*own, *ways], measures, credited)
    key = "owner" if credited else group
    for line in lines:
        every = int(str(line[COUNT]))
        shown = int(str(line["in"])) if question.when else every
        place = (line[ways[0]], line[ways[1]])
        yield line[key] if group else None, place, ((True, shown), (False, every - shown))
