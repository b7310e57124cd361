"""What a group of records bears of costs that are booked on what they came by: in equal parts, exact to the cent.

A cost of a channel is spread evenly over all records of the period that came by it, one of a campaign over those of the
campaign; each group bears the parts of its records. Cents that do not divide go to the groups with the largest remainders, so
that the parts of a cost add up to it. Records that a reader may not see bear their part too: what a group costs does not
depend on who looks. Two lines of their own take what no group bears: a cost by which nothing came (`NO_RECORD`), and the
part of records that the chart does not show (`OTHERS`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from fieldstone.access.access import access_to
from fieldstone.base.label import Label
from fieldstone.changes.nouns import SYSTEM_ACTOR
from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import Query
from fieldstone.reports.results import Number
from fieldstone.reports.sources import Question, condition_of_other, other

Settings = Mapping[str, Any]
Place = tuple[object, object]  # what a cost is booked on: a channel and, or not, a campaign
CENTS: Final = 100
MOST_GROUPS: Final = 100_000
COUNT: Final = "n"
NO_RECORD: Final = "rest:none"
OTHERS: Final = "rest:others"


@dataclass(frozen=True)
class Cell:
    """Records of one group that came one way, and whether the chart counts them."""

    group: object
    place: Place
    counted: bool


def borne(question: Question, settings: Settings) -> dict[object, Number]:
    """Return what each group bears, with what is left over; None for all together without a group."""
    cells = _cells(question, settings)
    shown = {cell: n for cell, n in cells.items() if cell.counted}
    every = _every(question, settings, cells)
    found: dict[object, Decimal] = {}

    def bears(group: object, part: Decimal) -> None:
        if part:
            found[group] = found.get(group, Decimal(0)) + part

    for place, cost in _costs(question, settings).items():
        heads, mine = _heads(place, every), _heads(place, shown)
        if not heads:
            bears(NO_RECORD, cost)
        for group, part in parts_of(cost, heads).items():
            seen = min(mine.get(group, 0), heads[group])
            own = parts_of(part, {True: seen, False: heads[group] - seen})[True]
            bears(group, own)
            bears(OTHERS, part - own)
    return dict(found) if question.group else {None: found.get(None, Decimal(0))}


def _every(question: Question, settings: Settings, seen: Mapping[Cell, int]) -> Mapping[Cell, int]:
    """Count the records of the period that the reader may not see, too, in the days of the reader."""
    asker = question.ctx.actor
    if access_to(question.model, asker, question.object_name).read_scope.everything:
        return seen
    system = question.ctx.acting_as(replace(SYSTEM_ACTOR, zone=asker.zone))
    return _cells(replace(question, ctx=system, when=""), settings)


def _heads(place: Place, cells: Mapping[Cell, int]) -> dict[object, int]:
    """Return how many records of each group bear a cost that is booked on a place."""
    heads: dict[object, int] = {}
    for cell, count in cells.items():
        if _bears(place, cell.place):
            heads[cell.group] = heads.get(cell.group, 0) + count
    return heads


def name_of_rest(key: object, spec: ObjectType) -> Label | None:
    """Return what a line of what is left over is called; None for any other line."""
    if key == NO_RECORD:
        return Label(f"No {spec.label.text('en').lower()}", f"没有{spec.label.text('zh')}")
    if key == OTHERS:
        return Label(f"Other {spec.plural.text('en').lower()}", f"其他{spec.plural.text('zh')}")
    return None


def cut_off(
    lines: list[dict[str, object]], most: int, group: str, figures: Settings
) -> list[dict[str, object]]:
    """Return the first lines and what is left over, to which what the others bear is added."""
    costs = [code for code, one in figures.items() if "borne" in one]
    rest = {
        line[group]: {code: line[code] for code in (group, *costs) if code in line}
        for line in lines
        if line[group] in (NO_RECORD, OTHERS)
    }
    own = [line for line in lines if line[group] not in rest]
    for code in costs:
        bears = sum(Decimal(str(line.get(code) or 0)) for line in own[most:])
        if bears:
            others = rest.setdefault(OTHERS, {group: OTHERS})
            others[code] = Decimal(str(others.get(code) or 0)) + bears
    return [*own[:most], *(rest[one] for one in (OTHERS, NO_RECORD) if one in rest)]


def parts_of(cost: Decimal, heads: Mapping[Any, int]) -> dict[Any, Decimal]:
    """Return a sum in parts by heads, to the cent: the largest remainders get the cents that are left over."""
    whole = sum(heads.values())
    if not whole:
        return {}
    cents = int((cost * CENTS).quantize(Decimal(1), ROUND_HALF_UP))
    parts = {one: cents * count // whole for one, count in heads.items()}
    order = sorted(
        heads, key=lambda one: (-(cents * heads[one] % whole), "~" if one is None else str(one))
    )
    for one in order[: cents - sum(parts.values())]:
        parts[one] += 1
    return {one: Decimal(part) / CENTS for one, part in parts.items()}


def costs_behind(question: Question, settings: Settings, key: str | None) -> str | None:
    """Return which costs a group bears a part of, as a condition over them."""
    channel, campaign = _by(settings)
    if key in (NO_RECORD, OTHERS):
        return _behind_rest(question, settings, borne_by_some=key == OTHERS)
    ways: dict[object, set[str]] = {}
    for cell in _cells(question, settings):
        if cell.counted and (not question.group or cell.group == key):
            ways.setdefault(cell.place[0], set()).update(
                [str(cell.place[1])] if cell.place[1] else []
            )
    parts = [condition_of_other(question, settings) or ""]
    parts += [" or ".join(_way(channel, campaign, *one) for one in ways.items()) or "id == null"]
    return " and ".join(f"({part})" for part in parts if part)


def _behind_rest(question: Question, settings: Settings, *, borne_by_some: bool) -> str:
    """Return the costs of ways by which records came, or none."""
    channel, campaign = _by(settings)
    every = _every(question, settings, _cells(question, settings))
    places = [
        one for one in _costs(question, settings) if bool(_heads(one, every)) == borne_by_some
    ]
    on = [f"({_is(channel, way)} and {_is(campaign, wave)})" for way, wave in places]
    parts = [condition_of_other(question, settings) or "", " or ".join(on) or "id == null"]
    return " and ".join(f"({part})" for part in parts if part)


def _is(field: str, value: object) -> str:
    return f"{field} == null" if value is None else f"{field} == {json.dumps(value)}"


def _way(channel: str, campaign: str, came: object, campaigns: set[str]) -> str:
    on = _is(channel, came)
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
