"""Products, channels and campaigns of the demo company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldstone.actions.demo.staff import Staff
from fieldstone.actions.demo.teller import Chapter, Teller

PRODUCTS = (
    ("销售云 标准版", "CRM-S", "CRM", "680", "person"),
    ("销售云 专业版", "CRM-P", "CRM", "1280", "person"),
    ("客服云", "SVC", "Service", "880", "person"),
    ("营销云", "MKT", "Marketing", "36000", "year"),
    ("现场服务", "FLD", "Service", "1080", "person"),
    ("实施服务", "IMP", "Services", "2400", "hour"),
    ("接口网关", "API", "Platform", "18000", "year"),
    ("培训", "TRN", "Services", "6000", "set"),
)
# name, code, kind, share of the leads, share of them that is converted
CHANNELS = (
    ("官网 Website", "website", "own", 24, 0.26),
    ("微信公众号", "wechat", "own", 15, 0.21),
    ("搜索广告", "search_ads", "paid", 20, 0.15),
    ("信息流广告", "feed_ads", "paid", 12, 0.09),
    ("展会 Trade fairs", "fairs", "paid", 11, 0.24),
    ("转介绍 Referral", "referral", "free", 9, 0.41),
    ("合作伙伴 Partners", "partners", "other", 6, 0.33),
    ("电话拓客", "cold_calls", "other", 3, 0.06),
)
# name, kind, channel, begun so many days ago, days, budget, what it cost
CAMPAIGNS = (
    ("春季线上直播", "webinar", "wechat", 610, 20, "30000", "26500"),
    ("行业展会 · 上海", "trade_fair", "fairs", 520, 5, "120000", "131000"),
    ("搜索投放 · 下半年", "advertising", "search_ads", 450, 150, "300000", "287400"),
    ("客户成功沙龙", "event", "referral", 300, 3, "40000", "38200"),
    ("新版本发布直播", "webinar", "website", 180, 10, "25000", "21900"),
    ("智能制造展 · 深圳", "trade_fair", "fairs", 140, 4, "90000", "86400"),
    ("Autumn webinar series", "webinar", "website", 70, 60, "50000", "31800"),
    ("年末投放", "advertising", "feed_ads", 30, 60, "180000", "64500"),
)


@dataclass(frozen=True)
class Source:
    """Where leads come from, how many, and how good they are."""

    channel: str
    share: int
    converted: float


@dataclass(frozen=True)
class Market:
    """Ids of what the company sells and where its leads come from."""

    products: tuple[tuple[str, str], ...]  # id, price
    sources: tuple[Source, ...]
    campaigns: tuple[tuple[str, str, datetime, datetime], ...]  # id, channel, from, to
    channels: dict[str, str]  # code -> id


def open_shop(teller: Teller, staff: Staff) -> Market:
    """Make products, channels and campaigns."""
    products = teller.create(
        "product",
        [{"name": n, "code": c, "series": s, "price": p, "unit": u} for n, c, s, p, u in PRODUCTS],
    )
    channels = teller.create(
        "channel",
        [{"name": n, "code": c, "kind": k} for n, c, k, _, _ in CHANNELS],
    )
    by_code = {channel[1]: record_id for channel, record_id in zip(CHANNELS, channels, strict=True)}
    spans = [(teller.now - timedelta(days=ago), days) for _, _, _, ago, days, _, _ in CAMPAIGNS]
    ids = teller.tell(
        "campaign",
        [
            _campaign(teller, staff, by_code, one, start)
            for one, (start, _) in zip(CAMPAIGNS, spans, strict=True)
        ],
    )
    return Market(
        tuple((record_id, p[3]) for record_id, p in zip(products, PRODUCTS, strict=True)),
        tuple(Source(by_code[c[1]], c[3], c[4]) for c in CHANNELS),
        tuple(
            (record_id, by_code[c[2]], start, start + timedelta(days=days))
            for record_id, c, (start, days) in zip(ids, CAMPAIGNS, spans, strict=True)
        ),
        by_code,
    )


def _campaign(
    teller: Teller,
    staff: Staff,
    channels: dict[str, str],
    one: tuple[str, str, str, int, int, str, str],
    start: datetime,
) -> Chapter:
    name, kind, channel, _, days, budget, _ = one
    end = start + timedelta(days=days)
    over = end < teller.now
    stages = [("planned", start - timedelta(days=20)), ("running", start)]
    return Chapter(
        {
            "name": name,
            "kind": kind,
            "utm_name": f"{kind}-{start:%Y-%m}".replace("_", "-"),
            "channel": channels[channel],
            "starts_on": start.date(),
            "ends_on": end.date(),
            "budget": budget,
            "owner": staff.marketers[0],
            "stage": "finished" if over else "running",
        },
        start - timedelta(days=20),
        [*stages, ("finished", end)] if over else stages,
    )
