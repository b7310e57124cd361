"""The views of a list: those the metadata declares, and those people saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.expressions.expression import Expression
from fieldstone.model.objects import ObjectType, View
from fieldstone.reads.query import Sort
from fieldstone.storage.notices import Notices, SavedView
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.arranging import Arrangement, Trail
from fieldstone.web.pages.filters import read_filter
from fieldstone.web.pages.subjects import access_of, may_delete

DEFAULT_COLUMNS = 7


@dataclass(frozen=True)
class Chosen:
    """The view a list shows: what is declared, and what the reader saved above it."""

    declared: View | None
    saved: SavedView | None = None

    @property
    def filter(self) -> Expression | None:
        """Return the declared condition, which no pill shows."""
        return self.declared.filter if self.declared else None

    @property
    def sort(self) -> Sort:
        """Return the declared order."""
        return self.declared.sort if self.declared else ()


def declared_views(spec: ObjectType, kind: str) -> list[View]:
    """Return the declared views of one kind."""
    return [view for view in spec.views.values() if view.kind == kind]


def saved_views(asked: Asked, spec: ObjectType, kind: str = "list") -> tuple[SavedView, ...]:
    """Return the reader's own views and those shared with everybody; those of boards on boards only."""
    storage = asked.site.storage
    with storage.looking() as connection:
        notices = Notices(connection, storage.dialect, asked.ctx.now)
        found = notices.views(spec.code, asked.ctx.actor.id)
    return tuple(view for view in found if kind == "board" or not _of_board(view))


def _of_board(view: SavedView) -> bool:
    return view.body.get("kind") == "board"


def chosen_view(
    spec: ObjectType, wanted: str, saved: tuple[SavedView, ...], kind: str = "list"
) -> Chosen:
    """Return the view the address names; without a name the first declared one."""
    mine = next((one for one in saved if one.id == wanted), None)
    code = str(mine.body.get("view", "")) if mine else wanted
    views = declared_views(spec, kind)
    declared = next((view for view in views if view.code == code), None)
    return Chosen(declared or (views[0] if views and not (wanted and mine is None) else None), mine)


def opened(path: str, view: SavedView) -> Arrangement:
    """Return the arrangement that a saved view keeps."""
    body = view.body
    return Arrangement(
        path,
        view.id,
        tuple(read_filter(str(text)) for text in _texts(body.get("filters"))),
        str(body.get("sort", "")),
        tuple(_texts(body.get("columns"))),
        str(body.get("q", "")),
        also=_pairs(body.get("also")) if path.endswith("/board") else (),
    )


def _pairs(value: object) -> Trail:
    return tuple((str(a), str(b)) for a, b in value) if isinstance(value, list) else ()


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def is_edited(arranged: Arrangement, chosen: Chosen) -> bool:
    """Tell whether the list differs from its view as it was declared or saved."""
    if chosen.saved is not None:
        now = arranged if arranged.kind == "board" else replace(arranged, also=())
        return opened(arranged.path, chosen.saved).pairs != now.pairs
    plain = replace(arranged, view="", deleted=False, also=())
    return bool(plain.pairs)


def switcher(
    asked: Asked,
    spec: ObjectType,
    arranged: Arrangement,
    chosen: Chosen,
    saved: tuple[SavedView, ...],
) -> list[dict[str, Any]]:
    """Return the entries of the view switcher, the recycle bin last."""
    entries: list[dict[str, Any]] = [
        {
            "label": view.label.text(asked.language),
            "href": f"{arranged.path}?view={view.code}",
            "current": not arranged.deleted and chosen.saved is None and view is chosen.declared,
        }
        for view in declared_views(spec, arranged.kind)
    ]
    entries += [
        {
            "label": view.label,
            "href": opened(arranged.path, view).url(),
            "icon": "users-round" if view.shared else "bookmark",
            "saved": True,
            "current": not arranged.deleted and chosen.saved is view,
        }
        for view in saved
    ]
    if may_delete(access_of(asked, spec)) and arranged.kind == "list":
        label = speech(asked.language).t("Recycle bin")
        href = f"{arranged.path}?deleted=1"
        entries.append(
            {"label": label, "href": href, "icon": "trash-2", "current": arranged.deleted}
        )
    return entries


def may_share(asked: Asked) -> bool:
    """Tell whether the reader may show a view to everybody: whoever may export or assign some records."""
    roles = asked.model.roles
    actor = asked.ctx.actor
    if any(role in roles and roles[role].administrator for role in actor.roles):
        return True
    return any(role.endswith("_manager") for role in actor.roles)


def save(
    asked: Asked, spec: ObjectType, label: str, arranged: Arrangement, *, shared: bool
) -> SavedView:
    """Keep the arrangement as a view of the reader. Raises RefusedError without a name."""
    label = " ".join(label.split())[:80]
    if not label:
        problem = Problem("required", "label", "A view needs a name.", "Write one.")
        raise RefusedError([problem])
    storage, ctx = asked.site.storage, asked.ctx
    seen = saved_views(asked, spec, arranged.kind)
    base = chosen_view(spec, arranged.view, seen, arranged.kind)
    code = base.declared.code if base.declared else ""
    body = replace(arranged, view=code).body
    of_board = arranged.kind == "board"
    mine = next(
        (
            one
            for one in seen
            if (one.owner, one.label, _of_board(one)) == (ctx.actor.id, label, of_board)
        ),
        None,
    )
    kept = mine.id if mine else new_id()
    view = SavedView(kept, spec.code, ctx.actor.id, label, shared and may_share(asked), body)
    with storage.connection() as connection:
        Notices(connection, storage.dialect, ctx.now).save_view(view)
    return view


def own_view(asked: Asked, spec: ObjectType, view_id: str) -> SavedView | None:
    """Return a view of the reader, None when they have none of this id."""
    seen = saved_views(asked, spec, "board")
    mine = (one for one in seen if one.id == view_id and one.owner == asked.ctx.actor.id)
    return next(mine, None)


def acts_on(asked: Asked, path: str, shown: SavedView | None) -> dict[str, Any] | None:
    """Return what the reader may do with the saved view shown, None when it is not theirs."""
    if shown is None or shown.owner != asked.ctx.actor.id:
        return None
    url = f"/o/{shown.object_name}/views/{shown.id}"
    return {
        "label": shown.label,
        "shared": shown.shared,
        "share_url": f"{url}/share" if shown.shared or may_share(asked) else "",
        "drop_url": f"{url}/delete",
        "reset_url": opened(path, shown).url(),
    }


def share(asked: Asked, view: SavedView, *, shared: bool) -> None:
    """Show a view of the reader to everybody, or to them alone. Raises RefusedError (403) for who may not."""
    if shared and not may_share(asked):
        text = "Your roles do not let you share views."
        raise RefusedError([Problem("forbidden", "shared", text, "Ask your manager.")], 403)
    storage = asked.site.storage
    with storage.connection() as connection:
        notices = Notices(connection, storage.dialect, asked.ctx.now)
        notices.save_view(replace(view, shared=shared))


def path_of(view: SavedView) -> str:
    """Return where a view is at home: the list or the board of its object."""
    return f"/o/{view.object_name}" + ("/board" if _of_board(view) else "")


def drop(asked: Asked, view_id: str) -> bool:
    """Delete a view of the reader; False when they have none of this id."""
    storage, ctx = asked.site.storage, asked.ctx
    with storage.connection() as connection:
        return Notices(connection, storage.dialect, ctx.now).drop_view(view_id, ctx.actor.id)


def columns_of(asked: Asked, spec: ObjectType, arranged: Arrangement, chosen: Chosen) -> list[str]:
    """Return the codes of the columns to show, the title first, without what the reader may not see."""
    shown = access_of(asked, spec).shown_anywhere()
    wanted: Sequence[str] = arranged.columns or (chosen.declared.columns if chosen.declared else ())
    if not wanted:
        wanted = [code for code, field in spec.fields.items() if not field.system][:DEFAULT_COLUMNS]
    visible = [c for c in wanted if c in spec.fields and c in shown and not spec.fields[c].archived]
    title = [spec.title] if spec.title in shown else []
    return list(dict.fromkeys([*title, *visible]))
