"""The private servers answer, start empty, and survive being killed."""

import psycopg
import pytest
import redis
from sqlalchemy import create_engine, text

from tests.services.missing import ServiceMissingError, missing
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_gets_an_empty_database(database_url, turn):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE lead (name TEXT)"))
    engine.dispose()


@pytest.mark.parametrize(
    "left_behind", ["CREATE EXTENSION pg_trgm", "CREATE SCHEMA elsewhere", "CREATE TABLE t (n int)"]
)
def test_nothing_that_a_test_leaves_behind_reaches_the_next(postgres_server, left_behind):
    name = postgres_server.empty_database()
    # The connection stays open, as that of a pool does.
    connection = psycopg.connect(postgres_server.url(name), autocommit=True)
    connection.execute(left_behind)

    postgres_server.give_back(name)

    with psycopg.connect(postgres_server.url(postgres_server.empty_database())) as next_one:
        next_one.execute(left_behind)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


def test_a_killed_postgres_keeps_what_was_committed(postgres_server, postgres_url):
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE lead (name text)")
        connection.execute("INSERT INTO lead VALUES ('王芳')")
    postgres_server.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_url)

    postgres_server.start()

    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT name FROM lead").fetchall() == [("王芳",)]


def test_a_killed_redis_forgets_everything(redis_server, redis_url):
    with redis.Redis.from_url(redis_url) as client:
        client.set("lead", "1")

    redis_server.restart()

    with redis.Redis.from_url(redis_url) as client:
        assert client.get("lead") is None


@pytest.mark.parametrize("variant", ["system", "wheel"])
def test_both_variants_of_postgres_start_and_sync_to_disk(variant):
    try:
        server = PostgresServer(variant)
    except ServiceMissingError as error:
        missing(error)
    try:
        server.start()
        with psycopg.connect(server.url("postgres")) as connection:
            (fsync,) = connection.execute("SHOW fsync").fetchone()
    finally:
        server.remove()

    assert (server.variant, fsync) == (variant, "on")
    assert not server.data.exists()


@pytest.mark.parametrize("variant", ["system", "wheel"])
def test_both_variants_of_redis_start(variant):
    try:
        server = RedisServer(variant)
    except ServiceMissingError as error:
        missing(error)
    try:
        server.start()
        server.flush()
    finally:
        server.remove()

    assert server.variant == variant


def test_the_browser_shows_a_page(browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_content("<h1>线索</h1>")

    assert page.inner_text("h1") == "线索"
    context.close()
