"""A quota of claims or looks: how many a period allows, when the period began, and how much of it is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.base.label import Label
from fieldstone.base.workdays import Span, zone_of

CLAIMS, NET, VIEWS = "claims", "net", "views"
LEDGERS: Final = (CLAIMS, NET, VIEWS)
HOUR, DAY, WEEK, MONTH = "hour", "day", "week", "month"
PERIODS: Final = (HOUR, DAY, WEEK, MONTH)
POOL: Final = "pool"


@dataclass(frozen=True)
class Quota:
    """How many claims (gross), claims less returns (net) or views a period allows.

    `each` is a period of the clock, or "" with a rolling `span`. `group` "" is everybody; `together`: the group in sum,
    where "pool" is whoever takes from it.
    """

    most: int
    each: str
    counts: str = CLAIMS
    span: Span | None = None
    group: str = ""
    together: bool = False

    @property
    def kind(self) -> tuple[str, str, Span | None]:
        """Return what makes two limits of one person rivals, of which the nearer counts."""
        return (self.counts, self.each, self.span)

    @property
    def period(self) -> str:
        """Return the period as it is written: day, 24 hours."""
        return self.each or (self.span.written if self.span else "")

    def since(self, now: datetime, zone: str) -> datetime:
        """Return when the running period began; the policy's clock on the wall decides."""
        if self.span is not None:
            return now - length_of(self.span)
        local = now.astimezone(zone_of(zone)).replace(minute=0, second=0, microsecond=0)
        if self.each != HOUR:
            local = local.replace(hour=0)
        if self.each == WEEK:
            local -= timedelta(days=local.weekday())
        if self.each == MONTH:
            local = local.replace(day=1)
        return local.astimezone(ZoneInfo("UTC"))

    def ends(self, now: datetime, zone: str) -> datetime | None:
        """Return when the running period is over, None for one that rolls on."""
        if self.span is not None:
            return None
        if self.each == HOUR:
            return self.since(now, zone) + timedelta(hours=1)
        start = self.since(now, zone).astimezone(zone_of(zone))
        days = {DAY: 1, WEEK: 7, MONTH: 32}[self.each]
        following = start + timedelta(days=days)
        if self.each == MONTH:
            following = following.replace(day=1)
        return following.astimezone(ZoneInfo("UTC"))

    def subject(self, person: str, pool: str) -> str:
        """Return whose account is charged: the person's, the group's or the pool's."""
        if not self.together:
            return person
        return f"{POOL}:{pool}" if self.group == POOL else self.group


@dataclass(frozen=True)
class Allowance:
    """One quota as it stands: how much is used, and when there is more."""

    quota: Quota
    used: int
    frees_at: datetime | None

    @property
    def left(self) -> int:
        """Return how many are left."""
        return max(0, self.quota.most - self.used)


def length_of(span: Span) -> timedelta:
    """Return how long a span lasts on the clock."""
    return timedelta(minutes=span.amount) if span.unit == "minutes" else timedelta(days=span.amount)


def minute_of(at: datetime, zone: tzinfo) -> str:
    """Return the first whole minute from an instant on, as it stands on the wall."""
    full = at + timedelta(seconds=59, microseconds=999_999)
    return full.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def period_said(quota: Quota) -> Label:
    """Return the period as people say it: a day, within 24 hours."""
    if quota.span is not None:
        within = quota.span.label
        return Label(f"within {within.en}", f"每 {within.text('zh')}")
    return _PERIOD[quota.each]


_PERIOD: Final = {
    HOUR: Label("an hour", "每小时"),
    DAY: Label("a day", "每天"),
    WEEK: Label("a week", "每周"),
    MONTH: Label("a month", "每月"),
}
