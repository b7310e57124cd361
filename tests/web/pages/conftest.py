"""One prepared site for each module of tests about pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.pages.office import Office, open_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A sales office with a few people and no records yet."""
    opened = open_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.site.storage.close()
