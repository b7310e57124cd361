"""How much time there is: one span for all, spans by the value of a field, or by ordered cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldstone.base.label import Label
from fieldstone.base.named import keyed
from fieldstone.base.workdays import Span
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import span_from
from fieldstone.rules.contract import Builder, Facts
from fieldstone.rules.kind import BY, CONDITION, SPAN

ANY = "default"


def band_of(by: str, row: Mapping[str, object]) -> str:
    """Return the value of the field `by` as settings name it; "default" where there is none."""
    value = row.get(by) if by else None
    return ANY if value is None else str(value)


def asked_by(by: str, build: Builder) -> tuple[Expression, ...]:
    """Return what must be looked up for `by`: product.series is a field of a linked record."""
    found = build.expression("by", by) if "." in by else None
    return () if found is None else (found,)


@dataclass(frozen=True)
class Case:
    """A span for the records that meet a condition; None is met by all."""

    when: Expression | None
    span: Span


@dataclass(frozen=True)
class Spans:
    """Spans by the value of the field `by` (or one under "default"); cases are asked first, in their order."""

    by: str = ""
    spans: Mapping[str, Span] = field(default_factory=dict)
    bands: Mapping[str, Label] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()
    asks: tuple[Expression, ...] = ()  # the linked record whose value `by` names

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the conditions of the cases, and what `by` asks of a linked record."""
        return (*(case.when for case in self.cases if case.when is not None), *self.asks)

    def of(self, row: Mapping[str, object], facts: Facts) -> Span | None:
        """Return the span of a record, None when none is meant for it."""
        for case in self.cases:
            if case.when is None or case.when.evaluate(row, facts.env) is True:
                return case.span
        return self.spans.get(band_of(self.by, row), self.spans.get(ANY))

    def band_label(self, row: Mapping[str, object]) -> Label | None:
        """Return what people call the value by which a record got its span; None where a case gave it."""
        return None if self.cases else self.bands.get(band_of(self.by, row))


def spans_from(raw: object, path: str, by: str, build: Builder) -> Spans | None:
    """Compile "2 working days", {good: 4 working hours, default: ...}, or [{when: ..., within: ...}, ...]."""
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        cases = [_case(one, f"{path}.{i}", build) for i, one in enumerate(raw)]
        return Spans(cases=tuple(one for one in cases if one is not None)) if all(cases) else None
    if not isinstance(raw, Mapping):
        span = span_from(raw, path, build)
        return None if span is None else Spans(by, {ANY: span})
    if not by:
        build.problem(
            path,
            "by_missing",
            "Spans by value are given, but not whose value.",
            "Add 'by: FIELD', for example 'by: grade'.",
        )
    spans = _by_value(raw, path, by, build)
    return Spans(by, spans, _bands(by, spans, build), asks=asked_by(by, build)) if spans else None


def _case(raw: Mapping[str, Any], path: str, build: Builder) -> Case | None:
    when = build.expression(f"{path}.when", raw.get("when"), expects=BOOLEAN)
    span = span_from(raw["within"], f"{path}.within", build)
    return None if span is None or ("when" in raw and when is None) else Case(when, span)


def _by_value(raw: Mapping[str, Any], path: str, by: str, build: Builder) -> dict[str, Span]:
    spans: dict[str, Span] = {}
    for value, written in raw.items():
        here = f"{path}.{value}"
        code = ANY if value == ANY else build.option(here, by, value, of_key=True)
        span = span_from(written, here, build)
        if span is not None and code:
            spans[code] = span
    return spans


def _bands(by: str, spans: Mapping[str, Span], build: Builder) -> dict[str, Label]:
    scope = build.scope
    return {
        value: Label(scope.option_label(by, value, "en"), scope.option_label(by, value, "zh"))
        for value in spans
        if value != ANY
    }


SPANS = {
    "description": "One span, spans by the value of the field `by`, or cases in order",
    "oneOf": [
        SPAN,
        keyed(BY, SPAN, minProperties=1),
        {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "when": {**CONDITION, "description": "Which records; left out: all the others"},
                    "within": SPAN,
                },
                "required": ["within"],
                "additionalProperties": False,
            },
        },
    ],
}
