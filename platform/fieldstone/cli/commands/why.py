"""`fieldstone why OBJECT ID`: why each automatic decision about a record was made."""

from __future__ import annotations

from argparse import ArgumentParser
from zoneinfo import ZoneInfo

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.contract import DONE, Asked
from fieldstone.reads.explaining import Why as Decision


class Why:
    """Reads the kept decisions, newest first."""

    name = "why"
    summary = "say why each automatic decision about a record was made"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the record."""
        parser.add_argument("object", metavar="OBJECT")
        parser.add_argument("id", metavar="ID")

    def run(self, asked: Asked) -> int:
        """Print rule, version, reason and candidates of every decision."""
        site = asked.site()
        name, record_id = asked.arguments.object, asked.arguments.id
        if name not in site.model.objects:
            text = f"there is no object {name!r}."
            raise RefusedError(
                [Problem("not_found", "OBJECT", text, did_you_mean(name, site.model.objects))]
            )
        ctx, model, reads = site.system_context("action"), site.model, site.reads
        found = reads.explain(ctx, model, name, record_id)
        survivor = reads.led_to(ctx, model, name, record_id) if found is None else None
        if survivor is not None:
            asked.terminal.say(f"It was merged into {name} {survivor}, of which this is told:")
            found = reads.explain(ctx, model, name, survivor)
        if found is None:
            text = f"there is no {name} {record_id}."
            raise RefusedError(
                [Problem("not_found", "ID", text, "Copy the id from the record's address.")]
            )
        if not found:
            asked.terminal.say("No rule has decided anything about this record.")
        language, zone = site.settings.languages[0], ZoneInfo(site.settings.time_zone)
        for decision in found:
            _print(asked, decision, language, zone)
        return DONE


def _print(asked: Asked, decision: Decision, language: str, zone: ZoneInfo) -> None:
    say = asked.terminal.say
    at = decision.at.astimezone(zone)
    label = decision.rule_label.text(language)
    say(
        f"{at:%Y-%m-%d %H:%M}  {label} ({decision.rule}, {decision.kind}, version {decision.version})"
    )
    say(f"    {decision.because.text(language)}")
    for code, value in decision.sets.items():
        say(f"    sets {code} = {value}")
    for one in decision.candidates:
        say(f"    {'->' if one.chosen else '  '} {one.name}: {one.because.text(language)}")


COMMAND = Why()
