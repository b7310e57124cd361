"""What a rank gives for claims: more a day, and records that are kept for it."""

from __future__ import annotations

from fieldstone.rules.claim import KIND
from fieldstone.rules.claim_body import Claim, record_refusal, standing_of, till_of
from fieldstone.rules.contract import Standing
from tests.rules.support import FakeFacts, a_rule

RANKS = {
    "ann": Standing(1, 90.0, 150, {"claims": 5}),
    "": Standing(closed={"grade": ("good",)}),
}


def test_a_rank_adds_to_the_claims_of_a_day_and_to_nothing_else() -> None:
    rule = a_rule(KIND, {"per_day": 20, "per_week": 60, "ranking": "stars"})
    known = FakeFacts(rankings={"stars": RANKS})

    ann = till_of(rule, "public_pool", "ann", known)
    bo = till_of(rule, "public_pool", "bo", known)

    assert [one.quota.most for one in ann.allowances] == [25, 60]
    assert [one.quota.most for one in bo.allowances] == [20, 60]


def test_what_is_kept_for_higher_ranks_is_refused_with_the_reason() -> None:
    rule = a_rule(KIND, {"per_day": 20, "ranking": "stars"})
    known = FakeFacts(rankings={"stars": RANKS})

    refusal = record_refusal(till_of(rule, "p", "bo", known), {"grade": "good"}, None, known)

    assert refusal is not None
    assert refusal.code == "claim_rank"
    assert "“good”" in refusal.message
    till = till_of(rule, "p", "ann", known)
    assert record_refusal(till, {"grade": "good"}, None, known) is None


def test_without_a_ranking_nothing_is_asked() -> None:
    body = a_rule(KIND, {"per_day": 20}).body

    assert isinstance(body, Claim)
    assert standing_of(body, "ann", FakeFacts()) == Standing()
