"""Once a minute: gives away what waits in hold queues, and publishes the rankings that are due."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import structlog

from fieldstone.actions import ranking
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.assignment import Assignment
from fieldstone.rules.contract import Rule
from fieldstone.rules.engine import in_force
from fieldstone.rules.holding_back import HOLD
from fieldstone.site import Site
from fieldstone.storage.errors import ClashError
from fieldstone.storage.hold_queue import held

log = structlog.get_logger()

AT_ONCE: Final = 200
"""Records of a queue that are looked at in one transaction."""
_dealt: Final[WeakKeyDictionary[Site, datetime]] = WeakKeyDictionary()
"""The minute for which this process has looked."""


def deal(site: Site) -> int:
    """Drain the hold queues and publish what is due, once a minute; return how much was done.

    Several workers may do it at once: a record is given away once, and a period published once.
    """
    minute = site.clock().replace(second=0, microsecond=0)
    if _dealt.get(site) == minute:
        return 0
    _dealt[site] = minute
    model = site.model
    return sum(_drained(site, model, rule) for rule in queues(model)) + sum(
        _published(site, model, rule) for rule in ranking.programs_of(model).values()
    )


def queues(model: Model) -> list[Rule]:
    """Return the assignment rules that hold back what nobody can take."""
    return [
        rule
        for rule in model.rules.values()
        if isinstance(rule.body, Assignment) and rule.body.fallback.kind == HOLD
    ]


def _drained(site: Site, model: Model, rule: Rule) -> int:
    """Look again at the records of a queue, in its order; return how many found an owner."""
    body, now = rule.body, site.clock()
    if not isinstance(body, Assignment) or not in_force(rule, now):
        return 0
    tables = site.storage.use(model)
    with site.storage.looking() as connection:
        waiting = held(
            connection, tables, rule.code, rule.object_name, by=body.queue.by, most=AT_ONCE
        )
    if not waiting:
        return 0
    changes = [
        Change(rule.object_name, Operation.UPDATE, record_id=one.record_id, trusted=True)
        for one in waiting
    ]
    try:
        outcomes = site.writes.submit(site.system_context("rule"), model, changes)
    except ClashError:
        return 0  # somebody wrote one of them at the same moment; next minute
    given = sum(not one.refused and not one.unchanged for one in outcomes)
    if given:
        log.info("hold queue drained", rule=rule.code, given=given, left=len(waiting) - given)
    return given


def _published(site: Site, model: Model, rule: Rule) -> int:
    office = ranking.Office(site.storage, site.reads, model, site.system_context("rule"))
    try:
        if not ranking.due(office, rule) or ranking.publish(office, rule) is None:
            return 0
    except RefusedError as refused:
        log.warning("ranking refused", rule=rule.code, why=str(refused))
        return 0
    log.info("ranking published", rule=rule.code, version=rule.version)
    return 1
