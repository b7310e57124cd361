"""docs/expressions.md tells of every function, in the words of the table, with an example that works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fieldstone.expressions.expression import parse
from fieldstone.expressions.functions import AGGREGATES, TABLE, WRITTEN
from fieldstone.expressions.types import (
    DATE,
    DATETIME,
    DURATION,
    NUMBER,
    RESERVED,
    TEXT,
    Kind,
    Type,
)
from tests.expressions.school import SchoolScope

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text("utf-8")
EXAMPLES = {name: TABLE[name].example for name in WRITTEN} | {
    n: e for n, (_, e) in AGGREGATES.items()
}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_function_is_on_the_page(name: str) -> None:
    function = TABLE[name]

    assert f"| `{name}` | {function.doc} | `{function.example}` |" in PAGE


@pytest.mark.parametrize("name", sorted(AGGREGATES))
def test_every_aggregate_is_on_the_page(name: str) -> None:
    doc, example = AGGREGATES[name]

    assert f"| `{name}` | {doc} | `{example}` |" in PAGE


def test_the_page_tells_of_no_function_that_is_not_there() -> None:
    told = set(re.findall(r"^\| `([a-z_]+)` \| .* \| `.*` \|$", PAGE, re.MULTILINE))

    assert told == {*WRITTEN, *AGGREGATES}


def test_the_page_names_every_reserved_word() -> None:
    assert all(f"`{word}`" in PAGE for word in RESERVED)


class AnyScope(SchoolScope):
    """Has a field of the right type for every name in the examples."""

    def type_of(self, name: str) -> Type | None:
        return {
            "handling_time": DURATION,
            "call_length": DURATION,
            "signed_on": DATE,
            "birthday": DATE,
            "due_at": DATETIME,
            "assigned_at": DATETIME,
            "converted_at": DATETIME,
            "amount": NUMBER,
            "balance": NUMBER,
            "price": NUMBER,
            "quantity": NUMBER,
            "discount": NUMBER,
            "list_price": NUMBER,
            "code": TEXT,
            "country": TEXT,
            "email": TEXT,
            "mobile": TEXT,
            "need": TEXT,
            "kind": TEXT,
            "items": Type(Kind.ROWS, of="lead"),
            "activities": Type(Kind.ROWS, of="lead"),
        }.get(name) or super().type_of(name)

    def follow(self, name: str) -> AnyScope:
        return self


@pytest.mark.parametrize("text", EXAMPLES.values())
def test_every_example_is_an_expression_with_a_sentence_in_both_languages(text: str) -> None:
    expression = parse(text, AnyScope())

    assert expression.read_back("en")
    assert re.search(r"[\u4e00-\u9fff]", expression.read_back("zh"))
