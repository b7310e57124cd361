"""`fieldstone deadlines`: what runs, what is late, and what an older version of a rule has set."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta

from fieldstone.cli.contract import DONE, Asked
from fieldstone.storage.due_timers import DueTimers

DAY = timedelta(days=1)


class Deadlines:
    """Counts the deadlines that stand, rule by rule."""

    name = "deadlines"
    summary = "count deadlines that run, are late, or follow an older rule"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the rule."""
        parser.add_argument("--rule", metavar="CODE", help="only those of one rule")

    def run(self, asked: Asked) -> int:
        """Print a line per rule and version; who changes a rule sees how many are under way."""
        site, only = asked.site(), asked.arguments.rule
        now = site.clock()
        with site.storage.looking() as connection:
            found = DueTimers(connection).counts(now, now + DAY)
        shown = [one for one in found if only in (None, one.rule)]
        for one in shown:
            rule = site.model.rules.get(one.rule)
            note = "" if rule is not None else "  (no such rule here)"
            if rule is not None and rule.version != one.version:
                note = f"  (the rule is at version {rule.version}, in flight: {rule.in_flight})"
            asked.terminal.say(
                f"{one.rule:26} v{one.version:<3} {one.running:>8} running {one.late:>7} late"
                f" {one.soon:>7} within a day{note}"
            )
        if not shown:
            asked.terminal.say("No deadline is running.")
        return DONE


COMMAND = Deadlines()
