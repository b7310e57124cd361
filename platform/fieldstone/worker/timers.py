"""Looks at records whose instant has come: each in a transaction of its own, through the write door."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

import structlog

from fieldstone.base.errors import RefusedError
from fieldstone.model.site_model import Model
from fieldstone.site import Site
from fieldstone.storage.due_timers import DueTimers
from fieldstone.storage.errors import ClashError
from fieldstone.storage.timers import TakenTimer

log = structlog.get_logger()

AT_ONCE: Final = 50
LATE: Final = timedelta(hours=1)
"""Timers this late were missed by everybody: nobody was at work."""
CATCH_UP: Final = 200
CATCH_UP_EVERY: Final = timedelta(minutes=10)
"""After a long stop each rule acts on so many records in so much time."""
PUT_OFF: Final = timedelta(hours=1)
"""A record whose rule fails on it is looked at again after this long."""
SHUFFLE: Final = random.SystemRandom()


def act_on_due_timers(site: Site) -> int:
    """Let rules act on what is due now; return how many timers were settled."""
    seen = _seen(site)
    if seen and seen[0].timer.due < site.clock() - LATE and _spread(site):
        seen = _seen(site)
    return sum(_act(site, one) for one in _shuffled(seen))


def _seen(site: Site) -> tuple[TakenTimer, ...]:
    with site.storage.looking() as connection:
        return DueTimers(connection).seen(site.clock(), AT_ONCE)


def timers_due(site: Site) -> bool:
    """Tell whether a timer is due."""
    with site.storage.looking() as connection:
        return bool(DueTimers(connection).seen(site.clock(), 1))


def _spread(site: Site) -> bool:
    now = site.clock()
    with site.storage.connection() as connection:
        moved = DueTimers(connection).spread(now - LATE, now, CATCH_UP, CATCH_UP_EVERY)
    if moved:
        log.warning("late timers spread", moved=moved, rule_cap=CATCH_UP)
    return moved > 0


def _shuffled(seen: Sequence[TakenTimer]) -> list[TakenTimer]:
    """Return the timers of each record in their order, the records in any: workers then seldom meet."""
    by_record = sorted(seen, key=lambda one: one.timer.record_id)
    groups = [list(group) for _, group in groupby(by_record, key=lambda one: one.timer.record_id)]
    SHUFFLE.shuffle(groups)
    return [one for group in groups for one in group]


def _act(site: Site, seen: TakenTimer) -> bool:
    """Settle one timer; False when it stands as it did, for the next turn."""
    model, timer = site.model, seen.timer
    if seen.object_name not in model.objects or timer.rule not in model.rules:
        # Perhaps a newer process knows it: what is not ours to judge is not ours to remove.
        return _put_off(site, seen)
    try:
        acted = _look(site, model, seen)
    except ClashError:
        return False  # somebody wrote the record at the same moment; it is read anew next time
    except RefusedError as refused:
        log.warning("timer refused", rule=timer.rule, record=timer.record_id, why=str(refused))
        return _put_off(site, seen)
    except Exception:
        # The worker's border: one broken rule must not stop the others.
        log.exception("timer failed", rule=timer.rule, record=timer.record_id)
        return _put_off(site, seen)
    if acted:
        log.info("timer acted", rule=timer.rule, kind=timer.kind, record=timer.record_id)
    return True


def _look(site: Site, model: Model, seen: TakenTimer) -> bool:
    """Tell whether the rule had something to do. Raises RefusedError, and then nothing is changed."""
    with site.writes.unit(site.system_context("timer"), model) as unit:
        outcome = unit.look_again(seen)
        if outcome is not None and outcome.refused:
            raise RefusedError(outcome.problems)
    return outcome is not None


def _put_off(site: Site, seen: TakenTimer) -> bool:
    with site.storage.connection() as connection:
        now = site.clock()
        return DueTimers(connection).put_off(seen, now, now + PUT_OFF)
