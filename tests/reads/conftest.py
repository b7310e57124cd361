"""The small company, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest
from tests.reads.world import World, a_world


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """The company on either database."""
    made = a_world(database_url)
    yield made
    made.storage.close()
