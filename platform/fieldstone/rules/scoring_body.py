"""What a record's points are: worked out anew from what it is and what happened, and kept as differences in a ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from fieldstone.base.cached import cached_property
from fieldstone.base.english import quantity
from fieldstone.base.label import Label
from fieldstone.base.workdays import zone_of
from fieldstone.changes.nouns import Draft, LedgerEntry, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.rules.adoption import held_back
from fieldstone.rules.contract import Due, Facts, Rule, Verdict
from fieldstone.rules.happenings import Caps, Happening, rounded

MOST_POINTS: Final = 100_000
SHOWN_ITEMS: Final = 12
FADE: Final = "fade"
LOOK_AGAIN: Final = timedelta(days=1)
"""Time alone changes a score at most once in so long: cost follows what fades, not the clock."""


@dataclass(frozen=True)
class Item:
    """One reason for points: a fact of the record (`when`, `points`), or events around it (`happening`)."""

    code: str
    label: Label
    points: int | Expression
    when: Expression | None
    dimension: str
    caps: Caps
    operator: str = "add"
    group: str = ""
    happening: Happening | None = None

    def holds(self, row: Mapping[str, object], facts: Facts) -> bool:
        """Tell whether the record meets the item's condition."""
        return self.when is None or self.when.evaluate(row, facts.env) is True

    @cached_property
    def plain(self) -> int | None:
        """Return the points of a fact that always gives the same, None where they depend on the record."""
        if isinstance(self.points, Expression) or self.operator != "add":
            return None
        return rounded(self.caps.bounded(Decimal(self.points)))

    def stated(self, row: Mapping[str, object], facts: Facts, so_far: Decimal) -> Decimal:
        """Return what a fact of the record changes the points of its dimension by, which come to `so_far`."""
        value: object = self.points
        if isinstance(self.points, Expression):
            value = self.points.evaluate(row, facts.env)
        points = Decimal(value) if isinstance(value, (int, Decimal)) else Decimal(0)
        return _OPERATORS[self.operator](so_far, points)


_OPERATORS: Final[Mapping[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "add": lambda so_far, points: points,
    "subtract": lambda so_far, points: -points,
    "multiply": lambda so_far, points: so_far * points - so_far,
    "divide": lambda so_far, points: so_far / points - so_far if points else Decimal(0),
    "set": lambda so_far, points: points - so_far,
}


@dataclass(frozen=True)
class Bounds:
    """A sum of points: the field that gets it ("" for none), and where it ends."""

    into: str = ""
    least: int = -MOST_POINTS
    most: int = MOST_POINTS

    def bounded(self, points: int) -> int:
        """Return the points within the bounds."""
        return max(self.least, min(self.most, points))


@dataclass(frozen=True)
class Worth:
    """What one record is worth now: points by item, sums by dimension, the total, and when time will change it."""

    items: Mapping[str, int]
    dimensions: Mapping[str, int]
    total: int
    next_change: datetime | None


@dataclass(frozen=True)
class Scoring:
    """The body of a scoring rule. `groups` bound what several items give together."""

    whole: Bounds
    items: tuple[Item, ...]
    dimensions: Mapping[str, Bounds]
    groups: Mapping[str, int]
    thresholds: tuple[tuple[str, int, Label], ...]  # highest first
    loads: tuple[Expression, ...] = ()

    @property
    def into(self) -> str:
        """Return the field that gets the total."""
        return self.whole.into

    @property
    def most(self) -> int:
        """Return the highest total."""
        return self.whole.most

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the conditions, the computed points, and what events are judged by."""
        found = [item.when for item in self.items if item.when is not None]
        facts = (item.points for item in self.items if item.happening is None)
        return (*found, *(one for one in facts if isinstance(one, Expression)), *self.loads)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return what each draft's points change by; the score is the sum of the ledger."""
        stored = [draft.record_id for draft in drafts if draft.before is not None]
        ledger = facts.points(stored) if stored else {}
        waiting = held_back(rule, drafts, facts)
        known = {record_id: _own(rule.code, points) for record_id, points in ledger.items()}
        verdicts = {}
        for place, draft in enumerate(drafts):
            if place in waiting:
                continue
            own = known.setdefault(draft.record_id, {})
            verdict = self._scored(rule, draft, own, facts)
            if verdict is not None:
                verdicts[place] = verdict
                # A record that stands twice in a batch gets the second difference to the first.
                for entry in verdict.ledger:
                    own[entry.item] = own.get(entry.item, 0) + entry.points
        return verdicts

    def due(self, rule: Rule, due: Sequence[Due], facts: Facts) -> Mapping[int, Verdict]:
        """Say that time went by: the score is worked out anew when the rules speak about the records."""
        del rule, facts
        faded = Verdict(Label("points fade with time", "分数随时间衰减"), silent=True)
        return dict.fromkeys(range(len(due)), faded)

    def worth(self, rule: Rule, row: Mapping[str, object], facts: Facts) -> Worth:
        """Return what a record is worth now, item by item in the order of the rule."""
        zone = zone_of(facts.calendar(rule.calendar).zone)
        points: dict[str, int] = {}
        sums: dict[str, int] = {}
        grouped: dict[str, int] = {}
        turns: list[datetime] = []
        for item in self.items:
            so_far = sums.get(item.dimension, 0)
            found, turn = self._found(item, row, facts, so_far, zone)
            given = self._within_group(item, found, grouped)
            points[item.code] = given
            sums[item.dimension] = so_far + given
            if turn is not None:
                turns.append(turn)
        bounded = {
            name: self.dimensions.get(name, Bounds()).bounded(sums.get(name, 0))
            for name in {**dict.fromkeys(self.dimensions), **sums}
        }
        total = self.whole.bounded(sum(bounded.values()))
        return Worth(points, bounded, total, min(turns, default=None))

    def _found(
        self,
        item: Item,
        row: Mapping[str, object],
        facts: Facts,
        so_far: int,
        zone: tzinfo,
    ) -> tuple[int, datetime | None]:
        """Return the points of one item, and when time will change them."""
        if item.happening is not None and not row.get(item.happening.source.relation):
            return 0, None
        if not item.holds(row, facts):
            return 0, None
        if item.happening is None:
            if item.plain is not None:
                return item.plain, None
            stated = item.stated(row, facts, Decimal(so_far))
            return rounded(item.caps.bounded(stated)), None
        earned = item.happening.earned(row, facts.env, item.caps, zone)
        worth = item.happening.worth(earned, facts.now)
        return rounded(item.caps.bounded(worth)), item.happening.next_change(earned, facts.now)

    def _within_group(self, item: Item, points: int, grouped: dict[str, int]) -> int:
        """Return what the cap of the item's group leaves of its points, and note it."""
        if not item.group:
            return points
        before, cap = grouped.get(item.group, 0), self.groups[item.group]
        grouped[item.group] = max(-cap, min(cap, before + points))
        return grouped[item.group] - before

    def _scored(
        self, rule: Rule, draft: Draft, own: Mapping[str, int], facts: Facts
    ) -> Verdict | None:
        worth = self.worth(rule, draft.row, facts)
        dimensions = {item.code: item.dimension for item in self.items}
        # Items that the rule no longer has are taken back, so that the sum is what the rule says today.
        entries = tuple(
            LedgerEntry(rule.code, code, change, dimensions.get(code, "fit"))
            for code in dict.fromkeys((*worth.items, *own))
            if (change := worth.items.get(code, 0) - own.get(code, 0))
        )
        timers = _timers(rule, worth.next_change, facts.now)
        sets = {self.into: worth.total} | {
            bounds.into: worth.dimensions[name]
            for name, bounds in self.dimensions.items()
            if bounds.into
        }
        if not entries and all(draft.row.get(name) == value for name, value in sets.items()):
            return Verdict(Label(""), timers=timers, silent=True) if timers else None
        because = self._because(worth, draft.row.get(self.into))
        return Verdict(because, sets=sets, ledger=entries, timers=timers)

    def _because(self, worth: Worth, before: object) -> Label:
        total = worth.total
        counted = [(one.label, worth.items[one.code]) for one in self.items]
        counted = sorted((one for one in counted if one[1]), key=lambda one: -abs(one[1]))
        shown = counted[:SHOWN_ITEMS]
        english = quantity(total, "point") + (": " if shown else "")
        chinese = f"{total} 分" + ("：" if shown else "")
        english += ", ".join(f"{label.text('en')} {points:+d}" for label, points in shown)
        chinese += "、".join(f"{label.text('zh')} {points:+d}" for label, points in shown)
        crossed = self._crossed(int(before) if isinstance(before, (int, Decimal)) else 0, total)
        return Label(english + crossed.en, chinese + crossed.zh)

    def _crossed(self, old: int, total: int) -> Label:
        """Return which threshold lies between two totals, in words."""
        for _, least, label in self.thresholds:
            if old < least <= total:
                return Label(
                    f"; reached {label.text('en')} ({least})",
                    f"；达到{label.text('zh')}（{least} 分）",
                )
            if total < least <= old:
                return Label(
                    f"; fell below {label.text('en')} ({least})",
                    f"；低于{label.text('zh')}（{least} 分）",
                )
        return Label("")


def _own(rule: str, ledger: Mapping[tuple[str, str], int]) -> dict[str, int]:
    return {item: points for (code, item), points in ledger.items() if code == rule}


def _timers(rule: Rule, turn: datetime | None, now: datetime) -> tuple[TimerRequest, ...]:
    if turn is None:
        return ()
    return (TimerRequest(rule.code, FADE, max(turn, now + LOOK_AGAIN)),)
