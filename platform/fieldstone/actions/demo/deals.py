"""What converted leads became: customers, contacts, opportunities with their products and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from fieldstone.actions.demo.leads import Lead
from fieldstone.actions.demo.market import Market
from fieldstone.actions.demo.teller import Chapter, Teller

PARTS = ("decides", "influences", "uses", "supports")
LOST = ("price", "competitor", "no_budget", "no_decision", "product")
CLOSED = ("won", "lost")
NEXT_STEPS = ("发送报价", "安排演示", "Call the decision maker", "合同评审")
PROBABILITY = {
    "prospecting": "0.1",
    "engaging": "0.3",
    "proposal": "0.6",
    "negotiation": "0.8",
    "won": "1",
    "lost": "0",
}


def close_deals(
    teller: Teller, market: Market, leads: Sequence[tuple[str, Lead]]
) -> list[tuple[str, str]]:
    """Write customers, contacts and opportunities; return (customer, owner) for the service story."""
    converted = [(lead_id, lead) for lead_id, lead in leads if lead.stage == "converted"]
    customers = teller.tell(
        "customer", [_customer(teller, lead) for _, lead in converted], "customers"
    )
    contacts = teller.tell(
        "contact",
        [
            _contact(teller, lead, customer)
            for (_, lead), customer in zip(converted, customers, strict=True)
        ],
        "contacts",
    )
    deals: list[Chapter] = []
    first: dict[str, int] = {}
    for (lead_id, lead), customer, contact in zip(converted, customers, contacts, strict=True):
        links = {"customer": customer, "contact": contact, "source_lead": lead_id}
        first[lead_id] = len(deals)
        deals.append(_deal(teller, market, lead, links, lead.stages[-1][1], 0))
        if teller.random.random() < 0.35:
            again = lead.stages[-1][1] + timedelta(days=teller.random.randint(60, 300))
            if again < teller.now:
                deals.append(_deal(teller, market, lead, {**links, "source_lead": None}, again, 1))
    opportunities = teller.tell("opportunity", deals, "opportunities")
    for (lead_id, lead), customer, contact in zip(converted, customers, contacts, strict=True):
        links = {
            "customer": customer,
            "contact": contact,
            "opportunity": opportunities[first[lead_id]],
        }
        teller.change("lead", lead_id, links, lead.stages[-1][1])
    return [
        (c, str(lead.values.get("owner")))
        for c, (_, lead) in zip(customers, converted, strict=True)
    ]


def _customer(teller: Teller, lead: Lead) -> Chapter:
    draw, values = teller.random, lead.values
    return Chapter(
        {
            "name": values["company"] or values["name"],
            "kind": draw.choices(("customer", "prospect", "lapsed"), (7, 2, 1))[0],
            "level": draw.choices(("a", "b", "c"), (2, 4, 6))[0],
            "industry": values["industry"],
            "region": values["region"],
            "phone": values["mobile"],
            "email": values["email"],
            "employees": values["employees"],
            "owner": values.get("owner"),
        },
        lead.stages[-1][1],
    )


def _contact(teller: Teller, lead: Lead, customer: str) -> Chapter:
    values = lead.values
    return Chapter(
        {
            "name": values["name"],
            "customer": customer,
            "job_title": values["job_title"],
            "part": teller.random.choice(PARTS),
            "mobile": values["mobile"],
            "email": values["email"],
            "rating": teller.random.randint(1, 5),
            "owner": values.get("owner"),
        },
        lead.stages[-1][1],
    )


def _deal(
    teller: Teller,
    market: Market,
    lead: Lead,
    links: Mapping[str, object],
    at: datetime,
    repeat: int,
) -> Chapter:
    draw = teller.random
    stages = _course(teller, at)
    stage = stages[-1][0]
    items = _items(teller, market)
    amount = sum(many * price * (100 - off) for _, many, price, off in items) // 100
    closed = stages[-1][1].date() if stage in CLOSED else None
    values = {
        **links,
        "name": f"{lead.values['company'] or lead.values['name']} · {'增购' if repeat else '新购'}",
        "items": [
            {"product": p, "quantity": str(n), "price": str(price), "discount": f"0.{off:02d}"}
            for p, n, price, off in items
        ],
        "amount": str(amount),
        "closes_on": closed or _expected(teller, at),
        "closed_on": closed,
        "engaged_on": at.date(),
        "stage": stage,
        "probability": PROBABILITY[stage],
        "lost_reason": draw.choice(LOST) if stage == "lost" else None,
        "next_step": draw.choice(NEXT_STEPS) if closed is None else None,
        "owner": lead.values.get("owner"),
    }
    return Chapter(values, at, stages)


def _expected(teller: Teller, at: datetime) -> date:
    """Draw the day on which an open deal should close."""
    return max(at, teller.now + timedelta(days=teller.random.randint(-10, 75))).date()


def _items(teller: Teller, market: Market) -> list[tuple[str, int, int, int]]:
    """Draw line items: product, quantity, price, discount in percent."""
    draw = teller.random
    chosen = draw.sample(market.products, draw.choice((1, 1, 2, 3)))
    found = []
    for product, price in chosen:
        many = draw.choice((5, 10, 20, 30, 50)) if int(price) < 3000 else draw.choice((1, 1, 2))
        found.append((product, many, int(price), draw.choice((0, 0, 5, 10))))
    return found


def _course(teller: Teller, at: datetime) -> list[tuple[str, datetime]]:
    draw, stages = teller.random, [("prospecting", at)]
    won = draw.random() < 0.56
    path = (
        ["engaging", "proposal", "negotiation", "won"]
        if won
        else [*["engaging", "proposal", "negotiation"][: draw.randint(1, 3)], "lost"]
    )
    for stage in path:
        before = stages[-1][1]
        entered = teller.at_work(before + timedelta(days=2 + draw.random() * 24), before)
        if entered >= teller.now - timedelta(hours=2):
            break
        stages.append((stage, entered))
    return stages
