"""A gate on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.intake.gate import Gate, open_gate


@pytest.fixture
def gate(database_url: str, tmp_path: Path) -> Iterator[Gate]:
    """The sources that the product ships."""
    opened = open_gate(database_url, tmp_path)
    yield opened
    opened.site.storage.close()
