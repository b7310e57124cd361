"""What is taken back gives line items back as they are called today: they, their fields, choices and record renamed since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fieldstone.actions.applying import Applying
from fieldstone.actions.importing.running import Import, Order
from fieldstone.actions.importing.source import open_source
from fieldstone.actions.importing.undoing import undo
from fieldstone.changes.nouns import Actor, Change, Operation
from fieldstone.compiler.import_mappings import read_mapping
from fieldstone.worker.turns import work_until_idle
from tests.evolution.test_undo_after_renames import act, rename
from tests.evolution.world import Process

DEAL = ["objects", "opportunity"]
ITEMS = [*DEAL, "fields", "items"]
UNIT = {"type": "select", "label": {"en": "Unit", "zh": "单位"}, "options": {"piece": "Piece", "box": "Box"}}  # fmt: skip
RENAMED: list[tuple[list[str], str]] = [
    ([*ITEMS, "fields", "quantity"], "number_of"),
    ([*ITEMS, "fields", "unit", "options", "box"], "crate"),
    ([*ITEMS, "fields", "unit"], "measure"),
    (ITEMS, "lines"),
    (DEAL, "deal"),
]
TWO = [{"quantity": "2", "unit": "box"}, {"quantity": "5", "unit": "piece"}]
TODAY = [("2", "crate"), ("5", "piece")]


@pytest.fixture
def ladder(process: Process) -> str:
    process.apply(("objects.opportunity.fields.items.fields.unit", UNIT))
    return process.write("product", name="Ladder", price="10")


def deal(process: Process, ladder: str, name: str, *items: dict[str, str]) -> str:
    owner = process.write("user", name=name, email=f"{name}@example.com", roles=["sales"])
    customer = process.write("customer", name=f"Company {name}")
    rows = [{"product": ladder, "price": "10", **one} for one in items]
    return process.write(
        "opportunity", name=name, owner=owner, customer=customer, items=rows, next_step="call"
    )


def lines(process: Process, record: str) -> list[tuple[str, Any]]:
    rows = process.read("deal", record)["lines"] or []
    return [(str(row["number_of"]).rstrip("0").rstrip("."), row["measure"]) for row in rows]


def test_an_undone_merge_gives_line_items_back(process: Process, ladder: str) -> None:
    first = deal(process, ladder, "ann", {"quantity": "1", "unit": "piece"})
    second = deal(process, ladder, "bob", *TWO)
    act(process, "merge", "opportunity", first, **{"with": second, "choose": {"items": "other"}})
    merged = process.read("opportunity", first)["items"]

    rename(process, *RENAMED)
    act(process, "unmerge", "deal", first)

    assert len(merged) == 2
    assert lines(process, first) == [("1", "piece")]
    assert lines(process, second) == TODAY


def test_a_record_comes_out_of_the_recycle_bin_with_its_line_items(
    process: Process, ladder: str
) -> None:
    one = deal(process, ladder, "ann", *TWO)
    change = Change("opportunity", Operation.DELETE, {}, one)
    process.site.writes.submit(process.ctx, process.site.model, [change])

    rename(process, *RENAMED)
    change = Change("deal", Operation.RESTORE, {}, one)
    (outcome,) = process.site.writes.submit(process.ctx, process.site.model, [change])

    assert not outcome.problems
    assert lines(process, one) == TODAY


def test_a_rule_s_run_over_many_records_is_taken_back_and_leaves_line_items(
    process: Process, ladder: str
) -> None:
    one = deal(process, ladder, "ann", *TWO)
    rule = {"kind": "automation", "object": "opportunity", "when": "any(items, quantity > 4)", "set": {"next_step": "'visit'"}}  # fmt: skip
    process.apply(("rules.visits", rule))
    site = process.site
    applying = Applying(site.storage, site.writes, site.queue, process.ctx, site.model)
    run = applying.start("visits")
    work_until_idle(site)
    assert process.read("opportunity", one)["next_step"] == "visit"

    rename(process, *RENAMED, (["objects", "deal", "fields", "next_step"], "plan"))
    applying = Applying(site.storage, site.writes, site.queue, process.ctx, site.model)
    applying.undo(run.id)
    work_until_idle(site)

    row = process.read("deal", one)
    assert row["plan"] == "call"
    assert lines(process, one) == TODAY


MAPPING = """
object: opportunity
key: name
fields:
  name: Name
  customer: {from: Customer, lookup: {by: name}}
  owner: {from: Owner, lookup: {by: name}}
  items: {rows: [{product: {from: Product, lookup: {by: name}}, quantity: Number, price: {value: "10"}, unit: {from: Unit, map: {B: box}}}]}
"""


def test_an_import_of_line_items_is_taken_back(
    process: Process, ladder: str, tmp_path: Path
) -> None:
    del ladder
    process.write("user", name="Ann", email="ann@example.com", roles=["sales"])
    process.write("customer", name="West Lake")
    file = tmp_path / "deals.csv"
    file.write_text("Name,Customer,Owner,Product,Number,Unit\nBig,West Lake,Ann,Ladder,2,B\n")

    def take(number: int) -> str:
        mapping = read_mapping("map.yaml", MAPPING, process.site.model)
        order = Order(process.ctx, process.site.model, mapping, open_source(file), 50, tmp_path / f"{number}.csv")  # fmt: skip
        done = Import(order, process.site.reads, process.site.writes).run(lambda done, of: None)
        assert (done.created, done.rejected) == (1, 0)
        return str(done.id)

    def made() -> list[str]:
        with process.site.storage.looking() as connection:
            held = process.site.storage.use(process.site.model)["deal"].table
            return [row.id for row in connection.execute(held.select())]

    first = take(1)
    rename(process, *RENAMED)
    (one,) = made()
    before = lines(process, one)
    *_, undone = undo(process.ctx, process.site.model, process.site.writes, first)
    second = take(2)  # the mapping was kept from before the rename
    found = [record for record in made() if record != one]

    assert before == [("2", "crate")]
    assert (undone.removed, undone.left) == (1, 0)
    assert lines(process, found[0]) == [("2", "crate")]
    assert second != first


def test_a_bulk_change_that_waits_says_line_items_by_the_codes_of_its_day(
    process: Process, ladder: str
) -> None:
    one = deal(process, ladder, "ann", {"quantity": "1", "unit": "piece"})
    rows = [{"product": ladder, "price": "10", **item} for item in TWO]
    boss = process.write("user", name="Boss", email="boss@example.com", roles=["admin"])
    told = {"object": "opportunity", "ids": [one], "values": {"items": rows, "next_step": "visit"}}
    process.site.queue.enqueue("bulk_update", told, actor=boss)

    rename(process, *RENAMED, (["objects", "deal", "fields", "next_step"], "plan"))
    work_until_idle(process.site)

    assert lines(process, one) == TODAY
    assert process.read("deal", one)["plan"] == "visit"


def test_a_conversion_that_waits_is_confirmed_with_the_line_items_that_were_typed(
    process: Process, ladder: str
) -> None:
    channel = process.write("channel", name="Website", code="website", kind="own")
    owner = process.write("user", name="Li", email="li@example.com", roles=["sales"])
    values = {"name": "Wang", "mobile": "13800130001", "channel": channel, "company": "西湖科技", "need": "CRM", "owner": owner, "budget": "2000000"}  # fmt: skip
    lead = process.write("lead", **values)
    rows = [{"product": ladder, "price": "10", **item} for item in TWO]
    typed = {"opportunity": {"name": "West Lake CRM", "items": rows}}
    act(process, "convert", "lead", lead, values=typed)
    boss = process.write("user", name="Boss", email="boss@example.com", roles=["admin"])

    rename(process, *RENAMED)

    who = Actor(boss, frozenset({"admin"}), "Boss")
    made = act(process, "check_conversion", "lead", lead, who, accept=True).others

    assert lines(process, made["opportunity"]) == TODAY
