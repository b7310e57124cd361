"""A site for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.evolution.world import Place, Process


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    """An empty site on the core's metadata."""
    made = Place(database_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def process(place: Place) -> Process:
    """One process of it."""
    return place.process()
