"""Values that rules set: an expression, a literal, a text with {fields}, or an instant some time ahead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.base.workdays import CalendarError, Span, parse_span
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import Kind as ValueKind
from fieldstone.expressions.types import Scope, Type
from fieldstone.rules.contract import Builder, Facts
from fieldstone.rules.kind import label_from
from fieldstone.rules.wording import language_for

_HOLE = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


@dataclass(frozen=True)
class Template:
    """A text in both languages with {expressions} in it."""

    label: Label
    holes: tuple[tuple[str, Expression], ...]

    def filled(self, row: Mapping[str, object], facts: Facts) -> Label:
        """Return the text with what the record says; a missing value is left out."""
        values = {name: _shown(one.evaluate(row, facts.env)) for name, one in self.holes}
        return Label(_filled(self.label.en, values), _filled(self.label.zh, values))


@dataclass(frozen=True)
class Assigned:
    """One field and where its value comes from: `value` is one of Expression, Template, Span or a literal."""

    field: str
    value: object
    is_day: bool = False  # the field holds a date, so an instant ahead becomes the day it falls on

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the expressions evaluated on the record."""
        if isinstance(self.value, Expression):
            return (self.value,)
        return tuple(one for _, one in self.value.holes) if isinstance(self.value, Template) else ()

    def given(self, row: Mapping[str, object], facts: Facts, calendar: str) -> object:
        """Return the value for one record; a text in both languages."""
        if isinstance(self.value, Expression):
            return self.value.evaluate(row, facts.env)
        if isinstance(self.value, Template):
            return self.value.filled(row, facts)
        if isinstance(self.value, Span):
            instant = facts.calendar(calendar).after(facts.now, self.value)
            return instant.astimezone(facts.env.timezone).date() if self.is_day else instant
        return self.value


def assigned(
    several: Iterable[Assigned], row: Mapping[str, object], facts: Facts, calendar: str = ""
) -> dict[str, object]:
    """Return the values for one record, by field; texts in the language of who will own what they stand in."""
    values = {one.field: one.given(row, facts, calendar) for one in several}
    if not any(isinstance(value, Label) for value in values.values()):
        return values
    language = language_for(values.get("owner", row.get("owner")), facts)
    return {
        name: value.text(language) if isinstance(value, Label) else value
        for name, value in values.items()
    }


def assigned_from(
    raw: Mapping[str, Any], path: str, build: Builder, target: Scope | None = None
) -> tuple[Assigned, ...]:
    """Compile `set: {field: value}`; expressions read the rule's object, fields belong to `target` (or to it too)."""
    scope = target or build.scope
    found: list[Assigned] = []
    for name, written in raw.items():
        field = build.field(f"{path}.{name}", name, of_key=True, scope=scope)
        if field:
            expects = scope.type_of(field)
            value = _value(written, f"{path}.{name}", build, expects)
            is_day = expects is not None and expects.kind is ValueKind.DATE
            found.append(Assigned(field, value, is_day))
    return tuple(found)


def _value(written: object, path: str, build: Builder, expects: Type | None) -> object:
    if isinstance(written, Mapping) and "text" in written:
        return template_from(written["text"], f"{path}.text", build)
    if isinstance(written, Mapping):
        return span_from(written["after"], f"{path}.after", build)
    if isinstance(written, str):
        return build.expression(path, written, expects=expects)
    return written


def template_from(raw: object, path: str, build: Builder) -> Template:
    """Compile a text whose {names} are fields or looked-up fields."""
    label = label_from(raw)
    names = dict.fromkeys(_HOLE.findall(label.en) + _HOLE.findall(label.zh))
    holes = ((name, build.expression(path, name)) for name in names)
    return Template(label, tuple((name, one) for name, one in holes if one is not None))


def span_from(raw: object, path: str, build: Builder) -> Span | None:
    """Read a span; what cannot be read is reported."""
    try:
        return parse_span(str(raw))
    except CalendarError as error:
        build.problem(
            path, "bad_span", f"{error}.", "Write '4 working hours', '2 working days' or '3 days'."
        )
        return None


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: values.get(hole[1], ""), text)


def _shown(value: object) -> str:
    return "" if value is None else str(value)
