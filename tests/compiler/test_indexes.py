"""Indexes are made from what the site asks for."""

from __future__ import annotations

from tests.company import core_model


def test_a_pool_has_an_index_in_the_order_it_is_shown() -> None:
    assert ("pool", "-score", "-id") in core_model().objects["lead"].indexes


def test_the_board_of_ones_own_records_has_an_index() -> None:
    assert ("owner", "stage", "created_at", "id") in core_model().objects["lead"].indexes


def test_whom_a_holding_limit_counts_is_counted_in_an_index_alone() -> None:
    assert ("owner", "deleted_at", "stage") in core_model().objects["lead"].indexes
