"""Reports over real data say the same as SQL written by hand: the leads of an online school, the deals of a hardware seller.

The data lies beside the repository, not in it: where it is missing there is nothing to compare.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.door import Reads
from fieldstone.reports.dashboards import Asked, dashboard
from fieldstone.reports.results import Chart, Dashboard
from fieldstone.reports.survival import kaplan_meier
from tests.company import NOW, Company, open_company

HERE = Path(__file__).resolve()
DATA = next(
    (one / "shared" / "data" for one in HERE.parents if (one / "shared/data").is_dir()), None
)
BATCH = 500
STAGES = {"Prospecting": "prospecting", "Engaging": "engaging", "Won": "won", "Lost": "lost"}
pytestmark = pytest.mark.skipif(DATA is None, reason="the real data (../shared/data) is not here")


def _taken(company: Company, object_name: str, changes: list[Change]) -> list[str]:
    ids = []
    for start in range(0, len(changes), BATCH):
        for outcome in company.submit(*changes[start : start + BATCH], who="system"):
            assert not outcome.problems, (object_name, outcome.problems)
            ids.append(str(outcome.record_id))
    return ids


def _history(
    object_name: str, values: Mapping[str, object], stages: list[tuple[str, datetime]]
) -> Change:
    return Change(
        object_name, Operation.CREATE, values, as_of=stages[0][1], skip_rules=True, trusted=True,
        stage_history=stages,
    )  # fmt: skip


def _leads(company: Company) -> None:
    """Take the school's leads; the file has no dates, so that each gets one from its number and its visits."""
    assert DATA is not None
    book = CalamineWorkbook.from_path(DATA / "education_leads.csv")
    head, *rows = book.get_sheet_by_index(0).to_python()
    found = [dict(zip(map(str, head), row, strict=True)) for row in rows]
    sources = sorted({str(row["Lead Source"] or "unknown").strip().lower() for row in found})
    made = [
        Change("channel", Operation.CREATE, {"name": one, "code": f"c{n}", "kind": "other"})
        for n, one in enumerate(sources)
    ]
    channels = dict(zip(sources, _taken(company, "channel", made), strict=True))
    changes = []
    for n, row in enumerate(found):
        start = NOW - timedelta(days=n % 340 + 1, minutes=n % 600)
        stages = [("new", start)]
        minutes = int(float(str(row["Total Time Spent on Website"] or 0)))
        if row["Last Activity"] not in (None, "Email Bounced"):
            stages.append(("contacted", start + timedelta(minutes=minutes)))
        converted = float(str(row["Converted"])) == 1
        over = start + timedelta(days=minutes / 60)
        if converted and over < NOW:
            stages.append(("converted", over))
        values: dict[str, object] = {
            "name": f"Enquiry {row['Lead Number']:.0f}",
            "external_id": str(row["Prospect ID"]),
            "channel": channels[str(row["Lead Source"] or "unknown").strip().lower()],
            "owner": company.ids["li" if n % 3 else "wang"],
            "stage": stages[-1][0],
            "converted_at": over if stages[-1][0] == "converted" else None,
        }
        changes.append(_history("lead", values, stages))
    _taken(company, "lead", changes)


def _deals(company: Company) -> None:
    assert DATA is not None
    with (DATA / "b2b_sales" / "sales_pipeline.csv").open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    agents = sorted({row["sales_agent"] for row in found})
    people = [
        Change(
            "user",
            Operation.CREATE,
            {"name": one, "email": f"a{n}@example.com", "roles": ["sales"]},
        )
        for n, one in enumerate(agents)
    ]
    owners = dict(zip(agents, _taken(company, "user", people), strict=True))
    customer = str(company.create("customer", name="Everybody").record_id)
    changes = []
    for row in found:
        start = _day(row["engage_date"] or "2017-12-27")
        stages = [("prospecting" if row["deal_stage"] == "Prospecting" else "engaging", start)]
        if row["deal_stage"] in ("Won", "Lost"):
            stages.append((STAGES[row["deal_stage"]], _day(row["close_date"])))
        values: dict[str, object] = {
            "name": row["opportunity_id"],
            "customer": customer,
            "owner": owners[row["sales_agent"]],
            "amount": row["close_value"] or "0",
            "stage": stages[-1][0],
            "closed_on": row["close_date"] or None,
            "lost_reason": "price" if row["deal_stage"] == "Lost" else None,
        }
        changes.append(_history("opportunity", values, stages))
    _taken(company, "opportunity", changes)


def _day(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(hour=4, tzinfo=UTC)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("real")
    opened = open_company(f"sqlite:///{folder / 'fieldstone.db'}")
    _leads(opened)
    _deals(opened)
    yield opened
    opened.storage.close()


def found(company: Company, code: str, now: datetime = NOW) -> Dashboard:
    ctx = replace(company.context("admin"), now=now)
    return dashboard(Asked(Reads(company.storage), ctx, company.model), code, "all")


def chart(board: Dashboard, code: str) -> Chart:
    return next(one for one in board.charts if one.code == code)


def by_hand(company: Company, statement: str) -> list[Any]:
    with company.storage.looking() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def figures(board: Dashboard) -> dict[str, Any]:
    return {one.code: one.value for one in board.figures}


def test_all_leads_came_and_convert_as_the_file_says(company: Company) -> None:
    ((leads, converted),) = by_hand(
        company, "select count(*), sum(f_stage = 'converted') from o_lead where deleted_at is null"
    )

    told = figures(found(company, "progress"))

    assert leads == told["leads"] == 9240
    assert converted == told["converted"] > 3000
    assert told["rate"] == (Decimal(converted) / leads).quantize(Decimal("0.0001"))


def test_channels_are_compared_as_by_hand(company: Company) -> None:
    hand = {
        channel: (leads, converted)
        for channel, leads, converted in by_hand(
            company,
            "select f_channel, count(*), sum(f_stage = 'converted') from o_lead"
            " where deleted_at is null group by 1",
        )
    }

    lines = [
        one
        for one in chart(found(company, "sources"), "channels").lines
        if one.branch and one.branch.object_name and one.values["leads"]
    ]

    assert {str(one.key): (one.values["leads"], one.values["converted"]) for one in lines} == hand


def test_the_funnel_counts_the_furthest_stage_as_by_hand(company: Company) -> None:
    hand = by_hand(
        company,
        "with far as (select record, max(case stage when 'new' then 0 when 'contacted' then 1"
        " when 'qualified' then 2 when 'converted' then 3 else -1 end) as place"
        " from fs_stage_history where object = 'lead' group by record)"
        " select sum(place >= 0), sum(place >= 1), sum(place >= 2), sum(place >= 3) from far",
    )

    lines = chart(found(company, "progress"), "cohort").lines

    assert [tuple(one.values["count"] for one in lines)] == hand


def test_conversions_belong_to_the_owner_of_that_time_as_by_hand(company: Company) -> None:
    hand = dict(
        by_hand(
            company,
            "select owner, count(distinct record) from fs_stage_history"
            " where object = 'lead' and stage = 'converted' group by owner",
        )
    )

    lines = chart(found(company, "people"), "owners").lines

    assert {one.key: one.values["converted"] for one in lines if one.values["converted"]} == hand


def test_time_to_convert_with_open_leads_is_that_of_the_rows(company: Company) -> None:
    with company.storage.reading(company.storage.use(company.model), company.context()) as reader:
        held = reader.tables["lead"].columns
        asked = text(f"select {held['created_at'].name}, {held['converted_at'].name} from o_lead")
        typed = asked.columns(held["created_at"], held["converted_at"])
        rows = [tuple(row) for row in reader.connection.execute(typed)]
    ended: dict[int, int] = {}
    known: dict[int, int] = {}
    for start, end in rows:
        days = round(((end or NOW) - start) / timedelta(days=1) + 1e-9)
        side = known if end is None else ended
        side[days] = side.get(days, 0) + 1

    told = chart(found(company, "progress"), "time")

    assert told.marks["total"] == 9240
    assert told.marks["ended"] == sum(ended.values())
    steps = {one.day: one.share for one in kaplan_meier(ended, known)}
    for line in told.lines:
        assert abs(Decimal(str(line.values["share"])) - steps[int(str(line.key))]) < Decimal(
            "0.002"
        )


def test_deals_are_won_as_the_file_says(company: Company) -> None:
    assert DATA is not None
    with (DATA / "b2b_sales" / "sales_pipeline.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    won = sum(Decimal(row["close_value"] or 0) for row in rows if row["deal_stage"] == "Won")
    ((by_sql, closed),) = by_hand(
        company,
        "select sum(f_stage = 'won'), sum(f_stage in ('won', 'lost')) from o_opportunity",
    )

    told = figures(found(company, "sales"))

    assert told["created"] == len(rows) == 8800
    assert told["won"] == won
    assert told["rate"] == (Decimal(by_sql) / closed).quantize(Decimal("0.0001"))


def test_agents_are_compared_as_by_hand(company: Company) -> None:
    hand = by_hand(
        company,
        "select owner, count(*), sum(f_stage = 'won') from o_opportunity"
        " group by 1 order by 2 desc limit 12",
    )

    lines = chart(found(company, "sales"), "owners").lines

    told = {(one.key, one.values["opportunities"], one.values["wins"]) for one in lines}
    assert {count for _, count, _ in told} == {count for _, count, _ in hand}
    assert (
        len(told & set(hand)) >= len(hand) - 1
    )  # of two with as many deals either may be the last
