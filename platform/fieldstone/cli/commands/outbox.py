"""`fieldstone outbox`: what could not be delivered, sent again or dropped."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.actions.undelivered import AT_ONCE, Seen, Undelivering, Wanted
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.cli.contract import DONE, Asked
from fieldstone.delivery.office import label_of_channel
from fieldstone.site import Site
from fieldstone.storage.undelivered import DEAD, STATES, Chosen

SHOWN: Final = 30


class Outbox:
    """Lists what did not get through, sends it again, drops it with a reason."""

    name = "outbox"
    summary = "list what could not be delivered, send it again or drop it"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = under.add_parser("list", help="what was given up, then what waits long")
        listing.add_argument("--channel", default="", help="only of this one, such as webhook")
        listing.add_argument("--limit", type=int, default=SHOWN, help="how many of each")
        again = under.add_parser("again", help="put messages out anew, each once")
        drop = under.add_parser("drop", help="give messages up for good")
        drop.add_argument("--reason", required=True, help="why; kept in the audit log")
        for verb in (again, drop):
            verb.add_argument(
                "ids", metavar="ID", type=int, nargs="*", help="as 'outbox list' prints them"
            )
            verb.add_argument("--channel", default="", help="all of this channel")
            verb.add_argument("--all", action="store_true", help="all there are")

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        site, t = asked.site(), asked.terminal.speech
        ctx = site.system_context("command")
        desk = Undelivering(site.storage, site.queue, site.reads, ctx, site.model)
        if asked.arguments.verb == "list":
            return _list(asked, site, desk)
        if asked.arguments.verb == "again":
            count = len(desk.again(_chosen(asked)))
            said = t.tn("One message is sent again.", "{n} messages are sent again.", count)
            asked.terminal.say(said if count else t.t("There was nothing to send again."))
            return DONE
        count = len(desk.drop(_chosen(asked), asked.arguments.reason))
        said = t.tn("One message is dropped.", "{n} messages are dropped.", count)
        asked.terminal.say(said if count else t.t("There was nothing to drop."))
        return DONE


def _chosen(asked: Asked) -> Chosen:
    """Return which messages the command line names. Raises RefusedError for none, and for two ways at once."""
    given = asked.arguments
    if sum((bool(given.ids), bool(given.channel), given.all)) != 1:
        text = "no messages are named, or in two ways."
        raise RefusedError(
            [Problem("usage", "outbox", text, "Write their ids, or --channel NAME, or --all.")]
        )
    return Chosen(tuple(given.ids) if given.ids else None, given.channel)


def _list(asked: Asked, site: Site, desk: Undelivering) -> int:
    given, t = asked.arguments, asked.terminal.speech.t
    zone, language = ZoneInfo(site.settings.time_zone), asked.terminal.language
    limit = min(max(given.limit, 1), AT_ONCE)
    several = 0
    for state in STATES:
        for seen in desk.listed(Wanted(state, given.channel, limit=limit)):
            several += 1
            channel = label_of_channel(site.vocabulary.channels, seen.message.channel)
            words = t("given up") if state == DEAD else t("waiting")
            at = f"{seen.message.created_at.astimezone(zone):%Y-%m-%d %H:%M}"
            text = seen.text.text(language)
            asked.terminal.say(
                f"{seen.message.id}  {at}  {words}  {channel.text(language)}  {text}"
            )
            for line in _lines(asked, seen, zone):
                asked.terminal.say(f"    {line}")
    if not several:
        asked.terminal.say(t("Everything got through."))
    return DONE


def _lines(asked: Asked, seen: Seen, zone: ZoneInfo) -> list[str]:
    t, language, one = asked.terminal.speech.t, asked.terminal.language, seen.message
    lines = [t("to {who}", who=seen.to.text(language))]
    if seen.about:
        lines.append(t("about {what}", what=f"{seen.title} ({seen.about[0]} {seen.about[1]})"))
    if why := seen.why.text(language):
        lines.append(why)
    tried = asked.terminal.speech.tn("tried once", "tried {n} times", one.attempts)
    tries = tried if one.attempts else t("never tried")
    if one.is_dead:
        return [*lines, tries]
    when = t("next try {when}", when=f"{one.due.astimezone(zone):%Y-%m-%d %H:%M}")
    return [*lines, tries, when]


COMMAND = Outbox()
