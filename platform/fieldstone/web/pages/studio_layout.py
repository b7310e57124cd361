"""The designers of the studio: the form, the page of a record, the quick form, and the columns of lists, by drag and by keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict

from fieldstone.evolution.effective import Effective
from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.details import NEVER
from fieldstone.web.pages.layouts import AT, DO, HIGHLIGHTS, PANELS, RELATED, Group, Layout
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_changes import rearranged
from fieldstone.web.pages.studio_draft import Draft
from fieldstone.web.pages.studio_edits import (
    Edits,
    base_shown,
    changing_of,
    effective_of,
    hold_to_base,
)
from fieldstone.web.pages.studio_parts import Part, entries_of, part_of
from fieldstone.web.pages.studio_plan import planned_page
from fieldstone.web.pages.studio_preview import drawn_draft, preview_of
from fieldstone.web.pages.studio_record_layout import (
    FIXED,
    block_item,
    edits_of,
    present_of,
    sections_written,
    standing_on,
)
from fieldstone.web.pages.studio_words import parts_of
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import icon_of
from fieldstone.web.pages.views import declared_views

PAGE = Blueprint("studio_layout", __name__)
Drawn = dict[str, Any]
FORM, RECORD, QUICK, LIST = "form", "record", "quick", "list-"
# Columns of a list cannot show these; a form does.
NO_COLUMNS: Final = frozenset({"rows", "rich_text", "secret", "json", "file", "image"})


@dataclass(frozen=True)
class Designer:
    """One thing to arrange: the form of an object (FORM), its record's page (RECORD), its quick form (QUICK), or the columns of a list (LIST + code)."""

    asked: Asked
    part: Part
    spec: ObjectType
    what: str

    @property
    def view(self) -> str:
        """Return the code of the list whose columns these are, "" of forms."""
        return self.what.removeprefix(LIST) if self.what.startswith(LIST) else ""

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"/studio/layout/{self.spec.code}/{self.what}"

    @property
    def path(self) -> tuple[str, ...]:
        """Return where the arrangement is written."""
        home = self.part.path[:2]
        if self.what == FORM:
            return (*home, "forms", "default")
        if self.what == RECORD:
            return (*home, "layout")
        return (*home, "forms", "quick") if self.what == QUICK else (*home, "views", self.view, "columns")  # fmt: skip

    def usable(self) -> list[str]:
        """Return what may stand here: fields, and on a record's page panels and related lists."""
        if self.what == RECORD:
            return standing_on(self.asked, self.spec)
        left = NO_COLUMNS if self.view else frozenset()
        return [
            code
            for code, field in self.spec.fields.items()
            if not field.archived
            and code not in NEVER
            and field.type.name not in left
            and (self.view or not field.system or code in ("owner", self.spec.stage_field))
            and not (self.what == QUICK and (field.derived or field.read_only))
        ]

    def present(self) -> Layout:
        """Return the arrangement in force."""
        spec = self.spec
        if self.what == RECORD:
            return present_of(self.asked, spec)
        if self.what == FORM:
            groups = [
                Group(s.code, s.fields, s.label.text("en"), s.label.text("zh"), s.columns)
                for s in spec.form
            ]
            if not groups:
                own = tuple(c for c, f in spec.fields.items() if not f.system and not f.archived)
                groups = [Group("main", own, spec.label.en, spec.label.zh, 2)]
            return Layout(tuple(groups))
        fields = spec.quick if self.what == QUICK else spec.views[self.view].columns
        return Layout((Group(self.what, tuple(fields)),))

    def edits(self, wanted: Layout, effective: Effective) -> Edits:
        """Return the steps that make an arrangement so."""
        if self.what == RECORD:
            return edits_of(self.asked, self.path, self.spec, wanted, effective)
        if self.what != FORM:
            present, fields = self.present().used, wanted.used
            return Edits() if fields == present else Edits().set(self.path, list(fields))
        before = entries_of(self.part, effective)
        after = sections_written(wanted.groups, before, self.present().groups)
        return rearranged(self.asked, Edits(), self.path, before, after)

    def resets(self) -> Drawn | None:
        """Return how the page offers to leave this to the layers below; None where the site says nothing of it."""
        t, changing = speech(self.asked.language).t, changing_of(self.asked)
        _, documents = changing.current(self.asked.ctx)
        if not documents.value(self.path)[1]:
            return None
        below = changing.effective(self.asked.ctx, documents.without(self.path))
        layer = below.layer(self.path)
        if not layer:
            return {"label": t("Back to the sections of the form")} if self.what == RECORD else None
        return {"label": t("Reset to {layer}", layer=t("core") if layer == "core" else layer)}


def _designer(object_name: str, what: str) -> Designer:
    asked = the_call()
    changing_of(asked)
    part = part_of(asked, object_name, "forms")
    spec = part.spec
    lists = [LIST + one.code for one in declared_views(spec, "list")] if spec else []
    if spec is None or what not in (FORM, RECORD, QUICK, *lists):
        raise not_there()
    return Designer(asked, part, spec, what)


@PAGE.get("/studio/o/<object_name>/forms")
def forms_page(object_name: str) -> Any:
    """Lead to the designer of the form."""
    return redirect(_designer(object_name, FORM).url, 303)


@PAGE.get("/studio/o/<object_name>/layout")
def record_layout_page(object_name: str) -> Any:
    """Lead to the designer of a record's page."""
    return redirect(_designer(object_name, RECORD).url, 303)


@PAGE.get("/studio/layout/<object_name>/<what>")
def layout_page(object_name: str, what: str) -> Response:
    """Show what stands where, with what could be put there."""
    designer = _designer(object_name, what)
    return _page(designer, designer.present())


@PAGE.post("/studio/layout/<object_name>/<what>")
def arrange(object_name: str, what: str) -> Response:
    """Draw the page with what was moved, or plan it when asked to."""
    designer, given = _designer(object_name, what), request.form
    layout = _posted(designer, given)
    if "reset" in given:
        return planned_page(designer.asked, Edits().reset(designer.path), designer.url)
    if "plan" in given:
        hold_to_base(designer.asked, designer.path)
        edits = designer.edits(layout, effective_of(designer.asked))
        return planned_page(designer.asked, edits, designer.url)
    return _page(designer, layout)


def _posted(designer: Designer, given: MultiDict[str, str]) -> Layout:
    layout = Layout.posted(given, designer.usable())
    if given.get("add"):  # what the list of unused fields sends without a drag
        layout = layout.without(given["add"]).with_field(given["add"], given.get("to", ""))
    for wish in given.getlist(
        DO
    ):  # buttons pressed faster than the server answered are sent together
        layout = layout.done(wish)
    return layout


@PAGE.post("/studio/preview/<object_name>/layout/<what>")
def preview_layout(object_name: str, what: str) -> Response:
    """Draw the form, the record or the list as they are being arranged; nothing is written."""
    designer, given = _designer(object_name, what), request.form
    layout = _posted(designer, given) if AT in given else designer.present()
    edits = designer.edits(layout, effective_of(designer.asked))

    def shown(draft: Draft) -> Drawn:
        if designer.view:
            view = draft.spec.views.get(designer.view)
            return {"list": draft.list_context(view), "list_name": view.label.text(draft.asked.language) if view else ""}  # fmt: skip
        if designer.what == RECORD:
            return {"record": draft.record_page()}
        context = draft.form_context(quick=designer.what == QUICK)
        found: Drawn = {"form": drawing.block_of(draft.asked, "form", "form", context)}
        own = designer.what == QUICK or draft.spec.layout.sections is not None
        return found if own else {**found, "panels": draft.panels()}

    return drawn_draft(designer.asked, edits, designer.spec, "", shown, [])


def _page(designer: Designer, layout: Layout) -> Response:
    asked, spec = designer.asked, designer.spec
    t, present = speech(asked.language).t, designer.present()
    used = set(layout.used)
    unused = [_item(designer, layout, one) for one in designer.usable() if one not in used]
    groups = [_group(designer, layout, one) for one in layout.groups]
    preview = preview_of(asked, designer.part, "")
    context: Drawn = {
        "tabs": tabs(asked, "objects"),
        "title": spec.label.text(asked.language),
        "symbol": spec.icon or "box",
        "parts": parts_of(asked, spec, "views" if designer.view else "forms"),
        "kinds": _kinds(designer),
        "action": designer.url,
        "base": base_shown(asked),
        "sections": [one for one in groups if not one["fixed"]],
        "highlights": next((one for one in groups if one["code"] == HIGHLIGHTS), None),
        "palette": [one for one in unused if one["kind_of"] == "fields"],
        "lists": [
            {**one, "palette": [x for x in unused if x["kind_of"] == one["code"]]}
            for one in groups
            if one["code"] in (PANELS, RELATED)
        ],
        "many": designer.what in (FORM, RECORD),
        "places": designer.what == RECORD,
        "changed": layout != present,
        "resets": designer.resets(),
        "preview": {**preview, "url": f"/studio/preview/{spec.code}/layout/{designer.what}"},
        "about": t(ABOUT[_about(designer)]),
    }  # fmt: skip
    return drawing.page(asked, "studio_layout", context)


ABOUT: Final = {
    FORM: "These sections make the form. Drag fields by their grip, or use the arrows.",
    "both": "These sections make the form and the values beside the record. Drag fields by their grip, or use the arrows.",
    RECORD: "What stands on the page of a record, and in which order. Drag by the grip, or use the arrows.",
    QUICK: "What the small form asks that opens over a page. Required fields are always asked.",
    LIST: "The columns of this list, in their order. The name of the record always comes first.",
}


def _about(designer: Designer) -> str:
    if designer.what == FORM and designer.spec.layout.sections is None:
        return "both"
    return LIST if designer.view else designer.what


def _kinds(designer: Designer) -> list[Drawn]:
    asked, spec = designer.asked, designer.spec
    t = speech(asked.language).t
    if designer.view:
        lists = declared_views(spec, "list")
        named = [(LIST + one.code, one.label.text(asked.language)) for one in lists]
    else:
        named = [(FORM, t("Form")), (RECORD, t("Record page")), (QUICK, t("Quick form"))]
    return [
        {"label": label, "href": replace(designer, what=what).url, "current": what == designer.what}
        for what, label in named
    ]


def _group(designer: Designer, layout: Layout, group: Group) -> Drawn:
    asked, spec = designer.asked, designer.spec
    t = speech(asked.language).t
    if group.fixed:
        name, about = (t(one) for one in FIXED[group.code])
        return {"code": group.code, "name": name, "about": about, "fixed": True,
                "fields": [_item(designer, layout, one) for one in group.fields]}  # fmt: skip
    said = group.zh if asked.language == "zh" else group.en
    kinds = {FORM: ("forms", spec.form), RECORD: ("layout", spec.layout.sections or ())}
    part, sections = kinds.get(designer.what, ("", ()))
    known = any(one.code == group.code for one in sections)
    return {
        "code": group.code,
        "fixed": False,
        "name": said or group.en or group.zh or t("Section without a name"),
        "en": group.en,
        "zh": group.zh,
        "columns": group.columns,
        "place": group.place,
        "fields": [_item(designer, layout, one) for one in group.fields],
        "href": f"/studio/o/{spec.code}/{part}/{group.code}" if known else "",
    }


def _item(designer: Designer, layout: Layout, code: str) -> Drawn:
    """Return one thing that can be carried, with the group that it joins when nobody says which."""
    asked = designer.asked
    field = designer.spec.fields.get(code)
    if field is None:
        return block_item(asked, designer.spec, code)
    kind = asked.site.vocabulary.types.get(field.type.name)
    last = [one.code for one in layout.groups if not one.fixed][-1:]
    return {
        "code": field.code,
        "kind_of": "fields",
        "to": next(iter(last), HIGHLIGHTS),
        "label": field.label.text(asked.language),
        "kind": kind.label.text(asked.language) if kind is not None else "",
        "icon": icon_of(asked, field),
        "required": field.required,
    }
