"""`fieldstone export-data`: records as a CSV or Excel file."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

from fieldstone.actions.exporting import FORMATS, columns_of, table_of, write
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.commands.import_ import context_of
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.progress import Bars
from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import HIGHEST_LIMIT, Query, sort_from


class ExportData:
    """Reads through the door like everybody else: with `--as` only what that person may export."""

    name = "export-data"
    summary = "write records to a CSV or Excel file"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare object, file and what to choose."""
        parser.add_argument("object", metavar="OBJECT", help="such as lead")
        parser.add_argument("file", type=Path, metavar="FILE", help="such as leads.csv, leads.xlsx")
        parser.add_argument(
            "--filter", default="", metavar="EXPR", help="such as \"stage == 'new'\""
        )
        parser.add_argument("--fields", default="", metavar="LIST", help="such as name,mobile")
        parser.add_argument(
            "--sort",
            default="",
            metavar="LIST",
            help="such as name; descending: --sort=-created_at",
        )
        parser.add_argument("--format", choices=FORMATS, help="else by the ending of FILE")
        parser.add_argument("--overwrite", action="store_true", help="replace FILE if it is there")
        parser.add_argument(
            "--as", dest="person", metavar="EMAIL", help="with this person's rights"
        )

    def run(self, asked: Asked) -> int:
        """Write the file; nothing is left of one that could not be finished."""
        given, site = asked.arguments, asked.site()
        spec = _object(asked, site.model.objects)
        kind = given.format or _kind_of(given.file)
        if given.file.exists() and not given.overwrite:
            text = f"{given.file} is there already."
            cure = "Choose another name, or add --overwrite."
            raise RefusedError([Problem("exists", "FILE", text, cure)])
        ctx = context_of(asked, site, "export")
        columns = columns_of(site.model, ctx.actor, spec, given.fields)
        query = Query(
            filter=given.filter or None,
            sort=sort_from(given.sort),
            fields=tuple(code for code in columns if code != "id"),
            limit=HIGHEST_LIMIT,
            titles=True,
        )
        total = site.reads.count(ctx, site.model, spec.code, query)
        records = site.reads.every(ctx, site.model, spec.code, query)
        table = table_of(site.model, spec, columns, records)
        what = spec.plural.en.lower()
        with Bars(asked.terminal) as bars:
            count = write(
                table,
                given.file,
                kind,
                ctx.actor.zone,
                lambda done: bars.show(what, done, max(total, done + 1)),
            )
        asked.terminal.say(f"{given.file}: {count} {what}.")
        return DONE


def _object(asked: Asked, objects: Mapping[str, ObjectType]) -> ObjectType:
    name = asked.arguments.object
    if name not in objects:
        text, cure = f"there is no object {name!r}.", did_you_mean(name, objects)
        raise RefusedError([Problem("not_found", "OBJECT", text, cure)])
    return objects[name]


def _kind_of(path: Path) -> str:
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        text = f"the ending of {path.name} does not say whether it is CSV or Excel."
        raise RefusedError(
            [Problem("format", "FILE", text, "Call it .csv or .xlsx, or write --format.")]
        )
    return ending


COMMAND = ExportData()
