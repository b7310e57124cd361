"""The published JSON Schemas are valid, say what the compiler says, and accept what the product ships."""

import pytest
from jsonschema import Draft202012Validator

from fieldstone.compiler.compile import read_layer, schemas
from fieldstone.compiler.problems import Problems
from fieldstone.compiler.reading import read
from fieldstone.compiler.tree import plain
from tests.builders import ROOT, field_types, rule_kinds

SCHEMAS = schemas(field_types(), rule_kinds())
SHIPPED = read_layer("core", ROOT).documents


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_a_json_schema(name):
    Draft202012Validator.check_schema(SCHEMAS[name])

    assert SCHEMAS[name]["title"]


@pytest.mark.parametrize("document", SHIPPED, ids=lambda document: document.path)
def test_what_is_shipped_fits_its_schema(document):
    value = plain(read("core", document, Problems()))
    name = (
        "object"
        if "object" in value
        else "rules"
        if "rules" in value
        else "reports"
        if "reports" in value
        else "site"
    )

    errors = list(Draft202012Validator(SCHEMAS[f"{name}.schema.json"]).iter_errors(value))

    assert errors == []


def test_an_editor_is_told_of_a_misspelt_setting_of_the_very_type():
    validator = Draft202012Validator(SCHEMAS["object.schema.json"])

    assert validator.is_valid(
        {"object": "a", "fields": {"n": "text", "m": {"type": "text", "max_length": 5}}}
    )
    assert not validator.is_valid(
        {"object": "a", "fields": {"m": {"type": "text", "max_lenght": 5}}}
    )
    assert not validator.is_valid(
        {"object": "a", "fields": {"m": {"type": "integer", "max_length": 5}}}
    )
    assert not validator.is_valid({"object": "a", "fields": {"m": "lookup"}})
