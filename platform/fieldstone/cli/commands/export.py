"""`fieldstone export DIR`: writes the site's own configuration as YAML files, for git."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.planning import changing_of, folder_of


class Export:
    """Writes the documents of the site's layer."""

    name = "export"
    summary = "write the site's own configuration as YAML, for git"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the folder."""
        parser.add_argument("folder", metavar="DIR", help="where to; made when it is not there")

    def run(self, asked: Asked) -> int:
        """Write and print the files."""
        changing, ctx = changing_of(asked.site())
        folder = folder_of(asked)
        files = changing.export(ctx, folder)
        for file in files:
            asked.terminal.say(str(file.relative_to(folder)))
        if not files:
            asked.terminal.tell("The site has changed nothing yet.")
        return DONE


COMMAND = Export()
