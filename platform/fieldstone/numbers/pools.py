"""The records behind the numbers of a pool's traffic."""

from __future__ import annotations

from typing import Final

from fieldstone.base.label import Label
from fieldstone.numbers.contract import Asked, Number, nothing
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.reports.behind import Behind

TRAFFIC: Final = Label("Traffic", "流量")
USUAL_DAYS: Final = 30
LONGEST_DAYS: Final = 4


def of_pool(asked: Asked, code: str, number: Number) -> Behind:
    """Return what a number of the traffic counts: `figure` (came, left, ...), `key` which of them, `period` in days.

    Where several objects have the pool, `chart` is the object. Raises RefusedError: 403, 404.
    """
    having = [name for name, spec in asked.model.objects.items() if code in spec.pools]
    name = number.chart or next(iter(having), "")
    if name not in having:
        raise nothing("pool", code, "See the list of pools.")
    desk = PoolDesk(asked.site.reads, asked.ctx, asked.model, name, code)
    ids = desk.behind(_days(number.period), (number.figure, number.key or ""))
    label = asked.model.rules[code].label if code in asked.model.rules else Label(code)
    return Behind(name, None, label, TRAFFIC, tuple(ids))


def _days(text: str) -> int:
    counted = text.isascii() and text.isdecimal() and len(text) <= LONGEST_DAYS
    return max(1, int(text)) if counted else USUAL_DAYS
