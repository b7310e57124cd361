"""What the form of a field has beside its settings: its type, and where a new one is shown."""

from __future__ import annotations

from typing import Any, Final

from werkzeug.datastructures import MultiDict

from fieldstone.evolution.converting import NEVER
from fieldstone.evolution.effective import Effective
from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.studio_edits import Edits, effective_of
from fieldstone.web.pages.studio_parts import Part
from fieldstone.web.pages.views import declared_views

Drawn = dict[str, Any]
TYPELESS: Final = NEVER | {"formula", "rollup", "rows"}
# What most fields are; the other types follow by name.
COMMON: Final = ("text", "long_text", "integer", "currency", "date", "boolean", "select", "lookup", "user")  # fmt: skip
SECTION: Final = "_section"
VIEWS: Final = "_views"


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
    listed.sort(key=lambda one: (COMMON.index(one[0]) if one[0] in COMMON else len(COMMON), one[1]))
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
