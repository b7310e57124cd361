"""A field changes its type while records hold values: what converts goes along, nothing is lost, going back brings all back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from fieldstone.base.errors import RefusedError
from fieldstone.evolution.apply import Wish
from fieldstone.storage.queue import fs_job
from fieldstone.worker.turns import work_until_idle
from tests.evolution.world import Place, Process

NOTE = {
    "title": "subject",
    "fields": {"subject": "text", "size": {"type": "text", "label": "Size"}, "when": "datetime"},
}
N = "objects.memo"


@pytest.fixture
def memos(process: Process) -> Process:
    """A site with memos whose size is a text."""
    process.apply((N, NOTE))
    return process


def settle(process: Process) -> None:
    """Let a worker do now what waits until every process follows."""
    with process.site.storage.connection() as connection:
        connection.execute(update(fs_job).values(due=datetime(2020, 1, 1, tzinfo=UTC)))
    work_until_idle(process.site)


def test_values_that_convert_go_along_and_the_others_are_listed_first(memos: Process) -> None:
    good = memos.write("memo", subject="A", size="43")
    bad = memos.write("memo", subject="B", size="large")
    empty = memos.write("memo", subject="C")

    planned = memos.plan((f"{N}.fields.size.type", "integer"))

    (said,) = planned.findings
    assert (said.code, said.level, said.count, said.samples) == ("not_convertible", "danger", 1, ("B: large",))  # fmt: skip
    memos.changing.apply(memos.ctx, planned, Wish("numbers", second_word=True))
    assert [memos.read("memo", one)["size"] for one in (good, bad, empty)] == [43, None, None]
    assert memos.refused("memo", good, size="large") != []


def test_going_back_brings_the_old_values_and_what_was_written_since(memos: Process) -> None:
    same = memos.write("memo", subject="A", size="43")
    bad = memos.write("memo", subject="B", size="large")
    cleared = memos.write("memo", subject="C", size="7")
    changed = memos.write("memo", subject="D", size="8")
    memos.apply((f"{N}.fields.size.type", "integer"), second_word=True)
    memos.write("memo", changed, size=9)
    memos.write("memo", cleared, size=None)
    fresh = memos.write("memo", subject="E", size=10)
    settle(memos)

    memos.rollback(1, second_word=True)

    found = [memos.read("memo", one)["size"] for one in (same, bad, cleared, changed, fresh)]
    assert found == ["43", "large", None, "9", "10"]
    memos.rollback(2, second_word=True)
    assert memos.read("memo", changed)["size"] == 9


def test_what_a_process_that_follows_late_writes_is_carried_along(
    place: Place, memos: Process
) -> None:
    late = place.process()
    old_model = late.site.model
    one = memos.write("memo", subject="A", size="43")
    memos.apply((f"{N}.fields.size.type", "integer"))

    from fieldstone.changes.nouns import Change, Operation

    change = Change("memo", Operation.UPDATE, {"size": "44"}, one)
    late.site.writes.submit(late.ctx, old_model, [change])
    assert memos.read("memo", one)["size"] == 43
    settle(memos)

    assert memos.read("memo", one)["size"] == 44
    memos.write("memo", one, size=45)
    settle(memos)
    assert memos.read("memo", one)["size"] == 45


def test_text_becomes_a_choice_by_its_labels_and_a_choice_becomes_text(memos: Process) -> None:
    one = memos.write("memo", subject="A", size="Large")
    choice = {"type": "select", "options": {"l": {"en": "Large", "zh": "大"}, "s": "Small"}}
    memos.apply((f"{N}.fields.size", choice))
    assert memos.read("memo", one)["size"] == "l"

    memos.apply((f"{N}.fields.size", {"type": "multi_select", "options": choice["options"]}))
    assert memos.read("memo", one)["size"] == ["l"]


def test_a_sealed_value_cannot_change_its_type(memos: Process) -> None:
    memos.write("memo", subject="A", size="1")

    planned = memos.plan((f"{N}.fields.size.type", "secret"))

    assert [one.code for one in planned.problems] == ["cannot_convert"]
    with pytest.raises(RefusedError):
        memos.changing.apply(memos.ctx, planned, Wish("", second_word=True))


def test_a_field_that_was_removed_and_is_made_anew_with_another_type_starts_empty(
    memos: Process,
) -> None:
    one = memos.write("memo", subject="A", size="large")
    memos.apply(documents=memos.documents.without(f"{N}.fields.size".split(".")), second_word=True)

    memos.apply((f"{N}.fields.size", "integer"))
    assert memos.read("memo", one)["size"] is None
    memos.write("memo", one, size=5)
    memos.rollback(1, second_word=True)
    assert memos.read("memo", one)["size"] in {"large", "5"}


def test_new_computed_fields_and_defaults_reach_the_records_that_are_there(
    memos: Process,
) -> None:
    one = memos.write("memo", subject="A", size="43")

    memos.apply(
        (f"{N}.fields.loud", {"type": "formula", "returns": "text", "value": "upper(subject)"}),
        (f"{N}.fields.state", {"type": "text", "default": "fresh"}),
        (f"{N}.fields.part_of", {"type": "lookup", "to": "memo", "related_name": "parts"}),
        (f"{N}.fields.parts_count", {"type": "rollup", "of": "parts", "function": "count"}),
    )
    settle(memos)

    found = memos.read("memo", one)
    assert (found["state"], found["parts_count"]) == ("fresh", 0)
    assert found["loud"] == "A"
