"""What names what: every view, form, rule, formula, permission, stage and report that refers to a thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fieldstone.base.label import Label, label_of
from fieldstone.evolution.operations import NOUNS
from fieldstone.model.site_model import Model, Use

# What stands second in a path, as people call it.
PARTS = {
    "views": "view",
    "permissions": "permission",
    "fields": "field",
    "rules": "rule",
    "reports": "report",
    "roles": "role",
    "nav": "nav",
}


@dataclass(frozen=True)
class Place:
    """One thing that names another: where it stands and what people call it."""

    holder: str  # the object, "" for the site's parts
    path: tuple[str, ...]
    text: Label


def places_of(model: Model, what: str, target: tuple[str, ...]) -> tuple[Place, ...]:
    """Return everything that names a field ("lead", "budget"), an option, a role, a pool, a rule or an object.

    Each view, rule or field is named once, however often it does so; what a thing says of itself does not count.
    """
    if what == "object":
        return tuple(_that_name_an_object(model, target[0]))
    wanted = {(what, target)}
    if what == "role":  # user.role('sales') and user.roles name it as what people carry
        wanted.add(("option", ("user", "roles", *target)))
    places = dict.fromkeys(
        place
        for use in model.uses
        if (use.what, use.target) in wanted and not _itself(use)
        if (place := _place(model, use)) is not None
    )
    return tuple(places)


def _that_name_an_object(model: Model, code: str) -> Iterator[Place]:
    """Yield the links to an object, the rules about it, and the reports that count its records."""
    spec = model.objects.get(code)
    uses = [
        Use(one.object_name, ("fields", one.field), "object", (code,))
        for one in (spec.relations.values() if spec else ())
        if not one.owned and one.object_name != code
    ]
    uses += [
        Use("", ("rules", rule.code), "object", (code,))
        for rule in model.rules.values()
        if rule.object_name == code
    ]
    uses += [
        Use("", ("reports", report.code), "object", (code,))
        for report in model.reports.values()
        if _says_object(report.body, code)
    ]
    for use in uses:
        if (place := _place(model, use)) is not None:
            yield place


def _says_object(body: object, code: str) -> bool:
    if isinstance(body, Mapping):
        return body.get("object") == code or any(_says_object(one, code) for one in body.values())
    return isinstance(body, (list, tuple)) and any(_says_object(one, code) for one in body)


def _itself(use: Use) -> bool:
    return use.path[:1] == ("fields",) and use.target[:2] == (use.holder, use.path[1])


def _place(model: Model, use: Use) -> Place | None:
    """Return the view, rule, field, ... that a use stands in."""
    spec = model.objects.get(use.holder)
    part, *rest = use.path or ("",)
    if part == "forms":
        return _of_object(spec.label if spec else Label(use.holder), use, Label("form", "表单"), 1)
    if part == "layout":
        of = spec.label if spec else Label(use.holder)
        return _of_object(of, use, Label("record layout", "记录页布局"), 1)
    if part == "stages":
        return _of_object(
            spec.label if spec else Label(use.holder), use, Label("stages", "阶段"), 1
        )
    noun = NOUNS.get(PARTS.get(part, ""))
    if noun is None or not rest:
        where = spec.label if spec is not None else Label("the site", "站点")
        return _of_object(where, use, label_of(part), 1)
    label = _label(model, use, part, rest[0])
    owner = f" of {spec.label.en}" if spec is not None else ""
    owner_zh = f"“{spec.label.text('zh')}”的" if spec is not None else ""
    text = Label(f'{noun.en} "{label.en}"{owner}', f"{owner_zh}{noun.zh}“{label.text('zh')}”")
    return Place(use.holder, use.path[:2], text)


def _of_object(where: Label, use: Use, noun: Label, depth: int) -> Place:
    text = Label(f"{noun.en} of {where.en}", f"“{where.text('zh')}”的{noun.text('zh')}")
    return Place(use.holder, use.path[:depth], text)


def _label(model: Model, use: Use, part: str, code: str) -> Label:
    spec = model.objects.get(use.holder)
    found = None
    if spec is not None:
        held = {"views": spec.views, "fields": spec.fields}.get(part, {})
        found = held.get(code)
    elif part == "rules":
        found = model.rules.get(code)
    elif part == "reports":
        found = model.reports.get(code)
    if part == "permissions":
        found = model.roles.get(code)
    label = getattr(found, "label", None)
    return label if isinstance(label, Label) else label_of(code)
