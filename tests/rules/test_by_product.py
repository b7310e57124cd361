"""Leads say which product they ask for; deadlines, grades and assignment go by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldstone.changes.nouns import Outcome
from tests.company import Company, open_company, with_site

SITE = """
rules:
  follow_up_in_time:
    by: product.series
    first: {CRM: 2 working hours, Service: 1 working day, default: 3 working days}
  lead_grading: {fields: {product: 4}}
"""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A company whose follow-ups and grades go by product."""
    url = f"sqlite:///{tmp_path / 'fieldstone.db'}"
    opened = with_site(open_company(url), url, SITE)
    for name in ("CRM", "Service"):
        made = opened.create("product", name=name, series=name, price="100")
        opened.ids[name] = str(made.record_id)
    yield opened
    opened.storage.close()


def a_lead(company: Company, name: str, product: str) -> Outcome:
    chosen = {"product": company.ids[product]} if product else {}
    ways = {
        "channel": company.ids["website"],
        "region": "north",
        "mobile": f"1380013800{len(name)}",
    }
    return company.create("lead", "system", name=name, **chosen, **ways)


def due(outcome: Outcome) -> str:
    return next(one.because.en for one in outcome.decisions if one.rule == "follow_up_in_time")


def test_a_follow_up_is_due_by_the_product_that_a_lead_asks_for(company: Company) -> None:
    crm, service = a_lead(company, "A", "CRM"), a_lead(company, "BB", "Service")

    assert due(crm).startswith("due 2026-11-23 12:00")
    assert due(service).startswith("due 2026-11-24 10:00")


def test_a_lead_that_names_a_product_is_more_complete(company: Company) -> None:
    with_one, without = a_lead(company, "A", "CRM"), a_lead(company, "BB", "")

    grades = [company.row("lead", one.record_id)["grade"] for one in (with_one, without)]
    assert grades == ["medium", "poor"]
