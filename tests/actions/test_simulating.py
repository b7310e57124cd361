"""A dry run says what a rule would have done with past records, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from fieldstone.actions.simulating import simulate
from fieldstone.actions.simulation import Simulation
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Change, Context, Operation
from fieldstone.evolution.bring_up import bring_up
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.writes.pipeline import Writes
from tests.builders import a_model

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
ABSENCE = "object: absence\nownership: {owner: required}\nfields: {starts_at: datetime, ends_at: datetime}\n"
USER = "object: user\nfields: {name: text, email: email, roles: tags, active: {type: boolean, default: true}, weight: {type: integer, default: 1}}\n"
ROLES = "roles: {admin: {administrator: true}, sales: Sales}"
LEAD = """
object: lead
title: name
ownership: {owner: optional, pools: [sea]}
fields:
  name: text
  budget: {type: integer}
  grade: {type: select, options: {good: Good, poor: Poor}}
  called_at: datetime
"""
RULES = """
rules:
  sea: {kind: pool, object: lead, label: {en: Sea, zh: 公海}}
  share:
    kind: assignment
    object: lead
    label: {en: Share, zh: 分配}
    enabled: false
    entries: [{code: all, to: {role: sales}}]
  graded:
    kind: grading
    object: lead
    label: {en: Grade, zh: 分级}
    enabled: false
    into: grade
    fields: {name: 1, budget: 1}
    bands: {good: 60, poor: 0}
  call:
    kind: deadline
    object: lead
    label: {en: Call, zh: 致电}
    starts: created_at
    stops: called_at
    within: 2 days
    then: {return_to: sea, reason: late}
  big:
    kind: validation
    object: lead
    label: {en: Not too big, zh: 不过大}
    that: "budget == null or budget < 100"
    field: budget
    message: {en: Too big., zh: 过大。}
    enabled: false
"""


@cache
def the_model() -> Model:
    return a_model(USER, ABSENCE, ROLES, LEAD, RULES)


class Past:
    """A site with leads of the last days."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.writes = Writes(storage)

    def create(self, object_name: str, days_ago: float = 0, **values: object) -> str:
        at = NOW - timedelta(days=days_ago)
        change = Change(
            object_name, Operation.CREATE, values, as_of=at, skip_rules=True, trusted=True
        )
        (outcome,) = self.writes.submit(Context(SYSTEM_ACTOR, NOW, "test"), the_model(), [change])
        assert outcome.problems == ()
        return str(outcome.record_id)

    def simulate(self, rule: str, days: int = 90, actor: Actor = SYSTEM_ACTOR) -> Simulation:
        ctx = Context(actor, NOW, "test")
        return simulate(ctx, the_model(), self.storage, rule, timedelta(days=days))


@pytest.fixture
def past(database_url: str) -> Iterator[Past]:
    storage = Storage(database_url, secret_key="k" * 32)
    bring_up(storage, the_model(), NOW)
    yield Past(storage)
    storage.close()


def counts(found: Simulation) -> dict[str, int]:
    return {label.en: n for label, n in found.outcomes}


def test_an_assignment_that_is_off_shares_past_leads_fairly_and_compares_with_their_owners(
    past: Past,
) -> None:
    ann, _ = (past.create("user", name=name, roles=["sales"]) for name in ("Ann", "Bo"))
    for n in range(9):
        past.create("lead", 30 - n, name=f"L{n}", owner=ann)
    past.create("lead", 200, name="Old", owner=ann)

    found = past.simulate("share")

    assert found.looked_at == found.concerned == 9
    assert sorted(counts(found).values()) == [4, 5]
    assert set(counts(found)) == {"Owner: Ann", "Owner: Bo"}
    assert found.different == counts(found)["Owner: Bo"]
    assert any(one.has.en == "Owner: Ann" and one.differs for one in found.samples)


def test_nobody_gets_what_came_while_they_were_away(past: Past) -> None:
    ann, bo = (past.create("user", name=name, roles=["sales"]) for name in ("Ann", "Bo"))
    for owner, since, until in ((ann, 21, 10), (bo, 9, -9)):
        times = {"starts_at": NOW - timedelta(days=since), "ends_at": NOW - timedelta(days=until)}
        past.create("absence", owner=owner, **times)
    for n in range(6):
        past.create("lead", 20 - n, name=f"Early {n}")
        past.create("lead", 8 - n, name=f"Late {n}")

    found = past.simulate("share")

    assert {one.title.split()[0]: one.would.en for one in found.samples} == {
        "Early": "Owner: Bo",
        "Late": "Owner: Ann",
    }
    assert counts(found) == {"Owner: Ann": 6, "Owner: Bo": 6}


def test_a_deadline_says_who_was_in_time_and_what_would_have_gone_back(past: Past) -> None:
    past.create("lead", 10, name="Quick", called_at=NOW - timedelta(days=9))
    past.create("lead", 10, name="Slow", called_at=NOW - timedelta(days=1))
    past.create("lead", 10, name="Never")
    past.create("lead", 1, name="Fresh")

    found = past.simulate("call")
    would = {one.title: one.would.en for one in found.samples}

    assert would == {
        "Quick": "in time",
        "Slow": would["Never"],
        "Never": would["Never"],
        "Fresh": "still running",
    }
    assert "Sea" in would["Never"]
    assert found.different == 2
    # Both were created on Friday, 20 February 2026, and had two days: until the Sunday of that week.
    assert found.acted == ((date(2026, 2, 16), 2),)
    assert past.simulate("call", days=365).acted == ((date(2026, 2, 1), 2),)


def test_grades_are_worked_out_anew_and_refusals_are_told(past: Past) -> None:
    past.create("lead", 3, name="A", budget=500, grade="poor")
    past.create("lead", 3, name="B", grade="poor")

    graded, refused = past.simulate("graded"), past.simulate("big")

    assert counts(graded) == {"Grade: Good": 1, "Grade: Poor": 1}
    assert graded.different == 1
    assert counts(refused) == {"refused: Too big.": 1}


def test_a_dry_run_writes_nothing(past: Past) -> None:
    past.create("user", name="Ann", roles=["sales"])
    lead = past.create("lead", 3, name="A")
    first = past.simulate("share").as_json()

    again = past.simulate("share").as_json()
    tables = past.storage.use(the_model())
    with past.storage.reading(tables, Context(SYSTEM_ACTOR, NOW, "test")) as reader:
        row = reader.rows("lead", [lead])[lead]

    assert first == again
    assert (row["owner"], row["version"]) == (None, 1)


def test_only_administrators_may_look_and_nonsense_is_refused(past: Past) -> None:
    seller = Actor("01a20372-1f18-796d-b656-98952e43a109", frozenset({"sales"}))

    for rule, days, actor, status in (
        ("share", 90, seller, 403),
        ("shared", 90, SYSTEM_ACTOR, 404),
        ("share", 0, SYSTEM_ACTOR, 422),
        ("share", 99_999, SYSTEM_ACTOR, 422),
    ):
        with pytest.raises(RefusedError) as refused:
            past.simulate(rule, days, actor)
        assert refused.value.status == status
        assert refused.value.problems[0].cure
