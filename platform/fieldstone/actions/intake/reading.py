"""What arrives becomes values of fields: mapped by paths, translated, with what the source always says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fieldstone.actions.importing.guessing import NOT_FROM_CELLS, guessed
from fieldstone.actions.intake.sources import Intake
from fieldstone.base.errors import Problem
from fieldstone.base.text import FORBIDDEN
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Field, ObjectType
from fieldstone.rules.capture_body import TRACKED, Mapped

HOLE: Final = re.compile(r"\{([^{}]{1,120})\}")
LONGEST: Final = 20_000
LARGEST: Final = 2**53


def plain(value: object, left: int = 12) -> object:
    """Return JSON as it can be kept: long numbers as text, nothing nested endlessly."""
    if left <= 0:
        return None
    if isinstance(value, Mapping):
        return {str(name)[:200]: plain(one, left - 1) for name, one in list(value.items())[:200]}
    if isinstance(value, list | tuple):
        return [plain(one, left - 1) for one in value[:200]]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()[:LONGEST]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        return str(value)
    return value


def at_path(payload: object, path: str) -> object:
    """Return what stands at a dotted path: contact.phones.0; None where nothing does."""
    if isinstance(payload, Mapping) and path in payload:
        return payload[path]
    for step in path.split("."):
        if isinstance(payload, Mapping):
            payload = payload.get(step)
        elif isinstance(payload, list) and step.isdecimal() and int(step) < len(payload):
            payload = payload[int(step)]
        else:
            return None
    return payload


def open_fields(spec: ObjectType) -> list[Field]:
    """Return the fields that something from outside may fill."""
    kept = {spec.stage_field, "owner", "pool"}
    return [
        field
        for code, field in spec.fields.items()
        if code not in kept
        and not (field.derived or field.archived or field.read_only or field.system)
        and field.type.name not in NOT_FROM_CELLS
    ]


def said(intake: Intake, spec: ObjectType, payload: Mapping[str, Any]) -> dict[str, object]:
    """Return the raw values by field that an arrival carries."""
    values = {one.code: _mapped(one, payload) for one in _mapping(intake, spec, payload)}
    return {
        code: _as_option(spec.fields[code], value)
        for code, value in values.items()
        if value not in (None, "", [], {})
    }


def _mapping(intake: Intake, spec: ObjectType, payload: Mapping[str, Any]) -> Sequence[Mapped]:
    source = intake.source
    if source.mapped:
        return source.mapped
    if source.form is not None and source.via == "form":
        return [Mapped(one.code, one.code) for one in source.form.fields]
    names = [str(name) for name in payload if name]
    fields = open_fields(spec)
    exact = {field.code: field.code for field in fields if field.code in payload}
    texts = {name: [str(payload[name])] for name in names if isinstance(payload[name], str | int)}
    left = [field for field in fields if field.code not in exact]
    told = guessed(left, [name for name in names if name not in exact], texts)
    return [Mapped(code, name) for name, code in (exact | told).items()]


def _mapped(one: Mapped, payload: Mapping[str, Any]) -> object:
    if one.template:
        text = HOLE.sub(lambda hole: _text(at_path(payload, hole[1])), one.template)
        return text.strip() or one.default
    value = at_path(payload, one.path or one.code)
    if isinstance(value, str):
        value = value.strip()
    if one.translate and value not in (None, ""):
        value = one.translate.get(str(value).casefold(), value)
    return one.default if value in (None, "") else value


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping | list) else str(value)


def _as_option(field: Field, value: object) -> object:
    """Return the code of an option that people wrote by its label."""
    options: Mapping[str, Any] = getattr(field.type, "options", {})
    if not options:
        return value
    if isinstance(value, list):
        return [_as_option(field, one) for one in value]
    if not isinstance(value, str) or value in options:
        return value
    wanted = value.strip().casefold()
    for code, option in options.items():
        if wanted in (code, option.label.en.casefold(), option.label.text("zh").casefold()):
            return code
    return value


def tracked(intake: Intake, spec: ObjectType, trace: Mapping[str, Any]) -> dict[str, object]:
    """Return the fields that keep where an arrival came from, cut to their length."""
    noted = {**intake.source.utm, **{name: text for name, text in trace.items() if text}}
    found: dict[str, object] = {}
    for what, code in intake.source.tracking.items():
        if noted.get(what):
            longest = getattr(spec.fields[code].type, "max_length", None) or LONGEST
            found[code] = FORBIDDEN.sub(" ", str(noted[what]))[:longest].strip() or None
    return found


def carried(intake: Intake, payload: Mapping[str, Any]) -> dict[str, str]:
    """Return what an arrival itself says of where it came from: `utm_source` and the like beside its values.

    A form says it apart from what people typed.
    """
    names = () if intake.source.via == "form" else TRACKED
    return {name: said for name in names if (said := _text(payload.get(name)).strip())}


def passed_over(intake: Intake, spec: ObjectType, payload: Mapping[str, Any]) -> list[str]:
    """Return the names of what arrives that fill nothing."""
    used = set(TRACKED)
    for one in _mapping(intake, spec, payload):
        paths = HOLE.findall(one.template) or [one.path or one.code]
        used |= {*paths, *(path.partition(".")[0] for path in paths)}
    return [name for name in payload if name not in used]


def fitting(spec: ObjectType, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values as they would be stored, without those that their fields refuse."""
    found = {}
    for code, raw in values.items():
        try:
            found[code] = spec.fields[code].type.parse(raw)
        except InvalidValueError:
            continue
    return found


def unreadable(spec: ObjectType, values: Mapping[str, object]) -> Iterable[Problem]:
    """Yield what is wrong with single values, for who is told of missing ones and would hear of these only next time."""
    for code, value in values.items():
        try:
            spec.fields[code].type.parse(value)
        except InvalidValueError as error:
            yield Problem(error.code, code, error.message, error.cure)


def unanswered(
    intake: Intake, spec: ObjectType, values: Mapping[str, object], trace: Mapping[str, Any]
) -> Iterable[Problem]:
    """Yield what a form asks for and did not get."""
    source = intake.source
    if source.via != "form" or source.form is None:
        return
    for one in source.form.fields:
        asked = source.asks_for(one, anyway=spec.fields[one.code].required)
        if asked and one.code not in values:
            label = one.label or spec.fields[one.code].label
            yield Problem("required", one.code, f"{label.en} is missing.", "Fill it in.")
    if source.consent and source.consent.required and not trace.get("consent"):
        text = "Nothing can be sent without your consent."
        yield Problem("consent", "consent", text, "Tick the box below the form.")
