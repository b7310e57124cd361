"""What line items and totals come to before they are written, and that it tells nobody of what they may not see."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.builders import a_model
from tests.reads.world import (
    ACTIVITY,
    ANNA,
    BEN,
    CUSTOMER,
    DEPARTMENT,
    LEAD,
    SITE,
    TEAM,
    USER,
    World,
    a_context,
    a_world,
    an_actor,
)

QUOTE = """
object: quote
fields:
  name: text
  discount: {type: percent}
  items:
    type: rows
    fields:
      customer: {type: lookup, to: customer}
      price: currency
      amount: {type: formula, returns: currency, value: "price * 2"}
      credit: {type: formula, returns: currency, value: "customer.revenue"}
  total: {type: formula, returns: currency, value: "sum(items, amount)"}
  due: {type: formula, returns: currency, value: "total * (1 - coalesce(discount, 0))"}
  secret: {type: formula, returns: integer, value: "count(items)"}
  other: {type: formula, returns: text, value: "name"}
ownership: {owner: optional}
permissions:
  manager: {read: all, create: true}
  sales: {read: own, create: true, fields: {secret: hidden}}
"""


@pytest.fixture(scope="module")
def quotes(tmp_path_factory: pytest.TempPathFactory) -> World:
    model = a_model(SITE, USER, TEAM, DEPARTMENT, CUSTOMER, LEAD, ACTIVITY, QUOTE)
    return a_world(f"sqlite:///{tmp_path_factory.mktemp('quotes') / 'fieldstone.db'}", model)


def drafted(world, actor, record_id, typed, *lines):
    return world.reads.drafted(
        a_context(actor), world.model, "quote", record_id, typed, {"items": lines}
    )


def test_lines_and_the_totals_that_rest_on_them_are_worked_out_in_order(quotes):
    anna = an_actor(ANNA, "manager")
    found = drafted(
        quotes,
        anna,
        None,
        {"discount": Decimal("0.5")},
        {"price": Decimal("10")},
        {"price": None},
        {"price": Decimal("1.50")},
    )

    assert [line.get("amount") for line in found.lines["items"]] == [20, None, 3]
    assert found.totals == {"total": 23, "due": Decimal("11.50"), "secret": 3}


def test_what_is_stored_counts_where_nothing_was_typed(quotes):
    (quote,) = quotes.insert("quote", {"discount": Decimal("0.1"), "owner": ANNA})

    found = drafted(quotes, an_actor(ANNA, "sales"), quote, {}, {"price": Decimal("5")})

    assert found.totals == {"total": 10, "due": 9}  # the hidden figure stays hidden
    assert drafted(quotes, an_actor(BEN, "sales"), quote, {}) is None


def test_a_formula_tells_nothing_of_a_record_that_one_may_not_see(quotes):
    mine, theirs = quotes.insert(
        "customer",
        {"name": "Mine", "owner": ANNA, "revenue": Decimal("7")},
        {"name": "Theirs", "owner": BEN, "revenue": Decimal("9")},
    )

    found = drafted(
        quotes, an_actor(ANNA, "sales"), None, {}, {"customer": mine}, {"customer": theirs}
    )

    assert [line["credit"] for line in found.lines["items"]] == [7, None]
