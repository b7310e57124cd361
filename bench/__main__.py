"""Runs the benchmarks, one after another, each in a process of its own: python -m bench [NAME ...] [OPTIONS].

Without a name all of them; options go to the one that is named: python -m bench requests --seconds 5.
"""

from __future__ import annotations

import subprocess
import sys

BENCHES = {
    "expressions": "compiled expressions against the same conditions by hand",
    "requests": "get, list and create against a handler written by hand",
    "scale": "a million leads against ten thousand",
    "funnel": "a funnel over a million leads against the statement by hand",
    "deadlines": "100,000 due timers among a million that stand",
    "duplicates": "all of a million leads searched for duplicates",
    "import_leads": "100,000 leads through the whole pipeline",
    "install": "a template of twenty objects on an empty system",
    "simulate": "dry runs of rules over 100,000 past leads",
    "live_change": "a field added to a million records while others read and write",
}


def main(words: list[str]) -> int:
    if words and words[0] in ("-h", "--help"):
        print(__doc__.strip())
        for name, what in BENCHES.items():
            print(f"  {name:14}{what}")
        return 0
    named = [word for word in words if word in BENCHES]
    options = [word for word in words if word not in BENCHES]
    if options and len(named) != 1:
        print(f"Options belong to one bench; name one of: {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    failed = False
    for name in named or BENCHES:
        print(f"== {name}: {BENCHES[name]}", flush=True)
        failed |= (
            subprocess.run(
                [sys.executable, "-m", f"bench.{name}", *options], check=False
            ).returncode
            != 0
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
