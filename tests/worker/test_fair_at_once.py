"""Imports, the API and pages bring leads at the same time from four processes, and the shares are right all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

from tests.worker.fair_world import a_fair_site, made, owners_of, seller

SOURCES = (("import", 4000, 250), ("import", 4000, 500), ("api", 1000, 1), ("page", 1000, 1))


def brought_at_once(database_url: str) -> None:
    """Let four processes begin together, and wait for all."""
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.worker.fair_process",
                database_url,
                source,
                str(leads),
                str(size),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            text=True,
        )
        for source, leads, size in SOURCES
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=400)
        assert process.returncode == 0


def test_ten_thousand_leads_of_four_processes_are_shared_within_one_of_weights_caps_and_absences(
    postgres_url: str,
) -> None:
    site = a_fair_site(postgres_url)
    try:
        for name, weight, quota in (("Ann", 7, None), ("Bo", 4, None), ("Cai", 3, None), ("Di", 2, 500), ("Eve", 5, None)):  # fmt: skip
            seller(site, name, weight=weight, quota=quota)
        away = seller(site, "Fay", weight=9)
        now = site.clock()
        made(site, "absence", owner=away, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))  # fmt: skip

        brought_at_once(postgres_url)
        got = owners_of(site)
    finally:
        site.storage.close()

    # Di's 500 are reached after 5,250 leads; until then 21 parts, afterwards 19.
    ideal = {
        n: 5250 * w / 21 + 4750 * w / 19 for n, w in (("Ann", 7), ("Bo", 4), ("Cai", 3), ("Eve", 5))
    }
    assert sum(got.values()) == sum(leads for _, leads, _ in SOURCES)
    assert got["Di"] == 500
    assert "Fay" not in got
    assert {n: abs(got[n] - ideal[n]) <= 1 for n in ideal} == dict.fromkeys(ideal, True), (
        got,
        ideal,
    )
