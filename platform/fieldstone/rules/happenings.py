"""Events that give points: which rows around a record count, what each is worth, and how caps bound them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from fieldstone.expressions.expression import Env, Expression
from fieldstone.expressions.types import BOOLEAN, NUMBER
from fieldstone.expressions.types import Kind as ValueKind
from fieldstone.rules.contract import Builder
from fieldstone.rules.fading import Fading

ONE: Final = Decimal(1)
Row = Mapping[str, object]


@dataclass(frozen=True)
class Source:
    """Rows that tell of events: the relation to them, the field that says when, and which of them never count."""

    relation: str
    at: str
    ignore: Expression | None

    def counting(self, record: Row, env: Env) -> list[tuple[datetime, Row]]:
        """Return the rows that count with their instants, in the order in which things happened.

        The instant is the event's own, so that late and shuffled arrivals make no difference.
        """
        rows: Any = record.get(self.relation) or ()
        found = [
            (at, str(row.get("id", "")), row)
            for row in rows
            if isinstance(at := row.get(self.at), datetime)
            and (self.ignore is None or self.ignore.evaluate(row, env) is not True)
        ]
        return [(at, row) for at, _, row in sorted(found, key=lambda one: one[:2])]


@dataclass(frozen=True)
class Caps:
    """The most that an item may add or take: by one event, in one day, and altogether at any moment."""

    per_event: int
    per_day: int
    total: int

    def bounded(self, points: Decimal) -> Decimal:
        """Return the whole of an item, bounded."""
        return within(self.total, points)


@dataclass(frozen=True)
class Happening:
    """What counts as the event of an item, and how long: `points` are a number or an expression of the row."""

    source: Source
    event: Expression
    points: int | Expression
    repeatable: bool = True
    fading: Fading | None = None
    expires: timedelta | None = None

    def counts(self, row: Row, env: Env) -> bool:
        """Tell whether a row is such an event, or may come to be one without being written."""
        event = self.event
        if event.paths or event.rows or event.uses_now or event.uses_user:
            return True
        return event.evaluate(row, env) is True

    def earned(
        self, record: Row, env: Env, caps: Caps, zone: tzinfo
    ) -> list[tuple[datetime, Decimal]]:
        """Return (instant, points when it happened) of each event that counts, oldest first.

        What one event and one day may give is taken from the points as they were earned, so that a busy day
        fades as a whole. Days are those of `zone`.
        """
        days: defaultdict[date, Decimal] = defaultdict(Decimal)
        found = []
        for at, row in self.source.counting(record, env):
            if self.event.evaluate(row, env) is not True:
                continue
            points = within(caps.per_event, self._points(row, env))
            day = at.astimezone(zone).date()
            before = days[day]
            days[day] = within(caps.per_day, before + points)
            found.append((at, days[day] - before))
            if not self.repeatable:
                break
        return found

    def _points(self, row: Row, env: Env) -> Decimal:
        if isinstance(self.points, int):
            return Decimal(self.points)
        value = self.points.evaluate(row, env)
        return Decimal(value) if isinstance(value, (int, Decimal)) else Decimal(0)

    def worth(self, earned: Iterable[tuple[datetime, Decimal]], now: datetime) -> Decimal:
        """Return what the earned points come to now."""
        return sum(
            (
                points if self.fading is None else self.fading.left(points, now - at)
                for at, points in earned
                if not self._expired(at, now)
            ),
            Decimal(0),
        )

    def next_change(
        self, earned: Iterable[tuple[datetime, Decimal]], now: datetime
    ) -> datetime | None:
        """Return when time alone will next change what the earned points come to, None if never."""
        return min(
            (
                instant
                for at, points in earned
                if points and not self._expired(at, now)
                for instant in self._turns(at, points, now)
            ),
            default=None,
        )

    def _turns(self, at: datetime, points: Decimal, now: datetime) -> Iterable[datetime]:
        if self.expires is not None:
            yield at + self.expires
        if self.fading is not None:
            age = self.fading.next_change(points, now - at)
            if age is not None:
                yield max(at + age, now)

    def _expired(self, at: datetime, now: datetime) -> bool:
        return self.expires is not None and now >= at + self.expires


def within(cap: int, points: Decimal) -> Decimal:
    """Return points of which no more than `cap` are added or taken."""
    return max(Decimal(-cap), min(Decimal(cap), points))


def rounded(points: Decimal) -> int:
    """Return whole points, half up."""
    return int(points.quantize(ONE, ROUND_HALF_UP))


def sources_from(raw: Mapping[str, Any], build: Builder) -> dict[str, Source]:
    """Compile `events: {relation: {at, ignore}}`."""
    found = {}
    for relation, settings in raw.items():
        path = f"events.{relation}"
        kind = build.scope.type_of(relation)
        scope = build.scope.follow(relation) if kind is not None else None
        if kind is None or scope is None or kind.kind is not ValueKind.ROWS:
            text = f"{relation!r} is no relation of this object."
            cure = "Name what points to the record, such as activities or engagements."
            build.problem(path, "unknown_relation", text, cure)
            continue
        at = build.field(f"{path}.at", settings["at"], scope=scope)
        ignore = build.expression(
            f"{path}.ignore", settings.get("ignore"), expects=BOOLEAN, scope=scope
        )
        if at:
            found[relation] = Source(relation, at, ignore)
    return found


def happening_from(
    raw: Mapping[str, Any], path: str, build: Builder, source: Source
) -> tuple[Expression, int | Expression] | None:
    """Compile what the event is and what it gives."""
    scope = build.scope.follow(source.relation)
    event = build.expression(f"{path}.event", raw["event"], expects=BOOLEAN, scope=scope)
    written = raw["points"]
    points: int | Expression | None = (
        build.expression(f"{path}.points", written, expects=NUMBER, scope=scope)
        if isinstance(written, str)
        else int(written)
    )
    return None if event is None or points is None else (event, points)


def loading(happenings: Sequence[Happening], build: Builder) -> tuple[Expression, ...]:
    """Return expressions over the record that read exactly what the events are judged by."""
    wanted: dict[str, None] = {}
    for one in happenings:
        rows = one.source.relation
        wanted[f"count({rows}, {one.source.at} != null)"] = None
        wanted[f"count({rows}, {one.event.text})"] = None
        if one.source.ignore is not None:
            wanted[f"count({rows}, {one.source.ignore.text})"] = None
        if isinstance(one.points, Expression):
            wanted[f"sum({rows}, {one.points.text})"] = None
    found = (build.expression("events", text) for text in wanted)
    return tuple(one for one in found if one is not None)
