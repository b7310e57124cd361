"""Public pools: what lies in them, seen by those who may claim, with masks until somebody does."""

from __future__ import annotations

from fieldstone.reads.listing import page_of
from fieldstone.reads.query import Page, Query
from fieldstone.reads.sight import Sight


def page_of_pool(sight: Sight, object_name: str, query: Query) -> Page:
    """Return a page."""
    return page_of(sight, object_name, query)
