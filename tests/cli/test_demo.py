"""The demo company is made whole, or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from fieldstone import bootstrap
from fieldstone.actions.demo.staff import hire
from fieldstone.actions.demo.teller import Progress, Stage, Teller
from fieldstone.cli.commands import demo
from fieldstone.cli.main import run
from fieldstone.storage.chain import broken_links
from fieldstone.storage.database import Storage

DONE = 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.yaml").write_text("company: Shop\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIELDSTONE_DATABASE_URL", raising=False)
    return tmp_path


def rows_of_demo(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "fieldstone.db")) as database:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if (name.startswith("o_") and "_fts" not in name) or name == "fs_audit"
        ]
        asked = (f"SELECT count(*) FROM {name}" for name in tables)
        return sum(database.execute(one).fetchone()[0] for one in asked)


def begin_to_tell(stage: Stage, progress: Progress) -> None:
    """Tell the beginning of a company, as the demo does."""
    hire(Teller(stage, progress))


def test_a_demo_that_is_stopped_half_way_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(stage: Stage, progress: Progress) -> None:
        begin_to_tell(stage, progress)
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "tell_story", stopped)
    with contextlib.suppress(KeyboardInterrupt):
        run(["demo"], bootstrap)
    assert rows_of_demo(folder) == 0

    monkeypatch.setattr(demo, "tell_story", begin_to_tell)
    assert run(["demo"], bootstrap) == DONE
    assert rows_of_demo(folder) > 0
    storage = Storage(f"sqlite:///{folder / 'fieldstone.db'}", secret_key="k" * 32)
    with storage.looking() as connection:
        assert list(broken_links(connection)) == []
    storage.close()


def test_a_demo_whose_process_was_killed_is_made_anew_the_next_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "tell_story", begin_to_tell)
    run(["demo"], bootstrap)
    whole = rows_of_demo(folder)
    with contextlib.closing(sqlite3.connect(folder / "fieldstone.db")) as database:
        # As a killed process leaves it: begun, and part of it missing.
        database.execute("INSERT INTO fs_meta VALUES ('beginning', 1, '', '2026-01-01T00:00:00Z')")
        database.execute("DELETE FROM o_team")
        database.commit()

    assert run(["demo"], bootstrap) == DONE

    assert rows_of_demo(folder) == whole


def test_a_demo_that_is_stopped_takes_nothing_of_ones_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "tell_story", begin_to_tell)
    run(["demo"], bootstrap)
    with contextlib.closing(sqlite3.connect(folder / "fieldstone.db")) as database:
        database.execute("UPDATE o_user SET f_email = 'mine.' || f_email")
        database.commit()
    whole = rows_of_demo(folder)

    def stopped(stage: Stage, progress: Progress) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "tell_story", stopped)
    with contextlib.suppress(KeyboardInterrupt):
        run(["demo"], bootstrap)

    assert rows_of_demo(folder) == whole
