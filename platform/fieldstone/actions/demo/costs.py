"""What the demo company's channels and campaigns cost, and the tree of its channels."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from fieldstone.actions.demo.market import CAMPAIGNS, Market
from fieldstone.actions.demo.teller import Teller

MONTHS: Final = 24
BOOKED_MONTHS: Final = 1
"""In this month and the last one the source of the partners books itself what it costs."""
MONTHLY: Final = (
    ("search_ads", "搜索广告", "52000"),
    ("website", "官网运营", "12000"),
    ("wechat", "公众号运营", "8000"),
    ("cold_calls", "外呼团队", "9000"),
)
ABOVE: Final = ("线上广告 Online ads", "ads", "paid", ("search_ads", "feed_ads"))


def remember_costs(teller: Teller, market: Market) -> None:
    """Put channels below each other, and write what each cost month by month, and each campaign."""
    channels = market.channels
    name, code, kind, below = ABOVE
    (ads,) = teller.create("channel", [{"name": name, "code": code, "kind": kind}])
    for one in below:
        teller.change("channel", channels[one], {"parent": ads})
    costs = [one for back in range(MONTHS) for one in _of_month(teller, channels, back)]
    spans = zip(market.campaigns, CAMPAIGNS, strict=True)
    for (campaign, channel, start, end), (named, *_, amount) in spans:
        span = {"starts_on": start.date(), "ends_on": end.date()}
        flat = {"model": "flat", "amount": amount}
        costs.append({"name": named, "channel": channel, "campaign": campaign, **flat, **span})
    teller.create("channel_cost", costs)


def _of_month(teller: Teller, channels: dict[str, str], back: int) -> list[dict[str, object]]:
    today, draw = teller.now.date(), teller.random
    month = today.year * 12 + today.month - 1 - back
    first = date(month // 12, month % 12 + 1, 1)
    last = date((month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
    found: list[dict[str, object]] = []

    def add(channel: str, name: str, values: dict[str, object]) -> None:
        span = {"starts_on": first, "ends_on": last}
        found.append(
            {"name": f"{name} {first:%Y-%m}", "channel": channels[channel], **span, **values}
        )

    for channel, name, amount in MONTHLY:
        vary = Decimal(amount) * draw.randint(85, 115) / 100
        add(channel, name, {"model": "flat", "amount": str(vary.quantize(Decimal(1)))})
    each: dict[str, object] = {"model": "cpl", "price": "60", "quantity": draw.randint(4, 12)}
    if back > BOOKED_MONTHS:
        add("partners", "合作伙伴", each)
    clicks: dict[str, object] = {
        "model": "cpc",
        "price": "3.2",
        "quantity": draw.randint(3000, 6000),
    }
    add("feed_ads", "信息流", clicks)
    return found
