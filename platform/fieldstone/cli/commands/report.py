"""`fieldstone report`: the figures of a dashboard on the command line, for people and for programs."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from decimal import Decimal

import orjson

from fieldstone.changes.nouns import Context
from fieldstone.cli.commands.import_ import context_of
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.terminal import padded
from fieldstone.numbers.contract import Asked as AskedNumbers
from fieldstone.numbers.contract import Number
from fieldstone.numbers.opening import every_id, records_behind
from fieldstone.reads.expanding import field_at, target_of
from fieldstone.reports.as_json import as_json, plain
from fieldstone.reports.borne import NO_RECORD, OTHERS, name_of_rest
from fieldstone.reports.dashboards import Asked as AskedReports
from fieldstone.reports.dashboards import dashboard, dashboards_for
from fieldstone.reports.results import Chart, Dashboard, Line
from fieldstone.site import Site

WIDE = 32


class Report:
    """Lists the dashboards, and prints one."""

    name = "report"
    summary = "list dashboards, print their figures, or the records behind one"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        listing = under.add_parser("list", help="the dashboards there are")
        showing = under.add_parser("show", help="the figures of one")
        showing.add_argument("report", metavar="REPORT", help="as 'report list' names it")
        showing.add_argument("--period", default="", help="such as last_90; else its own")
        showing.add_argument("--json", action="store_true", help="as REST answers it")
        behind = under.add_parser("records", help="the ids of the records behind a number")
        behind.add_argument(
            "report",
            metavar="REPORT",
            help="a dashboard, or assignment:RULE, ranking:PROGRAM, pool:POOL, source:SOURCE",
        )
        behind.add_argument("figure", metavar="FIGURE", help="as 'report show --json' names it")
        behind.add_argument("--chart", default="", help="the chart; else a key figure")
        behind.add_argument("--key", help="the key of the chart's line")
        behind.add_argument("--period", default="", help="such as last_90; else its own")
        for one in (listing, showing, behind):
            one.add_argument("--as", dest="person", metavar="EMAIL", help="as this person sees it")

    def run(self, asked: Asked) -> int:
        """Do what the verb says. Raises RefusedError for a dashboard or a period that is not there."""
        site = asked.site()
        ctx = context_of(asked, site, "command")
        if not asked.arguments.person:
            ctx = ctx.acting_as(replace(ctx.actor, language=asked.terminal.language))
        language, say = ctx.actor.language, asked.terminal.say
        if asked.arguments.verb == "list":
            for one in dashboards_for(site.model, ctx.actor):
                say(f"{one.code:20} {one.label.text(language)}")
            return DONE
        if asked.arguments.verb == "records":
            return _records(asked, site, ctx)
        reports = AskedReports(site.reads, ctx, site.model)
        found = dashboard(reports, asked.arguments.report, asked.arguments.period)
        if asked.arguments.json:
            say(orjson.dumps(as_json(found, language), option=orjson.OPT_INDENT_2).decode())
        else:
            _print(asked, reports, found)
        return DONE


def _records(asked: Asked, site: Site, ctx: Context) -> int:
    """Print an id a line; of a number made of several figures with the figure and the object of each."""
    given = asked.arguments
    numbers = AskedNumbers(site, ctx, site.model)
    number = Number(given.figure, given.chart, given.key, given.period)
    found = records_behind(numbers, given.report, number)
    if found.note is not None:
        asked.terminal.remark(found.note.text(ctx.actor.language))
    for one in every_id(numbers, found) if not found.parts else ():
        asked.terminal.say(one)
    for part in found.parts:
        for one in every_id(numbers, part):
            asked.terminal.say(f"{part.code:16} {part.object_name:16} {one}")
    return DONE


def _print(asked: Asked, reports: AskedReports, found: Dashboard) -> None:
    language, say = reports.ctx.actor.language, asked.terminal.say
    span = found.period
    if found.first:
        span = asked.terminal.speech.t("{a} to {b}", a=found.first, b=found.after)
    say(f"{found.label.text(language)}: {span}")
    for one in found.figures:
        say(f"  {padded(one.label.text(language), WIDE)} {_number(one.value, one.format):>14}")
    for chart in found.charts:
        say("")
        say(chart.label.text(language))
        heads = [column.label.text(language) for column in chart.columns]
        say(f"  {padded('', WIDE)} " + " ".join(f"{head:>14}" for head in heads))
        names = _names(reports, found, chart)
        for line in chart.lines:
            numbers = [_number(line.values.get(c.code), c.format) for c in chart.columns]
            called = names.get(str(line.key), "-" if line.key is None else str(line.key))
            say(
                f"  {padded(_indent(line) + called, WIDE)} " + " ".join(f"{n:>14}" for n in numbers)
            )


def _names(reports: AskedReports, found: Dashboard, chart: Chart) -> dict[str, str]:
    """Return what the groups of a chart are called, by key."""
    model, language = reports.model, reports.ctx.actor.language
    spec = model.objects[found.object_name]
    if chart.kind == "funnel" and spec.pipelines:
        first = next(iter(spec.pipelines.pipelines.values()))
        return {code: stage.label.text(language) for code, stage in first.stages.items()}
    _, field = field_at(model, found.object_name, chart.group) or (spec, None)
    target = chart.names or (target_of(field) if field else "")
    wanted = (
        [
            (target, str(line.key))
            for line in chart.lines
            if line.key and line.key not in (NO_RECORD, OTHERS)
        ]
        if target
        else []
    )
    wanted += [
        (line.branch.object_name, line.branch.record)
        for line in chart.lines
        if line.branch and line.branch.object_name
    ]
    titles = reports.reads.titles(reports.ctx, model, wanted) if wanted else {}
    options = getattr(field.type, "options", {}) if field else {}
    named = {code: option.label.text(language) for code, option in options.items()}
    rest = {key: name_of_rest(key, spec) for key in (NO_RECORD, OTHERS)}
    named |= {key: label.text(language) for key, label in rest.items() if label}
    return {**named, **{record: title for (_, record), title in titles.items()}}


def _indent(line: Line) -> str:
    return "  " * line.branch.depth if line.branch else ""


def _number(value: object, form: str) -> str:
    if value is None:
        return "-"
    if form == "percent":
        return f"{float(str(value)) * 100:.1f}%"
    return str(plain(round(value, 2) if isinstance(value, Decimal) else value))


COMMAND = Report()
