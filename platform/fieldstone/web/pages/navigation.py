"""The side bar: the groups of the site's navigation with the pages that stand in them, as far as a reader may go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Request

from fieldstone.access.access import access_to
from fieldstone.base.cached import cached_property
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import NavItem
from fieldstone.reports.dashboards import dashboards_for
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.entries import Entry, entries_for

OPENED_COOKIE: Final = "fieldstone_nav"  # the folded groups that this reader opened: team.marketing
Link = dict[str, Any]


class Navigation:
    """The links of one page for its reader."""

    def __init__(self, asked: Asked, request: Request) -> None:
        """Draw for who asks."""
        self._asked = asked
        self._path = request.path
        self._opened = set(request.cookies.get(OPENED_COOKIE, "").split("."))

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """Return {code, label, folded, open, links} of each group that holds something for this reader."""
        language, found = self._asked.language, []
        for code, group in self._asked.model.nav_groups.items():
            links = [*self._declared(code), *(self.page(one) for one in self._unplaced(code))]
            if not links:
                continue
            here = any(link["current"] for link in links)
            drawn = {"code": code, "label": group.label.text(language), "folded": group.folded}
            found.append({**drawn, "open": here or code in self._opened, "links": links})
        return found

    @property
    def foot(self) -> list[Link]:
        """Return the pages at the bottom of the bar: those of no group of this site, too."""
        groups = self._asked.model.nav_groups
        homeless = [
            code for code in dict.fromkeys(e.group for e in self._pages) if code not in groups
        ]
        return [self.page(one) for code in homeless for one in self._unplaced(code)]

    @property
    def lists(self) -> list[Link]:
        """Return the lists of records that stand nowhere in the bar, for who looks for them by name."""
        named = {link["href"] for group in self.groups for link in group["links"]}
        objects = self._asked.model.objects.values()
        links = (self._list(spec) for spec in objects if not spec.hidden and not spec.parent)
        return [link for link in links if link is not None and link["href"] not in named]

    @cached_property
    def _pages(self) -> list[Entry]:
        return list(entries_for(self._asked))

    def _unplaced(self, group: str) -> Iterable[Entry]:
        placed = {item.target for item in self._asked.model.nav if item.kind == "page"}
        return [one for one in self._pages if one.group == group and one.page not in placed]

    def _declared(self, group: str) -> Iterable[Link]:
        drawn = (self._item(item) for item in self._asked.model.nav if item.group == group)
        return [link for link in drawn if link is not None]

    def _item(self, item: NavItem) -> Link | None:
        """Return the link of an entry of the navigation, None where this reader has no such thing."""
        asked = self._asked
        if item.kind == "page":
            return next((self.page(one) for one in self._pages if one.page == item.target), None)
        if item.kind == "dashboard":
            reports = dashboards_for(asked.model, asked.ctx.actor) if asked.actor else []
            report = next((one for one in reports if one.code == item.target), None)
            if report is None:
                return None
            icon = str(report.body.get("icon", "chart-no-axes-column"))
            return self.link(report.label.text(asked.language), icon, f"/dashboards/{report.code}")
        spec = asked.model.objects.get(item.target)
        return self._list(spec, item.view) if item.kind == "object" and spec else None

    def _list(self, spec: ObjectType, view: str = "") -> Link | None:
        if not access_to(self._asked.model, self._asked.actor, spec.code).may_read:
            return None
        name = spec.views[view].label if view else spec.plural
        href = f"/o/{spec.code}" + (f"?view={view}" if view else "")
        return self.link(name.text(self._asked.language), spec.icon, href)

    def page(self, entry: Entry) -> Link:
        """Return the link of a page."""
        label = speech(self._asked.language).t(entry.label)
        return self.link(label, entry.icon, entry.href)

    def link(self, label: str, icon: str, href: str, count: int = 0, *, hot: bool = False) -> Link:
        """Return one link; `current` where the reader is there or below it."""
        here, path = self._path, href.partition("?")[0]
        current = here == path or (path != "/" and here.startswith(path + "/"))
        link: Link = {"label": label, "icon": icon, "href": href, "current": current}
        return link | ({"count": count, "hot": hot} if count else {})
