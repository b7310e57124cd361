"""From marketing lead to sales lead and back: thresholds, hysteresis, dwelling, judgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fieldstone.changes.nouns import Draft
from fieldstone.rules import lifecycle_transition
from fieldstone.rules.contract import Adoption
from fieldstone.rules.lifecycle_body import DWELL, JUDGE
from tests.rules.support import NOW, FakeFacts, a_rule, an_update, problems_of, run

DAY = timedelta(days=1)
RULE: dict[str, Any] = {
    "field": "lifecycle",
    "lower": "marketing_lead",
    "upper": "sales_lead",
    "thresholds": {"score": 60, "engagement_score": 10},
    "hysteresis_gap": {"score": 15},
    "recycle": {
        "to": "nurturing",
        "last": "disqualified",
        "max_recycles": 2,
        "count_into": "recycles",
        "recycle_reason": "recycle_reason",
        "return_to": "nurture_pool",
        "set": {"recycled_at": "now()"},
    },
}


def a_transition(**more: Any) -> Any:
    return a_rule(lifecycle_transition.KIND, {**RULE, **more})


def state(rule: Any, lifecycle: str, score: int, engagement: int, **facts: Any) -> Draft:
    lead = an_update({"lifecycle": lifecycle, "owner": "ann"}, score=score)
    lead = lead.setting({"engagement_score": engagement})
    (draft,) = run(rule, lead, FakeFacts(**facts))
    return draft


def test_all_thresholds_make_a_sales_lead_and_it_is_said_which() -> None:
    draft = state(a_transition(), "marketing_lead", 64, 12)

    assert draft.row["lifecycle"] == "sales_lead"
    (decision,) = draft.decisions
    assert decision.because.en == "Score 64 of 60, Engagement score 12 of 10; now sales_lead"


def test_one_threshold_is_enough_only_where_any_may_match() -> None:
    assert state(a_transition(), "marketing_lead", 64, 2).row["lifecycle"] == "marketing_lead"
    assert (
        state(a_transition(match="any"), "marketing_lead", 64, 2).row["lifecycle"] == "sales_lead"
    )


@pytest.mark.parametrize(
    ("match", "score", "engagement", "after"),
    [
        ("all", 45, 10, "sales_lead"),
        ("all", 44, 10, "marketing_lead"),
        ("all", 90, 9, "marketing_lead"),
        ("any", 44, 10, "sales_lead"),
        ("any", 44, 9, "marketing_lead"),
    ],
)
def test_bad_luck_29_a_score_that_flaps_at_the_threshold_does_not_flap_the_lead(
    match: str, score: int, engagement: int, after: str
) -> None:
    rule = a_transition(match=match)

    assert state(rule, "sales_lead", score, engagement).row["lifecycle"] == after


def test_between_the_thresholds_nothing_happens_either_way() -> None:
    for lifecycle in ("marketing_lead", "sales_lead"):
        draft = state(a_transition(), lifecycle, 50, 12)

        assert (draft.row["lifecycle"], draft.decisions) == (lifecycle, ())


def test_after_a_crossing_the_next_one_waits_for_the_dwell() -> None:
    rule = a_transition(min_dwell="2 days")

    early = state(rule, "sales_lead", 10, 0, decided={"lead-1": NOW - DAY})
    late = state(rule, "sales_lead", 10, 0, decided={"lead-1": NOW - 2 * DAY})

    assert early.row["lifecycle"] == "sales_lead"
    assert [(one.kind, one.due) for one in early.timers] == [(DWELL, NOW + DAY)]
    assert early.decisions == ()
    assert late.row["lifecycle"] == "marketing_lead"


def test_a_direction_may_be_closed() -> None:
    assert state(a_transition(direction="up"), "sales_lead", 0, 0).row["lifecycle"] == "sales_lead"
    assert (
        state(a_transition(direction="down"), "marketing_lead", 90, 90).row["lifecycle"]
        == "marketing_lead"
    )


def judged(rule: Any, **before: Any) -> Draft:
    lead = an_update({"owner": "ann", "score": 90, "engagement_score": 50, **before})
    change = replace(lead.change, action=JUDGE)
    (draft,) = run(rule, lead.but(change=change))
    return draft


def test_a_judgement_counts_returns_the_lead_and_frees_its_owner() -> None:
    draft = judged(a_transition(), lifecycle="sales_lead")

    assert draft.row["lifecycle"] == "nurturing"
    assert (draft.row["recycles"], draft.row["recycled_at"]) == (1, NOW)
    assert (draft.row["owner"], draft.row["pool"]) == (None, "nurture_pool")
    assert draft.change.reason == "judged_worthless"
    assert "judged worthless (1 of 2)" in draft.decisions[0].because.en
    assert len(draft.follow) == 1


def test_bad_luck_15_one_judgement_too_many_is_for_good() -> None:
    draft = judged(a_transition(), lifecycle="sales_lead", recycles=2)

    assert draft.row["lifecycle"] == "disqualified"
    assert "第 3 次" in draft.decisions[0].because.text("zh")


def test_a_lead_that_is_not_with_sales_is_not_judged() -> None:
    assert judged(a_transition(), lifecycle="nurturing").decisions == ()


def test_a_judged_lead_rests_before_it_rises_again() -> None:
    rule = a_transition(rest={"since": "recycled_at", "for": "30 days"})
    lead = an_update({"lifecycle": "marketing_lead", "recycled_at": NOW - 29 * DAY}, score=99)

    (resting,) = run(rule, lead.setting({"engagement_score": 50}))
    (rested,) = run(rule, lead.setting({"engagement_score": 50, "recycled_at": NOW - 30 * DAY}))

    assert resting.row["lifecycle"] == "marketing_lead"
    assert resting.timers[0].due == NOW + DAY
    assert rested.row["lifecycle"] == "sales_lead"


def test_bad_luck_32_a_changed_rule_promotes_nobody_before_it_is_adopted() -> None:
    rule = replace(a_transition(thresholds={"score": 1}), version=2)
    old = {"created_at": NOW - DAY}
    lead = an_update({"lifecycle": "marketing_lead", **old}, score=64)

    (waiting,) = run(rule, lead, FakeFacts(adopted={"r": Adoption(1, NOW)}))
    (adopted,) = run(rule, lead, FakeFacts(adopted={"r": Adoption(2, NOW)}))

    assert waiting.row["lifecycle"] == "marketing_lead"
    assert adopted.row["lifecycle"] == "sales_lead"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lower": "nowhere"}, "unknown_option"),
        ({"thresholds": {"name": 4}}, "not_a_number"),
        ({"hysteresis_gap": {"percent": 3}}, "gap_without_threshold"),
        ({"min_dwell": "2 working days"}, "bad_span"),
        ({"recycle": {**RULE["recycle"], "last": "gone"}}, "unknown_option"),
    ],
)
def test_what_makes_no_sense_is_told(change: dict[str, Any], code: str) -> None:
    problems = problems_of(lifecycle_transition.KIND, {**RULE, **change})

    assert code in [problem.code for problem in problems]
