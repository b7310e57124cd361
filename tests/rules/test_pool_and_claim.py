"""Public pools and who may take how much from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from fieldstone.rules import claim, deadline, pool
from fieldstone.rules.claim import Claim, Limits, Quota, claim_refusals, claim_rule, quota_refusal
from fieldstone.rules.contract import PastOwner, Rule
from fieldstone.rules.pool import Pool
from tests.rules.support import NOW, FakeFacts, a_rule, problems_of

CLAIM = {
    "pools": ["public_pool"],
    "per_day": 20,
    "holding": 10,
    "cooldown": {"owners": 2, "for": "7 days"},
    "roles": {"manager": {"per_day": 50}, "chief": {"per_day": 30, "holding": 40}},
}


def body(raw: dict) -> Claim:
    found = a_rule(claim.KIND, raw).body
    assert isinstance(found, Claim)
    return found


def past(*owners: tuple[str, int]) -> tuple[PastOwner, ...]:
    return tuple(
        PastOwner(owner, NOW - timedelta(days=days), "no_follow_up") for owner, days in owners
    )


def refused(
    rules: list[Rule], facts: FakeFacts, ids: tuple[str, ...] = ("a",), person: str = "ann"
) -> dict[str, str]:
    found = claim_refusals(rules, "public_pool", ids, person, facts)
    return {record: problem.code for record, problem in found.items()}


def test_members_see_what_any_of_their_groups_sees() -> None:
    raw = {
        "members": [
            {"role": "sales", "sees": "grade == 'good'"},
            {"team": "north", "sees": "region == 'north'"},
            {"role": "boss"},
        ]
    }
    found = a_rule(pool.KIND, raw).body
    assert isinstance(found, Pool)

    assert [one.text for one in found.visible({"role:sales", "team:north"}) or ()] == [
        "grade == 'good'",
        "region == 'north'",
    ]
    assert found.visible({"role:boss", "role:sales"}) == ()
    assert found.visible({"role:marketing"}) is None


def test_a_pool_without_members_is_open_to_all_readers() -> None:
    found = a_rule(pool.KIND, {"sort": ["-score", "name"], "masked": ["mobile"]}).body
    assert isinstance(found, Pool)

    assert found.visible(set()) == ()
    assert found.sort == (("score", True), ("name", False))
    assert found.masked == ("mobile",)


def test_of_several_roles_the_most_generous_limits_count() -> None:
    limits = body(CLAIM)

    assert limits.limits_for({"sales"}) == Limits(20, 0, 10)
    assert limits.limits_for({"manager", "sales"}) == Limits(50, 0, 10)
    assert limits.limits_for({"manager", "chief"}) == Limits(50, 0, 40)


def test_quotas_name_the_counters_of_the_day_and_the_week() -> None:
    limits = body({"per_day": 3, "per_week": 9})

    assert limits.quotas((), date(2026, 3, 2)) == (
        Quota("day:2026-03-02", 3),
        Quota("week:2026-W10", 9),
    )


def test_all_of_the_last_owners_must_wait_not_only_the_very_last() -> None:
    rule = a_rule(claim.KIND, CLAIM)
    facts = FakeFacts(
        past={
            "a": past(("bo", 1), ("ann", 2)),
            "b": past(("bo", 1), ("cai", 1), ("ann", 2)),
            "c": past(("ann", 8)),
        }
    )

    assert refused([rule], facts, ("a", "b", "c")) == {"a": "cooling_down"}


def test_the_wait_is_told_with_its_end() -> None:
    facts = FakeFacts(past={"a": past(("ann", 1))}, user={"language": "zh"})

    problem = claim_refusals([a_rule(claim.KIND, CLAIM)], "public_pool", ["a"], "ann", facts)["a"]

    assert problem.message == "您曾持有该记录，2026-03-08 10:00 之后可再次领取。"


def test_the_cooldown_of_a_deadline_counts_for_what_it_took_back() -> None:
    raw = {
        "starts": "owned_at",
        "within": "1 day",
        "then": {"return_to": "public_pool", "reason": "no_follow_up"},
        "cooldown": {"owners": 1, "for": "3 days"},
    }
    rules = [a_rule(deadline.KIND, raw)]
    given_back = replace(past(("ann", 1))[0], reason="returned")

    assert refused(rules, FakeFacts(past={"a": past(("ann", 1))})) == {"a": "cooling_down"}
    assert refused(rules, FakeFacts(past={"a": (given_back,)})) == {}


def test_records_beyond_the_holding_limit_are_refused() -> None:
    rule = a_rule(claim.KIND, CLAIM)

    assert refused([rule], FakeFacts(held={"ann": 8}), ("a", "b", "c")) == {"c": "holding_limit"}
    assert refused([rule], FakeFacts(held={"ann": 12}), ("a",)) == {"a": "holding_limit"}


def test_without_a_claim_rule_nothing_is_refused() -> None:
    assert refused([], FakeFacts()) == {}
    assert claim_rule([], "public_pool") is None


def test_a_rule_that_names_the_pool_goes_before_one_for_all_pools() -> None:
    general = a_rule(claim.KIND, {"per_day": 1}, code="general")
    special = a_rule(
        claim.KIND, {"pools": ["public_pool"], "per_day": 2}, code="special", priority=900
    )

    assert claim_rule([general, special], "public_pool") is special
    assert claim_rule([general, special], "other") is general


def test_a_used_up_quota_is_told_in_both_languages() -> None:
    rule = a_rule(claim.KIND, CLAIM)

    assert "20 today" in quota_refusal(rule, Quota("day:x", 20), FakeFacts()).message
    assert (
        "本周已领取 9 条"
        in quota_refusal(rule, Quota("week:x", 9), FakeFacts(user={"language": "zh"})).message
    )


def test_unknown_pools_and_roles_are_reported() -> None:
    problems = problems_of(claim.KIND, CLAIM, frozenset({"public_pool", "chief"}))

    assert [p.path for p in problems] == ["pools.0", "roles.chief"]
