"""A site on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.storage.builders import Site


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    """A site with empty tables, on SQLite and on PostgreSQL."""
    made = Site(database_url)
    yield made
    made.storage.close()
