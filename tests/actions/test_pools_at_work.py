"""Pools as people work with them: several at once, looks that are counted, returns, and who looks after them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fieldstone.access.masks import Masked
from fieldstone.actions.claiming import Claimed, Wish, claim_all
from fieldstone.actions.peeking import opened
from fieldstone.base.errors import RefusedError
from fieldstone.reads.door import Reads
from fieldstone.reads.pool_accounts import Account
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.reads.query import Query
from fieldstone.rules.claim_quota import CLAIMS, NET
from fieldstone.storage.due_timers import DueTimers
from fieldstone.storage.journal import fs_owner_span
from fieldstone.storage.outbox import fs_outbox
from tests.actions.acting import a_lead, act, in_the_pool, refusal, with_rules
from tests.company import Company


def wish(
    company: Company, who: str, ids: list[str], *, atomic: bool = False, pool: str = "public_pool"
) -> Wish:
    reads = Reads(company.storage)
    ctx = company.context(who)
    return Wish(ctx, company.model, "lead", pool, ids, reads, company.writes, atomic)


def answers(claimed: tuple[Claimed, ...]) -> list[str]:
    return [one.problems[0].code if one.problems else "done" for one in claimed]


def used(company: Company, who: str) -> dict[str, int]:
    claiming = Reads(company.storage).claiming(
        company.context(who), company.model, "public_pool", "lead"
    )
    return {one.quota.counts: one.used for one in claiming.allowances}


def code_of(call: object) -> str:
    with pytest.raises(RefusedError) as refused:
        call()  # type: ignore[operator]
    return refused.value.problems[0].code


def test_of_several_claimed_at_once_each_has_its_answer(company: Company) -> None:
    leads = in_the_pool(company, 3)
    act(company, "wang", "claim", leads[1])

    claimed = claim_all(wish(company, "li", [*leads, "0" * 36]))

    assert answers(claimed) == ["done", "already_claimed", "done", "not_found"]
    assert [company.row("lead", lead)["owner"] for lead in leads] == [
        company.ids["li"],
        company.ids["wang"],
        company.ids["li"],
    ]
    assert used(company, "li")["claims"] == 2


def test_all_or_none_where_that_is_asked(company: Company) -> None:
    leads = in_the_pool(company, 3)
    act(company, "wang", "claim", leads[2])

    with pytest.raises(RefusedError) as refused:
        claim_all(wish(company, "li", leads, atomic=True))

    assert (refused.value.status, refused.value.problems[0].path) == (409, "2.owner")
    assert [company.row("lead", lead)["owner"] for lead in leads[:2]] == [None, None]
    assert used(company, "li")["claims"] == 0


def test_a_batch_larger_than_the_rule_allows_is_refused_whole(company: Company) -> None:
    leads = in_the_pool(company, 21)

    assert code_of(lambda: claim_all(wish(company, "li", leads))) == "batch_max"


def test_the_rest_of_a_batch_is_refused_when_the_quota_ends_within(company: Company) -> None:
    site = with_rules(company, "rules: {lead_claim: {per_day: 2}}")
    leads = in_the_pool(site, 4)

    assert answers(claim_all(wish(site, "li", leads))) == [
        "done", "done", "claim_quota", "claim_quota",
    ]  # fmt: skip


def test_who_must_finish_some_first_gets_no_more_than_that_in_one_batch(company: Company) -> None:
    site = with_rules(
        company, "rules: {lead_claim: {must_finish: {counts: \"stage == 'new'\", most: 3}}}"
    )
    leads = in_the_pool(site, 5)
    act(site, "li", "claim", leads[0])

    ended = answers(claim_all(wish(site, "li", leads[1:])))
    stands = Reads(site.storage).claiming(site.context("li"), site.model, "public_pool", "lead")

    assert ended == ["done", "done", "finish_first", "finish_first"]
    assert [one.code for one in stands.obstacles] == ["finish_first"]


def test_what_a_team_and_the_pool_may_take_together_is_exact(company: Company) -> None:
    site = with_rules(
        company,
        """
rules:
  lead_claim:
    quotas:
      - {together: {team: north}, most: 3, each: day}
      - {together: pool, most: 9, each: day}
""",
    )
    leads = in_the_pool(site, 12)

    def one(place: int) -> str:
        who = ("li", "wang", "mei")[place % 3]
        return answers(claim_all(wish(site, who, [leads[place]])))[0]

    with ThreadPoolExecutor(12) as pool:
        ended = Counter(pool.map(one, range(12)))

    assert ended == {"done": 3, "claim_quota": 9}


def test_claim_read_return_again_and_again_comes_to_an_end(company: Company) -> None:
    site = with_rules(company, "rules: {lead_claim: {per_day: 3}, lead_cooldown: {enabled: false}}")
    (lead,) = in_the_pool(site)
    for _ in range(3):
        act(site, "li", "claim", lead)
        act(site, "li", "release", lead)

    assert refusal(site, "li", "claim", lead)[1].code == "claim_quota"


def test_a_net_quota_gets_back_what_comes_back_in_time(company: Company) -> None:
    site = with_rules(
        company,
        """
rules:
  lead_cooldown: {enabled: false}
  lead_claim: {quotas: [{most: 1, each: day, counts: net}], return_free_period: 10 minutes}
""",
    )
    first, second, third = in_the_pool(site, 3)
    act(site, "li", "claim", first)
    assert refusal(site, "li", "claim", second)[1].code == "claim_quota"
    act(replace(site, now=site.now + timedelta(minutes=5)), "li", "release", first)

    soon = replace(site, now=site.now + timedelta(minutes=6))
    act(soon, "li", "claim", second)
    late = replace(site, now=site.now + timedelta(minutes=30))
    act(late, "li", "release", second)

    assert refusal(late, "li", "claim", third)[1].code == "claim_quota"


def test_a_net_quota_of_a_team_gets_back_what_its_members_give_back(company: Company) -> None:
    site = with_rules(
        company,
        """
rules:
  lead_cooldown: {enabled: false}
  lead_claim: {quotas: [{together: {team: north}, most: 2, each: day, counts: net}]}
""",
    )
    first, second, third = in_the_pool(site, 3)
    assert answers(claim_all(wish(site, "li", [first, second, third]))) == [
        "done", "done", "claim_quota",
    ]  # fmt: skip

    act(site, "li", "release", first)
    act(site, "li", "release", second)

    assert answers(claim_all(wish(site, "li", [third, first, second]))) == [
        "done", "done", "claim_quota",
    ]  # fmt: skip
    assert charged(site, "team:north", NET) == (2, {third, first})


def test_what_is_given_back_goes_to_the_account_that_was_charged(company: Company) -> None:
    site = with_rules(
        company,
        """
rules:
  lead_cooldown: {enabled: false}
  lead_claim: {quotas: [{together: {team: north}, most: 9, each: day, counts: net}]}
""",
    )
    (lead,) = in_the_pool(site)
    act(site, "li", "claim", lead)
    assert not site.update("user", site.ids["li"], team=None).problems

    act(site, "li", "release", lead)

    assert charged(site, "team:north", NET) == (0, set())


def charged(site: Company, subject: str, counts: str) -> tuple[int, set[str]]:
    desk = PoolDesk(Reads(site.storage), site.context("admin"), site.model, "lead", "public_pool")
    found = desk.charged(Account(counts, "day", subject))
    assert found is not None
    return found.count, set(found.ids)


def test_what_was_claimed_and_returned_twice_is_one_record_of_two_claims(company: Company) -> None:
    site = with_rules(company, "rules: {lead_cooldown: {enabled: false}}")
    (lead,) = in_the_pool(site)
    for _ in range(2):
        act(site, "li", "claim", lead)
        act(site, "li", "release", lead)

    assert charged(site, site.ids["li"], CLAIMS) == (2, {lead})


def test_what_was_claimed_and_merged_is_counted_with_the_record_that_stays(
    company: Company,
) -> None:
    first, second = in_the_pool(company, 2)
    claim_all(wish(company, "li", [first, second]))

    act(company, "admin", "merge", first, **{"with": second})

    assert charged(company, company.ids["li"], CLAIMS) == (2, {first})


def test_a_list_of_a_pool_with_counted_looks_shows_its_columns_and_no_more(
    company: Company,
) -> None:
    (lead,) = in_the_pool(company)
    assert not company.update("lead", lead, need="三十个席位", company="晶新").problems
    reads, ctx = Reads(company.storage), company.context("li")

    page = reads.list(ctx, company.model, "lead", Query(pool="public_pool"))
    seen = opened(wish(company, "li", [lead]))

    assert page.rows[0].values["company"] == "晶新"
    assert "need" not in page.rows[0].values
    assert seen.record.values["need"] == "三十个席位"
    assert isinstance(seen.record.values["mobile"], Masked)


def test_a_look_is_counted_once_a_day_and_the_looks_run_out(company: Company) -> None:
    site = with_rules(
        company, "rules: {lead_claim: {quotas: [{most: 2, each: day, counts: views}]}}"
    )
    leads = in_the_pool(site, 3)

    left = [opened(wish(site, "li", [lead])).left for lead in (leads[0], leads[0], leads[1])]

    assert left == [1, 1, 0]
    assert code_of(lambda: opened(wish(site, "li", [leads[2]]))) == "view_quota"
    assert opened(wish(site, "li", [leads[0]])).left == 0
    tomorrow = replace(site, now=site.now + timedelta(days=1, hours=1))
    assert opened(wish(tomorrow, "li", [leads[0]])).left == 1


def test_looks_are_exact_when_one_person_opens_many_at_once(company: Company) -> None:
    site = with_rules(
        company, "rules: {lead_claim: {quotas: [{most: 5, each: day, counts: views}]}}"
    )
    leads = in_the_pool(site, 12)

    def look(lead: str) -> str:
        try:
            opened(wish(site, "li", [lead]))
        except RefusedError as error:
            return error.problems[0].code
        return "done"

    with ThreadPoolExecutor(12) as pool:
        ended = Counter(pool.map(look, leads))

    assert ended == {"done": 5, "view_quota": 7}


def test_a_blind_pool_tells_no_names_by_list_search_filter_or_sort(company: Company) -> None:
    site = with_rules(
        company, "rules: {public_pool: {visibility: blind, shown_blind: [region, grade, score]}}"
    )
    in_the_pool(site, 2)
    reads, ctx = Reads(site.storage), site.context("li")

    def listed(**asked: object) -> int:
        query = Query(pool="public_pool", **asked)  # type: ignore[arg-type]
        return len(reads.list(ctx, site.model, "lead", query).rows)

    (row, _) = reads.list(ctx, site.model, "lead", Query(pool="public_pool")).rows
    assert not {"name", "company", "mobile", "email"} & row.values.keys()
    assert listed(q="客户0") == 0
    with pytest.raises(RefusedError):
        listed(filter="name == '客户0'")
    with pytest.raises(RefusedError):
        listed(sort=(("name", False),))
    assert listed() == 2


def test_opening_a_record_of_a_blind_pool_shows_it_masked(company: Company) -> None:
    site = with_rules(company, "rules: {public_pool: {visibility: blind}}")
    (lead,) = in_the_pool(site)

    seen = opened(wish(site, "li", [lead])).record

    assert seen.values["name"] == "客户0"
    assert isinstance(seen.values["mobile"], Masked)


def test_a_hidden_pool_is_not_there_for_its_members(company: Company) -> None:
    (lead,) = in_the_pool(company, pool="dead_pool")
    reads = Reads(company.storage)

    assert "dead_pool" not in reads.pools(company.context("li"), company.model, "lead")
    assert refusal(company, "li", "claim", lead)[0] == 404
    assert "dead_pool" in reads.pools(company.context("mei"), company.model, "lead")


def test_a_member_who_leaves_the_pool_sees_it_no_more_and_keeps_what_they_claimed(
    company: Company,
) -> None:
    first, second = in_the_pool(company, 2, pool="north_pool")
    act(company, "li", "claim", first)
    assert not company.update("user", company.ids["li"], team=None).problems

    left = replace(company.people["li"], facts={**company.people["li"].facts, "team": None})
    elsewhere = replace(company, people={**company.people, "li": left})

    assert refusal(elsewhere, "li", "claim", second)[0] == 404
    assert company.row("lead", first)["owner"] == company.ids["li"]


def test_who_looks_after_a_pool_moves_its_records_and_others_do_not(company: Company) -> None:
    (lead,) = in_the_pool(company)
    assert not company.update("lead", lead, region="north").problems

    assert refusal(company, "li", "move_to_pool", lead, pool="north_pool")[0] == 403
    act(company, "mei", "move_to_pool", lead, pool="north_pool")

    assert company.row("lead", lead)["pool"] == "north_pool"


def test_a_record_is_moved_with_a_reason_of_the_pool_it_comes_to(company: Company) -> None:
    site = with_rules(company, "rules: {north_pool: {reason_required: true}}")
    (lead,) = in_the_pool(site)
    assert not site.update("lead", lead, region="north").problems

    for words in ("", "it is north"):
        given = {"reason": words} if words else {}
        refused = refusal(site, "mei", "move_to_pool", lead, pool="north_pool", **given)
        assert (refused[0], refused[1].code) == (422, "reason")
        assert "not_reached" in refused[1].cure
    act(site, "mei", "move_to_pool", lead, pool="north_pool", reason="no_need: it is north")

    history = Reads(site.storage).history(site.context("admin"), site.model, "lead", lead)
    assert history is not None
    assert [one.reason for one in history.owners if one.until is not None] == [
        "moved: no_need: it is north"
    ]


def test_a_record_is_not_moved_where_it_does_not_belong(company: Company) -> None:
    (lead,) = in_the_pool(company)

    assert refusal(company, "mei", "move_to_pool", lead, pool="north_pool")[1].code == "pool_entry"
    assert refusal(company, "mei", "move_to_pool", lead, pool="nowhere")[1].code == "unknown_pool"


def test_a_record_given_back_goes_to_the_pool_it_belongs_into(company: Company) -> None:
    north = a_lead(company, owner="li", region="north")
    south = a_lead(company, owner="li", region="south")

    act(company, "li", "release", north)
    act(company, "li", "release", south)

    assert company.row("lead", north)["pool"] == "north_pool"
    assert company.row("lead", south)["pool"] == "public_pool"


def test_a_pool_that_wants_a_reason_gets_one(company: Company) -> None:
    site = with_rules(company, "rules: {public_pool: {reason_required: true}}")
    lead = a_lead(site, owner="li")

    refused = refusal(site, "li", "release", lead, reason="just so")
    act(site, "li", "release", lead, reason="not_reached: three calls")

    assert (refused[0], refused[1].code) == (422, "reason")
    history = Reads(site.storage).history(site.context("admin"), site.model, "lead", lead)
    assert history is not None
    assert [span.reason for span in history.owners if span.owner] == [
        "returned: not_reached: three calls"
    ]


def test_what_lies_in_a_pool_is_not_given_back_again(company: Company) -> None:
    (lead,) = in_the_pool(company)

    assert refusal(company, "admin", "release", lead)[1].code == "in_pool"


def test_records_of_a_pool_that_is_gone_are_moved_on_by_an_administrator(company: Company) -> None:
    (lead,) = in_the_pool(company, pool="north_pool")
    objects = dict(company.model.objects)
    objects["lead"] = replace(objects["lead"], pools=("public_pool", "dead_pool"))
    rules = {code: rule for code, rule in company.model.rules.items() if code != "north_pool"}
    site = replace(company, model=replace(company.model, objects=objects, rules=rules))

    assert refusal(site, "mei", "move_to_pool", lead, pool="public_pool")[0] == 403
    act(site, "admin", "move_to_pool", lead, pool="public_pool")

    assert site.row("lead", lead)["pool"] == "public_pool"


def pass_time(site: Company, **later: float) -> Company:
    """Let time pass, and every timer act that has become due."""
    moved = replace(site, now=site.now + timedelta(**later))
    with moved.writes.unit(moved.context("system", "timer"), moved.model) as unit:
        seen = DueTimers(unit.transaction.connection).seen(moved.now, 100)
        outcomes = unit.look_again([one for one in seen if one.object_name == "lead"])
    assert not [problem for outcome in outcomes for problem in outcome.problems]
    return moved


def lying(site: Company, count: int = 1, **values: object) -> list[str]:
    """Give leads back, so that the pool's clocks run."""
    leads = [a_lead(site, owner="li", **values) for _ in range(count)]
    for lead in leads:
        act(site, "li", "release", lead, pool="public_pool")
    return leads


def test_what_nobody_claims_for_half_a_year_goes_to_the_archive(company: Company) -> None:
    stays, taken = lying(company, 2)
    act(company, "wang", "claim", taken)

    pass_time(company, days=181)

    assert company.row("lead", stays)["pool"] == "dead_pool"
    assert company.row("lead", taken)["pool"] != "dead_pool"


def test_a_good_lead_that_nobody_claims_is_told_of_three_times_by_mail_too(
    company: Company,
) -> None:
    (lead,) = lying(company, company="晶新软件", need="三十个席位", email="w@example.com",
                    industry="software", region="east")  # fmt: skip
    assert company.row("lead", lead)["grade"] == "good"
    site = company
    for _ in range(5):
        site = pass_time(site, days=1)

    tables = site.storage.use(site.model)
    with site.storage.reading(tables, site.context()) as reader:
        asked = select(fs_outbox.c.channel, fs_outbox.c.payload).where(
            fs_outbox.c.topic == "unclaimed"
        )
        sent = list(reader.connection.execute(asked))
    assert Counter(channel for channel, _ in sent) == {"in_page": 3, "email": 3}
    assert {payload["strength"] for _, payload in sent} == {"strong"}


@pytest.mark.parametrize(
    ("shown", "words", "told"),
    [
        ("visibility: blind", "{name} waits.", "A record in Public pool waits to be claimed."),
        ("visibility: blind", "Grade {grade} waits.", "Grade poor waits."),
        ("visibility: preview", "{name}, {mobile}", "A record in Public pool waits to be claimed."),
        ("visibility: preview", "{name} waits.", "王小明 waits."),
    ],
)
def test_a_reminder_tells_members_no_more_than_the_pool_shows_them(
    company: Company, shown: str, words: str, told: str
) -> None:
    site = with_rules(
        company,
        f"""
rules:
  public_pool:
    {shown}
    unclaimed: [{{after: 1 day, to: ["role:sales", "role:sales_manager"], message: {{en: "{words}"}}}}]
""",
    )
    (lead,) = lying(site)
    assert site.row("lead", lead)["grade"] == "poor"

    pass_time(site, days=3)

    tables = site.storage.use(site.model)
    with site.storage.reading(tables, site.context()) as reader:
        asked = select(fs_outbox.c.to, fs_outbox.c.payload)
        sent = reader.connection.execute(asked.where(fs_outbox.c.topic == "unclaimed")).all()
    said = {person: payload["message"]["en"] for person, payload in sent}
    assert said[site.ids["li"]] == told
    assert said[site.ids["mei"]] != "A record in Public pool waits to be claimed."


def test_a_lead_in_the_pool_that_turns_out_invalid_leaves_it_for_the_archive(
    company: Company,
) -> None:
    (lead,) = in_the_pool(company)

    changed = company.update("lead", lead, stage="invalid", lost_reason="wrong_number")

    assert not changed.problems
    assert company.row("lead", lead)["pool"] == "dead_pool"


def test_who_looks_after_a_pool_gives_its_records_out(company: Company) -> None:
    first, second = in_the_pool(company, 2)
    (hidden,) = in_the_pool(company, pool="dead_pool")

    act(company, "mei", "assign", first, owner=company.ids["li"])
    act(company, "mei", "assign", hidden, owner=company.ids["li"])

    assert company.row("lead", first)["owner"] == company.ids["li"]
    assert company.row("lead", hidden)["pool"] is None
    assert refusal(company, "li", "assign", second, owner=company.ids["li"])[0] == 403


def test_no_lead_is_claimed_twice_and_no_quota_passed_when_all_claim_and_return_at_once(
    company_on_postgres: Company,
) -> None:
    site = with_rules(
        company_on_postgres,
        "rules: {lead_claim: {per_day: 12}, lead_cooldown: {enabled: false}}",
    )
    leads = in_the_pool(site, 30)

    def work(place: int) -> None:
        who, lead = ("li", "wang")[place % 2], leads[place % len(leads)]
        for name in ("claim", "release") if place % 3 else ("claim",):
            try:
                act(site, who, name, lead)
            except RefusedError:
                return

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(work, range(200)))

    tables = site.storage.use(site.model)
    with site.storage.reading(tables, site.context()) as reader:
        asked = select(fs_owner_span.c.owner, func.count()).where(
            fs_owner_span.c.owner.is_not(None)
        )
        spans = dict(reader.connection.execute(asked.group_by(fs_owner_span.c.owner)).all())
        running = select(fs_owner_span.c.record, func.count()).where(
            fs_owner_span.c.until.is_(None)
        )
        present = dict(reader.connection.execute(running.group_by(fs_owner_span.c.record)).all())
    assert spans == {site.ids["li"]: 12, site.ids["wang"]: 12}
    assert set(present.values()) == {1}
    assert {used(site, who)["claims"] for who in ("li", "wang")} == {12}
