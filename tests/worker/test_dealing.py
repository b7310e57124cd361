"""What waits is given away as soon as somebody can take it, and a ranking is published once for each period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from fieldstone.actions import ranking
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Actor, Change, Operation
from fieldstone.site import Site
from fieldstone.storage import rankings
from fieldstone.storage.hold_queue import held
from fieldstone.worker.turns import work_until_idle
from tests.worker.fair_world import a_fair_site, batch, made, owners_of, seller
from tests.worker.world import move_clock


@pytest.fixture
def fair(database_url: str) -> Iterator[Site]:
    site = a_fair_site(database_url)
    yield site
    site.storage.close()


def absent(site: Site, person: str, **for_so_long: float) -> str:
    now = site.clock()
    return made(
        site,
        "absence",
        owner=person,
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(**for_so_long),
    )


def owner(site: Site, lead: str) -> object:
    row = site.reads.get(site.system_context("test"), site.model, "lead", lead)
    assert row is not None
    return row.values["owner"]


def queue(site: Site) -> list[str]:
    with site.storage.looking() as connection:
        tables = site.storage.use(site.model)
        return [one.record_id for one in held(connection, tables, "sharing", "lead", by="score")]


def test_a_person_who_is_absent_gets_nothing_until_they_are_back(fair: Site) -> None:
    ann, bo = seller(fair, "Ann"), seller(fair, "Bo")
    absent(fair, ann, hours=2)

    batch(fair, "lead", [{"name": str(n)} for n in range(4)])
    assert owners_of(fair) == {"Bo": 4}

    move_clock(fair, hours=3)
    batch(fair, "lead", [{"name": str(n)} for n in range(4)])
    assert owners_of(fair) == {"Ann": 2, "Bo": 6}
    assert bo


def test_what_nobody_can_take_waits_and_the_best_leaves_the_queue_first(fair: Site) -> None:
    ann = seller(fair, "Ann", quota=2)
    away = absent(fair, ann, hours=1)
    low, high, middle = batch(fair, "lead", [{"score": s, "name": "x"} for s in (1, 9, 5)])
    assert queue(fair) == [high, middle, low]

    work_until_idle(fair)
    assert owners_of(fair) == {"": 3}

    fair.writes.submit(
        fair.system_context("test"),
        fair.model,
        [Change("absence", Operation.DELETE, record_id=away, trusted=True)],
    )
    move_clock(fair, minutes=1)
    work_until_idle(fair)

    assert owner(fair, high) == owner(fair, middle) == ann
    assert owner(fair, low) is None
    assert queue(fair) == [low]


def test_who_waits_beyond_the_deadline_goes_to_the_person_named_for_it(fair: Site) -> None:
    boss = seller(fair, "Boss", roles=["admin"])
    (lead,) = batch(fair, "lead", [{"name": "x"}])
    assert owner(fair, lead) is None

    move_clock(fair, hours=8, minutes=1)
    work_until_idle(fair)

    assert owner(fair, lead) == boss
    assert queue(fair) == []
    why = fair.reads.explain(fair.system_context("test"), fair.model, "lead", lead)
    assert why is not None
    assert "waited in the hold queue until its deadline" in why[0].because.en


def test_a_record_given_by_hand_leaves_the_queue(fair: Site) -> None:
    boss = seller(fair, "Boss", roles=["admin"])
    (lead,) = batch(fair, "lead", [{"name": "x"}])

    change = Change("lead", Operation.UPDATE, {"owner": boss}, lead, trusted=True)
    fair.writes.submit(fair.system_context("test"), fair.model, [change])

    assert queue(fair) == []


def office(site: Site, actor: Actor | None = None) -> ranking.Office:
    context = site.system_context("test")
    return ranking.Office(
        site.storage, site.reads, site.model, context.acting_as(actor) if actor else context
    )


def a_month_of_work(site: Site) -> tuple[str, str, str]:
    """Ann wins half of four, Bo a quarter of eight, Cai has one lead and says nothing about rates."""
    ann, bo, cai = (seller(site, name) for name in ("Ann", "Bo", "Cai"))
    at = site.clock() - timedelta(days=8)
    rows = [(ann, 2, 4), (bo, 2, 8), (cai, 1, 1)]
    changes = [
        Change(
            "lead",
            Operation.CREATE,
            {"name": "x", "owner": person, "won": n < won},
            trusted=True,
            as_of=at,
            skip_rules=True,
        )
        for person, won, count in rows
        for n in range(count)
    ]
    site.writes.submit(site.system_context("import"), site.model, changes)
    return ann, bo, cai


def test_what_was_somebodys_when_it_happened_stays_their_result(fair: Site) -> None:
    ann, _, cai = a_month_of_work(fair)
    move_clock(fair, days=8)
    before = figures(fair)
    with fair.storage.looking() as connection:
        asked = text("SELECT id FROM o_lead WHERE owner = :ann").bindparams(ann=ann)
        ids = connection.execute(asked).scalars().all()

    handed_on = [Change("lead", Operation.UPDATE, {"owner": cai}, one, trusted=True) for one in ids]
    fair.writes.submit(fair.system_context("test"), fair.model, handed_on)

    assert len(ids) == 4
    assert before["Ann"] == 4
    assert figures(fair) == before


def figures(site: Site) -> dict[str, int]:
    """Return how many leads the next list counts for each person."""
    found = ranking.preview(office(site), ranking.program(site.model, "stars"))
    return {line.name: line.metrics["many"]["records"] for line in found.lines}


def test_a_ranking_is_computed_published_once_and_frozen(fair: Site) -> None:
    ann, bo, cai = a_month_of_work(fair)

    move_clock(fair, days=8)  # a new week has opened at eight, whatever day and hour it is
    work_until_idle(fair)
    work_until_idle(fair)
    with fair.storage.looking() as connection:
        first = rankings.edition_of(connection, "stars")
    batch(fair, "lead", [{"name": "later", "owner": cai, "won": True} for _ in range(9)])
    again = ranking.publish(office(fair), ranking.program(fair.model, "stars"))
    with fair.storage.looking() as connection:
        second = rankings.edition_of(connection, "stars")
        published = rankings.editions_of(connection, "stars")

    assert first is not None
    assert first == second
    assert again is None
    assert len(published) == 1
    assert [(line.name, line.rank) for line in first.lines] == [("Ann", 1), ("Bo", 2), ("Cai", 3)]
    by_name = {line.name: line for line in first.lines}
    assert by_name["Ann"].metrics["won"] == {"value": 0.5, "records": 4, "index": 100.0}
    assert by_name["Bo"].metrics["won"]["index"] == 50.0
    assert by_name["Ann"].score == 80.0  # 60% of 100 and 40% of 50
    assert by_name["Cai"].metrics["won"]["value"] is None  # one record says nothing
    assert by_name["Cai"].score == 12.5
    assert by_name["Ann"].standing.weight == 200
    assert by_name["Bo"].standing.closed == {"grade": ("good",)}
    assert (ann, bo) == (first.lines[0].person, first.lines[1].person)


def test_rewards_really_change_who_gets_what(fair: Site) -> None:
    ann, bo, _ = a_month_of_work(fair)
    move_clock(fair, days=8)
    work_until_idle(fair)
    before = owners_of(fair)

    batch(fair, "lead", [{"name": "g", "grade": "good"} for _ in range(3)])
    good = {name: count - before[name] for name, count in owners_of(fair).items()}

    assert good == {"Ann": 3, "Bo": 0, "Cai": 0}
    assert ann != bo


def test_who_came_lately_is_measured_by_their_time_and_has_a_floor(fair: Site) -> None:
    _, bo, _ = a_month_of_work(fair)
    day = date.today() - timedelta(days=10)  # noqa: DTZ011 - a day of this machine
    change = Change("user", Operation.UPDATE, {"hired_on": day.isoformat()}, bo, trusted=True)
    fair.writes.submit(fair.system_context("test"), fair.model, [change])
    move_clock(fair, days=7)

    rule = ranking.program(fair.model, "stars")
    now = office(fair)
    edition = ranking.edition_for(now, rule, ranking.slot_of(rule, fair.model, fair.clock()), 1)

    line = next(one for one in edition.lines if one.person == bo)
    assert line.note == "newcomer"
    assert line.metrics["many"]["value"] > 8
    assert line.standing.weight >= 120


def test_only_who_may_assign_publishes(fair: Site) -> None:
    seller_ = Actor("somebody", frozenset({"sales"}), "Somebody")

    with pytest.raises(RefusedError) as refused:
        ranking.publish(office(fair, seller_), ranking.program(fair.model, "stars"))

    assert refused.value.status == 403
    with pytest.raises(RefusedError) as unknown:
        ranking.program(fair.model, "moon")
    assert unknown.value.status == 404
