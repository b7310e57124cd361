"""Totals over related rows: line items that name other records count there, and rules hear of totals that move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Operation
from fieldstone.evolution.bring_up import bring_up
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.writes.pipeline import Writes
from tests.builders import a_model

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
PART = """
object: part
fields:
  name: text
  received: {type: integer, default: 0}
  used: {type: rollup, of: uses, function: sum, value: quantity}
  times: {type: rollup, of: uses, function: count}
  left: {type: formula, returns: integer, value: "coalesce(received, 0) - coalesce(used, 0)"}
  state: {type: select, options: {plenty: Plenty, low: Low}, default: plenty}
  told: {type: integer, default: 0}
"""
JOB = """
object: job
fields:
  name: text
  parts:
    type: rows
    fields:
      part: {type: lookup, to: part, related_name: uses}
      quantity: {type: integer, default: 1}
"""
RULES = """
rules:
  runs_low:
    kind: automation
    object: part
    label: {en: Runs low, zh: 库存不足}
    when: "left <= 2"
    set: {state: "'low'"}
  counts:
    kind: automation
    object: part
    label: {en: Counts moves, zh: 统计变动}
    on: [update]
    changed: used
    set: {told: "coalesce(told, 0) + 1"}
"""


@cache
def the_model() -> Model:
    return a_model(PART, JOB, RULES)


@dataclass
class Workshop:
    storage: Storage
    writes: Writes
    now: datetime = NOW

    def submit(self, *changes: Change) -> list[str]:
        self.now += timedelta(minutes=1)
        ctx = Context(SYSTEM_ACTOR, self.now, "test")
        outcomes = self.writes.submit(ctx, the_model(), changes)
        assert [p for one in outcomes for p in one.problems] == []
        return [str(one.record_id) for one in outcomes]

    def create(self, object_name: str, **values: object) -> str:
        return self.submit(Change(object_name, Operation.CREATE, values))[0]

    def part(self, record_id: str) -> dict[str, object]:
        ctx = Context(SYSTEM_ACTOR, NOW, "test")
        with self.storage.reading(self.storage.use(the_model()), ctx) as reader:
            return reader.rows("part", [record_id])[record_id]


@pytest.fixture
def workshop(database_url: str) -> Iterator[Workshop]:
    storage = Storage(database_url, secret_key="k" * 32)
    bring_up(storage, the_model(), NOW)
    yield Workshop(storage, Writes(storage))
    storage.close()


def test_line_items_count_for_the_records_that_they_name(workshop: Workshop) -> None:
    seal, belt = workshop.create("part", name="Seal"), workshop.create("part", name="Belt")
    job = workshop.create(
        "job", parts=[{"part": seal, "quantity": 2}, {"part": seal, "quantity": 3}]
    )
    assert (workshop.part(seal)["used"], workshop.part(seal)["times"]) == (5, 2)

    change = {"parts": [{"part": seal, "quantity": 1}, {"part": belt, "quantity": 4}]}
    workshop.submit(Change("job", Operation.UPDATE, change, job))

    assert (workshop.part(seal)["used"], workshop.part(seal)["times"]) == (1, 1)
    assert (workshop.part(belt)["used"], workshop.part(belt)["times"]) == (4, 1)


def test_a_deleted_record_takes_its_line_items_out_of_the_totals_and_brings_them_back(
    workshop: Workshop,
) -> None:
    seal = workshop.create("part", name="Seal")
    job = workshop.create("job", parts=[{"part": seal, "quantity": 2}])
    workshop.submit(
        Change("job", Operation.UPDATE, {"parts": [{"part": seal, "quantity": 7}]}, job)
    )

    workshop.submit(Change("job", Operation.DELETE, {}, job))
    gone = workshop.part(seal)["used"]
    workshop.submit(Change("job", Operation.RESTORE, {}, job))

    assert (gone, workshop.part(seal)["used"]) == (0, 7)


def test_rules_hear_of_a_total_that_moved(workshop: Workshop) -> None:
    seal = workshop.create("part", name="Seal", received=10)
    workshop.create("job", parts=[{"part": seal, "quantity": 3}])
    first = workshop.part(seal)

    workshop.create("job", parts=[{"part": seal, "quantity": 5}])

    assert (first["state"], first["told"]) == ("plenty", 1)
    assert (workshop.part(seal)["state"], workshop.part(seal)["told"]) == ("low", 2)


def test_a_total_that_moves_back_and_forth_in_one_batch_ends_right(workshop: Workshop) -> None:
    seal = workshop.create("part", name="Seal", received=100)
    jobs = workshop.submit(
        *(
            Change("job", Operation.CREATE, {"parts": [{"part": seal, "quantity": n}]})
            for n in range(1, 6)
        )
    )
    workshop.submit(*(Change("job", Operation.DELETE, {}, job) for job in jobs[:2]))

    assert (workshop.part(seal)["used"], workshop.part(seal)["times"]) == (12, 3)
    assert workshop.part(seal)["left"] == 88


def test_imported_history_moves_totals_but_no_rules(workshop: Workshop) -> None:
    seal = workshop.create("part", name="Seal", received=10)
    past = Change(
        "job",
        Operation.CREATE,
        {"parts": [{"part": seal, "quantity": 9}]},
        as_of=NOW,
        skip_rules=True,
    )

    workshop.submit(past)

    assert (workshop.part(seal)["used"], workshop.part(seal)["state"]) == (9, "plenty")
