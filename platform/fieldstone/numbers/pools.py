"""The records behind the numbers of a pool: of its traffic and of its members."""

from __future__ import annotations

from typing import Final

from fieldstone.base.label import Label
from fieldstone.numbers.contract import Asked, Number, nothing
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.reports.behind import Behind

TRAFFIC: Final = Label("Traffic", "流量")
MEMBERS: Final = Label("Members", "成员")
HELD, IN_HAND = "held", Label("In hand", "当前持有")
USUAL_DAYS: Final = 30
LONGEST_DAYS: Final = 4


def of_pool(asked: Asked, code: str, number: Number) -> Behind:
    """Return what a number counts: `figure` (came, left, ...) of the traffic, `key` which of them, `period` in days.

    `held` is what a member, `key`, has in hand, as their limit counts it.

    Where several objects have the pool, `chart` is the object. Raises RefusedError: 403, 404.
    """
    having = [name for name, spec in asked.model.objects.items() if code in spec.pools]
    name = number.chart or next(iter(having), "")
    if name not in having:
        raise nothing("pool", code, "See the list of pools.")
    desk = PoolDesk(asked.site.reads, asked.ctx, asked.model, name, code)
    if number.figure == HELD:
        person = ("user", number.key or "")
        named = asked.site.reads.titles(asked.ctx, asked.model, [person]).get(person)
        whose = Label(named) if named else MEMBERS
        return Behind(name, desk.held_by(person[1]), whose, IN_HAND)
    ids = desk.behind(_days(number.period), (number.figure, number.key or ""))
    label = asked.model.rules[code].label if code in asked.model.rules else Label(code)
    return Behind(name, None, label, TRAFFIC, tuple(ids))


def _days(text: str) -> int:
    counted = text.isascii() and text.isdecimal() and len(text) <= LONGEST_DAYS
    return max(1, int(text)) if counted else USUAL_DAYS
