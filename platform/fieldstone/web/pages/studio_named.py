"""What the settings of a rule may name: fields and stages of its object, roles, other rules, working calendars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fieldstone.expressions.condition import path_type
from fieldstone.reads.query import Query
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.studio_edits import effective_of
from fieldstone.web.pages.studio_inner import Known
from fieldstone.web.pages.studio_items import people_told

Json = Mapping[str, Any]
Listed = Sequence[tuple[str, str]]
# Settings that name a field of the rule's object, and of which types it may be; () for any.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "starts": ("datetime",),
    "stops": ("datetime",),
    "until": ("datetime",),
    "asked": ("datetime",),
    "end_field": ("datetime",),
    "by": ("select",),
    "extended": ("integer",),
    "into": (),
    "percent_into": (),
    "missing_into": (),
    "field": (),
    "date": ("date", "datetime"),
}
# Settings that name another rule, and of which kind.
RULES: Final = {"dead": "pool", "ranking": "ranking_program", "ladder": "reminder_ladder"}
# Maps whose keys are fields of the rule's object, by the name of the setting; "_value" is what a nameless map stands in.
BY_FIELD: Final = ("set", "sets", "field_map", "mapping", "normalise", "thresholds", "hysteresis_gap", "fields", "link", "_value")  # fmt: skip
BY_OBJECT: Final = ("against", "also_known")
BY_RELATION: Final = ("events", "children")
# Groups of people that rules name by the codes of their records; so many are offered.
GROUPS: Final = ("team", "department")
MOST: Final = 100


def known_inside(asked: Asked, about: str, before: Json) -> Known:
    """Return what settings inside others may name; `about` is the object of the rule they belong to, `before` what it says."""
    model, language = asked.model, asked.language
    named = {"pool": "pool", "return_to": "pool", "release_to": "pool", "rotation": "rotation", "known_by": "duplicate", "ranking": "ranking_program"}  # fmt: skip
    choices = {name: found for name, kind in named.items() if (found := _rules_of(asked, kind))}
    roles = [(one.code, one.label.text(language)) for one in model.roles.values()]
    objects, fields, spec = listed_objects(asked), fields_of(asked, about), model.objects.get(about)
    relations = [(one.name, one.label.text(language)) for one in spec.relations.values()] if spec else []  # fmt: skip
    keys: dict[str, Listed] = {
        **dict.fromkeys(BY_FIELD, fields),
        **dict.fromkeys(BY_OBJECT, objects),
        **dict.fromkeys(BY_RELATION, relations),
        "required_at_stage": stages_of(asked, about),
    }
    groups = {name: coded(asked, name) for name in GROUPS}
    several = {"role": roles, "roles": roles, "beyond": roles, "may_override": roles, **groups}
    several |= {f"{name}s": listed for name, listed in groups.items()}
    several |= {"transfers_to": choices.get("pool", ()), "pools": choices.get("pool", ())}
    return Known(
        speech=speech(language),
        choices={"object": objects, "role": roles, **choices, **groups},
        titles={**dict(roles), **dict(objects), **dict(relations), **dict(fields)},
        keys={name: listed for name, listed in keys.items() if listed},
        cases=_cases(asked, about, before),
        several={name: listed for name, listed in several.items() if listed},
        object=about,
        own=about,
        fields_of=lambda other: fields_of(asked, other),
    )


def coded(asked: Asked, object_name: str) -> Listed:
    """Return the records that rules name by their code: teams, departments."""
    spec = asked.model.objects.get(object_name)
    if spec is None or not {"code", "name"} <= spec.fields.keys():
        return []
    query = Query(fields=("code", "name"), sort=(("name", False),), limit=MOST)
    rows = asked.site.reads.list(asked.ctx, asked.model, object_name, query).rows
    return [(str(one.values["code"]), str(one.values["name"])) for one in rows if one.values.get("code")]  # fmt: skip


def fields_of(asked: Asked, object_name: str) -> list[tuple[str, str]]:
    """Return the fields of an object by what people call them."""
    spec = asked.model.objects.get(object_name)
    fields = spec.fields.items() if spec else ()
    return [(code, one.label.text(asked.language)) for code, one in fields if not one.archived]


def stages_of(asked: Asked, object_name: str) -> list[tuple[str, str]]:
    """Return the stages of an object, whatever pipeline they are in."""
    spec = asked.model.objects.get(object_name)
    lines = spec.pipelines.pipelines.values() if spec and spec.pipelines else ()
    return list({code: one.label.text(asked.language) for line in lines for code, one in line.stages.items()}.items())  # fmt: skip


def _cases(asked: Asked, about: str, before: Json) -> Listed:
    """Return the values by which settings may differ: those of the field named as `by`."""
    return _values_of(asked, about, str(before.get("by") or ""))


def _values_of(asked: Asked, about: str, path: str) -> Listed:
    """Return the choices of a field by what people call them; none of a field that has none."""
    if not path or about not in asked.model.objects:
        return []
    scope = asked.model.scope(about)
    found = path_type(path, scope)
    codes = found.choices if found else ()
    return [(one, scope.option_label(path, one, asked.language)) for one in codes or ()]


def _rules_of(asked: Asked, kind: str, about: str = "") -> Listed:
    return [
        (code, one.label.text(asked.language))
        for code, one in asked.model.rules.items()
        if one.kind == kind and about in ("", one.object_name)
    ]


def bands_of(asked: Asked, about: str, before: Json) -> Listed:
    """Return the grades that a grading can give: the choices of the field it writes."""
    return _values_of(asked, about, str(before.get("into") or ""))


def named_by_rule(asked: Asked, shown: Mapping[str, Json], before: Json, about: str) -> dict[str, Listed]:  # fmt: skip
    """Return what a rule's own settings may name: fields and stages of its object, other rules, calendars."""
    spec, language = asked.model.objects.get(about), asked.language
    if spec is None:
        return {}
    offered: dict[str, Listed] = {
        name: [
            (code, one.label.text(language))
            for code, one in spec.fields.items()
            if (not kind or one.type.name in kind) and not one.archived
        ]
        for name, kind in FIELDS.items()
    }
    offered |= {name: _rules_of(asked, kind, about) for name, kind in RULES.items()}
    ours = fields_of(asked, about)
    offered |= {
        name: ours for name, one in shown.items() if one.get("format") in ("field", "own_field")
    }
    offered["calendar"] = _calendars(asked)
    offered["stage"] = stages_of(asked, about)
    states = _values_of(asked, about, str(before.get("field") or ""))
    offered |= {"lower": states, "upper": states}
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
