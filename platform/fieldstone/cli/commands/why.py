"""`fieldstone why OBJECT ID`: why each automatic decision about a record was made."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Context
from fieldstone.cli.contract import DONE, Asked
from fieldstone.reads.expanding import target_of
from fieldstone.reads.explaining import Why as Decision
from fieldstone.site import Site

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
        zone, shown = ZoneInfo(site.settings.time_zone), _named(site, ctx, name, found)
        for decision in found:
            _print(asked, decision, zone, shown)
        return DONE


Shown = Mapping[tuple[str, str], str]


def _named(site: Site, ctx: Context, object_name: str, found: Sequence[Decision]) -> Shown:
    """Return what to print in place of the ids that decisions set, by field and id: the records' titles."""
    fields = site.model.objects[object_name].fields
    targets = {code: target_of(field) for code, field in fields.items()}
    wanted = {
        (code, one): (str(targets[code]), one)
        for decision in found
        for code, value in decision.sets.items()
        if targets.get(code)
        for one in _ids(value)
    }
    titles = site.reads.titles(ctx, site.model, dict.fromkeys(wanted.values()))
    return {place: titles[record] for place, record in wanted.items() if record in titles}


def _ids(value: object) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [one for one in several if isinstance(one, str)]


def _value(code: str, value: object, shown: Shown) -> str:
    """Return a value that was set: records by their titles, what is empty as a dash."""
    if value in (None, "", []):
        return "—"
    names = [shown.get((code, one), one) for one in _ids(value)]
    return ", ".join(names) if names else str(value)


def _print(asked: Asked, decision: Decision, zone: ZoneInfo, shown: Shown) -> None:
    say, language = asked.terminal.say, asked.terminal.language
    at = decision.at.astimezone(zone)
    label = decision.rule_label.text(language)
    version = VERSION.text(language).format(n=decision.version)
    say(f"{at:%Y-%m-%d %H:%M}  {label} ({decision.rule}, {decision.kind}, {version})")
    say(f"    {decision.because.text(language)}")
    for code, value in decision.sets.items():
        say(f"    {SETS.text(language).format(field=code, value=_value(code, value, shown))}")
    for one in decision.candidates:
        say(f"    {'->' if one.chosen else '  '} {one.name}: {one.because.text(language)}")


COMMAND = Why()
