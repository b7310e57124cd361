"""What rules ask of the database, and what expressions see in it."""

from __future__ import annotations

import gc
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import event, select

from fieldstone.base.ids import new_id
from fieldstone.base.label import Label
from fieldstone.base.origin import SYSTEM
from fieldstone.base.workdays import ALWAYS
from fieldstone.changes.nouns import Decision, Draft, LedgerEntry, Operation
from fieldstone.expressions.expression import Expression, parse
from fieldstone.fieldtypes import boolean
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Facts, Rule, RuleBody, Verdict
from fieldstone.rules.normalise import alike
from fieldstone.rules.pool_body import Member, Pool
from fieldstone.storage.claim_ledger import Charge
from fieldstone.storage.journal import JournalEntry, OwnerMove, StageMove
from fieldstone.storage.prepared import Compiled
from fieldstone.storage.transaction import RowUpdate, Transaction
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


def write(transaction: Transaction, rollups: Mapping[str, Mapping[str, dict[str, object]]]) -> None:
    for name, changed in rollups.items():
        updates = [RowUpdate(one, values, counts=False) for one, values in changed.items()]
        transaction.update(name, updates)


def test_rollups_follow_every_write(site: Site) -> None:
    one, two = (site.add("lead", name=n, calls=0, minutes=0) for n in "ab")
    call = {"id": new_id(), "lead": one, "kind": "call", "minutes": 5}
    visit = {"id": new_id(), "lead": one, "kind": "visit", "minutes": 30}

    with site.transaction() as transaction:
        transaction.insert("activity", [call, visit])
        added = transaction.rollups("activity", [(None, call), (None, visit)])
        write(transaction, added)
        moved_row = {**visit, "lead": two}
        transaction.update("activity", [RowUpdate(visit["id"], {"lead": two})])
        moved = transaction.rollups("activity", [(visit, moved_row)])
        write(transaction, moved)
        same = transaction.rollups("activity", [(call, {**call, "name": "x"})])

    assert added == {"lead": {one: {"calls": 1, "minutes": 35}}}
    assert moved == {"lead": {one: {"minutes": 5}, two: {"minutes": 30}}}
    assert same == {}


def test_a_total_over_line_items_is_exact(site: Site) -> None:
    quote = site.add("quote", name="Q", items=(*[{"amount": Decimal("0.10")}] * 10, {}))

    with site.transaction() as transaction:
        changed = transaction.rollups("quote", [(None, {"id": quote, "items": ({},)})])

    assert changed == {"quote": {quote: {"total": Decimal("1.00")}}}


def test_rollups_moved_on_stay_what_adding_up_gives(site: Site) -> None:
    """Random writes; after each, the moved value must equal the one added up from the rows."""
    chance = Random(7)
    leads = [site.add("lead", name=name) for name in "abc"]
    rows: dict[str, dict[str, object]] = {}
    with site.transaction() as transaction:
        for _ in range(60):
            pairs = []
            for _ in range(chance.randint(1, 3)):
                values = {
                    "lead": chance.choice([*leads, None]),
                    "kind": chance.choice(["call", "visit", None]),
                    "minutes": chance.choice([None, 0, 5, 30]),
                }
                known = chance.choice([None, *rows])
                if known is None or any(known == pair[1].get("id") for pair in pairs):
                    row = {"id": new_id(), **values}
                    transaction.insert("activity", [row])
                    pairs.append((None, row))
                else:
                    row = {"id": known, **values}
                    transaction.update("activity", [RowUpdate(known, values)])
                    pairs.append((rows[known], row))
                rows[str(row["id"])] = row
            write(transaction, transaction.rollups("activity", pairs))
            for lead, row in transaction.rows("lead", leads).items():
                own = [one for one in rows.values() if one["lead"] == lead]
                assert row["calls"] == sum(one["kind"] == "call" for one in own)
                assert row["minutes"] == sum(int(str(one["minutes"] or 0)) for one in own)


def test_a_rollup_never_added_up_is_added_up_from_all_rows(site: Site) -> None:
    lead = site.add("lead", name="a")
    first = {"id": new_id(), "lead": lead, "kind": "call"}
    second = {"id": new_id(), "lead": lead, "kind": "call"}
    with site.transaction() as transaction:
        transaction.insert("activity", [first])
        transaction.update("lead", [RowUpdate(lead, {"calls": None})])
        transaction.insert("activity", [second])

        assert transaction.rollups("activity", [(None, second)]) == {"lead": {lead: {"calls": 2}}}


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

        found = transaction.found(
            {("lead", "mobile"): ["138", "139", "140"], ("lead", "fax"): ["138"]}
        )

    assert list(found) == [("lead", "mobile", "138")]
    hit = found["lead", "mobile", "138"][0]
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


@dataclass(frozen=True)
class KeyedBody:
    """A rule body that wants the phone kept as a key."""

    plan: Mapping[str, Mapping[str, tuple[str, ...]]]
    reads: tuple[Expression, ...] = ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        return {}


def with_rules(*rules: Rule) -> Model:
    return replace(a_model(), rules={rule.code: rule for rule in rules})


def a_rule(code: str, kind: str, body: RuleBody) -> Rule:
    return Rule(code, kind, "lead", Label(code), 20, body, SYSTEM)


def test_match_keys_follow_every_write(database_url: str) -> None:
    body = KeyedBody({"lead": {"phone:mobile": ("mobile",)}})
    site = Site(database_url, with_rules(a_rule("same", "duplicate", body)))
    lead = site.add("lead", name="张伟", mobile="+8613800138000")

    with site.transaction() as transaction:

        def holders(value: str) -> list[str]:
            key = alike("phone", value)
            found = transaction.found({("lead", "phone:mobile"): [key]})
            return [one.record_id for one in found.get(("lead", "phone:mobile", key), ())]

        first = holders("+8613800138000")
        transaction.update("lead", [RowUpdate(lead, {"mobile": "+8613900139000"})])
        moved = holders("+8613800138000"), holders("+8613900139000")
        transaction.update("lead", [RowUpdate(lead, {"mobile": None})])
        gone = holders("+8613900139000")

    assert (first, moved, gone) == ([lead], ([], [lead]), [])
    site.storage.close()


def test_many_keys_are_locked_without_exhausting_the_server(site: Site) -> None:
    with site.transaction() as transaction:
        values = [str(number) for number in range(20_000)]

        assert transaction.found({("lead", "phone:mobile"): values, ("lead", "x"): ["1"]}) == {}


def test_a_pool_has_its_members_and_one_without_is_everybodys(database_url: str) -> None:
    some = Pool((Member("role:sales"),), (), (), ())
    everybody = Pool((), (), (), ())
    rules = (a_rule("public_pool", "pool", some), a_rule("open_pool", "pool", everybody))
    site = Site(database_url, with_rules(*rules))
    li = site.add("user", name="Li", roles=("sales",))
    an = site.add("user", name="An", roles=())

    with site.transaction() as transaction:
        members = {
            pool: [one.id for one in transaction.people(f"pool:{pool}")]
            for pool in ("public_pool", "open_pool", "no_pool")
        }

    assert members == {"public_pool": [li], "open_pool": [an, li], "no_pool": []}
    site.storage.close()


def test_the_sites_calendar_is_the_default_and_none_is_always_open(database_url: str) -> None:
    office = replace(ALWAYS, code="office")
    site = Site(database_url, replace(a_model(), calendars={"office": office, "": office}))
    with site.transaction() as transaction:
        assert transaction.calendar("office") is transaction.calendar("") is office
        with pytest.raises(KeyError, match="nowhere"):
            transaction.calendar("nowhere")
    site.storage.close()


def test_no_statement_asks_for_all_columns(site: Site) -> None:
    said: list[str] = []
    for engine in (site.storage._writer, site.storage._reader):
        event.listen(
            engine,
            "before_cursor_execute",
            lambda connection, cursor, statement, *rest: said.append(statement),
        )
    lead = site.add("lead", name="张伟", mobile="+8613800138000", id_number="42")
    site.row("lead", lead)
    with site.transaction() as transaction:
        transaction.update("lead", [RowUpdate(lead, {"name": "李娜"})])
        transaction.lookups("lead", [{"owner": new_id()}], ["owner.name"])
        transaction.people("role:sales")
        transaction.turns(["r"])
        transaction.hold("r", ["u"])
        transaction.claims.charge([Charge("r", "claims", "u", NOW)])
        transaction.spent("r", "claims", "u", NOW)
        transaction.clockwork.take_due(NOW)
        transaction.queue.take(["in_page"])
        transaction.jobs.take(HOUR)

    said += [one.sql for one in gc.get_objects() if isinstance(one, Compiled)]
    assert len(said) > 20
    assert [one for one in said if re.search(r"(SELECT|RETURNING)\s+(\w+\.)?\*", one)] == []
