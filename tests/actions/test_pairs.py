"""Pairs that may be the same are found, shown to who may see both, decided once, and follow merges."""

from __future__ import annotations

import pytest

from fieldstone.actions.merging.finding import Finding, Stand, search_of
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.door import Reads
from fieldstone.reads.pairs import PairPage, PairQuery
from fieldstone.storage.suspects import APART, SuspectedPair
from tests.actions.acting import act
from tests.company import Company


def a_lead(site: Company, who: str = "li", /, **values: object) -> str:
    """Enter a lead as a person does, duplicates checked."""
    given = {"channel": site.ids["website"], **values}
    change = Change(
        "lead", Operation.CREATE, {"owner": site.ids[who], **given}, allow_duplicate=True
    )
    (outcome,) = site.submit(change, who="admin")
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)


def pairs(company: Company, who: str = "admin", state: str = "open") -> PairPage:
    reads = Reads(company.storage)
    return reads.pairs(company.context(who), company.model, "lead", PairQuery(state))


def found(company: Company) -> Stand:
    finding, stand = Finding(search_of(company.model, "lead")), Stand()
    while not stand.done:
        with company.storage.transaction(
            company.storage.use(company.model), company.context()
        ) as tx:
            stand = finding.step(tx, stand)
    return stand


def forget(company: Company) -> None:
    with company.storage.connection() as connection:
        connection.exec_driver_sql("DELETE FROM fs_suspect")


def the_pair(company: Company) -> SuspectedPair:
    (pair,) = pairs(company).pairs
    return pair


def test_a_lead_that_sounds_like_another_waits_to_be_compared(company: Company) -> None:
    first = a_lead(company, name="张伟", company="静新软件有限公司")
    second = a_lead(company, name="张玮", company="静新软件")

    pair = the_pair(company)

    assert (pair.record, pair.other, pair.score) == (second, first, 96)
    assert pair.fields == ("company", "name")


def test_the_search_finds_what_was_there_before_the_rule(company: Company) -> None:
    first = a_lead(company, name="张伟", company="静新软件", mobile="13800138000")
    second = a_lead(company, name="张玮", company="静新软件")
    a_lead(company, name="李雷", company="西湖科技")
    customer = company.create("customer", name="西湖科技有限公司").record_id
    forget(company)
    with company.storage.connection() as connection:
        connection.exec_driver_sql("DELETE FROM fs_match_key")

    stand = found(company)

    found_pairs = {(one.record, one.other): one.score for one in pairs(company).pairs}
    assert found_pairs[second, first] == 96
    assert customer in {other for _, other in found_pairs}
    assert stand.found == len(found_pairs) == 2
    assert found(company).found == 2
    assert pairs(company).total == 2


def test_a_decided_pair_is_not_asked_about_again(company: Company) -> None:
    a_lead(company, name="张伟", company="静新软件")
    a_lead(company, name="张玮", company="静新软件")
    pair = the_pair(company)
    with company.writes.unit(company.context("admin"), company.model) as unit:
        unit.transaction.suspects.decide(pair.id, APART, company.ids["admin"])

    found(company)

    assert pairs(company).total == 0
    assert pairs(company, state="apart").pairs[0].decided_by == company.ids["admin"]


def test_a_pair_is_shown_to_who_may_see_both_records(company: Company) -> None:
    a_lead(company, "li", name="张伟", company="静新软件")
    a_lead(company, "wang", name="张玮", company="静新软件")

    assert pairs(company, "admin").total == 1
    assert pairs(company, "li").total == 0
    assert (
        Reads(company.storage).pair(company.context("li"), company.model, the_pair(company).id)
        is None
    )


def test_a_merge_settles_its_pair_and_an_undo_opens_it_again(company: Company) -> None:
    first = a_lead(company, name="张伟", company="静新软件")
    second = a_lead(company, name="张玮", company="静新软件")
    third = a_lead(company, name="章伟", company="静新软件")
    assert pairs(company).total == 3

    act(company, "admin", "merge", first, **{"with": second})
    assert {(one.record, one.other) for one in pairs(company).pairs} == {(third, first)}
    assert pairs(company, state="merged").total == 2
    act(company, "admin", "unmerge", first)

    assert pairs(company).total == 3


def test_a_number_of_a_merged_lead_still_finds_the_lead_it_is_part_of(company: Company) -> None:
    first = a_lead(company, name="张伟", mobile="13800138000")
    second = a_lead(company, name="李雷", mobile="13900139000")
    act(company, "admin", "merge", first, **{"with": second})
    third = a_lead(company, name="韩梅梅", mobile="13900139000")

    assert {(one.record, one.other) for one in pairs(company).pairs} == {(third, first)}


def test_an_object_without_a_rule_cannot_be_searched(company: Company) -> None:
    with pytest.raises(RefusedError) as refused:
        search_of(company.model, "product")
    assert "lead" in refused.value.problems[0].cure
