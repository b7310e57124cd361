"""Recall and protection: when a record goes back, what spares it, and what its owner may keep."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fieldstone.changes.nouns import Draft
from fieldstone.rules import protection, recycle
from fieldstone.rules.contract import DueTimer, PastOwner, Rule, Verdict
from fieldstone.rules.deadline_body import DUE
from tests.rules.support import NOW, FakeFacts, a_rule, an_update, problems_of, run

RECALL: dict[str, Any] = {
    "clock_start": "assigned",
    "limit": "3 days",
    "then": {"return_to": "public_pool", "reason": "recalled"},
}
HELD = {"owner": "ann", "owned_at": NOW - timedelta(days=3), "name": "A"}
PROTECT: dict[str, Any] = {"until": "next_follow_up", "extended": "score", "for": "14 days"}


def a_recall(**more: Any) -> Rule:
    return a_rule(recycle.KIND, {**RECALL, **more}, code="recall")


def fallen_due(rule: Rule, row: dict[str, Any], facts: FakeFacts | None = None) -> Verdict | None:
    timer = DueTimer("recall", DUE, "lead-1", NOW, 1, {})
    assert isinstance(rule.body, recycle.Recycle)
    return rule.body.due(rule, [(timer, an_update(row))], facts or FakeFacts()).get(0)


def due_of(drafts: tuple[Draft, ...]) -> datetime | None:
    return next((one.due for one in drafts[0].timers if one.kind == DUE), None)


def test_a_record_nobody_works_on_goes_back_to_the_pool() -> None:
    rule = a_recall()

    scheduled = run(rule, an_update({"name": "A"}, owner="ann"))
    verdict = fallen_due(rule, HELD)

    assert due_of(scheduled) == NOW + timedelta(days=3)
    assert verdict is not None
    assert (verdict.sets, verdict.reason) == ({"owner": None, "pool": "public_pool"}, "recalled")


def test_recalls_happen_at_the_time_of_day_that_the_rule_names() -> None:
    found = due_of(run(a_recall(batch_time="02:00"), an_update({"name": "A"}, owner="ann")))

    assert found == datetime(2026, 3, 5, 2, 0, tzinfo=NOW.tzinfo)
    late = due_of(run(a_recall(batch_time="01:00"), an_update({"name": "A"}, owner="ann")))
    assert late == datetime(2026, 3, 6, 1, 0, tzinfo=NOW.tzinfo)


def test_what_spares_a_record_is_told_and_it_is_looked_at_again() -> None:
    rule = a_recall(spare={"open_deal": "customer != null"}, look_again="2 days")

    verdict = fallen_due(rule, {**HELD, "customer": "c-1"})

    assert verdict is not None
    assert verdict.sets == {}
    assert "left alone because a deal is open" in verdict.because.en
    assert [one.due for one in verdict.timers] == [NOW + timedelta(days=2)]


def test_what_went_round_often_enough_ends_in_the_archive() -> None:
    rule = a_recall(max_recycles=2, dead="dead_pool")
    ended = PastOwner("bo", NOW - timedelta(days=9), "recalled", "recall")

    once = fallen_due(rule, HELD, FakeFacts(past={"lead-1": (ended,)}))
    often = fallen_due(rule, HELD, FakeFacts(past={"lead-1": (ended, ended)}))

    assert once is not None
    assert once.sets["pool"] == "public_pool"
    assert often is not None
    assert often.sets["pool"] == "dead_pool"
    assert "recalled 2 times before" in often.because.en


def test_a_clock_of_claims_runs_only_for_what_was_claimed() -> None:
    rule = a_recall(clock_start="claimed")
    claimed = an_update({"name": "A", "pool": "p"}, owner="ann")
    claimed = claimed.but(
        change=claimed.change.__class__(
            "lead", claimed.change.operation, {}, "lead-1", action="claim"
        )
    )

    assert due_of(run(rule, claimed)) == NOW + timedelta(days=3)
    assert due_of(run(rule, an_update({"name": "A"}, owner="ann"))) is None


def test_a_rule_that_says_half_is_reported() -> None:
    assert [
        p.path for p in problems_of(recycle.KIND, {**RECALL, "clock_start": "contract_end"})
    ] == ["end_field"]
    assert [p.path for p in problems_of(recycle.KIND, {**RECALL, "max_recycles": 2})] == [
        "max_recycles"
    ]
    follow = {**RECALL, "clock_start": "last_effective_followup"}
    assert [p.path for p in problems_of(recycle.KIND, follow)] == ["counts"]


def protected(**row: Any) -> dict[str, Any]:
    return {"owner": "ann", "name": "A", "next_follow_up": NOW + timedelta(days=2), **row}


def test_a_protected_record_is_not_given_to_somebody_else() -> None:
    rule = a_rule(protection.KIND, {**PROTECT, "beyond": ["boss"]})

    (taken,) = run(rule, an_update(protected(), owner="bo"))
    (by_boss,) = run(rule, an_update(protected(), owner="bo"), FakeFacts(roles=frozenset({"boss"})))
    (let_go,) = run(rule, an_update(protected(), owner=None), FakeFacts(user={"id": "ann"}))
    (over,) = run(rule, an_update(protected(next_follow_up=NOW), owner="bo"))

    assert [problem.code for problem in taken.problems] == ["protected"]
    assert not by_boss.problems
    assert by_boss.values["next_follow_up"] is None
    assert not let_go.problems
    assert not over.problems


def test_a_rule_does_not_recall_what_is_protected() -> None:
    rule = a_rule(protection.KIND, PROTECT)
    recalled = an_update(protected(), owner=None, pool="public_pool")

    (kept,) = run(rule, recalled, FakeFacts(source="timer"))

    assert (kept.values["owner"], kept.values["pool"]) == ("ann", None)


def test_the_end_of_a_protection_is_told_before_and_when_it_comes() -> None:
    raw = {**PROTECT, "warn": "1 day", "on_expiry": {"release_to": "public_pool"}}
    rule = a_rule(protection.KIND, raw)
    until = NOW + timedelta(days=14)
    (draft,) = run(rule, an_update({"owner": "ann"}, next_follow_up=until))
    assert isinstance(rule.body, protection.Protection)

    def told(kind: str, row: dict[str, Any]) -> Verdict | None:
        timer = DueTimer("r", kind, "lead-1", NOW, 1, {})
        assert isinstance(rule.body, protection.Protection)
        return rule.body.due(rule, [(timer, an_update(row))], FakeFacts()).get(0)

    assert {one.kind: one.due for one in draft.timers} == {
        "expiry": until,
        "warn": until - timedelta(days=1),
    }
    warned, over = told("warn", protected()), told("expiry", protected(next_follow_up=NOW))
    assert warned is not None
    assert [one.to for one in warned.effects] == ["ann"]
    assert over is not None
    assert over.sets["pool"] == "public_pool"
    assert told("expiry", protected()) is None
