"""What leads cost adds up on both databases: to the lines of the groups come a cost without a lead, and leads not shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.reports.borne import NO_RECORD, OTHERS
from fieldstone.reports.dashboards import Asked, dashboard, records_behind
from tests.company import NOW, Company

DAY = timedelta(days=1)


def asked(company: Company, who: str) -> Asked:
    return Asked(Reads(company.storage), company.context(who), company.model)


def costs(company: Company, who: str, code: str, name: str) -> dict[object, Decimal]:
    found = dashboard(asked(company, who), code, "last_90")
    lines = next(one.lines for one in found.charts if one.code == name)
    return {one.key: Decimal(str(one.values["cost"])) for one in lines}


def behind(company: Company, name: str, key: str) -> set[object]:
    found = records_behind(asked(company, "admin"), "people", "last_90", name, ("cost", key))
    page = Reads(company.storage).list(
        company.context("admin"), company.model, found.object_name, Query(filter=found.condition)
    )
    return {one.values["name"] for one in page.rows}


def costs_of(company: Company) -> None:
    """Book 100.00 on a channel by which one lead of Li and two of Wang came, and 71.43 on one by which none did."""
    quiet = company.create("channel", name="Quiet", code="quiet", kind="own").record_id
    for name, channel, amount in (
        ("Website", company.ids["website"], "100.00"),
        ("In vain", quiet, "71.43"),
    ):
        days: dict[str, Any] = {"starts_on": NOW.date() - 3 * DAY, "ends_on": NOW.date() - DAY}
        made = company.create(
            "channel_cost", name=name, channel=channel, model="flat", amount=amount, **days
        )
        assert not made.problems, made.problems
    for place, owner in enumerate(("li", "wang", "wang")):
        values = {
            "name": f"Lead {place}",
            "mobile": f"1380000{place:04}",
            "channel": company.ids["website"],
            "owner": company.ids[owner],
            "stage": "new",
        }
        change = Change(
            "lead", Operation.CREATE, values, as_of=NOW - 2 * DAY, trusted=True, skip_rules=True
        )
        (lead,) = company.submit(change, who="system")
        assert not lead.problems, lead.problems


def test_a_cost_without_a_lead_stands_beside_the_groups_and_all_add_up(company: Company) -> None:
    costs_of(company)

    owners = costs(company, "admin", "people", "owners")
    regions = costs(company, "admin", "sources", "regions")

    li, wang = company.ids["li"], company.ids["wang"]
    assert owners == {
        li: Decimal("33.33"), wang: Decimal("66.67"), NO_RECORD: Decimal("71.43"),
    }  # fmt: skip
    # Leads without a region are not shown by region.
    assert regions == {OTHERS: Decimal("100.00"), NO_RECORD: Decimal("71.43")}
    assert behind(company, "owners", NO_RECORD) == {"In vain"}
    assert behind(company, "owners", li) == {"Website"}


def test_leads_that_a_reader_does_not_see_are_a_line_of_their_own(company: Company) -> None:
    costs_of(company)
    south = str(company.create("department", "system", name="South", code="south").record_id)
    change = Change("user", Operation.UPDATE, {"department": south}, company.ids["li"])
    assert not company.submit(change, who="system")[0].problems
    company.people["head"] = replace(company.people["mei"], departments=(south,))

    seen = costs(company, "head", "people", "owners")

    assert seen == {
        company.ids["li"]: Decimal("33.33"),
        OTHERS: Decimal("66.67"),
        NO_RECORD: Decimal("71.43"),
    }
