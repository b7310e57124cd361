"""The command `fieldstone`, also as `python -m fieldstone`: hands the command line what wires a site."""

from __future__ import annotations

import gc
import logging
import sys
from typing import Final

LASTING: Final = frozenset({"serve", "worker", "scheduler"})
"""Commands that run on and tell their events; of the others only what they print is read."""


def main() -> None:
    """Run one command and leave with its exit code: 0 done, 1 refused with problems, 2 wrong usage."""
    # Importing makes a hundred thousand lasting objects: looking through them for garbage, again and
    # again, would be a third of the time to start.
    gc.disable()
    from fieldstone import bootstrap
    from fieldstone.cli.main import run

    gc.freeze()
    gc.enable()
    tells_events = LASTING.intersection(sys.argv[1:])
    bootstrap.configure_logs(logging.INFO if tells_events else logging.WARNING)
    sys.exit(run(sys.argv[1:], bootstrap))


if __name__ == "__main__":
    main()
