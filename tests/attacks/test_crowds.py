"""Many at once, through the doors, on both databases: nobody gets too much, and nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from fieldstone.actions.claim import ACTION as CLAIM
from fieldstone.actions.contract import Call
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Actor, Change, Operation, Outcome
from fieldstone.reads.door import Reads
from fieldstone.storage.counters import fs_grant
from tests.actions.acting import with_rules
from tests.company import Company
from tests.invariants import breaches

CROWD = 50
RACERS = 8


def at_once(work: Callable[[int], object], racers: int = RACERS) -> list[object]:
    """Let all begin at the same moment."""
    gate = threading.Barrier(racers)

    def begin(racer: int) -> object:
        gate.wait()
        return work(racer)

    with ThreadPoolExecutor(racers) as pool:
        return list(pool.map(begin, range(racers)))


def whole(company: Company) -> bool:
    """Tell that nothing is broken, by saying what is."""
    assert breaches(company.storage, company.model) == []
    return True


def people_of_the_pool(company: Company, many: int) -> list[Actor]:
    """Make salespeople of the north team."""
    made = company.submit(
        *(
            Change(
                "user",
                Operation.CREATE,
                {"name": f"P{n}", "email": f"p{n}@x.example", "roles": ["sales"]}
                | {"team": company.ids["north"]},
            )
            for n in range(many)
        )
    )
    return [replace(company.people["li"], id=str(one.record_id), facts=one.record) for one in made]


def pooled_leads(company: Company, many: int) -> list[str]:
    """Make leads that lie in the public pool."""
    made = company.submit(
        *(
            Change(
                "lead",
                Operation.CREATE,
                {"name": f"L{n}", "channel": company.ids["website"], "owner": None}
                | {"pool": "public_pool"},
                trusted=True,
                skip_rules=True,
            )
            for n in range(many)
        )
    )
    assert not any(one.problems for one in made)
    return [str(one.record_id) for one in made]


def claim(company: Company, person: Actor, lead: str) -> str:
    """Claim; return "" or the code of the refusal."""
    ctx = replace(company.context("li"), actor=person)
    reads = Reads(company.storage)
    call = Call(ctx, company.model, "lead", lead, {}, reads, company.writes)
    try:
        CLAIM.run(call)
    except RefusedError as refused:
        return refused.problems[0].code
    return ""


def spent(company: Company, person: Actor) -> int:
    """Return what a person was charged for claims, in whatever ledger."""
    asked = select(fs_grant.c.count).where(
        fs_grant.c.subject == person.id, fs_grant.c.rule == "lead_claim"
    )
    with company.storage.looking() as connection:
        return sum(count for (count,) in connection.execute(asked))


def held(company: Company, person: Actor) -> int:
    """Return how many leads a person owns."""
    return [row["owner"] for row in company.storage_rows("lead").values()].count(person.id)


def test_of_fifty_who_claim_one_lead_one_gets_it_and_the_others_spend_nothing(
    company: Company,
) -> None:
    people, (lead,) = people_of_the_pool(company, CROWD), pooled_leads(company, 1)

    told = at_once(lambda n: claim(company, people[n], lead), CROWD)

    assert Counter(told) == {"": 1, "already_claimed": CROWD - 1}
    winner = people[told.index("")]
    assert company.row("lead", lead)["owner"] == winner.id
    assert [spent(company, one) for one in people if one is not winner] == [0] * (CROWD - 1)
    assert spent(company, winner) == 1
    assert whole(company)


def test_one_person_in_a_hurry_gets_what_the_day_allows_and_no_more(company: Company) -> None:
    (person,), leads = people_of_the_pool(company, 1), pooled_leads(company, 32)

    def take_four(racer: int) -> list[str]:
        return [claim(company, person, lead) for lead in leads[racer * 4 : racer * 4 + 4]]

    told = Counter(code for some in at_once(take_four) for code in some)  # type: ignore[attr-defined]

    assert told == {"": 20, "claim_quota": 12}
    assert spent(company, person) == held(company, person) == 20
    assert whole(company)


def test_nobody_holds_more_than_the_limit_however_many_claims_come_together(
    company: Company,
) -> None:
    (person,), leads = people_of_the_pool(company, 1), pooled_leads(company, 106)
    company.submit(
        *(
            Change("lead", Operation.UPDATE, {"owner": person.id, "pool": None}, lead, trusted=True)
            for lead in leads[:98]
        )
    )

    told = Counter(at_once(lambda n: claim(company, person, leads[98 + n])))

    assert told == {"": 2, "holding_limit": 6}
    assert spent(company, person) == 2
    assert held(company, person) == 100
    assert whole(company)


def test_of_several_who_create_one_external_id_one_does(company: Company) -> None:
    def create(racer: int) -> Outcome:
        return company.create(
            "lead", name=f"R{racer}", channel=company.ids["website"], external_id="X-1"
        )

    made = at_once(create)

    assert sorted(one.status for one in made) == [201] + [422] * 7  # type: ignore[attr-defined]
    assert whole(company)


def test_of_several_who_create_the_same_phone_all_but_the_first_are_seen_as_duplicates(
    company: Company,
) -> None:
    def create(racer: int) -> Outcome:
        return company.create(
            "lead", name=f"R{racer}", channel=company.ids["website"], mobile="13800138000"
        )

    made = at_once(create)

    kinds = [[d.kind for d in one.decisions].count("duplicate") for one in made]  # type: ignore[attr-defined]
    assert sorted(kinds) == [0] + [1] * 7


def test_of_several_who_create_one_person_written_in_several_ways_the_others_join_the_first(
    company: Company,
) -> None:
    linking = with_rules(company, "rules: {lead_duplicate: {action: link, suspected: link}}")
    # No key of theirs is equal: only how the name sounds and how the company begins.
    names, ends = ("张伟", "张玮"), "一二三四五六七八"

    def create(racer: int) -> Outcome:
        given = {"name": names[racer % 2], "company": f"精信软件科技集团{ends[racer]}"}
        return linking.create("lead", channel=company.ids["website"], **given)

    made = at_once(create)

    assert len({one.record_id for one in made}) == 1  # type: ignore[attr-defined]
    assert sorted(one.status for one in made) == [200] * 7 + [201]  # type: ignore[attr-defined]
    assert len(company.storage_rows("lead")) == 1


def test_no_change_made_with_an_etag_is_lost(company: Company) -> None:
    product = str(company.create("product", name="Pump", price="0").record_id)

    def add_five(_: int) -> int:
        refused = 0
        for _turn in range(5):
            while True:
                row = company.row("product", product)
                change = Change(
                    "product",
                    Operation.UPDATE,
                    {"price": str(row["price"] + 1)},  # type: ignore[operator]
                    product,
                    expected_version=int(str(row["version"])),
                )
                (outcome,) = company.submit(change)
                if not outcome.refused:
                    break
                assert outcome.status == 412, outcome.problems
                refused += 1
        return refused

    at_once(add_five, 4)

    assert company.row("product", product)["price"] == 20
    assert whole(company)


def test_numbers_have_no_gap_when_some_of_many_are_refused(company: Company) -> None:
    def create(racer: int) -> list[int]:
        return [
            company.create("opportunity", name=f"D{racer}" if turn % 2 else None).status
            for turn in range(6)
        ]

    at_once(create)

    assert len(company.storage_rows("opportunity")) == RACERS * 3
    assert whole(company)


def test_counts_are_true_when_many_add_move_delete_and_restore_what_is_counted(
    company: Company,
) -> None:
    leads = pooled_leads(company, 3)

    def work(racer: int) -> None:
        for turn in range(3):
            lead = leads[(racer + turn) % 3]
            call = company.create("activity", kind="call", subject="x", lead=lead).record_id
            assert not company.update("activity", call, lead=leads[(racer + turn + 1) % 3]).problems
            assert not company.delete("activity", call).problems
            back = Change("activity", Operation.RESTORE, {}, call)
            if turn:
                assert not company.submit(back)[0].problems

    at_once(work)

    assert whole(company)


def test_batches_that_touch_the_same_records_in_opposite_orders_all_succeed(
    company: Company,
) -> None:
    leads = pooled_leads(company, 12)

    def write(racer: int) -> list[str]:
        mine = leads if racer % 2 else leads[::-1]
        told = []
        for turn in range(3):
            changes = [
                Change("lead", Operation.UPDATE, {"need": f"{racer}.{turn}"}, lead) for lead in mine
            ]
            told += [p.code for one in company.submit(*changes) for p in one.problems]
        return told

    told = at_once(write)

    assert told == [[]] * RACERS
    assert whole(company)


@pytest.mark.parametrize("turn", range(2))
def test_who_claims_while_somebody_assigns_ends_with_one_owner(company: Company, turn: int) -> None:
    people, leads = people_of_the_pool(company, RACERS), pooled_leads(company, 4)

    def take(racer: int) -> object:
        lead = leads[racer % 4]
        if racer % 2 == turn:
            return claim(company, people[racer], lead)
        return company.update("lead", lead, owner=people[racer].id).status

    at_once(take)

    assert whole(company)
