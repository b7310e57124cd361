"""Deadlines: when they are due, whom they remind, and what happens when nobody acted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from fieldstone.base.workdays import Calendar, week_of
from fieldstone.changes.nouns import Draft, TimerRequest
from fieldstone.rules import assignment, engine
from fieldstone.rules.contract import DueTimer, Person, Rule
from fieldstone.rules.deadline import KIND
from tests.rules.support import NOW, FakeFacts, a_lead, a_rule, an_update, problems_of, run

OFFICE = Calendar(
    "office_cn",
    "Asia/Shanghai",
    week_of(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-12:00", "13:00-18:00"))),
)
RAW: dict[str, Any] = {
    "when": "owner != null and stage in ['new', 'contacted']",
    "starts": "owned_at",
    "stops": "last_activity_at",
    "by": "grade",
    "within": {"good": "4 working hours", "default": "2 working days"},
    "remind": [
        {
            "before": "1 working hour",
            "to": "owner",
            "by": {"good": ["in_page", "sms"], "default": ["in_page"]},
        },
        {"at": "due", "to": "owner.manager"},
    ],
    "then": {"return_to": "public_pool", "reason": "no_follow_up"},
    "calendar": "office_cn",
}
HOUR = timedelta(hours=1)
DUE = NOW + 5 * HOUR  # 4 working hours from 10:00, over lunch


def rule(**more: Any) -> Rule:
    return a_rule(KIND, {**RAW, **more})


def facts(now: datetime = NOW) -> FakeFacts:
    return FakeFacts(now=now, calendars={"office_cn": OFFICE})


def stored(**more: Any) -> dict[str, Any]:
    return {"owner": "ann", "stage": "new", "grade": "good", "owned_at": NOW, **more}


def timers(draft: Draft) -> dict[str, datetime | None]:
    return {timer.kind: timer.due for timer in draft.timers}


def timer(kind: str = "due", due: datetime = DUE, version: int = 1, **payload: object) -> DueTimer:
    return DueTimer("r", kind, "lead-1", due, version, payload)


def due(rule: Rule, timer: DueTimer, draft: Draft, known: FakeFacts) -> Draft | None:
    return engine.due(rule, [(timer, draft)], known).get(0)


def test_a_new_owner_starts_the_clock_in_working_hours() -> None:
    (draft,) = run(rule(), a_lead(owner="ann", stage="new", grade="good"), facts())

    assert timers(draft) == {"due": DUE, "remind:0": DUE - HOUR}
    assert draft.decisions[0].because.en == "due 2026-03-02 15:00: 4 working hours for good"
    assert draft.decisions[0].because.zh == "截止时间 2026-03-02 15:00：优质级别 4 个工作小时内"


def test_a_lead_of_late_friday_is_not_a_day_old_at_midnight() -> None:
    friday = datetime.fromisoformat("2026-03-06T23:59:00+08:00")

    (draft,) = run(rule(), a_lead(owner="ann", stage="new", grade="good"), facts(friday))

    assert timers(draft)["due"] == datetime.fromisoformat("2026-03-09T14:00:00+08:00")


def test_a_lead_without_an_owner_is_never_overdue() -> None:
    (draft,) = run(rule(when="stage == 'new'"), a_lead(stage="new", grade="good"), facts())

    assert draft.timers == ()


def test_an_unrelated_change_leaves_the_timers_alone() -> None:
    (draft,) = run(rule(), an_update(stored(), need="x"), facts(NOW + HOUR))

    assert (draft.timers, draft.decisions) == ((), ())


def test_a_better_grade_shortens_the_time_from_the_same_start() -> None:
    (draft,) = run(rule(), an_update(stored(grade="poor"), grade="good"), facts(NOW + HOUR))

    assert timers(draft)["due"] == DUE


def test_a_follow_up_ends_the_obligation() -> None:
    (draft,) = run(rule(), an_update(stored(), last_activity_at=NOW + HOUR), facts(NOW + HOUR))

    assert timers(draft) == {"due": None, "remind:0": None}


def test_a_lead_that_is_no_longer_concerned_loses_its_timers() -> None:
    gone, never = run(
        rule(), [an_update(stored(), stage="invalid"), an_update({}, stage="invalid")], facts()
    )

    assert set(timers(gone).values()) == {None}
    assert never.timers == ()


def test_a_reminder_goes_to_the_owner_by_the_channels_of_the_grade() -> None:
    now = DUE - HOUR
    draft = an_update(stored())

    told = due(rule(), timer("remind:0", now), draft, facts(now))

    assert told is not None
    assert [(e.channel, e.to) for e in told.effects] == [("in_page", "ann"), ("sms", "ann")]
    assert told.effects[0].payload["message"]["zh"] == "r：2026-03-02 15:00 到期。"  # type: ignore[index]


def test_the_manager_is_told_when_it_is_missed() -> None:
    draft = replace(an_update(stored()), related={"owner.manager": "boss"})

    told = due(rule(), timer(), draft, facts(DUE))

    assert told is not None
    assert [(e.to, e.topic) for e in told.effects] == [("boss", "reminder"), ("ann", "recalled")]


def test_a_reminder_that_comes_too_late_is_not_sent() -> None:
    assert due(rule(), timer("remind:0"), an_update(stored()), facts(DUE)) is None


def test_a_missed_deadline_returns_the_lead_to_the_pool_and_tells_the_owner() -> None:
    missed = due(rule(), timer(), an_update(stored()), facts(DUE))

    assert missed is not None
    assert missed.values == {"owner": None, "pool": "public_pool"}
    assert missed.change.reason == "no_follow_up"
    assert [(e.to, e.topic) for e in missed.effects] == [("ann", "recalled")]
    assert missed.decisions[0].because.zh == "未在 2026-03-02 15:00 前完成，退回公海"


@pytest.mark.parametrize(
    "moved_on",
    [{"last_activity_at": NOW + HOUR}, {"stage": "qualified"}, {"owner": None}, {"owned_at": None}],
)
def test_a_record_that_moved_on_is_left_alone(moved_on: dict[str, Any]) -> None:
    for kind in ("due", "remind:0"):
        assert due(rule(), timer(kind), an_update(stored(**moved_on)), facts(DUE)) is None


def test_a_clock_that_was_started_anew_moves_the_timer() -> None:
    restarted = an_update(stored(owned_at=NOW + 3 * HOUR))

    later = due(rule(), timer(), restarted, facts(DUE))

    assert later is not None
    assert later.values == {}
    assert timers(later)["due"] == DUE + 2 * HOUR


def test_after_a_long_rest_of_the_system_there_is_a_grace_first() -> None:
    monday_after = NOW + timedelta(days=7)

    spared = due(rule(), timer(), an_update(stored()), facts(monday_after))
    taken = due(
        rule(), timer(due=monday_after, grace=True), an_update(stored()), facts(monday_after)
    )

    assert spared is not None
    assert spared.timers == (
        TimerRequest("r", "due", monday_after + timedelta(hours=4), {"grace": True}),
    )
    assert "owner" not in spared.values
    assert taken is not None
    assert taken.values["owner"] is None


def test_a_changed_rule_keeps_running_timers_unless_it_says_recompute() -> None:
    longer = rule(within={"default": "10 working days"})
    old = timer(version=0)

    kept = due(longer, old, an_update(stored()), facts(DUE))
    recomputed = due(replace(longer, in_flight="recompute"), old, an_update(stored()), facts(DUE))

    assert kept is not None
    assert kept.values["pool"] == "public_pool"
    assert recomputed is not None
    assert recomputed.values == {}


def test_a_reassigned_lead_goes_to_somebody_else() -> None:
    known = replace(facts(DUE), groups={"team:north": (Person("ann", "Ann"), Person("bo", "Bo"))})
    again = rule(then={"reassign": True})
    assign = a_rule(assignment.KIND, {"entries": [{"to": {"team": "north"}}]})

    missed = due(again, timer(), an_update(stored()), known)
    assert missed is not None
    (given,) = run([assign, again], missed, known)

    assert given.values["owner"] == "bo"
    assert timers(given)["due"] is not None
    assert [d.rule for d in given.decisions] == ["r", "r", "r"]


def test_a_disabled_rule_does_nothing_when_its_timer_comes() -> None:
    assert due(replace(rule(), enabled=False), timer(), an_update(stored()), facts(DUE)) is None


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"starts": "name"}, "starts"),
        ({"within": "soon"}, "within"),
        ({"within": {"godo": "1 day"}}, "within.godo"),
        ({"remind": [{"before": "x", "to": "owner"}]}, "remind.0.before"),
        ({"remind": [{"at": "due", "to": "customer"}]}, "remind.0.to"),
        ({"then": {"notify": "ownr.manager"}}, "then.notify"),
    ],
)
def test_a_wrong_setting_is_reported_where_it_stands(wrong: dict[str, Any], path: str) -> None:
    raw = {k: v for k, v in {**RAW, **wrong}.items() if k not in ("when", "calendar")}

    assert [p.path for p in problems_of(KIND, raw)] == [path]
