"""Numbers in sequence, formulas, rollups and child rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from jsonschema import validate
from jsonschema.exceptions import ValidationError

from fieldstone.fieldtypes import autonumber, formula, rollup, rows
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.currency import CurrencyType
from fieldstone.fieldtypes.decimal import DecimalType
from fieldstone.fieldtypes.integer import IntegerType
from fieldstone.fieldtypes.rating import RatingType
from fieldstone.fieldtypes.secret import SecretType
from fieldstone.fieldtypes.text import TextType

TODAY = date(2026, 3, 9)


def test_a_number_in_sequence_fills_its_pattern_and_outgrows_its_zeros():
    numbers = autonumber.make({"pattern": "L-{yyyy}-{0000}"})

    assert numbers.number(7, TODAY) == "L-2026-0007"
    assert numbers.number(12345, TODAY) == "L-2026-12345"


def test_the_counter_belongs_to_the_date_parts_of_the_pattern():
    assert autonumber.make({"pattern": "L-{yyyy}-{0000}"}).period(TODAY) == "2026"
    assert autonumber.make({"pattern": "{yy}{mm}/{000}"}).period(TODAY) == "26-03"
    assert autonumber.make({"pattern": "T{0}"}).period(TODAY) == ""


@pytest.mark.parametrize("pattern", ["L", "{yyyy}", "{0}{0}", "{00", "{hh}{0}", "{0} {x}"])
def test_a_pattern_needs_exactly_one_counter_and_known_parts(pattern):
    with pytest.raises(ValidationError):
        validate(pattern, autonumber.TYPE.settings["pattern"])


def test_a_formula_rounds_half_up_to_the_decimals_of_its_type():
    value = formula.make({"returns": CurrencyType()}).parse(Decimal("2.345"))

    assert repr(value) == "Decimal('2.35')"


def test_a_formula_cannot_return_what_must_stay_hidden():
    with pytest.raises(InvalidValueError) as caught:
        formula.make({"returns": SecretType()})

    assert (caught.value.code, caught.value.path) == ("bad_returns", "returns")


def test_a_rollup_has_the_type_of_the_field_without_its_limits():
    price = CurrencyType(currency="USD", max=Decimal(100))

    assert rollup.result_type("sum", price) == CurrencyType(currency="USD")
    assert rollup.result_type("sum", formula.FormulaType(price)) == CurrencyType(currency="USD")
    assert rollup.result_type("sum", RatingType()) == IntegerType()
    assert rollup.result_type("avg", IntegerType(max=5)) == DecimalType()
    assert rollup.result_type("max", TextType()) == TextType()
    assert rollup.result_type("count", None) == IntegerType()


def test_a_rollup_of_what_cannot_be_added_is_refused_at_its_setting():
    for function, over in (("sum", TextType()), ("max", SecretType()), ("avg", None)):
        with pytest.raises(InvalidValueError) as caught:
            rollup.make({"function": function, "over": over})
        assert caught.value.path == "value"


def test_all_bad_line_items_are_reported_at_their_places():
    items = rows.make({"of": "quote__items", "fields": {"quantity": IntegerType(min=1)}})

    with pytest.raises(InvalidValueError) as caught:
        items.parse([{"quantity": 1}, {"quantity": "x", "size": 2}, 5])

    assert [(one.path, one.code) for one in caught.value.each] == [
        ("1.quantity", "not_a_number"),
        ("1.size", "unknown_key"),
        ("2", "not_an_object"),
    ]
