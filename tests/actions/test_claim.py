"""Claiming: one person gets the record, the quotas are exact under a race, and a failed claim spends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from fieldstone.actions.contract import Call
from fieldstone.actions.running import run
from fieldstone.base.errors import RefusedError
from fieldstone.reads.door import Reads
from tests.actions.acting import ACTIONS, a_lead, act, in_the_pool, refusal
from tests.company import Company

PER_DAY = 20  # rules/pools.yaml


def at_once(works: list[Callable[[], object]], threads: int) -> Counter[str]:
    """Run all at the same time; return how often each ended how."""

    def outcome(work: Callable[[], object]) -> str:
        try:
            work()
        except RefusedError as refused:
            return refused.problems[0].code
        return "done"

    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(outcome, works))


def test_who_claims_a_lead_owns_it_and_it_leaves_the_pool(company: Company) -> None:
    (lead,) = in_the_pool(company)

    result = act(company, "li", "claim", lead)

    row = company.row("lead", lead)
    assert (row["owner"], row["pool"]) == (company.ids["li"], None)
    assert row["owned_at"] == company.now
    assert result.message.zh == "领取成功，现在归您跟进。"


def test_of_fifty_claims_of_one_lead_exactly_one_succeeds(company: Company) -> None:
    (lead,) = in_the_pool(company)
    people = ["li", "wang"] * 25

    ended = at_once([lambda who=who: act(company, who, "claim", lead) for who in people], 50)

    assert ended == {"done": 1, "already_claimed": 49}
    assert company.row("lead", lead)["owner"] in {company.ids["li"], company.ids["wang"]}


def test_the_quota_of_a_day_is_exact_when_one_person_claims_many_at_once(company: Company) -> None:
    leads = in_the_pool(company, PER_DAY + 8)

    ended = at_once([lambda lead=lead: act(company, "li", "claim", lead) for lead in leads], 14)

    assert ended == {"done": PER_DAY, "claim_quota": 8}
    owners = Counter(row["owner"] for row in company.storage_rows("lead").values())
    assert owners == {company.ids["li"]: PER_DAY, None: 8}


def test_a_claim_that_came_too_late_spends_nothing(company: Company) -> None:
    leads = in_the_pool(company, PER_DAY + 1)
    act(company, "wang", "claim", leads[0])
    for _ in range(3):
        status, problem = refusal(company, "li", "claim", leads[0])
        assert (status, problem.code) == (409, "already_claimed")

    for lead in leads[1:]:
        act(company, "li", "claim", lead)

    assert Counter(row["owner"] for row in company.storage_rows("lead").values()) == {
        company.ids["wang"]: 1,
        company.ids["li"]: PER_DAY,
    }


def test_the_quota_begins_again_the_next_day(company: Company) -> None:
    leads = in_the_pool(company, PER_DAY + 1)
    for lead in leads[:PER_DAY]:
        act(company, "li", "claim", lead)
    assert refusal(company, "li", "claim", leads[-1])[1].code == "claim_quota"

    tomorrow = replace(company, now=company.now + timedelta(days=1))

    assert act(tomorrow, "li", "claim", leads[-1]).outcome.record_id == leads[-1]


def test_who_gave_a_lead_back_may_not_take_it_again_at_once(company: Company) -> None:
    (lead,) = in_the_pool(company)
    act(company, "li", "claim", lead)
    act(company, "li", "release", lead)

    status, problem = refusal(company, "li", "claim", lead)

    assert (status, problem.code) == (409, "cooling_down")
    assert act(company, "wang", "claim", lead).outcome.record_id == lead


def test_a_dry_run_claims_nothing_and_spends_nothing(company: Company) -> None:
    (lead,) = in_the_pool(company)
    ctx = replace(company.context("li"), dry_run=True)
    for _ in range(PER_DAY + 1):
        call = Call(ctx, company.model, "lead", lead, {}, Reads(company.storage), company.writes)
        run(ACTIONS, "claim", call)

    assert company.row("lead", lead)["pool"] == "public_pool"
    act(company, "li", "claim", lead)


def test_the_one_who_comes_too_late_hears_who_was_faster(company: Company) -> None:
    (lead,) = in_the_pool(company)
    act(company, "wang", "claim", lead)

    assert "by Wang" in refusal(company, "li", "claim", lead)[1].message


def test_a_lead_that_lies_in_no_pool_cannot_be_claimed(company: Company) -> None:
    lead = a_lead(company, owner="wang")

    assert refusal(company, "li", "claim", lead)[0] in {404, 409}
    assert refusal(company, "li", "claim", "0" * 36)[0] == 404


def test_an_object_without_pools_has_no_claim(company: Company) -> None:
    status, problem = refusal(company, "li", "claim", "0" * 36, "customer")

    assert (status, problem.code) == (404, "not_found")
