"""Scores from events: each once, by when it happened, within caps, fading with time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldstone.changes.nouns import Draft
from fieldstone.rules import scoring
from fieldstone.rules.contract import Adoption
from fieldstone.rules.scoring_body import FADE
from tests.rules.support import NOW, FakeFacts, a_lead, a_rule, an_update, problems_of, run

DAY = timedelta(days=1)
EVENTS = {"engagements": {"at": "occurred_at", "ignore": "bot == true"}}


def rule_of(**item: Any) -> Any:
    given = {"event": "kind == 'email_click'", "points": 4, **item}
    return a_rule(
        scoring.KIND, {"into": "score", "events": EVENTS, "items": {"clicked": given}, "least": -99}
    )


def click(at: datetime, number: int = 0, **values: object) -> dict[str, object]:
    return {"id": f"e{number}", "kind": "email_click", "occurred_at": at, **values}


def scored(rule: Any, *events: dict[str, object], now: datetime = NOW) -> Draft:
    (draft,) = run(rule, an_update({"score": None}, engagements=list(events)), FakeFacts(now=now))
    return draft


def score(rule: Any, *events: dict[str, object], now: datetime = NOW) -> object:
    return scored(rule, *events, now=now).row["score"]


def test_every_event_gives_its_points() -> None:
    assert score(rule_of(), click(NOW, 1), click(NOW - DAY, 2)) == 8


def test_what_a_bot_did_and_what_has_no_instant_never_counts() -> None:
    machine, timeless = click(NOW, 1, bot=True), {"id": "e2", "kind": "email_click"}

    assert score(rule_of(), machine, timeless) == 0


def test_an_event_that_does_not_repeat_counts_the_first_time_it_happened() -> None:
    rule = rule_of(points="minutes", repeatable=False)

    assert score(rule, click(NOW, 1, minutes=9), click(NOW - DAY, 2, minutes=5)) == 5


def test_caps_hold_for_an_event_for_a_day_of_the_calendar_and_for_the_whole() -> None:
    big = rule_of(points="minutes", cap={"per_event": 10, "per_day": 12, "total": 20})
    today = [click(NOW, n, minutes=30) for n in range(3)]

    assert score(big, *today[:1]) == 10
    assert score(big, *today) == 12
    assert score(big, *today, click(NOW - DAY, 8, minutes=30)) == 20


def test_a_group_bounds_what_its_items_give_together() -> None:
    items = {
        code: {"event": f"kind == '{code}'", "points": 8, "group": "mail"}
        for code in ("email_click", "email_open")
    }
    rule = a_rule(
        scoring.KIND,
        {"into": "score", "events": EVENTS, "items": items, "groups": {"mail": {"cap": 10}}},
    )
    opened = {"id": "o", "kind": "email_open", "occurred_at": NOW}

    draft = scored(rule, click(NOW), opened)

    assert draft.row["score"] == 10
    assert {(one.item, one.points) for one in draft.ledger} == {
        ("email_click", 8),
        ("email_open", 2),
    }


def test_points_halve_after_the_grace_and_a_timer_looks_again() -> None:
    rule = rule_of(points=40, decay={"half_life": "10 days", "after": "5 days"})

    assert score(rule, click(NOW - 5 * DAY)) == 40
    assert score(rule, click(NOW - 15 * DAY)) == 20
    assert score(rule, click(NOW - 25 * DAY)) == 10
    (timer,) = scored(rule, click(NOW)).timers
    assert (timer.kind, timer.due) == (FADE, NOW + 5 * DAY + _until_half_a_point_is_lost(40, 10))


def _until_half_a_point_is_lost(points: int, half_life: int) -> timedelta:
    from math import log2

    return timedelta(days=half_life) * log2(points / (points - 0.5))


def test_points_fall_in_steps_and_expire() -> None:
    steps = rule_of(points=40, decay={"steps": {"90 days": 0, "30 days": 50}})
    short = rule_of(points=40, expires="7 days")

    assert [score(steps, click(NOW - age * DAY)) for age in (29, 30, 90)] == [40, 20, 0]
    assert [score(short, click(NOW - age * DAY)) for age in (6, 7)] == [40, 0]
    assert scored(short, click(NOW - 6 * DAY)).timers[0].due == NOW + DAY
    assert scored(steps, click(NOW - 100 * DAY)).timers == ()


def test_time_alone_changes_a_score_at_most_once_a_day() -> None:
    rule = rule_of(points=100, decay={"half_life": "2 days"})

    assert scored(rule, click(NOW - DAY)).timers[0].due == NOW + DAY


def test_a_timer_lets_the_score_be_worked_out_once() -> None:
    rule = rule_of(points=40, decay={"half_life": "10 days"})
    draft = an_update({"score": 40})

    found = rule.body.due(rule, [(None, draft), (None, draft)], FakeFacts())

    assert [one.ledger for one in found.values()] == [(), ()]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(-5, 30), st.booleans()), max_size=12
    ).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some)))
)
def test_the_order_in_which_events_arrive_makes_no_difference(
    found: tuple[list[tuple[int, int, bool]], list[tuple[int, int, bool]]],
) -> None:
    rule = rule_of(
        points="minutes",
        cap={"per_event": 9, "per_day": 15, "total": 40},
        decay={"half_life": "20 days"},
    )
    told, shuffled = found

    def events(several: list[tuple[int, int, bool]]) -> list[dict[str, object]]:
        places = {one: n for n, one in enumerate(sorted(set(told)))}
        return [click(NOW - d * DAY, places[d, m, b], minutes=m, bot=b) for d, m, b in several]

    assert score(rule, *events(told)) == score(rule, *events(shuffled))


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 40)), max_size=15))
def test_the_ledger_adds_up_to_the_score_however_often_and_whenever_it_is_worked_out(
    history: list[tuple[int, int]],
) -> None:
    rule = rule_of(points="minutes", cap={"total": 60}, decay={"half_life": "9 days"})
    sums: dict[tuple[str, str], int] = {}
    events: list[dict[str, object]] = []
    row: dict[str, object] = {}
    for place, (day, minutes) in enumerate(history):
        events.append(click(NOW + day * DAY, place, minutes=minutes))
        facts = FakeFacts(now=NOW + place * DAY, ledger={"lead-1": dict(sums)})
        (draft,) = run(rule, an_update(row, engagements=list(events)), facts)
        for entry in draft.ledger:
            sums["r", entry.item] = sums.get(("r", entry.item), 0) + entry.points
        row = {"score": draft.row.get("score")}
        assert sum(sums.values()) == (row["score"] or 0)


def test_a_record_that_stands_twice_in_a_batch_is_counted_once() -> None:
    rule = a_rule(
        scoring.KIND,
        {"into": "score", "items": {"big": {"when": "budget > 5", "points": 10}}},
    )
    drafts = [an_update({"score": 0}, budget=9), an_update({"score": 0}, budget=7)]

    done = run(rule, drafts)

    assert sum(entry.points for draft in done for entry in draft.ledger) == 10
    assert [draft.row["score"] for draft in done] == [10, 10]


def test_operators_work_on_the_sum_of_the_dimension() -> None:
    items = {
        "basis": {"points": 20},
        "less": {"points": 4, "operator": "subtract"},
        "double": {"points": 2, "operator": "multiply"},
        "third": {"points": 3, "operator": "divide"},
        "bonus": {"points": 5, "dimension": "engagement"},
        "vip": {"points": 50, "operator": "set", "when": "vip"},
    }
    rule = a_rule(scoring.KIND, {"into": "score", "items": items})

    plain, vip = run(rule, [a_lead("a"), a_lead("b", vip=True)])

    assert plain.values["score"] == 11 + 5
    assert vip.values["score"] == 50 + 5


def test_dimensions_have_fields_and_bounds_of_their_own() -> None:
    rule = a_rule(
        scoring.KIND,
        {
            "into": "score",
            "events": EVENTS,
            "items": {
                "fits": {"points": 30},
                "clicked": {"event": "kind == 'email_click'", "points": 40},
            },
            "dimensions": {"engagement": {"into": "engagement_score", "most": 25}},
        },
    )

    draft = scored(rule, click(NOW))

    assert (draft.row["score"], draft.row["engagement_score"]) == (55, 25)


def test_a_changed_rule_leaves_older_records_alone_until_it_is_adopted() -> None:
    from dataclasses import replace

    rule = replace(rule_of(points=40), version=3)
    old = an_update({"score": 4, "created_at": NOW - DAY}, engagements=[click(NOW)])
    young = an_update({"score": 4, "created_at": NOW}, "new", engagements=[click(NOW)])
    changed = NOW - timedelta(hours=1)

    waiting = run(rule, [old, young], FakeFacts(adopted={"r": Adoption(2, changed)}))
    adopted = run(rule, old, FakeFacts(adopted={"r": Adoption(3, changed)}))

    assert [draft.row["score"] for draft in waiting] == [4, 40]
    assert adopted[0].row["score"] == 40


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"points": 1, "decay": {"half_life": "1 day"}}, "needs_event"),
        ({"points": 1, "cap": {"per_day": 3}}, "needs_event"),
        ({"points": 1, "event": "bot", "of": "calls"}, "unknown_events"),
        ({"points": 1, "event": "bot", "operator": "multiply"}, "events_add"),
        ({"points": 1, "event": "bot", "expires": "2 working days"}, "bad_span"),
        ({"points": 1, "event": "bot", "decay": {"half_life": "soon"}}, "bad_span"),
        ({"points": 1, "group": "mail"}, "unknown_group"),
    ],
)
def test_what_makes_no_sense_is_told(item: dict[str, Any], code: str) -> None:
    problems = problems_of(scoring.KIND, {"into": "score", "events": EVENTS, "items": {"x": item}})

    assert code in [problem.code for problem in problems]


def test_only_what_points_to_the_record_can_be_its_events() -> None:
    problems = problems_of(
        scoring.KIND,
        {"into": "score", "events": {"name": {"at": "name"}}, "items": {"x": {"points": 1}}},
    )

    assert [problem.code for problem in problems] == ["unknown_relation"]
