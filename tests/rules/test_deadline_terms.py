"""More time, the next person, chosen pools: what deadlines grant and lead to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldstone.base.workdays import Calendar, week_of
from fieldstone.changes.nouns import Draft
from fieldstone.rules import assignment, engine
from fieldstone.rules.contract import DueTimer, Person, Rule
from fieldstone.rules.deadline import KIND
from fieldstone.rules.followup_sla import KIND as FOLLOW_UP
from tests.rules.support import NOW, FakeFacts, a_lead, a_rule, an_update, problems_of, run

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RAW: dict[str, Any] = {
    "when": "owner != null",
    "starts": "owned_at",
    "stops": "last_activity_at",
    "within": "4 hours",
    "remind": [{"before": "1 hour", "to": "owner"}],
    "extend": {"by": "2 hours", "times": 2, "beyond": ["sales_manager"]},
    "then": {"return_to": "public_pool"},
}
COUNTS = {"object": "activity", "link": "lead", "at": "done_at", "when": "kind == 'call'"}
FOLLOW: dict[str, Any] = {"counts": COUNTS, "first": "4 hours", "when": "owner != null"}


def rule(**more: Any) -> Rule:
    return a_rule(KIND, {**RAW, **more})


def stored(**more: Any) -> dict[str, Any]:
    return {"owner": "ann", "stage": "new", "grade": "good", "owned_at": NOW, **more}


def standing(due: datetime = NOW + 4 * HOUR, version: int = 1, **payload: object) -> DueTimer:
    kept = {"start": NOW.isoformat(), **payload}
    return DueTimer("r", "due", "lead-1", due, version, kept)


def asks(action: str, code: str = "r") -> Draft:
    draft = an_update(stored())
    return draft.but(change=replace(draft.change, action=action, asks={"rule": code}))


def times(draft: Draft) -> dict[str, datetime | None]:
    return {timer.kind: timer.due for timer in draft.timers}


def due(rule: Rule, timer: DueTimer, draft: Draft, facts: FakeFacts) -> Draft | None:
    return engine.due(rule, [(timer, draft)], facts).get(0)


def test_an_extension_moves_the_due_time_and_the_reminders() -> None:
    facts = FakeFacts(now=NOW + HOUR, timers={"lead-1": standing()})

    (draft,) = run(rule(), asks("extend"), facts)

    assert times(draft) == {"due": NOW + 6 * HOUR, "remind:0": NOW + 5 * HOUR}
    assert draft.decisions[0].because.en == ("extended to 2026-03-02 08:00 by 2 hours (1 of 2)")
    assert draft.decisions[0].because.zh == "延期 2 小时至 2026-03-02 08:00（第 1 次，上限 2 次）"


def test_an_extension_beyond_the_limit_is_refused_but_not_for_the_manager() -> None:
    used_up = {"lead-1": standing(extended=2)}

    (refused,) = run(rule(), asks("extend"), FakeFacts(timers=used_up))
    (granted,) = run(
        rule(), asks("extend"), FakeFacts(timers=used_up, roles=frozenset({"sales_manager"}))
    )

    assert [problem.code for problem in refused.problems] == ["extension_limit"]
    assert granted.timers[0].payload["extended"] == 3


def test_what_is_not_running_or_not_extendable_is_not_extended() -> None:
    (idle,) = run(rule(), asks("extend"), FakeFacts())
    (fixed,) = run(rule(extend=None), asks("extend"), FakeFacts(timers={"lead-1": standing()}))

    assert [p.code for d in (idle, fixed) for p in d.problems] == ["not_extendable"] * 2


def test_an_extended_deadline_is_missed_at_the_agreed_time_and_not_before() -> None:
    until = NOW + 6 * HOUR
    timer = standing(until, extended=1, to=until.isoformat())

    early = due(
        rule(),
        replace(timer, due=NOW + 4 * HOUR),
        an_update(stored()),
        FakeFacts(now=NOW + 4 * HOUR),
    )
    late = due(rule(), timer, an_update(stored()), FakeFacts(now=until))

    assert early is not None
    assert times(early)["due"] == until
    assert late is not None
    assert late.values["pool"] == "public_pool"


def test_a_better_grade_does_not_take_back_an_extension() -> None:
    by_grade = rule(by="grade", within={"good": "1 hour", "default": "4 hours"})
    until = NOW + 6 * HOUR
    facts = FakeFacts(timers={"lead-1": standing(until, extended=1, to=until.isoformat())})

    (draft,) = run(by_grade, an_update(stored(grade="poor"), grade="good"), facts)

    assert times(draft)["due"] == until


def test_a_new_owner_starts_with_the_whole_time_and_no_extension() -> None:
    until = NOW + 6 * HOUR
    facts = FakeFacts(
        now=NOW + HOUR, timers={"lead-1": standing(until, extended=2, to=until.isoformat())}
    )

    (draft,) = run(rule(), an_update(stored(), owner="bo"), facts)

    assert times(draft)["due"] == NOW + 5 * HOUR
    assert "extended" not in draft.timers[0].payload


def test_what_comes_under_a_rule_late_gets_its_grace_and_is_never_overdue_at_once() -> None:
    (draft,) = run(
        rule(),
        an_update(stored(owned_at=NOW - 9 * DAY, owner=None), owner="ann", owned_at=NOW - 9 * DAY),
    )

    assert times(draft)["due"] == NOW + 4 * HOUR
    assert "would have been due" in draft.decisions[0].because.en


def test_the_pool_it_returns_to_is_chosen_by_the_record() -> None:
    chosen = rule(
        then={
            "return_to": [
                {"when": "region == 'north'", "pool": "north_pool"},
                {"pool": "public_pool"},
            ]
        }
    )
    now = FakeFacts(now=NOW + 4 * HOUR)

    north = due(chosen, standing(), an_update(stored(region="north")), now)
    south = due(chosen, standing(), an_update(stored(region="south")), now)

    assert north is not None
    assert south is not None
    assert (north.values["pool"], south.values["pool"]) == ("north_pool", "public_pool")


def test_time_may_be_given_by_cases() -> None:
    cases = [{"when": "pool == 'x' or vip", "within": "1 hour"}, {"within": "8 hours"}]

    vip, other = run(
        rule(within=cases),
        [a_lead(owner="ann", vip=True), a_lead("two", owner="ann")],
        FakeFacts(),
    )

    assert (times(vip)["due"], times(other)["due"]) == (NOW + HOUR, NOW + 8 * HOUR)


def test_the_owners_own_hours_and_zone_count_where_the_rule_says_so() -> None:
    london = Calendar("london", "Europe/London", week_of({"mon": ["09:00-17:00"]}))
    facts = FakeFacts(hours={"ann": london})
    in_hours = rule(within="1 working hour", hours_of="owner")

    (mine, other) = run(in_hours, [a_lead(owner="ann"), a_lead("two", owner="bo")], facts)

    # It is Monday, 02:00 in London: their hour begins at nine.
    assert times(mine)["due"] == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert times(other)["due"] == NOW + HOUR


def test_a_missed_one_may_wait_in_the_hold_queue_for_the_next_owner() -> None:
    queued = rule(then={"queue": True})
    assign = a_rule(assignment.KIND, {"entries": [{"to": {"team": "north"}}], "fallback": "hold"})
    known = FakeFacts(
        now=NOW + 4 * HOUR, groups={"team:north": (Person("ann", "Ann"), Person("bo", "Bo"))}
    )

    missed = due(queued, standing(), an_update(stored()), known)
    assert missed is not None
    (held,) = run([assign, queued], missed, known)

    assert held.row.get("owner") is None
    assert "waits for the next one" in held.decisions[-1].because.en


class TestFollowUps:
    def test_only_what_counts_ends_the_obligation(self) -> None:
        follow = a_rule(FOLLOW_UP, FOLLOW)
        now = FakeFacts(now=NOW + 4 * HOUR, followed={"lead-1": NOW + HOUR})

        assert due(follow, standing(), an_update(stored()), now) is None
        missed = due(follow, standing(), an_update(stored()), replace(now, followed={}))
        assert missed is not None

    def test_after_each_follow_up_the_next_one_is_due(self) -> None:
        follow = a_rule(FOLLOW_UP, {**FOLLOW, "next": "2 days"})
        draft = an_update(stored(), last_activity_at=NOW + HOUR)
        touched = draft.but(change=replace(draft.change, action="timeline"))
        facts = FakeFacts(
            now=NOW + HOUR, followed={"lead-1": NOW + HOUR}, timers={"lead-1": standing()}
        )

        (after,) = run(follow, touched, facts)

        assert times(after)["due"] == NOW + HOUR + 2 * DAY

    def test_a_note_that_does_not_count_leaves_the_timers_alone(self) -> None:
        follow = a_rule(FOLLOW_UP, FOLLOW)
        draft = an_update(stored(), last_activity_at=NOW + HOUR)
        touched = draft.but(change=replace(draft.change, action="timeline"))

        (after,) = run(follow, touched, FakeFacts(timers={"lead-1": standing()}))

        assert after.timers == ()

    def test_a_change_that_has_nothing_to_do_with_it_asks_the_database_nothing(self) -> None:
        facts = FakeFacts()

        run(a_rule(FOLLOW_UP, FOLLOW), an_update(stored(), need="x"), facts)

        assert facts.asked["latest"] == 0

    @pytest.mark.parametrize(
        ("wrong", "path"),
        [
            ({"counts": {**COUNTS, "object": "actvity"}}, "counts.object"),
            ({"counts": {**COUNTS, "at": "kind"}}, "counts.at"),
            ({"counts": {**COUNTS, "when": "kind = 1"}}, "counts.when"),
            ({"next": {"good": "soon"}, "by": "grade"}, "next.good"),
            ({"extend": {"by": "much"}}, "extend.by"),
        ],
    )
    def test_a_wrong_setting_is_reported_where_it_stands(
        self, wrong: dict[str, Any], path: str
    ) -> None:
        raw = {k: v for k, v in {**FOLLOW, **wrong}.items() if k != "when"}

        assert [p.path for p in problems_of(FOLLOW_UP, raw)] == [path]
