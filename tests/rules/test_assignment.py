"""Assignment: who gets a lead, and why not somebody else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldstone.rules.assignment import KIND, MADE
from fieldstone.rules.contract import Person
from tests.rules.support import NOW, FakeFacts, a_lead, a_rule, an_update, problems_of, run

ANN, BO, CAI = Person("ann", "Ann"), Person("bo", "Bo"), Person("cai", "Cai")
TEAM = (ANN, BO, CAI)
NORTH = {"entries": [{"to": {"team": "north"}}]}


def facts(**more: object) -> FakeFacts:
    return FakeFacts(groups={"team:north": TEAM, "team:south": (CAI,)}, **more)  # type: ignore[arg-type]


def leads(count: int) -> list:
    return [a_lead(f"lead-{n}", name="x", region="north") for n in range(count)]


def owners(drafts: object) -> Counter:
    return Counter(draft.values.get("owner") for draft in drafts)  # type: ignore[attr-defined]


def test_a_batch_is_shared_in_turn_and_the_next_batch_goes_on_from_there() -> None:
    known = facts()
    rule = a_rule(KIND, NORTH)

    first = run(rule, leads(4), known)
    second = run(rule, leads(2), known)

    assert [draft.values["owner"] for draft in first] == ["ann", "bo", "cai", "ann"]
    assert [draft.values["owner"] for draft in second] == ["bo", "cai"]


def test_five_thousand_rows_of_one_import_stay_fair_and_ask_little() -> None:
    known = facts()

    given = run(a_rule(KIND, NORTH), leads(5000), known)

    assert max(owners(given).values()) - min(owners(given).values()) <= 1
    assert known.asked["turns"] == known.asked["keep_turns"] == 1
    assert sum(len(draft.effects) for draft in given) == 3  # one message per person, not per row


def test_the_least_loaded_member_gets_the_next_lead() -> None:
    known = facts(held={"ann": 5, "bo": 2, "cai": 4})
    rule = a_rule(KIND, {"entries": [{"to": {"team": "north"}, "method": "least_loaded"}]})

    given = run(rule, leads(4), known)

    assert [draft.values["owner"] for draft in given] == ["bo", "bo", "bo", "cai"]
    assert "the fewest" in given[0].decisions[0].because.en
    assert "最少" in given[0].decisions[0].because.zh


def test_weights_share_a_round_evenly_spread() -> None:
    known = FakeFacts(groups={"team:north": (Person("ann", "Ann", 3), BO)})
    rule = a_rule(KIND, {"entries": [{"to": {"team": "north"}, "method": "weighted"}]})

    assert owners(run(rule, leads(8), known)) == {"ann": 6, "bo": 2}


def test_absent_and_inactive_members_are_skipped_and_that_is_said() -> None:
    away = Person("ann", "Ann", absent_until=NOW + timedelta(days=2))
    gone = Person("bo", "Bo", active=False)
    known = FakeFacts(groups={"team:north": (away, gone, CAI)})

    (given,) = run(a_rule(KIND, NORTH), leads(1), known)

    assert given.values["owner"] == "cai"
    because = {c.name: c.because for c in given.decisions[0].candidates}
    assert because["Ann"].en == "absent until 2026-03-04"
    assert because["Ann"].zh == "请假至 2026-03-04"
    assert because["Bo"].en == "no longer active"
    assert [c.chosen for c in given.decisions[0].candidates] == [True, False, False]


def test_a_member_of_weight_zero_gets_nothing_automatically() -> None:
    known = FakeFacts(groups={"team:north": (Person("ann", "Ann", 0), BO)})

    for method in ("round_robin", "least_loaded", "weighted"):
        rule = a_rule(KIND, {"entries": [{"to": {"team": "north"}, "method": method}]})
        assert owners(run(rule, leads(3), known)) == {"bo": 3}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.sampled_from([(1, 1, 1), (3, 2, 1)]))
def test_however_the_leads_arrive_everybody_gets_the_share_of_their_weight(
    batches: list[int], weights: tuple[int, ...]
) -> None:
    people = tuple(Person(name, name, weight) for name, weight in zip("abc", weights, strict=True))
    known = FakeFacts(groups={"team:north": people})
    rule = a_rule(KIND, {"entries": [{"to": {"team": "north"}, "method": "weighted"}]})

    got = sum((owners(run(rule, leads(size), known)) for size in batches), Counter())

    whole = sum(batches)
    for person in people:
        assert abs(got[person.id] - whole * person.weight / sum(weights)) < 1


def test_a_daily_cap_counts_what_this_batch_gave_too() -> None:
    known = facts()
    rule = a_rule(KIND, {**NORTH, "limits": {"per_day": 2}, "fallback": {"pool": "public_pool"}})

    run(rule, leads(1), known)
    given = run(rule, leads(7), known)

    assert owners(given) == {"ann": 1, "bo": 2, "cai": 2, None: 2}
    assert [draft.values.get("pool") for draft in given[-2:]] == ["public_pool", "public_pool"]
    assert "has got 2 today" in given[-1].decisions[0].candidates[0].because.en


def test_a_holding_limit_is_kept() -> None:
    known = facts(held={"ann": 10, "bo": 9, "cai": 10})
    rule = a_rule(KIND, {**NORTH, "limits": {"holding": 10}})

    given = run(rule, leads(2), known)

    assert [draft.values.get("owner") for draft in given] == ["bo", None]
    assert given[1].decisions[0].because.en == "held: nobody of the entries can take it"


def test_the_first_entry_that_fits_and_has_somebody_free_takes_the_lead() -> None:
    known = FakeFacts(
        groups={"team:north": (Person("ann", "Ann", active=False),), "team:south": (CAI,)}
    )
    entries = [
        {
            "when": "region == 'north'",
            "to": {"team": "north"},
            "label": {"en": "North", "zh": "北区"},
        },
        {"to": {"team": "south"}, "label": {"en": "Everybody", "zh": "全员"}},
    ]

    (given,) = run(a_rule(KIND, {"entries": entries}), leads(1), known)

    assert given.values["owner"] == "cai"
    assert given.decisions[0].because.zh.startswith("Cai（全员）")
    assert {c.name for c in given.decisions[0].candidates} == {"Ann", "Cai"}


def test_only_people_of_the_same_region_get_it() -> None:
    people = (
        Person("ann", "Ann", facts={"region": "south"}),
        Person("bo", "Bo", facts={"region": "north"}),
    )
    rule = a_rule(KIND, {"entries": [{"to": {"team": "north"}, "same": {"region": "region"}}]})

    given = run(rule, leads(3), FakeFacts(groups={"team:north": people}))

    assert owners(given) == {"bo": 3}


def test_an_owned_or_pooled_lead_is_left_alone() -> None:
    rule = a_rule(KIND, NORTH)
    pooled = an_update({"owner": None, "pool": "public_pool"}, name="new")

    given = run(rule, [a_lead("a", owner="bo"), pooled], facts())

    assert [draft.decisions for draft in given] == [(), ()]


def test_the_person_who_lost_it_does_not_get_it_back() -> None:
    taken = an_update({"owner": "ann", "region": "north"}, owner=None)

    (given,) = run(a_rule(KIND, NORTH), taken, facts())

    assert given.values["owner"] == "bo"


def test_without_a_fitting_entry_the_fallback_says_so() -> None:
    entries = [{"when": "region == 'moon'", "to": {"team": "north"}}]
    rule = a_rule(KIND, {"entries": entries, "fallback": {"pool": "public_pool"}})

    (given,) = run(rule, leads(1), facts())

    assert given.values == {"name": "x", "region": "north", "pool": "public_pool"}
    assert given.decisions[0].because.en == "to public_pool: no entry fits"


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({"to": {"role": "nobody"}}, "entries.0.to.role"),
        ({"to": {"team": "x"}, "when": "regin == 'a'"}, "entries.0.when"),
        ({"to": {"team": "x"}, "same": {"region": "regin"}}, "entries.0.same.region"),
    ],
)
def test_a_wrong_entry_is_reported_where_it_stands(entry: dict, path: str) -> None:
    problems = problems_of(KIND, {"entries": [entry]}, frozenset({"nobody"}))

    assert [problem.path for problem in problems] == [path]


def test_whoever_enters_a_lead_may_keep_it() -> None:
    entries = [{"when": "user.role('sales')", "to": {"creator": True}}, {"to": {"team": "north"}}]
    rule = a_rule(KIND, {"entries": entries})
    seller = facts(user={"id": "dora", "name": "Dora"}, roles=frozenset({"sales"}))

    (own,) = run(rule, leads(1), seller)
    (posted,) = run(rule, leads(1), facts())

    assert own.values["owner"] == "dora"
    assert own.decisions[0].because.zh == "由Dora录入"
    assert own.effects == ()
    assert posted.values["owner"] == "ann"


@pytest.mark.parametrize(("convert", "owner"), [(True, "ann"), (False, "dan")])
def test_what_a_conversion_makes_is_shared_only_by_a_rule_that_says_so(
    convert: bool, owner: str
) -> None:
    made = a_lead("lead-1", name="x", region="north", owner="dan")
    made = made.but(change=replace(made.change, asks={MADE: True}))

    (given,) = run(a_rule(KIND, {**NORTH, "convert": convert}), [made], facts())

    assert given.row["owner"] == owner


def test_what_a_conversion_makes_stays_with_its_owner_when_nobody_can_take_it() -> None:
    made = a_lead("lead-1", name="x", region="north", owner="dan")
    made = made.but(change=replace(made.change, asks={MADE: True}))
    nobody = FakeFacts(groups={"team:north": ()})

    (given,) = run(a_rule(KIND, {**NORTH, "convert": True}), [made], nobody)

    assert given.row["owner"] == "dan"
    assert not given.timers
