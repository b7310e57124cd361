"""`fieldstone calendar list|show|set|import`: working calendars and their special days."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ical import special_days
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.planning import changing_of
from fieldstone.evolution import calendars

VERBS = ("list", "show", "set", "import")


class CalendarCommand:
    """Shows calendars and changes single days of them."""

    name = "calendar"
    summary = "show working calendars, set days, import iCalendar files"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verb, the calendar, and the days or the file."""
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("calendar", nargs="?", default="")
        parser.add_argument("what", nargs="?", default="", help="a day, or the file to import")
        parser.add_argument("hours", nargs="?", default="off", help="off, work, or 09:00-12:00")
        parser.add_argument("--name", default="", help="what the day is called")

    def run(self, asked: Asked) -> int:
        """Do what the verb says. Raises RefusedError for what is not there."""
        site, verb = asked.site(), asked.arguments.verb
        if verb == "list":
            for code in filter(None, site.model.calendars):
                told = calendars.told(calendars.calendar_of(site.model, code))
                asked.terminal.say(f"{code:16} {told['zone']:20} {told['country'] or ''}")
            return DONE
        found = calendars.calendar_of(site.model, asked.arguments.calendar)
        if verb == "show":
            for one in calendars.told(found)["days"]:
                state = ", ".join(one["hours"]) or asked.terminal.speech.t("off")
                asked.terminal.say(f"{one['day']}  {state}  {one['name'] or ''}".rstrip())
            return DONE
        if verb == "set":
            hours = calendars.hours_from(asked.arguments.hours)
            days = calendars.exceptions_of(
                [_day(asked.arguments.what)], hours, asked.arguments.name
            )
        else:
            days = calendars.imported(special_days(_read(asked)), found)
        if days:
            changing, context = changing_of(site)
            calendars.set_days(changing, context, found.code, days, f"calendar {verb}")
        asked.terminal.say(
            asked.terminal.speech.tn("{n} day changed.", "{n} days changed.", len(days))
        )
        return DONE


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = Problem("bad_day", "what", f"{text!r} is no day.", "Write 2026-10-01.")
        raise RefusedError([problem]) from None


def _read(asked: Asked) -> bytes:
    path = asked.folder / str(asked.arguments.what)
    try:
        return path.read_bytes()
    except OSError as error:
        problem = Problem("no_file", "what", f"{path}: {error.strerror}.", "Name an .ics file.")
        raise RefusedError([problem]) from None


COMMAND = CalendarCommand()
