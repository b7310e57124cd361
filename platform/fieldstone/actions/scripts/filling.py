"""Turns the values of a script into values for the write door: names become ids, days from now become dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.expressions.types import Kind
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model

ABOUT_ROW: Final = frozenset({"as", "created", "stages"})
SPANS: Final = ("days", "hours", "minutes")


@dataclass
class Cast:
    """Who and what a script has named so far: ids by name, and the people who may stand in for a role."""

    model: Model
    now: datetime
    zone: str
    ids: dict[str, str] = field(default_factory=dict)
    by_role: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    otherwise: str = ""  # who stands in where nobody carries the role

    def values(self, spec: ObjectType, raw: Mapping[str, Any]) -> dict[str, object]:
        """Return a row's values ready to be written."""
        return {
            code: self._value(spec, code, value)
            for code, value in raw.items()
            if code not in ABOUT_ROW
        }

    def id_of(self, name: str) -> str:
        """Return the id behind a name. Raises RefusedError for a name that nothing has."""
        found = self.ids.get(name)
        if found is None:
            text = f"nothing before this is called '{name}'."
            raise RefusedError([Problem("unknown_name", name, text, did_you_mean(name, self.ids))])
        return found

    def instant(self, days: float) -> datetime:
        """Return the instant some days from now."""
        return self.now + timedelta(days=days)

    def _value(self, spec: ObjectType, code: str, value: Any) -> object:
        if isinstance(value, str) and value.startswith("$"):
            return self.id_of(value[1:])
        if isinstance(value, list):
            return [self._inner(spec, code, one) for one in value]
        if isinstance(value, Mapping) and value and set(value) <= {*SPANS, "at", "person", "nth"}:
            return self._relative(spec, code, value)
        return value

    def _inner(self, spec: ObjectType, code: str, value: Any) -> object:
        """Return one element of a list: a row of line items, or a name in a list of links."""
        if not isinstance(value, Mapping):
            return self._value(spec, code, value)
        inside = self.model.objects.get(f"{spec.code}__{code}", spec)
        return {name: self._value(inside, name, one) for name, one in value.items()}

    def _people(self, roles: object) -> tuple[str, ...]:
        """Return who carries the role, or the first of several roles that anybody carries."""
        named = roles if isinstance(roles, list) else [roles]
        carried = (self.by_role.get(str(role), ()) for role in named)
        return next((people for people in carried if people), ())

    def _relative(self, spec: ObjectType, code: str, value: Mapping[str, Any]) -> object:
        if "person" in value:
            people = self._people(value["person"])
            return people[int(value.get("nth", 0)) % len(people)] if people else self.otherwise
        at = self.now + timedelta(**{unit: float(value.get(unit, 0)) for unit in SPANS})
        local = at.astimezone(ZoneInfo(self.zone))
        if _is_day(spec, code):
            return local.date().isoformat()
        if "at" in value:
            local = datetime.combine(local, _time_of_day(str(value["at"])), local.tzinfo)
        return local.isoformat()


def _time_of_day(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        problem = Problem("bad_time", text[:40], "is no time of the day.", 'Write it as "19:00".')
        raise RefusedError([problem]) from None


def _is_day(spec: ObjectType, code: str) -> bool:
    field = spec.fields.get(code)
    return field is not None and field.type.expression_type.kind is Kind.DATE
