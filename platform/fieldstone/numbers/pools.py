"""The records behind the numbers of a pool: of its traffic, and of the limits of those who work with it."""

from __future__ import annotations

from typing import Final

from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.numbers.contract import Asked, Number, nothing
from fieldstone.reads.pool_accounts import Account
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.reads.query import Query
from fieldstone.reports.behind import Behind
from fieldstone.rules.claim_quota import CLAIMS, NET, POOL, VIEWS

TRAFFIC: Final = Label("Traffic", "流量")
TOGETHER: Final = Label("All together", "合计")
HELD: Final = "held"
LIMITS: Final = {
    HELD: Label("In hand", "当前持有"),
    CLAIMS: Label("Claims", "领取"),
    NET: Label("Claims kept", "净领取"),
    VIEWS: Label("Previews", "查看"),
}
FIGURES: Final = ("came", "left", "taken", "back", "took", "day", "age", "never")
USUAL_DAYS: Final = 30
LONGEST_DAYS: Final = 4


def of_pool(asked: Asked, code: str, number: Number) -> Behind:
    """Return what a number counts: `figure` (came, left, ...) of the traffic, `key` which of them, `period` in days.

    `held`, `claims`, `net` and `views` are what a limit counts: `key` is a member, a group ("team:north") or "pool:POOL";
    `period` that of the quota, and of `held` the rule. Where several objects have the pool, `chart` is the object.
    Raises RefusedError: 403, 404.
    """
    having = [name for name, spec in asked.model.objects.items() if code in spec.pools]
    name = number.chart or next(iter(having), "")
    if name not in having:
        raise nothing("pool", code, "See the list of pools.")
    desk = PoolDesk(asked.site.reads, asked.ctx, asked.model, name, code)
    if number.figure in LIMITS:
        return _of_limit(asked, desk, number)
    if number.figure not in FIGURES:
        known = [*FIGURES, *LIMITS]
        raise nothing("figure", number.figure, did_you_mean(number.figure[:40], known))
    counted = desk.behind(_days(number.period), (number.figure, number.key or ""))
    label = asked.model.rules[code].label if code in asked.model.rules else Label(code)
    return Behind(
        name, None, label, TRAFFIC, counted.ids, note=_note(counted.count, len(counted.ids))
    )


def _of_limit(asked: Asked, desk: PoolDesk, number: Number) -> Behind:
    subject, said = number.key or "", LIMITS[number.figure]
    if subject == POOL:
        subject = f"{POOL}:{desk.pool}"
    whose = _called(asked, subject)
    if number.figure == HELD:
        found = desk.held_by(subject, number.period)
        if found is None:
            raise nothing("limit", number.period, "See the limits of the pool.")
        condition, held = found
        seen = asked.site.reads.count(
            asked.ctx, asked.model, desk.object_name, Query(filter=condition)
        )
        return Behind(desk.object_name, condition, whose, said, note=_note(held, seen))
    counted = desk.charged(Account(number.figure, number.period, subject))
    if counted is None:
        raise nothing("quota", number.period, "See the limits of the pool.")
    return Behind(
        desk.object_name,
        None,
        whose,
        said,
        counted.ids,
        note=_note(counted.count, len(counted.ids)),
    )


def _called(asked: Asked, subject: str) -> Label:
    """Return what an account is called: a person, a group, or all."""
    kind, colon, name = subject.partition(":")
    if not colon:
        person = ("user", subject)
        return Label(asked.site.reads.titles(asked.ctx, asked.model, [person]).get(person, "–"))
    if kind == "role" and name in asked.model.roles:
        return asked.model.roles[name].label
    return TOGETHER if kind == "pool" else Label(name)


def _note(count: int, listed: int) -> Label | None:
    """Return what is to be said where a number is larger than the list."""
    if listed >= count:
        return None
    return Label(
        f"{count} in all. Here are the {listed} records among them that you may open; what was counted twice stands once.",
        f"共 {count} 条，此处列出其中您可打开的 {listed} 条；重复计数的记录只列一次。",
    )


def _days(text: str) -> int:
    counted = text.isascii() and text.isdecimal() and len(text) <= LONGEST_DAYS
    return max(1, int(text)) if counted else USUAL_DAYS
