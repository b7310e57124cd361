"""What the form of a field has beside its settings: its type, its parts, and where a new one is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from fieldstone.compiler.shapes import FIELD_ENVELOPE
from fieldstone.evolution.converting import NEVER
from fieldstone.evolution.effective import Effective
from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.studio_edits import Edits, effective_of
from fieldstone.web.pages.studio_parts import Part
from fieldstone.web.pages.views import declared_views

Drawn = dict[str, Any]
# What one thinks of first, then what depends on other values, then the rest; settings of the type come with the first.
FIRST: Final = ("label.en", "label.zh", "required", "help.en", "help.zh")
CONDITIONS: Final = ("required_when", "visible_when", "read_only_when", "default_expression")
TYPELESS: Final = NEVER | {"formula", "rollup", "rows"}
SECTION: Final = "_section"
VIEWS: Final = "_views"


def groups(asked: Asked, part: Part, fields: Sequence[Drawn]) -> list[Drawn]:
    """Return the controls of an entry in groups, those of a field by how often people need them."""
    if part.kind != "fields":
        return [{"label": "", "fields": list(fields), "closed": False}]
    t = speech(asked.language).t
    by_name = {str(one["name"]): one for one in fields}
    own = [
        one
        for one in by_name
        if one.partition(".")[0] not in FIELD_ENVELOPE and not one.startswith("related")
    ]
    first = [one for one in (*FIRST[:2], *own, "default", *FIRST[2:]) if one in by_name]
    conditions = [one for one in CONDITIONS if one in by_name]
    rest = [one for one in by_name if one not in {*first, *conditions}]
    listed = (("", first), (t("Conditions"), conditions), (t("More settings"), rest))
    return [
        {
            "label": label,
            "fields": [by_name[name] for name in names],
            "closed": bool(label) and not any(_said(by_name[name]) for name in names),
        }
        for label, names in listed
        if names
    ]


def _said(control: Drawn) -> bool:
    chosen = any(one["chosen"] for one in control.get("options", ()))
    return bool(control.get("value") or control.get("errors") or chosen)


def types_of(asked: Asked, variant: str, *, fresh: bool) -> list[Drawn]:
    """Return the types that a field may have: any for a new one, else those its values can be read as."""
    types = asked.site.vocabulary.types
    if not fresh and variant in TYPELESS:
        return []
    listed = [
        (one.name, one.label.text(asked.language))
        for one in types.values()
        if fresh or one.name not in TYPELESS or one.name == variant
    ]
    listed.sort(key=lambda one: one[1])
    return [{"value": code, "label": label, "chosen": code == variant} for code, label in listed]


def places(asked: Asked, part: Part, given: MultiDict[str, str]) -> list[Drawn]:
    """Return the controls that say where a new field is shown: the section of the form, and lists."""
    spec, t = part.spec, speech(asked.language).t
    if spec is None or part.kind != "fields":
        return []
    found: list[Drawn] = []
    if spec.form:
        chosen = given.get(SECTION, spec.form[0].code)
        options = [
            {"value": s.code, "label": s.label.text(asked.language), "chosen": s.code == chosen}
            for s in spec.form
        ]
        blank = t("Nowhere on the form")
        found.append({"name": SECTION, "label": t("Section of the form"), "type": "select",
                      "options": options, "placeholder": blank})  # fmt: skip
    if lists := declared_views(spec, "list"):
        shown = given.getlist(VIEWS) or ([] if SECTION in given else [lists[0].code])
        options = [
            {"value": v.code, "label": v.label.text(asked.language), "chosen": v.code in shown}
            for v in lists
        ]
        found.append({"name": VIEWS, "label": t("A column of these lists"), "type": "multi_select", "options": options, "wide": True})  # fmt: skip
    return found


def placed(asked: Asked, edits: Edits, part: Part, code: str, given: MultiDict[str, str]) -> Edits:
    """Return the steps that show a new field where its form says."""
    spec = part.spec
    if spec is None:
        return edits
    effective, home = effective_of(asked), part.path[:2]
    section = given.get(SECTION, "")
    if any(one.code == section for one in spec.form):
        path = (*home, "forms", "default", section, "fields")
        edits = edits.set(path, [*(effective.value(path) or ()), code])
        edits = _on_the_record(edits, spec, (*home, "layout", "sections"), effective, section, code)
    for view in given.getlist(VIEWS):
        if view in spec.views:
            path = (*home, "views", view, "columns")
            edits = edits.set(path, [*(effective.value(path) or ()), code])
    return edits


def _on_the_record(
    edits: Edits,
    spec: ObjectType,
    path: tuple[str, ...],
    effective: Effective,
    section: str,
    code: str,
) -> Edits:
    """Return the steps with one more where a record's page has sections of its own: the field joins that of this code, else the last."""
    codes = [one.code for one in spec.layout.sections or ()]
    if not codes:
        return edits
    fields = (*path, section if section in codes else codes[-1], "fields")
    return edits.set(fields, [*(effective.value(fields) or ()), code])
