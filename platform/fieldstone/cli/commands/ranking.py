"""`fieldstone ranking list|show|preview|publish`: the ranking lists, and publishing one by hand."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from zoneinfo import ZoneInfo

from fieldstone.actions import ranking
from fieldstone.actions.ranking import Office
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.terminal import padded
from fieldstone.storage.rankings import Edition

MOMENT = timedelta(microseconds=1)
VERBS = ("list", "show", "preview", "publish")


class Ranking:
    """Shows and publishes ranking lists."""

    name = "ranking"
    summary = "show a ranking list, preview the next one, or publish it now"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verb, the programme and the edition."""
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("program", nargs="?", default="", help="left out: the first one")
        parser.add_argument("--edition", type=int, help="an earlier edition to show")

    def run(self, asked: Asked) -> int:
        """Do what the verb says. Raises RefusedError for an unknown programme."""
        site, verb, say = asked.site(), asked.arguments.verb, asked.terminal.say
        office = Office(site.storage, site.reads, site.model, site.system_context("command"))
        programs = ranking.programs_of(site.model)
        if verb == "list":
            for code, rule in programs.items():
                editions = ranking.editions(office, rule)
                label = rule.label.text(asked.terminal.language)
                count = asked.terminal.speech.t("editions: {n}", n=len(editions))
                say(f"{code:24} {label}  {count}")
            return DONE
        rule = ranking.program(site.model, asked.arguments.program or next(iter(programs), ""))
        if verb == "publish":
            published = ranking.publish(office, rule)
            t = asked.terminal.speech.t
            say(t("Published.") if published else t("This period was published already."))
        shown = (
            ranking.preview(office, rule)
            if verb == "preview"
            else ranking.edition(office, rule, asked.arguments.edition)
        )
        _print(asked, shown, ZoneInfo(site.settings.time_zone))
        return DONE


def _print(asked: Asked, shown: Edition | None, zone: ZoneInfo) -> None:
    say = asked.terminal.say
    if shown is None:
        asked.terminal.tell("No list was published yet.")
        return
    # The window ends where its last day does: the first moment behind it is no part of it.
    first, last = shown.since.astimezone(zone), (shown.until - MOMENT).astimezone(zone)
    days = {"first": f"{first:%Y-%m-%d}", "last": f"{last:%Y-%m-%d}"}
    asked.terminal.tell("Edition {n}: {first} to {last}", n=shown.edition, **days)
    for line in shown.lines:
        score = "" if line.score is None else f"{line.score:.1f}"
        figures = "  ".join(f"{code} {one['value']}" for code, one in line.metrics.items())
        say(f"{line.rank or '-':>4}  {padded(line.name, 20)} {score:>6}  {figures}")


COMMAND = Ranking()
