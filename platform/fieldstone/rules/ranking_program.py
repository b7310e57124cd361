"""A ranking list: figures with weights over a window, published and frozen, with rewards that assignment really gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.workdays import Span
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN, NUMBER
from fieldstone.rules.assignments import span_from
from fieldstone.rules.contract import OBLIGE, Builder, Facts, Rule, Standing, Verdict
from fieldstone.rules.kind import Kind, label_from
from fieldstone.rules.notices import Audience, audiences_from
from fieldstone.rules.ranking_schema import AVERAGE, COUNTING, RATE, SCHEMA, SHARED, SUM
from fieldstone.rules.rotation import groups_from

LAST_RANK: Final = 1_000_000
_RANKS = re.compile(r"(\d{1,6})\s*(?:(-)\s*(\d{1,6})?)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Metric:
    """One figure of each person: an aggregate over the records of an object that point to them."""

    code: str
    label: Label
    object_name: str
    person: str
    at: str
    measure: str
    of: str
    where: str
    weight: int
    per_tenure: bool
    least: int  # fewer records than this say nothing

    @property
    def measures(self) -> Mapping[str, str]:
        """Return what is asked of the read door: the records, and the figure."""
        texts = {
            COUNTING: "count()",
            SUM: f"sum({self.of})",
            AVERAGE: f"avg({self.of})",
            RATE: f"count({self.of})",
        }
        return {"records": "count()", "figure": texts[self.measure]}


@dataclass(frozen=True)
class Reward:
    """What the ranks from `first` to `last` get. `weight` is a percentage of their own weight."""

    first: int
    last: int
    weight: int
    extra: tuple[tuple[str, int], ...]
    access: tuple[str, ...]


@dataclass(frozen=True)
class Newcomers:
    """The floor of people who have not been here for long."""

    within: Span
    weight: int
    access: tuple[str, ...]


@dataclass(frozen=True)
class Appeal:
    """How long people may object to a ranking, and who hears of it."""

    within: Span
    to: tuple[Audience, ...]


@dataclass(frozen=True)
class RankingProgram:
    """The body of a ranking programme."""

    groups: tuple[str, ...]
    metrics: tuple[Metric, ...]
    every: str
    at_minute: int
    window: Span | None
    ties: str
    rewards: tuple[Reward, ...]
    access_by: str
    newcomers: Newcomers | None
    least_weight: int
    most_weight: int
    appeal: Appeal | None

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: the figures come from the read door."""
        return ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """A ranking decides nothing about a record: rotations and claims look at its rewards."""
        return {}

    def standing(self, rank: int, score: float | None, *, newcomer: bool) -> Standing:
        """Return what a rank gives; 0 is no rank. Newcomers get at least their floor."""
        rewards = [one for one in self.rewards if rank and one.first <= rank <= one.last]
        weight = rewards[0].weight if rewards else 100
        access = {value for one in rewards for value in one.access}
        if newcomer and self.newcomers is not None:
            weight = max(weight, self.newcomers.weight)
            access |= set(self.newcomers.access)
        reserved = sorted(self.reserved - access)
        return Standing(
            rank,
            score,
            max(self.least_weight, min(self.most_weight, weight)),
            {period: count for one in rewards for period, count in one.extra},
            {self.access_by: tuple(reserved)} if reserved else {},
        )

    @property
    def reserved(self) -> set[str]:
        """Return the values of `access_by` that only some ranks get."""
        return {value for one in self.rewards for value in one.access}


@dataclass(frozen=True)
class Figure:
    """What one person reached in one metric; `index` is their share of the best, 0 to 100."""

    value: float | None
    records: int
    index: float | None


@dataclass(frozen=True)
class Ranked:
    """One person of the list; rank 0 and no score: too few records to say."""

    person: str
    name: str
    rank: int
    score: float | None
    figures: Mapping[str, Figure]
    newcomer: bool


@dataclass(frozen=True)
class Contestant:
    """A person who is ranked; `share` is the part of the window in which they were here."""

    id: str
    name: str
    share: float
    newcomer: bool


Reached = Mapping[str, Mapping[str, tuple[float | None, int]]]
"""What people reached, by metric and person: (figure, number of records)."""


def ranked(
    body: RankingProgram, people: Iterable[Contestant], reached: Reached
) -> tuple[Ranked, ...]:
    """Return the list, best first.

    Each figure counts as a percentage of the best one, by its weight; a figure of fewer than `least` records is
    left out, and the others then weigh more. Who has none at all comes last, without a rank.
    """
    listed = list(people)
    figures = {one.id: dict[str, Figure]() for one in listed}
    for metric in body.metrics:
        values = {one.id: _value(metric, one, reached) for one in listed}
        best = max((value for value, _ in values.values() if value is not None), default=0.0)
        for one in listed:
            value, records = values[one.id]
            index = (
                None
                if value is None
                else round(100 * max(0.0, value) / best, 1)
                if best > 0
                else 0.0
            )
            figures[one.id][metric.code] = Figure(value, records, index)
    scores = {one.id: _score(body, figures[one.id]) for one in listed}
    order = sorted(
        listed,
        key=lambda one: (
            scores[one.id] is None,
            -(scores[one.id] or 0),
            *_further(body, one, figures),
            one.name,
        ),
    )
    ranks = _ranks(body, order, scores)
    return tuple(
        Ranked(one.id, one.name, ranks[one.id], scores[one.id], figures[one.id], one.newcomer)
        for one in order
    )


def _value(metric: Metric, one: Contestant, reached: Reached) -> tuple[float | None, int]:
    value, records = reached.get(metric.code, {}).get(one.id, (None, 0))
    if metric.measure in (COUNTING, SUM):
        value = (value or 0.0) / (one.share if metric.per_tenure else 1.0)
    elif metric.measure == RATE and value is not None and records:
        value = value / records
    if records < metric.least:
        return None, records
    return None if value is None else round(value, 4), records


def _score(body: RankingProgram, figures: Mapping[str, Figure]) -> float | None:
    told = [(one, index) for one in body.metrics if (index := figures[one.code].index) is not None]
    weights = sum(metric.weight for metric, _ in told)
    if not weights:
        return None
    return round(sum(metric.weight * index for metric, index in told) / weights, 1)


def _further(
    body: RankingProgram, one: Contestant, figures: Mapping[str, Mapping[str, Figure]]
) -> tuple[float, ...]:
    """Return what splits a tie: the metrics in their order."""
    return tuple(-(figures[one.id][metric.code].index or 0) for metric in body.metrics)


def _ranks(
    body: RankingProgram, order: Sequence[Contestant], scores: Mapping[str, float | None]
) -> dict[str, int]:
    ranks: dict[str, int] = {}
    before: Contestant | None = None
    for place, one in enumerate(order, start=1):
        score = scores[one.id]
        if score is None:
            ranks[one.id] = 0
            continue
        tied = before is not None and scores[before.id] == score and body.ties == SHARED
        ranks[one.id] = ranks[before.id] if tied and before is not None else place
        before = one
    return ranks


def compile_rule(raw: Mapping[str, Any], build: Builder) -> RankingProgram:
    """Compile metrics and rewards."""
    metrics = [_metric(code, one, build) for code, one in raw["metrics"].items()]
    rewards = [_reward(one, f"rewards.{i}", build) for i, one in enumerate(raw.get("rewards", ()))]
    access_by = raw.get("access_by", "")
    if any(one is not None and one.access for one in rewards) and not access_by:
        build.problem(
            "access_by", "missing_key", "Ranks get access, but to what?", "Add 'access_by: grade'."
        )
    limits = raw.get("weight_between", [1, 1000])
    return RankingProgram(
        groups_from(raw["of"], "of", build),
        tuple(one for one in metrics if one is not None),
        raw.get("every", "month"),
        _minute(raw.get("at", "08:00"), build),
        span_from(raw["window"], "window", build) if "window" in raw else None,
        raw.get("ties", SHARED),
        tuple(one for one in rewards if one is not None),
        build.field("access_by", access_by) if access_by else "",
        _newcomers(raw.get("newcomers"), build),
        limits[0],
        limits[1],
        _appeal(raw.get("appeal"), build),
    )


def _metric(code: str, raw: Mapping[str, Any], build: Builder) -> Metric | None:
    path = f"metrics.{code}"
    scope = build.scope_of(raw["object"], f"{path}.object")
    if scope is None:
        return None
    measure, of = raw.get("measure", COUNTING), raw.get("of")
    if (of is None) != (measure == COUNTING):
        build.problem(
            f"{path}.of",
            "measure_of",
            f"'{measure}' {'needs' if of is None else 'takes no'} 'of'.",
            "Write {measure: sum, of: amount}, {measure: rate, of: \"stage == 'won'\"} or {measure: count}.",
        )
        return None
    build.expression(f"{path}.of", of, expects=BOOLEAN if measure == RATE else NUMBER, scope=scope)
    build.expression(f"{path}.where", raw.get("where"), expects=BOOLEAN, scope=scope)
    return Metric(
        code,
        label_from(raw.get("label"), Label(code.replace("_", " ").capitalize())),
        raw["object"],
        build.field(f"{path}.person", raw.get("person", "owner"), scope=scope),
        build.field(f"{path}.at", raw["at"], scope=scope),
        measure,
        str(of or ""),
        str(raw.get("where", "")),
        raw.get("weight", 1),
        raw.get("per_tenure", measure in (COUNTING, SUM)),
        raw.get("least", 0),
    )


def _reward(raw: Mapping[str, Any], path: str, build: Builder) -> Reward | None:
    found = _RANKS.fullmatch(str(raw["ranks"]).strip())
    if found is None:
        build.problem(
            f"{path}.ranks", "bad_ranks", f"{raw['ranks']!r} are no ranks.", "Write 1, 1-3, or 4-."
        )
        return None
    first = int(found[1])
    last = int(found[3]) if found[3] else (LAST_RANK if found[2] else first)
    extra = raw.get("extra", {})
    return Reward(
        first,
        last,
        raw.get("weight", 100),
        tuple((key.removeprefix("per_"), count) for key, count in extra.items()),
        tuple(raw.get("access", ())),
    )


def _newcomers(raw: Mapping[str, Any] | None, build: Builder) -> Newcomers | None:
    if raw is None:
        return None
    span = span_from(raw["within"], "newcomers.within", build)
    if span is None:
        return None
    return Newcomers(span, raw.get("weight", 100), tuple(raw.get("access", ())))


def _appeal(raw: Mapping[str, Any] | None, build: Builder) -> Appeal | None:
    if raw is None:
        return None
    span = span_from(raw["within"], "appeal.within", build)
    return None if span is None else Appeal(span, audiences_from(raw["to"], "appeal.to", build))


def _minute(written: str, build: Builder) -> int:
    found = _CLOCK.fullmatch(written)
    if found is None:
        build.problem("at", "bad_time", f"{written!r} is no time of day.", "Write 08:00.")
        return 0
    return int(found[1]) * 60 + int(found[2])


KIND = Kind(
    "ranking_program",
    Label("Ranking programme", "龙虎榜"),
    OBLIGE,
    SCHEMA,
    compile_rule,
    about=Label(
        "Publishes a list of people by their figures, and gives the top ranks more.",
        "按业绩指标发布榜单，并给予靠前名次更多资源。",
    ),
)
