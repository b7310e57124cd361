"""Imports leads through the whole pipeline with `fieldstone import`, all rules on, and prints time and memory.

"beside" is how much of the time in which PostgreSQL was at work Python was at work as well, also on a busy machine: who waits
for a core counts as working. What is left of the database's seconds comes on top of Python's.

Run: python -m bench.import_leads [--rows 100000] [--database sqlite|postgresql] [--again] [--profile FILE]
The target for 100,000 rows is under 90 seconds and under 400 MB.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.beside import Beside
from bench.company import databases, hire, open_site, server_cpu
from bench.people import HEADINGS, MAPPING, leads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--again", action="store_true", help="import the same file a second time")
    parser.add_argument("--profile", type=Path, help="where to leave a cProfile")
    asked = parser.parse_args()
    for which in asked.database or ("sqlite", "postgresql"):
        with databases(which) as (url, folder, server):
            site = open_site(url, folder)
            hire(site)
            site.storage.close()
            _write_file(folder, asked.rows)
            for turn in ("first time", "once more")[: 2 if asked.again else 1]:
                _import(f"{which}, {turn}", folder, asked.profile, server)


def _write_file(folder: Path, rows: int) -> None:
    (folder / "leads.yaml").write_text(MAPPING, encoding="utf-8")
    with (folder / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(leads(rows))


def _import(title: str, folder: Path, profile: Path | None, server: int | None) -> None:
    program = ["-m", "cProfile", "-o", str(profile.resolve())] if profile else []
    command = [sys.executable, *program, "-m", "fieldstone", "import", "lead", "leads.csv"]
    database_before = server_cpu(server)
    begun = time.perf_counter()
    running = subprocess.Popen(
        [*command, "--map", "leads.yaml"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with Beside(running.pid, server) as beside:
        _, status, used = os.wait4(running.pid, 0)
    took = time.perf_counter() - begun
    said = running.stdout.read().decode() if running.stdout else ""
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode not in (0, 1):
        raise SystemExit(said)
    cpu = used.ru_utime + used.ru_stime
    lines = [line.strip() for line in said.replace("\r", "\n").splitlines() if line.strip()]
    print(f"{title}: {took:.1f} s, CPU {cpu:.1f} s", end="")
    if server:
        of_database = server_cpu(server) - database_before
        print(f" + database {of_database:.1f} s, {beside.share:.0%} of it beside", end="")
    print(f", {used.ru_maxrss // 1024} MB at most")
    for line in lines[-6:]:
        print(f"    {line}")


if __name__ == "__main__":
    main()
