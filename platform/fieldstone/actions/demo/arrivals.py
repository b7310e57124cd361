"""What arrived through the demo company's sources in the last weeks: mostly good, some known, some refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from fieldstone.actions.demo.leads import Lead
from fieldstone.actions.demo.names import Names
from fieldstone.actions.demo.teller import Chapter, Teller
from fieldstone.base.errors import Problem
from fieldstone.base.ids import new_id
from fieldstone.storage.arrivals import DONE, REFUSED, SPAM, WAITING, Arrival, Settled

Visit = tuple[str, Mapping[str, object], bool, datetime]
"""A lead, what it says, whether it came for the first time, and when."""
WEEKS: Final = timedelta(days=45)
# channel code -> source, how it comes, what it calls itself in a touch point
WAYS: Final = {
    "website": ("website_form", "form", "官网咨询表单"),
    "wechat": ("website_form", "form", "官网咨询表单"),
    "search_ads": ("website_form", "form", "官网咨询表单"),
    "feed_ads": ("website_form", "form", "官网咨询表单"),
    "partners": ("partner_leads", "hook", "合作伙伴接口"),
    "fairs": ("event_cards", "cards", "活动名片"),
    "referral": ("sales_mailbox", "email", "销售邮箱"),
    "cold_calls": ("bought_lists", "import", "代理名单文件"),
}
TERMS: Final = ("CRM", "客户管理系统", "销售管理", "客服工单")
NOT_A_PHONE: Final = Problem(
    "not_a_phone", "mobile", "This is no phone number.", "Check the digits."
)
NOT_AN_EMAIL: Final = Problem("not_an_email", "email", "This is no e-mail address.", "Check it.")


def remember_arrivals(
    teller: Teller, channels: Mapping[str, str], leads: Sequence[tuple[str, Lead]]
) -> None:
    """Write arrivals and touch points of the leads of the last weeks, and what was refused or waits."""
    recent = [(i, one) for i, one in leads if one.at > teller.now - WEEKS]
    visits = [
        (lead_id, one.values, first, at)
        for lead_id, one in recent
        for first, at in _visits(teller, one.at)
    ]
    _remember(teller, channels, visits)
    with teller.site.writes.unit(teller.context(), teller.site.model) as unit:
        arrivals = unit.transaction.arrivals
        for other, what in _others(teller):
            arrivals.add(other)
            if what is not None:
                arrivals.settle(other.id, what, other.received_at)


def remember_visits(
    teller: Teller, channels: Mapping[str, str], leads: Sequence[tuple[str, Mapping[str, object]]]
) -> None:
    """Write the arrivals and touch points of this morning's leads."""
    _remember(teller, channels, [(i, values, True, teller.now) for i, values in leads])


def _remember(teller: Teller, channels: Mapping[str, str], visits: Sequence[Visit]) -> None:
    codes = {record_id: code for code, record_id in channels.items()}
    touches: list[Chapter] = []
    with teller.site.writes.unit(teller.context(), teller.site.model) as unit:
        for lead_id, values, first, at in visits:
            way = WAYS.get(codes.get(str(values["channel"]), ""))
            if way is not None:
                one = _arrival(way[0], values, at)
                unit.transaction.arrivals.add(one)
                settled = Settled(DONE, "created" if first else "touched", lead_id)
                unit.transaction.arrivals.settle(one.id, settled, at)
                touches.append(_touch(teller, way, (lead_id, values, first, at)))
    teller.tell("touch", touches)


def remember_companies(teller: Teller, leads: Sequence[Mapping[str, object]]) -> None:
    """Write what is known about some companies, so that leads of theirs are filled in by themselves."""
    draw = teller.random
    named = {str(one["company"]): one for one in leads if one.get("company")}
    facts = [
        {
            "name": f"{name}有限公司",
            "industry": values.get("industry") or draw.choice(("software", "logistics", "retail")),
            "region": values["region"],
            "employees": values.get("employees") or draw.choice((35, 120, 480)),
            "website": f"https://www.company{draw.randint(1000, 9999)}.example.com",
            "confidence": draw.choice(("0.95", "0.8", "0.65")),
            "note": "工商登记公开信息",
        }
        for name, values in list(named.items())[-120:]
    ]
    teller.create("company_fact", facts)


def _visits(teller: Teller, at: datetime) -> list[tuple[bool, datetime]]:
    """Return when somebody came: once, and some of them again."""
    found = [(True, at)]
    while teller.random.random() < 0.28:
        at += timedelta(days=1 + teller.random.random() * 9)
        if at < teller.now:
            found.append((False, at))
    return found


def _arrival(source: str, values: Mapping[str, object], at: datetime) -> Arrival:
    names = ("name", "mobile", "email", "company", "need")
    payload = {name: values[name] for name in names if values.get(name)}
    return Arrival(new_id(), source, "lead", payload, {}, at)


def _touch(teller: Teller, way: tuple[str, str, str], visit: Visit) -> Chapter:
    source, kind, label = way
    lead_id, lead, first, at = visit
    paid = kind == "form" and teller.random.random() < 0.5
    values: dict[str, Any] = {
        "subject": label,
        "at": at,
        "kind": kind,
        "first": first,
        "source": source,
        "channel": lead["channel"],
        "campaign": lead.get("campaign"),
        "lead": lead_id,
        "body": f"需求描述: {lead['need']}" if lead.get("need") else None,
        "utm_source": ("baidu" if paid else "website") if kind == "form" else None,
        "utm_medium": ("cpc" if paid else "form") if kind == "form" else None,
        "utm_campaign": teller.random.choice(TERMS) if paid else None,
        "referrer": "https://www.baidu.com/" if paid else None,
        "page": "https://www.example.com/contact" if kind == "form" else None,
        "consent": "2026-01" if kind == "form" else None,
    }
    return Chapter(values, at)


def _others(teller: Teller) -> list[tuple[Arrival, Settled | None]]:
    """Return what never became a lead: mistyped, sent by programs, or above the limit a moment ago."""
    draw, names = teller.random, Names(teller.random)
    found: list[tuple[Arrival, Settled | None]] = []
    for number in range(14):
        at = teller.moment(draw.random() * 40)
        payload = {
            "contact": {"name": names.person(), "phone": "12345", "email": f"p{number}@example"},
            "product": "CRM",
        }
        problem = NOT_A_PHONE if number % 3 else NOT_AN_EMAIL
        found.append(
            (
                Arrival(new_id(), "partner_leads", "lead", payload, {}, at),
                Settled(REFUSED, problems=(problem,)),
            )
        )
    for number in range(9):
        at = teller.moment(draw.random() * 30)
        spam = {"name": f"Win {number}00,000 now", "email": f"offer{number}@example.com"}
        found.append((Arrival(new_id(), "website_form", "lead", spam, {}, at), Settled(SPAM)))
    for number in range(3):
        card = {"name": names.person(), "mobile": names.mobile(95_000_000 + number * 13)}
        due = teller.now + timedelta(minutes=30)
        at = teller.now - timedelta(minutes=5)
        found.append(
            (Arrival(new_id(), "event_cards", "lead", card, {}, at, WAITING, due=due), None)
        )
    return found
