"""Lists as files: the same filters and columns, nothing that a spreadsheet would run, and only with the right."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest
from python_calamine import CalamineWorkbook

from fieldstone.base.spreadsheets import guarded
from tests.web.pages.office import Office


@pytest.fixture(scope="module", autouse=True)
def leads(office: Office) -> dict[str, str]:
    li = office.people["li"]
    return {
        "bad": office.a_lead('=HYPERLINK("http://x")', owner=li, budget="1234.50"),
        "good": office.a_lead("周雅琴", owner=li, company="青木食品"),
    }


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_csv_file_has_the_filters_and_columns_of_the_list(office: Office) -> None:
    url = "/o/lead/export.csv?view=all&f=company:contains:青木&columns=company&columns=owner&columns=stage"
    answer = office.visitor("mei").get(url)

    assert answer.text.startswith("\ufeff")
    assert rows_of(answer.text) == [
        ["Name", "Company", "Owner", "Stage"],
        ["周雅琴", "青木食品", "Li Na", "New"],
    ]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_no_cell_is_run_by_a_spreadsheet(office: Office) -> None:
    answer = office.visitor("mei").get("/o/lead/export.csv?view=all&columns=budget&sort=-budget")

    assert rows_of(answer.text)[1] == ['\'=HYPERLINK("http://x")', "1234.50"]


@pytest.mark.parametrize("text", ["=1", "+1+A1", "-1+A1", "@x", "\t=1", "\r=1"])
def test_texts_that_begin_like_formulas_are_guarded(text: str) -> None:
    assert guarded(text) == "'" + text


def test_an_excel_file_keeps_numbers_as_numbers_and_texts_as_texts(office: Office) -> None:
    url = "/o/lead/export.xlsx?view=all&columns=budget&columns=created_at&sort=-budget"
    answer = office.visitor("mei").get(url)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()

    assert rows[0] == ["Name", "Budget", "Created at"]
    assert rows[1][:2] == ['=HYPERLINK("http://x")', 1234.5]
    assert isinstance(rows[1][2], datetime)


def test_selected_records_leave_alone(office: Office, leads: dict[str, str]) -> None:
    mei = office.visitor("mei")
    asked = mei.post("/o/lead/bulk", "div#dialog", do="export", ids=[leads["good"]])
    rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(mei.get(asked.headers["HX-Redirect"]).data))
        .get_sheet_by_index(0)
        .to_python()
    )

    assert [row[0] for row in rows] == ["Name", "周雅琴"]


def test_who_may_not_export_gets_no_file(office: Office) -> None:
    li = office.visitor("li")

    assert li.get("/o/lead/export.csv").status_code == 403
    assert li.get("/o/lead/export.xlsx").status_code == 403
    assert "export.csv" not in li.get("/o/lead").text
