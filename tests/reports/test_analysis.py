"""Analysis by the owner of the time, spreads, costs by days, stages that hold leads up; every number opens its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.reports.dashboards import Asked, dashboard, records_behind
from fieldstone.reports.results import Chart, Dashboard
from tests.company import NOW, Company

DAY = timedelta(days=1)
START = NOW - 60 * DAY


@pytest.fixture
def history(company: Company) -> Company:
    """Leads that go back and forth, change hands and are lost."""
    li, wang = company.ids["li"], company.ids["wang"]
    one = _a_lead(company, "One", li, [("new", 0), ("contacted", 1), ("qualified", 5)])
    _move(company, one, 10, owner=wang)
    _move(company, one, 20, stage="converted", converted_at=START + 20 * DAY)
    two = _a_lead(company, "Two", li, [("new", 0), ("contacted", 2), ("new", 3), ("contacted", 4)])
    _move(company, two, 8, owner=None, pool="public_pool", reason="no_follow_up")
    _move(company, two, 12, owner=wang, pool=None, reason="claimed")
    _move(company, two, 14, owner=None, pool="public_pool", reason="returned")
    _a_lead(company, "Three", wang, [("new", 0), ("contacted", 9), ("invalid", 11)])
    _a_lead(company, "Four", wang, [("new", 0)], channel=_paid(company))
    return company


def _paid(company: Company) -> str:
    paid = company.create("channel", name="Paid", code="paid", kind="paid").record_id
    first = START.date() - 10 * DAY
    values = {"starts_on": first, "ends_on": first + 19 * DAY, "model": "flat", "amount": "1000"}
    company.create("channel_cost", name="Ads", channel=paid, **values)
    return str(paid)


def _a_lead(
    company: Company, name: str, owner: str, stages: list[tuple[str, int]], channel: str = ""
) -> str:
    past = [(code, START + days * DAY) for code, days in stages]
    values: dict[str, object] = {
        "name": name,
        "channel": channel or company.ids["website"],
        "owner": owner,
        "stage": stages[-1][0],
        "grade": "good",
    }
    if stages[-1][0] == "invalid":
        values["lost_reason"] = "no_need"
    change = Change(
        "lead", Operation.CREATE, values, as_of=START, skip_rules=True, trusted=True,
        stage_history=past,
    )  # fmt: skip
    (outcome,) = company.submit(change, who="system")
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)


def _move(company: Company, lead: str, days: int, reason: str = "", **values: object) -> None:
    change = Change(
        "lead", Operation.UPDATE, values, lead, as_of=START + days * DAY, skip_rules=True,
        trusted=True, reason=reason,
    )  # fmt: skip
    (outcome,) = company.submit(change, who="system")
    assert not outcome.problems, outcome.problems


def asked(company: Company, who: str = "admin") -> Asked:
    return Asked(Reads(company.storage), company.context(who), company.model)


def found(company: Company, code: str, period: str = "last_90", who: str = "admin") -> Dashboard:
    return dashboard(asked(company, who), code, period)


def chart(board: Dashboard, code: str) -> Chart:
    return next(one for one in board.charts if one.code == code)


def lines(board: Dashboard, code: str) -> dict[object, dict[str, Any]]:
    return {line.key: dict(line.values) for line in chart(board, code).lines}


def test_what_happened_counts_for_the_owner_of_that_moment(history: Company) -> None:
    owners = lines(found(history, "people"), "owners")
    li, wang = owners[history.ids["li"]], owners[history.ids["wang"]]

    # Li qualified the lead that Wang converted later; the pool took Two from both, once each.
    assert (li["owned"], li["qualified"], li["converted"], li["let_go"]) == (2, 1, 0, 2)
    assert (wang["owned"], wang["qualified"], wang["converted"], wang["invalid"]) == (4, 0, 1, 1)
    assert (li["recalled"], wang["recalled"]) == (1, 0)


def test_deals_and_first_touches_count_for_who_had_them_then(history: Company) -> None:
    li, wang = history.ids["li"], history.ids["wang"]
    customer = history.create("customer", name="Everybody", owner=li).record_id
    for amount, owner in (("700.50", li), ("300", wang)):
        won = {"name": amount, "customer": customer, "owner": owner, "amount": amount}
        closed = {"stage": "won", "closed_on": START.date() + 2 * DAY}
        change = Change("opportunity", Operation.CREATE, won | closed, as_of=START, skip_rules=True, trusted=True)  # fmt: skip
        (outcome,) = history.submit(change, who="system")
        assert not outcome.problems, outcome.problems
        given = Change("opportunity", Operation.UPDATE, {"owner": wang}, outcome.record_id, as_of=START + 9 * DAY, skip_rules=True, trusted=True)  # fmt: skip
        history.submit(given, who="system")
    lead = _a_lead(history, "Touched", li, [("new", 0), ("contacted", 1)])
    call = {"kind": "call", "subject": "x", "status": "done", "lead": lead, "owner": li}
    history.create("activity", **call, done_at=START + timedelta(hours=5))
    _move(history, lead, 3, owner=wang)

    owners = lines(found(history, "people"), "owners")

    assert [owners[one]["won"] for one in (li, wang)] == [1, 1]
    assert [owners[one]["revenue"] for one in (li, wang)] == [Decimal("700.50"), Decimal(300)]
    assert [owners[one]["touch"] for one in (li, wang)] == [Decimal(5), None]
    assert counted(history, "people", "owners", "won", li) == 1
    assert counted(history, "people", "owners", "touch", li) == 1
    assert counted(history, "people", "owners", "touch", wang) == 0


def test_traffic_of_a_pool_counts_each_lead_once(history: Company) -> None:
    board = found(history, "people")

    pool = lines(board, "pools")["public_pool"]
    assert (pool["into"], pool["out"], pool["claimed"], pool["lying"]) == (1, 1, 1, 1)
    reasons = {key: values["count"] for key, values in lines(board, "why").items()}
    assert reasons["no_follow_up"] == reasons["returned"] == 1


def test_a_lead_that_goes_back_and_forth_counts_once_and_a_lost_one_is_not_dropped(
    history: Company,
) -> None:
    board = found(history, "progress")

    cohort = {line.key: line.values["count"] for line in chart(board, "cohort").lines}
    assert cohort == {"new": 4, "contacted": 3, "qualified": 1, "converted": 1}
    snapshot = {line.key: line.values["count"] for line in chart(board, "snapshot").lines}
    assert snapshot == {"new": 1, "contacted": 1, "qualified": 0}


def test_stages_tell_who_went_on_was_lost_and_is_there(history: Company) -> None:
    stuck = lines(found(history, "progress"), "stuck")

    assert stuck["new"]["entered"] == 4
    assert (stuck["new"]["on"], stuck["new"]["here"]) == (Decimal("0.75"), 1)
    contacted = stuck["contacted"]
    assert (contacted["entered"], contacted["here"]) == (3, 1)
    assert (contacted["on"], contacted["lost"]) == (Decimal("0.3333"), Decimal("0.3333"))
    assert stuck["qualified"]["on"] == Decimal(1)
    assert stuck["new"]["longest"] == 60


def test_months_are_compared_by_the_share_that_reached_each_stage(history: Company) -> None:
    months = lines(found(history, "progress"), "months")

    assert months == {
        f"{START:%Y-%m}": {
            "new": 4,
            "contacted": Decimal("0.75"),
            "qualified": Decimal("0.25"),
            "converted": Decimal("0.25"),
        }
    }


def test_a_cost_counts_by_its_days_in_the_period_and_once_whatever_it_led_to(
    history: Company,
) -> None:
    board = dashboard(asked(history), "sources", "last_90")
    costs = {key: values["cost"] for key, values in lines(board, "channels").items()}
    paid = next(key for key, value in costs.items() if value and not str(key).startswith("top:"))
    assert {key: value for key, value in costs.items() if value} == {
        "top:paid": Decimal(1000),
        paid: Decimal(1000),
    }

    # Of the twenty days those of the month lie in the period.
    history.now = START + 3 * DAY
    short = dashboard(asked(history), "sources", "this_month")
    first = history.now.date().replace(day=1)
    begin = START.date() - 10 * DAY
    after = (first + 32 * DAY).replace(day=1)
    inside = (min(begin + 20 * DAY, after) - max(begin, first)).days
    cost = next(one.value for one in short.figures if one.code == "cost")
    assert cost == Decimal(1000) * inside / 20


def test_the_first_touch_is_told_by_its_median_and_ninth_tenth(company: Company) -> None:
    hours = [1, 2, 3, 4, 50]
    for n, late in enumerate(hours):
        lead = _a_lead(company, f"L{n}", company.ids["li"], [("new", 0)])
        values = {"kind": "call", "subject": "x", "status": "done", "lead": lead}
        company.create(
            "activity", **values, owner=company.ids["li"], done_at=START + timedelta(hours=late)
        )

    board = found(company, "progress")

    figures = {one.code: one.value for one in board.figures}
    assert (figures["touch"], figures["slow"]) == (3, 50)
    assert lines(board, "touch")["poor"]["never"] == 0
    website = lines(board, "touch_by_channel")[company.ids["website"]]
    assert (website["touch"], website["slow"], website["never"]) == (3, 50, 0)


def counted(history: Company, board: str, name: str, figure: str, key: object) -> int:
    behind = records_behind(
        asked(history), board, "last_90", name, (figure, None if key is None else str(key))
    )
    if behind.ids is not None:
        return len(behind.ids)
    ctx = history.context("admin")
    query = Query(filter=behind.condition)
    return Reads(history.storage).count(ctx, history.model, behind.object_name, query)


def whole_numbers(board: Dashboard) -> Iterator[tuple[str, str, object, int]]:
    """Yield (chart, figure, key, number) of every count that a dashboard shows."""
    for one in board.charts:
        if one.kind in ("histogram", "survival", "fairness"):
            continue  # their numbers are no counts of a line: see below
        for line in one.lines:
            for column in one.columns:
                value = line.values.get(column.code)
                if column.format == "number" and isinstance(value, int):
                    yield one.code, column.code, line.key, value


@pytest.mark.parametrize("code", ["sources", "progress", "people", "leads"])
def test_every_number_opens_just_as_many_records(history: Company, code: str) -> None:
    board = found(history, code)
    numbers = [*whole_numbers(board)]

    assert numbers
    for name, figure, key, value in numbers:
        assert counted(history, code, name, figure, key) == value, (name, figure, key)


def test_each_bar_of_a_histogram_opens_its_records(history: Company) -> None:
    found_chart = chart(found(history, "leads"), "time_to_convert")
    width, bars = int(found_chart.marks["width"] or 1), found_chart.lines

    opened = {}
    for n, line in enumerate(bars):
        first = int(str(line.key))
        key = f"{first}-" if n == len(bars) - 1 else f"{first}-{first + width - 1}"
        opened[first] = counted(history, "leads", "time_to_convert", "count", key)

    assert opened == {line.key: line.values["count"] for line in bars}
    assert sum(opened.values()) == 1


def test_shares_of_a_stage_open_who_went_on_and_who_was_lost(history: Company) -> None:
    board = found(history, "progress")
    stuck = lines(board, "stuck")

    assert counted(history, "progress", "stuck", "on", "new") == 3
    assert stuck["contacted"]["lost"] == Decimal("0.3333")
    assert counted(history, "progress", "stuck", "lost", "contacted") == 1
    assert counted(history, "progress", "stuck", "half", "new") == stuck["new"]["entered"]


def test_a_point_of_the_curve_opens_who_converted_by_then(history: Company) -> None:
    within = [counted(history, "progress", "time", f"after_{days}", None) for days in (10, 20, 30)]

    assert within == [0, 1, 1]
    assert counted(history, "progress", "time", "ended", None) == 1


def test_who_sees_fewer_records_counts_and_opens_fewer(history: Company) -> None:
    board = found(history, "people", who="wang")
    owners = lines(board, "owners")

    # Wang sees his own leads: what happened to them counts, whoever had them.
    assert owners[history.ids["wang"]]["owned"] == 3
    behind = records_behind(
        asked(history, "wang"), "people", "last_90", "owners", ("owned", history.ids["wang"])
    )
    assert len(behind.ids or ()) == 3


def test_what_a_dashboard_does_not_have_is_not_found(history: Company) -> None:
    for name, figure, key in (
        ("nothing", "x", ""),
        ("owners", "nothing", ""),
        ("stuck", "here", "x"),
    ):
        board = "progress" if name == "stuck" else "people"
        with pytest.raises(RefusedError) as refused:
            records_behind(asked(history), board, "", name, (figure, key))
        assert refused.value.status == 404
        assert refused.value.problems[0].cure


def test_each_chart_says_whom_it_counts_in_whose_days_and_by_which_owner(history: Company) -> None:
    board, people = found(history, "sources"), found(history, "people")

    basis = chart(people, "owners").basis
    assert basis is not None
    assert "by the owner at that moment" in basis.en
    assert "Asia/Shanghai" in basis.en
    assert "按当时的负责人" in basis.text("zh")
    channels = chart(board, "channels").basis
    assert channels is not None
    assert "costs by their days" in channels.en
    assert all(one.basis and one.basis.text("zh") for one in (*board.charts, *people.charts))


def test_figures_of_objects_that_one_may_not_read_are_left_out(history: Company) -> None:
    board = found(history, "sources", who="li")

    assert "cost" not in [one.code for one in chart(board, "channels").columns]
    assert "cost" not in [one.code for one in board.figures]


def test_a_report_of_a_site_may_use_the_same_words(history: Company) -> None:
    body = {
        "object": "lead", "date": "created_at", "period": "all",
        "figures": {"sale": {"reached": {"stages": ["qualified", "converted"]}}},
    }  # fmt: skip
    mine = replace(history.model.reports["leads"], code="mine", body=body)
    model = replace(history.model, reports={**history.model.reports, "mine": mine})

    board = dashboard(replace(asked(history), model=model), "mine")

    assert [one.value for one in board.figures] == [1]
