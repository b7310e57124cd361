"""What people, timers and administrators do to leads, in any order: after each step every law of laws.py is looked at."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from fieldstone.changes.nouns import Change, Operation
from fieldstone.worker.timers import timers_due
from fieldstone.worker.turns import work_until_idle
from tests.chaos.house import SELLERS, House, moved_in
from tests.chaos.laws import Laws, Taken
from tests.invariants import breaches

BAD_NEWS = ("timer failed", "timer refused", "lane failed", "job failed", "write clashed")
MakesACopy = Callable[[], str]
REGIONS = ("north", "east", None)
BEGINNING = (("li", ""), ("li", ""), ("wang", ""), ("", "public_pool"), ("", "north_pool"))
SWITCHED = ("follow_up_in_time", "conversion_in_time", "lead_recall", "lead_assignment")
NUMBERS = st.integers(0, 5)
"""Few phone numbers, so that people arrive twice."""


class Leads(RuleBasedStateMachine):
    """People work with leads; `copied` gives the address of a fresh copy of the founded company."""

    copied: MakesACopy
    folder: Path
    founding: House

    @initialize()
    def begin(self) -> None:
        self.house = moved_in(self.folder, self.copied(), self.founding)
        self.laws = Laws(self.house)
        self.count = itertools.count()
        self.merges: list[tuple[str, str]] = []
        self.gone: list[str] = []
        for place, (owner, pool) in enumerate(BEGINNING):
            values = {"owner": self.house.people.get(owner), "pool": pool or None}
            self._a_lead(f"1370013700{place}", **values)
        self.laws.before = self.laws.look()

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.house.site.storage.close()

    # -- who and what a step is about

    def _people(self) -> list[str]:
        return [one for one in self.house.people if one not in self.gone]

    def _leads(self, *, owned: bool | None = None, pooled: bool | None = None) -> list[str]:
        return [
            one
            for one, row in self.laws.before.leads.items()
            if (owned is None or bool(row["owner"]) is owned)
            and (pooled is None or bool(row["pool"]) is pooled)
        ]

    def _draw(self, data: st.DataObject, some: list[str]) -> str | None:
        return data.draw(st.sampled_from(sorted(some))) if some else None

    def _owner(self, lead: str) -> str:
        return self.house.name(self.laws.before.leads[lead]["owner"])

    def _work(self) -> None:
        """Let the worker do what is due; nothing may go wrong, and nothing due may be left."""
        with capture_logs(processors=[format_exc_info]) as logs:
            work_until_idle(self.house.site, seconds=30)
        wrong = [one for one in logs if one["event"] in BAD_NEWS]
        assert not wrong, "\n".join(str(one.get("exception", one)) for one in wrong)
        assert not timers_due(self.house.site), "a due timer was left"

    # -- steps

    @rule(number=NUMBERS, region=st.sampled_from(REGIONS), many=st.integers(1, 3), data=st.data())
    def arrive(self, number: int, region: str | None, many: int, data: st.DataObject) -> None:
        """Leads come in: by the web, by an import, or entered by somebody."""
        who = data.draw(st.sampled_from(["system", "admin", *SELLERS]))
        source = data.draw(st.sampled_from(["api", "import"]))
        if who in self.gone:
            who = "system"
        values = {"channel": self.house.channel, "region": region, "budget": 5000, "need": "CRM"}
        changes = [
            Change(
                "lead",
                Operation.CREATE,
                {**values, "name": f"Lead {next(self.count)}", "mobile": f"1380013800{number + n}"},
            )
            for n in range(many)
        ]
        outcomes = self.house.submit(who, changes, source)
        assert not [one.problems for one in outcomes if one.problems]

    @rule(pool=st.sampled_from(["public_pool", "north_pool"]), many=st.integers(1, 3))
    def fill_the_pool(self, pool: str, many: int) -> None:
        for _ in range(many):
            self._a_lead(f"139{next(self.count):08}", owner=None, pool=pool)

    def _a_lead(self, mobile: str, **values: object) -> None:
        """Put a lead where no rule asks whether it should be."""
        given = {"name": f"Lead {mobile}", "mobile": mobile, "channel": self.house.channel}
        change = Change(
            "lead",
            Operation.CREATE,
            {**given, "region": "north", "need": "CRM", "budget": 5000, **values},
            trusted=True,
        )
        (made,) = self.house.submit("system", [change])
        assert not made.problems, made.problems

    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        """Somebody takes a few leads out of the pool, one after the other."""
        who = self._draw(data, [one for one in self._people() if one != "admin"])
        pooled = sorted(self._leads(pooled=True))
        if who is None or not pooled:
            return
        some = st.lists(st.sampled_from(pooled), max_size=4, min_size=1, unique=True)
        for lead in data.draw(some):
            self._claim(who, lead)

    def _claim(self, who: str, lead: str) -> None:
        person, could = self.house.people[who], self.laws.may_claim(who)
        told = self.house.act(who, "claim", lead)
        if isinstance(told, list):
            assert not ("claim_quota" in told and could), "refused below the quota"
            return
        pool = self.laws.before.leads[lead]["pool"]
        if pool in ("public_pool", "north_pool"):
            assert could, f"{who} claims beyond the quota"
            self.laws.taken.append(Taken(person, lead, self.house.clock()))

    @rule(data=st.data(), atomic=st.booleans())
    def claim_several(self, data: st.DataObject, atomic: bool) -> None:
        """Somebody ticks a few leads of a pool and takes them at once."""
        who = self._draw(data, [one for one in self._people() if one != "admin"])
        pool = data.draw(st.sampled_from(["public_pool", "north_pool"]))
        there = [one for one, row in self.laws.before.leads.items() if row["pool"] == pool]
        if who is None or not there:
            return
        some = st.lists(st.sampled_from(sorted(there)), max_size=4, min_size=1, unique=True)
        room = self.laws.room(who)
        taken = self.house.claim(who, pool, data.draw(some), atomic=atomic)
        assert len(taken) <= room, f"{who} claims {len(taken)}, {room} were left"
        now = self.house.clock()
        self.laws.taken += [Taken(self.house.people[who], lead, now) for lead in taken]

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        lead = self._draw(data, self._leads(owned=True))
        if lead is None:
            return
        row = self.laws.before.leads[lead]
        owner = self._owner(lead)
        who = owner if owner in self._people() else "admin"
        told = self.house.act(who, "release", lead, reason="too_many")
        if not isinstance(told, list) and who == owner:
            for one in self.laws.taken:
                if (one.person, one.record, one.at) == (row["owner"], lead, row["owned_at"]):
                    one.returned = True

    @rule(data=st.data())
    def assign(self, data: st.DataObject) -> None:
        lead, to = self._draw(data, self._leads()), self._draw(data, self._people())
        who = data.draw(st.sampled_from(["admin", "mei"]))
        if lead is not None and to is not None and who not in self.gone:
            self.house.act(who, "assign", lead, owner=self.house.people[to])

    @rule(data=st.data(), to=st.sampled_from(["contacted", "qualified", "invalid"]))
    def move(self, data: st.DataObject, to: str) -> None:
        lead = self._draw(data, self._leads())
        if lead is not None:
            values = {"lost_reason": "no_need"} if to == "invalid" else {}
            self.house.act("admin", "move", lead, to=to, values=values)

    @rule(data=st.data(), kind=st.sampled_from(["call", "visit", "note"]))
    def follow_up(self, data: st.DataObject, kind: str) -> None:
        lead = self._draw(data, self._leads(owned=True))
        if lead is None:
            return
        owner = self._owner(lead)
        self.house.create(
            "activity",
            owner if owner in self._people() else "system",
            kind=kind,
            status="done",
            subject="Talked about it",
            minutes=5,
            lead=lead,
            done_at=self.house.clock().isoformat(),
        )

    @rule(data=st.data(), kind=st.sampled_from(["page_view", "form", "webinar", "unsubscribe"]))
    def show_interest(self, data: st.DataObject, kind: str) -> None:
        lead = self._draw(data, self._leads())
        if lead is not None:
            at = self.house.clock().isoformat()
            self.house.create("engagement", kind=kind, lead=lead, occurred_at=at)

    @rule(data=st.data())
    def judge_worthless(self, data: st.DataObject) -> None:
        lead = self._draw(data, self._leads())
        if lead is not None:
            self.house.act("admin", "judge_worthless", lead, reason="too_early")

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        one, other = self._draw(data, self._leads()), self._draw(data, self._leads())
        if one is None or other is None or one == other:
            return
        told = self.house.act("admin", "merge", one, **{"with": other, "keep": "rule"})
        if not isinstance(told, list):
            self.merges.append((str(told.outcome.record_id), told.others["merge"]))

    @precondition(lambda self: self.merges)
    @rule(data=st.data())
    def undo_a_merge(self, data: st.DataObject) -> None:
        survivor, merge = data.draw(st.sampled_from(self.merges))
        told = self.house.act("admin", "unmerge", survivor, merge=merge)
        if not isinstance(told, list):
            self.merges.remove((survivor, merge))

    @rule(data=st.data())
    def convert(self, data: st.DataObject) -> None:
        lead = self._draw(data, self._leads(owned=True))
        if lead is not None:
            self.house.act("admin", "convert", lead)

    @rule(data=st.data())
    def undo_a_conversion(self, data: st.DataObject) -> None:
        rows = self.laws.before.leads
        lead = self._draw(data, [one for one in rows if rows[one]["stage"] == "converted"])
        if lead is not None:
            self.house.act("admin", "undo_convert", lead)

    @rule(data=st.data())
    def throw_away_and_take_out(self, data: st.DataObject) -> None:
        lead = self._draw(data, self._leads())
        if lead is None:
            return
        self.house.submit("admin", [Change("lead", Operation.DELETE, {}, lead)])
        if data.draw(st.booleans()):
            self.house.submit("admin", [Change("lead", Operation.RESTORE, {}, lead)])

    @rule(data=st.data(), pool=st.sampled_from(["public_pool", "dead_pool", "nurture_pool"]))
    def move_to_a_pool(self, data: st.DataObject, pool: str) -> None:
        lead = self._draw(data, self._leads(pooled=True))
        if lead is not None:
            self.house.act("admin", "move_to_pool", lead, pool=pool)

    @rule(data=st.data(), action=st.sampled_from(["protect", "unprotect"]))
    def protect(self, data: st.DataObject, action: str) -> None:
        lead = self._draw(data, self._leads(owned=True))
        if lead is not None:
            self.house.act("admin", action, lead)

    @rule(data=st.data())
    def ask_for_time(self, data: st.DataObject) -> None:
        lead = self._draw(data, self._leads(owned=True))
        if lead is not None:
            rules = ["follow_up_in_time", "conversion_in_time"]
            asked = data.draw(st.sampled_from(rules))
            self.house.act("admin", "extend", lead, rule=asked, reason="a holiday")

    @rule(data=st.data(), days=st.integers(1, 5))
    def go_on_leave(self, data: st.DataObject, days: int) -> None:
        who = self._draw(data, [one for one in self._people() if one in SELLERS])
        if who is not None:
            now = self.house.clock()
            times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days)).isoformat()}
            self.house.create("absence", kind="leave", owner=self.house.people[who], **times)

    @rule(data=st.data())
    def leave_the_company(self, data: st.DataObject) -> None:
        sellers = [one for one in self._people() if one not in ("admin", "mei")]
        if len(sellers) < 3:
            return
        who = self._draw(data, sellers)
        assert who is not None
        told = self.house.act("admin", "offboard", self.house.people[who], "user")
        assert not isinstance(told, list), told
        self.gone.append(who)
        self.laws.heirs_may = True
        self._work()

    @rule()
    def hire(self) -> None:
        if len(self._people()) < 8:
            self.house.hire(f"new{next(self.count)}", "sales")

    @rule(hours=st.sampled_from([1, 4, 13]))
    def hours_pass(self, hours: int) -> None:
        self.house.clock.move(timedelta(hours=hours))
        self._work()

    @rule(days=st.sampled_from([1, 2, 4, 12, 35]))
    def days_pass(self, days: int) -> None:
        self.house.clock.move(timedelta(days=days))
        self._work()

    @rule(data=st.data())
    def edit_the_rules(self, data: st.DataObject) -> None:
        """An administrator changes a number, a condition or a whole rule while everything runs."""
        limits, (what, value) = self.laws.limits, data.draw(EDITS)
        self.house.edit(what, {f"rules.{what}": value})
        if what == "lead_claim.per_day":
            limits.per_day = value
        elif what == "lead_holding.limits":
            limits.holding = value[-1]["most"]
        elif what == "lead_cooldown.for":
            limits.cooling = timedelta(days=int(value.split()[0]))
        elif what == "lead_cooldown.owners":
            limits.cooling_owners = value
        self._work()

    @rule(data=st.data())
    def switch_a_rule_off_or_on(self, data: st.DataObject) -> None:
        """What is switched on again looks at the leads that came meanwhile."""
        code = data.draw(st.sampled_from(SWITCHED))
        on = not self.house.site.model.rules[code].enabled
        self.house.edit("a switch", {f"rules.{code}.enabled": on})
        if on:
            self.house.apply(code)
        self._work()

    @rule()
    def let_a_deadline_concern_more(self) -> None:
        """A deadline concerns more leads than before, and is let loose on those that are there."""
        if not self.house.site.model.rules["conversion_in_time"].enabled:
            return
        wider = "owner != null and stage in ['new', 'contacted', 'qualified']"
        self.house.edit("from the start", {"rules.conversion_in_time.when": wider})
        self.house.apply("conversion_in_time")
        self._work()

    @invariant()
    def no_law_is_broken(self) -> None:
        if hasattr(self, "house"):
            assert not self.laws.broken()
            assert not breaches(self.house.site.storage, self.house.site.model)


def _holding(most: int) -> list[dict[str, Any]]:
    return [{"role": "sales_manager", "most": 6}, {"all": True, "most": most}]


EDITS = st.one_of(
    st.tuples(st.just("lead_claim.per_day"), st.integers(1, 4)),
    st.tuples(st.just("lead_holding.limits"), st.integers(2, 5).map(_holding)),
    st.tuples(st.just("lead_cooldown.for"), st.sampled_from(["1 day", "3 days", "6 days"])),
    st.tuples(st.just("lead_cooldown.owners"), st.integers(1, 3)),
    st.tuples(
        st.just("follow_up_in_time.first"),
        st.sampled_from([{"default": "2 hours"}, {"default": "2 working days"}]),
    ),
    st.tuples(st.just("lead_recall.in_flight"), st.sampled_from(["keep", "recompute"])),
    st.tuples(st.just("lead_scoring.items.own_channel.points"), st.integers(5, 40)),
)
