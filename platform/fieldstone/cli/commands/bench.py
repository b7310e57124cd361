"""`fieldstone bench`: the benchmarks of a checkout."""

from __future__ import annotations

import subprocess
import sys
from argparse import REMAINDER, ArgumentParser

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.shipped import shipped
from fieldstone.cli.contract import DONE, REFUSED, WRONG_USAGE, Asked


class Bench:
    """The benchmarks measure the source they lie beside, so an installed wheel has none."""

    name = "bench"
    summary = "run the benchmarks of a checkout"

    def arguments(self, parser: ArgumentParser) -> None:
        """Hand everything on."""
        parser.add_argument(
            "rest", nargs=REMAINDER, metavar="...", help="the name of a bench and its options"
        )

    def run(self, asked: Asked) -> int:
        """Run bench/ in a process of its own."""
        checkout = shipped("metadata").parent
        if not (checkout / "bench" / "__main__.py").is_file():
            text = "the benchmarks come with the source, and this is an installed package."
            cure = "Clone the repository and run 'make bench' there."
            raise RefusedError([Problem("no_bench", "bench", text, cure)])
        command = [sys.executable, "-m", "bench", *asked.arguments.rest]
        done = subprocess.run(command, cwd=checkout, check=False)  # noqa: S603 - our own module
        return done.returncode if done.returncode in (DONE, REFUSED, WRONG_USAGE) else REFUSED


COMMAND = Bench()
