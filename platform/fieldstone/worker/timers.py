"""Looks at records whose instant has come: many in one short transaction, through the write door."""

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

AT_ONCE: Final = 200
"""Timers settled in one transaction, where nothing is wrong with any of them."""
LATE: Final = timedelta(hours=1)
"""Timers this late were missed by everybody: nobody was at work."""
WINDOW: Final = 32
"""Among so many times as many each worker chooses its own, so that two seldom wait for each other."""
CATCH_UP: Final = 200
CATCH_UP_EVERY: Final = timedelta(minutes=10)
"""After a long stop each rule acts on so many records in so much time."""
PUT_OFF: Final = timedelta(hours=1)
"""A record whose rule fails on it, or is switched off, is looked at again after this long."""
SHUFFLE: Final = random.SystemRandom()


def act_on_due_timers(site: Site) -> int:
    """Let rules act on what is due now; return how many timers were settled."""
    seen = _seen(site)
    if seen and seen[0].timer.due < site.clock() - LATE and _spread(site):
        seen = _seen(site)
    return sum(_act_together(site, part) for part in _parts(seen))


def _seen(site: Site) -> tuple[TakenTimer, ...]:
    """Return timers that are due: the oldest, or some of the oldest where several workers have much to do."""
    now, place = site.clock(), SHUFFLE.randrange(WINDOW)
    with site.storage.looking() as connection:
        due = DueTimers(connection)
        if not due.seen(now, 1):
            return ()
        while not (found := due.seen(now, AT_ONCE, after=place * AT_ONCE)) and place:
            place = SHUFFLE.randrange(place)  # there are not so many
    return found


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


def _parts(seen: Sequence[TakenTimer]) -> list[list[TakenTimer]]:
    """Return the timers by object, in any order: workers then seldom wait for each other."""
    by_object = sorted(seen, key=lambda one: one.object_name)
    parts = [list(group) for _, group in groupby(by_object, key=lambda one: one.object_name)]
    SHUFFLE.shuffle(parts)
    return parts


def _act_together(site: Site, seen: Sequence[TakenTimer]) -> int:
    """Settle timers of one object in one transaction; where that fails, each in its own."""
    model = _fresh(site, seen)
    known = [one for one in seen if _acts(model, one)]
    # Perhaps a newer process knows the others, or their rule is switched on again: they wait for it.
    settled = _put_off(
        site, [one for one in seen if not _acts(model, one) and not _moves(model, one)]
    )
    try:
        acted = _look(site, model, known) if known else 0
    except Exception as error:  # noqa: BLE001 - the worker's border; each is tried, and told, alone
        log.info("timers split", count=len(known), why=type(error).__name__)
        return settled + sum(_act(site, model, one) for one in known)
    if acted:
        log.info("timers acted", object=known[0].object_name, count=acted)
    return settled + len(known)


def _fresh(site: Site, seen: Sequence[TakenTimer]) -> Model:
    """Return the live model: one that another process put into force a moment ago may have called a rule otherwise."""
    model = site.model
    known = all(one.timer.rule in model.rules for one in seen)
    return model if known else site.newest_model()


def _acts(model: Model, seen: TakenTimer) -> bool:
    """Tell whether this process knows the rule of a timer, and it is on: what is not ours to judge stays."""
    rule = model.rules.get(seen.timer.rule)
    return seen.object_name in model.objects and rule is not None and rule.enabled


def _moves(model: Model, seen: TakenTimer) -> bool:
    """Tell whether a timer was set under the earlier code of a rule and is about to follow it: see worker.settling."""
    rule = seen.timer.rule
    return rule not in model.rules and model.present_rule(rule) != rule


def _act(site: Site, model: Model, seen: TakenTimer) -> bool:
    """Settle one timer; False when it stands as it did, for the next turn."""
    timer = seen.timer
    try:
        acted = _look(site, model, [seen])
    except ClashError:
        return False  # somebody wrote the record at the same moment; it is read anew next time
    except RefusedError as refused:
        log.warning("timer refused", rule=timer.rule, record=timer.record_id, why=str(refused))
        return bool(_put_off(site, [seen]))
    except Exception:
        # The worker's border: one broken rule must not stop the others.
        log.exception("timer failed", rule=timer.rule, record=timer.record_id)
        return bool(_put_off(site, [seen]))
    if acted:
        log.info("timer acted", rule=timer.rule, kind=timer.kind, record=timer.record_id)
    return True


def _look(site: Site, model: Model, seen: Sequence[TakenTimer]) -> int:
    """Return how many rules had something to do. Raises RefusedError, and then nothing is changed."""
    with site.writes.unit(site.system_context("timer"), model) as unit:
        outcomes = unit.look_again(seen)
        refused = [problem for outcome in outcomes for problem in outcome.problems]
        if refused:
            raise RefusedError(refused)
    return len(outcomes)


def _put_off(site: Site, seen: Sequence[TakenTimer]) -> int:
    """Look at timers again in an hour; return how many were still due."""
    if not seen:
        return 0
    with site.storage.connection() as connection:
        now, due = site.clock(), DueTimers(connection)
        return sum(due.put_off(one, now, now + PUT_OFF) for one in seen)
