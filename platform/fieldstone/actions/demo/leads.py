"""Two years of leads: where they came from, who followed them up, what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldstone.actions.demo.interest import course
from fieldstone.actions.demo.market import Market, Source
from fieldstone.actions.demo.names import CITIES, TITLES, TRADES, WISHES, Names
from fieldstone.actions.demo.staff import Staff
from fieldstone.actions.demo.teller import Chapter, Teller

LEADS = 2400
ASKS_FOR_ONE = 0.7  # share of the leads that name a product
RECENT_DAYS = 21
LOST_REASONS = (
    "no_need",
    "no_need",
    "no_budget",
    "wrong_number",
    "not_reached",
    "not_reached",
    "competitor",
)
REGION_WEIGHTS = {
    "north": 24,
    "east": 30,
    "south": 20,
    "central": 8,
    "southwest": 8,
    "northwest": 3,
    "northeast": 3,
    "overseas": 4,
}
TEAM_OF_REGION = {
    "north": "north",
    "northeast": "north",
    "northwest": "north",
    "east": "east",
    "central": "east",
}


YOUNG = ("contacted", "qualified")
HEADS_LEADS, HEADS_EVERY = 6, 9


@dataclass(frozen=True)
class Lead:
    """A lead of the story, with what later chapters need of it."""

    values: dict[str, object]
    at: datetime
    stages: tuple[tuple[str, datetime], ...]

    @property
    def stage(self) -> str:
        """Return the stage it ended in."""
        return self.stages[-1][0]


def capture(teller: Teller, staff: Staff, market: Market) -> list[tuple[str, Lead]]:
    """Write all leads and return them with their ids, oldest first."""
    names = Names(teller.random)
    days = sorted((_days_ago(teller) for _ in range(LEADS)), reverse=True)
    leads = [_lead(teller, staff, market, names, number, ago) for number, ago in enumerate(days)]
    _give_the_head_a_few(staff, leads)
    chapters = [Chapter(one.values, one.at, one.stages) for one in leads]
    return list(zip(teller.tell("lead", chapters, "leads"), leads, strict=True))


def _give_the_head_a_few(staff: Staff, leads: Sequence[Lead]) -> None:
    """Let the administrator own some young leads, so that the own lists of who looks around are not empty."""
    young = [one for one in leads if one.stage in YOUNG and one.values.get("owner")]
    for lead in young[-1::-HEADS_EVERY][:HEADS_LEADS]:
        lead.values["owner"] = staff.head


def _days_ago(teller: Teller) -> float:
    """Draw an age: business grew, so newer is likelier, and weekends are quiet."""
    while True:
        ago: float = 730 * (1 - teller.random.random() ** 0.75)
        weekday = (teller.now - timedelta(days=ago)).weekday()
        if weekday < 5 or teller.random.random() < 0.25:
            return ago


def _lead(
    teller: Teller, staff: Staff, market: Market, names: Names, number: int, ago: float
) -> Lead:
    draw = teller.random
    source = draw.choices(market.sources, [one.share for one in market.sources])[0]
    region = draw.choices(list(REGION_WEIGHTS), list(REGION_WEIGHTS.values()))[0]
    at = teller.moment(ago)
    stages = _course(teller, source, at)
    stage = stages[-1][0]
    industry = draw.choice(list(TRADES))
    rich = draw.random() < (0.9 if stage in ("qualified", "converted") else 0.55)
    values: dict[str, object] = {
        "name": names.person(abroad=region == "overseas"),
        "mobile": names.mobile(10_000_000 + number * 37) if region != "overseas" else None,
        "email": f"contact{number}@example.{draw.choice(['com', 'cn', 'org'])}"
        if draw.random() < 0.6
        else None,
        "company": names.company(industry, region) if rich or draw.random() < 0.6 else None,
        "job_title": draw.choice(TITLES) if rich else None,
        "channel": source.channel,
        "campaign": _campaign(teller, market, source, at),
        "product": draw.choice(market.products)[0] if draw.random() < ASKS_FOR_ONE else None,
        "urgency": draw.choices(("high", "normal", "low"), (2, 6, 2))[0],
        "industry": industry,
        "region": region,
        "city": draw.choice(CITIES[region]),
        "employees": draw.choice((20, 45, 80, 150, 300, 800, 2500)) if rich else None,
        "need": draw.choice(WISHES) if rich else None,
        "budget": str(draw.choice((30, 48, 60, 96, 120, 180, 260, 400)) * 1000) if rich else None,
        "stage": stage,
        "external_id": f"demo-{number}",
    }
    if values["mobile"] is None and values["email"] is None:
        values["email"] = f"contact{number}@example.com"
    values |= _end(teller, staff, region, stage, stages, ago)
    values |= course(draw, dict(stages), teller.now)
    return Lead(values, at, tuple(stages))


def _course(teller: Teller, source: Source, at: datetime) -> list[tuple[str, datetime]]:
    """Return the stages a lead went through; young leads are still on their way."""
    draw, stages = teller.random, [("new", at)]

    def later(low: float, high: float) -> datetime:
        before = stages[-1][1]
        return teller.at_work(
            before + timedelta(days=low + draw.random() ** 2 * (high - low)), before
        )

    fate = draw.random()
    plan = ["contacted", "qualified", "converted"]
    if fate > source.converted * 1.25:
        reached = draw.choices((0, 1, 2), (35, 45, 20))[0]
        plan = [*plan[:reached], "invalid"]
        if draw.random() < 0.12:
            plan = plan[:-1]
    waits = {"contacted": (0.02, 3), "qualified": (1, 14), "converted": (3, 50), "invalid": (1, 40)}
    for stage in plan:
        entered = later(*waits[stage])
        if entered >= teller.now - timedelta(hours=1):
            break
        stages.append((stage, entered))
    return stages


def _campaign(teller: Teller, market: Market, source: Source, at: datetime) -> str | None:
    fitting = [
        c
        for c, channel, start, end in market.campaigns
        if channel == source.channel and start <= at <= end
    ]
    return fitting[0] if fitting and teller.random.random() < 0.7 else None


def _end(
    teller: Teller,
    staff: Staff,
    region: str,
    stage: str,
    stages: list[tuple[str, datetime]],
    ago: float,
) -> dict[str, object]:
    """Return who has the lead, or which pool, and how it ended."""
    draw = teller.random
    values: dict[str, object] = {}
    if stage == "invalid":
        values["lost_reason"] = draw.choice(LOST_REASONS)
    if stage == "converted":
        values["converted_at"] = stages[-1][1]
    open_now = stage in ("new", "contacted", "qualified")
    if open_now and (ago > RECENT_DAYS * 2 or draw.random() < 0.12):
        values["pool"] = (
            "north_pool"
            if TEAM_OF_REGION.get(region) == "north" and draw.random() < 0.5
            else "public_pool"
        )
        values["returns"] = draw.choices((0, 1, 2, 3), (5, 4, 2, 1))[0]
        return values
    team = TEAM_OF_REGION.get(region, "south")
    values["owner"] = draw.choice(staff.sellers[team] if draw.random() < 0.93 else staff.managers)
    if open_now:
        values["next_follow_up"] = teller.in_office(days=draw.randint(-1, 6))
    return values
