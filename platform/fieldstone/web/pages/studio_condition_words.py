"""What people read in the rows of a condition: fields to choose, how they are compared, options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fieldstone.expressions.condition import ROLE, Group, Row, measures_of, path_type
from fieldstone.expressions.types import Kind, Type
from fieldstone.model.site_model import ModelScope
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech

Drawn = dict[str, Any]
MOMENTS: Final = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIME})


def step_options(asked: Asked, scope: ModelScope, chosen: str, *, first: bool) -> list[Drawn]:
    """Return the fields of an object in groups, the chosen one marked; a later step may also be none."""
    t = speech(asked.language).t
    spec = asked.model.objects[scope.object_name]
    named = [(code, one.label.text(asked.language)) for code, one in spec.fields.items() if not one.archived or code == chosen]  # fmt: skip
    nothing = t("Choose a field") if first else t("itself")
    groups = [
        {"label": "", "options": [("", nothing)]},
        {"label": t("Fields") if first else spec.label.text(asked.language), "options": named},
    ]
    if first:
        rows = [(code, one.label.text(asked.language)) for code, one in spec.relations.items()]
        groups.append({"label": t("Number of"), "options": rows})
        groups.append({"label": t("Person"), "options": [("user", t("Who is acting"))]})
    if chosen and chosen not in {code for one in groups for code, _ in one["options"]}:
        groups[1]["options"] = [*groups[1]["options"], (chosen, scope.label(chosen, asked.language))]  # fmt: skip
    return [
        {
            "label": one["label"],
            "options": [
                {"value": code, "label": word, "chosen": code == chosen}
                for code, word in one["options"]
            ],
        }
        for one in groups
        if one["options"]
    ]


def measure_words(asked: Asked, type_: Type, chosen: str) -> list[Drawn]:
    """Return the figures that may be taken of a value; none where it can only be taken as it is."""
    t: Any = speech(asked.language).t
    words = {
        "": t("as it is"), "lower": t("in small letters"), "length": t("its length"), "count": t("their number"),
        "days_since": t("days since then"), "hours_since": t("hours since then"), "minutes_since": t("minutes since then"),
        "date_of": t("its day"), "weekday": t("weekday, 1 to 7"), "month": t("month"), "year": t("year"), "hour": t("hour"),
    }  # fmt: skip
    offered = measures_of(type_)
    if not offered or type_.kind is Kind.ROWS:
        return [{"value": one, "label": words[one], "chosen": True} for one in offered]
    return [{"value": one, "label": words[one], "chosen": one == chosen} for one in ("", *offered)]


def operator_words(asked: Asked, operators: Sequence[str], type_: Type, chosen: str) -> list[Drawn]:
    """Return how a value may be compared, in words that fit its kind."""
    words = _words(speech(asked.language))
    if type_.kind in MOMENTS:
        words |= _moments(speech(asked.language))
    return [{"value": one, "label": words[one], "chosen": one == chosen} for one in operators]


def _words(said: Speech) -> dict[str, str]:
    t = said.t
    return {
        "==": t("is"), "!=": t("is not"), ">=": t("is at least"), ">": t("is more than"),
        "<=": t("is at most"), "<": t("is less than"), "in": t("is one of"), "not in": t("is none of"),
        "filled": t("is filled"), "empty": t("is empty"), "null": t("has no value"), "not null": t("has a value"),
        "contains": t("contains"), "lacks": t("does not contain"), "starts": t("begins with"),
        "not starts": t("does not begin with"), "ends": t("ends with"), "not ends": t("does not end with"),
        "has": t("has among it"), "has not": t("does not have"), "yes": t("is yes"), "no": t("is not yes"),
        "false": t("is no"), ROLE: t("has the role"),
    }  # fmt: skip


def _moments(said: Speech) -> dict[str, str]:
    t = said.t
    return {
        ">=": t("is not before"),
        ">": t("is after"),
        "<=": t("is not after"),
        "<": t("is before"),
    }


def value_options(asked: Asked, scope: ModelScope, row: Row) -> list[Drawn]:
    """Return the values that a row can be compared with, where they are few and known."""
    if row.op == ROLE:
        return _marked([(one.code, one.label.text(asked.language)) for one in asked.model.roles.values()], row)  # fmt: skip
    if row.measure:
        return []
    type_ = path_type(row.subject, scope)
    codes = type_.choices or (type_.item.choices if type_.item else ()) if type_ else ()
    *steps, name = row.subject.split(".")
    here: ModelScope | None = scope
    for step in steps:
        here = here.follow(step) if here else None
    if here is None or not codes:
        return []
    return _marked([(one, here.option_label(name, one, asked.language)) for one in codes], row)


def record_of(type_: Type) -> str:
    """Return the object whose records a value is compared with, "" where it is no record."""
    one = type_.item if type_.kind is Kind.LIST and type_.item is not None else type_
    return one.of if one.kind is Kind.RECORD else ""


def records_in(group: Group, scope: ModelScope) -> Iterator[tuple[str, str]]:
    """Yield the records that the rows of a condition name: (object, id)."""
    for one in group.parts:
        if isinstance(one, Group):
            yield from records_in(one, scope)
        elif isinstance(one, Row) and one.subject and not one.free:
            found = path_type(one.subject, scope)
            target = record_of(found) if found is not None else ""
            yield from ((target, value) for value in one.values if target and value)


def names_of(asked: Asked, records: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return what records are called by their ids, as far as they are there."""
    wanted = [one for one in records if one[1]]
    found = asked.site.reads.titles(asked.ctx, asked.model, wanted) if wanted else {}
    return {record_id: title for (_, record_id), title in found.items() if title}


def _marked(named: Sequence[tuple[str, str]], row: Row) -> list[Drawn]:
    known = {code for code, _ in named}
    strange = [(one, one) for one in row.values if one and one not in known]
    return [
        {"value": code, "label": word, "chosen": code in row.values}
        for code, word in [*named, *strange]
    ]
