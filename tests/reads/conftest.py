"""The small company, on SQLite and on PostgreSQL; made once and emptied before each test."""

from collections.abc import Iterator

import pytest

from tests.reads.world import World, a_world
from tests.services.postgres import PostgresServer


@pytest.fixture(scope="session")
def sqlite_company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = a_world(f"sqlite:///{tmp_path_factory.mktemp('reads') / 'fieldstone.db'}")
    yield made
    made.storage.close()


@pytest.fixture(scope="session")
def postgres_company(postgres_server: PostgresServer) -> Iterator[World]:
    name = postgres_server.create_database()
    made = a_world(postgres_server.url(name))
    yield made
    made.storage.close()
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    """The company on either database."""
    name = "sqlite_company" if request.param == "sqlite" else "postgres_company"
    made: World = request.getfixturevalue(name)
    made.clear()
    return made


@pytest.fixture
def sqlite_world(sqlite_company: World) -> World:
    """The company on SQLite, for what does not touch the database's own ways."""
    sqlite_company.clear()
    return sqlite_company
