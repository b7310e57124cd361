"""One small site per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fieldstone.site import Site
from tests.worker.world import a_site


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    made = a_site(database_url)
    yield made
    made.storage.close()
