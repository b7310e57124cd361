"""A month at the public pool: leads are claimed, given back with a reason, recalled, and claimed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from fieldstone.actions.demo.market import Market
from fieldstone.actions.demo.names import CITIES, WISHES, Names
from fieldstone.actions.demo.staff import Staff
from fieldstone.actions.demo.teller import Chapter, Teller
from fieldstone.changes.nouns import SYSTEM_ID, Actor, Change, Context, Operation

LEADS: Final = 64
DAYS: Final = 29
POOL: Final = "public_pool"
REASONS: Final = ("not_reached", "no_need", "wrong_person", "too_many")
MOST_ROUNDS: Final = 2


def live_at_the_pool(teller: Teller, staff: Staff, market: Market) -> None:
    """Let leads of the last weeks go round; who gives one back does it in their own name."""
    draw, names = teller.random, Names(teller.random)
    chapters, begun = [], []
    for number in range(LEADS):
        at = teller.moment(draw.uniform(1.5, DAYS))
        region = draw.choice(("east", "south", "central", "southwest"))
        values = {
            "name": names.person(),
            "mobile": names.mobile(95_000_000 + number * 13),
            "company": names.company(draw.choice(("software", "logistics", "retail")), region),
            "channel": draw.choice(market.sources).channel,
            "region": region,
            "city": draw.choice(CITIES[region]),
            "need": draw.choice(WISHES),
            "grade": draw.choice(("good", "medium", "medium", "poor")),
            "score": draw.randint(25, 90),
            "stage": "new",
            "pool": POOL,
        }
        chapters.append(Chapter(values, at))
        begun.append(at)
    for lead, at in zip(teller.tell("lead", chapters), begun, strict=True):
        _go_round(teller, staff.all_sellers, lead, at)


def _go_round(teller: Teller, sellers: list[str], lead: str, since: datetime) -> None:
    draw, at = teller.random, since
    for returned in range(1, MOST_ROUNDS + 1):
        at += timedelta(hours=draw.uniform(0.3, 60))
        if at > teller.now or draw.random() < 0.25:
            return
        seller = draw.choice(sellers)
        _write(teller, lead, {"owner": seller, "pool": None}, seller, at, "claimed")
        at += timedelta(hours=draw.uniform(20, 90))
        if at > teller.now or draw.random() < 0.5:
            return
        back = {"owner": None, "pool": POOL, "returns": returned}
        if draw.random() < 0.6:
            _write(teller, lead, back, seller, at, f"returned: {draw.choice(REASONS)}")
        else:
            _write(teller, lead, back, SYSTEM_ID, at, "no_follow_up")


def _write(
    teller: Teller,
    lead: str,
    values: Mapping[str, object],
    who: str,
    at: datetime,
    reason: str,
) -> None:
    actor = Actor(who, frozenset({"sales"}))
    ctx = Context(actor, teller.now, "demo", "demo")
    change = Change(
        "lead",
        Operation.UPDATE,
        values,
        lead,
        as_of=at,
        skip_rules=True,
        trusted=True,
        reason=reason,
    )
    teller.site.writes.submit(ctx, teller.site.model, [change], atomic=True)
