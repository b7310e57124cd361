"""`fieldstone rollback [REVISION]`: goes back to an earlier configuration, as a new revision."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.planning import changing_of, show, wish_arguments, wish_of


class Rollback:
    """Brings configuration and values back."""

    name = "rollback"
    summary = "go back to an earlier revision of the configuration"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the revision, the reason and the second word."""
        parser.add_argument(
            "revision", metavar="REVISION", nargs="?", type=int,
            help="the one to go back to; the one before the last change when left out",
        )  # fmt: skip
        wish_arguments(parser)

    def run(self, asked: Asked) -> int:
        """Print the plan and the new revision."""
        changing, ctx = changing_of(asked.site())
        number, documents = changing.current(ctx)
        target = asked.arguments.revision
        if target is None:
            target = max(number - 1, 0)
        planned = changing.plan_rollback(ctx, target)
        show(asked, planned)
        if planned.unchanged(documents):
            return DONE
        applied = changing.rollback(ctx, planned, target, wish_of(asked))
        said = "Revision {n} is in force, as revision {target} left it."
        asked.terminal.tell(said, n=applied.revision.number, target=target)
        return DONE


COMMAND = Rollback()
