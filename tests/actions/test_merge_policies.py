"""What becomes of the rows that point to a record that goes: moved, copied, left, or merged where only one may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from fieldstone.actions.merging.folding import Folding, stored_pair
from fieldstone.actions.merging.undoing import undo
from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Operation
from fieldstone.evolution.bring_up import bring_up
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.merges import Merged
from fieldstone.writes.pipeline import Writes
from tests.builders import a_model

CTX = Context(SYSTEM_ACTOR, datetime(2026, 11, 23, 2, 0, tzinfo=UTC), "test", "test")
PERSON = "object: person\nfields: {name: text, note: long_text, tags: tags}\n"
CAMPAIGN = "object: campaign\nfields: {name: text}\n"
MEMBER = """
object: member
unique: [[campaign, person]]
fields:
  campaign: {type: lookup, to: campaign}
  person: {type: lookup, to: person}
  answer: text
"""
CALL = "object: call\nfields: {subject: text, person: {type: lookup, to: person}}\n"
GROUP = "object: circle\nfields: {name: text, people: {type: multi_lookup, to: person}}\n"
RULE = """
rules:
  person_merge:
    kind: merge
    object: person
    fields: {{note: joined}}
    children: {{calls: {calls}}}
"""


class World:
    """A few objects that point to people."""

    def __init__(self, url: str, calls: str) -> None:
        texts = (PERSON, CAMPAIGN, MEMBER, CALL, GROUP, RULE.format(calls=calls))
        self.storage = Storage(url, secret_key="k" * 32)
        self.model: Model = bring_up(self.storage, a_model(*texts), CTX.now)[0]
        self.writes = Writes(self.storage)

    def make(self, object_name: str, **values: object) -> str:
        change = Change(object_name, Operation.CREATE, values)
        (outcome,) = self.writes.submit(CTX, self.model, [change])
        assert not outcome.problems, outcome.problems
        return str(outcome.record_id)

    def merge(self, stays: str, goes: str) -> Merged:
        with self.writes.unit(CTX, self.model) as unit:
            return Folding(unit).merge(stored_pair(unit, "person", stays, goes))[0]

    def undo(self, merged: Merged) -> None:
        with self.writes.unit(CTX, self.model) as unit:
            undo(unit, merged)

    def rows(self, object_name: str, *names: str) -> list[tuple[object, ...]]:
        """Return the live rows, in the order of their ids."""
        tables = self.storage.use(self.model)
        with self.storage.transaction(tables, CTX) as tx:
            asked = select(tables[object_name].columns["id"])
            ids = [one for (one,) in tx.connection.execute(asked)]
            found = tx.rows(object_name, ids)
        return [tuple(found[one][name] for name in names) for one in sorted(found)]


@pytest.fixture
def world(database_url: str, request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(database_url, getattr(request, "param", "move"))
    yield made
    made.storage.close()


def test_a_member_of_a_campaign_leaves_it_once_and_keeps_what_both_said(world: World) -> None:
    one, other = world.make("person", name="A"), world.make("person", name="B")
    fair, mail = world.make("campaign", name="Fair"), world.make("campaign", name="Mail")
    world.make("member", campaign=fair, person=one)
    world.make("member", campaign=fair, person=other, answer="yes")
    world.make("member", campaign=mail, person=other, answer="no")
    before = world.rows("member", "campaign", "person", "answer")

    merged = world.merge(one, other)

    assert world.rows("member", "campaign", "person", "answer") == [
        (fair, one, "yes"),
        (mail, one, "no"),
    ]
    world.undo(merged)
    assert world.rows("member", "campaign", "person", "answer") == before


def test_lists_of_links_hold_the_survivor_once(world: World) -> None:
    one, other = world.make("person", name="A"), world.make("person", name="B")
    third = world.make("person", name="C")
    world.make("circle", people=[other, third])
    world.make("circle", people=[one, other])

    merged = world.merge(one, other)

    assert world.rows("circle", "people") == [((one, third),), ((one,),)]
    world.undo(merged)
    assert world.rows("circle", "people") == [((other, third),), ((one, other),)]


@pytest.mark.parametrize(
    ("world", "there"), [("move", 1), ("copy", 1), ("skip", 0)], indirect=["world"]
)
def test_rows_move_are_copied_or_stay_behind(world: World, there: int) -> None:
    one, other = world.make("person", name="A"), world.make("person", name="B")
    world.make("call", subject="Hello", person=other)

    merged = world.merge(one, other)

    calls = world.rows("call", "subject", "person")
    assert calls.count(("Hello", one)) == there
    world.undo(merged)
    assert world.rows("call", "subject", "person") == [("Hello", other)]


def test_texts_are_joined_and_lists_united(world: World) -> None:
    one = world.make("person", name="A", note="First.", tags=["x"])
    other = world.make("person", name="B", note="Second.", tags=["x", "y"])

    world.merge(one, other)

    assert world.rows("person", "note", "tags") == [("First.\n\nSecond.", ("x", "y"))]


def test_records_that_were_merged_before_come_along(world: World) -> None:
    first, second, third = (world.make("person", name=name) for name in "ABC")
    world.merge(second, third)
    world.merge(first, second)

    with world.storage.transaction(world.storage.use(world.model), CTX) as tx:
        assert tx.merges.survivors([second, third]) == {second: first, third: first}
        assert tx.merges.gone_into(first) == [second, third]
