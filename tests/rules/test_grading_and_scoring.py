"""Grading by completeness, scoring by a ledger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldstone.changes.nouns import LedgerEntry
from fieldstone.rules import grading, scoring
from tests.rules.support import FakeFacts, a_lead, a_rule, an_update, problems_of, run

GRADING = {
    "into": "grade",
    "fields": {"name": 1, "mobile": 3, "email": {"weight": 1, "when": "email != null"}},
    "bands": {"poor": 0, "good": 80, "medium": 50},
}
SCORING = {
    "into": "score",
    "items": {
        "paid": {
            "when": "channel.kind == 'paid'",
            "points": 15,
            "label": {"en": "Paid", "zh": "付费"},
        },
        "calls": {"points": "count(activities, kind == 'call') * 5", "cap": 12},
        "junk": {"when": "stage == 'invalid'", "points": -50},
    },
    "most": 100,
    "thresholds": {"ready": {"at": 20, "label": {"en": "sales ready", "zh": "销售就绪"}}},
}


@pytest.mark.parametrize(
    ("values", "grade", "percent"),
    [
        ({}, "poor", 0),
        ({"mobile": "1"}, "medium", 60),
        ({"mobile": "1", "name": "x"}, "good", 80),
        ({"mobile": "1", "name": "x", "email": "e"}, "good", 100),
    ],
)
def test_the_share_of_weights_gives_the_band(values: dict, grade: str, percent: int) -> None:
    rule = a_rule(grading.KIND, {**GRADING, "percent_into": "percent"})

    (draft,) = run(rule, a_lead(**values))

    assert (draft.values["grade"], draft.values["percent"]) == (grade, percent)


def test_the_missing_fields_are_shown() -> None:
    rule = a_rule(grading.KIND, {**GRADING, "missing_into": "missing"})

    (draft,) = run(rule, a_lead(mobile="1"))

    assert draft.values["missing"] == ("name", "email")
    assert draft.decisions[0].because.en == "60% complete, medium from 50%; missing: Name, Email"
    assert draft.decisions[0].because.zh == "完整度 60%，50% 起为中等；缺少：姓名、邮箱"


def test_an_unchanged_grade_is_no_decision() -> None:
    rule = a_rule(grading.KIND, GRADING)

    (draft,) = run(rule, an_update({"grade": "poor"}, need="x"))

    assert draft.decisions == ()


def test_bands_must_be_options_and_start_at_zero() -> None:
    problems = problems_of(grading.KIND, {**GRADING, "bands": {"excellent": 50}})

    assert [p.code for p in problems] == ["unknown_option", "no_lowest_band"]


def test_the_score_is_the_sum_of_its_items_with_caps() -> None:
    calls = tuple({"kind": "call"} for _ in range(4))
    lead = a_lead(**{"channel.kind": "paid", "activities": calls})

    (draft,) = run(a_rule(scoring.KIND, SCORING), lead)

    assert draft.values["score"] == 27
    assert draft.ledger == (LedgerEntry("r", "paid", 15), LedgerEntry("r", "calls", 12))
    assert (
        draft.decisions[0].because.en == "27 points: Paid +15, Calls +12; reached sales ready (20)"
    )
    assert "付费 +15" in draft.decisions[0].because.zh


def test_only_the_difference_to_the_ledger_is_written() -> None:
    known = FakeFacts(ledger={"lead-1": {("r", "paid"): 15, ("r", "gone"): 4, ("other", "x"): 9}})
    lead = an_update({"channel.kind": "paid", "score": 19}, stage="invalid")

    (draft,) = run(a_rule(scoring.KIND, SCORING), lead, known)

    assert {(e.item, e.points) for e in draft.ledger} == {("junk", -50), ("gone", -4)}
    assert draft.values["score"] == 0


def test_nothing_new_writes_nothing() -> None:
    known = FakeFacts(ledger={"lead-1": {("r", "paid"): 15}})

    (draft,) = run(
        a_rule(scoring.KIND, SCORING),
        an_update({"channel.kind": "paid", "score": 15}, need="x"),
        known,
    )

    assert (draft.ledger, draft.decisions, draft.values) == ((), (), {"need": "x"})


def test_falling_below_a_threshold_is_said() -> None:
    known = FakeFacts(ledger={"lead-1": {("r", "paid"): 15, ("r", "calls"): 10}})

    (draft,) = run(
        a_rule(scoring.KIND, SCORING),
        an_update({"score": 25, "channel.kind": "paid"}, need="x"),
        known,
    )

    assert "fell below sales ready (20)" in draft.decisions[0].because.en


@given(st.lists(st.sampled_from(["new", "invalid", "contacted"]), min_size=1, max_size=8))
def test_after_any_history_the_ledger_adds_up_to_what_holds_now(stages: list[str]) -> None:
    rule = a_rule(scoring.KIND, {**SCORING, "least": -100})
    sums: dict[tuple[str, str], int] = {}
    row: dict[str, object] = {"channel.kind": "paid"}
    for stage in stages:
        (draft,) = run(rule, an_update(row, stage=stage), FakeFacts(ledger={"lead-1": dict(sums)}))
        for entry in draft.ledger:
            sums["r", entry.item] = sums.get(("r", entry.item), 0) + entry.points
        row |= draft.values

    assert sum(sums.values()) == (-35 if stages[-1] == "invalid" else 15) == row["score"]
