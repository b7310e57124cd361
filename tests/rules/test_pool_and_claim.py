"""Public pools and who may take how much from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fieldstone.base.workdays import Calendar, parse_span
from fieldstone.changes.nouns import Draft
from fieldstone.rules import claim, cooldown, deadline, pool
from fieldstone.rules.claim import claim_rule, waits
from fieldstone.rules.claim_body import (
    Claim,
    finish_refusal,
    quota_refusal,
    record_refusal,
    till_of,
)
from fieldstone.rules.claim_quota import VIEWS, Quota, minute_of
from fieldstone.rules.contract import DueTimer, PastOwner, Person, Rule
from fieldstone.rules.cooldown import Cooldown, Escalation
from fieldstone.rules.pool_body import AGED, Pool, fitting_pool
from tests.rules.support import NOW, FakeFacts, a_lead, a_rule, an_update, problems_of, run

CLAIM: dict[str, Any] = {
    "pools": ["public_pool"],
    "per_day": 20,
    "roles": {"manager": {"per_day": 50}, "chief": {"per_day": 30, "per_week": 40}},
}
SHANGHAI = "Asia/Shanghai"


def body(raw: dict[str, Any]) -> Claim:
    found = a_rule(claim.KIND, raw).body
    assert isinstance(found, Claim)
    return found


def a_pool(raw: dict[str, Any], code: str = "public_pool") -> Rule:
    return a_rule(pool.KIND, raw, code=code)


def past(*owners: tuple[str, int]) -> tuple[PastOwner, ...]:
    return tuple(
        PastOwner(owner, NOW - timedelta(days=days), "no_follow_up") for owner, days in owners
    )


def refused(
    rules: list[Rule], facts: FakeFacts, ids: tuple[str, ...] = ("a",), person: str = "ann"
) -> dict[str, str]:
    return {record: problem.code for record, problem in waits(rules, ids, person, facts).items()}


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


def numbers(quotas: tuple[Quota, ...]) -> dict[str, int]:
    return {quota.each or "rolling": quota.most for quota in quotas}


def test_of_several_roles_the_most_generous_limits_count() -> None:
    limits = body(CLAIM)

    assert numbers(limits.quotas_for(("role:sales",))) == {"day": 20}
    assert numbers(limits.quotas_for(("role:manager", "role:sales"))) == {"day": 50}
    assert numbers(limits.quotas_for(("role:chief", "role:manager"))) == {"day": 50, "week": 40}


def test_the_nearest_quota_counts_person_role_team_department_all() -> None:
    raw = {
        "quotas": [
            {"most": 1},
            {"department": "sales", "most": 2},
            {"department": "north_sales", "most": 3},
            {"team": "north", "most": 4},
            {"role": "boss", "most": 5},
            {"user": "li@example.com", "most": 6},
        ]
    }
    limits = body(raw)
    far = ("department:north_sales", "department:sales")

    assert numbers(limits.quotas_for(())) == {"day": 1}
    assert numbers(limits.quotas_for(("department:sales",))) == {"day": 2}
    assert numbers(limits.quotas_for(far)) == {"day": 3}
    assert numbers(limits.quotas_for(("team:north", *far))) == {"day": 4}
    assert numbers(limits.quotas_for(("role:boss", "team:north", *far))) == {"day": 5}
    everything = ("user:li@example.com", "role:boss", "team:north", *far)
    assert numbers(limits.quotas_for(everything)) == {"day": 6}


def test_what_a_group_has_together_counts_besides_the_own() -> None:
    raw = {
        "per_day": 5,
        "quotas": [
            {"together": {"team": "north"}, "most": 8},
            {"together": "pool", "most": 9},
            {"together": {"team": "south"}, "most": 1},
        ],
    }
    found = body(raw).quotas_for(("team:north",))

    assert [(one.most, one.subject("ann", "p")) for one in found] == [
        (5, "ann"),
        (8, "team:north"),
        (9, "pool:p"),
    ]


def test_periods_begin_where_the_policy_says_not_in_utc() -> None:
    late = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)  # half past midnight on Monday in Shanghai

    assert Quota(1, "hour").since(late, SHANGHAI) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert Quota(1, "day").since(late, SHANGHAI) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert Quota(1, "week").since(late, SHANGHAI) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert Quota(1, "month").since(late, SHANGHAI) == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert Quota(1, "day").since(late, "UTC") == datetime(2026, 3, 1, tzinfo=UTC)
    assert Quota(1, "month").ends(late, SHANGHAI) == datetime(2026, 3, 31, 16, tzinfo=UTC)
    rolling = Quota(1, "", span=parse_span("24 hours"))
    assert rolling.since(late, SHANGHAI) == late - timedelta(hours=24)


def test_a_day_is_a_day_also_when_the_clocks_change() -> None:
    berlin = "Europe/Berlin"
    short = datetime(2026, 3, 29, 10, tzinfo=UTC)  # clocks went forward at night

    begins, ends = Quota(1, "day").since(short, berlin), Quota(1, "day").ends(short, berlin)

    assert ends is not None
    assert ends - begins == timedelta(hours=23)


def test_a_rolling_quota_says_when_the_first_of_it_comes_back() -> None:
    rule = a_rule(claim.KIND, {"quotas": [{"most": 2, "within": "24 hours"}]})
    charges = [NOW - timedelta(hours=20), NOW - timedelta(hours=1), NOW - timedelta(days=3)]
    facts = FakeFacts(charges={("claims", "ann"): charges})

    till = till_of(rule, "public_pool", "ann", facts)

    full = till.used_up()
    assert full is not None
    assert full.frees_at == NOW + timedelta(hours=4)
    assert "2026-03-02 06:00" in quota_refusal(till, full, facts).cure


def test_views_have_a_quota_of_their_own() -> None:
    rule = a_rule(claim.KIND, {"per_day": 5, "quotas": [{"most": 1, "counts": "views"}]})
    facts = FakeFacts(charges={(VIEWS, "ann"): [NOW]})
    till = till_of(rule, "public_pool", "ann", facts)

    assert till.left() == 5
    assert till.left(frozenset({VIEWS})) == 0
    full = till.used_up(frozenset({VIEWS}))
    assert full is not None
    assert quota_refusal(till, full, facts).code == "view_quota"


@pytest.mark.parametrize(
    ("raw", "facts", "code"),
    [
        (
            {"min_interval": "2 minutes"},
            FakeFacts(charges={("claims", "ann"): [NOW - timedelta(minutes=1)]}),
            "min_interval",
        ),
        (
            {"must_finish": {"counts": "stage == 'new'", "most": 3}},
            FakeFacts(held={"ann": 3}),
            "finish_first",
        ),
        (
            {"window": "office"},
            FakeFacts(calendars={"office": Calendar("office", "UTC", (((540, 600),),) * 7)}),
            "claim_window",
        ),
    ],
)
def test_what_speaks_against_every_claim_just_now(
    raw: dict[str, Any], facts: FakeFacts, code: str
) -> None:
    till = till_of(a_rule(claim.KIND, raw), "public_pool", "ann", facts)

    unfinished = finish_refusal(till, facts)
    against = [*till.obstacles, *([unfinished] if unfinished else [])]
    assert [problem.code for problem in against] == [code]
    assert (
        not till_of(
            a_rule(claim.KIND, raw), "public_pool", "bo", replace(facts, calendars={}, held={})
        ).obstacles
        or code == "claim_window"
    )


def test_a_gate_keeps_the_best_grade_for_some() -> None:
    raw = {"gates": [{"when": "grade == 'good'", "needs": "user.role('senior')"}]}
    rule = a_rule(claim.KIND, raw)
    junior, senior = FakeFacts(), FakeFacts(roles=frozenset({"senior"}))

    def judged(facts: FakeFacts, grade: str) -> str:
        till = till_of(rule, "public_pool", "ann", facts)
        problem = record_refusal(till, {"grade": grade}, None, facts)
        return problem.code if problem else ""

    assert judged(junior, "good") == "claim_gate"
    assert judged(junior, "poor") == ""
    assert judged(senior, "good") == ""


def test_what_came_in_just_now_waits_until_everybody_had_a_chance() -> None:
    rule = a_rule(claim.KIND, {"embargo_new": "2 hours"})
    till = till_of(rule, "public_pool", "ann", FakeFacts())

    early = record_refusal(till, {}, NOW - timedelta(hours=1), FakeFacts())
    late = record_refusal(till, {}, NOW - timedelta(hours=3), FakeFacts())

    assert early is not None
    assert early.code == "embargo"
    assert late is None


def test_all_of_the_last_owners_must_wait_not_only_the_very_last() -> None:
    rule = a_rule(cooldown.KIND, {"owners": 2, "for": "7 days"})
    assert isinstance(rule.body, cooldown.CooldownRule)
    spans = {
        "a": past(("bo", 1), ("ann", 2)),
        "b": past(("bo", 1), ("cai", 1), ("ann", 2)),
        "c": past(("ann", 8)),
    }
    barred = rule.body.barred(rule, {one: {} for one in spans}, FakeFacts(past=spans))

    assert {one: sorted(people) for one, people in barred.items()} == {
        "a": ["ann", "bo"],
        "b": ["bo", "cai"],
    }


def test_all_past_owners_may_have_to_wait_however_many() -> None:
    spans = past(*((f"p{n}", n) for n in range(1, 7)))
    everyone = Cooldown(0, parse_span("7 days"))

    found = everyone.waits(spans, FakeFacts().calendar(""), NOW)

    assert sorted(found) == [f"p{n}" for n in range(1, 7)]


def test_the_wait_grows_with_each_time_up_to_its_longest() -> None:
    growing = Escalation(Decimal(2), parse_span("20 days"))
    waiting = Cooldown(1, parse_span("3 days"), escalation=growing)
    calendar = FakeFacts().calendar("")

    def days(times: int) -> float:
        spans = past(*(("ann", 0),) * times)
        found = waiting.waits(spans, calendar, NOW)["ann"] - NOW
        return found / timedelta(days=1)

    assert [days(n) for n in (1, 2, 3, 4, 9)] == [3, 6, 12, 20, 20]


def test_the_wait_is_told_with_its_end() -> None:
    facts = FakeFacts(
        bars={"a": {"ann": NOW + timedelta(days=6)}}, user={"language": "zh", "id": "ann"}
    )

    problem = waits([a_rule(claim.KIND, CLAIM)], ["a"], "ann", facts)["a"]

    assert problem.message == "您曾持有该记录，2026-03-08 10:00 之后可再次领取。"


def test_everybody_waits_where_the_rule_says_so() -> None:
    facts = FakeFacts(bars={"a": {"*": NOW + timedelta(days=1)}})

    assert refused([a_rule(claim.KIND, CLAIM)], facts) == {"a": "cooling_down"}


def test_the_cooldown_of_a_deadline_counts_for_what_it_took_back() -> None:
    raw = {
        "starts": "owned_at",
        "within": "1 day",
        "then": {"return_to": "public_pool", "reason": "no_follow_up"},
        "cooldown": {"owners": 1, "for": "3 days"},
    }
    rules = [a_rule(deadline.KIND, raw)]
    given_back = replace(past(("ann", 1))[0], reason="returned: wrong region")

    assert refused(rules, FakeFacts(past={"a": past(("ann", 1))})) == {"a": "cooling_down"}
    assert refused(rules, FakeFacts(past={"a": (given_back,)})) == {}


def test_without_a_claim_rule_nothing_is_refused() -> None:
    assert waits([], ["a"], "ann", FakeFacts()) == {}
    assert claim_rule([], "public_pool") is None


def test_a_rule_that_names_the_pool_goes_before_one_for_all_pools() -> None:
    general = a_rule(claim.KIND, {"per_day": 1}, code="general")
    special = a_rule(
        claim.KIND, {"pools": ["public_pool"], "per_day": 2}, code="special", priority=900
    )

    assert claim_rule([general, special], "public_pool") is special
    assert claim_rule([general, special], "other") is general


def test_a_used_up_quota_is_told_in_both_languages() -> None:
    rule = a_rule(claim.KIND, {"per_week": 1})
    charged = {("claims", "ann"): [NOW]}
    english, chinese = (
        FakeFacts(charges=charged),
        FakeFacts(charges=charged, user={"language": "zh"}),
    )

    def told(facts: FakeFacts) -> str:
        till = till_of(rule, "public_pool", "ann", facts)
        full = till.used_up()
        assert full is not None
        return quota_refusal(till, full, facts).message

    assert told(english) == "You have claimed 1, the limit a week."
    assert told(chinese) == "每周最多领取 1 条，您已用完。"


def test_unknown_pools_roles_and_zones_are_reported() -> None:
    unknown = frozenset({"public_pool", "chief"})
    problems = problems_of(claim.KIND, {**CLAIM, "time_zone": "Mars/Base"}, unknown)

    assert [p.path for p in problems] == ["pools.0", "roles.chief", "time_zone"]


def came(**row: Any) -> Draft:
    return an_update({"owner": "ann"}, owner=None, pool="public_pool", **row)


def test_a_pool_refuses_what_does_not_belong_into_it() -> None:
    rule = a_pool({"enter_when": "region == 'north'"})

    (fits,) = run(rule, came(region="north"))
    (not_here,) = run(rule, came(region="south"))

    assert not fits.problems
    assert [problem.code for problem in not_here.problems] == ["pool_entry"]


def test_what_a_rule_sends_is_taken_and_the_misfit_is_told() -> None:
    rule = a_pool({"enter_when": "region == 'north'"})
    draft = came(region="south")
    sent = draft.but(change=replace(draft.change, trusted=True))

    (kept,) = run(rule, sent)

    assert not kept.problems
    assert "takes only records" in kept.decisions[0].because.en


def test_a_record_that_fits_several_pools_goes_to_one_by_precedence_and_says_why() -> None:
    rules = [
        a_pool({"enter_when": "region == 'north'", "precedence": 20}, "north_pool"),
        a_pool({"enter_when": "grade == 'good'", "precedence": 10}, "best_pool"),
        a_pool({"default": True}, "public_pool"),
    ]
    pools = [rule.code for rule in rules]

    both = fitting_pool(rules, pools, {"region": "north", "grade": "good"}, FakeFacts())
    one = fitting_pool(rules, pools, {"region": "north", "grade": "poor"}, FakeFacts())
    none = fitting_pool(rules, pools, {"region": "south"}, FakeFacts())

    assert both is not None
    assert both[0] == "best_pool"
    assert both[1].en == "best_pool takes it, precedence 10 before 1 other"
    assert one is not None
    assert one[0] == "north_pool"
    assert none is not None
    assert none[0] == "public_pool"


def test_a_record_that_comes_to_meet_an_exit_leaves_the_pool() -> None:
    rule = a_pool(
        {"exits": [{"when": "stage == 'invalid'", "to": "dead_pool"}, {"when": "score > 90"}]}
    )
    lying = {"pool": "public_pool", "stage": "new", "score": 1}

    (dead,) = run(rule, an_update(lying, stage="invalid"))
    (free,) = run(rule, an_update(lying, score=95))
    (stays,) = run(rule, an_update(lying, score=50))

    assert dead.values["pool"] == "dead_pool"
    assert free.values["pool"] is None
    assert "pool" not in stays.values


def test_what_nobody_claims_goes_to_the_dead_pool_in_time() -> None:
    rule = a_pool({"max_age": "90 days", "dead": "dead_pool"})
    (draft,) = run(rule, came())
    assert [(one.kind, one.due) for one in draft.timers] == [(AGED, NOW + timedelta(days=90))]

    timer = DueTimer("public_pool", AGED, "lead-1", NOW, 1, {})
    assert isinstance(rule.body, Pool)
    lying, claimed = an_update({"pool": "public_pool"}), an_update({"pool": None, "owner": "bo"})
    verdicts = rule.body.due(rule, [(timer, lying), (timer, claimed)], FakeFacts())

    assert {place: verdict.sets for place, verdict in verdicts.items()} == {
        0: {"pool": "dead_pool"}
    }


def test_a_better_grade_is_reminded_of_sooner_oftener_and_by_more_channels() -> None:
    raw = {
        "by": "grade",
        "unclaimed": [
            {
                "after": {"good": "2 hours", "medium": "1 day"},
                "to": "role:sales",
                "by": {"good": ["in_page", "email"], "default": ["in_page"]},
                "repeat": {"good": 2},
                "strength": {"good": "urgent"},
            }
        ],
    }
    rule = a_pool(raw)
    facts = FakeFacts(groups={"role:sales": (Person("ann", "Ann"), Person("bo", "Bo"))})
    assert isinstance(rule.body, Pool)

    def sent(grade: str, time: int) -> tuple[list[str], str, bool]:
        draft = an_update({"pool": "public_pool", "grade": grade, "name": "A"})
        timer = DueTimer("public_pool", f"unclaimed:0:{time}", "lead-1", NOW, 1, {})
        assert isinstance(rule.body, Pool)
        verdict = rule.body.due(rule, [(timer, draft)], facts)[0]
        strength = str(verdict.effects[0].payload["strength"])
        return sorted(one.channel for one in verdict.effects), strength, bool(verdict.timers)

    (good,) = run(rule, came(grade="good"))
    (poor,) = run(rule, came(grade="poor"))
    assert [one.due for one in good.timers] == [NOW + timedelta(hours=2)]
    assert [one.due for one in poor.timers] == [None]
    assert sent("good", 0) == (["email", "email", "in_page", "in_page"], "urgent", True)
    assert sent("good", 2)[2] is False
    assert sent("medium", 0) == (["in_page", "in_page"], "normal", False)


def test_a_blind_member_sees_no_title_and_an_admin_sees_all() -> None:
    raw = {
        "members": [{"role": "sales"}, {"role": "boss", "admin": True}],
        "visibility": "blind",
        "columns": ["name", "company", "region"],
        "shown_blind": ["region"],
    }
    found = a_pool(raw).body
    assert isinstance(found, Pool)

    assert found.visibility_for({"role:sales"}) == "blind"
    assert found.visibility_for({"role:boss"}) == "preview"
    assert found.listed("name", "blind") == {"region"}
    assert found.listed("name", "preview") == {"name", "company", "region"}


def test_members_of_a_hidden_pool_see_nothing_but_its_admins_do() -> None:
    raw = {"members": [{"role": "sales"}, {"role": "boss", "admin": True}], "visibility": "hidden"}
    found = a_pool(raw).body
    assert isinstance(found, Pool)

    assert found.visible({"role:sales"}) is None
    assert found.visible({"role:boss"}) == ()


def test_a_pool_that_grows_old_records_says_where_they_go() -> None:
    problems = problems_of(pool.KIND, {"max_age": "90 days"})

    assert [p.code for p in problems] == ["dead_missing"]


def test_new_leads_do_not_disturb_a_pool() -> None:
    (draft,) = run(a_pool({"max_age": "1 day", "dead": "d"}), a_lead(name="A"))

    assert draft.timers == ()


def test_the_minute_that_is_named_is_never_too_early() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    whole = datetime(2026, 10, 1, 6, 5, tzinfo=UTC)

    assert minute_of(whole, zone) == "2026-10-01 14:05"
    assert minute_of(whole + timedelta(microseconds=1), zone) == "2026-10-01 14:06"


def test_an_hour_that_comes_twice_ends_after_an_hour() -> None:
    quota = Quota(5, "hour")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Berlin, for the first time

    assert quota.ends(first, "Europe/Berlin") == datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert quota.ends(first + timedelta(hours=1), "Europe/Berlin") == datetime(
        2026, 10, 25, 2, tzinfo=UTC
    )
