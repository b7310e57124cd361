"""`fieldstone deadlines`: what runs, what is late, and what an older version of a rule has set."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from zoneinfo import ZoneInfo

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.cli.commands.token import person
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.terminal import padded
from fieldstone.reads.agenda import MINE, TEAM, Wanted, agenda_of
from fieldstone.site import Site
from fieldstone.storage.due_timers import DueTimers

CURE = "Check the e-mail address; `fieldstone user list` shows who is there."
DAY = timedelta(days=1)


class Deadlines:
    """Counts the deadlines that stand, rule by rule, or lists those of a person."""

    name = "deadlines"
    summary = "count deadlines that run or are late, or list a person's"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the rule."""
        parser.add_argument("--rule", metavar="CODE", help="only those of one rule")
        parser.add_argument("--of", metavar="EMAIL", help="list those of a person, soonest first")
        parser.add_argument("--team", action="store_true", help="with --of: of the person's team")
        parser.add_argument(
            "--person", metavar="EMAIL", help="with --of: of this person only, as --of sees them"
        )

    def run(self, asked: Asked) -> int:
        """Print a line per rule and version; who changes a rule sees how many are under way."""
        site, only = asked.site(), asked.arguments.rule
        if asked.arguments.of:
            return self._listed(asked, site)
        now = site.clock()
        with site.storage.looking() as connection:
            found = DueTimers(connection).counts(now, now + DAY)
        shown = [one for one in found if only in (None, one.rule)]
        for one in shown:
            rule = site.model.rules.get(one.rule)
            t = asked.terminal.speech.t
            note = "" if rule is not None else t("  (no such rule here)")
            if rule is not None and rule.version != one.version:
                said = "  (the rule is at version {n}, in flight: {policy})"
                note = t(said, n=rule.version, policy=rule.in_flight)
            counts = t(
                "{running:>8} running {late:>7} late {soon:>7} within a day",
                running=one.running,
                late=one.late,
                soon=one.soon,
            )
            asked.terminal.say(f"{one.rule:26} v{one.version:<3} {counts}{note}")
        if not shown:
            asked.terminal.tell("No deadline is running.")
        return DONE

    def _listed(self, asked: Asked, site: Site) -> int:
        """Print a line per deadline as that person sees them."""
        system, told = site.system_context("command"), asked.arguments
        actor = site.actors.by_id(system, site.model, person(site, told.of, "--of"))
        if actor is None:
            raise RefusedError([Problem("no_actor", "--of", "Nobody works here under that.", CURE)])
        only = person(site, told.person, "--person") if told.person else ""
        wanted = Wanted(TEAM if told.team else MINE, only, told.rule or "")
        ctx = site.context(actor, "command")
        with site.reads.sight(ctx, site.model) as sight:
            found = agenda_of(sight, wanted)
        for item in found.items:
            one, record = item.running, item.record
            title = record.values.get(site.model.objects[record.object_name].title)
            t, language = asked.terminal.speech.t, asked.terminal.language
            late = padded(t("overdue") if one.overdue(ctx.now) else "", 7)
            due = one.due.astimezone(ZoneInfo(actor.zone))
            then = one.then.text(language) if one.then else t("stays with its owner")
            asked.terminal.say(
                f"{due:%Y-%m-%d %H:%M} {late} {one.rule.code:26} {record.object_name} {record.id}"
                f"  {title or ''}: {then}"
            )
        if not found.items:
            asked.terminal.tell("No deadline is running.")
        return DONE


COMMAND = Deadlines()
