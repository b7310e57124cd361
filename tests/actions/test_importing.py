"""Imports: read by content, cleaned, refused rows kept with reasons, taken back."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from fieldstone.actions.importing.running import Import, Order, Summary
from fieldstone.actions.importing.source import LONGEST_CELL, open_source
from fieldstone.actions.importing.undoing import undo
from fieldstone.base.errors import MetadataError, RefusedError
from fieldstone.base.spreadsheets import guarded
from fieldstone.compiler.import_mappings import read_mapping
from fieldstone.reads.door import Reads
from fieldstone.storage.ahead import AHEAD
from tests.company import Company

PRODUCTS = """
object: product
key: code
empty: [Select]
fields: {name: Name, code: Code, price: Price, series: Series, active: Sold}
"""


def run(company: Company, file: Path, mapping: str, batch: int = 2) -> Summary:
    read = read_mapping("map.yaml", mapping, company.model)
    ctx = company.context("admin", "import")
    rejects = file.with_suffix(".rejected.csv")
    order = Order(ctx, company.model, read, open_source(file), batch, rejects)
    return Import(order, Reads(company.storage), company.writes).run(lambda done, of: None)


def a_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "products.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_rows_are_cleaned_and_select_means_empty(company: Company, tmp_path: Path) -> None:
    file = a_file(tmp_path, 'Name;Code;Price;Series;Sold\n  Pump  ;P1;"1,200.50";Select;Yes\n')

    summary = run(company, file, PRODUCTS)

    assert (summary.rows, summary.created, summary.rejected) == (1, 1, 0)
    (row,) = company.storage_rows("product").values()
    assert (row["name"], row["price"], row["series"]) == ("Pump", Decimal("1200.50"), None)


def test_a_workbook_that_calls_itself_csv_is_read_as_a_workbook(
    company: Company, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for place, cells in enumerate(
        [["Name", "Code", "Price", "Series", "Sold"], ["Pump", "P1", 12, "", "no"]]
    ):
        sheet.write_row(place, 0, cells)
    book.close()

    assert run(company, path, PRODUCTS).created == 1


def test_chinese_text_in_gb18030_is_read(company: Company, tmp_path: Path) -> None:
    file = a_file(tmp_path, "Name,Code,Price,Series,Sold\n水泵,P1,10,,是\n", "gb18030")

    run(company, file, PRODUCTS)

    assert [row["name"] for row in company.storage_rows("product").values()] == ["水泵"]


def test_refused_rows_are_kept_as_they_were_with_line_and_reasons(
    company: Company, tmp_path: Path
) -> None:
    file = a_file(tmp_path, "Name,Code,Price,Series,Sold\nA,P1,ten,,\nB,P2,5,,\n,P3,6,,\n")

    summary = run(company, file, PRODUCTS)

    assert (summary.created, summary.rejected) == (1, 2)
    assert summary.rejects is not None
    with summary.rejects.open(encoding="utf-8-sig") as kept:
        rows = list(csv.DictReader(kept))
    assert [(row["Code"], row["line"]) for row in rows] == [("P1", "2"), ("P3", "4")]
    assert "price" in rows[0]["problems"]
    assert "name" in rows[1]["problems"]


def test_what_cannot_be_read_further_down_is_told_once_the_rows_before_it_are_written(
    company: Company, tmp_path: Path
) -> None:
    good = "".join(f"Pump {place},P{place},1,,\n" for place in range(2 * AHEAD))
    too_long = "x" * (LONGEST_CELL + 1)
    file = a_file(tmp_path, f"Name,Code,Price,Series,Sold\n{good}{too_long},P,1,,\n")

    with pytest.raises(RefusedError) as refused:
        run(company, file, PRODUCTS, batch=AHEAD)

    assert refused.value.problems[0].code == "not_a_table"
    assert len(company.storage_rows("product")) == 2 * AHEAD


def test_batches_that_are_read_while_others_are_stored_come_whole_and_in_their_order(
    company: Company, tmp_path: Path
) -> None:
    count = 2 * AHEAD + 3
    rows = "".join(f"Pump {place},P{place % (count - 1)},1,,\n" for place in range(count))
    file = a_file(tmp_path, f"Name,Code,Price,Series,Sold\n{rows}")

    summary = run(company, file, PRODUCTS, batch=AHEAD)

    assert (summary.rows, summary.created, summary.updated) == (count, count - 1, 1)
    found = sorted(company.storage_rows("product").values(), key=lambda row: str(row["id"]))
    names = [f"Pump {place}" for place in range(count - 1)]
    assert [row["name"] for row in found] == [f"Pump {count - 1}", *names[1:]]


def test_the_same_file_again_creates_nothing_twice(company: Company, tmp_path: Path) -> None:
    file = a_file(tmp_path, "Name,Code,Price,Series,Sold\nA,P1,1,,\nB,P2,2,,\n")
    run(company, file, PRODUCTS)

    again = run(company, file, PRODUCTS)

    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert {row["version"] for row in company.storage_rows("product").values()} == {1}
    assert len(company.storage_rows("product")) == 2


def test_line_items_that_come_again_are_the_ones_that_are_there(
    company: Company, tmp_path: Path
) -> None:
    company.create("product", name="Pump", code="P1", price="100")
    company.create("customer", name="Shanghai Pumps", external_id="C1")
    mapping = """
object: opportunity
key: external_id
fields:
  external_id: Deal
  name: Deal
  customer: {from: Customer, lookup: {by: external_id}}
  items:
    rows: [{product: {from: Product, lookup: {by: code}}, quantity: {value: 2}, price: Price}]
"""
    file = a_file(tmp_path, "Deal,Customer,Product,Price\nD1,C1,P1,100\n")
    first = run(company, file, mapping)
    assert first.rejected == 0, first.rejects.read_text() if first.rejects else ""
    (item,) = company.storage_rows("opportunity__items")

    again = run(company, file, mapping)
    other = run(company, a_file(tmp_path, "Deal,Customer,Product,Price\nD1,C1,P1,120\n"), mapping)

    assert (first.created, again.unchanged, other.updated) == (1, 1, 1)
    items = company.storage_rows("opportunity__items")
    assert {one for one, row in items.items() if row["deleted_at"] is None} != {item}


def test_an_import_is_taken_back_but_not_what_was_changed_since(
    company: Company, tmp_path: Path
) -> None:
    file = a_file(tmp_path, "Name,Code,Price,Series,Sold\nA,P1,1,,\nB,P2,2,,\n")
    summary = run(company, file, PRODUCTS)
    touched = next(i for i, row in company.storage_rows("product").items() if row["code"] == "P2")
    company.update("product", touched, price="3")

    *_, done = undo(company.context("admin"), company.model, company.writes, summary.id)

    assert (done.removed, done.left) == (1, 1)
    assert [row["code"] for row in company.storage_rows("product").values()] == ["P2"]
    with pytest.raises(RefusedError, match="taken back already"):
        list(undo(company.context("admin"), company.model, company.writes, summary.id))


def test_past_stages_are_kept_with_their_dates_and_rules_stay_silent(
    company: Company, tmp_path: Path
) -> None:
    file = a_file(tmp_path, "Deal,Stage,From,To\nD1,Won,2016-10-20,2017-03-01\n")
    mapping = """
object: opportunity
key: external_id
fields: {external_id: Deal, name: Deal, engaged_on: From, closed_on: To, amount: {value: 5}}
history:
  created: From
  stages:
    prospecting: {at: From}
    won: {at: To, when: {Stage: [won]}}
"""
    run(company, file, mapping)

    (row,) = company.storage_rows("opportunity").values()
    assert row["stage"] == "won"
    assert row["created_at"] == datetime(2016, 10, 20, 1, tzinfo=UTC)
    assert row["stage_entered_at"] == datetime(2017, 3, 1, 1, tzinfo=UTC)


def test_a_missing_reference_is_made_when_the_mapping_says_how(
    company: Company, tmp_path: Path
) -> None:
    file = a_file(tmp_path, "Name,Source\nAnna,Google\nBob,google\n")
    mapping = """
object: lead
fields:
  name: Name
  channel: {from: Source, template: "{slug}", lookup: {by: code, create: {name: "{value}", kind: paid}}}
"""
    summary = run(company, file, mapping)

    assert summary.created == 2
    channels = {row["code"]: row["name"] for row in company.storage_rows("channel").values()}
    assert channels == {"website": "Website", "google": "Google"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("object: produkt\nfields: {name: N}\n", "unknown_object"),
        ("object: product\nfields: {nam: N}\n", "unknown_field"),
        ("object: product\nfields: {name: N}\nkye: name\n", "unknown_key"),
        ("object: product\nfields: {name: {fron: N}}\n", "unknown_key"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_nearest_right_word(
    company: Company, text: str, code: str
) -> None:
    with pytest.raises(MetadataError) as refused:
        read_mapping("map.yaml", text, company.model)

    problem = refused.value.problems[0]
    assert problem.code == code
    assert problem.path.startswith("map.yaml:")
    assert "Write" in problem.cure


def test_all_mistakes_of_a_mapping_are_told_at_once(company: Company) -> None:
    text = "object: product\nfields: {nam: N, code: {fron: C}}\nkye: name\nempty: Select\n"

    with pytest.raises(MetadataError) as refused:
        read_mapping("map.yaml", text, company.model)

    told = [problem.path.split("  ")[1] for problem in refused.value.problems]
    assert sorted(told) == [
        "mapping.empty", "mapping.fields.code.fron", "mapping.fields.nam", "mapping.kye",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02\x03rest", b"PK\x03\x04broken", b"\n\n", b"a,a\n1,2\n"]
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)

    with pytest.raises(RefusedError) as refused:
        open_source(path)

    assert refused.value.problems[0].cure


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd", "-2+3", "\tx"])
def test_what_a_spreadsheet_would_run_is_quoted(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    assert guarded("-12.5") == "-12.5"
