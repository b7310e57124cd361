"""What the settings of a rule may name: fields and stages of its object, roles, other rules, working calendars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fieldstone.expressions.condition import path_type
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.studio_edits import effective_of
from fieldstone.web.pages.studio_items import people_told
from fieldstone.web.pages.studio_nested import Known

Json = Mapping[str, Any]
Listed = Sequence[tuple[str, str]]
# Settings that name a field of the rule's object, and of which type it must be.
FIELDS: Final = {
    "starts": "datetime",
    "stops": "datetime",
    "until": "datetime",
    "asked": "datetime",
    "end_field": "datetime",
    "by": "select",
    "extended": "integer",
    "into": "",
    "percent_into": "",
    "missing_into": "",
    "field": "",
}
# Settings that name another rule, and of which kind.
RULES: Final = {"dead": "pool", "ranking": "ranking_program", "ladder": "reminder_ladder"}


def known_inside(asked: Asked, about: str) -> Known:
    """Return what settings inside others may name; `about` is the object of the rule they belong to."""
    model, language = asked.model, asked.language
    named = {"pool": "pool", "return_to": "pool", "rotation": "rotation", "known_by": "duplicate", "ranking": "ranking_program"}  # fmt: skip
    choices = {name: found for name, kind in named.items() if (found := _rules_of(asked, kind))}
    roles = [(one.code, one.label.text(language)) for one in model.roles.values()]
    spec = model.objects.get(about)
    fields = {code: one.label.text(language) for code, one in spec.fields.items()} if spec else {}
    objects = listed_objects(asked)
    titles = {**dict(roles), **dict(objects), **fields}
    return Known(speech(language), {"object": objects, "role": roles, **choices}, titles)


def _rules_of(asked: Asked, kind: str, about: str = "") -> Listed:
    return [
        (code, one.label.text(asked.language))
        for code, one in asked.model.rules.items()
        if one.kind == kind and about in ("", one.object_name)
    ]


def bands_of(asked: Asked, about: str, before: Json) -> Listed:
    """Return the grades that a grading can give: the choices of the field it writes."""
    into = str(before.get("into") or "")
    if not into or about not in asked.model.objects:
        return []
    scope = asked.model.scope(about)
    found = path_type(into, scope)
    codes = found.choices if found else ()
    return [(one, scope.option_label(into, one, asked.language)) for one in codes or ()]


def named_by_rule(asked: Asked, shown: Mapping[str, Json], before: Json, about: str) -> dict[str, Listed]:  # fmt: skip
    """Return what a rule's own settings may name: fields and stages of its object, other rules, calendars."""
    spec, language = asked.model.objects.get(about), asked.language
    if spec is None:
        return {}
    offered: dict[str, Listed] = {
        name: [
            (code, one.label.text(language))
            for code, one in spec.fields.items()
            if kind in ("", one.type.name) and not one.archived
        ]
        for name, kind in FIELDS.items()
    }
    offered |= {name: _rules_of(asked, kind, about) for name, kind in RULES.items()}
    offered["calendar"] = _calendars(asked)
    stages = spec.pipelines.pipelines.values() if spec.pipelines else ()
    offered["stage"] = [
        (code, one.label.text(language)) for line in stages for code, one in line.stages.items()
    ]
    found = {}
    for name in set(offered) & set(shown):
        said = before.get(name)
        listed = [*offered[name]]
        if isinstance(said, str) and said not in dict(listed):
            listed.append((said, said))
        if (
            listed
            and isinstance(said, (str, type(None)))
            and shown[name].get("type") in ("string", None)
        ):
            found[name] = listed
    return found | (_then(asked, before, about) if "then" in shown else {})


def _calendars(asked: Asked) -> Listed:
    """Return the working calendars by what people call them."""
    written = effective_of(asked).value(("calendars",)) or {}
    found = []
    for code in filter(None, asked.model.calendars):
        label = (written.get(code) or {}).get("label")
        word = label.get(asked.language) or label.get("en") if isinstance(label, Mapping) else label
        found.append((code, str(word or code)))
    return found


def _then(asked: Asked, before: Json, about: str) -> dict[str, Listed]:
    """Return the pools that records of an object can go back to, and whom to tell; nothing where more is written."""
    inside = before.get("then")
    said = inside if isinstance(inside, Mapping) else {}
    pools = _rules_of(asked, "pool", about)
    people = people_told(asked.model, speech(asked.language))
    found = {"then.return_to": pools, "then.notify": people}
    return {
        name: choices
        for name, choices in found.items()
        if (said.get(name.partition(".")[2]) or "") in ["", *dict(choices)]
    }


def listed_objects(asked: Asked) -> list[tuple[str, str]]:
    """Return the objects of the site that stand for themselves."""
    listed = [one for one in asked.model.objects.values() if one.parent is None]
    return [(one.code, one.label.text(asked.language)) for one in listed]
