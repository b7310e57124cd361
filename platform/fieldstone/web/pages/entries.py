"""What a page adds to the side bar by itself: a module that exposes ENTRIES is linked for whoever may go there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app

from fieldstone.web.asking import Asked

KEY: Final = "fieldstone_entries"
ENGINE: Final = "engine"
FOOT: Final = "foot"


def anybody(asked: Asked) -> bool:
    """Tell that everybody who is signed in may go there."""
    return asked.actor is not None


@dataclass(frozen=True)
class Entry:
    """One link of the side bar. `label` is English and a key of the translations; smaller `order` stands higher.

    `place` is ENGINE, the group of what distributes records, or FOOT, the bottom of the bar.
    """

    label: str
    icon: str
    href: str
    place: str = ENGINE
    order: int = 100
    may: Callable[[Asked], bool] = anybody


def keep(app: Flask, entries: Iterable[Entry]) -> None:
    """Keep what the pages of an application add."""
    app.extensions[KEY] = tuple(sorted(entries, key=lambda one: (one.order, one.label)))


def entries_for(asked: Asked, place: str) -> Sequence[Entry]:
    """Return the links of a place that this reader may follow."""
    kept: Sequence[Entry] = current_app.extensions.get(KEY, ())
    return [one for one in kept if one.place == place and one.may(asked)]
