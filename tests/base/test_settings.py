"""What an installation sets, and how a mistake in it is told."""

import stat
import threading

import pytest

from fieldstone.base.errors import MetadataError
from fieldstone.base.settings import load_settings
from fieldstone.base.shipped import shipped


def config(folder, text):
    (folder / "config.yaml").write_text(text, "utf-8")
    return folder


def problems(folder, environment=None):
    with pytest.raises(MetadataError) as refused:
        load_settings(folder, environment or {})
    return refused.value.problems


def test_an_empty_folder_works_with_sqlite_beside_it(tmp_path):
    settings = load_settings(tmp_path, {})

    assert settings.database_url == f"sqlite:///{tmp_path / 'fieldstone.db'}"
    assert settings.redis_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_the_shipped_file_holds_exactly_the_defaults(tmp_path):
    text = (shipped("metadata").parent / "config.yaml").read_text("utf-8")
    environment = {"FIELDSTONE_SECRET_KEY": "k"}

    assert load_settings(config(tmp_path, text), environment) == load_settings(
        config(tmp_path, ""), environment
    )


def test_the_nearest_file_above_is_used_and_its_folder_holds_the_database(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    config(tmp_path, "company: 青木食品")

    settings = load_settings(inner, {})

    assert settings.company == "青木食品"
    assert settings.database_url == f"sqlite:///{tmp_path / 'fieldstone.db'}"


def test_the_environment_wins_over_the_file(tmp_path):
    config(tmp_path, "database: {url: 'sqlite:///a.db'}\nserver: {port: 1}\nlanguages: [en]")
    environment = {
        "FIELDSTONE_DATABASE_URL": "postgresql://crm@db/crm",
        "FIELDSTONE_PORT": "9000",
        "FIELDSTONE_SERVER_SECURE_COOKIES": "true",
        "FIELDSTONE_LANGUAGES": "zh, en",
        "FIELDSTONE_MAIL_HOST": "mail.example.com",
    }

    settings = load_settings(tmp_path, environment)

    assert settings.database_url == "postgresql://crm@db/crm"
    assert (settings.port, settings.secure_cookies) == (9000, True)
    assert settings.languages == ("zh", "en")
    assert settings.mail_host == "mail.example.com"


def test_an_unknown_key_is_named_with_the_nearest_right_one(tmp_path):
    (problem,) = problems(config(tmp_path, "databse: {url: 'sqlite:///a.db'}"))

    assert problem.code == "unknown_key"
    assert problem.cure == "Write 'database'."


def test_every_problem_comes_back_at_once(tmp_path):
    found = problems(config(tmp_path, "server: {port: many, threads: 0}\ncurrency: yuan"))

    assert {problem.path for problem in found} == {
        "config.yaml  server.port",
        "config.yaml  server.threads",
        "config.yaml  currency",
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("time_zone: Asia/Shangai", "config.yaml  time_zone"),
        ("database: {url: 'mysql://crm:secret@db/crm'}", "config.yaml  database.url"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_the_start(tmp_path, text, path):
    (problem,) = problems(config(tmp_path, text))

    assert problem.path == path
    assert "secret" not in problem.message + problem.cure


def test_a_wrong_variable_is_refused_too(tmp_path):
    (problem,) = problems(config(tmp_path, "company: Shop"), {"FIELDSTONE_PORT": "many"})

    assert problem.path == "environment  FIELDSTONE_PORT"
    assert problem.message == "a whole number is wanted here."


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("FIELDSTONE_SERVER_PORT", "70000", "a number of at most 65535 is wanted here."),
        ("FIELDSTONE_SERVER_SECURE_COOKIES", "yes", "true or false is wanted here."),
        ("FIELDSTONE_LANGUAGES", "en, fr", "one of: en, zh is wanted here."),
        ("FIELDSTONE_COMPANY", "", "a text that is not empty is wanted here."),
        ("FIELDSTONE_TIME_ZONE", "Mars", "there is no time zone 'Mars'."),
        ("FIELDSTONE_REDIS_URL", "host:6379", "this is not the URL of a Redis server."),
    ],
)
def test_a_wrong_variable_is_named_in_words(tmp_path, variable, value, message):
    (problem,) = problems(config(tmp_path, "company: Shop"), {variable: value})

    assert problem.path == f"environment  {variable}"
    assert problem.message == message


def test_a_wrong_secret_is_not_repeated(tmp_path):
    (problem,) = problems(config(tmp_path, "webhooks: {secret: hush}"))

    assert problem.path == "config.yaml  webhooks.secret"
    assert "hush" not in problem.message + problem.cure


@pytest.mark.parametrize(
    "text", ["a: [", "- a\n- b", "just text", "\x00", "[" * 5000, "database: null", "server: 8000"]
)
def test_a_malformed_file_is_a_problem_and_no_stack_trace(tmp_path, text):
    assert all(problem.cure for problem in problems(config(tmp_path, text)))


def test_the_secret_key_is_made_once_and_readable_by_its_user_alone(tmp_path):
    first = load_settings(tmp_path, {}).secret_key
    kept = tmp_path / ".fieldstone" / "secret_key"

    assert load_settings(tmp_path, {}).secret_key == first
    assert len(first) == 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(kept.parent.iterdir()) == [kept]


def test_processes_that_start_at_once_agree_on_the_secret_key(tmp_path):
    keys = set()
    threads = [
        threading.Thread(target=lambda: keys.add(load_settings(tmp_path, {}).secret_key))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 1


def test_a_folder_that_cannot_keep_the_secret_key_names_the_cure(tmp_path):
    (tmp_path / ".fieldstone").write_text("in the way")

    (problem,) = problems(tmp_path)

    assert "FIELDSTONE_SECRET_KEY" in problem.cure
