"""Whatever people, timers and administrators do to leads, in any order: no law of laws.py is ever broken.

FIELDSTONE_CHAOS=40 runs forty stories of a hundred steps on each database; left out, a few short ones.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos.house import House, founded
from tests.chaos.story import Leads, MakesACopy
from tests.services.postgres import PostgresServer

STORIES = int(os.environ.get("FIELDSTONE_CHAOS", "0"))


class Copies:
    """Hands out copies of a founded company, a new one for each story."""

    def __init__(self, folder: Path, house: House) -> None:
        self.folder, self.house = folder, house

    def tell(self, copied: MakesACopy) -> None:
        """Let hypothesis try stories on copies."""
        steps = 100 if STORIES else 30
        story = type("Story", (Leads,), {"folder": self.folder, "founding": self.house})
        story.copied = staticmethod(copied)
        run_state_machine_as_test(
            story,
            settings=settings(
                max_examples=STORIES or 2,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            ),
        )


@contextmanager
def a_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_no_law_of_leads_is_broken_in_any_order_on_sqlite() -> None:
    with a_folder() as folder:
        file = folder / "founded.db"
        house = founded(folder, f"sqlite:///{file}")
        house.site.storage.close()
        count = itertools.count()

        def copied() -> str:
            return f"sqlite:///{shutil.copyfile(file, folder / f'story{next(count)}.db')}"

        Copies(folder, house).tell(copied)


def test_no_law_of_leads_is_broken_in_any_order_on_postgresql(
    postgres_server: PostgresServer,
) -> None:
    with a_folder() as folder:
        template = postgres_server.create_database()
        house = founded(folder, postgres_server.url(template))
        house.site.storage.close()
        names: list[str] = []

        def copied() -> str:
            if names:
                postgres_server.drop_database(names.pop())
            names.append(postgres_server.copied_database(template))
            return postgres_server.url(names[0])

        Copies(folder, house).tell(copied)
