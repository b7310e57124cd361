"""Reminders climb with the time and the grade, keep quiet at night, and stop when told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from fieldstone.changes.nouns import Draft
from fieldstone.rules import engine
from fieldstone.rules.contract import DueTimer, Rule
from fieldstone.rules.deadline import KIND
from fieldstone.rules.reminder_ladder import KIND as LADDER
from tests.rules.support import NOW, FakeFacts, a_lead, a_rule, an_update, problems_of, run

HOUR = timedelta(hours=1)
STEPS: list[dict[str, Any]] = [
    {"before": "3 hours", "to": "owner"},
    {
        "before": "1 hour",
        "to": "owner",
        "copy": "owner.manager",
        "strength": {"good": "urgent", "default": "strong"},
    },
    {"at": "due", "to": "owner.manager", "strength": "urgent"},
    {"after": "2 hours", "every": "1 hour", "to": "owner.manager"},
]
RELATED = {"owner.manager": "boss", "owner.name": "Ann", "owner.time_zone": "Asia/Shanghai"}
RULE: Rule = a_rule(
    KIND,
    {"starts": "owned_at", "stops": "last_activity_at", "within": "12 hours", "ladder": "steps"},
)


def facts(now: datetime = NOW, timers: dict[str, DueTimer] | None = None, **more: Any) -> FakeFacts:
    ladder = a_rule(LADDER, {"by": "grade", "steps": STEPS, **more})
    return FakeFacts(now=now, bodies={"steps": ladder.body}, timers=timers or {})


def stored(grade: str = "good") -> dict[str, Any]:
    return {"owner": "ann", "grade": grade, "owned_at": NOW}


def the_lead(grade: str = "good") -> Draft:
    return an_update(stored(grade)).but(related=RELATED)


def at(kind: str, now: datetime, known: FakeFacts, grade: str = "good") -> Draft | None:
    timer = DueTimer("r", kind, "lead-1", now, 1, {"due": (NOW + 12 * HOUR).isoformat()})
    return engine.due(RULE, [(timer, the_lead(grade))], known).get(0)


def times(draft: Draft) -> dict[str, datetime | None]:
    return {timer.kind: timer.due for timer in draft.timers}


def scheduled(known: FakeFacts) -> dict[str, datetime | None]:
    (draft,) = run(RULE, a_lead(**stored()).but(related=RELATED), known)
    return times(draft)


def test_each_step_has_its_instant_before_or_after_the_due_time() -> None:
    assert scheduled(facts()) == {
        "due": NOW + 12 * HOUR,
        "ladder:0": NOW + 9 * HOUR,
        "ladder:1": NOW + 11 * HOUR,
        "ladder:3": NOW + 14 * HOUR,
    }


def test_strength_grows_with_the_grade_and_with_time_and_louder_ones_leave_the_house() -> None:
    early = at("ladder:0", NOW + 9 * HOUR, facts(NOW + 9 * HOUR))
    good = at("ladder:1", NOW + 11 * HOUR, facts(NOW + 11 * HOUR))
    poor = at("ladder:1", NOW + 11 * HOUR, facts(NOW + 11 * HOUR), "poor")

    assert early is not None
    assert good is not None
    assert poor is not None
    assert [(e.channel, e.payload["strength"]) for e in early.effects] == [("in_page", "normal")]
    assert {e.payload["strength"] for e in good.effects} == {"urgent"}
    assert {e.payload["strength"] for e in poor.effects} == {"strong"}
    assert [(e.channel, e.to) for e in good.effects] == [
        ("in_page", "ann"), ("email", "ann"), ("in_page", "boss"), ("email", "boss"),
    ]  # fmt: skip


def test_the_managers_copy_says_whose_work_it_is() -> None:
    told = at("ladder:1", NOW + 11 * HOUR, facts(NOW + 11 * HOUR))

    assert told is not None
    copy = next(effect for effect in told.effects if effect.to == "boss")
    assert copy.payload["copy"] is True
    assert copy.payload["message"]["en"].startswith("Ann: ")  # type: ignore[index]


def test_what_is_missed_is_told_by_the_step_at_the_due_time() -> None:
    now = NOW + 12 * HOUR

    told = at("due", now, facts(now))

    assert told is not None
    assert {(e.to, e.payload["strength"]) for e in told.effects} == {("boss", "urgent")}


def test_a_step_is_repeated_until_it_is_done() -> None:
    now = NOW + 14 * HOUR

    again = at("ladder:3", now, facts(now))
    done = at("ladder:3", now, facts(now))
    assert again is not None
    assert times(again) == {"ladder:3": now + HOUR}
    assert done is not None

    timer = DueTimer("r", "ladder:3", "lead-1", now, 1, {})
    finished = an_update({**stored(), "last_activity_at": NOW + HOUR})
    assert engine.due(RULE, [(timer, finished)], facts(now)) == {}


def test_at_night_nobody_is_disturbed_but_by_what_is_urgent() -> None:
    # Due at 22:00 in Shanghai: three hours before is 19:00, one hour before 21:00.
    quiet = {"hours": "18:30-20:00", "except": ["urgent"]}

    found = scheduled(facts(quiet=quiet))

    assert found["ladder:0"] == NOW + 10 * HOUR  # at 20:00
    assert found["ladder:1"] == NOW + 11 * HOUR  # urgent for a good one


def test_quiet_hours_over_midnight_end_in_the_morning() -> None:
    late = a_rule(KIND, {"starts": "owned_at", "within": "30 hours", "ladder": "steps"})
    steps = [{"before": "14 hours", "to": "owner"}]  # at 02:00 in Shanghai

    (draft,) = run(
        late,
        a_lead(**stored()).but(related=RELATED),
        facts(steps=steps, quiet={"hours": "21:00-08:00"}),
    )

    assert times(draft)["ladder:0"] == datetime.fromisoformat("2026-03-03T08:00:00+08:00")


def test_a_reminder_that_would_come_after_the_due_time_is_sent_when_it_was_meant() -> None:
    found = scheduled(facts(quiet={"hours": "19:00-23:00"}))

    assert found["ladder:0"] == NOW + 9 * HOUR


def test_a_digest_waits_for_its_time_of_day() -> None:
    found = scheduled(facts(digest="20:30"))

    assert found["ladder:0"] == datetime.fromisoformat("2026-03-02T20:30:00+08:00")
    told = at("ladder:0", NOW + 10.5 * HOUR, facts(NOW + 10.5 * HOUR, digest="20:30"))
    assert told is not None
    assert told.effects[0].payload["digest"] is True


def test_whoever_has_seen_it_is_left_in_peace_and_the_due_time_stands() -> None:
    timer = DueTimer("r", "due", "lead-1", NOW + 12 * HOUR, 1, {"start": NOW.isoformat()})
    draft = the_lead()
    seen = draft.but(change=replace(draft.change, action="acknowledge", asks={"rule": "r"}))

    (after,) = run(RULE, seen, facts(timers={"lead-1": timer}, acknowledge=True))

    assert times(after) == {
        "due": NOW + 12 * HOUR, "ladder:0": None, "ladder:1": None, "ladder:3": None,
    }  # fmt: skip
    (deaf,) = run(RULE, seen, facts(timers={"lead-1": timer}))
    assert [problem.code for problem in deaf.problems] == ["not_acknowledged"]


def test_a_stop_condition_silences_the_ladder() -> None:
    now = NOW + 9 * HOUR

    assert at("ladder:0", now, facts(now, stop_when="grade == 'good'")) is None
    assert at("ladder:0", now, facts(now, stop_when="grade == 'poor'")) is not None


def test_a_persons_impossible_zone_falls_back_to_the_calendars() -> None:
    (draft,) = run(
        RULE,
        a_lead(**stored()).but(related={**RELATED, "owner.time_zone": "Moon/Sea"}),
        facts(digest="20:30"),
    )

    assert times(draft)["ladder:0"] is not None


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"digest": "noon"}, "digest"),
        ({"quiet": {"hours": "late"}}, "quiet.hours"),
        ({"stop_when": "grade ="}, "stop_when"),
        ({"steps": [{"before": "x", "to": "owner"}]}, "steps.0.before"),
        ({"steps": [{"at": "due", "to": "owner", "copy": "customer"}]}, "steps.0.copy"),
    ],
)
def test_a_wrong_setting_is_reported_where_it_stands(wrong: dict[str, Any], path: str) -> None:
    assert [p.path for p in problems_of(LADDER, {"steps": STEPS, **wrong})] == [path]
