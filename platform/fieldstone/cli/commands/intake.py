"""`fieldstone intake list|test|send|poll|retry|book`: the sources of a site at a desk."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fieldstone.actions.intake.booking import book_costs
from fieldstone.actions.intake.files import rows_of
from fieldstone.actions.intake.mail import from_mail
from fieldstone.actions.intake.mailbox import look
from fieldstone.actions.intake.overview import ENDS, stands
from fieldstone.actions.intake.reception import Incoming, Receipt
from fieldstone.actions.intake.sources import Intake, intake_of, intakes_of
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.base.names import did_you_mean
from fieldstone.base.problem_texts import in_language
from fieldstone.cli.contract import DONE, REFUSED, Asked
from fieldstone.site import Site
from fieldstone.storage.arrivals import Arrivals
from fieldstone.storage.mailboxes import Bookmark, Mailboxes

DAYS: Final = 30
MOST_RETRIED: Final = 1000


class IntakeCommand:
    """Lists sources, tries and sends what arrives, reads mailboxes, tries again what was refused."""

    name = "intake"
    summary = "list sources, try or send arrivals, read mailboxes"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verb, the source and the file."""
        parser.add_argument("verb", choices=["list", "test", "send", "poll", "retry", "book"])
        parser.add_argument("source", nargs="?", metavar="SOURCE")
        parser.add_argument(
            "file", nargs="?", metavar="FILE", help="JSON, CSV, Excel, vCard or a raw mail (.eml)"
        )
        parser.add_argument(
            "--campaign", metavar="NAME", default="", help="the campaign that the file is from"
        )

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        site, given = asked.site(), asked.arguments
        if given.verb == "list":
            return _list(asked, site)
        if given.verb == "book":
            done = book_costs(site.bookkeeper())
            asked.terminal.tell("{n} costs booked or changed", n=done)
            return DONE
        if given.verb == "poll":
            return _poll(asked, site, given.source)
        intake = _named(site, given.source)
        if given.verb == "retry":
            return _retry(asked, site, intake)
        rows = _rows(given.file)
        return (_test if given.verb == "test" else _send)(asked, site, intake, rows)


def _named(site: Site, code: str | None) -> Intake:
    found = intake_of(site.model, code or "")
    if found is None:
        codes = [one.code for one in intakes_of(site.model)]
        text = (
            f"there is no source {code!r} that is switched on." if code else "no source is named."
        )
        raise RefusedError([Problem("not_found", "SOURCE", text, did_you_mean(code or "", codes))])
    return found


def _rows(name: str | None) -> list[Mapping[str, Any]]:
    """Return what a file holds. Raises RefusedError for one that cannot be read."""
    path = Path(name or "")
    if not name or not path.is_file():
        text = f"there is no file {name!r}." if name else "no file is named."
        raise RefusedError(
            [Problem("no_file", "FILE", text, "Name a JSON, CSV, Excel, vCard or .eml file.")]
        )
    content = path.read_bytes()
    if path.suffix == ".eml":
        told = from_mail(content)
        return [told] if told is not None else []
    if path.suffix != ".json":
        return rows_of(path.name, content)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        text = f"{name} is no JSON: {error}."
        raise RefusedError(
            [Problem("not_json", "FILE", text, "Write one object or a list.")]
        ) from None
    several = found if isinstance(found, list) else [found]
    return [one for one in several if isinstance(one, dict)]


def _list(asked: Asked, site: Site) -> int:
    every = list(intakes_of(site.model, also_off=True))
    found = stands(site.storage, every, site.clock(), site.settings.time_zone, DAYS)
    for one in every:
        stand = found[one.code]
        ends = "  ".join(f"{end} {stand.of(end)}" for end in ENDS if stand.of(end))
        t = asked.terminal.speech.t
        state = "" if one.rule.enabled else t("  (off)")
        arrived = t("{n:>7} in {days} days", n=stand.arrived, days=DAYS)
        asked.terminal.say(
            f"{one.code:24} {one.source.via:7} {one.source.channel_class:6} {arrived}  {ends}{state}"
        )
    return DONE


def _test(asked: Asked, site: Site, intake: Intake, rows: list[Mapping[str, Any]]) -> int:
    refused = False
    for row in rows:
        version = intake.source.consent.version if intake.source.consent else ""
        trace: dict[str, Any] = {"consent": {"version": version}} if version else {}
        trace |= _campaign(asked)
        receipt = site.reception().try_out(intake, Incoming(row, trace, key=new_id()))
        refused = refused or bool(receipt.problems)
        _tell(asked, receipt)
    return REFUSED if refused or not rows else DONE


def _campaign(asked: Asked) -> dict[str, Any]:
    named = asked.arguments.campaign
    return {"utm_campaign": named} if named else {}


def _tell(asked: Asked, receipt: Receipt) -> None:
    asked.terminal.say(receipt.outcome or receipt.state)
    for code, value in receipt.values.items():
        asked.terminal.say(f"  {code}: {value}")
    for one in receipt.problems:
        problem = in_language(one, asked.terminal.language)
        asked.terminal.say(f"  ! {problem.path}: {problem.message} {problem.cure}")
    for decision in receipt.decisions:
        because = decision.because.text(asked.terminal.language)
        asked.terminal.say(f"  {decision.rule}: {because}")


def _send(asked: Asked, site: Site, intake: Intake, rows: list[Mapping[str, Any]]) -> int:
    batch = new_id()
    trace = _campaign(asked)
    several = [
        Incoming(row, trace, batch=batch, key=str(row.get("message_id", ""))) for row in rows
    ]
    site.reception().queue(intake, several)
    site.queue.ring()
    asked.terminal.tell("{n} waiting; a worker takes them in", n=len(several))
    return DONE if several else REFUSED


def _poll(asked: Asked, site: Site, code: str | None) -> int:
    chosen = [_named(site, code)] if code else list(intakes_of(site.model))
    failed = False
    for one in chosen:
        if one.source.mailbox is None:
            continue
        with site.storage.looking() as connection:
            mark = Mailboxes(connection).of(one.code) or Bookmark(one.code)
        with site.storage.connection() as connection:
            Mailboxes(connection).begin(one.code, site.clock())
        found = look(site.reception(), one, one.source.mailbox, mark)
        failed = failed or bool(found.error)
        counts = asked.terminal.speech.t(
            "{n} taken in, {m} passed over", n=found.taken, m=found.passed
        )
        said = found.error or counts
        asked.terminal.say(f"{one.code}: {said}")
    return REFUSED if failed else DONE


def _retry(asked: Asked, site: Site, intake: Intake) -> int:
    with site.storage.looking() as connection:
        refused = Arrivals(connection).recent(intake.code, states=("refused",), limit=MOST_RETRIED)
    done = 0
    for one in reversed(refused):
        receipt = site.reception().retry(one.id)
        done += receipt is not None and not receipt.problems
    asked.terminal.tell("{n} of {total} taken in", n=done, total=len(refused))
    return DONE


COMMAND = IntakeCommand()
