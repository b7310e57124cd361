"""marshmallow loads and dumps with the field types and keeps their problems."""

from __future__ import annotations

from decimal import Decimal

import pytest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from jsonschema import Draft202012Validator
from marshmallow import ValidationError

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import Option
from fieldstone.fieldtypes.currency import CurrencyType
from fieldstone.fieldtypes.generated_schema import problems_of, schema_for
from fieldstone.fieldtypes.integer import IntegerType
from fieldstone.fieldtypes.phone import PhoneType
from fieldstone.fieldtypes.rows import RowsType
from fieldstone.fieldtypes.secret import MASK, SecretType
from fieldstone.fieldtypes.select import SelectType

TYPES = {
    "mobile": PhoneType(),
    "budget": CurrencyType(),
    "grade": SelectType({"good": Option("good", Label("Good", "优质"))}),
    "score": IntegerType(),
    "items": RowsType("lead__items", {"quantity": IntegerType()}),
    "account": SecretType(),
}
LEAD = schema_for("Lead", TYPES, read_only=["score"])


def refusals(body: object) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        LEAD().load(body)
    return [(one.path, one.code, one.cure) for one in problems_of(caught.value, TYPES)]


def test_loading_gives_stored_values_and_null_clears():
    assert LEAD().load({"mobile": "138 0013 8000", "grade": None, "budget": ""}) == {
        "mobile": "+8613800138000",
        "grade": None,
        "budget": None,
    }


def test_dumping_gives_json_and_keeps_secrets():
    row = {"budget": Decimal("12.50"), "account": "6222 0200"}

    assert LEAD().dump(row) == {"budget": "12.50", "account": MASK}


def test_every_problem_of_a_body_arrives_with_its_code_and_place():
    found = refusals(
        {"mobile": "x", "budget": "1.234", "scor": 1, "items": [{"quantity": "x"}, {"a": 1}]}
    )

    assert [(path, code) for path, code, _ in found] == [
        ("mobile", "not_a_phone"),
        ("budget", "too_many_decimals"),
        ("items.0.quantity", "not_a_number"),
        ("items.1.a", "unknown_key"),
        ("scor", "unknown_field"),
    ]
    assert found[-1][2] == "Write 'score'."


@pytest.mark.parametrize("body", [[1], "x", 5])
def test_a_body_that_is_no_object_is_refused(body):
    assert [code for _, code, _ in refusals(body)] == ["not_an_object"]


def test_openapi_shows_every_field_with_null_allowed():
    spec = APISpec("t", "1", "3.1.0", plugins=[MarshmallowPlugin()])
    spec.components.schema("Lead", schema=LEAD)
    lead = spec.to_dict()["components"]["schemas"]["Lead"]
    Draft202012Validator.check_schema(lead)

    assert lead["properties"]["grade"] == {"type": ["string", "null"], "enum": ["good", None]}
    assert lead["properties"]["score"]["readOnly"] is True
    assert lead["properties"]["account"]["writeOnly"] is True
    Draft202012Validator(lead).validate({"mobile": None, "grade": "good", "items": [{"id": "x"}]})
