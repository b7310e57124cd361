"""Codes that things had before, as addresses and programs still say them, until the day that the rename names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from orjson import dumps, loads

from fieldstone.access.access import access_to
from fieldstone.access.rights import Held
from fieldstone.model.objects import ObjectType
from fieldstone.storage.following_views import PIPELINE, Codes, filter_by, order_by
from fieldstone.web.asking import Asked

Words = list[tuple[str, str]]
"""The names and values of a query or a form."""
NONE: Final[Mapping[str, str]] = {}
RULE, ROLE, REPORT = "rules", "roles", "reports"
ADDRESSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("pools", "rankings", "scoring", "assignment", "sources"), RULE),
    **dict.fromkeys(("forms", "hooks", "rules", "deadlines"), RULE),
    **dict.fromkeys(("reports", "dashboards"), REPORT),
}
"""What stands before the code of a rule, or of a report, in an address."""
NAMES_OF_RULES: Final = frozenset({"rule", "pool", "source"})
"""What a query calls a rule."""
STAGES: Final = frozenset({"open", "stage"})


def earlier_names(asked: Asked, object_name: str) -> Codes:
    """Return the present codes of fields by the earlier ones that still hold for the caller."""
    every = _aliases(Held(asked.model), object_name)
    if not every:
        return NONE
    today = asked.site.clock().date()
    access = access_to(asked.model, asked.ctx.actor, object_name)
    return {
        old: code
        for old, (code, until) in every.items()
        if holds(until, today) and access.field(code).known
    }


@lru_cache(maxsize=512)
def _aliases(held: Held, object_name: str) -> Mapping[str, tuple[str, str]]:
    fields = held.model.objects[object_name].fields
    return {
        old: (code, one.alias_until)
        for code, one in fields.items()
        for old in one.renamed_from
        if old not in fields
    }


def earlier_of_items(asked: Asked, object_name: str) -> dict[str, Codes]:
    """Return by field of line items what their fields were called, where they ever were called otherwise."""
    found = {
        code: earlier_names(asked, items)
        for code, items in items_of(Held(asked.model), object_name).items()
    }
    return {code: names for code, names in found.items() if names}


@lru_cache(maxsize=512)
def items_of(held: Held, object_name: str) -> Mapping[str, str]:
    """Return the objects of the line items of an object by their fields."""
    fields = held.model.objects[object_name].fields
    return {code: getattr(one.type, "of", "") for code, one in fields.items() if one.type.name == "rows"}  # fmt: skip


def with_earlier_names(asked: Asked, object_name: str, dumped: dict[str, Any]) -> dict[str, Any]:
    """Return a record as programs know it: values stand under earlier codes too, while those hold."""
    items = {
        code: [_both(row, called) for row in dumped[code]]
        for code, called in earlier_of_items(asked, object_name).items()
        if isinstance(dumped.get(code), list)
    }
    return _both(dumped | items, earlier_names(asked, object_name))


def _both(values: dict[str, Any], names: Codes) -> dict[str, Any]:
    return values | {old: values[code] for old, code in names.items() if code in values}


def with_earlier_items(asked: Asked, object_name: str, json: bytes) -> bytes:
    """Return a record, or a list of them, as JSON whose line items have their values under earlier codes, too."""
    if not earlier_of_items(asked, object_name):
        return json
    told = loads(json)
    if isinstance(told, list):
        return dumps([with_earlier_names(asked, object_name, one) for one in told])
    return dumps(with_earlier_names(asked, object_name, told))


def holds(until: str, today: date) -> bool:
    """Tell whether an earlier code still leads to the present one; "" is for ever."""
    return not until or today <= date.fromisoformat(until)


def named_by(asked: Asked, pattern: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of an address, such as "/pools/<code>", that name a rule, a role or a report by an earlier code."""
    found = {}
    for name, code in given.items():
        before = pattern.partition(f"<{name}>")[0].rstrip("/").rpartition("/")[2]
        part = given.get("kind", "") if before == "<kind>" else ADDRESSES.get(before, "")
        present = _called_now(asked, part, code)
        if present != code:
            found[name] = present
    return found


def rules_led_by(asked: Asked, words: Iterable[tuple[str, str]]) -> Words:
    """Return what an address says after its question mark, rules by their present codes."""
    return [
        (name, _called_now(asked, RULE, text) if name in NAMES_OF_RULES else text)
        for name, text in words
    ]


def _called_now(asked: Asked, part: str, code: str) -> str:
    model, today = asked.model, asked.site.clock().date()
    if part == RULE and code not in model.rules:
        return model.present_rule(code, today)
    if part == REPORT and code not in model.reports:
        return model.present_report(code, today)
    return model.present_role(code) if part == ROLE else code


def led_by(asked: Asked, spec: ObjectType, words: Iterable[tuple[str, str]]) -> Words:
    """Return what an address says of a view and of a pipeline, in present codes."""
    present = {
        "view": _holding(asked, spec.views),
        PIPELINE: _holding(asked, spec.pipelines.pipelines if spec.pipelines else {}),
    }
    return [(name, present.get(name, NONE).get(text, text)) for name, text in words]


def arranged_by(asked: Asked, spec: ObjectType, words: Iterable[tuple[str, str]]) -> Words:
    """Return what an address says of how a list or a board is arranged, in present codes."""
    fields, options = earlier_names(asked, spec.code), _options(Held(asked.model), spec.code)
    return [
        (name, _present(name, text, spec, fields, options))
        for name, text in led_by(asked, spec, words)
    ]


def _present(
    name: str, text: str, spec: ObjectType, fields: Codes, options: Mapping[str, Codes]
) -> str:
    if name == "f":
        return filter_by(text, fields, options)
    if name == "sort":
        return ",".join(order_by(one, fields) for one in text.split(","))
    if name == "columns":
        return fields.get(text, text)
    return options.get(spec.stage_field, NONE).get(text, text) if name in STAGES else text


@lru_cache(maxsize=512)
def _options(held: Held, object_name: str) -> Mapping[str, Codes]:
    """Return the present codes of options and stages by the earlier ones, by field."""
    found = {}
    for code, field in held.model.objects[object_name].fields.items():
        options = getattr(field.type, "options", {})
        earlier = {o: c for c, one in options.items() for o in one.renamed_from if o not in options}
        if earlier:
            found[code] = earlier
    return found


def _holding(asked: Asked, things: Mapping[str, Any]) -> Codes:
    today = asked.site.clock().date()
    return {
        old: one.code
        for one in things.values()
        for old in one.renamed_from
        if old not in things and holds(one.alias_until, today)
    }
