"""`fieldstone rules`: every rule with its kind, version and place; and what one would have done with past records."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import timedelta
from typing import Final

from fieldstone.actions.simulating import simulate
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.contract import DONE, Asked

SHOWN: Final = 30
WEEK: Final = 7


class Rules:
    """Lists the rules in force, and tries one on past records."""

    name = "rules"
    summary = "list the rules, or try one on past records"

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

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        return _simulate(asked) if asked.arguments.verb == "simulate" else self._list(asked)

    def _list(self, asked: Asked) -> int:
        """Print one line per rule, in the order of objects and phases."""
        model = asked.site().model
        named = asked.arguments.object
        if named is not None and named not in model.objects:
            text = f"there is no object {named!r}."
            cure = did_you_mean(named, model.objects)
            raise RefusedError([Problem("not_found", "--object", text, cure)])
        chosen = [rule for rule in model.rules.values() if named in (None, rule.object_name)]
        for rule in sorted(chosen, key=lambda r: (r.object_name, r.phase, r.priority, r.code)):
            state = "" if rule.enabled else "  (off)"
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
    say = asked.terminal.say
    say(
        f"{found.looked_at} records since {found.since:%Y-%m-%d}; the rule concerns {found.concerned}."
    )
    for label, count in found.outcomes[:SHOWN]:
        say(f"{count:8}  {label.en}")
    say(f"{found.different} differ from what is there.")
    for one in found.samples:
        mark = "*" if one.differs else " "
        say(
            f"{mark} {one.title[:30]:32}{one.would.en}"
            + (f"  (has {one.has.en})" if one.has.en else "")
        )
    return DONE


def _span(asked: Asked) -> timedelta:
    said = re.fullmatch(r"(\d{1,4})([dw]?)", asked.arguments.since)
    if said is None:
        text = f"{asked.arguments.since!r} is no number of days."
        raise RefusedError([Problem("bad_span", "--since", text, "Write for example 90d or 2w.")])
    return timedelta(days=int(said[1]) * (WEEK if said[2] == "w" else 1))


COMMAND = Rules()
