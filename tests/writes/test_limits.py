"""Whatever makes somebody the owner of a record, the limits have the last word; on both databases."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Operation, Outcome
from fieldstone.reads.door import Reads
from tests.actions.acting import a_lead, act, in_the_pool, refusal, with_rules
from tests.company import Company

TIGHT = """
rules:
  lead_holding:
    limits:
      - {user: wang@example.com, most: 2}
      - {role: sales, most: 3}
      - {all: true, most: 1}
  lead_assignment: {enabled: false}
"""


@pytest.fixture
def tight(company: Company) -> Company:
    return with_rules(company, TIGHT)


def codes(*outcomes: Outcome) -> list[str]:
    return [outcome.problems[0].code if outcome.problems else "done" for outcome in outcomes]


def new_lead(company: Company, number: int, **values: object) -> Change:
    given = {
        "name": f"新{number}",
        "mobile": f"1370000{number:04}",
        "channel": company.ids["website"],
    }
    return Change("lead", Operation.CREATE, {**given, **values})


def held_by(company: Company, who: str) -> int:
    rows = company.storage_rows("lead").values()
    return sum(row["owner"] == company.ids[who] and not row["deleted_at"] for row in rows)


def test_the_nearest_limit_counts_person_before_role_before_all(tight: Company) -> None:
    leads = in_the_pool(tight, 7)

    for lead in leads[:2]:
        act(tight, "wang", "claim", lead)
    for lead in leads[3:6]:
        act(tight, "li", "claim", lead)

    assert refusal(tight, "wang", "claim", leads[2])[1].code == "holding_limit"
    assert refusal(tight, "li", "claim", leads[6])[1].code == "holding_limit"
    assert "Wang holds 2 of at most 2" in refusal(tight, "wang", "claim", leads[2])[1].message


def test_a_refused_claim_spends_no_quota(tight: Company) -> None:
    leads = in_the_pool(tight, 3)
    for lead in leads[:2]:
        act(tight, "wang", "claim", lead)
    refusal(tight, "wang", "claim", leads[2])

    claiming = Reads(tight.storage).claiming(
        tight.context("wang"), tight.model, "public_pool", "lead"
    )
    assert {one.quota.counts: one.used for one in claiming.allowances}["claims"] == 2


def test_assigning_and_transferring_meet_the_limit(tight: Company) -> None:
    free = [a_lead(tight, owner=None) for _ in range(2)]
    mine = a_lead(tight, owner="li")
    for lead in free:
        act(tight, "admin", "assign", lead, owner=tight.ids["wang"])

    status, problem = refusal(tight, "admin", "assign", mine, owner=tight.ids["wang"])

    assert (status, problem.code) == (422, "holding_limit")
    assert tight.row("lead", mine)["owner"] == tight.ids["li"]


def test_a_change_of_owner_over_the_api_meets_the_limit(tight: Company) -> None:
    for _ in range(2):
        a_lead(tight, owner="wang")
    mine = a_lead(tight, owner="li")

    refused = tight.update("lead", mine, owner=tight.ids["wang"])

    assert codes(refused) == ["holding_limit"]


def test_whoever_holds_far_too_many_stays_full_while_some_leave(company: Company) -> None:
    leads = [a_lead(company, owner="wang") for _ in range(7)]
    free = a_lead(company, owner="mei")
    lowered = with_rules(
        company, TIGHT.replace("{all: true, most: 1}", "{role: sales_manager, most: 9}")
    )
    leaving = [
        Change("lead", Operation.UPDATE, {"owner": lowered.ids["mei"]}, lead) for lead in leads[:3]
    ]
    coming = Change("lead", Operation.UPDATE, {"owner": lowered.ids["wang"]}, free)

    made = lowered.submit(*leaving, coming)

    assert codes(*made) == ["done", "done", "done", "holding_limit"]
    assert "Wang holds more than the 2 allowed" in made[3].problems[0].message


def test_new_records_for_somebody_full_are_refused_one_by_one(tight: Company) -> None:
    made = tight.submit(*(new_lead(tight, n, owner=tight.ids["wang"]) for n in range(4)))

    assert codes(*made) == ["done", "done", "holding_limit", "holding_limit"]
    assert held_by(tight, "wang") == 2


def test_what_an_import_gives_to_somebody_full_goes_to_the_pool_and_says_so(tight: Company) -> None:
    rows = [new_lead(tight, n, owner=tight.ids["wang"]) for n in range(4)]
    made = tight.writes.submit(tight.context("admin", "import"), tight.model, rows)

    stored = [tight.row("lead", one.record_id) for one in made]
    assert [row["owner"] for row in stored] == [tight.ids["wang"]] * 2 + [None] * 2
    assert [row["pool"] for row in stored] == [None] * 2 + ["public_pool"] * 2
    (told,) = [one for one in made[3].decisions if one.kind == "holding_limit"]
    assert "Wang holds 2 of at most 2" in told.because.en
    assert "2" in told.because.zh


def test_a_restored_record_meets_the_limit_of_its_owner(tight: Company) -> None:
    gone = a_lead(tight, owner="wang")
    tight.delete("lead", gone)
    for _ in range(2):
        a_lead(tight, owner="wang")

    back = tight.submit(Change("lead", Operation.RESTORE, {}, gone))

    assert codes(*back) == ["holding_limit"]
    assert tight.row("lead", gone)["deleted_at"] is not None


def test_a_closed_record_that_is_opened_again_counts_again(tight: Company) -> None:
    changing = """
rules:
  lead_holding: {limits: [{user: wang@example.com, most: 1}, {all: true, most: 9}], counts: "urgency == 'high'"}
  lead_assignment: {enabled: false}
"""
    site = with_rules(tight, changing)
    a_lead(site, owner="wang", urgency="high")
    other = a_lead(site, owner="wang", urgency="low")

    refused = site.update("lead", other, urgency="high")
    fine = site.update("lead", other, urgency="normal")

    assert codes(refused, fine) == ["holding_limit", "done"]


def test_the_customer_of_a_conversion_meets_the_limit_and_the_lead_stays(company: Company) -> None:
    site = with_rules(
        company,
        """
rules:
  customers_in_hand:
    kind: holding_limit
    object: customer
    limits: [{all: true, most: 1}]
""",
    )
    leads = [a_lead(site, owner="li", name=f"甲{n}", company=f"公司{n}") for n in range(2)]
    act(site, "li", "convert", leads[0])

    _, problem = refusal(site, "li", "convert", leads[1])

    assert problem.code == "holding_limit"
    assert site.row("lead", leads[1])["stage"] == "new"
    assert len(site.storage_rows("customer")) == 1


def test_a_soft_limit_warns_and_lets_pass(company: Company) -> None:
    site = with_rules(
        company, "rules: {lead_holding: {mode: soft, limits: [{all: true, most: 0}]}}"
    )

    made = site.submit(new_lead(site, 1, owner=site.ids["wang"]))

    assert codes(*made) == ["done"]
    assert [warning.code for warning in made[0].warnings] == ["holding_limit"]


def test_what_a_team_holds_together_is_limited(company: Company) -> None:
    site = with_rules(
        company,
        "rules: {lead_holding: {together: [{team: north, most: 2}], limits: [{all: true, most: 9}]}}",
    )
    leads = in_the_pool(site, 3)
    act(site, "li", "claim", leads[0])
    act(site, "wang", "claim", leads[1])

    status, problem = refusal(site, "li", "claim", leads[2])

    assert (status, problem.code) == (409, "holding_limit")
    assert "north holds 2 of at most 2 together" in problem.message


def test_a_record_may_go_from_one_to_another_in_a_team_that_is_full(company: Company) -> None:
    site = with_rules(
        company,
        "rules: {lead_holding: {together: [{team: north, most: 1}], limits: [{all: true, most: 9}]}}",
    )
    first, second = in_the_pool(site, 2)
    act(site, "li", "claim", first)

    act(site, "admin", "assign", first, owner=site.ids["wang"])

    assert site.row("lead", first)["owner"] == site.ids["wang"]
    assert refusal(site, "admin", "assign", second, owner=site.ids["li"])[1].code == "holding_limit"


def test_what_leaves_a_full_team_makes_room_for_the_next_of_the_batch(company: Company) -> None:
    site = with_rules(
        company,
        "rules: {lead_holding: {together: [{team: north, most: 1}], limits: [{all: true, most: 9}]}}",
    )
    mine, theirs = a_lead(site, owner="li"), a_lead(site, owner="mei")
    changes = [
        Change("lead", Operation.UPDATE, {"owner": site.ids[to]}, lead)
        for lead, to in ((mine, "mei"), (theirs, "wang"))
    ]

    assert [one.problems for one in site.submit(*changes, who="admin")] == [(), ()]


def test_a_page_counts_the_room_of_the_team_and_no_soft_limit(company: Company) -> None:
    site = with_rules(
        company,
        """
rules:
  lead_holding: {together: [{team: north, most: 1}], limits: [{all: true, most: 9}]}
  wish: {kind: holding_limit, object: lead, mode: soft, limits: [{all: true, most: 0}]}
""",
    )
    reads = Reads(site.storage)
    before = reads.claiming(site.context("li"), site.model, "public_pool", "lead")
    a_lead(site, owner="wang")
    after = reads.claiming(site.context("li"), site.model, "public_pool", "lead")

    assert (before.left, before.is_full) == (1, False)
    assert (after.left, after.is_full) == (0, True)
    assert [(one.group, one.held, one.most) for one in after.holdings] == [
        ("team:north", 1, 1),
        ("", 0, 9),
    ]


def test_rules_are_told_how_much_room_each_person_has(tight: Company) -> None:
    a_lead(tight, owner="wang")
    tables = tight.storage.use(tight.model)
    ids = [tight.ids[who] for who in ("wang", "li", "mei")]

    with tight.storage.transaction(tables, tight.context("admin")) as transaction:
        room = transaction.room("lead", ids)
        none = transaction.room("customer", ids)

    assert [room[one] for one in ids] == [1, 3, 1]
    assert set(none.values()) == {None}


def test_an_automation_that_names_an_owner_late_meets_the_limit_too(company: Company) -> None:
    site = with_rules(
        company,
        """
rules:
  lead_holding: {limits: [{all: true, most: 1}]}
  lead_assignment: {enabled: false}
  urgent_to_wang:
    kind: automation
    object: lead
    when: "urgency == 'high' and pool == null"
    set: {owner: "'WANG'"}
""".replace("WANG", company.ids["wang"]),
    )

    made = site.submit(*(new_lead(site, n, urgency="high") for n in range(3)))

    assert codes(*made) == ["done"] * 3
    assert held_by(site, "wang") == 1
    assert Counter(row["pool"] for row in site.storage_rows("lead").values()) == {
        None: 1,
        "public_pool": 2,
    }


def test_a_past_owner_must_wait_whichever_way_the_record_comes(company: Company) -> None:
    site = with_rules(company, "rules: {lead_assignment: {enabled: false}}")
    (lead,) = in_the_pool(site)
    act(site, "li", "claim", lead)
    act(site, "li", "release", lead, reason="wrong region")

    assert refusal(site, "li", "claim", lead)[1].code == "cooling_down"
    assert refusal(site, "admin", "assign", lead, owner=site.ids["li"])[1].code == "cooling_down"
    assert codes(site.update("lead", lead, owner=site.ids["li"])) == ["cooling_down"]
    assert act(site, "admin", "assign", lead, owner=site.ids["wang"])


def test_the_wait_doubles_with_each_time_the_same_person_had_it(company: Company) -> None:
    (lead,) = in_the_pool(company)
    act(company, "li", "claim", lead)
    act(company, "li", "release", lead)
    later = replace(company, now=company.now + timedelta(days=3, minutes=1))
    act(later, "li", "claim", lead)
    act(later, "li", "release", lead)

    after_four = replace(later, now=later.now + timedelta(days=4))
    after_six = replace(later, now=later.now + timedelta(days=6, minutes=1))

    assert refusal(after_four, "li", "claim", lead)[1].code == "cooling_down"
    assert act(after_six, "li", "claim", lead)


def test_a_record_may_have_its_own_wait_or_none(company: Company) -> None:
    (lead,) = in_the_pool(company)
    act(company, "li", "claim", lead)
    act(company, "li", "release", lead)
    assert not company.update("lead", lead, cooldown_days=0).problems

    assert act(company, "li", "claim", lead)


def test_whoever_had_a_lead_of_the_same_company_waits_too(company: Company) -> None:
    site = with_rules(
        company, "rules: {lead_cooldown: {object_of: company, by: company, escalate: null}}"
    )
    first, second = in_the_pool(site, 2)
    for lead in (first, second):
        assert not site.update("lead", lead, company="晶新软件").problems
    act(site, "li", "claim", first)
    act(site, "li", "release", first)

    assert refusal(site, "li", "claim", second)[1].code == "cooling_down"
    assert act(site, "wang", "claim", second)


def test_a_whole_team_waits_where_the_rule_says_so(company: Company) -> None:
    site = with_rules(company, "rules: {lead_cooldown: {subject: team, after: [return]}}")
    (lead,) = in_the_pool(site)
    act(site, "li", "claim", lead)
    act(site, "li", "release", lead)

    assert refusal(site, "wang", "claim", lead)[1].code == "cooling_down"


def test_the_record_that_stays_of_a_merge_meets_the_limit_of_its_owner(company: Company) -> None:
    site = with_rules(company, "rules: {lead_holding: {limits: [{all: true, most: 1}]}}")
    a_lead(site, owner="wang", name="王五")
    mine = a_lead(site, owner="li", name="赵六")
    (free,) = in_the_pool(site)

    merged = act(site, "admin", "merge", free, **{"with": mine})

    row = site.row("lead", merged.outcome.record_id)
    assert row["owner"] in {None, site.ids["li"]}
    assert held_by(site, "li") == 1


def test_fifty_ways_at_once_never_exceed_the_limit(company_on_postgres: Company) -> None:
    site = with_rules(
        company_on_postgres,
        "rules: {lead_holding: {limits: [{all: true, most: 10}]}, lead_assignment: {enabled: false}}",
    )
    pooled = in_the_pool(site, 20)
    mine = [a_lead(site, owner="li") for _ in range(8)]
    wang = site.ids["wang"]

    def claim(lead: str) -> object:
        return act(site, "wang", "claim", lead)

    def transfer(lead: str) -> object:
        return act(site, "admin", "assign", lead, owner=wang)

    def create(number: int) -> object:
        return site.submit(new_lead(site, number, owner=wang))

    def bring_in(number: int) -> object:
        rows = [new_lead(site, 500 + number * 10 + n, owner=wang) for n in range(3)]
        return site.writes.submit(site.context("admin", "import"), site.model, rows)

    works = [lambda lead=lead: claim(lead) for lead in pooled]
    works += [lambda lead=lead: transfer(lead) for lead in mine]
    works += [lambda n=n: create(n) for n in range(12)]
    works += [lambda n=n: bring_in(n) for n in range(10)]

    def quietly(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except RefusedError:
            return

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(quietly, works))

    assert held_by(site, "wang") == 10
