"""What rules ask of the database, and what expressions see in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from fieldstone.base.ids import new_id
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Decision, LedgerEntry, Operation
from fieldstone.expressions.expression import parse
from fieldstone.fieldtypes import boolean
from fieldstone.storage.journal import JournalEntry, OwnerMove, StageMove
from fieldstone.storage.transaction import RowUpdate
from tests.storage.builders import CTX, NOW, Site, a_field, a_model

HOUR = timedelta(hours=1)


def meeting(site: Site, object_name: str, text: str) -> list[str]:
    condition = parse(text, site.model.scope(object_name))
    with site.storage.reading(site.tables, CTX) as reader:
        columns = reader.columns(object_name)
        clause = condition.clause(columns, reader.env)
        asked = columns.apply(select(columns.column("name"))).where(clause)
        return sorted(reader.connection.execute(asked).scalars())


def test_conditions_follow_lookups_and_add_up_children(site: Site) -> None:
    boss = site.add("user", name="Chen", department=site.add("department", name="North"))
    rep = site.add("user", name="Li", manager=boss)
    paid = site.add("channel", kind="paid")
    one = site.add("lead", name="one", channel=paid, owner=rep, id_number="42")
    site.add("lead", name="two")
    site.add("activity", name="a", lead=one, kind="call", done_by=rep)
    site.add("activity", name="b", lead=one, kind="visit", done_by=boss)

    assert meeting(site, "lead", "channel.kind == 'paid'") == ["one"]
    assert meeting(site, "lead", "owner.manager.department.name == 'North'") == ["one"]
    assert meeting(site, "lead", "count(activities, done_by.manager.name == 'Chen') == 1") == [
        "one"
    ]
    assert meeting(site, "lead", "count(activities) == 0") == ["two"]
    assert meeting(site, "lead", "id_number == '42'") == ["one"]
    assert meeting(site, "lead", "id_number == '43'") == []
    assert meeting(site, "lead", "id_number in ['41', '42']") == ["one"]
    assert meeting(site, "activity", "lead.channel.kind == 'paid'") == ["a", "b"]


def test_a_deleted_lookup_is_missing_in_sql_as_in_memory(site: Site) -> None:
    gone = site.add("channel", kind="paid")
    site.add("lead", name="one", channel=gone)
    with site.transaction() as transaction:
        transaction.update("channel", [RowUpdate(gone, {"deleted_at": NOW})])

    assert meeting(site, "lead", "channel.kind == 'paid'") == []
    assert meeting(site, "lead", "is_empty(channel.kind)") == ["one"]


def test_rollups_follow_every_write(site: Site) -> None:
    one, two = (site.add("lead", name=n, calls=0, minutes=0) for n in "ab")
    call = {"id": new_id(), "lead": one, "kind": "call", "minutes": 5}
    visit = {"id": new_id(), "lead": one, "kind": "visit", "minutes": 30}

    with site.transaction() as transaction:
        transaction.insert("activity", [call, visit])
        added = transaction.rollups("activity", [(None, call), (None, visit)])
        moved_row = {**visit, "lead": two}
        transaction.update("activity", [RowUpdate(visit["id"], {"lead": two})])
        moved = transaction.rollups("activity", [(visit, moved_row)])
        same = transaction.rollups("activity", [(call, {**call, "name": "x"})])

    assert added == {"lead": {one: {"calls": 1, "minutes": 35}}}
    assert moved == {"lead": {one: {"calls": 1, "minutes": 5}, two: {"minutes": 30}}}
    assert same == {}


def test_a_total_over_line_items_is_exact(site: Site) -> None:
    quote = site.add("quote", name="Q", items=(*[{"amount": Decimal("0.10")}] * 10, {}))

    with site.transaction() as transaction:
        changed = transaction.rollups("quote__items", [(None, {"parent": quote})])

    assert changed == {"quote": {quote: {"total": Decimal("1.00")}}}


def test_people_of_teams_roles_and_departments_with_those_below(site: Site) -> None:
    north = site.add("department", name="North", code="north")
    city = site.add("department", name="City", parent=north)
    team = site.add("team", code="red")
    li = site.add("user", name="Li", email="li@x.cn", roles=("sales",), department=city, team=team)
    an = site.add("user", name="An", email="an@x.cn", roles=("sales_manager",), department=north)
    gone = site.add("user", name="Gone", roles=("sales",), team=team)
    with site.transaction() as transaction:
        transaction.update("user", [RowUpdate(gone, {"deleted_at": NOW})])

        def ids(group: str) -> list[str]:
            return [one.id for one in transaction.people(group)]

        assert ids("team:red") == [li]
        assert ids("role:sales") == [li]
        assert ids("department:north") == [an, li]
        assert ids("user:an@x.cn") == [an]
        assert ids("team:nobody") == []


def test_workload_counts_live_records_that_meet_the_condition(site: Site) -> None:
    li, an = new_id(), new_id()
    for stage in ("new", "won"):
        site.add("lead", name=stage, owner=li, stage=stage)
    open_only = parse("stage == 'new'", site.model.scope("lead"))

    with site.transaction() as transaction:
        every = transaction.workload("lead", [li, an], None)
        some = transaction.workload("lead", [li, an], open_only)

    assert every == {li: 2, an: 0}
    assert some == {li: 1, an: 0}


def test_duplicates_are_found_by_key_among_live_records(site: Site) -> None:
    li = new_id()
    one = site.add("lead", name="张伟", owner=li, stage="won")
    two = site.add("lead", name="Zhang")
    with site.transaction() as transaction:
        transaction.keys("lead", {one: {"mobile": ["138"]}, two: {"mobile": ["138", "139"]}})
        transaction.update("lead", [RowUpdate(two, {"deleted_at": NOW})])

        found = transaction.found("lead", "mobile", ["138", "139", "140"])

    assert list(found) == ["138"]
    hit = found["138"][0]
    assert (hit.record_id, hit.title, hit.owner, hit.stage_kind) == (one, "张伟", li, "won")


def test_the_ledger_adds_up_points_by_rule_and_item(site: Site) -> None:
    lead = new_id()
    with site.transaction() as transaction:
        entries = [LedgerEntry("score", "visit", 5), LedgerEntry("score", "visit", -2)]
        transaction.ledger("lead", [(lead, one) for one in entries])

        assert transaction.points([lead, new_id()]) == {lead: {("score", "visit"): 3}}


def test_the_journal_keeps_stages_owners_and_decisions(site: Site) -> None:
    lead, li, an = new_id(), new_id(), new_id()
    chosen = Decision("assign", "assignment", 3, Label("fewest open", "在跟最少"), {"owner": li})
    created = JournalEntry(
        "lead",
        lead,
        Operation.CREATE,
        1,
        {"name": (None, "张伟")},
        (chosen,),
        (StageMove("standard", "new", "open", NOW),),
        OwnerMove(li, None, NOW, ends=False, rule="assign"),
    )
    moved = JournalEntry(
        "lead",
        lead,
        Operation.UPDATE,
        2,
        {},
        (),
        (StageMove("standard", "contacted", "open", NOW + HOUR, since=NOW),),
        OwnerMove(an, None, NOW + HOUR, ends=True),
        reason="no follow-up",
    )

    with site.transaction() as transaction:
        transaction.journal([created, moved])
        assert transaction.given("assign", [li, an], NOW) == {li: 1, an: 0}
        assert transaction.given("assign", [li], NOW + HOUR) == {li: 0}
        past = transaction.past_owners([lead])
        stages = transaction.connection.exec_driver_sql(
            "SELECT stage, seconds FROM fs_stage_history ORDER BY entered_at"
        ).all()

    assert [(one.owner, one.until, one.reason) for one in past[lead]] == [
        (li, NOW + HOUR, "no follow-up")
    ]
    assert [tuple(row) for row in stages] == [("new", 3600), ("contacted", None)]


def test_a_computed_formula_is_read_as_if_it_were_stored(database_url: str) -> None:
    model = a_model()
    hot = parse("budget >= 100 and channel.kind == 'paid'", model.scope("lead"))
    field = replace(a_field("hot", boolean.TYPE.make({})), column="", formula=hot)
    site = Site(database_url, a_model(field))
    paid = site.add("channel", kind="paid")
    lead = site.add("lead", name="one", budget=Decimal(100), channel=paid)
    site.add("lead", name="two", budget=Decimal(99), channel=paid)
    site.add("activity", name="call", lead=lead)

    assert meeting(site, "lead", "hot") == ["one"]
    assert meeting(site, "activity", "lead.hot") == ["call"]
    assert site.row("lead", lead, names=["hot"])["hot"] in (True, 1)
    site.storage.close()
