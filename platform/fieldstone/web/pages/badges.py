"""The numbers beside the links of the side bar, counted at most every few seconds per person."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import Final

from fieldstone.access.access import access_to
from fieldstone.reads.agenda import agenda_rules
from fieldstone.reads.query import Query
from fieldstone.storage.notices import Notices
from fieldstone.web.asking import Asked

# A side bar may be this late; what a person did themselves is counted at once (see `forget`).
SECONDS: Final = 10.0
MOST_KEPT: Final = 5_000
TASK_FIELDS: Final = frozenset({"kind", "status", "owner", "due_at"})
DUE_TASKS: Final = (
    "owner == user and kind == 'task' and status == 'open' and due_at < add_days(today(), 1)"
)


@dataclass(frozen=True)
class Badges:
    """What waits for a person: unread messages, tasks due by tonight; and which pages they have."""

    unread: int = 0
    tasks: int = 0
    has_tasks: bool = False
    has_pools: bool = False
    has_deadlines: bool = False


_kept: dict[tuple[int, str, str], tuple[float, Badges]] = {}
_lock = Lock()


def badges_of(asked: Asked) -> Badges:
    """Return the numbers of who asks, at most ten seconds old."""
    if asked.actor is None:
        return Badges()
    key = (id(asked.site), asked.model.digest, asked.actor.id)
    with _lock:
        counted_at, found = _kept.get(key, (0.0, None))
    if found is not None and time.monotonic() - counted_at < SECONDS:
        return found
    found = _counted(asked)
    with _lock:
        if len(_kept) > MOST_KEPT:
            _kept.clear()
        _kept[key] = (time.monotonic(), found)
    return found


def forget(asked: Asked) -> None:
    """Count anew for this person: they just did something that changes the numbers."""
    if asked.actor is not None:
        with _lock:
            _kept.pop((id(asked.site), asked.model.digest, asked.actor.id), None)


def _counted(asked: Asked) -> Badges:
    ctx, model, reads = asked.ctx, asked.model, asked.site.reads
    storage = asked.site.storage
    with storage.looking() as connection:
        unread = Notices(connection, storage.dialect, ctx.now).unread(ctx.actor.id)
    has_tasks = has_task_list(asked)
    tasks = reads.count(ctx, model, "activity", Query(filter=DUE_TASKS)) if has_tasks else 0
    pools = [
        code
        for code, spec in model.objects.items()
        if spec.pools
        and access_to(model, ctx.actor, code).may_read
        and reads.pools(ctx, model, code)
    ]
    with reads.sight(ctx, model) as sight:
        deadlines = bool(agenda_rules(sight))
    return Badges(unread, tasks, has_tasks, bool(pools), deadlines)


def has_task_list(asked: Asked) -> bool:
    """Tell whether this site keeps tasks as activities, and this person may read them."""
    spec = asked.model.objects.get("activity")
    if spec is None or not spec.fields.keys() >= TASK_FIELDS:
        return False
    access = access_to(asked.model, asked.ctx.actor, "activity")
    return access.may_read and access.readable_anywhere() >= TASK_FIELDS
