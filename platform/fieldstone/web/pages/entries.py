"""What a page adds to pages it does not own: links in the side bar (ENTRIES), parts of a record's page (RECORD_PARTS)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app

from fieldstone.web.asking import Asked
from fieldstone.web.pages.one_record import OneRecord

LINKS: Final = "fieldstone_entries"
KEPT_PARTS: Final = "fieldstone_record_parts"
ENGINE: Final = "engine"
MARKETING: Final = "marketing"
TEAM: Final = "team"
FOOT: Final = "foot"
ASIDE: Final = "aside"
TAB: Final = "tab"
NOTICE: Final = "notice"


def anybody(asked: Asked) -> bool:
    """Tell that everybody who is signed in may go there."""
    return asked.actor is not None


@dataclass(frozen=True)
class Entry:
    """One link of the side bar. `label` is English and a key of the translations; smaller `order` stands higher.

    `group` is where it stands unless `nav` of the site places its page itself: a group of the navigation, or FOOT, the
    bottom of the bar.
    """

    label: str
    icon: str
    href: str
    group: str = ENGINE
    order: int = 100
    may: Callable[[Asked], bool] = anybody

    @property
    def page(self) -> str:
        """Return what `{page: ...}` calls it in the navigation."""
        return self.href.removeprefix("/")


@dataclass(frozen=True)
class RecordPart:
    """One part of a record's page. `draw` returns what it shows, None where it has nothing to say.

    ASIDE: a folding section beside the record; `template` (parts/NAME.html) is included with `x`, the drawn value.
    TAB: `code` and `label` name the tab; `template` is included with `x` when it is the chosen one, and only then is
    it drawn: `offered` tells cheaply whether the record has such a tab at all.
    NOTICE: a line above the stages; `draw` returns {tone, icon, text, href?, label?}, there is no template.
    """

    place: str
    code: str
    draw: Callable[[OneRecord], Mapping[str, Any] | None]
    template: str = ""
    label: str = ""
    order: int = 100
    offered: Callable[[OneRecord], bool] = lambda page: page is not None


def keep(app: Flask, entries: Iterable[Entry], parts: Iterable[RecordPart]) -> None:
    """Keep what the pages of an application add."""
    app.extensions[LINKS] = tuple(sorted(entries, key=lambda one: (one.order, one.label)))
    app.extensions[KEPT_PARTS] = tuple(sorted(parts, key=lambda one: (one.order, one.code)))


def entries_for(asked: Asked) -> Sequence[Entry]:
    """Return the links that this reader may follow."""
    kept: Sequence[Entry] = current_app.extensions.get(LINKS, ())
    return [one for one in kept if one.may(asked)]


def parts_of(page: OneRecord, place: str) -> Sequence[RecordPart]:
    """Return what other pages add at a place of a record's page."""
    kept: Sequence[RecordPart] = current_app.extensions.get(KEPT_PARTS, ())
    return [one for one in kept if one.place == place and one.offered(page)]


def drawn(page: OneRecord, place: str) -> list[dict[str, Any]]:
    """Return the drawn parts of a place: {code, template, x}."""
    found = [(part, part.draw(page)) for part in parts_of(page, place)]
    return [{"code": p.code, "template": p.template, "x": x} for p, x in found if x is not None]
