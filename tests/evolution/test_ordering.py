"""Any order can be said from a layer above, by as few words as it takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fieldstone.compiler.merging import order_of
from fieldstone.evolution.ordering import reordered

CODES = ["a", "b", "c", "d", "e"]


def test_one_that_moves_is_the_only_one_that_says_so() -> None:
    entries: dict[str, object] = {code: {} for code in CODES}

    assert reordered(entries, ["a", "c", "d", "e", "b"]) == {"b": "e"}
    assert reordered(entries, ["e", "a", "b", "c", "d"]) == {"e": ""}
    assert reordered(entries, CODES) == {}


@given(st.lists(st.permutations(CODES), min_size=1, max_size=4))
def test_after_any_number_of_orders_the_last_one_holds(orders: list[list[str]]) -> None:
    entries: dict[str, object] = {code: {} for code in CODES}

    for wanted in orders:
        for code, after in reordered(entries, wanted).items():
            entries[code] = {"after": after}

    assert order_of(entries) == orders[-1]
