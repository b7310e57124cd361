"""The plan tells what becomes of deadlines that run when their rule is changed, switched off or taken away."""

from __future__ import annotations

import pytest

from tests.evolution.world import Process

RULE = "rules.call_in_time"
CALL = {
    "kind": "deadline",
    "object": "visit",
    "label": {"en": "Call", "zh": "致电"},
    "starts": "created_at",
    "within": "2 days",
    "then": {"notify": "owner"},
}
VISIT = {
    "label": {"en": "Visit", "zh": "拜访"},
    "title": "subject",
    "ownership": {"owner": "optional"},
    "fields": {"subject": "text"},
}


@pytest.fixture
def visits(process: Process) -> Process:
    """A site in which the time of a rule runs for two visits."""
    process.apply(("objects.visit", VISIT), (RULE, CALL))
    for subject in ("A", "B"):
        process.write("visit", subject=subject)
    return process


@pytest.mark.parametrize(
    ("path", "value", "code", "words"),
    [
        (f"{RULE}.enabled", False, "times_rest", "acted on after it is switched on again"),
        (f"{RULE}.within", "1 day", "times_kept", "each keeps its end"),
    ],
)
def test_running_times_are_counted_with_what_becomes_of_them(
    visits: Process, path: str, value: object, code: str, words: str
) -> None:
    (found,) = visits.plan((path, value)).findings

    assert (found.code, found.count) == (code, 2)
    assert 'The time of "Call" runs for 2 visits' in found.text.en
    assert words in found.text.en
    assert "正在为 2 条拜访计时" in found.text.zh


def test_the_times_of_a_rule_that_is_taken_away_end(visits: Process) -> None:
    documents = visits.documents.without(RULE.split("."))
    planned = visits.plan(documents=documents)
    found = {one.code: one for one in planned.findings}

    assert found["times_end"].count == 2
    assert "nothing happens any more when it is over" in found["times_end"].text.en
    assert '"Call" leaves behind 2 running times' in found["rule_with_past"].text.en
    assert planned.needs_second_word


def test_times_that_are_worked_out_anew_say_so(visits: Process) -> None:
    (found,) = visits.plan(
        (f"{RULE}.within", "9 days"), (f"{RULE}.in_flight", "recompute")
    ).findings

    assert found.code == "times_anew"


def test_a_rule_for_which_no_time_runs_says_nothing(visits: Process) -> None:
    assert visits.plan(("rules.big_deal_won", None)).findings == ()
