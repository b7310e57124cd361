"""One object in the studio, or the site's own parts: the entries of a part in a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import effective_of
from fieldstone.web.pages.studio_parts import Part, entries_of, part_of
from fieldstone.web.pages.studio_words import KINDS, label_of, variant_label

PAGE = Blueprint("studio_object", __name__)
Drawn = dict[str, Any]
SITE: Final = "-"
NEW: Final = "new"
SUMMARY: Final = ("type", "kind", "to", "required", "unique", "needs", "within", "filter", "fields", "columns", "read", "update", "create", "when", "items")  # fmt: skip


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


def _list(asked: Asked, object_name: str, kind: str) -> Response:
    pipeline = request.args.get("pipeline", "")
    part = part_of(asked, object_name, kind, pipeline)
    effective = effective_of(asked)
    rows = [
        _row(asked, part, code, value, effective.layer(part.entry(code)))
        for code, value in entries_of(part, effective).items()
    ]
    t, spec = speech(asked.language).t, part.spec
    context = {
        "tabs": tabs(asked, "rules" if kind == "rules" else "objects"),
        "title": spec.label.text(asked.language) if spec else t(KINDS[kind]),
        "symbol": spec.icon if spec else "workflow",
        "parts": parts_of_object(asked, part, kind),
        "pipelines": _pipelines(part, asked.language),
        "rows": rows,
        "what": t(KINDS[kind]),
        "variants": _variants(asked, kind),
        "new_url": f"{part.base}/{NEW}",
        "pipeline": pipeline,
    }
    return drawing.page(asked, "studio_object", context)


def _variants(asked: Asked, kind: str) -> list[Drawn]:
    """Return what a new entry can be: the types of fields, the kinds of rules."""
    words = asked.site.vocabulary
    offered: Mapping[str, Mapping[str, Any]] = {"fields": words.types, "rules": words.kinds}
    found = [
        {"value": one.name, "label": one.label.text(asked.language)}
        for one in offered.get(kind, {}).values()
    ]
    return sorted(found, key=lambda one: str(one["label"]))


def parts_of_object(asked: Asked, part: Part, current: str) -> list[Drawn]:
    """Return the parts of an object, or of the site, as links."""
    t = speech(asked.language).t
    listed = list(KINDS)[:6] if part.spec is not None else list(KINDS)[6:]
    home = f"/studio/o/{part.spec.code if part.spec else SITE}"
    return [
        {"label": t(KINDS[one]), "href": f"{home}/{one}", "current": one == current}
        for one in listed
    ]


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
        "label": label_of(asked, code, value),
        "kind": variant_label(asked, part, variant),
        "summary": _summary(value),
        "layer": layer,
        "off": value.get("enabled") is False or value.get("archived") is True,
        **(_about_rule(asked, code) if part.kind == "rules" else {}),
        "href": f"{part.base}/{code}{query}",
    }


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


def _summary(value: Mapping[str, Any]) -> str:
    shown = []
    for name in SUMMARY[2:]:
        said = value.get(name)
        if said in (None, "", [], False):
            continue
        if isinstance(said, list):
            said = ", ".join(str(one) for one in said[:6])
        if not isinstance(said, Mapping):
            shown.append(name.replace("_", " ") if said is True else f"{name}: {said}")
    return " · ".join(shown)[:160]
