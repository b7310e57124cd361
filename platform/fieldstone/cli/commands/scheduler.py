"""`fieldstone scheduler`: wakes workers when something is due."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked


class Scheduler:
    """Any number may run: what is due is decided by the database."""

    name = "scheduler"
    summary = "wake workers when something is due; any number may run"

    def arguments(self, parser: ArgumentParser) -> None:
        """It has none."""

    def run(self, asked: Asked) -> int:
        """Ring until stopped."""
        asked.terminal.tell("Watching the clock; stop with Ctrl+C.")
        asked.wiring.run_scheduler(asked.site())
        return DONE


COMMAND = Scheduler()
