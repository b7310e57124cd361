"""`fieldstone rules`: every rule and its place; what one would do with records that are there; doing it, and undoing it."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import timedelta
from typing import Final

from fieldstone.actions.applying import Applying
from fieldstone.actions.simulating import simulate
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.terminal import padded
from fieldstone.storage.rule_runs import HALF_UNDONE, STOPPED

SHOWN: Final = 30
WEEK: Final = 7
ERROR_SHOWN: Final = 200
_CURES: Final = {
    STOPPED: "What it had done stands. 'fieldstone rules undo {run}' takes it back; 'fieldstone rules apply {rule}' does the rest.",
    HALF_UNDONE: "'fieldstone rules undo {run}' goes on where it stopped.",
}


class Rules:
    """Lists the rules in force, tries one on past records, and applies one to records that are there."""

    name = "rules"
    summary = "list rules, try one on past records, apply it to them"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = under.add_parser("list", help="every rule with kind, version and place")
        listing.add_argument("--object", metavar="OBJECT", help="only those of one object")
        trying = under.add_parser("simulate", help="what a rule would have done; writes nothing")
        trying.add_argument("rule", metavar="RULE")
        trying.add_argument(
            "--since", default="90d", metavar="DAYS", help="how far back: 90d, 2w (default 90d)"
        )
        applying = under.add_parser("apply", help="let a rule look at records that are there")
        applying.add_argument("rule", metavar="RULE")
        applying.add_argument(
            "--since", metavar="DAYS", help="only records created since: 90d, 2w (default: all)"
        )
        applying.add_argument(
            "--dry-run", action="store_true", help="say what it would change; writes nothing"
        )
        under.add_parser("runs", help="what was applied, how far it is, what was undone")
        undoing = under.add_parser("undo", help="take a run back; what changed since stays")
        undoing.add_argument("run", metavar="RUN", help="its id, as 'rules runs' prints it")

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        verbs = {
            "list": _list,
            "simulate": _simulate,
            "apply": _apply,
            "runs": _runs,
            "undo": _undo,
        }
        return verbs[asked.arguments.verb](asked)


def _list(asked: Asked) -> int:
    """Print one line per rule, in the order of objects and phases."""
    model = asked.site().model
    named = asked.arguments.object
    if named is not None and named not in model.objects:
        text = f"there is no object {named!r}."
        cure = did_you_mean(named, model.objects)
        raise RefusedError([Problem("not_found", "--object", text, cure)])
    chosen = [rule for rule in model.rules.values() if named in (None, rule.object_name)]
    for rule in sorted(chosen, key=lambda r: (r.object_name, r.phase, r.priority, r.code)):
        state = "" if rule.enabled else asked.terminal.speech.t("  (off)")
        asked.terminal.say(
            f"{rule.object_name:12} {rule.kind:15} {rule.code:28} v{rule.version:<3} "
            f"{rule.origin.file}:{rule.origin.line}{state}"
        )
    return DONE


def _simulate(asked: Asked) -> int:
    """Print what the rule would have done: totals, then some records."""
    site = asked.site()
    ctx = site.system_context("command")
    found = simulate(ctx, site.model, site.storage, asked.arguments.rule, _span(asked))
    say, tell, language = asked.terminal.say, asked.terminal.tell, asked.terminal.language
    said = "{n} records since {day}; the rule concerns {concerned}."
    tell(said, n=found.looked_at, day=f"{found.since:%Y-%m-%d}", concerned=found.concerned)
    for label, count in found.outcomes[:SHOWN]:
        say(f"{count:8}  {label.text(language)}")
    tell("{n} differ from what is there.", n=found.different)
    if found.acted:
        tell("Time would have run out, by the first day of the week or month:")
    for day, count in found.acted:
        say(f"{count:8}  {day}")
    for one in found.samples:
        mark = "*" if one.differs else " "
        has = asked.terminal.speech.t("  (has {what})", what=one.has.text(language))
        would = f"{one.would.text(language)}{has if one.has.en else ''}"
        say(f"{mark} {padded(one.title[:30], 32)}{would}")
    return DONE


def _desk(asked: Asked) -> Applying:
    site = asked.site()
    ctx = site.system_context("command")
    return Applying(site.storage, site.writes, site.queue, ctx, site.model)


def _apply(asked: Asked) -> int:
    """Apply a rule through a worker, or print what that would change."""
    desk, rule, tell = _desk(asked), asked.arguments.rule, asked.terminal.tell
    since = _span(asked) if asked.arguments.since else None
    if not asked.arguments.dry_run:
        run = desk.start(rule, since)
        tell("Run {id} has begun; a worker does it ('fieldstone serve' has one).", id=run.id)
        tell("See how far it is: fieldstone rules runs")
        return DONE
    found = desk.try_out(rule, since)
    tell("{n} of {total} records were looked at.", n=found.looked_at, total=found.records)
    tell("{n} would change, {m} would be refused.", n=found.changed, m=found.refused)
    begins = asked.terminal.speech.t("its time begins")
    for _, title, codes in found.examples:
        asked.terminal.say(f"  {padded(title[:30], 32)}{', '.join(codes) or begins}")
    return DONE


def _runs(asked: Asked) -> int:
    """Print the latest runs."""
    found = _desk(asked).runs(SHOWN)
    for one in found:
        counts = ", ".join(f"{n} {what}" for what, n in one.counts.items() if n)
        asked.terminal.say(
            f"{one.id}  {one.at:%Y-%m-%d %H:%M}  {one.state:11} {one.rule:28} {counts}"
        )
        if one.error:
            asked.terminal.tell("  it failed: {error}", error=one.error[:ERROR_SHOWN])
            asked.terminal.tell(f"  {_CURES[one.state]}", rule=one.rule, run=one.id)
    if not found:
        asked.terminal.tell("No rule was applied to records that were there.")
    return DONE


def _undo(asked: Asked) -> int:
    """Take a run back through a worker."""
    run = _desk(asked).undo(asked.arguments.run)
    asked.terminal.tell("Run {id} is being taken back; see: fieldstone rules runs", id=run.id)
    return DONE


def _span(asked: Asked) -> timedelta:
    said = re.fullmatch(r"(\d{1,4})([dw]?)", asked.arguments.since)
    if said is None:
        text = f"{asked.arguments.since!r} is no number of days."
        raise RefusedError([Problem("bad_span", "--since", text, "Write for example 90d or 2w.")])
    return timedelta(days=int(said[1]) * (WEEK if said[2] == "w" else 1))


COMMAND = Rules()
