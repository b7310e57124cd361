"""One condition of a list as people put it together: a field, a comparison and values, in the address as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.periods import Period, period
from fieldstone.expressions.types import Kind
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.expanding import target_of
from fieldstone.web.pages.values import given_type, shown_type

LONGEST: Final = 200
MOST_VALUES: Final = 50


@dataclass(frozen=True)
class Comparison:
    """How a field is compared: its word, what it takes ("", "one", "many", "day", "clock", "period"), and its expression.

    `made` gets the field's code and the literals of the values.
    """

    label: str
    takes: str
    made: Callable[[str, Sequence[str]], str]


def _period(name: str) -> Comparison:
    return Comparison(PERIOD_LABELS[name], "period", lambda f, v: f"{f} >= {v[0]} and {f} < {v[1]}")


PERIOD_LABELS: Final[Mapping[str, str]] = {
    Period.TODAY: "today",
    Period.THIS_WEEK: "this week",
    Period.THIS_MONTH: "this month",
    Period.THIS_QUARTER: "this quarter",
    Period.THIS_YEAR: "this year",
    Period.LAST_7: "in the last 7 days",
    Period.LAST_30: "in the last 30 days",
    Period.LAST_90: "in the last 90 days",
    Period.LAST_365: "in the last 365 days",
    Period.NEXT_7: "in the next 7 days",
    Period.NEXT_30: "in the next 30 days",
}
COMPARISONS: Final[Mapping[str, Comparison]] = {
    "contains": Comparison("contains", "one", lambda f, v: f"contains(lower({f}), lower({v[0]}))"),
    "starts": Comparison("starts with", "one", lambda f, v: f"starts_with({f}, {v[0]})"),
    "is": Comparison("is", "one", lambda f, v: f"{f} == {v[0]}"),
    "in": Comparison("is", "many", lambda f, v: f"{f} in [{', '.join(v)}]"),
    "not_in": Comparison(
        "is not", "many", lambda f, v: f"({f} not in [{', '.join(v)}] or is_empty({f}))"
    ),
    "has": Comparison(
        "has any of", "many", lambda f, v: "(" + " or ".join(f"contains({f}, {x})" for x in v) + ")"
    ),
    "gte": Comparison("at least", "one", lambda f, v: f"{f} >= {v[0]}"),
    "gt": Comparison("more than", "one", lambda f, v: f"{f} > {v[0]}"),
    "lt": Comparison("less than", "one", lambda f, v: f"{f} < {v[0]}"),
    "lte": Comparison("at most", "one", lambda f, v: f"{f} <= {v[0]}"),
    "eq": Comparison("equals", "one", lambda f, v: f"{f} == {v[0]}"),
    "since": Comparison("from", "day", lambda f, v: f"{f} >= {v[0]}"),
    "before": Comparison("before", "day", lambda f, v: f"{f} < {v[0]}"),
    "on": Comparison("on", "day", lambda f, v: f"{f} >= {v[0]} and {f} < {v[1]}"),
    **{name: _period(name) for name in PERIOD_LABELS},
    "from_time": Comparison("from", "clock", lambda f, v: f"{f} >= {v[0]}"),
    "before_time": Comparison("before", "clock", lambda f, v: f"{f} < {v[0]}"),
    "me": Comparison("is me", "", lambda f, v: f"{f} == user"),
    "yes": Comparison("yes", "", lambda f, v: f"{f} == true"),
    "no": Comparison("no", "", lambda f, v: f"({f} == false or is_empty({f}))"),
    "empty": Comparison("is empty", "", lambda f, v: f"is_empty({f})"),
    "filled": Comparison("is filled", "", lambda f, v: f"not is_empty({f})"),
}
NEITHER: Final = ("filled", "empty")
BY_KIND: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.TEXT: ("contains", "is", "starts", *NEITHER),
    Kind.NUMBER: ("gte", "lte", "eq", "gt", "lt", *NEITHER),
    Kind.BOOLEAN: ("yes", "no"),
    Kind.DATE: (*PERIOD_LABELS, "since", "before", "on", *NEITHER),
    Kind.DATETIME: (*PERIOD_LABELS, "since", "before", "on", *NEITHER),
    Kind.TIME: ("from_time", "before_time", *NEITHER),
    Kind.DURATION: ("gte", "lte", "gt", "lt", *NEITHER),
    Kind.JSON: NEITHER,
    Kind.RECORD: ("in", "not_in", *NEITHER),
    Kind.LIST: ("has", *NEITHER),
}


def comparisons_of(field: Field) -> tuple[str, ...]:
    """Return the comparisons that make sense for a field; () where it cannot be filtered by."""
    kind = field.type.expression_type.kind
    if field.type.name in ("secret", "rows"):
        return ()
    if field.type.name in ("file", "image", "rich_text"):  # "contains" would find the tags, too
        return NEITHER
    if kind is Kind.TEXT and getattr(field.type, "options", None):
        return ("in", "not_in", *NEITHER)
    if kind is Kind.RECORD and target_of(field) == "user":
        return ("me", *BY_KIND[kind])
    return BY_KIND.get(kind, ())


@dataclass(frozen=True)
class Filter:
    """One condition: "stage:in:new~contacted" in the address."""

    field: str
    comparison: str
    values: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the condition as it stands in the address."""
        return ":".join([self.field, self.comparison, "~".join(self.values)]).rstrip(":")

    def expression(self, spec: ObjectType, today: date) -> str:
        """Return the condition as an expression. Raises RefusedError (400) for what cannot be compared so."""
        field = spec.fields.get(self.field)
        if field is None or self.comparison not in comparisons_of(field):
            raise _refused(self.field, f"{self.text[:60]!r} is no filter of this list.")
        found = COMPARISONS[self.comparison]
        return found.made(self.field, self._literals(field, found.takes, today))

    def _literals(self, field: Field, takes: str, today: date) -> list[str]:
        if not takes:
            return []
        if takes == "period":
            first, after = period(self.comparison, today)
            return [_day(first), _day(after)]
        values = [value for value in self.values if value.strip()]
        if not values:
            raise _refused(self.field, "Nothing to compare with was given.")
        if takes == "day":
            day = _read_day(self.field, values[0])
            return [_day(day), _day(day + timedelta(days=1))]
        kind = field.type.expression_type.kind
        if kind is Kind.NUMBER:
            return [_number(field, values[0])]
        if kind in (Kind.DURATION, Kind.TIME):
            return [_measured(field, values[0])]
        return [_quoted(value) for value in values]


def read_filter(text: str) -> Filter:
    """Return the filter that a part of the address means."""
    field, _, rest = text[: LONGEST * MOST_VALUES].partition(":")
    comparison, _, values = rest.partition(":")
    several = comparison in COMPARISONS and COMPARISONS[comparison].takes == "many"
    listed = values.split("~")[:MOST_VALUES] if several else [values]
    return Filter(field, comparison, tuple(value[:LONGEST] for value in listed if value))


def _quoted(text: str) -> str:
    """Return a text as a literal of an expression; line ends and control characters become spaces."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return "'" + plain.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _number(field: Field, text: str) -> str:
    plain = text.strip().replace(",", "").replace("，", "").removesuffix("%")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > Decimal(10) ** 15:
        raise _refused(field.code, f"{text[:40]!r} is no number.")
    # People write percent as they read it: 25 is a quarter.
    return f"{value.scaleb(-2) if shown_type(field) == 'percent' else value:f}"


def _measured(field: Field, text: str) -> str:
    """Return a length of time or a time of day as a literal, read as the field's own values are."""
    try:
        value = given_type(field).parse(text)
    except InvalidValueError as error:
        raise RefusedError(
            [Problem("bad_filter", field.code, error.message, error.cure)], 400
        ) from None
    if isinstance(value, timedelta):
        return f"minutes({Decimal(value // timedelta(seconds=1)) / 60:.10f})"
    return _quoted(str(given_type(field).dump(value)))


def _day(day: date) -> str:
    return f"'{day.isoformat()}'"


def _read_day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise _refused(field, f"{text[:40]!r} is no date.") from None


def _refused(field: str, text: str) -> RefusedError:
    problem = Problem("bad_filter", field[:40], text, "Choose the filter again.")
    return RefusedError([problem], 400)
