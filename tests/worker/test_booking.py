"""What sources cost is booked on the channels they fill: once, exactly, and with what people changed left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

from fieldstone.actions.intake.booking import book_costs
from fieldstone.actions.intake.reception import Incoming
from fieldstone.actions.intake.sources import intake_of
from fieldstone.reads.door import Reads
from fieldstone.reports.dashboards import Asked, dashboard
from fieldstone.site import Site
from fieldstone.worker.booking import book
from tests.actions.acting import act, with_rules
from tests.company import Company, site_of

PARTNER = "partner_leads"


def arrives(site: Site, *numbers: int) -> list[str]:
    """Let partners send people; return the records made."""
    intake = intake_of(site.model, PARTNER)
    assert intake is not None
    made = []
    for number in numbers:
        contact = {"name": f"客户{number}", "phone": f"139{number:08}"}
        sent = {"id": f"p-{number}", "contact": contact}
        receipt = site.reception().receive(intake, Incoming(sent))
        assert not receipt.problems, receipt.problems
        made.append(str(receipt.record))
    return made


def costs(company: Company) -> list[dict[str, object]]:
    """Return the live costs by their first day."""
    rows = company.storage_rows("channel_cost").values()
    return sorted(rows, key=lambda row: str(row["starts_on"]))


def test_each_new_record_is_booked_once_at_its_price(company: Company) -> None:
    site = site_of(company)
    arrives(site, 1, 2, 3)
    arrives(site, 3)  # a repeat, and
    arrives(site, 1)  # somebody known, cost nothing

    first, again = book_costs(site.bookkeeper()), book_costs(site.bookkeeper())
    arrives(site, 4)
    more = book_costs(site.bookkeeper())

    assert (first, again, more) == (1, 0, 1)
    (cost,) = costs(company)
    assert (cost["quantity"], cost["price"], cost["total"]) == (4, Decimal(60), Decimal(240))
    assert cost["starts_on"] == cost["ends_on"]
    assert cost["model"] == "cpl"
    channel = company.row("channel", str(cost["channel"]))
    assert (channel["code"], channel["cost_total"]) == ("partners", Decimal(240))


def test_a_cost_of_a_source_counts_in_cost_per_lead_and_return(company: Company) -> None:
    site = site_of(company)
    (won, *_) = arrives(site, *range(11, 16))
    act(company, "admin", "assign", won, owner=company.ids["li"])
    company.update("lead", won, "admin", sales_lead_at=None)
    book_costs(site.bookkeeper())

    asked = Asked(Reads(company.storage), company.context("admin"), company.model)
    found = dashboard(asked, "sources", "last_30")
    figures = {one.code: one.value for one in found.figures}
    tree = next(one for one in found.charts if one.code == "channels")
    partners = next(
        line.values
        for line in tree.lines
        if line.branch and line.branch.record == str(costs(company)[0]["channel"])
    )

    assert figures["cost"] == Decimal(300)
    assert figures["roi"] == Decimal(-1)
    assert (partners["cost"], partners["per_lead"]) == (Decimal(300), Decimal(60))


def test_what_people_changed_or_deleted_is_left_alone(company: Company) -> None:
    site = site_of(company)
    arrives(site, 21)
    book_costs(site.bookkeeper())
    company.update("channel_cost", str(costs(company)[0]["id"]), "admin", price="50")
    company.now += timedelta(days=1)
    arrives(site, 22)
    book_costs(site.bookkeeper())
    company.delete("channel_cost", str(costs(company)[1]["id"]))
    company.now += timedelta(minutes=1)
    arrives(site, 23)

    assert book_costs(site.bookkeeper()) == 0

    (only,) = costs(company)
    assert (only["quantity"], only["total"]) == (1, Decimal(50))


def test_workers_that_book_at_once_book_once(company: Company) -> None:
    sites = [site_of(company) for _ in range(3)]
    arrives(sites[0], 31, 32)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(book, sites))

    (cost,) = costs(company)
    assert cost["total"] == Decimal(120)


def test_a_sum_a_month_is_booked_for_each_month_and_keeps_its_price(company: Company) -> None:
    monthly = "rules: {partner_leads: {cost: {model: flat, amount: %s}}}"
    office = with_rules(company, monthly % "999.99")
    arrives(site_of(office), 41)
    book_costs(site_of(office).bookkeeper())

    dearer = with_rules(company, monthly % "1200")
    dearer.now += timedelta(days=31)
    book_costs(site_of(dearer).bookkeeper())

    assert [cost["total"] for cost in costs(company)] == [Decimal("999.99"), Decimal(1200)]
    assert [str(cost["starts_on"]) for cost in costs(company)] == ["2026-11-01", "2026-12-01"]
    assert [str(cost["ends_on"]) for cost in costs(company)] == ["2026-11-30", "2026-12-31"]


def test_openings_of_a_form_are_booked_where_it_is_paid_by_click(company: Company) -> None:
    office = with_rules(company, "rules: {website_form: {cost: {model: cpc, amount: 3.2}}}")
    site = site_of(office)
    intake = intake_of(site.model, "website_form")
    assert intake is not None
    for number in (1, 2, 3, 4, 5, 5):  # who opens it twice in a day has clicked once
        site.reception().clicked(intake, f"address {number}")
    partner = intake_of(site.model, PARTNER)
    assert partner is not None
    site.reception().clicked(partner, "address 1")  # is paid by lead

    book_costs(site.bookkeeper())

    (cost,) = costs(company)
    assert (cost["model"], cost["quantity"], cost["total"]) == ("cpc", 5, Decimal("16.00"))
