"""Dashboards count what their reader may see, in the period asked for, by the true history of stages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.base.settings import Settings
from fieldstone.bootstrap import compile_model, vocabulary
from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.door import Reads
from fieldstone.reports.dashboards import Asked, dashboard, dashboards_for
from fieldstone.reports.results import Chart, Dashboard
from tests.company import NOW, Company, open_company


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Six leads of two sellers, with a past."""
    folder = tmp_path_factory.mktemp("reports")
    opened = open_company(f"sqlite:///{folder / 'fieldstone.db'}")
    opened.model = compile_model(Settings(folder=folder), vocabulary())
    paid = opened.create("channel", name="Paid", code="paid", kind="paid")
    today = NOW.astimezone(ZoneInfo("Asia/Shanghai")).date()
    span = {"starts_on": today - timedelta(days=99), "ends_on": today}
    opened.create(
        "channel_cost", name="Ads", channel=paid.record_id, model="flat", amount="1000", **span
    )
    free = opened.create("channel", name="Free", code="free", kind="free")
    ways = [
        ("li", paid, ["new", "contacted", "qualified", "converted"]),
        ("li", paid, ["new", "qualified"]),
        ("li", free, ["new", "contacted", "invalid"]),
        ("wang", paid, ["new"]),
        ("wang", free, ["new", "contacted"]),
        ("wang", free, ["new", "contacted", "qualified", "converted"]),
    ]
    for n, (owner, channel, stages) in enumerate(ways):
        _a_past_lead(opened, f"Lead {n}", owner, str(channel.record_id), stages)
    return opened


def _a_past_lead(company: Company, name: str, owner: str, channel: str, stages: list[str]) -> None:
    start = NOW - timedelta(days=40)
    past = [(code, start + timedelta(days=10 * n)) for n, code in enumerate(stages)]
    values: dict[str, object] = {
        "name": name,
        "channel": channel,
        "owner": company.ids[owner],
        "budget": "1000",
        "stage": stages[-1],
    }
    if stages[-1] == "invalid":
        values["lost_reason"] = "no_need"
    if stages[-1] == "converted":
        values["converted_at"] = past[-1][1].astimezone(UTC).isoformat()
    change = Change(
        "lead",
        Operation.CREATE,
        values,
        as_of=start,
        skip_rules=True,
        trusted=True,
        stage_history=past,
    )
    (outcome,) = company.submit(change, who="system")
    assert not outcome.problems


def asked(company: Company, who: str) -> Asked:
    return Asked(Reads(company.storage), company.context(who), company.model)


def chart(found: Dashboard, code: str) -> Chart:
    return next(one for one in found.charts if one.code == code)


def figures(found: Dashboard) -> dict[str, object]:
    return {one.code: one.value for one in found.figures}


def test_figures_count_the_records_of_the_period(company: Company) -> None:
    found = dashboard(asked(company, "admin"), "leads", "last_90")

    assert figures(found)["created"] == 6
    assert figures(found)["converted"] == 2
    assert figures(found)["rate"] == Decimal("0.3333")
    assert figures(dashboard(asked(company, "admin"), "leads", "last_30"))["created"] == 0


def test_a_cohort_funnel_counts_how_far_each_record_ever_came(company: Company) -> None:
    found = chart(dashboard(asked(company, "admin"), "leads", "last_90"), "funnel")

    # One skipped "contacted" and counts as having passed it; one came there and was lost later.
    assert [(line.key, line.values["count"]) for line in found.lines] == [
        ("new", 6),
        ("contacted", 5),
        ("qualified", 3),
        ("converted", 2),
    ]


def test_channels_show_conversion_and_cost(company: Company) -> None:
    found = chart(dashboard(asked(company, "admin"), "leads", "last_90"), "channels")
    by_cost = {line.values["cost"] == 0: line.values for line in found.lines}

    paid, free = by_cost[False], by_cost[True]
    assert (paid["leads"], paid["converted"], paid["rate"]) == (3, 1, Decimal("0.3333"))
    assert paid["cost"] == 900  # 90 of the 100 days
    assert paid["each"] == Decimal(900)
    assert (free["leads"], free["converted"], free["each"]) == (3, 1, 0)


def test_time_to_convert_tells_the_median(company: Company) -> None:
    found = chart(dashboard(asked(company, "admin"), "leads", "last_90"), "time_to_convert")

    assert found.marks["total"] == 2
    assert found.marks["half"] == 30


def test_months_without_a_record_stand_there_with_nothing(company: Company) -> None:
    found = chart(dashboard(asked(company, "admin"), "leads", "last_90"), "trend")

    assert [line.key for line in found.lines] == ["2026-10"]
    assert found.lines[0].values == {"converted": 2, "other": 4}


def test_everybody_counts_only_what_they_may_see(company: Company) -> None:
    mine = dashboard(asked(company, "li"), "leads", "last_90")

    assert figures(mine)["created"] == 3
    assert [line.values["count"] for line in chart(mine, "funnel").lines] == [3, 3, 2, 1]


def test_what_is_hidden_from_a_role_is_left_out(company: Company) -> None:
    codes = {
        one.code for one in chart(dashboard(asked(company, "li"), "leads"), "channels").columns
    }

    assert "cost" not in codes
    assert "each" not in codes
    assert "leads" in codes


def test_a_dashboard_that_is_not_there_or_a_wrong_period_is_refused(company: Company) -> None:
    with pytest.raises(RefusedError) as nothing:
        dashboard(asked(company, "admin"), "lead")
    with pytest.raises(RefusedError) as wrong:
        dashboard(asked(company, "admin"), "leads", "next_century")

    assert (nothing.value.status, nothing.value.problems[0].cure) == (404, "Write 'leads'.")
    assert wrong.value.status == 400


def test_dashboards_over_objects_one_may_not_read_are_not_listed(company: Company) -> None:
    everything = {one.code for one in dashboards_for(company.model, company.people["admin"])}

    assert everything == {"leads", "sales", "sources", "progress", "people"}
    nobody = replace(company.people["admin"], roles=frozenset())
    assert not dashboards_for(company.model, nobody)


def test_every_core_dashboard_computes_whole_for_an_administrator(company: Company) -> None:
    for report in company.model.reports.values():
        found = dashboard(asked(company, "admin"), report.code, "all")

        charts, declared = report.body["charts"], report.body["figures"]
        assert isinstance(charts, dict)
        assert isinstance(declared, dict)
        assert [one.code for one in found.charts] == list(charts)
        assert len(found.figures) == sum(not one.get("hidden") for one in declared.values())
