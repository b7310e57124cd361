"""The command `fieldstone`, also as `python -m fieldstone`: hands the command line what wires a site."""

from __future__ import annotations

import sys

from fieldstone import bootstrap
from fieldstone.cli.main import run


def main() -> None:
    """Run one command and leave with its exit code: 0 done, 1 refused with problems, 2 wrong usage."""
    sys.exit(run(sys.argv[1:], bootstrap))


if __name__ == "__main__":
    main()
