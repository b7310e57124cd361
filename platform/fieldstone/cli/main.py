"""Reads the command line, runs one command, and turns refusals into lines and an exit code."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from fieldstone import __version__
from fieldstone.base.errors import MetadataError, Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli import commands
from fieldstone.cli.contract import REFUSED, WRONG_USAGE, Asked, Command, Wiring
from fieldstone.cli.finding import commands_in
from fieldstone.cli.speaking import LANGUAGES, spoken
from fieldstone.cli.terminal import Terminal
from fieldstone.storage.errors import StorageError
from fieldstone.storage.reaching import unreachable

DESCRIPTION = "A CRM platform that is generated from YAML: objects, stages, rules."
WIDEST = 100
# What a shell says of a program that was stopped with Ctrl+C, and of one whose reader went away.
STOPPED, NOBODY_READS = 130, 141


def run(argv: Sequence[str], wiring: Wiring) -> int:
    """Run one command; return 0 done, 1 refused with problems, 2 wrong usage."""
    found, folder = commands_in(commands), Path.cwd()
    wrong = _no_command(argv, found)
    if wrong is not None:
        Terminal(language=spoken("", os.environ, folder)).refuse([wrong])
        return WRONG_USAGE
    try:
        arguments = _parser(found).parse_args(argv or ["--help"])
    except SystemExit as leaving:  # argparse has said what is wrong
        return int(leaving.code or 0) if argv else WRONG_USAGE
    terminal = Terminal(language=spoken(arguments.lang, os.environ, folder))
    return _run(found[arguments.command], Asked(arguments, folder, wiring, terminal))


def _run(command: Command, asked: Asked) -> int:
    try:
        return command.run(asked)
    except (MetadataError, RefusedError) as error:
        asked.terminal.refuse(error.problems)
        return REFUSED
    except StorageError as error:
        problem = unreachable(error)
        if problem is None:
            raise
        asked.terminal.refuse([problem])
        return REFUSED
    except KeyboardInterrupt:
        asked.terminal.say()
        return STOPPED
    except BrokenPipeError:
        # Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except OSError as error:
        if error.filename is None:
            raise
        text = f"{(error.strerror or 'cannot be used').lower()}."
        cure = "Correct the path, or let this user read and write there."
        asked.terminal.refuse([Problem("file", str(error.filename), text, cure)])
        return REFUSED
    finally:
        asked.close()


def _no_command(argv: Sequence[str], found: Mapping[str, Command]) -> Problem | None:
    if not argv or argv[0].startswith("-") or argv[0] in found:
        return None  # argparse looks at what begins with options
    text = f"there is no command {argv[0]!r}."
    cure = f"{did_you_mean(argv[0], found)} 'fieldstone --help' says what each does."
    return Problem("usage", "fieldstone", text, cure)


class _Layout(argparse.HelpFormatter):
    """Names and sentences side by side, in a width that can be read."""

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, WIDEST) - 2
        super().__init__(prog, max_help_position=26, width=width)
        # argparse forgets that commands are indented, and would break the line after the longest.
        self._action_max_length = 15

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_on_hyphens=False)


def _parser(found: Mapping[str, Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fieldstone",
        description=DESCRIPTION,
        epilog="Begin with 'fieldstone demo', then 'fieldstone serve'.",
        formatter_class=_Layout,
    )
    parser.add_argument("--version", action="version", version=f"fieldstone {__version__}")
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default="",
        help="the language to speak; without it that of the locale, else the first of config.yaml",
    )
    under = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, title="commands"
    )
    for name, command in found.items():
        one = under.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            formatter_class=_Layout,
        )
        command.arguments(one)
    return parser
