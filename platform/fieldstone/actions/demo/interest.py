"""What the demo company's leads did lately, and how they went between marketing and sales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final, Protocol

from fieldstone.actions.demo.market import Market
from fieldstone.actions.demo.teller import Chapter, Teller

WATCHED_DAYS: Final = 60
OPEN: Final = frozenset({"new", "contacted", "qualified"})
PAGES: Final = {
    "page_view": ("首页", "客户案例", "产品功能", "Integrations"),
    "pricing_view": ("价格", "Pricing"),
    "email_open": ("十一月产品通讯", "November news"),
    "email_click": ("查看新版本介绍", "See what is new"),
    "download": ("CRM 选型指南", "Guide to field service"),
    "form": ("申请演示", "Ask for a demo"),
    "webinar": ("Autumn webinar", "线上直播：销售流程"),
    "chat": ("在线咨询",),
}
WEIGHTS: Final = (40, 10, 18, 10, 8, 5, 6, 3)
JUDGED: Final = ("too_early", "no_interest", "not_reached", "bad_fit", "no_budget", "wrong_person")


class Person(Protocol):
    """A lead of the story, as far as its interest goes."""

    @property
    def at(self) -> datetime:
        """Return when it came."""

    @property
    def stage(self) -> str:
        """Return the stage it ended in."""


def show_interest(teller: Teller, market: Market, leads: Sequence[tuple[str, Person]]) -> None:
    """Let young open leads do things that count."""
    watched = [
        (record_id, lead)
        for record_id, lead in leads
        if lead.stage in OPEN and lead.at > teller.now - timedelta(days=WATCHED_DAYS)
    ]
    chapters = [
        chapter
        for number, (record_id, lead) in enumerate(watched)
        for chapter in _deeds(teller, market, record_id, lead, number)
    ]
    teller.tell("engagement", chapters, "engagements")


def course(draw: Random, stages: Mapping[str, datetime], now: datetime) -> dict[str, object]:
    """Return what became of a lead's lifecycle on its way through the stages; some came back once or twice."""
    values: dict[str, object] = {}
    if "contacted" in stages and draw.random() < 0.8:
        values |= {"lifecycle": "marketing_lead", "marketing_lead_at": stages["contacted"]}
    if "qualified" in stages:
        values |= {"lifecycle": "sales_lead", "sales_lead_at": stages["qualified"]}
        values.setdefault("marketing_lead_at", stages["qualified"])
    if values and not {"converted", "invalid"} & stages.keys() and draw.random() < 0.08:
        values |= {
            "lifecycle": "nurturing",
            "recycles": draw.choice((1, 1, 2)),
            "recycled_at": max(now - timedelta(days=draw.randint(3, 60)), *stages.values()),
            "recycle_reason": draw.choice(JUDGED),
        }
    return values


def _deeds(
    teller: Teller, market: Market, record_id: str, lead: Person, number: int
) -> list[Chapter]:
    draw = teller.random
    wave = next((one[0] for one in market.campaigns if one[2] <= lead.at <= one[3]), None)
    chapters = []
    for place in range(draw.choice((0, 0, 1, 2, 4, 7, 12))):
        kind = draw.choices(list(PAGES), WEIGHTS)[0]
        at = lead.at + (teller.now - lead.at) * draw.random()
        machine = kind == "email_open" and draw.random() < 0.15
        values = {
            "kind": kind,
            "subject": draw.choice(PAGES[kind]),
            "lead": record_id,
            "campaign": wave if kind in ("email_click", "webinar") else None,
            "occurred_at": at,
            "event_id": f"demo-{number}-{place}",
            "user_agent": "MailScanner-bot/3.1" if machine else "Mozilla/5.0",
        }
        chapters.append(Chapter(values, live=True))
    return chapters
