"""`fieldstone worker`: works timers, messages and long jobs."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked


class Worker:
    """Any number may run, on many machines."""

    name = "worker"
    summary = "work timers, messages and long jobs; any number may run"

    def arguments(self, parser: ArgumentParser) -> None:
        """It has none."""

    def run(self, asked: Asked) -> int:
        """Work until stopped."""
        asked.terminal.tell("Working; stop with Ctrl+C.")
        asked.wiring.run_worker(asked.site())
        return DONE


COMMAND = Worker()
