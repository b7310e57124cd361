"""Records are compared field by field; what is alike is suspected, and what is equal is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fieldstone.rules.contract import Found, Neighbour
from fieldstone.rules.duplicate import KIND as DUPLICATE
from fieldstone.rules.duplicate_check import Duplicate
from fieldstone.rules.likeness import METHODS, likeness
from fieldstone.rules.matching import KIND
from fieldstone.rules.matching_body import Matching
from tests.rules.support import FakeFacts, a_lead, a_rule, an_update, problems_of, run

RAW: dict[str, Any] = {
    "fields": {
        "mobile": {"weight": 50},
        "email": {"weight": 50},
        "name": {"weight": 20, "method": "sound", "threshold": 80},
        "company": {"weight": 25, "as": "company", "method": "ratio", "threshold": 80},
    },
    "against": {"customer": {"mobile": "phone", "company": "name"}},
    "blocks": ["mobile", {"fields": ["name", "company"], "as": ["sound", "start"]}],
    "suspect": 70,
    "same": 98,
    "evidence": 45,
}
BLOCK = "sound+start:name+company"


def matching(**more: object) -> Matching:
    body = a_rule(KIND, {**RAW, **more}).body
    assert isinstance(body, Matching)
    return body


def alike(one: dict[str, Any], other: dict[str, Any], **more: object) -> int:
    body = matching(**more)
    return body.alike(body.plain("lead", one), body.plain("lead", other)).score


def test_the_same_phone_and_a_name_that_sounds_the_same_are_alike_by_98_percent() -> None:
    assert alike({"mobile": "138", "name": "张伟"}, {"mobile": "138", "name": "张玮"}) == 98


def test_two_people_are_not_the_same_for_being_called_the_same() -> None:
    assert alike({"name": "王伟"}, {"name": "王伟"}) == 0
    assert alike({"name": "王伟", "company": "A"}, {"name": "王伟", "company": "A"}) == 100


def test_a_field_below_its_threshold_differs_wholly() -> None:
    one, other = {"mobile": "1", "name": "李雷"}, {"mobile": "1", "name": "韩梅梅"}

    assert alike(one, other) == round(100 * 50 / 70)


@pytest.mark.parametrize(("blank", "score"), [("ignore", 100), ("differs", 71), ("agrees", 100)])
def test_an_empty_field_says_what_the_rule_says(blank: str, score: int) -> None:
    fields = {"mobile": {"weight": 50}, "name": {"weight": 20, "blank": blank}}

    assert alike({"mobile": "1", "name": "A"}, {"mobile": "1"}, fields=fields, against={}) == score


@pytest.mark.parametrize(
    ("method", "one", "other", "least"),
    [
        ("ratio", "杭州西湖科技", "杭州西湖软件科技", 80),
        ("partial", "acme", "acme holding", 100),
        ("words", "zhang wei", "wei zhang", 100),
        ("word_set", "acme trading", "acme trading shanghai", 100),
        ("jaro_winkler", "martha", "marhta", 95),
        ("sound", "张伟", "章玮", 90),
        ("exact", "a", "a", 100),
    ],
)
def test_each_method_finds_what_it_is_made_for(
    method: str, one: str, other: str, least: int
) -> None:
    assert method in METHODS
    assert least <= likeness(method, one, other) <= 100
    assert likeness(method, one, "完全不同的一句话") < 60


def facts(**values: object) -> FakeFacts:
    found = Found("lead", "old", "张玮", "mei", "open")
    neighbour = Neighbour(found, values)
    near = {("lead", BLOCK, "zhangwei\x1f静新软件"): (neighbour,)}
    return FakeFacts(near=near, bodies={"m": matching()})


def duplicate(**more: object) -> Any:
    raw = {"keys": {"mobile": "mobile"}, "against": {"lead": {}}, "matching": "m", **more}
    return a_rule(DUPLICATE, raw)


def test_a_lead_that_is_only_alike_is_queued_without_a_word() -> None:
    lead = a_lead(name="张伟", company="静新软件有限公司", need="x")

    (draft,) = run(duplicate(), lead, facts(name="张玮", company="静新软件"))

    assert draft.warnings == ()
    ((rule, suspect),) = draft.suspects
    assert (rule, suspect.record_id, suspect.score) == ("r", "old", 96)
    assert suspect.fields == ("company", "name")
    assert draft.decisions[0].because.en == "Lead 张** looks the same (Company, Name, 96%)"


def test_what_the_matching_is_sure_of_is_treated_like_an_equal_key() -> None:
    lead = a_lead(name="张玮", company="静新软件")

    (draft,) = run(duplicate(action="block"), lead, facts(name="张玮", company="静新软件"))

    assert draft.refused
    assert draft.suspects == ()


def test_a_merge_takes_the_new_lead_over_into_the_old_one() -> None:
    known = replace(
        facts(name="张玮", company="静新软件"),
        kept={"old": {"name": "张玮", "company": "静新软件", "need": None}},
    )
    lead = a_lead(name="张玮", company="静新软件", need="Seats")

    (draft,) = run(duplicate(action="merge"), lead, known)

    assert draft.attached_to == "old"
    (change,) = draft.follow
    assert (change.record_id, change.values) == ("old", {"need": "Seats"})


def test_what_happens_depends_on_the_state_of_the_record_found() -> None:
    rule = duplicate(action="block", by_state={"won": "alert", "deleted": "alert"})
    won = Found("lead", "old", "张玮", None, "won")
    binned = Found("lead", "old", "张玮", None, "deleted")

    for found in (won, binned):
        known = FakeFacts(holders={("lead", "phone:mobile", "138"): (found,)})
        (draft,) = run(replace(rule, body=counting(rule.body)), a_lead(mobile="138"), known)
        assert not draft.refused
        assert draft.warnings
    (draft,) = run(rule, a_lead(mobile="138"), known)
    assert draft.decisions == ()


def counting(body: Any) -> Duplicate:
    counted: Duplicate = replace(body, counts=frozenset({"open", "won", "deleted"}))
    return counted


def test_only_named_roles_may_add_anyway() -> None:
    rule = duplicate(action="block", may_override=["sales_manager"])
    known = FakeFacts(
        holders={("lead", "phone:mobile", "138"): (Found("lead", "old", "A", None, "open"),)}
    )
    lead = a_lead(mobile="138")
    anyway = replace(lead, change=replace(lead.change, allow_duplicate=True))

    (seller,) = run(rule, anyway, replace(known, roles=frozenset({"sales"})))
    (manager,) = run(rule, anyway, replace(known, roles=frozenset({"sales_manager"})))

    assert seller.refused
    assert "add anyway" not in seller.problems[0].cure
    assert not manager.refused
    assert manager.suspects


def test_names_are_hidden_where_the_rule_says_so() -> None:
    known = FakeFacts(
        holders={("lead", "phone:mobile", "138"): (Found("lead", "old", "王伟", None, "open"),)}
    )

    (draft,) = run(duplicate(names="hidden"), a_lead(mobile="138"), known)

    assert "王" not in str((draft.warnings, draft.decisions))


def test_rows_of_one_batch_that_are_alike_are_suspected() -> None:
    first, second, other = run(
        duplicate(),
        [
            a_lead("a", name="张伟", company="静新软件"),
            a_lead("b", name="章玮", company="静新软件有限公司"),
            a_lead("c", name="李雷", company="西湖科技"),
        ],
        FakeFacts(bodies={"m": matching()}),
    )

    assert first.suspects == other.suspects == ()
    assert second.suspects[0][1].record_id == "a"


def test_an_update_is_compared_when_it_changes_a_compared_field_and_never_by_a_merge() -> None:
    before = {"name": "张伟", "company": "静新软件"}
    known = facts(name="张玮", company="静新软件")

    (same,) = run(duplicate(), an_update(before, need="x"), known)
    (changed,) = run(duplicate(), an_update(before, name="章玮"), known)
    merging = an_update(before, name="章玮")
    merging = merging.but(change=replace(merging.change, action="merge"))
    (merged,) = run(duplicate(), merging, known)

    assert (len(same.suspects), len(changed.suspects), len(merged.suspects)) == (0, 1, 0)


def test_the_batch_asks_for_all_its_neighbours_at_once() -> None:
    known = facts(name="张玮", company="静新软件")
    run(duplicate(), [a_lead(str(n), name="张伟", company="静新软件") for n in range(50)], known)

    assert known.asked["neighbours"] == 1


def test_mistakes_in_yaml_are_named() -> None:
    bad = {**RAW, "suspect": 90, "same": 80, "fields": {"nmae": None}}
    assert {one.code for one in problems_of(KIND, bad)} == {"empty_range", "unknown_field"}
    wrong = {**RAW, "blocks": [{"fields": ["name", "company"], "as": ["sound"]}]}
    assert [one.code for one in problems_of(KIND, wrong)] == ["key_length"]
