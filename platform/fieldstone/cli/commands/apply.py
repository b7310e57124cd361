"""`fieldstone apply DIR`: puts a folder into force as the site's configuration."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.errors import RefusedError
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.planning import (
    changing_of,
    folder_of,
    move_arguments,
    moves_of,
    show,
    where_to,
    wish_arguments,
    wish_of,
)


class Apply:
    """Plans, then applies."""

    name = "apply"
    summary = "put a folder into force as the site's configuration"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the folder, the reason and the second word."""
        parser.add_argument(
            "folder", metavar="DIR", help="a folder as 'fieldstone export' writes it"
        )
        move_arguments(parser)
        wish_arguments(parser)

    def run(self, asked: Asked) -> int:
        """Print the plan and the revision.

        Refused when something is taken away without --yes, or nobody said where the records of a removed stage go.
        """
        changing, ctx = changing_of(asked.site())
        planned = changing.plan(ctx, changing.read(ctx, folder_of(asked)), moves=moves_of(asked))
        show(asked, planned)
        if open_questions := where_to(planned):
            raise RefusedError(open_questions, 409)
        if planned.unchanged(changing.current(ctx)[1]):
            return DONE
        applied = changing.apply(ctx, planned, wish_of(asked))
        asked.terminal.tell("Revision {n} is in force.", n=applied.revision.number)
        return DONE


COMMAND = Apply()
