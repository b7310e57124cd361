"""Statements kept by shape: a question asked before costs no second settling of its names.

A kept statement belongs to one model, one actor as they are now (roles, place, own record) and one query.
What depends on the time of day is never kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any, Final

from fieldstone.access.rights import Held
from fieldstone.changes.nouns import Actor
from fieldstone.expressions.env import Env
from fieldstone.model.site_model import Model

MOST: Final = 600  # of about 20 kB each


class WatchedEnv(Env):
    """An Env that remembers whether anybody asked it for the time."""

    def __getattribute__(self, name: str) -> Any:
        """Return the attribute; note a look at the clock."""
        found = object.__getattribute__(self, name)
        if name in ("now", "today"):
            object.__getattribute__(self, "__dict__")["looked"] = True
        return found

    @property
    def timeless(self) -> bool:
        """Tell whether nobody looked at the clock since `watched` made this."""
        return not self.__dict__.get("looked", False)


def watched(env: Env) -> WatchedEnv:
    """Return the same moment and person, watched from now on."""
    made = WatchedEnv(env.now, env.zone, env.user, env.roles)
    made.__dict__["looked"] = False
    return made


class Kept:
    """The statements of one process, those longest unused given up first; safe between threads."""

    def __init__(self, most: int = MOST) -> None:
        """Keep at most so many."""
        self._most = most
        self._lock = Lock()
        self._plans: OrderedDict[Hashable, object] = OrderedDict()

    def find(self, key: Hashable) -> object | None:
        """Return what is kept under the key."""
        with self._lock:
            found = self._plans.get(key)
            if found is not None:
                self._plans.move_to_end(key)
            return found

    def keep(self, key: Hashable, plan: object) -> None:
        """Keep a plan under the key."""
        with self._lock:
            self._plans[key] = plan
            if len(self._plans) > self._most:
                self._plans.popitem(last=False)


def key_of(model: Model, actor: Actor, *question: Hashable) -> Hashable | None:
    """Return the key of a question, None when it has something in it that cannot be a key."""
    key = (Held(model), actor.standing, question)
    try:
        hash(key)
    except TypeError:
        return None
    return None if actor.standing is None else key
