"""A served sales office to attack, over REST and over pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.caller import Caller
from tests.web.pages.office import Office, open_office


@pytest.fixture(scope="package")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A sales office with a few people; the tests of this folder share it."""
    opened = open_office(tmp_path_factory.mktemp("attacked"))
    yield opened
    opened.site.storage.close()


@pytest.fixture
def api(office: Office) -> Caller:
    """Programs of the office's people."""
    return Caller(office)
