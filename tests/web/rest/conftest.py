"""A site for each module of tests about REST, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.rest.programs import Api, open_api


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A site with people, called by programs."""
    folder = tmp_path_factory.mktemp("api")
    if request.param == "sqlite":
        opened = open_api(f"sqlite:///{folder / 'fieldstone.db'}", folder)
        yield opened
        opened.site.storage.close()
        return
    server = request.getfixturevalue("postgres_server")
    name = server.empty_database()
    opened = open_api(server.url(name), folder)
    yield opened
    opened.site.storage.close()
    server.give_back(name)


@pytest.fixture(scope="module")
def api_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A site for generated requests, on the quicker database."""
    folder = tmp_path_factory.mktemp("api")
    opened = open_api(f"sqlite:///{folder / 'fieldstone.db'}", folder)
    yield opened
    opened.site.storage.close()
