"""What the commands about the configuration share: a plan on the terminal, and the site's way of changing."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.problem_texts import in_language
from fieldstone.changes.nouns import Context
from fieldstone.cli.contract import Asked
from fieldstone.evolution.apply import Wish
from fieldstone.evolution.changing import Changing
from fieldstone.evolution.finding import SAID
from fieldstone.evolution.operations import Operation
from fieldstone.evolution.plan import Plan
from fieldstone.site import Site

SHOWN = 60


def changing_of(site: Site) -> tuple[Changing, Context]:
    """Return the way to change a site's configuration, and the context of who does it here: the platform itself."""
    if site.changing is None:
        raise TypeError("the site follows no revisions")
    return site.changing, site.system_context("command")


def wish_arguments(parser: ArgumentParser) -> None:
    """Declare why, and the second word."""
    parser.add_argument("--reason", default="", help="why, in one sentence; kept with the revision")
    parser.add_argument("--yes", action="store_true", help="also do what takes something away")


def wish_of(asked: Asked) -> Wish:
    """Return why and how a plan is to be applied."""
    return Wish(asked.arguments.reason, asked.arguments.yes)


def move_arguments(parser: ArgumentParser) -> None:
    """Declare where records of removed stages and options go."""
    parser.add_argument(
        "--move",
        action="append",
        default=[],
        metavar="OBJECT.FIELD.CODE=TO",
        help="where the records of a removed stage or option go, such as lead.stage.contacted=new",
    )


def moves_of(asked: Asked) -> dict[tuple[str, ...], str]:
    """Return where records go, as the command line says. Raises RefusedError for what is no move."""
    found: dict[tuple[str, ...], str] = {}
    for text in asked.arguments.move:
        path, equals, to = text.partition("=")
        steps = tuple(path.split("."))
        if not equals or not to or len(steps) != len(("object", "field", "code")) or not all(steps):
            said, cure = f"{text[:80]!r} is no move.", "Write --move lead.stage.contacted=new."
            raise RefusedError([Problem("bad_move", "--move", said, cure)])
        found[steps] = to
    return found


def where_to(planned: Plan) -> list[Problem]:
    """Return the questions that are open: where the records of removed stages go."""
    return [
        Problem(
            "where_to",
            ".".join(one.removed.path),
            f"{quantity(one.count, 'record')} {agreeing(one.count, 'stands', 'stand')} in '{one.removed.code}', which goes away.",
            f"Say where they go: --move {'.'.join(one.removed.path)}=TO; TO is one of {', '.join(one.removed.choices)}.",
        )
        for one in planned.leaving
        if one.undecided
    ]


def folder_of(asked: Asked) -> Path:
    """Return the folder that the command line names."""
    return asked.folder / Path(asked.arguments.folder)


def show(asked: Asked, planned: Plan) -> None:
    """Print a plan: steps, then what follows from them. Raises RefusedError when it does not compile."""
    if planned.model is None:
        raise RefusedError(planned.problems)
    language = asked.terminal.language
    if planned.empty:
        asked.terminal.tell("Nothing would change.")
    for operation in planned.operations:
        asked.terminal.say(operation.sentence(language))
        for line in _changes(operation, asked.terminal.speech.t("nothing")):
            asked.terminal.say(f"    {line}")
    for finding in planned.findings:
        asked.terminal.say(f"{SAID[finding.level].text(language)}: {finding.text.text(language)}")
        for sample in finding.shown(language):
            asked.terminal.say(f"    {sample}")


def ask_where(asked: Asked, questions: Iterable[Problem]) -> None:
    """Print the questions that are open, beside a plan that nobody carries out yet."""
    for one in questions:
        question = in_language(one, asked.terminal.language)
        asked.terminal.tell(
            "To decide: {question} {cure}", question=question.message, cure=question.cure
        )


def _changes(operation: Operation, nothing: str) -> list[str]:
    return [
        f"{one.name}: {_short(one.before, nothing)} -> {_short(one.after, nothing)}"
        for one in operation.changes
    ]


def _short(value: Any, nothing: str) -> str:
    text = nothing if value in (None, "", [], {}) else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
