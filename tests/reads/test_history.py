"""History and explanations tell of the fields that the caller may see, and of no others."""

from datetime import timedelta

import pytest

from fieldstone.access.masks import Masked
from fieldstone.base.label import Label
from fieldstone.changes.nouns import SYSTEM_ACTOR, Candidate, Decision
from fieldstone.reads.explaining import WITHHELD
from fieldstone.storage.journal import JournalEntry, OwnerMove, StageMove
from tests.reads.world import ANNA, BEN, NOW, a_context, an_actor


@pytest.fixture
def lead(world):
    (made,) = world.insert(
        "lead",
        {
            "name": "a",
            "owner": ANNA,
            "stage": "contacted",
            "mobile": "+8613800138000",
            "score": 3,
            "budget": 5,
        },
    )
    later = NOW + timedelta(hours=2)
    decision = Decision(
        "grading",
        "grading",
        2,
        Label("Score 3 of 10", "10 分得 3 分"),
        {"kind": "a", "score": 3},
        (Candidate(ANNA, "Anna", chosen=True, because=Label("free", "空闲")),),
    )
    entries = [
        JournalEntry(
            "lead",
            made,
            "create",
            1,
            {"name": (None, "a"), "score": (None, 3)},
            (decision,),
            (StageMove("standard", "new", "open", NOW, owner=ANNA),),
            OwnerMove(ANNA, None, NOW, ends=False),
        ),
        JournalEntry(
            "lead",
            made,
            "update",
            2,
            {"mobile": (None, "+8613800138000")},
            stages=(StageMove("standard", "contacted", "open", later, since=NOW, owner=ANNA),),
            at=later,
        ),
        JournalEntry("lead", made, "update", 3, {"budget": ("4", "5")}, at=later),
    ]
    with world.storage.transaction(world.tables, a_context(SYSTEM_ACTOR)) as transaction:
        transaction.journal(entries)
    return world, made


def test_an_administrator_reads_the_whole_life(lead):
    world, made = lead

    history = world.reads.history(a_context(an_actor(BEN, "admin")), world.model, "lead", made)

    assert [
        (event.operation, [change.field for change in event.changes]) for event in history.events
    ] == [("update", ["budget"]), ("update", ["mobile"]), ("create", ["name", "score"])]
    assert [(span.stage, span.seconds) for span in history.stages] == [
        ("contacted", None),
        ("new", 7200),
    ]
    assert [(span.owner, span.owner_name, span.until) for span in history.owners] == [
        (ANNA, "Anna", None)
    ]


def test_hidden_fields_leave_no_trace_and_masked_ones_stay_masked(lead):
    world, made = lead

    history = world.reads.history(a_context(an_actor(BEN, "viewer")), world.model, "lead", made)

    assert [[(one.field, one.new) for one in event.changes] for event in history.events] == [
        [("mobile", Masked("138****8000"))],
        [("name", "a")],
    ]


def test_a_decision_is_explained_to_those_who_see_what_it_looked_at(lead):
    world, made = lead

    (told,) = world.reads.explain(a_context(an_actor(BEN, "admin")), world.model, "lead", made)
    (withheld,) = world.reads.explain(a_context(an_actor(BEN, "viewer")), world.model, "lead", made)

    assert (told.rule, told.version, told.because.en, told.candidates[0].name) == (
        "grading",
        2,
        "Score 3 of 10",
        "Anna",
    )
    assert told.sets == {"kind": "a", "score": 3}
    assert (withheld.because, withheld.candidates, withheld.sets) == (WITHHELD, (), {"kind": "a"})
