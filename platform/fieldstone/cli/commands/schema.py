"""`fieldstone schema DIR`: the JSON Schemas that editors complete and check with."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

from fieldstone.cli.contract import DONE, Asked
from fieldstone.compiler.site_shapes import schemas
from fieldstone.reports.shapes import SCHEMA as REPORT_SCHEMA


class Schema:
    """Writes the schemas of exactly the words this installation knows."""

    name = "schema"
    summary = "write the JSON Schemas for editors into a folder"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the folder."""
        parser.add_argument("dir", type=Path, metavar="DIR", help="such as .fieldstone/schemas")

    def run(self, asked: Asked) -> int:
        """Write one file per kind of document."""
        words = asked.wiring.vocabulary()
        folder: Path = asked.arguments.dir
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in schemas(words.types, words.kinds, REPORT_SCHEMA).items():
            text = json.dumps(schema, ensure_ascii=False, indent=1)
            (folder / name).write_text(text + "\n", encoding="utf-8")
            asked.terminal.say(str(folder / name))
        return DONE


COMMAND = Schema()
