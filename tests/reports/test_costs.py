"""What leads cost and bring, by channel with all below it, by campaign and by month: the same as SQL written by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.reports.borne import NO_RECORD, OTHERS, parts_of
from fieldstone.reports.dashboards import Asked, dashboard, records_behind
from fieldstone.reports.results import Chart, Dashboard
from tests.company import NOW, Company, open_company

DAY = timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")
PERIOD = "last_90"
CENT = Decimal("0.01")
TREE = (
    "with recursive under(root, id) as (select id, id from o_channel union all"
    " select under.root, c.id from o_channel c join under on c.f_parent = under.id) "
)
# Cents of a cost that lie in the period, rounded for each stretch of days of a channel and campaign.
SPREAD = (
    "(select f_channel, f_campaign, cast(round(sum(f_amount) * 1.0 *"
    " (julianday(min(f_ends_on, :last)) - julianday(max(f_starts_on, :first)) + 1)"
    " / (julianday(f_ends_on) - julianday(f_starts_on) + 1)) as integer) as cents"
    " from o_channel_cost where deleted_at is null and f_ends_on >= :first and f_starts_on <= :last"
    " group by f_channel, f_campaign, f_starts_on, f_ends_on)"
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Channels in a tree, campaigns, costs of many lengths, leads and deals of eight months."""
    opened = open_company(f"sqlite:///{tmp_path_factory.mktemp('costs') / 'fieldstone.db'}")
    draw = random.Random(7)
    channels = _channels(opened)
    campaigns = [
        str(opened.create("campaign", name=f"Wave {n}", owner=opened.ids["li"]).record_id)
        for n in range(3)
    ]
    for n in range(40):
        start = NOW.date() - draw.randint(0, 240) * DAY
        opened.create(
            "channel_cost",
            name=f"Cost {n}",
            channel=draw.choice(channels),
            campaign=draw.choice([*campaigns, None]),
            model="flat",
            amount=str(Decimal(draw.randint(100, 999_999)) / 100),
            starts_on=start,
            ends_on=start + draw.randint(0, 70) * DAY,
        )
    customer = str(opened.create("customer", name="Everybody").record_id)
    for n in range(120):
        _a_lead(opened, draw, n, (channels, campaigns), customer)
    yield opened
    opened.storage.close()


def _channels(company: Company) -> list[str]:
    made: dict[str, str] = {}
    for code, kind, parent in (
        ("ads", "paid", None),
        ("search", "paid", "ads"),
        ("feed", "paid", "ads"),
        ("brand", "paid", "search"),
        ("site", "own", None),
    ):
        values = {"name": code, "code": f"{code}_x", "kind": kind}
        above = {"parent": made[parent]} if parent else {}
        made[code] = str(company.create("channel", **values, **above).record_id)
    return list(made.values())


def _a_lead(
    company: Company,
    draw: random.Random,
    n: int,
    ways: tuple[list[str], list[str]],
    customer: str,
) -> None:
    start = NOW - timedelta(days=draw.randint(1, 240), minutes=draw.randint(0, 1400))
    values: dict[str, object] = {
        "name": f"Lead {n}",
        "channel": draw.choice(ways[0]),
        "campaign": draw.choice([*ways[1], None]),
        "owner": company.ids["li" if n % 4 else "wang"],
        "region": ("north", "east", None)[n % 3],
        "email": f"lead{n}@example.com" if n % 2 else None,
        "mobile": f"1380000{n:04}" if n % 2 else None,
        "need": "A CRM" if n % 4 else None,
        "stage": "new",
        "sales_lead_at": start + DAY if draw.random() < 0.5 else None,
    }
    (lead,) = company.submit(_past("lead", values, [("new", start)]), who="system")
    assert lead.record_id, lead.problems
    if draw.random() < 0.4:
        deal: dict[str, object] = {
            "name": f"Deal {n}",
            "customer": customer,
            "owner": company.ids["li"],
            "amount": str(draw.randint(100, 90_000)),
            "source_lead": lead.record_id,
            "stage": "won" if draw.random() < 0.7 else "prospecting",
            "closed_on": NOW.date(),
        }
        stages = [("prospecting", start + DAY), ("won", NOW - DAY)]
        kept = stages if deal["stage"] == "won" else stages[:1]
        (made,) = company.submit(_past("opportunity", deal, kept), who="system")
        assert made.record_id, made.problems


def _past(
    object_name: str, values: dict[str, object], stages: list[tuple[str, datetime]]
) -> Change:
    return Change(
        object_name, Operation.CREATE, values, as_of=stages[0][1], skip_rules=True, trusted=True,
        stage_history=stages,
    )  # fmt: skip


def asked(company: Company, who: str = "admin") -> Asked:
    return Asked(Reads(company.storage), company.context(who), company.model)


@pytest.fixture(scope="module")
def board(company: Company) -> Dashboard:
    return dashboard(asked(company), "sources", PERIOD)


def chart(board: Dashboard, code: str) -> Chart:
    return next(one for one in board.charts if one.code == code)


def by_hand(company: Company, statement: str, first: date, after: date) -> list[Any]:
    """Run SQL with the period as days (first, last) and as instants (since, until)."""
    span = {
        "first": first.isoformat(),
        "last": (after - DAY).isoformat(),
        "since": _instant(first),
        "until": _instant(after),
    }
    with company.storage.looking() as connection:
        named = {one: value for one, value in span.items() if f":{one}" in statement}
        return [tuple(row) for row in connection.execute(text(statement), named)]


def _instant(day: date) -> str:
    local = datetime.combine(day, time(), ZONE).astimezone(UTC)
    return local.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole(board: Dashboard) -> tuple[date, date]:
    assert board.first
    assert board.after
    return board.first, board.after


def _each(of: Decimal, n: int) -> Decimal | None:
    return (of / n).quantize(Decimal("0.0001")) if n else None


def test_a_channel_counts_with_all_below_it_as_by_hand(company: Company, board: Dashboard) -> None:
    leads = by_hand(
        company,
        TREE + "select root, count(*), sum(f_sales_lead_at is not null) from under"
        " join o_lead on f_channel = under.id where o_lead.deleted_at is null"
        " and o_lead.created_at >= :since and o_lead.created_at < :until group by root",
        *whole(board),
    )
    costs = by_hand(
        company,
        f"{TREE} select root, sum(cents) from under join {SPREAD} s on f_channel = under.id group by root",
        *whole(board),
    )
    deals = by_hand(
        company,
        TREE
        + "select root, count(*), sum(f_amount) from under join o_lead l on l.f_channel = under.id"
        " join o_opportunity d on d.f_source_lead = l.id where d.f_stage = 'won'"
        " and l.created_at >= :since and l.created_at < :until group by root",
        *whole(board),
    )

    told = {
        one.key: one.values
        for one in chart(board, "channels").lines
        if one.branch and one.branch.object_name == "channel"
    }

    money = {root: Decimal(cents) / 100 for root, cents in costs}
    assert len(leads) == len(costs) == 5
    for root, count, sales in leads:
        values = told[root]
        assert (values["leads"], values["sales"]) == (count, sales)
        assert values["cost"] == money[root]
        assert values["per_lead"] == _each(money[root], count)
        assert values["per_sales"] == _each(money[root], sales)
    for root, won, cents in deals:
        values, revenue = told[root], Decimal(cents) / 100
        assert (values["won"], values["revenue"]) == (won, revenue)
        assert values["per_won"] == _each(money[root], won)
        assert values["roi"] == (revenue / money[root]).quantize(Decimal("0.0001")) - 1


def test_the_kinds_of_channels_are_the_sums_of_their_trees(
    company: Company, board: Dashboard
) -> None:
    hand = dict(
        by_hand(
            company,
            f"select f_kind, sum(cents) from {SPREAD} join o_channel c on c.id = f_channel group by 1",
            *whole(board),
        )
    )

    lines = {one.key: one.values["cost"] for one in chart(board, "channels").lines}

    assert lines["top:paid"] == Decimal(hand["paid"]) / 100
    assert lines["top:own"] == Decimal(hand["own"]) / 100
    total = next(one.value for one in board.figures if one.code == "cost")
    assert abs(Decimal(str(total)) - Decimal(sum(hand.values())) / 100) < 40 * CENT


def test_campaigns_cost_what_was_booked_on_them_as_by_hand(
    company: Company, board: Dashboard
) -> None:
    hand = by_hand(
        company,
        f"select f_campaign, sum(cents) from {SPREAD} where f_campaign is not null group by 1",
        *whole(board),
    )
    won = by_hand(
        company,
        "select l.f_campaign, count(*) from o_lead l join o_opportunity d on d.f_source_lead = l.id"
        " where d.f_stage = 'won' and l.f_campaign is not null"
        " and l.created_at >= :since and l.created_at < :until group by 1",
        *whole(board),
    )

    lines = {one.key: one.values for one in chart(board, "campaigns").lines}

    deals = dict(won)
    assert len(hand) == 3
    for campaign, cents in hand:
        # The rounding of one campaign over several channels may differ by a cent for each stretch of days.
        assert abs(Decimal(str(lines[campaign]["cost"])) - Decimal(cents) / 100) < 20 * CENT
        assert lines[campaign]["won"] == deals.get(campaign, 0)
        assert lines[campaign]["per_won"] == _each(
            Decimal(str(lines[campaign]["cost"])), deals.get(campaign, 0)
        )


def test_months_tell_cost_and_return_of_the_leads_that_came_in_them_as_by_hand(
    company: Company, board: Dashboard
) -> None:
    first, after = whole(board)
    months = chart(board, "costs").lines

    assert [one.key for one in months] == ["2026-08", "2026-09", "2026-10", "2026-11"]
    for line in months:
        begin = max(first, date.fromisoformat(f"{line.key}-01"))
        end = min(after, (date.fromisoformat(f"{line.key}-01") + 31 * DAY).replace(day=1))
        ((leads,),) = by_hand(
            company,
            "select count(*) from o_lead where created_at >= :since and created_at < :until",
            begin,
            end,
        )
        ((cents,),) = by_hand(company, f"select sum(cents) from {SPREAD}", begin, end)
        ((won, revenue),) = by_hand(
            company,
            "select count(*), sum(d.f_amount) from o_lead l join o_opportunity d on d.f_source_lead = l.id"
            " where d.f_stage = 'won' and l.created_at >= :since and l.created_at < :until",
            begin,
            end,
        )
        values = line.values
        assert (values["leads"], values["won"]) == (leads, won)
        assert values["revenue"] == Decimal(revenue or 0) / 100
        cost = Decimal(str(values["cost"]))
        assert abs(cost - Decimal(cents or 0) / 100) < 20 * CENT
        assert values["per_lead"] == _each(cost, leads)


# What each group bears: whole cents first, the cents left over to the largest remainders; at most once each.
BORNE = (
    "with costs as (select f_channel, f_campaign, sum(cents) as cents from {spread} group by 1, 2),"
    " heads as (select c.f_channel ch, c.f_campaign ca, c.cents, {group} as grp, count(*) n from costs c"
    " join o_lead l on l.f_channel = c.f_channel and (c.f_campaign is null or c.f_campaign = l.f_campaign)"
    " where l.created_at >= :since and l.created_at < :until group by 1, 2, 3, 4),"
    " parts as (select *, sum(n) over (partition by ch, ca) as whole from heads),"
    " cut as (select *, cents * n / whole as floor, row_number() over (partition by ch, ca"
    " order by cents * n % whole desc, coalesce(grp, '~')) as place from parts),"
    " left_over as (select ch, ca, max(cents) - sum(floor) as more from cut group by 1, 2)"
    " select grp, sum(floor + (place <= more)) from cut"
    " join left_over o on o.ch = cut.ch and o.ca is cut.ca group by 1"
)


@pytest.mark.parametrize(
    ("code", "name", "group"),
    [
        ("sources", "regions", "l.f_region"),
        ("sources", "grades", "l.f_grade"),
        ("people", "owners", "l.owner"),
    ],
)
def test_what_leads_cost_is_shared_out_by_heads_as_by_hand(
    company: Company, board: Dashboard, code: str, name: str, group: str
) -> None:
    statement = BORNE.format(spread=SPREAD, group=group)
    hand = {one: Decimal(cents) / 100 for one, cents in by_hand(company, statement, *whole(board))}
    shown = dashboard(asked(company), code, PERIOD)

    lines = {one.key: one.values for one in chart(shown, name).lines}

    assert len(hand) >= 2
    assert {one: lines[one]["cost"] for one in hand if one is not None} == {
        one: cost for one, cost in hand.items() if one is not None
    }
    ((every,),) = by_hand(company, f"select sum(cents) from {SPREAD}", *whole(board))
    assert sum(Decimal(str(one["cost"])) for one in lines.values()) == Decimal(every) / 100
    for key, values in lines.items():
        if key in (NO_RECORD, OTHERS):
            continue
        came = values["came" if name == "owners" else "leads"]
        assert values["per_lead"] == _each(Decimal(str(values["cost"])), int(str(came)))
        number = (asked(company), code, PERIOD, name, ("cost", str(key)))
        found = records_behind(*number)
        costs = Reads(company.storage).count(
            company.context("admin"), company.model, "channel_cost", Query(filter=found.condition)
        )
        assert found.object_name == "channel_cost"
        assert costs > 0


def test_a_cost_by_which_no_lead_came_has_a_line_of_its_own(company: Company) -> None:
    quiet = company.create("channel", name="Quiet", code="quiet_x", kind="own").record_id
    company.create(
        "channel_cost", name="In vain", channel=quiet, model="flat", amount="71.43",
        starts_on=NOW.date() - 3 * DAY, ends_on=NOW.date() - DAY,
    )  # fmt: skip

    shown = dashboard(asked(company), "sources", PERIOD)
    line = next(one for one in chart(shown, "regions").lines if one.key == NO_RECORD)
    total = next(one.value for one in shown.figures if one.code == "cost")
    rows = behind(company, "regions", "cost", NO_RECORD)

    assert Decimal(str(line.values["cost"])) >= Decimal("71.43")
    assert line.values["per_lead"] is None
    assert "In vain" in {one["name"] for one in rows}
    assert sum(one["total"] for one in rows) >= Decimal(str(line.values["cost"]))
    for name in ("regions", "grades", "products"):
        costs = [one.values["cost"] for one in chart(shown, name).lines]
        assert sum(Decimal(str(one)) for one in costs) == total


def owners(company: Company, who: str) -> dict[object, Any]:
    found = chart(dashboard(asked(company, who), "people", PERIOD), "owners")
    return {one.key: one.values for one in found.lines}


def test_who_sees_some_leads_sees_what_those_cost_as_an_administrator_does(
    company: Company,
) -> None:
    team = str(company.create("department", "system", name="North", code="north").record_id)
    change = Change("user", Operation.UPDATE, {"department": team}, company.ids["li"])
    company.submit(change, who="system")
    company.people["head"] = replace(company.people["mei"], departments=(team,))

    seen, every = (owners(company, who) for who in ("head", "admin"))

    alike = [one for one in seen if one not in (NO_RECORD, OTHERS, None)]
    assert alike == [company.ids["li"]]
    assert company.ids["wang"] in every
    for owner in alike:
        assert seen[owner]["cost"] == every[owner]["cost"]
        assert seen[owner]["per_lead"] == every[owner]["per_lead"]
    costs = [[Decimal(str(one["cost"])) for one in lines.values()] for lines in (seen, every)]
    assert sum(costs[0]) == sum(costs[1])
    assert seen[OTHERS]["cost"] == every[company.ids["wang"]]["cost"]
    assert seen[NO_RECORD] == every[NO_RECORD]
    assert seen[NO_RECORD]["let_go"] is None


def test_a_cost_is_shared_out_to_the_last_cent() -> None:
    cost, heads = Decimal("100.00"), {"a": 1, "b": 1, "c": 1}

    parts = parts_of(cost, heads)

    assert parts == {"a": Decimal("33.34"), "b": Decimal("33.33"), "c": Decimal("33.33")}
    assert sum(parts_of(Decimal("0.05"), {"a": 7, "b": 2, "c": 1}).values()) == Decimal("0.05")
    assert parts_of(cost, {}) == {}


def behind(company: Company, name: str, figure: str, key: object) -> list[dict[str, Any]]:
    found = records_behind(
        asked(company), "sources", PERIOD, name, (figure, None if key is None else str(key))
    )
    query = Query(filter=found.condition, limit=500)
    page = Reads(company.storage).list(
        company.context("admin"), company.model, found.object_name, query
    )
    return [dict(one.values) for one in page.rows]


@pytest.mark.parametrize("name", ["channels", "campaigns", "costs"])
def test_every_count_and_sum_opens_the_records_that_make_it(
    company: Company, board: Dashboard, name: str
) -> None:
    opened = 0
    for line in chart(board, name).lines:
        for figure in ("leads", "sales", "won"):
            if line.values[figure]:
                opened += 1
                assert len(behind(company, name, figure, line.key)) == line.values[figure]
        if line.values["revenue"]:
            rows = behind(company, name, "revenue", line.key)
            assert sum(one["amount"] for one in rows) == line.values["revenue"]
        if line.values["cost"]:
            whole_costs = sum(one["total"] for one in behind(company, name, "cost", line.key))
            assert whole_costs >= line.values["cost"]

    assert opened > 5


def test_parts_of_a_channel_are_its_campaigns(company: Company, board: Dashboard) -> None:
    parts = [one for one in chart(board, "channels").lines if one.branch and one.branch.below]

    assert parts
    for line in parts:
        channel, _, campaign = str(line.key).partition("/")
        for row in behind(company, "channels", "leads", line.key):
            assert (row["channel"], row["campaign"]) == (channel, campaign)


def test_channels_whose_parents_form_a_ring_are_each_told_once(company: Company) -> None:
    one = company.create("channel", name="Ring 1", code="ring_1", kind="other").record_id
    two = company.create("channel", name="Ring 2", code="ring_2", kind="other", parent=one)
    change = Change(
        "channel", Operation.UPDATE, {"parent": two.record_id}, one, trusted=True, skip_rules=True
    )
    company.submit(change, who="system")

    lines = chart(dashboard(asked(company), "sources", PERIOD), "channels").lines

    keys = [line.key for line in lines]
    assert keys.count(one) == keys.count(two.record_id) == 1


def test_who_may_not_see_costs_sees_the_tree_without_them(company: Company) -> None:
    found = chart(dashboard(asked(company, "li"), "sources", PERIOD), "channels")

    codes = {one.code for one in found.columns}
    assert "leads" in codes
    assert not {"cost", "per_lead", "per_sales", "per_won", "roi"} & codes
