"""The fairness report: what is due to each person by weights, caps and availability, record by record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.reports.asking import Asker
from fieldstone.reports.behind import behind
from fieldstone.reports.fairness import fairness
from fieldstone.site import Site
from tests.worker.fair_world import a_fair_site, batch, made, seller


@pytest.fixture
def fair(database_url: str) -> Iterator[Site]:
    site = a_fair_site(database_url)
    yield site
    site.storage.close()


def report(site: Site) -> dict[str, dict[str, object]]:
    """Return the lines by person."""
    ctx = site.system_context("test")
    asker = Asker(site.reads, ctx, site.model, "lead", "created_at", None, None)
    _, lines = fairness(asker, {})
    return {str(line.key): dict(line.values) for line in lines}


def give(site: Site, count: int) -> None:
    batch(site, "lead", [{"name": str(n)} for n in range(count)])


def test_who_was_away_is_due_nothing_for_that_time(fair: Site) -> None:
    ann, bo = seller(fair, "Ann", weight=3), seller(fair, "Bo", weight=1)
    give(fair, 8)  # Ann 6, Bo 2
    now = fair.clock()
    made(fair, "absence", owner=ann, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=2))  # fmt: skip

    give(fair, 4)  # all to Bo

    lines = report(fair)
    assert [lines[one]["given"] for one in (ann, bo)] == [6, 6]
    assert [lines[one]["apart"] for one in (ann, bo)] == [0, 0]  # not three too few for Ann
    assert (lines[ann]["out"], lines[bo]["out"]) == (4, 0)
    assert [str(lines[one]["due"]) for one in (ann, bo)] == ["0.5000", "0.5000"]


def test_each_number_of_the_report_opens_the_records_behind_it(fair: Site) -> None:
    ann, bo = seller(fair, "Ann", quota=2), seller(fair, "Bo")
    give(fair, 6)
    ctx = fair.system_context("test")
    asker = Asker(fair.reads, ctx, fair.model, "lead", "created_at", None, None)
    board = {"charts": {"fairness": {"kind": "fairness"}}}

    for person, line in report(fair).items():
        for figure in ("given", "out"):
            found = behind(asker, board, "fairness", figure, person)
            assert len(found.ids or ()) == line[figure], (figure, line)
    could = behind(asker, board, "fairness", "due", ann).ids or ()
    assert len(could) == 6 - len(behind(asker, board, "fairness", "out", ann).ids or ())
    assert len(behind(asker, board, "fairness", "apart", bo).ids or ()) == 6
    assert behind(asker, board, "fairness", "weight", bo).object_name == "user"
    with pytest.raises(RefusedError):
        behind(asker, board, "fairness", "nothing", bo)


def test_a_cap_is_honoured_and_whoever_gets_nothing_has_a_line_all_the_same(fair: Site) -> None:
    ann, bo = seller(fair, "Ann", quota=2), seller(fair, "Bo")
    cai = seller(fair, "Cai", quota=0)

    give(fair, 8)

    lines = report(fair)
    assert [lines[one]["given"] for one in (ann, bo, cai)] == [2, 6, 0]
    assert max(abs(int(str(line["apart"]))) for line in lines.values()) <= 1
    assert lines[cai]["apart"] == 0
    assert lines[cai]["out"] == 8
    assert lines[ann]["out"] == 8 - 3  # with the third lead she had her two
