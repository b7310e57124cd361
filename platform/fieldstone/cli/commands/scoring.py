"""`fieldstone scoring list|preview|adopt`: which versions of scoring rules hold, what a changed one would do, and letting it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final

from fieldstone.actions.adopting import Adopting, Preview
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.cli.contract import DONE, Asked

EXAMPLES: Final = 10


class Scoring:
    """Tells what changed scoring and lifecycle rules would do, and adopts them."""

    name = "scoring"
    summary = "see what a changed scoring rule would do, and adopt it"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        under.add_parser(
            "list", help="scoring and lifecycle rules, and which version of each holds"
        )
        preview = under.add_parser(
            "preview", help="what a version that waits would do; writes nothing"
        )
        preview.add_argument("rule", metavar="RULE")
        adopt = under.add_parser("adopt", help="let a version hold for the records that are there")
        adopt.add_argument("rule", metavar="RULE")
        adopt.add_argument(
            "--version",
            type=int,
            help="the version that was looked at; refused if there is a newer one",
        )
        adopt.add_argument(
            "--keep", action="store_true", help="leave points as they are until a record is written"
        )

    def run(self, asked: Asked) -> int:
        """Do what the verb says. Raises RefusedError for a rule that is not adopted at all."""
        site = asked.site()
        ctx = site.system_context("command")
        desk = Adopting(site.storage, site.writes, site.queue, ctx, site.model)
        {"list": _list, "preview": _preview, "adopt": _adopt}[asked.arguments.verb](asked, desk)
        return DONE


def _list(asked: Asked, desk: Adopting) -> None:
    for one in desk.rules():
        rule = one.rule
        t = asked.terminal.speech.t
        state = t("waits; version {n} holds", n=one.adopted) if one.waits else t("in force")
        asked.terminal.say(
            f"{rule.code:24} {rule.kind:22} {rule.object_name:14} v{rule.version:<4}{state}"
        )


def _preview(asked: Asked, desk: Adopting) -> None:
    one = desk.preview(asked.arguments.rule)
    say, tell = asked.terminal.say, asked.terminal.tell
    said = "Version {v} of {rule}: {n} of {total} records looked at."
    tell(said, v=one.version, rule=one.rule, n=one.looked_at, total=one.records)
    said = "{n} gain points, {m} lose some; average {before:.1f} -> {after:.1f}."
    tell(said, n=one.higher, m=one.lower, before=one.average[0], after=one.average[1])
    for line in _crossings(one):
        say(line)
    for example in one.examples[:EXAMPLES]:
        moved = "" if example.state[0] == example.state[1] else f"  {' -> '.join(example.state)}"
        old, new = example.score
        say(f"  {example.title[:30]:32}{old or 0} -> {new or 0}{moved}")


def _crossings(one: Preview) -> list[str]:
    counts = sorted(one.crossings.items(), key=lambda crossing: -crossing[1])
    return [f"{count:8}  {before} -> {after}" for (before, after), count in counts]


def _adopt(asked: Asked, desk: Adopting) -> None:
    found = desk.find(asked.arguments.rule)
    if not found.waits:
        text = f"Version {found.rule.version} of {found.rule.code!r} is in force already."
        raise RefusedError([Problem("nothing_waits", "rule", text, "Change the rule first.")])
    version = asked.arguments.version or found.rule.version
    job = desk.adopt(found.rule.code, version, "keep" if asked.arguments.keep else "recompute")
    asked.terminal.tell("Version {v} holds for all records.", v=version)
    if job:
        asked.terminal.tell("A worker works them out anew ('fieldstone serve' has one).")


COMMAND = Scoring()
