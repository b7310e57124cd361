"""Any order can be said from a layer above, however often it changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fieldstone.compiler.merging import order_of
from fieldstone.web.pages.studio_changes import ordered
from fieldstone.web.pages.studio_edits import Edits

CODES = ["a", "b", "c", "d", "e"]


def test_one_that_moves_is_the_only_one_that_says_so() -> None:
    entries = {code: {"label": code} for code in CODES}
    steps = ordered(Edits(), ["x"], entries, ["a", "c", "d", "e", "b"]).steps

    assert steps == ({"do": "set", "path": ["x", "b", "after"], "value": "e"},)


@given(st.lists(st.permutations(CODES), min_size=1, max_size=4))
def test_after_any_number_of_orders_the_last_one_holds(orders: list[list[str]]) -> None:
    entries: dict[str, dict[str, str]] = {code: {} for code in CODES}

    for wanted in orders:
        for step in ordered(Edits(), [], entries, wanted).steps:
            entries[step["path"][0]] = {"after": step["value"]}

    assert order_of(entries) == orders[-1]
