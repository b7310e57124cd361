"""The quick check never accepts what jsonschema refuses, and knows all that the product itself writes."""

from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fieldstone import rules
from fieldstone.compiler.quick_check import quick_check
from fieldstone.compiler.shapes import OBJECT_PARTS, field_schema, object_schema
from fieldstone.compiler.site_shapes import RULE_ENVELOPE, SITE_PARTS, closed, rule_schema
from fieldstone.extensions.builtin import members
from tests.builders import field_types

SCHEMAS = {
    **{name: field_schema(spec) for name, spec in field_types().items()},
    **{name: closed({name: schema}) for name, schema in {**OBJECT_PARTS, **SITE_PARTS}.items()},
    "envelope": closed(RULE_ENVELOPE),
    "object": object_schema({"type": "string"}),
    **{f"rule {kind.name}": rule_schema(kind) for kind in members(rules, "KIND").values()},
    "one of": {"oneOf": [{"type": "integer"}, {"enum": ["text", 1, None]}, {"required": ["en"]}]},
    "not": {"not": {"required": ["en", "zh"]}, "uniqueItems": True},
    "neither": {"not": {"type": ["integer", "object"]}, "allOf": [{"type": "number"}]},
}
WORDS = st.sampled_from(
    ["text", "lookup", "name", "a b", "", "list", "own", "en", "2 days", "Ü", "gray", "forward"]
)
KEYS = st.sampled_from(
    ["type", "label", "en", "zh", "to", "options", "required", "max_length", "stages", "pipelines", "kind", "fields",
     "min", "default", "columns", "sort", "read", "hours", "mon-fri", "items", "when", "a b", "views", "roles"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@profile(max_examples=300)
@given(st.sampled_from(sorted(SCHEMAS)), VALUES)
def test_what_is_accepted_at_once_is_right(name, value):
    if quick_check(SCHEMAS[name])(value):
        assert Draft202012Validator(SCHEMAS[name]).is_valid(value)


@profile(max_examples=100)
@given(st.sampled_from(sorted(field_types())), st.dictionaries(KEYS, VALUES, max_size=3))
def test_settings_of_fields_that_are_accepted_at_once_are_right(name, settings):
    field = {**settings, "type": name}

    if quick_check(SCHEMAS[name])(field):
        assert Draft202012Validator(SCHEMAS[name]).is_valid(field)


def test_ordinary_fields_are_accepted_at_once():
    assert quick_check(SCHEMAS["text"])(
        {"type": "text", "label": {"en": "Name"}, "required": True, "max_length": 80}
    )
    assert quick_check(SCHEMAS["select"])(
        {"type": "select", "options": {"a": "A", "b": {"zh": "乙", "color": "red"}}}
    )
    assert not quick_check(SCHEMAS["text"])({"type": "text", "max_length": "80"})
    assert not quick_check({"if": {}})({})
