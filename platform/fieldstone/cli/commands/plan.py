"""`fieldstone plan DIR`: what applying a folder would do, without doing it."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.planning import changing_of, folder_of, move_arguments, moves_of, show, where_to


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
        for question in where_to(planned):
            asked.terminal.say(f"To decide: {question.message} {question.cure}")
        if planned.needs_second_word:
            asked.terminal.say("Applying it asks for a second word: --yes.")
        return DONE


COMMAND = PlanCommand()
