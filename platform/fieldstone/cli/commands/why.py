"""`fieldstone why OBJECT ID`: why each automatic decision about a record was made."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.cli.contract import DONE, Asked
from fieldstone.reads.explaining import Why as Decision

VERSION: Final = Label("version {n}", "第 {n} 版")
SETS: Final = Label("sets {field} = {value}", "设 {field} = {value}")
NOTHING: Final = Label(
    "No rule has decided anything about this record.", "还没有规则对这条记录做出过决定。"
)
MERGED: Final = Label(
    "It was merged into {object} {id}, of which this is told:",
    "已并入 {object} {id}，以下是那条记录的说明：",
)


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
        language = asked.terminal.language
        ctx, model, reads = site.system_context("action"), site.model, site.reads
        found = reads.explain(ctx, model, name, record_id)
        survivor = reads.led_to(ctx, model, name, record_id) if found is None else None
        if survivor is not None:
            asked.terminal.say(MERGED.text(language).format(object=name, id=survivor))
            found = reads.explain(ctx, model, name, survivor)
        if found is None:
            text = f"there is no {name} {record_id}."
            raise RefusedError(
                [Problem("not_found", "ID", text, "Copy the id from the record's address.")]
            )
        if not found:
            asked.terminal.say(NOTHING.text(language))
        zone = ZoneInfo(site.settings.time_zone)
        for decision in found:
            _print(asked, decision, language, zone)
        return DONE


def _print(asked: Asked, decision: Decision, language: str, zone: ZoneInfo) -> None:
    say = asked.terminal.say
    at = decision.at.astimezone(zone)
    label = decision.rule_label.text(language)
    version = VERSION.text(language).format(n=decision.version)
    say(f"{at:%Y-%m-%d %H:%M}  {label} ({decision.rule}, {decision.kind}, {version})")
    say(f"    {decision.because.text(language)}")
    for code, value in decision.sets.items():
        say(f"    {SETS.text(language).format(field=code, value=value)}")
    for one in decision.candidates:
        say(f"    {'->' if one.chosen else '  '} {one.name}: {one.because.text(language)}")


COMMAND = Why()
