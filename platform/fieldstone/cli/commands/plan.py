"""`fieldstone plan DIR`: what applying a folder would do, without doing it."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.planning import (
    ask_where,
    changing_of,
    folder_of,
    move_arguments,
    moves_of,
    show,
    where_to,
)


class PlanCommand:
    """Compares a folder with the configuration in force."""

    name = "plan"
    summary = "say what applying a folder would change, and for whom"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the folder."""
        parser.add_argument(
            "folder", metavar="DIR", help="a folder as 'fieldstone export' writes it"
        )
        move_arguments(parser)

    def run(self, asked: Asked) -> int:
        """Print steps and consequences."""
        changing, ctx = changing_of(asked.site())
        planned = changing.plan(ctx, changing.read(ctx, folder_of(asked)), moves=moves_of(asked))
        show(asked, planned)
        ask_where(asked, where_to(planned))
        if planned.needs_second_word:
            asked.terminal.tell("Applying it asks for a second word: --yes.")
        return DONE


COMMAND = PlanCommand()
