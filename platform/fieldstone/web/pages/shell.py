"""What stands around every page: navigation, who is signed in, what can be created, messages."""

from __future__ import annotations

from typing import Any, Final

from flask import Request
from itsdangerous import BadSignature, URLSafeSerializer

from fieldstone.access.access import Access, access_to
from fieldstone.base.cached import cached_property
from fieldstone.model.objects import ObjectType
from fieldstone.reports.dashboards import dashboards_for
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.badges import Badges, badges_of
from fieldstone.web.pages.navigation import Navigation
from fieldstone.web.pages.people import face

FLASH_COOKIE: Final = "fieldstone_toast"
THEME_COOKIE: Final = "fieldstone_theme"
KEYS_COOKIE: Final = "fieldstone_keys"
THEMES: Final = ("light", "dark", "system")
LANGUAGE_NAMES: Final = {"en": "English", "zh": "简体中文"}
Link = dict[str, Any]
CREATED_BY_HAND: Final = 6  # entries of the menu behind the plus


class Shell:
    """The dict `shell` of layouts/base.html, each part made when a template asks for it."""

    def __init__(self, asked: Asked, request: Request) -> None:
        """Draw for who asks."""
        self._asked = asked
        self._request = request

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self._asked.language)

    @property
    def lang(self) -> str:
        """Return the language as HTML names it."""
        return self.speech.tag

    @property
    def theme(self) -> str:
        """Return light, dark or system."""
        chosen = self._request.cookies.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else "system"

    @property
    def keys_off(self) -> bool:
        """Tell whether this reader switched single keys off."""
        return self._request.cookies.get(KEYS_COOKIE) == "off"

    @property
    def path(self) -> str:
        """Return the address of this page, with its query."""
        full = self._request.full_path
        return full.removesuffix("?")

    @property
    def csrf_token(self) -> str:
        """Return what forms must send back."""
        return self._asked.csrf

    @property
    def site_name(self) -> str:
        """Return the company's name."""
        return self._asked.site.settings.company

    @property
    def languages(self) -> list[Link]:
        """Return the languages to choose from."""
        return [
            {"code": code, "label": LANGUAGE_NAMES[code], "current": code == self._asked.language}
            for code in self._asked.site.settings.languages
        ]

    @cached_property
    def user(self) -> dict[str, object]:
        """Return the signed-in person, with their first role."""
        actor = self._asked.actor
        if actor is None:
            return face("")
        roles = [self._asked.model.roles[role] for role in sorted(actor.roles & self._roles)]
        note = roles[0].label.text(self._asked.language) if roles else ""
        return {**face(actor.name), "note": note}

    @property
    def _roles(self) -> frozenset[str]:
        return frozenset(self._asked.model.roles)

    @cached_property
    def badges(self) -> Badges:
        """Return the numbers beside the links."""
        return badges_of(self._asked)

    @cached_property
    def _bar(self) -> Navigation:
        return Navigation(self._asked, self._request)

    @cached_property
    def nav(self) -> list[dict[str, object]]:
        """Return the groups of links that this person may follow."""
        return [{"links": self._own_links()}, *self._bar.groups]

    def _own_links(self) -> list[Link]:
        t, badges, link = self.speech.t, self.badges, self._bar.link
        links = [link(t("Home"), "house", "/")]
        links.append(link(t("Inbox"), "inbox", "/inbox", badges.unread, hot=True))
        if badges.has_tasks:
            links.append(link(t("Tasks"), "circle-check", "/tasks", badges.tasks))
        if badges.has_deadlines:
            links.append(link(t("Deadlines"), "alarm-clock", "/deadlines"))
        if badges.has_pools:
            links.append(link(t("Public pools"), "waves", "/pools"))
        return links

    @cached_property
    def foot(self) -> list[Link]:
        """Return the links at the bottom of the side bar."""
        t, link, links = self.speech.t, self._bar.link, []
        if self._asked.actor and dashboards_for(self._asked.model, self._asked.actor):
            links.append(link(t("Dashboards"), "chart-no-axes-column", "/dashboards"))
        if self.create:
            links.append(link(t("Imports"), "upload", "/imports"))
        return [*links, *self._bar.foot]

    @property
    def places(self) -> list[Link]:
        """Return everywhere that this person may go, each place once."""
        links = [link for group in self.nav for link in _links(group)]
        return [*links, *self.foot, *self._bar.lists]

    @property
    def tabs(self) -> list[Link]:
        """Return the three links of a phone's bar."""
        links = [link for group in self.nav for link in _links(group)]
        objects = [link for link in links if link["href"].startswith("/o/")]
        tasks = [link for link in links if link["href"] in ("/tasks", "/inbox")][-1:]
        chosen = [links[0], *objects[:1], *tasks]
        return [{**link, "badge": link.get("count")} for link in chosen]

    @cached_property
    def create(self) -> list[Link]:
        """Return what this person may create, in the order of the navigation."""
        language, found = self._asked.language, []
        for item in self._asked.model.nav:
            spec = self._asked.model.objects.get(item.target)
            if item.kind == "object" and spec is not None and self._access(spec).may_create:
                label = spec.label.text(language)
                found.append({"label": label, "icon": spec.icon, "href": f"/o/{spec.code}/new"})
        return found[:CREATED_BY_HAND]

    def _access(self, spec: ObjectType) -> Access:
        return access_to(self._asked.model, self._asked.actor, spec.code)

    @property
    def flashed(self) -> bool:
        """Tell whether the page before left a message for this one."""
        return FLASH_COOKIE in self._request.cookies

    @cached_property
    def toasts(self) -> list[dict[str, object]]:
        """Return the message that the page before left."""
        kept = self._request.cookies.get(FLASH_COOKIE)
        if not kept:
            return []
        try:
            found = URLSafeSerializer(self._asked.site.settings.secret_key, "toast").loads(kept)
        except BadSignature:
            return []
        return [one for one in found if isinstance(one, dict)]


def _links(group: dict[str, object]) -> list[Link]:
    links = group["links"]
    return links if isinstance(links, list) else []
