"""Every field type is held to fieldtypes/contract.py, on both databases and in both languages."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    insert,
    literal,
    select,
)

from fieldstone import fieldtypes
from fieldstone.base.names import is_code
from fieldstone.expressions.sqltypes import PlainText
from fieldstone.extensions.builtin import members
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError, TypeSpec
from fieldstone.fieldtypes.secret import MASK
from tests.fieldtypes.cases import CASES, Case

TYPES: dict[str, TypeSpec] = members(fieldtypes, "TYPE")
DOCS = Path(__file__).parents[2] / "docs" / "fieldtypes"
ZONE = "Asia/Shanghai"

# What JSON, a form, a CSV cell or a careless caller may send.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=60)
    | st.decimals()
    | st.text("0123456789+-.,:;/%TZPDHM年月日时分@a。．² ", max_size=24)
    | st.text("<>/abpu \"'&;=!-#\u0130\u1e9e", max_size=40)
    | st.text("https://.:@[]%a1中文\u0130\uff0f", max_size=20).map("https://{}".format)
    | st.text("aA1.@-中\u0130\u212a\ufb01", max_size=10).map("a{}@example.com".format)
    | st.sampled_from(["\x00", "\ud800", "1e400", "9" * 5000, "９９％", "P1D", "-", "+", "٣", "½"])
)
KEYS = st.text(max_size=5) | st.sampled_from(["id", "city", "latitude", "longitude", "quantity"])
RAW = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)

each_type = pytest.mark.parametrize("name", sorted(TYPES))


def the_type(name: str) -> FieldType:
    return TYPES[name].make(CASES[name].settings)


def test_every_type_has_a_case_and_every_case_a_type():
    assert set(CASES) == set(TYPES)


@each_type
def test_it_is_named_and_explained(name):
    spec = TYPES[name]

    assert is_code(name)
    assert the_type(name).name == spec.name == name
    assert spec.label.en
    assert spec.label.zh


@each_type
def test_its_settings_are_checked_by_json_schema(name):
    spec = TYPES[name]

    for schema in spec.settings.values():
        Draft202012Validator.check_schema(schema)
    assert set(spec.required_settings) <= set(spec.settings)


@each_type
def test_its_docs_page_shows_settings_yaml_json_and_bad_values(name):
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")

    assert page.startswith(f"# {name}\n")
    assert f"type: {name}" in page or f": {name}\n" in page
    assert "```yaml" in page
    assert "## JSON" in page
    assert "## Refused" in page
    for setting in TYPES[name].settings:
        assert f"| `{setting}` |" in page, f"docs/fieldtypes/{name}.md leaves out '{setting}'"


def test_the_index_of_the_docs_names_every_type():
    index = (DOCS / "README.md").read_text(encoding="utf-8")

    assert {name for name in TYPES if f"| [{name}]({name}.md) |" not in index} == set()


@each_type
def test_it_compares_by_value_and_can_be_pickled(name):
    one, other = the_type(name), the_type(name)

    assert one == other
    assert pickle.loads(pickle.dumps(one)) == one


@each_type
def test_it_keeps_what_it_is_sent_in_one_form(name):
    type_ = the_type(name)

    for raw, stored in CASES[name].good:
        assert type_.parse(raw) == stored, raw
        assert type(type_.parse(raw)) is type(stored), raw


@each_type
def test_parsing_a_stored_value_changes_nothing(name):
    type_ = the_type(name)

    for value in values_of(CASES[name]):
        assert repr(type_.parse(value)) == repr(value)


@each_type
def test_nothing_is_null(name):
    type_ = the_type(name)

    assert type_.parse(None) is None
    assert type_.parse("") is None
    assert type_.dump(None) is None
    assert type_.format(None, "en", ZONE) in {"", "0 rows"}


@each_type
def test_what_it_refuses_has_a_stable_code_and_a_cure(name):
    type_ = the_type(name)

    for raw, code in CASES[name].bad:
        with pytest.raises(InvalidValueError) as caught:
            type_.parse(raw)
        assert caught.value.code == code, raw
        assert_helpful(caught.value)


@each_type
@settings(max_examples=60)
@given(raw=RAW)
def test_whatever_is_sent_it_keeps_it_soundly_or_refuses_it_helpfully(name, raw):
    type_ = the_type(name)

    try:
        value = type_.parse(raw)
    except InvalidValueError as error:
        assert_helpful(error)
    else:
        assert repr(type_.parse(value)) == repr(value)
        json.dumps(type_.dump(value), allow_nan=False).encode()
        type_.format(value, "en", ZONE)
        type_.format(value, "zh", ZONE).encode()


@each_type
def test_its_json_form_is_promised_by_its_schema_and_can_be_sent_back(name):
    type_, case = the_type(name), CASES[name]
    stored, dumped = case.json
    schema = type_.json_schema()
    Draft202012Validator.check_schema(schema)

    assert type_.dump(stored) == dumped
    for value in values_of(case):
        form = type_.dump(value)
        assert json.loads(json.dumps(form, allow_nan=False)) == form
        Draft202012Validator(schema).validate(form)
        if form != MASK:
            assert type_.parse(form) == value


@each_type
def test_people_read_it_in_their_language(name):
    type_ = the_type(name)
    stored, english, chinese = CASES[name].shown

    assert type_.format(stored, "en", ZONE) == english
    assert type_.format(stored, "zh", ZONE) == chinese
    assert type_.format(stored, "zh-CN", ZONE) == chinese


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def test_every_value_is_stored_read_back_compared_and_sorted_alike_on_both_databases(engine):
    kept = [name for name in sorted(TYPES) if the_type(name).column() is not None]
    for name in kept:
        type_, case = the_type(name), CASES[name]
        table = Table(
            f"t_{name}",
            MetaData(),
            Column("place", Integer, primary_key=True),
            Column("value", type_.column()),
            Column("note", PlainText()),
        )
        values = [*values_of(case), None]
        with engine.begin() as connection:
            table.create(connection)
            rows = [{"place": place, "value": value} for place, value in enumerate(values)]
            connection.execute(insert(table), rows)
            back = connection.execute(select(table.c.value).order_by(table.c.place)).scalars()

            assert [exact(value) for value in back] == [exact(value) for value in values], name
            missing = select(table.c.place).where(table.c.value.is_(None))
            assert connection.execute(missing).scalars().all() == [len(values) - 1], name
            if type_.sortable:
                assert_order(connection, table, case)


def assert_order(connection, table, case):
    connection.execute(table.delete())
    shuffled = case.ascending[::2] + case.ascending[1::2]
    connection.execute(
        insert(table), [{"place": place, "value": value} for place, value in enumerate(shuffled)]
    )
    column = table.c.value
    middle = case.ascending[len(case.ascending) // 2]

    found = connection.execute(select(column).order_by(column)).scalars().all()
    same = connection.execute(select(column).where(column == middle)).scalars().all()
    below = (
        connection.execute(select(column).where(column < literal(middle, column.type)))
        .scalars()
        .all()
    )

    assert tuple(found) == case.ascending, table.name
    assert same == [middle], table.name
    assert sorted(below) == list(case.ascending[: len(case.ascending) // 2]), table.name


def exact(value: object) -> str:
    """A value with its decimals and its class; the keys of JSON have no order."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else repr(value)


def values_of(case: Case) -> list[object]:
    """Every stored value of a case, once."""
    stored = [value for _, value in case.good] + [case.json[0], *case.ascending]
    return [value for place, value in enumerate(stored) if value not in [None, *stored[:place]]]


def assert_helpful(error: InvalidValueError) -> None:
    for one in error.each:
        assert is_code(one.code)
        assert one.message.endswith((".", "...'."))
        assert one.cure.endswith(".")
        assert len(one.message) < 200
        (one.message + one.cure + one.path).encode()  # no lone surrogate is sent on
