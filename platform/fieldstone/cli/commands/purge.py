"""`fieldstone purge [NAME]`: what is kept of what was taken away or archived, and its end for good."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.english import quantity
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.planning import changing_of, show, wish_arguments, wish_of
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
        name, say = asked.arguments.kept, asked.terminal.say
        if name is None:
            found = changing.retired(ctx)
            for one in found:
                say(_line(one, asked.terminal.language))
            if not found:
                say("Nothing is kept of what was retired.")
            return DONE
        show(asked, changing.plan_purge(ctx, name))
        applied = changing.purge(ctx, name, wish_of(asked))
        say(f"Deleted for good; revision {applied.revision.number} says so.")
        return DONE


def _line(one: Retired, language: str) -> str:
    within = one.within.text(language)
    place = f"{within}: " if within else ""
    state = "archived" if one.archived else "retired"
    held = quantity(one.values, "record" if one.what == "object" else "value")
    return f"{one.name:40} {state:9} {held:>14}  {place}{one.label.text(language)}"


COMMAND = Purge()
