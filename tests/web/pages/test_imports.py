"""Imports in the browser: a file is taken in, matched, tried, run, and taken back."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import xlsxwriter
from werkzeug.test import TestResponse

from fieldstone.actions.importing import undoing
from fieldstone.changes.nouns import Change, Operation
from fieldstone.evolution.apply import Wish
from fieldstone.reads.query import Query
from fieldstone.storage.uploads import Uploads
from fieldstone.worker.long_work import do_next_job
from tests.web.pages.office import Office, Visitor
from tests.worker.world import fail_for_good

PRODUCTS = "产品名称,产品编码,价格,备注2\nPump,P-1,1200.50,x\nValve,P-2,80,Select\n,P-3,7,z\n"


@pytest.fixture
def visitor(office: Office) -> Iterator[Visitor]:
    yield office.visitor("admin")
    ctx = office.site.system_context("action")
    found = office.site.reads.list(ctx, office.site.model, "product", Query())
    gone = [Change("product", Operation.DELETE, {}, row.id) for row in found.rows]
    office.site.writes.submit(ctx, office.site.model, gone)


def work(office: Office) -> None:
    while do_next_job(office.site, threading.Event()):
        pass


def upload(visitor: Visitor, content: bytes | str, name: str = "products.csv", **more: str) -> str:
    answer = sent(visitor, content, name, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def sent(
    visitor: Visitor, content: bytes | str, name: str = "products.csv", into: str = "product"
) -> TestResponse:
    body = content.encode() if isinstance(content, str) else content
    file = (io.BytesIO(body), name)
    return visitor.post("/imports", object=into, file=file)


def checked(office: Office, visitor: Visitor, address: str, **fields: str) -> str:
    answer = visitor.post(f"{address}/check", **fields)
    assert answer.status_code == 303, answer.text
    work(office)
    return visitor.get(address).text


MATCHED = {"column-0": "name", "column-1": "code", "column-2": "price", "key": "code"}


def products(office: Office) -> set[object]:
    ctx = office.site.system_context("action")
    found = office.site.reads.list(ctx, office.site.model, "product", Query())
    return {row.values["code"] for row in found.rows}


def test_columns_are_guessed_by_their_names_in_either_language(
    office: Office, visitor: Visitor
) -> None:
    text = visitor.get(upload(visitor, PRODUCTS)).text

    columns = text.split("</tbody>")[0].split("<tr class=")[1:]
    assert '<option value="name" selected>' in columns[0]
    assert '<option value="code" selected>' in columns[1]
    assert '<option value="price" selected>' in columns[2]
    assert " selected" not in columns[3]
    assert "Pump, Valve" in columns[0]


def test_a_check_tells_everything_and_writes_nothing(office: Office, visitor: Visitor) -> None:
    address = upload(visitor, PRODUCTS)

    text = checked(office, visitor, address, **MATCHED)

    assert "2 to add" in text
    assert "1 refused" in text
    assert "Name" in text.split("Refused rows</h2>")[1]
    assert products(office) == set()


def test_a_run_writes_the_good_rows_and_keeps_the_others_for_download(
    office: Office, visitor: Visitor
) -> None:
    address = upload(visitor, PRODUCTS)
    checked(office, visitor, address, **MATCHED)

    visitor.post(f"{address}/run")
    work(office)

    assert products(office) == {"P-1", "P-2"}
    rejected = visitor.get(f"{address}/rejected")
    assert rejected.headers["Content-Disposition"].startswith("attachment")
    lines = rejected.text.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(",P-3,7,z,4,")


def test_an_import_that_stopped_half_way_goes_on_or_is_taken_back(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"Pump {n},P-{n},5,\n" for n in range(10))
    address = upload(visitor, "产品名称,产品编码,价格,备注2\n" + rows)
    checked(office, visitor, address, **MATCHED)
    smaller = replace(office.site.settings, import_batch=1)
    monkeypatch.setattr(office.site, "settings", smaller)
    visitor.post(f"{address}/run")
    fail_for_good(office.site, monkeypatch)

    text = visitor.get(address).text
    assert "The import stopped half way." in text
    assert "ValueError: not today" in text
    assert len(products(office)) == 8
    assert "Stopped half way" in visitor.get("/imports").text

    assert visitor.post(f"{address}/run").status_code == 303
    work(office)
    assert "10 of 10 rows" in visitor.get(address).text
    assert len(products(office)) == 10

    monkeypatch.setattr(undoing, "BATCH", 1)
    visitor.post(f"{address}/undo")
    fail_for_good(office.site, monkeypatch)
    assert "Undo it once more" in visitor.get(address).text
    assert len(products(office)) == 2
    visitor.post(f"{address}/undo")
    work(office)
    assert "10 moved to the recycle bin" in visitor.get(address).text
    assert products(office) == set()


def test_an_import_that_was_checked_runs_after_a_field_of_it_was_renamed(
    office: Office, visitor: Visitor
) -> None:
    address = upload(visitor, PRODUCTS)
    checked(office, visitor, address, **MATCHED)
    changing, ctx = office.site.changing, office.site.system_context("test")
    assert changing is not None
    number, documents = changing.current(ctx)
    renamed = documents.renamed(("objects", "product", "fields", "price"), "list_price")
    changing.apply(ctx, changing.plan(ctx, renamed), Wish("a better word"))
    try:
        page = visitor.get(address).text
        assert '<option value="list_price" selected>' in page
        visitor.post(f"{address}/run")
        work(office)
        assert "2 added" in visitor.get(address).text
    finally:
        planned = changing.plan_rollback(ctx, number)
        changing.rollback(ctx, planned, number, Wish("back", second_word=True))


def test_an_import_is_looked_at_and_taken_back_after_its_file_was_cleared_away(
    office: Office, visitor: Visitor
) -> None:
    address = upload(visitor, PRODUCTS)
    checked(office, visitor, address, **MATCHED)
    visitor.post(f"{address}/run")
    work(office)
    with office.site.storage.connection() as connection:
        Uploads(connection).drop_imported(office.site.clock() + timedelta(days=1))

    page = visitor.get(address)
    assert page.status_code == 200
    assert "no longer kept" in page.text
    assert "/rejected" not in page.text
    visitor.post(f"{address}/undo")
    work(office)
    assert products(office) == set()


def test_what_a_stopped_import_created_is_taken_back(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"Pump {n},P-{n},5,\n" for n in range(10))
    address = upload(visitor, "产品名称,产品编码,价格,备注2\n" + rows)
    checked(office, visitor, address, **MATCHED)
    smaller = replace(office.site.settings, import_batch=1)
    monkeypatch.setattr(office.site, "settings", smaller)
    visitor.post(f"{address}/run")
    fail_for_good(office.site, monkeypatch)

    assert visitor.post(f"{address}/undo").status_code == 303
    work(office)

    assert "8 moved to the recycle bin" in visitor.get(address).text
    assert products(office) == set()
    assert visitor.post(f"{address}/run").status_code == 409


def test_an_import_is_taken_back(office: Office, visitor: Visitor) -> None:
    address = upload(visitor, PRODUCTS)
    checked(office, visitor, address, **MATCHED)
    visitor.post(f"{address}/run")
    work(office)

    visitor.post(f"{address}/undo")
    work(office)

    assert products(office) == set()
    assert "2 moved to the recycle bin" in visitor.get(address).text


def test_a_second_click_on_run_imports_nothing_twice(office: Office, visitor: Visitor) -> None:
    address = upload(visitor, PRODUCTS)
    checked(office, visitor, address, **MATCHED)

    visitor.post(f"{address}/run")
    second = visitor.post(f"{address}/run")

    assert second.status_code == 409
    work(office)
    assert len(products(office)) == 2


def test_rows_that_are_known_again_update_their_record(office: Office, visitor: Visitor) -> None:
    for price in ("10", "12"):
        address = upload(visitor, f"Name,Code,Price\nPump,P-1,{price}\n")
        text = checked(office, visitor, address, **MATCHED)
        visitor.post(f"{address}/run")
        work(office)

    assert "1 to update" in text
    assert "1 updated" in visitor.get(address).text


def test_a_workbook_is_read_as_one(office: Office, visitor: Visitor) -> None:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Name", "Code"])
    sheet.write_row(1, 0, ["Pump", "P-9"])
    book.close()

    text = visitor.get(upload(visitor, file.getvalue(), "../../weird\x00 name.xlsx")).text

    assert "Pump" in text
    assert "weird_ name.xlsx" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "is empty"), ("\x00\x01\x02", "neither CSV"), ("Name,Name\na,b\n", "stand twice")],
)
def test_a_file_that_is_no_table_is_refused_in_the_form(
    visitor: Visitor, content: str, words: str
) -> None:
    answer = sent(visitor, content)

    assert answer.status_code == 422
    assert words in answer.text


def test_two_columns_cannot_fill_one_field(visitor: Visitor) -> None:
    address = upload(visitor, PRODUCTS)

    answer = visitor.post(f"{address}/check", **{"column-0": "name", "column-1": "name"})

    assert answer.status_code == 422
    assert "Two columns fill" in answer.text


def test_a_running_import_asks_for_itself_until_it_is_done(
    office: Office, visitor: Visitor
) -> None:
    address = upload(visitor, PRODUCTS)
    visitor.post(f"{address}/check", **MATCHED)
    during = visitor.get(address, "div#progress")
    work(office)
    after = visitor.get(address, "div#progress")

    assert 'hx-trigger="every 1s"' in during.text
    assert 'hx-trigger="every 1s"' not in after.text
    assert "reload" in after.headers["HX-Trigger"]


def test_who_creates_nothing_imports_nothing(office: Office) -> None:
    guest = office.visitor("guest")

    assert guest.get("/imports/new").status_code == 403
    assert sent(guest, PRODUCTS).status_code == 403
    assert "Imports" not in guest.get("/").text


def test_an_import_is_seen_by_its_person_and_by_administrators_only(
    office: Office, visitor: Visitor
) -> None:
    mine = upload(office.visitor("li"), "Name,Mobile\n王芳,13800138000\n", into="lead")

    assert office.visitor("chen").get(mine).status_code == 404
    assert visitor.get(mine).status_code == 200


def test_the_pages_speak_chinese(office: Office, visitor: Visitor) -> None:
    address = upload(visitor, PRODUCTS)
    chinese = visitor.speaking("zh")

    assert "待匹配列" in chinese.get(address).text
    assert "新建导入" in chinese.get("/imports").text
