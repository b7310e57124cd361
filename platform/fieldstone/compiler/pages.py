"""What people see of an object: views, forms, the title and what is searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import Label
from fieldstone.compiler.merging import ordered
from fieldstone.compiler.outline import Outline
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.tree import earlier_codes
from fieldstone.compiler.words import own_label, report_given_up
from fieldstone.expressions.types import BOOLEAN, Kind
from fieldstone.model.objects import Section, View

TITLES = ("name", "title", "subject", "number")
SEARCHABLE = frozenset(
    {"text", "long_text", "rich_text", "email", "phone", "url", "autonumber", "tags", "secret"}
)
FEW = 6  # columns of a list that names none
NO_COLUMN = frozenset({"long_text", "rich_text", "json", "secret", "rows", "file", "address"})
DETAILS = Label("Details", "基本信息")


def title_of(outline: Outline, resolver: Resolver) -> str:
    """Return the field that says what a record is called; without one named, the most likely."""
    written = outline.raw.get("title")
    if isinstance(written, str):
        found = resolver.field(outline.spot.under("title"), outline.code, written)
        if found:
            return found
    own = [code for code, field in outline.fields.items() if not field.system]
    return next((code for code in TITLES if code in own), own[0] if own else "created_at")


def search_of(outline: Outline, resolver: Resolver, title: str) -> tuple[str, ...]:
    """Return the fields that text search looks into; the title when none is named."""
    if "search" not in outline.raw:
        found = outline.fields.get(title)
        return (
            (title,) if found is not None and found.type.name in SEARCHABLE and found.column else ()
        )
    spot = outline.spot.under("search")
    names = resolver.fields(spot, outline.code, outline.raw["search"])
    for name in names:
        kind = outline.fields[name].type.name
        if kind not in SEARCHABLE and name not in outline.broken:
            spot.under(outline.raw["search"].index(name)).problem(
                "not_searchable",
                f"'{name}' is a {kind} field, which text search cannot look into.",
                "Name text, e-mail, phone or tag fields; filter by the others.",
            )
    return names


def views_of(
    outline: Outline, raw: Mapping[str, Any], resolver: Resolver, title: str
) -> dict[str, View]:
    """Return the views in the order of the page; an object without any gets a plain list."""
    spot = outline.spot.under("views")
    views = {
        code: _view(spot.under(code), code, settings, outline, resolver, title)
        for code, settings in ordered(spot, raw).items()
    }
    report_given_up(spot, views, "view")
    # A board or calendar whose field a layer above took away goes with it.
    views = {
        code: view
        for code, view in views.items()
        if (view.kind != "board" or view.by) and (view.kind != "calendar" or view.date)
    }
    if any(view.kind == "list" for view in views.values()):
        return views
    plain = View(
        "all", Label("All", "全部"), columns=_columns(outline, title), sort=(("created_at", True),)
    )
    return {"all": plain, **views}


def _columns(outline: Outline, title: str) -> tuple[str, ...]:
    shown = [
        code
        for code, field in outline.fields.items()
        if not field.system
        and not field.archived
        and field.type.name not in NO_COLUMN
        and code != title
    ]
    return (title, *shown[: FEW - 1])


def _view(
    spot: Spot, code: str, raw: Mapping[str, Any], outline: Outline, resolver: Resolver, title: str
) -> View:
    kind = raw.get("kind", "list")
    columns = resolver.shown(spot.under("columns"), outline.code, raw.get("columns"))
    return View(
        code=code,
        label=own_label(code, {"label": raw.get("label", {})}),
        kind=kind,
        filter=resolver.expression(
            spot.under("filter"), raw.get("filter"), resolver.scope(outline.code), expects=BOOLEAN
        ),
        columns=columns or (_columns(outline, title) if kind == "list" else ()),
        sort=_sort(spot.under("sort"), raw.get("sort"), outline, resolver),
        by=_by(spot, raw, outline, resolver) if kind == "board" else "",
        card=_card(spot.under("card"), raw.get("card", {}), outline, resolver),
        date=_date(spot, raw, outline, resolver) if kind == "calendar" else "",
        origin=spot.place(of_key=True),
        renamed_from=earlier_codes(raw),
        alias_until=raw.get("alias_until", ""),
    )


def _sort(
    spot: Spot, raw: object, outline: Outline, resolver: Resolver
) -> tuple[tuple[str, bool], ...]:
    """Return (field, descending) pairs from "-score", "-score,name" or a list of such words."""
    words: list[tuple[Spot, str]] = []
    if isinstance(raw, str):
        words = [(spot, word.strip()) for word in raw.split(",") if word.strip()]
    elif isinstance(raw, list):
        words = [(spot.under(index), str(word)) for index, word in enumerate(raw)]
    found = []
    for here, word in words:
        path = resolver.path(here, outline.code, word.removeprefix("-"))
        if not path:
            continue
        field = outline.fields.get(path)
        if field is not None and not field.type.sortable:
            here.problem(
                "not_sortable",
                f"a list cannot be sorted by '{path}', a {field.type.name} field.",
                "Name another field.",
            )
            continue
        found.append((path, word.startswith("-")))
    return tuple(found)


def _by(spot: Spot, raw: Mapping[str, Any], outline: Outline, resolver: Resolver) -> str:
    """Return the stage field: a board's columns are stages."""
    stages = outline.raw.get("stages")
    if not isinstance(stages, Mapping):
        spot.problem(
            "board_without_stages",
            "a board needs stages for its columns.",
            "Give the object 'stages', or make this a list.",
        )
        return ""
    stage = str(stages.get("field", "stage"))
    code = resolver.field(spot.under("by"), outline.code, raw.get("by", stage))
    if code and code != stage:
        spot.under("by").problem(
            "board_by_another",
            f"the columns of a board are stages, not '{code}'.",
            f"Take 'by' out, or name '{stage}'.",
        )
    return code


def _date(spot: Spot, raw: Mapping[str, Any], outline: Outline, resolver: Resolver) -> str:
    if "date" not in raw:
        spot.problem("missing_key", "a calendar needs a date field.", "Add 'date: FIELD'.")
        return ""
    code = resolver.field(spot.under("date"), outline.code, raw["date"])
    if (
        code
        and code not in outline.broken
        and outline.fields[code].type.expression_type.kind not in {Kind.DATE, Kind.DATETIME}
    ):
        spot.under("date").problem(
            "wrong_type", f"'{code}' holds no date.", "Name a date or datetime field."
        )
    return code


def _card(
    spot: Spot, raw: Mapping[str, Any], outline: Outline, resolver: Resolver
) -> Mapping[str, object]:
    card: dict[str, object] = {}
    for key in ("title", "subtitle", "sum"):
        if key in raw and (path := resolver.path(spot.under(key), outline.code, raw[key])):
            card[key] = path
    if "chips" in raw:
        card["chips"] = resolver.shown(spot.under("chips"), outline.code, raw["chips"])
    summed = outline.fields.get(str(card.get("sum", "")))
    if summed is not None and summed.type.expression_type.kind is not Kind.NUMBER:
        spot.under("sum").problem(
            "wrong_type", f"'{summed.code}' holds no numbers.", "Name a number or currency field."
        )
    return card


def form_of(outline: Outline, raw: Mapping[str, Any], resolver: Resolver) -> tuple[Section, ...]:
    """Return the sections of the form; an object without any shows all fields of its own."""
    spot = outline.spot.under("forms", "default")
    sections = tuple(
        Section(
            code,
            own_label(code, {"label": settings.get("label", {})}),
            resolver.shown(spot.under(code, "fields"), outline.code, settings["fields"]),
            settings.get("columns", 2),
            resolver.expression(
                spot.under(code, "visible_when"),
                settings.get("visible_when"),
                resolver.scope(outline.code),
                expects=BOOLEAN,
            ),
            earlier_codes(settings),
        )
        for code, settings in ordered(spot, raw).items()
    )
    report_given_up(spot, {one.code: one for one in sections}, "section")
    own = tuple(
        code for code, field in outline.fields.items() if not field.system and not field.archived
    )
    return sections or (Section("details", DETAILS, own),)


def quick_of(outline: Outline, resolver: Resolver) -> tuple[str, ...] | None:
    """Return the fields of the quick form, None when the object names none."""
    forms = outline.raw.get("forms")
    if isinstance(forms, Mapping) and "quick" in forms:
        return resolver.shown(outline.spot.under("forms", "quick"), outline.code, forms["quick"])
    if "quick" in outline.raw:
        return resolver.shown(outline.spot.under("quick"), outline.code, outline.raw["quick"])
    return None
