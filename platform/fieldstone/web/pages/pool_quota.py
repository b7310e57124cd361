"""What a reader may still take from a pool, as lines and meters: what is used, what is left, when there is more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from fieldstone.access.access import access_to
from fieldstone.reads.claiming import Claiming
from fieldstone.reads.query import Query
from fieldstone.rules.claim_quota import NET, POOL, VIEWS, Allowance
from fieldstone.rules.holding_books import Holding
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.wording import told

FULL: Final = 100
NEAR: Final = 80
PER: Final = {
    "hour": "this hour",
    "day": "today",
    "week": "this week",
    "month": "this month",
}
WHAT: Final = {NET: "Claims kept", VIEWS: "Previews"}
HELD: Final = "held"
CODE: Final = "code"
Drawn = dict[str, Any]


@dataclass(frozen=True)
class Meters:
    """Draws the limits of one pool, each with the way to the records that it counts."""

    asked: Asked
    pool: str

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    def line(self, claiming: Claiming, person: str) -> Drawn:
        """Return the line above the list, its meter, and the details behind it, for one person."""
        said, parts, short, own = self.speech, [], "", claiming.own
        if own is not None:
            parts.append(said.t("You hold {n} of {most}", n=own.held, most=own.most))
        left = claiming.left
        if left is not None:
            today = any(one.quota.each == "day" and one.left == left for one in claiming.allowances)
            one, many = ("one claim left", "{n} claims left")
            if today:
                one, many = ("one claim left today", "{n} claims left today")
            short = said.tn(one, many, left)
            parts.append(short)
        if claiming.views_left is not None:
            parts.append(said.tn("one preview left", "{n} previews left", claiming.views_left))
        meters = self.own(claiming, person)
        meters += self.shared(
            [
                (one.quota.subject(person, self.pool), one)
                for one in claiming.allowances
                if one.quota.together
            ],
            [one for one in claiming.holdings if one.group],
        )
        return {
            "text": " · ".join(parts),
            "short": short,
            "spent": max((int(one["spent"]) for one in meters), default=0),
            "over": claiming.is_full,
            "meters": meters,
            "obstacles": [told(one, self.asked.language) for one in claiming.obstacles],
        }

    def own(self, claiming: Claiming, person: str) -> list[Drawn]:
        """Return the meters of one person alone."""
        held = [self._holding(claiming.own, person)] if claiming.own else []
        return held + [
            self._quota(one, person) for one in claiming.allowances if not one.quota.together
        ]

    def shared(
        self, quotas: Sequence[tuple[str, Allowance]], holdings: Sequence[Holding]
    ) -> list[Drawn]:
        """Return the meters of groups, and of all who take from the pool."""
        held = [self._holding(one, one.group) for one in holdings]
        return held + [self._quota(one, account) for account, one in quotas]

    def _holding(self, one: Holding, subject: str) -> Drawn:
        name = self._named(self.speech.t("In hand"), one.group)
        drawn = self._drawn(name, one.held, one.most)
        return drawn | self._way(one.held, subject, HELD, one.rule.code)

    def _quota(self, one: Allowance, account: str) -> Drawn:
        quota, said = one.quota, self.speech
        what = WHAT.get(quota.counts, "Claims")
        span = quota.span.label.text(self.asked.language) if quota.span else ""
        period = said.t(PER[quota.each]) if quota.each else said.t("in {span}", span=span)
        name = said.t("{what} {period}", what=said.t(what), period=period)
        if quota.together:
            name = self._named(name, quota.group)
        drawn = self._drawn(name, one.used, quota.most)
        if one.frees_at is not None and one.frees_at > self.asked.ctx.now:
            wait = max(timedelta(minutes=1), one.frees_at - self.asked.ctx.now)
            drawn["more"] = said.t("resets in {time}", time=short_time(said, wait))
        return drawn | self._way(one.used, account, quota.counts, quota.period)

    def _named(self, what: str, group: str) -> str:
        """Return what a meter is of; that of a group names it."""
        if not group:
            return what
        if group == POOL:
            return self.speech.t("{what}, all together", what=what)
        return self.speech.t("{what}, {group} together", what=what, group=self.group_named(group))

    def group_named(self, group: str) -> str:
        """Return what a group is called: a role by its label, a team or a department with a code by its name."""
        asked, (kind, _, name) = self.asked, group.partition(":")
        role, spec = asked.model.roles.get(name), asked.model.objects.get(kind)
        if kind == "role" and role is not None:
            return role.label.text(asked.language)
        if (
            spec is None
            or CODE not in spec.fields
            or not access_to(asked.model, asked.ctx.actor, kind).may_read
        ):
            return name
        query = Query(filter=f"{CODE} == {json.dumps(name)}", fields=(spec.title,), limit=1)
        found = asked.site.reads.list(asked.ctx, asked.model, kind, query).rows
        return str(found[0].values.get(spec.title) or name) if found else name

    def _way(self, count: int, subject: str, what: str, which: str) -> Drawn:
        """Return the address of the records that a meter counts."""
        base = f"/pools/{self.pool}/members/{quote(subject, safe='')}/{what}"
        return {"href": f"{base}?{urlencode({'of': which})}"} if count else {}

    def _drawn(self, name: str, used: int, most: int) -> Drawn:
        spent = min(FULL, used * FULL // most) if most else FULL
        tone = "red" if spent >= FULL else "amber" if spent >= NEAR else ""
        text = self.speech.t("{n} of {most}", n=used, most=most)
        return {"name": name, "text": text, "spent": spent, "tone": tone, "more": ""}
