"""One object in the studio, or the site's own parts: the entries of a part in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from fieldstone.expressions.expression import parse
from fieldstone.expressions.problems import ExpressionError
from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.layouts import AT, DO, Layout
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_changes import ordered
from fieldstone.web.pages.studio_differences import value_text
from fieldstone.web.pages.studio_edits import (
    Edits,
    base_shown,
    changing_of,
    effective_of,
    hold_to_base,
)
from fieldstone.web.pages.studio_own import taken_away
from fieldstone.web.pages.studio_parts import CHOICES, Part, entries_of, long_form, part_of
from fieldstone.web.pages.studio_plan import planned_page
from fieldstone.web.pages.studio_words import (
    KINDS,
    ONE_OF,
    SITE,
    columns_url,
    entry_label,
    label_of,
    parts_of,
    variant_label,
)
from fieldstone.web.pages.views import declared_views

PAGE = Blueprint("studio_object", __name__)
Drawn = dict[str, Any]
# What most rules of an object of one's own are: these kinds are offered first.
EVERYDAY: Final = ("deadline", "automation", "validation", "assignment")
SUMMARY: Final = ("type", "kind", "to", "required", "unique", "needs", "within", "filter", "fields", "columns", "read", "update", "create", "when", "items")  # fmt: skip
FEW: Final = 6
# Whose order people see: on forms, in menus, along the path of stages.
ORDERED: Final = ("fields", "pipelines", "stages", "views", "nav", "roles")


@PAGE.get("/studio/o/<object_name>")
def object_page(object_name: str) -> Response:
    """Show the fields of an object."""
    return _list(the_call(), object_name, "fields")


@PAGE.get("/studio/o/<object_name>/<kind>")
def part_page(object_name: str, kind: str) -> Response:
    """Show the entries of one part."""
    return _list(the_call(), object_name, kind)


@PAGE.get("/studio/rules")
def rules_page() -> Response:
    """Show all rules."""
    return _list(the_call(), SITE, "rules")


@PAGE.post("/studio/order/<object_name>/<kind>")
def order_page(object_name: str, kind: str) -> Response:
    """Draw the entries in another order, or plan it when asked to."""
    asked, given = the_call(), request.form
    changing_of(asked)
    part = part_of(asked, object_name, kind, given.get("pipeline", ""))
    entries = entries_of(part, effective_of(asked))
    marks = MultiDict([(AT, "s:"), *((AT, f"f:{code}") for code in given.getlist(AT))])
    order = Layout.posted(marks, entries).done(given.get(DO, "")).used
    order = (*order, *(code for code in entries if code not in order))
    if "plan" not in given:
        return _list(asked, object_name, kind, order)
    hold_to_base(asked, part.path)
    edits = ordered(Edits(), part.path, entries, order)
    return planned_page(asked, edits, part.page)


def _list(asked: Asked, object_name: str, kind: str, order: Sequence[str] = ()) -> Response:
    pipeline = request.values.get("pipeline", "")
    part = part_of(asked, object_name, kind, pipeline)
    effective = effective_of(asked)
    entries = entries_of(part, effective)
    about = request.args.get("object", "") if kind == "rules" else ""
    rows = [
        _row(asked, part, code, entries[code], effective.layer(part.entry(code)))
        for code in order or entries
        if not about or entries[code].get("object") == about
    ]
    t, spec = speech(asked.language).t, part.spec
    context = {
        "tabs": tabs(asked, "rules" if kind == "rules" else "objects"),
        "title": spec.label.text(asked.language) if spec else t(KINDS[kind]),
        "symbol": spec.icon if spec else "workflow",
        "parts": parts_of(asked, part.spec, kind),
        "pipelines": _pipelines(part, asked.language),
        "rows": rows,
        "away": taken_away(asked, part),
        "what": t(KINDS[kind]),
        "variants": _variants(asked, kind),
        "about": about,
        "objects": _objects(asked, about) if kind == "rules" else [],
        "new_url": f"{part.base}/{part.new}",
        "new_label": t(ONE_OF[kind]),
        "pipeline": pipeline,
        "base": base_shown(asked),
        "order_url": f"/studio/order/{object_name}/{kind}" if kind in ORDERED else "",
        "again_url": part.page,
        "arrange_url": _arrange_url(part),
        "changed": bool(order) and list(order) != list(entries),
    }
    return drawing.page(asked, "studio_object", context)


def _variants(asked: Asked, kind: str) -> list[Drawn]:
    """Return the kinds of rules that a new one can be of; a field's type is chosen in its form."""
    if kind != "rules":
        return []
    found = [
        {
            "label": one.label.text(asked.language),
            "about": one.about.text(asked.language),
            "value": one.name,
        }
        for one in asked.site.vocabulary.kinds.values()
    ]
    everyday = {name: n for n, name in enumerate(EVERYDAY)}
    return sorted(found, key=lambda one: (everyday.get(one["value"], len(everyday)), one["label"]))


def _objects(asked: Asked, about: str) -> list[Drawn]:
    """Return the objects whose rules can be shown alone."""
    return [
        {"value": one.code, "label": one.label.text(asked.language), "chosen": one.code == about}
        for one in asked.model.objects.values()
        if one.parent is None
    ]


def _arrange_url(part: Part) -> str:
    """Return where the columns of the first list are arranged, "" for other parts."""
    if part.spec is None or part.kind != "views":
        return ""
    lists = declared_views(part.spec, "list")
    return columns_url(part.spec.code, lists[0].code) if lists else ""


def _pipelines(part: Part, language: str) -> list[Drawn]:
    if part.kind != "stages" or part.spec is None or part.spec.pipelines is None:
        return []
    return [
        {
            "label": one.label.text(language),
            "href": f"{part.base}?pipeline={code}",
            "current": code == part.pipeline,
        }
        for code, one in part.spec.pipelines.pipelines.items()
    ]


def _row(asked: Asked, part: Part, code: str, value: Mapping[str, Any], layer: str) -> Drawn:
    query = f"?pipeline={part.pipeline}" if part.pipeline else ""
    variant = str(value.get("type" if part.kind == "fields" else "kind", ""))
    return {
        "code": code,
        "label": entry_label(asked, part, code, value),
        "kind": variant_label(asked, part, variant),
        "summary": _choices(asked, value)
        if part.kind == CHOICES
        else _summary(asked, value, part.spec or asked.model.objects.get(str(value.get("object")))),
        "layer": layer,
        "off": value.get("enabled") is False or value.get("archived") is True,
        **(_about_rule(asked, code) if part.kind == "rules" else {}),
        "href": f"{part.base}/{code}{query}",
    }


def _choices(asked: Asked, value: Mapping[str, Any]) -> str:
    """Return the first choices of a shared set, as people read them."""
    listed = value.get(CHOICES) or {}
    named = [label_of(asked, code, long_form("roles", one)) for code, one in listed.items() if one is not None]  # fmt: skip
    more = " …" if len(named) > FEW else ""
    return speech(asked.language).t(", ").join(named[:FEW]) + more


def _about_rule(asked: Asked, code: str) -> Drawn:
    """Return which object a rule is about, and its condition in words."""
    rule = asked.model.rules.get(code)
    if rule is None:
        return {}
    spec = asked.model.objects.get(rule.object_name)
    return {
        "about": spec.label.text(asked.language) if spec else "",
        "said": rule.when.read_back(asked.language) if rule.when else "",
    }


def _summary(asked: Asked, value: Mapping[str, Any], spec: ObjectType | None) -> str:
    """Return what an entry says in a line: fields by their labels, conditions as sentences."""
    t, objects = speech(asked.language).t, asked.model.objects
    shown = []
    for name in SUMMARY[2:]:
        said = value.get(name)
        if said in (None, "", [], False) or isinstance(said, Mapping):
            continue
        label = t("Condition" if name == "when" else name.replace("_", " ").capitalize())
        if isinstance(said, list):
            said = value_text(said[:FEW], [spec] if spec else [], speech(asked.language))
        elif name in ("filter", "when") and spec is not None:
            rows = spec.relations.get(str(value.get("of")))
            said = _sentence(asked, objects[rows.object_name] if rows else spec, str(said))
        elif name == "to" and said in objects:
            said = objects[said].label.text(asked.language)
        shown.append(label.lower() if said is True else f"{label.lower()}: {said}")
    return " · ".join(shown)[:160]


def _sentence(asked: Asked, spec: ObjectType, text: str) -> str:
    """Return a condition in words; as it is written when it cannot be read."""
    try:
        return parse(text, asked.model.scope(spec.code)).read_back(asked.language)
    except ExpressionError:
        return text
