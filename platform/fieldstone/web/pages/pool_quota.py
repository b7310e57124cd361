"""What a reader may still take from a pool, as lines and meters: what is used, what is left, when there is more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from fieldstone.reads.claiming import Claiming
from fieldstone.rules.claim_body import VIEWS, Allowance
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech
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


def quota_line(asked: Asked, speech: Speech, claiming: Claiming) -> dict[str, Any]:
    """Return the line above the list, its meter, and the details behind it."""
    parts, short = [], ""
    if claiming.holding:
        parts.append(speech.t("You hold {n} of {most}", n=claiming.held, most=claiming.holding))
    left = claiming.left
    if left is not None:
        today = any(one.quota.each == "day" and one.left == left for one in claiming.allowances)
        one, many = ("one claim left", "{n} claims left")
        if today:
            one, many = ("one claim left today", "{n} claims left today")
        short = speech.tn(one, many, left)
        parts.append(short)
    if claiming.views_left is not None:
        parts.append(speech.tn("one preview left", "{n} previews left", claiming.views_left))
    meters = [_meter(asked, speech, one) for one in claiming.allowances]
    if claiming.holding:
        spent = _percent(claiming.held, claiming.holding)
        text = speech.t("{n} of {most}", n=claiming.held, most=claiming.holding)
        meters.insert(0, _drawn(speech.t("In hand"), text, spent, ""))
    return {
        "text": " · ".join(parts),
        "short": short,
        "spent": max((int(one["spent"]) for one in meters), default=0),
        "over": claiming.is_full,
        "meters": meters,
        "obstacles": [told(one, asked.language) for one in claiming.obstacles],
    }


def _meter(asked: Asked, speech: Speech, one: Allowance) -> dict[str, Any]:
    quota = one.quota
    what = "Previews" if quota.counts == VIEWS else "Claims"
    period = (
        speech.t(PER[quota.each]) if quota.each else speech.t("in {span}", span=_span(one, asked))
    )
    name = f"{speech.t(what)} {period}"
    if quota.together:
        name = speech.t("{what}, all together", what=name)
    text = speech.t("{n} of {most}", n=one.used, most=quota.most)
    more = ""
    if one.frees_at is not None and one.frees_at > asked.ctx.now:
        wait = max(timedelta(minutes=1), one.frees_at - asked.ctx.now)
        more = speech.t("resets in {time}", time=short_time(speech, wait))
    drawn = _drawn(name, text, _percent(one.used, quota.most), more)
    return {**drawn, "shared": quota.together}


def _span(one: Allowance, asked: Asked) -> str:
    return one.quota.span.label.text(asked.language) if one.quota.span else ""


def _drawn(name: str, text: str, spent: int, more: str) -> dict[str, Any]:
    tone = "red" if spent >= FULL else "amber" if spent >= NEAR else ""
    return {"name": name, "text": text, "spent": spent, "tone": tone, "more": more, "shared": False}


def _percent(used: int, most: int) -> int:
    return min(FULL, used * FULL // most) if most else FULL
