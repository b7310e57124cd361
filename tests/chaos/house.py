"""A company with narrow limits, so that a few steps reach them: the core's rules, a handful of people, a clock moved by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fieldstone import bootstrap
from fieldstone.actions.applying import Applying
from fieldstone.actions.claiming import Wish, claim_all
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.running import run
from fieldstone.base.errors import RefusedError
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Actor, Change, Context, Operation, Outcome
from fieldstone.evolution.apply import Wish as Intent
from fieldstone.site import Site

BEGAN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, ten o'clock in Shanghai
SELLERS = ("li", "wang", "zhao", "sun")
ROLES = {"admin": "admin", "mei": "sales_manager", **dict.fromkeys(SELLERS, "sales")}
SYSTEM = "system"
NARROW: Mapping[str, Any] = {
    "rules.lead_claim.per_day": 3,
    "rules.lead_claim.roles": {"sales_manager": {"per_day": 4}},
    "rules.lead_claim.quotas": [{"most": 2, "within": "12 hours", "counts": "net"}],
    "rules.lead_claim.ranking": None,
    "rules.lead_holding.limits": [{"role": "sales_manager", "most": 6}, {"all": True, "most": 4}],
    "rules.sales_ranking.rewards": [{"ranks": "1-2", "weight": 150}],
}
"""What the site says beside the core; tests/chaos/laws.py counts with the same numbers."""


class Clock:
    """Business time: stands until somebody moves it."""

    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


@dataclass
class House:
    """One process of the company."""

    site: Site
    clock: Clock
    people: dict[str, str] = field(default_factory=dict)
    channel: str = ""
    north: str = ""

    def context(self, who: str, source: str = "api") -> Context:
        if who == SYSTEM:
            return self.site.system_context(source)
        return self.site.context(self.actor(who), source)

    def actor(self, who: str) -> Actor:
        found = self.site.actors.by_id(
            self.site.system_context("test"), self.site.model, self.people[who]
        )
        assert found is not None, f"{who} is gone"
        return found

    def name(self, person: object) -> str:
        """Return what a person is called here."""
        return next((name for name, one in self.people.items() if one == person), str(person))

    def act(
        self, who: str, action: str, record: str, object_name: str = "lead", **params: object
    ) -> Result | list[str]:
        """Run an action; the result, or the codes of the refusal."""
        site = self.site
        model = site.model
        call = Call(self.context(who), model, object_name, record, params, site.reads, site.writes)
        try:
            return run(site.vocabulary.actions, action, call)
        except RefusedError as refused:
            return [one.code for one in refused.problems]

    def claim(self, who: str, pool: str, leads: Sequence[str], *, atomic: bool) -> list[str]:
        """Claim several leads at once, and return those that were given."""
        site, model = self.site, self.site.model
        ctx = self.context(who)
        wish = Wish(ctx, model, "lead", pool, leads, site.reads, site.writes, atomic)
        try:
            return [one.record_id for one in claim_all(wish) if not one.problems]
        except RefusedError:
            return []

    def submit(self, who: str, changes: Iterable[Change], source: str = "api") -> list[Outcome]:
        site = self.site
        return list(site.writes.submit(self.context(who, source), site.model, list(changes)))

    def create(self, object_name: str, who: str = SYSTEM, **values: object) -> str:
        """Create a record that must be accepted, and return its id."""
        (made,) = self.submit(who, [Change(object_name, Operation.CREATE, values)])
        assert not made.problems, made.problems
        return str(made.record_id)

    def set(self, object_name: str, record: str, who: str = SYSTEM, **values: object) -> Outcome:
        return self.submit(who, [Change(object_name, Operation.UPDATE, values, record)])[0]

    def edit(self, reason: str, settings: Mapping[str, Any]) -> None:
        """Change the rules while everything runs, as an administrator does."""
        changing = self.site.changing
        assert changing is not None
        ctx = self.site.system_context("studio")
        documents = changing.current(ctx)[1]
        for path, value in settings.items():
            documents = documents.with_value(path.split("."), value)
        planned = changing.plan(ctx, documents)
        assert not planned.problems, planned.problems
        changing.apply(ctx, planned, Intent(reason, second_word=True))

    def apply(self, rule: str) -> None:
        """Let a rule look at the records that were there before it; a worker does it."""
        site = self.site
        ctx = site.system_context("studio")
        Applying(site.storage, site.writes, site.queue, ctx, site.model).start(rule)

    def hire(self, name: str, role: str, **values: object) -> None:
        """Employ somebody in the north team."""
        self.people[name] = self.create(
            "user",
            name=name.capitalize(),
            email=f"{name}@example.com",
            roles=[role],
            team=self.north,
            region="north",
            manager=self.people.get("mei"),
            **values,
        )


def opened(folder: Path, url: str) -> House:
    """Start a process on a database."""
    clock = Clock()
    site = bootstrap.build_site(Settings(folder, url, secret_key="k" * 32), clock)
    return House(site, clock)


def founded(folder: Path, url: str) -> House:
    """Found the company on an empty database; the caller closes its storage."""
    house = opened(folder, url)
    house.edit("narrow limits", NARROW)
    house.north = house.create("team", name="North", code="north", region="north")
    house.channel = house.create("channel", name="Website", code="website", kind="own")
    for name, role in ROLES.items():
        house.hire(name, role)
    return house


def moved_in(folder: Path, url: str, model_house: House) -> House:
    """Start a process on a copy of a founded company's database."""
    house = opened(folder, url)
    house.people, house.channel = dict(model_house.people), model_house.channel
    house.north = model_house.north
    return house
