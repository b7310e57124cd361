"""The whole story of the demo company, from the first employee to this morning's leads."""

from __future__ import annotations

from fieldstone.actions.demo.arrivals import (
    remember_arrivals,
    remember_companies,
    remember_visits,
)
from fieldstone.actions.demo.costs import remember_costs
from fieldstone.actions.demo.daily import keep_busy, serve_customers
from fieldstone.actions.demo.deals import close_deals
from fieldstone.actions.demo.interest import show_interest
from fieldstone.actions.demo.leads import capture
from fieldstone.actions.demo.market import Market, open_shop
from fieldstone.actions.demo.names import CITIES, WISHES, Names
from fieldstone.actions.demo.obligations import press
from fieldstone.actions.demo.pool_life import live_at_the_pool
from fieldstone.actions.demo.sharing import (
    describe_sellers,
    renew_contracts,
    take_leave,
    wait_for_the_manager,
)
from fieldstone.actions.demo.staff import Login, hire
from fieldstone.actions.demo.teller import Chapter, Progress, Stage, Teller
from fieldstone.actions.demo.traffic import pass_around
from fieldstone.actions.demo.twins import meet_twins

THIS_MORNING = 24


def tell_story(stage: Stage, progress: Progress) -> tuple[Login, ...]:
    """Fill an empty site and return the log-ins; every run writes the same story, ending now."""
    teller = Teller(stage, progress)
    staff = hire(teller)
    describe_sellers(teller, staff)
    market = open_shop(teller, staff)
    leads = capture(teller, staff, market)
    remember_arrivals(teller, market.channels, leads)
    remember_costs(teller, market)
    remember_companies(teller, [lead.values for _, lead in leads])
    customers = close_deals(teller, market, leads)
    pass_around(teller, staff, leads)
    show_interest(teller, market, leads)
    keep_busy(teller, leads)
    live_at_the_pool(teller, staff, market)
    serve_customers(teller, staff, customers)
    renew_contracts(teller, staff, customers)
    take_leave(teller, staff)
    meet_twins(teller, leads, [customer for customer, _ in customers])
    _this_morning(teller, market)
    wait_for_the_manager(teller, customers)
    return staff.logins


def _this_morning(teller: Teller, market: Market) -> None:
    """Let today's leads come in through the live rules, so that there are decisions to explain."""
    draw, names = teller.random, Names(teller.random)
    chapters = []
    for number in range(THIS_MORNING):
        region = draw.choice(("north", "east", "south", "east"))
        source = draw.choice(market.sources)
        values = {
            "name": names.person(),
            "mobile": names.mobile(90_000_000 + number * 11),
            "company": names.company(draw.choice(("software", "logistics", "retail")), region),
            "channel": source.channel,
            "region": region,
            "city": draw.choice(CITIES[region]),
            "need": draw.choice(WISHES) if number % 2 else None,
            "budget": str(draw.choice((40, 80, 150)) * 1000) if number % 3 else None,
            "urgency": draw.choice(("high", "normal")),
        }
        chapters.append(Chapter(values, live=True))
    remember_companies(teller, [one.values for one in chapters[::2]])
    ids = teller.tell("lead", chapters)
    press(teller, ids, chapters)
    remember_visits(
        teller, market.channels, [(i, one.values) for i, one in zip(ids, chapters, strict=True)]
    )
