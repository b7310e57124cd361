"""What was kept after a rename is found when somebody goes back to before it, and again after going forth."""

from __future__ import annotations

import pytest

from fieldstone.changes.nouns import Change, Operation
from fieldstone.compiler.import_mappings import read_mapping
from fieldstone.evolution.apply import Wish
from fieldstone.model.import_mapping import ImportMapping
from fieldstone.storage.former_codes import fs_former_code
from tests.evolution.test_undo_after_renames import a_lead, act, rename
from tests.evolution.world import Place, Process

LEAD = ["objects", "lead"]
DEAL = ["objects", "opportunity"]
RENAMED: list[tuple[list[str], str]] = [
    ([*LEAD, "fields", "company"], "employer"),
    ([*LEAD, "fields", "lost_reason", "options", "competitor"], "rival"),
    ([*LEAD, "fields", "lost_reason"], "why_lost"),
    ([*LEAD, "stages", "pipelines", "standard", "stages", "contacted"], "talking"),
    ([*DEAL, "fields", "items", "fields", "quantity"], "number_of"),
    ([*DEAL, "fields", "items"], "lines"),
    ([*DEAL, "stages", "pipelines", "renewal"], "renewals"),
    (LEAD, "prospect"),
]
AFTER = """
object: prospect
key: employer
fields:
  name: Name
  employer: Company
  why_lost: {from: Why, map: {yes: rival}, default: rival}
history:
  stages: {talking: {at: Talked}}
"""
DEALS = """
object: opportunity
fields:
  name: Name
  pipeline: {value: renewals}
  lines: {rows: [{product: {from: Product, lookup: {by: name}}, number_of: Number}]}
"""


def told(process: Process, text: str) -> ImportMapping:
    return read_mapping("kept.yaml", text, process.site.model)


def test_a_mapping_that_was_made_after_a_rename_follows_it_back_and_forth(
    process: Process, place: Place
) -> None:
    rename(process, *RENAMED)
    number = process.changing.current(process.ctx)[0]
    written = told(process, AFTER)
    process.rollback(0)
    other = place.process()  # another process learns of it from the database alone

    for one in (process, other):
        back, deals = told(one, AFTER), told(one, DEALS)
        assert (back.object_name, back.key) == ("lead", "company")
        assert set(back.fields) == {"name", "company", "lost_reason"}
        assert [step.stage for step in back.steps] == ["contacted"]
        assert set(deals.fields) == {"name", "pipeline", "items"}
        assert set(deals.fields["items"].rows[0]) == {"product", "quantity"}
    values = {"name": "A", "mobile": "13800130009", "lost_reason": "rival"}
    lead = a_lead(other, **values, channel=other.write("channel", name="W", code="w", kind="own"))
    assert other.read("lead", lead)["lost_reason"] == "competitor"

    process.rollback(number)
    forth = told(process, AFTER)
    assert forth == written
    assert process.read("prospect", lead)["why_lost"] == "rival"


def test_what_was_merged_after_a_rename_is_undone_after_going_back(process: Process) -> None:
    channel = process.write("channel", name="Website", code="website", kind="own")
    rename(process, *RENAMED)
    made = []
    for values in ({}, {"employer": "静新软件", "why_lost": "rival"}):
        given = {"name": "王小明", "mobile": f"1380013000{len(made)}", "channel": channel, **values}
        change = Change("prospect", Operation.CREATE, given, trusted=True, skip_rules=True)
        (outcome,) = process.site.writes.submit(process.ctx, process.site.model, [change])
        assert not outcome.problems
        made.append(str(outcome.record_id))
    first, second = made
    act(process, "merge", "prospect", first, **{"with": second})
    assert process.read("prospect", first)["employer"] == "静新软件"

    process.rollback(0)
    act(process, "unmerge", "lead", first)

    rows = [process.read("lead", one) for one in (first, second)]
    assert [(row["company"], row["lost_reason"]) for row in rows] == [
        (None, None),
        ("静新软件", "competitor"),
    ]


def test_the_history_of_a_record_stays_when_its_object_goes_back_to_its_code(
    process: Process,
) -> None:
    lead = a_lead(process, mobile="13800130001", channel=process.write("channel", name="W", code="w", kind="own"))  # fmt: skip
    rename(process, *RENAMED)
    process.write("prospect", lead, employer="West Lake")
    process.rollback(0)

    history = process.site.reads.history(process.ctx, process.site.model, "lead", lead)

    assert history is not None
    assert [event.operation for event in history.events] == ["update", "create"]
    (changed, _) = history.events
    assert [one.field for one in changed.changes if one.new == "West Lake"] == ["company"]


@pytest.mark.parametrize("times", [2])
def test_going_back_and_forth_several_times_leads_to_the_present_code(
    process: Process, times: int
) -> None:
    path = [*LEAD, "fields", "company"]
    for number in range(times):
        rename(process, (path, f"employer_{number}"))
        rename(process, ([*path[:-1], f"employer_{number}"], f"firm_{number}"))
        process.rollback(0)

    spec = process.site.model.objects["lead"]
    said = [f"{one}_{number}" for one in ("employer", "firm") for number in range(times)]
    assert {spec.present_code(one) for one in said} == {"company"}
    assert process.plan(documents=process.documents).operations == ()


def test_records_that_were_moved_come_back_although_where_they_went_was_renamed(
    process: Process,
) -> None:
    path = {"stages": {"new": "New", "open": "Open", "done": {"kind": "won"}}}
    fields = {"name": "text", "mood": {"type": "select", "options": {"a": "A", "b": "B"}}}
    process.apply(("objects.visit", {"fields": fields, "stages": {"pipelines": {"p": path}}}))
    one = process.write("visit", name="A", mood="a")
    process.write("visit", one, stage="open")
    stages = ["objects", "visit", "stages", "pipelines", "p", "stages"]
    options = ["objects", "visit", "fields", "mood", "options"]
    documents = process.documents.without([*stages, "open"]).without([*options, "a"])
    moves = {("visit", "mood", "a"): "b", ("visit", "stage", "open"): "new"}
    planned = process.changing.plan(process.ctx, documents, moves=moves)
    process.changing.apply(process.ctx, planned, Wish("", second_word=True))

    rename(process, ([*stages, "new"], "fresh"), ([*options, "b"], "bee"))
    assert (process.read("visit", one)["stage"], process.read("visit", one)["mood"]) == (
        "fresh",
        "bee",
    )
    process.rollback(1)

    row = process.read("visit", one)
    assert (row["stage"], row["mood"]) == ("open", "a")


def test_records_that_were_moved_from_what_was_renamed_before_come_back(process: Process) -> None:
    path = {"stages": {"new": "New", "open": "Open", "done": {"kind": "won"}}}
    visit = {"fields": {"name": "text"}, "stages": {"pipelines": {"p": path}}}
    process.apply(("objects.visit", visit))
    one = process.write("visit", name="A")
    process.write("visit", one, stage="open")
    stages = ["objects", "visit", "stages", "pipelines", "p", "stages"]
    rename(process, ([*stages, "open"], "waiting"), ([*stages, "new"], "fresh"))
    documents = process.documents.without([*stages, "waiting"])
    process.apply(documents=documents, second_word=True)
    moved = process.read("visit", one)["stage"]

    process.rollback(1)

    assert (moved, process.read("visit", one)["stage"]) == ("fresh", "open")


def test_a_database_of_an_older_version_is_brought_up(process: Process, place: Place) -> None:
    with process.site.storage.connection() as connection:
        fs_former_code.drop(connection)

    rename(place.process(), ([*LEAD, "fields", "company"], "employer"))
    process.look()
    process.rollback(0)

    assert process.site.model.objects["lead"].present_code("employer") == "company"
