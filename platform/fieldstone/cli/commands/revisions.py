"""`fieldstone revisions`: who changed the configuration, when and why."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.errors import Problem
from fieldstone.cli.contract import DONE, REFUSED, Asked
from fieldstone.cli.planning import changing_of
from fieldstone.cli.terminal import padded


class RevisionsCommand:
    """Lists revisions, or the steps of one."""

    name = "revisions"
    summary = "list who changed the configuration, when and why"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the revision to show."""
        parser.add_argument(
            "revision", metavar="REVISION", nargs="?", type=int, help="show the steps of one"
        )

    def run(self, asked: Asked) -> int:
        """Print a line per revision, or a line per step."""
        site = asked.site()
        changing, ctx = changing_of(site)
        if asked.arguments.revision is not None:
            one = changing.revision(ctx, asked.arguments.revision)
            for step in one.difference:
                asked.terminal.say(step["sentence"][asked.terminal.language])
            return DONE
        found = changing.revisions(ctx)
        for one in found:
            words = asked.terminal.speech
            kind = words.t(one.kind)
            if one.target is not None:
                kind = words.t("{kind} to {n}", kind=kind, n=one.target)
            steps = words.tn("{n:3} step ", "{n:3} steps", len(one.difference))
            asked.terminal.say(
                f"{one.number:<5} {one.at:%Y-%m-%d %H:%M}  {padded(kind, 14)} "
                f"{padded(one.author_name, 20)} {steps}  {one.reason}".rstrip()
            )
        if not found:
            asked.terminal.tell("The configuration was never changed.")
        served = changing.live.found
        if served.problems:
            text = f"revision {served.wanted} is broken; revision {served.revision} is served."
            cure = "Mend what follows, or roll back."
            asked.terminal.refuse([Problem("broken", "", text, cure), *served.problems])
            return REFUSED
        return DONE


COMMAND = RevisionsCommand()
