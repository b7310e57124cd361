"""`fieldstone purge [NAME]`: what is kept of what was taken away or archived, and its end for good."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.planning import changing_of, show, wish_arguments, wish_of
from fieldstone.cli.terminal import padded
from fieldstone.evolution.purging import Retired


class Purge:
    """Lists kept values, and deletes those of one thing."""

    name = "purge"
    summary = "list values kept of what was retired, and delete them"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the name, the reason and the second word."""
        parser.add_argument(
            "kept", metavar="NAME", nargs="?",
            help="delete these for good, such as o_lead.f_shoe; all are listed when left out",
        )  # fmt: skip
        wish_arguments(parser)

    def run(self, asked: Asked) -> int:
        """Print a line for each, or the plan and the new revision."""
        changing, ctx = changing_of(asked.site())
        name = asked.arguments.kept
        if name is None:
            found = changing.retired(ctx)
            for one in found:
                asked.terminal.say(_line(asked, one))
            if not found:
                asked.terminal.tell("Nothing is kept of what was retired.")
            return DONE
        show(asked, changing.plan_purge(ctx, name))
        applied = changing.purge(ctx, name, wish_of(asked))
        number = applied.revision.number
        asked.terminal.tell("Deleted for good; revision {n} says so.", n=number)
        return DONE


def _line(asked: Asked, one: Retired) -> str:
    words, language = asked.terminal.speech, asked.terminal.language
    within = one.within.text(language)
    place = f"{within}: " if within else ""
    state = words.t("archived") if one.archived else words.t("retired")
    held = (
        words.tn("{n} record", "{n} records", one.values)
        if one.what == "object"
        else words.tn("{n} value", "{n} values", one.values)
    )
    return f"{one.name:40} {padded(state, 9)} {padded(held, 14)} {place}{one.label.text(language)}"


COMMAND = Purge()
