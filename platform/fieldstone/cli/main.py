"""Reads the command line, runs one command, and turns refusals into lines and an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from fieldstone import __version__
from fieldstone.base.errors import MetadataError, RefusedError
from fieldstone.cli import commands
from fieldstone.cli.contract import REFUSED, Asked, Command, Wiring
from fieldstone.cli.finding import commands_in
from fieldstone.cli.terminal import Terminal


def run(argv: Sequence[str], wiring: Wiring) -> int:
    """Run one command; return 0 done, 1 refused with problems, 2 wrong usage."""
    terminal = Terminal()
    found = commands_in(commands)
    parser = _parser(found)
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as leaving:  # argparse has said what is wrong
        return int(leaving.code or 0)
    try:
        return found[arguments.command].run(Asked(arguments, Path.cwd(), wiring, terminal))
    except (MetadataError, RefusedError) as error:
        terminal.refuse(error.problems)
        return REFUSED
    except KeyboardInterrupt:
        terminal.say()
        return 130


def _parser(found: dict[str, Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fieldstone",
        description="A business platform whose objects and rules are described in YAML.",
    )
    parser.add_argument("--version", action="version", version=f"fieldstone {__version__}")
    under = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in found.items():
        command.arguments(under.add_parser(name, help=command.summary, description=command.summary))
    return parser
