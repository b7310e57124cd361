"""The list of an object: a view, filters, columns, rows; more rows as people scroll."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Response, redirect, request

from fieldstone.access.access import Access
from fieldstone.base.cached import cached_property
from fieldstone.base.errors import RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import COUNTED, Page, Query, Sort
from fieldstone.storage.notices import SavedView
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing, views
from fieldstone.web.pages.amounts import counted
from fieldstone.web.pages.arranging import Arrangement, arrangement_of
from fieldstone.web.pages.bulk import verbs
from fieldstone.web.pages.filter_forms import FilterForms
from fieldstone.web.pages.filter_words import Going
from fieldstone.web.pages.kinds import kinds_of
from fieldstone.web.pages.subjects import access_of, heading, may_delete, object_of, today_of
from fieldstone.web.pages.table import Table
from fieldstone.web.pages.typed_filters import LONGEST, TypedFilters
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import told

PAGE = Blueprint("list", __name__)
ROWS: Final = 50
UNPROCESSABLE: Final = 422
NOT_FOUND: Final = 404


@dataclass(frozen=True)
class Listing:
    """One list as its reader arranged it."""

    asked: Asked
    spec: ObjectType
    arranged: Arrangement
    kind: str = "list"

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @cached_property
    def access(self) -> Access:
        """Return what the reader may see and do."""
        return access_of(self.asked, self.spec)

    @cached_property
    def saved(self) -> tuple[SavedView, ...]:
        """Return the saved views the reader sees."""
        return views.saved_views(self.asked, self.spec, self.kind)

    @cached_property
    def chosen(self) -> views.Chosen:
        """Return the view shown."""
        return views.chosen_view(self.spec, self.arranged.view, self.saved, self.kind)

    @cached_property
    def filters(self) -> FilterForms:
        """Return the filters as people read and change them."""
        return FilterForms(self.asked, self.spec, self.arranged)

    @cached_property
    def table(self) -> Table:
        """Return the columns the reader chose."""
        codes = views.columns_of(self.asked, self.spec, self.arranged, self.chosen)
        return Table(self.asked, self.spec, codes)

    @property
    def order(self) -> Sort:
        """Return the order of the rows."""
        return self.arranged.order or self.chosen.sort

    def query(self, **more: Any) -> Query:
        """Return the question behind the list. Raises RefusedError (400) for a filter that means nothing."""
        arranged = self.arranged
        return Query(
            filter=arranged.condition(self.spec, today_of(self.asked)),
            extra=None if arranged.deleted else self.chosen.filter,
            q=arranged.q,
            sort=self.order,
            deleted=arranged.deleted,
            **more,
        )

    def page(self, cursor: str) -> Page:
        """Return the rows from `cursor` on."""
        fields = tuple(self.table.codes)
        query = self.query(fields=fields, limit=ROWS, cursor=cursor, titles=True)
        return self.asked.site.reads.list(self.asked.ctx, self.asked.model, self.spec.code, query)

    def rows(self, page: Page) -> dict[str, Any]:
        """Return the context of block `more`."""
        cursor = page.next_cursor
        return {
            "columns": self.table.columns(self.arranged, self.order),
            "rows": self.table.rows(page.rows, self.arranged.trail),
            "more_url": self.arranged.url(more=[("after", cursor)]) if cursor else "",
        }

    def frame(self) -> dict[str, Any]:
        """Return what stands above a list or a board."""
        spec, arranged, t = self.spec, self.arranged, self.speech.t
        label = spec.label.text(self.asked.language)
        return {
            "object": heading(self.asked, spec),
            "list_url": arranged.path,
            "views": views.switcher(self.asked, spec, arranged, self.chosen, self.saved),
            "edited": not arranged.deleted and views.is_edited(arranged, self.chosen),
            "kinds": kinds_of(self.asked, spec, arranged),
            "filters": self.filters.pills(),
            "filter_fields": self.filters.fields(),
            "filter_url": arranged.url(),
            "sorts": self.sorts(),
            "keep": arranged.keep(),
            "save_url": f"/o/{spec.code}/views" + ("?kind=board" if self.kind == "board" else ""),
            "may_share": views.may_share(self.asked),
            "own_view": views.acts_on(self.asked, arranged.path, self.chosen.saved),
            "new_url": f"/o/{spec.code}/new" if self.access.may_create else "",
            "new_label": t(
                "New {what}", what=label if self.asked.language == "zh" else label.lower()
            ),
            "import_url": (f"/imports/new?object={spec.code}" if self.access.may_create else ""),
        }

    def sorts(self) -> list[dict[str, Any]]:
        """Return the orders to choose from: the columns shown, and by time."""
        spec, known = self.spec, self.access.readable_anywhere()
        codes = [*self.table.codes, "created_at", "updated_at"]
        now = self.order[0] if self.order else ("created_at", True)
        found = []
        for code in dict.fromkeys(codes):
            field = spec.fields.get(code)
            if field is None or code not in known or not field.type.sortable:
                continue
            down = now == (code, False) or (code != now[0] and code.endswith("_at"))
            found.append(
                {
                    "label": field.label.text(self.asked.language),
                    "href": self.arranged.url(sort=f"-{code}" if down else code),
                    "current": now[0] == code,
                    "down": now[1],
                }
            )
        return found

    def chooser(self) -> list[dict[str, Any]]:
        """Return every field a column may show, the chosen ones first and in their order."""
        shown, chosen = self.access.shown_anywhere(), list(self.table.codes)
        others = [
            code
            for code, field in self.spec.fields.items()
            if code in shown and code not in chosen and not field.archived
        ]
        return [
            {
                "name": code,
                "label": self.spec.fields[code].label.text(self.asked.language),
                "chosen": code in chosen,
            }
            for code in [*chosen, *others]
        ]

    def empty(self) -> dict[str, Any]:
        """Return what stands where rows would be."""
        spec, t = self.spec, self.speech.t
        plural = spec.plural.text(self.asked.language)
        if self.arranged.deleted:
            return {
                "title": t("The recycle bin is empty"),
                "text": t("What is deleted can be restored here."),
            }
        if self.arranged.filters or self.arranged.q:
            clear = self.arranged.url(filters=(), q="")
            text = t("Take a filter away, or look for something else.")
            return {"title": t("Nothing fits"), "text": text, "clear_url": clear}
        if (elsewhere := self._elsewhere()) is not None:
            return {"title": t("Nothing in this view"), "text": "", "view": elsewhere}
        text = t("Nothing is in this view. Choose another one.")
        if self.access.may_create:
            text = t("Nothing is in this view. Create the first one, or choose another view.")
        what = plural if self.asked.language == "zh" else plural.lower()
        return {"title": t("No {what} yet", what=what), "text": text, "new": True}

    def _elsewhere(self) -> dict[str, Any] | None:
        """Return the first view declared that does show records, None where there are none."""
        for view in views.declared_views(self.spec, self.kind):
            if view is self.chosen.declared and self.chosen.saved is None:
                continue
            query = Query(extra=view.filter, sort=view.sort, fields=("id",), limit=1)
            reads = self.asked.site.reads
            if reads.list(self.asked.ctx, self.asked.model, self.spec.code, query).rows:
                href = f"{self.arranged.path}?view={view.code}"
                return {"label": view.label.text(self.asked.language), "href": href}
        return None

    def context(self, page: Page) -> dict[str, Any]:
        """Return everything pages/list.html takes."""
        action = f"/o/{self.spec.code}/bulk"
        found = verbs(self.asked, self.spec, deleted=self.arranged.deleted)
        return {
            **self.frame(),
            **self.rows(page),
            "chosen": self.chooser(),
            "search": {"q": self.arranged.q, "action": self.arranged.url(q="")},
            "total_text": "",
            "totals_url": self.arranged.url(f"{self.arranged.path}/totals"),
            "exports": self.exports(),
            "bulk": {"action": action, "verbs": found},
            "empty": self.empty(),
        }

    def exports(self) -> list[dict[str, Any]]:
        """Return the files this list can be taken home as."""
        if not self.access.may_export or self.arranged.deleted:
            return []
        t, path = self.speech.t, f"{self.arranged.path}/export"
        columns = tuple(self.table.codes)
        return [
            {
                "label": t("Export as Excel"),
                "icon": "file-spreadsheet",
                "href": self.arranged.url(f"{path}.xlsx", columns=columns),
            },
            {
                "label": t("Export as CSV"),
                "icon": "file-text",
                "href": self.arranged.url(f"{path}.csv", columns=columns),
            },
        ]


def listing_of(object_name: str, kind: str = "list") -> Listing:
    """Return the list or board that the present request asks for."""
    asked = the_call()
    spec = object_of(asked, object_name)
    path = f"/o/{object_name}" + ("/board" if kind == "board" else "")
    arranged = arrangement_of(path, request.args)
    if arranged.deleted and not may_delete(access_of(asked, spec)):
        arranged = arrangement_of(path, request.args.__class__())
    return Listing(asked, spec, arranged, kind)


@PAGE.get("/o/<object_name>")
def list_page(object_name: str) -> Any:
    """Show the list, more of its rows, or a step of its filter menu."""
    listing = listing_of(object_name)
    if (step := filter_step(listing)) is not None:
        return step
    if (whole := named_alone(listing)) is not None:
        return redirect(whole.url(), 303)
    if (unknown := unknown_view(listing)) is not None:
        return unknown
    page = listing.page(request.args.get("after", ""))
    if drawing.wanted_block() == "more":
        return drawing.page(listing.asked, "list", listing.rows(page))
    return named_in_bar(listing, drawing.page(listing.asked, "list", listing.context(page)))


def named_alone(listing: Listing) -> Arrangement | None:
    """Return a saved view as it was kept, when the address holds no more than its name."""
    saved, arranged = listing.chosen.saved, listing.arranged
    if saved is None or arranged.pairs != [("view", saved.id)]:
        return None
    whole = views.opened(arranged.path, saved)
    return whole if whole != arranged else None


def unknown_view(listing: Listing) -> Response | None:
    """Say that the view of the address is not there, and offer those that are; None when it is."""
    wanted, chosen = listing.arranged.view, listing.chosen
    if not wanted or chosen.declared or chosen.saved:
        return None
    plain = replace(listing, arranged=replace(listing.arranged, view="", sort="", columns=()))
    t = listing.speech.t
    there = [{**one, "current": False} for one in plain.frame()["views"]]
    empty = {
        "title": t("This view is not there"),
        "text": t(
            "“{what}” was taken away, or is somebody's own. Choose another one.", what=wanted
        ),
        "views": there or [{"label": t("All"), "href": plain.arranged.path}],
    }
    context = {**plain.context(Page([])), "views": there, "edited": False, "empty": empty}
    return drawing.page(listing.asked, "list", context, NOT_FOUND)


def named_in_bar(listing: Listing, response: Response) -> Response:
    """Let the browser show the list's own address, also when a form of filters led to it."""
    if drawing.wanted_block() == "main":
        response.headers["HX-Push-Url"] = listing.arranged.url()
    return response


def filter_step(listing: Listing) -> Any:
    """Answer a step of the filter menu, None when the request is none."""
    if "filter_field" in request.args:
        return filter_menu(listing)
    if "words" in request.args:
        return filter_words(listing, request.args["words"])
    return filter_added(listing) if "add" in request.args else None


def filter_words(listing: Listing, text: str) -> Any:
    """Answer how a typed filter may go on; a form that sends it gets the list with it, or with a search for it."""
    typed = TypedFilters(listing.filters, today_of(listing.asked))
    if drawing.wanted_block() == "filter_form":
        words, error = Going(typed).suggested(text)
        return drawing.fragment(listing.asked, "filter_words", {"words": words, "error": error})
    arranged = typed.read(text[:LONGEST]) or replace(listing.arranged, q=text.strip()[:LONGEST])
    return redirect(arranged.url(), 303)


def filter_menu(listing: Listing, errors: tuple[str, ...] = (), status: int = 200) -> Response:
    """Answer a step of the filter menu: the fields, or the form of one."""
    given = request.args
    code = given.get("filter_field") or given.get("add", "")
    form = listing.filters.form(code, _place(), given.get("op", ""), errors) if code else None
    fields = [] if form else listing.filters.fields()
    context = {"filter_form": form, "filter_fields": fields}
    return drawing.fragment(listing.asked, "filter_form", context, status)


def _place() -> int | None:
    text = request.args.get("at", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None  # noqa: PLR2004


def filter_added(listing: Listing) -> Any:
    """Put a filter that a form asks for into the address, or say in the form what is wrong with it."""
    given = request.args
    try:
        new = listing.filters.read(
            given.get("add", ""),
            given.get("op", ""),
            given.getlist("value"),
            today_of(listing.asked),
        )
    except RefusedError as error:
        text = told(error.problems[0], listing.asked.language)
        response = filter_menu(listing, (text,), UNPROCESSABLE)
        response.headers["HX-Retarget"] = "#filter-form"
        return response
    return redirect(listing.arranged.adding(new, _place()).url(), 303)


@PAGE.get("/o/<object_name>/totals")
def totals(object_name: str) -> Response:
    """Answer the foot of a list: how many records there are, and what their money sums to."""
    listing = listing_of(object_name)
    asked, spec, look = listing.asked, listing.spec, Look(listing.asked)
    count, sums = _totals(listing)
    plural = spec.plural.text(asked.language)
    one = spec.label.text(asked.language)
    label = (one if count == 1 else plural).lower()
    if asked.language == "zh":  # people, leads and tickets have different measure words
        label = speech(asked.language).t("records")
    parts = [{"label": label, "text": counted(count, COUNTED)}]
    parts += [
        {
            "label": spec.fields[code].label.text(asked.language),
            "text": look.text(spec.fields[code], total),
        }
        for code, total in sums.items()
        if total
    ]
    return drawing.fragment(asked, "totals", {"parts": parts})


def _totals(listing: Listing) -> tuple[int, dict[str, object]]:
    """Return how many records there are, and the sums of their money; only short lists are added up."""
    asked, code, query = listing.asked, listing.spec.code, listing.query()
    count = asked.site.reads.count(
        asked.ctx, asked.model, code, replace(query, count_up_to=COUNTED + 1)
    )
    known = listing.access.readable_anywhere()
    summed = [one for one in listing.table.summed if one in known]
    if count > COUNTED or not summed:
        return count, {}
    measures = {one: f"sum({one})" for one in summed}
    (line,) = asked.site.reads.aggregate(asked.ctx, asked.model, code, query, measures=measures)
    return count, line
