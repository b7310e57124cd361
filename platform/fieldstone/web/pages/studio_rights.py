"""Who may do what, as a table to change in place: objects by roles, and within an object its fields by roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.compiler.shapes import SCOPES
from fieldstone.evolution.documents import OBJECTS
from fieldstone.evolution.effective import Effective
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Role
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import Edits, changing_of, documents_at
from fieldstone.web.pages.studio_parts import part_of
from fieldstone.web.pages.studio_plan import planned_page
from fieldstone.web.pages.studio_words import parts_of

PAGE = Blueprint("studio_rights", __name__)
Drawn = dict[str, Any]
RIGHTS: Final = ("read", "create", "update", "delete", "assign", "export", "claim")
SCOPED: Final = frozenset({"read", "update", "delete"})
LEVELS: Final = ("write", "read", "mask", "hidden")
OTHER: Final = "other_fields"
CELL: Final = "cell."
RESET, REST, KEEP = "reset", "", "keep"


@dataclass(frozen=True)
class Settings:
    """Rights as they are in force, as they would be without the site's own word, and that word alone."""

    effective: Effective
    below: Effective
    own: Effective
    objects: Mapping[str, ObjectType]

    def path_below(self, cell: Cell) -> tuple[str, ...]:
        """Return where a right stands without the site's own word, which may have renamed the field."""
        return next((one for one in self.paths(cell) if self.below.says(one)), cell.path)

    def is_own(self, cell: Cell) -> bool:
        """Tell whether the site says a right itself, be it by an earlier code of the field."""
        return any(self.own.says(one) for one in self.paths(cell))

    def paths(self, cell: Cell) -> list[tuple[str, ...]]:
        """Return where a right stands, and where it stood by the earlier codes of the field."""
        fields = self.objects[cell.object_name].fields
        earlier = fields[cell.field].renamed_from if cell.field else ()
        codes = (one for one in earlier if one not in fields)
        return [cell.path, *((*cell.path[:-1], one) for one in codes)]


@dataclass(frozen=True)
class Cell:
    """One right of one role: on an object, or on one of its fields."""

    object_name: str
    role: str
    right: str
    field: str = ""

    @property
    def name(self) -> str:
        """Return what the form calls it."""
        return CELL + ".".join((self.object_name, self.role, self.right, self.field)).rstrip(".")

    @property
    def path(self) -> tuple[str, ...]:
        """Return where it stands in the YAML."""
        own = (self.right, self.field) if self.field else (self.right,)
        return (OBJECTS, self.object_name, "permissions", self.role, *own)

    def value(self, settings: Effective, path: Sequence[str] = ()) -> str:
        """Return the value as the form shows it; it may stand at another path below a rename."""
        found = settings.value(path or self.path)
        if isinstance(found, Mapping):
            return KEEP  # masked under a condition, which is written elsewhere
        if isinstance(found, bool):
            return "true" if found else "false"
        return str(found) if found is not None else self._unsaid()

    def _unsaid(self) -> str:
        if self.field:
            return REST
        return "write" if self.right == OTHER else "none" if self.right in SCOPED else "false"

    def choices(self, t: Any, others: str = "write") -> list[tuple[str, str]]:
        """Return the values that it can have, with what people call them; `others` is the level of fields not named."""
        if self.field or self.right == OTHER:
            words = {
                "write": t("may write"), "read": t("may read"), "mask": t("masked"), "hidden": t("hidden"),
            }  # fmt: skip
            levels = [(one, words[one]) for one in LEVELS if self.field or one != "mask"]
            return [(REST, f"({words[others]})"), *levels] if self.field else levels
        if self.right in SCOPED:
            words = {"none": "–", "own": t("own only"), "team": t("team"), "department": t("department"), "all": t("all")}  # fmt: skip
            return [(one, words[one]) for one in SCOPES]
        return [("false", "–"), ("true", t("yes"))]

    def written(self, value: str) -> object:
        """Return the value as YAML holds it."""
        if self.field or self.right in SCOPED or self.right == OTHER:
            return value
        return value == "true"


@PAGE.get("/studio/permissions")
def rights_page() -> Response:
    """Show one right of all roles, or all rights of one role, over every object."""
    asked = the_call()
    settings = _settings(asked)
    t, model = speech(asked.language).t, asked.model
    role = model.roles.get(request.args.get("role", ""))
    right = request.args.get("right", "read")
    right = right if right in RIGHTS else RIGHTS[0]
    columns = [(role.code, one) for one in RIGHTS] if role else [(one.code, right) for one in _roles(asked)]  # fmt: skip
    labels = [rights_of(t)[one] for _, one in columns] if role else [_name(one, asked) for one in _roles(asked)]  # fmt: skip
    rows = [
        {
            "label": spec.label.text(asked.language),
            "icon": spec.icon,
            "href": f"/studio/o/{spec.code}/permissions",
            "cells": [_drawn(asked, Cell(spec.code, *one), settings) for one in columns],
        }
        for spec in _objects(asked)
    ]
    context: Drawn = {
        "tabs": tabs(asked, "permissions"),
        "rights": [
            {"label": word, "href": f"/studio/permissions?right={one}", "current": not role and one == right}
            for one, word in rights_of(t).items()
        ],
        "roles": [
            {"label": _name(one, asked), "href": f"/studio/permissions?role={one.code}", "current": one == role}
            for one in _roles(asked) if not one.administrator
        ],
        "columns": [{"label": one} for one in labels],
        "rows": rows,
        **_around(asked, "/studio/permissions"),
    }  # fmt: skip
    return drawing.page(asked, "studio_rights", context)


@PAGE.get("/studio/o/<object_name>/permissions")
def object_rights_page(object_name: str) -> Response:
    """Show the rights of all roles over one object, and over its fields."""
    asked = the_call()
    settings = _settings(asked)
    part = part_of(asked, object_name, "permissions")
    spec, t = asked.model.objects[object_name], speech(asked.language).t
    said = settings.effective.value(part.path) or {}
    roles = [one for one in _roles(asked) if one.code in said and not one.administrator]
    context: Drawn = {
        "tabs": tabs(asked, "objects"),
        "title": spec.label.text(asked.language),
        "symbol": spec.icon,
        "parts": parts_of(asked, part.spec, "permissions"),
        "columns": [{"label": word} for word in rights_of(t).values()],
        "rows": [
            {
                "label": _name(one, asked),
                "href": f"{part.base}/{one.code}" if one.code in said else "",
                "cells": [_drawn(asked, Cell(object_name, one.code, right), settings) for right in RIGHTS],
            }
            for one in _roles(asked)
        ],
        "field_columns": [{"label": _name(one, asked)} for one in roles],
        "fields": [
            {"label": label, "code": code, "cells": [
                _drawn(asked, Cell(object_name, one.code, "fields" if code else OTHER, code), settings)
                for one in roles
            ]}
            for code, label in _fields(asked, spec)
        ],
        **_around(asked, part.base),
    }  # fmt: skip
    return drawing.page(asked, "studio_object_rights", context)


@PAGE.post("/studio/permissions")
def write_rights() -> Response:
    """Plan the cells that were changed; those left as they were shown change nothing."""
    asked, given = the_call(), request.form
    changing_of(asked)
    shown = _settings(asked, given.get("base", ""))
    t = speech(asked.language).t
    problems, edits = [], Edits()
    for name, value in given.items():
        if not name.startswith(CELL):
            continue
        cell = _cell(asked, name)
        if cell is None:
            text = f"there is no right {name.removeprefix(CELL)[:80]!r}."
            problems.append(Problem("unknown_right", "permissions", text, "Load the page again."))
            continue
        if value == RESET:
            edits = _given_back(edits, cell, shown)
        elif value != cell.value(shown.effective):
            if value not in dict(cell.choices(t)):
                text = f"{value[:40]!r} cannot be the right '{cell.right}'."
                known = ", ".join(one for one, _ in cell.choices(t) if one)
                problems.append(Problem("bad_right", cell.name, text, f"Choose one of: {known}."))
                continue
            edits = _changed(edits, cell, value, shown)
    if problems:
        raise RefusedError(problems)
    back = drawing.safe_back(given.get("back", ""), "/studio/permissions")
    return planned_page(asked, edits, back)


def rights_of(t: Any) -> dict[str, str]:
    """Return what people call each right."""
    return {
        "read": t("See"), "create": t("Create"), "update": t("Edit"), "delete": t("Delete"),
        "assign": t("Assign"), "export": t("Export"), "claim": t("Claim"),
    }  # fmt: skip


def _changed(edits: Edits, cell: Cell, value: str, shown: Settings) -> Edits:
    path, word = cell.path, cell.written(value)
    if value == REST:
        path, word = shown.path_below(cell), None
        if shown.below.value(path) is None:
            return _given_back(edits, cell, shown)
    for one in shown.paths(cell):
        edits = edits if one == path else edits.reset(one)
    return edits.set(path, word)


def _given_back(edits: Edits, cell: Cell, shown: Settings) -> Edits:
    for path in shown.paths(cell):
        edits = edits.reset(path)
    return edits


def _settings(asked: Asked, base: str = "") -> Settings:
    changing = changing_of(asked)
    documents = documents_at(asked, base)
    below = changing.effective(asked.ctx, documents.with_site(()))
    own = Effective.of_layers([documents.site])
    return Settings(changing.effective(asked.ctx, documents), below, own, asked.model.objects)


def _around(asked: Asked, back: str) -> Drawn:
    number, _ = changing_of(asked).current(asked.ctx)
    names = (one for one in asked.model.layers if one not in ("core", "site"))
    return {"base": number, "back": back, "layers": ["core", *names, "site"]}


def _roles(asked: Asked) -> tuple[Role, ...]:
    return tuple(asked.model.roles.values())


def _objects(asked: Asked) -> Iterable[ObjectType]:
    return (one for one in asked.model.objects.values() if one.parent is None)


def _name(role: Role, asked: Asked) -> str:
    return role.label.text(asked.language)


def _fields(asked: Asked, spec: ObjectType) -> Sequence[tuple[str, str]]:
    """Return (code, label) of what levels can be given to: "" stands for all fields that are not named."""
    t: Speech = speech(asked.language)
    named = [
        (code, one.label.text(asked.language))
        for code, one in spec.fields.items()
        if not one.archived
    ]
    return [("", t.t("All fields not named below")), *named]


def _cell(asked: Asked, name: str) -> Cell | None:
    """Return the cell that a form names, None when there is none."""
    object_name, role, right, field = (*name.removeprefix(CELL).split(".", 3), "", "", "", "")[:4]
    spec, carried = asked.model.objects.get(object_name), asked.model.roles.get(role)
    if spec is None or spec.parent is not None or carried is None or carried.administrator:
        return None
    there = field in spec.fields if right == "fields" else not field and right in (*RIGHTS, OTHER)
    return Cell(object_name, role, right, field) if there else None


def _drawn(asked: Asked, cell: Cell, settings: Settings) -> Drawn:
    """Return a cell as parts/rights.html draws it."""
    t = speech(asked.language).t
    if asked.model.roles[cell.role].administrator:
        return {"fixed": t("all")}
    value = cell.value(settings.effective)
    others = Cell(cell.object_name, cell.role, OTHER).value(settings.effective)
    choices = cell.choices(t, others)
    if value == KEEP:
        choices = [(KEEP, t("masked sometimes")), *choices]
    options = [{"value": one, "label": word, "chosen": one == value} for one, word in choices]
    layer = settings.effective.layer(cell.path)
    if settings.is_own(cell):
        below = cell.value(settings.below, settings.path_below(cell))
        word = t("masked sometimes") if below == KEEP else dict(choices)[below]
        options.append({"value": RESET, "label": t("Reset to: {what}", what=word), "chosen": False})
    return {"name": cell.name, "options": options, "layer": layer, "label": _about(asked, cell)}


def _about(asked: Asked, cell: Cell) -> str:
    """Return what the cell is, for who cannot see the table."""
    spec, t = asked.model.objects[cell.object_name], speech(asked.language).t
    if cell.field:
        right = spec.fields[cell.field].label.text(asked.language)
    else:
        right = rights_of(t).get(cell.right) or t("All fields not named below")
    parts = (spec.label.text(asked.language), _name(asked.model.roles[cell.role], asked), right)
    return " · ".join(parts)
