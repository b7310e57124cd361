"""Fair shares: what weights, caps, absences and credit give each person, whatever the order in which records come."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldstone.base.workdays import Calendar, week_of
from fieldstone.rules import assignment, rotation
from fieldstone.rules.contract import Person, Standing
from fieldstone.rules.turns import Turns
from tests.rules.support import NOW, FakeFacts, a_lead, a_rule, an_update, problems_of, run

ANN, BO, CAI = Person("ann", "Ann"), Person("bo", "Bo"), Person("cai", "Cai")
TEAM = (ANN, BO, CAI)
WEIGHTS = st.lists(st.integers(1, 100), min_size=1, max_size=12)


def leads(count: int, **values: object) -> list:
    return [a_lead(f"lead-{n}", name="x", **values) for n in range(count)]


def owners(drafts: object) -> Counter:
    return Counter(draft.values.get("owner") for draft in drafts)  # type: ignore[attr-defined]


def facts(*people: Person, **more: Any) -> FakeFacts:
    return FakeFacts(groups={"team:north": people or TEAM}, **more)


def a_rotation(**settings: Any) -> Any:
    """Return an assignment rule whose only entry shares among the team."""
    return a_rule(
        assignment.KIND,
        {"entries": [{"to": {"team": "north"}, "method": "weighted", **settings}]},
    )


def shared_out(turns: Turns, weights: dict[str, int], count: int) -> Counter:
    """Give `count` records among people who are all there."""
    got: Counter = Counter()
    for _ in range(count):
        person = turns.by_share(weights)
        turns.took(person, person, weights, {}, 10)
        got[person] += 1
    return got


@given(WEIGHTS, st.integers(1, 800))
@settings(max_examples=150)
def test_by_shares_nobody_is_ever_a_whole_record_before_or_behind(
    weights: list[int], count: int
) -> None:
    shares = {str(place): weight for place, weight in enumerate(weights)}
    turns, got = Turns({}), Counter()  # type: Turns, Counter[str]
    for given_out in range(1, count + 1):
        got += shared_out(turns, shares, 1)

        for person, weight in shares.items():
            ideal = given_out * weight / sum(weights)
            assert abs(got[person] - ideal) < 1.000001


@given(
    WEIGHTS.filter(lambda weights: len(weights) > 2),
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 10**6)), min_size=1, max_size=6),
)
@settings(max_examples=100)
def test_people_who_come_and_go_stay_within_two_records_of_their_share(
    weights: list[int], phases: list[tuple[int, int]]
) -> None:
    """No order without foresight does better than this: docs/adr/0015-turns-are-shares-that-are-owed.md."""
    turns, got = Turns({}), Counter()  # type: Turns, Counter[str]
    ideal: Counter = Counter()
    for count, who in phases:
        here = {str(p): w for p, w in enumerate(weights) if who >> p & 1} or {"0": weights[0]}
        got += shared_out(turns, here, count)
        for person, weight in here.items():
            ideal[person] += count * weight / sum(here.values())

    for person in ideal:
        assert abs(got[person] - ideal[person]) < 2


def test_ten_thousand_leads_follow_weights_caps_and_an_absence_within_one_lead() -> None:
    people = (replace(ANN, weight=5), replace(BO, weight=3), replace(CAI, weight=2))
    known = facts(*people)
    rule = a_rotation(limits={"per_month": "quota"})
    known.groups = {
        "team:north": tuple(
            replace(p, facts={"quota": 900 if p.id == "cai" else None}) for p in people
        )
    }

    first = owners(run(rule, leads(4000), known))  # Cai: 800
    known.away = {"ann": NOW + timedelta(days=1)}
    second = owners(run(rule, leads(2000), known))  # Cai reaches 900 after 250 of these
    known.away = {}
    third = owners(run(rule, leads(4000), known))

    assert first == {"ann": 2000, "bo": 1200, "cai": 800}
    assert abs(second["bo"] - 1900) <= 1
    assert first["cai"] + second["cai"] == 900
    assert third["cai"] == 0
    assert abs(third["ann"] - 2500) <= 1


def test_equal_shares_ignore_weights_and_catch_up_what_one_could_not_take() -> None:
    people = (
        replace(ANN, weight=9, facts={"region": "south"}),
        replace(BO, facts={"region": "north"}),
    )
    rule = a_rotation(method="equal", same={"region": "region"})
    known = facts(*people)

    run(rule, leads(6, region="north"), known)
    both = owners(run(a_rotation(method="equal"), leads(8), known))

    assert both == {"ann": 4, "bo": 4}


def test_fourteen_a_month_are_fourteen_and_never_rounded_to_none_a_day() -> None:
    rule = a_rotation(limits={"per_month": 14})
    known = facts(ANN)
    got = 0
    for day in range(20):
        known.now = NOW + timedelta(days=day)
        got += owners(run(rule, leads(1), known))["ann"]

    known.now = NOW + timedelta(days=31)
    assert got == 14
    assert owners(run(rule, leads(1), known)) == {"ann": 1}


def test_several_caps_hold_at_once_and_the_reason_names_the_one_that_is_reached() -> None:
    rule = a_rotation(limits={"per_hour": 2, "per_day": 3, "group": {"per_day": 7}})
    known = facts()

    first = run(rule, leads(8), known)
    known.now = NOW + timedelta(hours=1)
    second = run(rule, leads(3), known)

    assert owners(first) == {"ann": 2, "bo": 2, "cai": 2, None: 2}
    assert "has got 2 this hour" in first[-1].decisions[0].candidates[0].because.en
    assert owners(second) == {second[0].values["owner"]: 1, None: 2}
    assert "the group has got 7 today" in second[-1].decisions[0].candidates[0].because.en
    assert "该组今日已分配 7 条" in second[-1].decisions[0].candidates[0].because.zh


def test_who_was_away_gets_the_next_one_when_that_is_kept_for_them() -> None:
    rule = a_rotation(credit={"when_away": "keep_top"})
    known = facts()
    run(rule, leads(3), known)
    known.away = {"cai": NOW + timedelta(hours=1)}
    run(rule, leads(40), known)

    known.away = {}
    back = [draft.values["owner"] for draft in run(rule, leads(4), known)]

    assert back[0] == "cai"
    assert back.count("cai") <= 2


def test_who_was_away_catches_up_at_most_so_many_and_never_two_in_a_row() -> None:
    rule = a_rotation(credit={"when_away": "accrue", "most": 4})
    known = facts()
    known.away = {"cai": NOW + timedelta(hours=1)}
    run(rule, leads(300), known)

    known.away = {}
    back = [draft.values["owner"] for draft in run(rule, leads(24), known)]

    assert back.count("cai") in (11, 12, 13)  # 8 of 24 are theirs, and 4 were kept
    assert "cai cai" not in " ".join(back)


def test_who_was_away_is_not_flooded_when_nothing_is_kept() -> None:
    rule = a_rotation()
    known = facts()
    known.away = {"cai": NOW + timedelta(hours=1)}
    run(rule, leads(300), known)

    known.away = {}
    assert owners(run(rule, leads(9), known)) == {"ann": 3, "bo": 3, "cai": 3}


def test_a_newcomer_is_neither_flooded_nor_does_anybody_begin_anew() -> None:
    rule = a_rotation()
    known = facts(ANN, BO)
    run(rule, leads(101), known)

    known.groups = {"team:north": TEAM}
    assert owners(run(rule, leads(9), known)) == {"ann": 3, "bo": 3, "cai": 3}


def test_shares_begin_anew_when_the_rule_says_so() -> None:
    rule = a_rotation(on_member_change="reset")
    known = facts(ANN, BO)
    run(rule, leads(1), known)

    known.groups = {"team:north": TEAM}
    first = run(rule, leads(1), known)

    assert first[0].values["owner"] == "ann"


def test_only_people_in_their_working_hours_get_something() -> None:
    mornings = week_of({"mon": ["09:00-12:00"]})
    hours = {
        "ann": Calendar("day", "Asia/Shanghai", mornings),
        "bo": Calendar("day", "Europe/Berlin", mornings),
        "cai": Calendar("day", "Asia/Shanghai", mornings, holidays=frozenset({NOW.date()})),
    }
    known = facts(hours=hours)

    given_out = run(a_rotation(availability={"working_hours": True}), leads(2), known)

    assert owners(given_out) == {"ann": 2}
    reasons = {c.name: c.because for c in given_out[0].decisions[0].candidates}
    assert reasons["Bo"].en == "outside working hours"
    assert reasons["Cai"].zh == "非工作时间"


def test_only_people_at_their_desk_get_something() -> None:
    known = facts(seen=frozenset({"bo"}))

    given_out = run(a_rotation(availability={"seen_within": "30 minutes"}), leads(2), known)

    assert owners(given_out) == {"bo": 2}


def test_who_has_most_room_comes_next() -> None:
    known = facts(held={"ann": 8, "bo": 2, "cai": 5})

    given_out = run(a_rotation(method="most_available", limits={"holding": 10}), leads(4), known)

    assert [draft.values["owner"] for draft in given_out] == ["bo", "bo", "bo", "bo"]
    assert given_out[0].decisions[0].because.en.endswith("has most room, for 8 more")
    assert owners(run(a_rotation(method="most_available", limits={"holding": 10}), leads(16), known)) == {
        "ann": 2, "bo": 8, "cai": 5, None: 1,
    }  # fmt: skip


def test_a_lot_is_drawn_by_weight_and_the_same_again_in_a_dry_run() -> None:
    known = facts(replace(ANN, weight=3), BO)

    first = run(a_rotation(method="random"), leads(400), known)
    again = run(a_rotation(method="random"), leads(400), known)

    assert [d.values["owner"] for d in first] == [d.values["owner"] for d in again]
    assert 260 < owners(first)["ann"] < 340


def test_groups_of_leads_meet_groups_of_people_by_any_attribute_of_both() -> None:
    people = tuple(
        replace(person, facts={"id": person.id, "seniority": s, "skills": skills})
        for person, s, skills in zip(
            TEAM, ("senior", "junior", "senior"), (["erp"], ["erp"], ["crm"]), strict=True
        )
    )
    links = {"ann": {"team.region": "north"}, "cai": {"team.region": "north"}}
    known = facts(*people, links=links, held={"cai": 3})
    rule = a_rotation(
        among="person.seniority == 'senior' and person.team.region == region and person.load < 3 and 'erp' in person.skills"
    )

    given_out = run(rule, leads(3, region="north"), known)

    assert owners(given_out) == {"ann": 3}
    reasons = {c.name: c.because.en for c in given_out[0].decisions[0].candidates}
    assert reasons["Bo"] == "does not meet the entry's condition for people"
    assert owners(run(rule, leads(1, region="south"), known)) == {None: 1}


def test_entries_that_name_one_rotation_share_its_turns() -> None:
    turns = a_rule(rotation.KIND, {"of": {"team": "north"}, "method": "equal"}, code="turns")
    entries = [
        {"code": "big", "when": "budget >= 100", "to": {"rotation": "turns"}},
        {"code": "small", "to": {"rotation": "turns"}},
    ]
    rule = a_rule(assignment.KIND, {"entries": entries})
    known = facts(bodies={"turns": turns.body})

    mixed = [a_lead(str(n), name="x", budget=500 if n % 3 == 0 else 1) for n in range(30)]

    assert owners(run(rule, mixed, known)) == {"ann": 10, "bo": 10, "cai": 10}


def test_who_looks_after_the_customer_gets_the_lead_unless_they_are_away() -> None:
    entries = [{"to": {"owner_of": "customer.owner"}}, {"to": {"team": "north"}}]
    rule = a_rule(assignment.KIND, {"entries": entries})
    known = facts(ANN, BO)
    known.groups = {**known.groups, "user:cai": (CAI,)}
    lead = a_lead(name="x", customer="c").but(related={"customer.owner": "cai"})

    (theirs,) = run(rule, lead, known)
    known.away = {"cai": NOW + timedelta(days=3)}
    (anothers,) = run(rule, lead, known)

    assert theirs.values["owner"] == "cai"
    assert theirs.decisions[0].because.en.endswith("looks after it already")
    assert anothers.values["owner"] == "ann"
    assert "Cai" in {c.name for c in anothers.decisions[0].candidates}


def test_who_looks_after_the_customer_holds_no_more_than_the_limits_allow() -> None:
    entries = [{"to": {"owner_of": "customer.owner"}}, {"to": {"team": "north"}}]
    rule = a_rule(assignment.KIND, {"entries": entries, "limits": {"holding": 2, "per_day": 9}})
    known = facts(ANN, BO)
    known.groups = {**known.groups, "user:ann": (ANN,)}
    theirs = [
        a_lead(f"l{n}", name="x", customer="c").but(related={"customer.owner": "ann"})
        for n in range(3)
    ]

    given = run(rule, theirs, known)

    assert [draft.values["owner"] for draft in given] == ["ann", "ann", "bo"]
    assert "holds 2, the limit" in {c.because.en for c in given[2].decisions[0].candidates}


def test_a_ranking_gives_top_ranks_more_and_keeps_good_leads_for_them() -> None:
    ranks = {
        "ann": Standing(1, 9.0, 200, {"per_day": 0, "day": 2}),
        "": Standing(closed={"grade": ("good",)}),
    }
    known = facts(rankings={"stars": ranks})
    rule = a_rotation(ranking="stars", limits={"per_day": 3})

    good = run(rule, leads(1, grade="good"), known)
    rest = run(rule, leads(4, grade="poor"), known)
    more = run(rule, leads(9, grade="poor"), known)

    assert owners(good) == {"ann": 1}
    assert "no access to good by rank" in good[0].decisions[0].candidates[1].because.en
    assert owners(rest)["ann"] == 2
    assert owners(more)["ann"] + owners(rest)["ann"] + 1 == 5


def test_a_new_lead_waits_for_its_delay_and_is_given_away_then() -> None:
    rule = a_rule(assignment.KIND, {"entries": [{"to": {"team": "north"}}], "delay": "10 minutes"})
    known = facts()

    (fresh,) = run(rule, leads(1), known)
    (touched,) = run(rule, an_update({"created_at": NOW, "owner": None}, name="y"), known)

    assert fresh.values.get("owner") is None
    assert fresh.timers[0].due == NOW + timedelta(minutes=10)
    assert fresh.decisions[0].because.zh == "等待10 分钟后再分配"
    assert touched.values.get("owner") is None


def test_a_held_lead_has_a_deadline_and_leaves_the_queue_when_somebody_takes_it() -> None:
    held = {"for": "4 hours", "then": {"pool": "public_pool"}}
    rule = a_rule(
        assignment.KIND, {"entries": [{"to": {"team": "north"}}], "fallback": {"hold": held}}
    )
    nobody = facts(replace(ANN, active=False))

    (waits,) = run(rule, leads(1), nobody)
    (still,) = run(rule, an_update({"owner": None}, name="y"), nobody)
    (taken,) = run(rule, an_update({"owner": None}, name="y"), facts())

    assert [(t.kind, t.due) for t in waits.timers] == [("hold", NOW + timedelta(hours=4))]
    assert still.timers == ()
    assert taken.values["owner"] == "ann"
    assert [(t.kind, t.due) for t in taken.timers] == [("hold", None), ("delay", None)]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"method": "most_available"}, "entries.0.method"),
        ({"among": "person.heigth > 3"}, "entries.0.among"),
        (
            {"availability": {"seen_within": "2 working hours"}},
            "entries.0.availability.seen_within",
        ),
    ],
)
def test_what_cannot_work_is_reported_where_it_stands(settings: dict, path: str) -> None:
    problems = problems_of(assignment.KIND, {"entries": [{"to": {"team": "north"}, **settings}]})

    assert [problem.path for problem in problems] == [path]
