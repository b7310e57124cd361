"""Fixtures that every folder of tests uses: databases, Redis and a browser.

Each test process (each pytest-xdist worker) has its own servers, so a test may kill and
restart them: `postgres_server.kill()`, `postgres_server.start()`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from fieldstone.storage import engines
from fieldstone.storage.engines import _engines
from tests.company import Company, open_company, reopened
from tests.services.chromium import chromium
from tests.services.missing import ServiceMissingError, missing
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer

# A shared machine makes deadlines lie. Where a change is decided over (.ci/run) the examples are the same in every run, so
# that a red run can be repeated; at a desk they differ, so that the tests go on finding things.
settings.register_profile(
    "desk", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True)
decides = os.environ.get("CI") or os.environ.get("FIELDSTONE_REQUIRE_ALL")
settings.load_profile("ci" if decides else "desk")

# Fifty who write at once on a machine that does other things besides: nobody is turned away for its slowness.
engines.BUSY_SECONDS = 60.0

# A logger keeps the stream it began with; the one that pytest puts in place of stderr ends with its test.
structlog.configure(
    processors=[structlog.processors.JSONRenderer(default=str)],
    logger_factory=structlog.PrintLoggerFactory(sys.__stderr__),
)


@pytest.fixture(autouse=True)
def connections_end_with_the_test() -> Iterator[None]:
    """Close what a test opened and, since it failed, did not come to close: the next test would be blamed for it."""
    before = set(_engines)
    yield
    for engine in set(_engines) - before:
        engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running private PostgreSQL server; a test may kill and start it."""
    try:
        server = PostgresServer()
    except ServiceMissingError as error:
        missing(error)
    try:
        server.start()
        yield server
    except ServiceMissingError as error:
        missing(error)
    finally:
        server.remove()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, emptied again after the test."""
    name = postgres_server.empty_database()
    yield postgres_server.url(name)
    postgres_server.give_back(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'fieldstone.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh empty database, once on SQLite and once on PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running private Redis server; a test may kill and start it."""
    try:
        server = RedisServer()
    except ServiceMissingError as error:
        missing(error)
    try:
        server.start()
        yield server
    except ServiceMissingError as error:
        missing(error)
    finally:
        server.remove()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty Redis database."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; make a context per test with `browser.new_context()`."""
    try:
        with chromium() as running:
            yield running
    except ServiceMissingError as error:
        missing(error)


@pytest.fixture(scope="session")
def prepared_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Path]:
    """A company that tests get copies of; it is closed, so that its one file holds everything."""
    file = tmp_path_factory.mktemp("company") / "prepared.db"
    company = open_company(f"sqlite:///{file}")
    company.storage.close()
    return company, file


@pytest.fixture(scope="session")
def prepared_on_postgres(postgres_server: PostgresServer) -> tuple[Company, str]:
    """A company that tests get copies of; nobody is connected to its database, so that it can be copied."""
    name = postgres_server.create_database()
    company = open_company(postgres_server.url(name))
    company.storage.close()
    return company, name


@pytest.fixture
def company_on_sqlite(
    prepared_on_sqlite: tuple[Company, Path], tmp_path: Path
) -> Iterator[Company]:
    """A small company on SQLite."""
    prepared, file = prepared_on_sqlite
    opened = reopened(prepared, f"sqlite:///{shutil.copyfile(file, tmp_path / 'company.db')}")
    yield opened
    opened.storage.close()


@pytest.fixture
def company_on_postgres(
    prepared_on_postgres: tuple[Company, str], postgres_server: PostgresServer
) -> Iterator[Company]:
    """A small company on PostgreSQL."""
    prepared, template = prepared_on_postgres
    name = postgres_server.copied_database(template)
    opened = reopened(prepared, postgres_server.url(name))
    yield opened
    opened.storage.close()
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def company(request: pytest.FixtureRequest) -> Company:
    """A small company on the core's metadata, once on SQLite and once on PostgreSQL."""
    on = "sqlite" if request.param == "sqlite" else "postgres"
    found: Company = request.getfixturevalue(f"company_on_{on}")
    return found
