"""What a change does to the records that are there, what the plan says of it, and that going back brings all of it back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import insert, select

from fieldstone.actions.engaging import Ear
from fieldstone.base.errors import RefusedError
from fieldstone.base.problem_texts import in_language
from fieldstone.compiler.import_mappings import read_mapping
from fieldstone.evolution.apply import Wish
from fieldstone.evolution.plan import Plan
from fieldstone.storage.import_log import ImportLog
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.notices import Notices, SavedView
from fieldstone.storage.people import fs_token
from tests.evolution.world import Process

VISIT = {
    "label": {"en": "Visit", "zh": "拜访"},
    "title": "subject",
    "fields": {
        "subject": "text",
        "budget": {"type": "integer", "label": {"en": "Budget", "zh": "预算"}},
        "mood": {"type": "select", "options": {"bad": "Bad", "good": "Good"}},
        "tags": {"type": "multi_select", "options": {"a": "A", "b": "B"}},
        "half": {"type": "formula", "returns": "decimal", "value": "budget / 2"},
        "double": {
            "type": "formula",
            "returns": "integer",
            "value": "budget * 2",
            "stored": True,
        },
    },
    "stages": {
        "pipelines": {
            "standard": {"stages": {"new": "New", "open": "Open", "done": {"kind": "won"}}}
        }
    },
    "views": {
        "rich": {"filter": "budget > 10 and mood == 'good'", "columns": ["subject", "budget"]}
    },
    "permissions": {"sales": {"read": "all", "fields": {"budget": "read"}}},
}
V = "objects.visit"


@pytest.fixture
def visits(process: Process) -> Process:
    """A site with visits."""
    process.apply((V, VISIT))
    return process


def test_a_renamed_field_keeps_its_values_and_everything_that_names_it(visits: Process) -> None:
    one = visits.write("visit", subject="A", budget=20, mood="good")

    planned = visits.plan(documents=visits.documents.renamed([*V.split("."), "fields", "budget"], "cost"))  # fmt: skip
    assert visits.sentences(planned)[0] == 'Rename field "Budget" of Visit (was "budget")'
    visits.changing.apply(visits.ctx, planned, Wish("cost is the word"))

    assert visits.read("visit", one)["cost"] == 20
    view = visits.site.model.objects["visit"].views["rich"]
    assert view.columns == ("subject", "cost")
    assert visits.read("visit", one)["half"] == "10.00"
    visits.write("visit", one, cost=30)
    visits.rollback(1)
    assert visits.read("visit", one)["budget"] == 30


def test_a_renamed_option_and_a_renamed_stage_take_their_records_along(visits: Process) -> None:
    one = visits.write("visit", subject="A", mood="good", tags=["a", "b"])
    visits.write("visit", one, stage="open")
    documents = visits.documents
    for path, new in (
        ("fields.mood.options.good", "fine"),
        ("fields.tags.options.b", "c"),
        ("stages.pipelines.standard.stages.open", "talking"),
    ):
        documents = documents.renamed(f"{V}.{path}".split("."), new)

    visits.apply(documents=documents)

    found = visits.read("visit", one)
    assert (found["mood"], found["tags"], found["stage"]) == ("fine", ["a", "c"], "talking")
    assert visits.site.model.objects["visit"].views["rich"].filter.text.endswith("mood == 'fine'")
    visits.rollback(1)
    found = visits.read("visit", one)
    assert (found["mood"], found["tags"], found["stage"]) == ("good", ["a", "b"], "open")


def test_saved_views_follow_what_is_renamed_and_come_back(visits: Process) -> None:
    body = {
        "view": "rich",
        "filters": ["budget:gte:10", "mood:in:good~bad", "stage:in:open", "subject:contains:good"],
        "sort": "-budget,subject",
        "columns": ["subject", "budget", "mood"],
        "q": "budget",
    }
    save_view(visits, body)
    documents = visits.documents
    for path, new in (
        ("fields.budget", "cost"),
        ("fields.mood.options.good", "fine"),
        ("stages.pipelines.standard.stages.open", "talking"),
    ):
        documents = documents.renamed(f"{V}.{path}".split("."), new)

    visits.apply(documents=documents)

    assert saved_view(visits, "visit") == {
        "view": "rich",
        "filters": ["cost:gte:10", "mood:in:fine~bad", "stage:in:talking", "subject:contains:good"],
        "sort": "-cost,subject",
        "columns": ["subject", "cost", "mood"],
        "q": "budget",
    }
    visits.apply(documents=visits.documents.renamed(V.split("."), "meeting"))
    assert saved_view(visits, "meeting")["columns"] == ["subject", "cost", "mood"]
    visits.rollback(1)
    assert saved_view(visits, "visit") == body


def test_a_plan_says_which_saved_views_and_waiting_imports_name_a_field(visits: Process) -> None:
    save_view(visits, {"filters": ["budget:gte:10"], "sort": "", "columns": []})
    keep_import(visits, "amounts.csv", '{"object": "visit", "fields": {"budget": "Amount"}}')
    keep_import(visits, "names.csv", '{"object": "visit", "fields": {"subject": "budget"}}')
    path = [*V.split("."), "fields", "budget"]

    renaming = visits.plan(documents=visits.documents.renamed(path, "cost"))
    assert told(renaming, "named_in_views") == ['1 saved view names "Budget" and follows.', "Rich"]
    assert told(renaming, "named_in_imports") == [
        '1 waiting import names "Budget" and follows.',
        "amounts.csv",
    ]
    assert not renaming.needs_second_word

    retiring = visits.plan((f"{V}.fields.budget.archived", True))
    assert told(retiring, "named_in_imports")[0] == '1 waiting import names "Budget" and loses it.'


def test_saved_views_follow_a_declared_view_that_is_renamed_and_come_back(visits: Process) -> None:
    save_view(visits, {"view": "rich", "filters": [], "sort": "", "columns": []})
    documents = visits.documents.renamed([*V.split("."), "views", "rich"], "wealthy")

    planned = visits.plan(documents=documents)
    visits.apply(documents=documents)

    renaming = planned.operations[0].sentence("en")
    assert renaming == 'Rename view "Wealthy" of Visit (was "rich")'
    said = '1 saved view is made from "Wealthy" and follows.'
    assert told(planned, "view_in_use") == [said, "Rich"]
    assert list(visits.site.model.objects["visit"].views) == ["wealthy"]
    assert saved_view(visits, "visit")["view"] == "wealthy"
    both = visits.documents.renamed([*V.split("."), "views", "wealthy"], "rich")
    visits.apply(documents=both.renamed(V.split("."), "meeting"))
    assert saved_view(visits, "meeting")["view"] == "rich"
    gone = visits.documents.without(["objects", "meeting", "views", "rich"])
    retiring = visits.plan(documents=gone)
    assert told(retiring, "view_in_use")[0].endswith("and loses its condition.")
    visits.rollback(2)
    assert saved_view(visits, "visit")["view"] == "wealthy"
    visits.rollback(1)
    assert saved_view(visits, "visit")["view"] == "rich"


def test_a_mapping_that_was_kept_follows_what_is_renamed(visits: Process) -> None:
    text = """
    object: visit
    key: subject
    fields:
      subject: Name
      budget: Amount
      mood: {from: Mood, map: {yes: good}}
    """
    documents = visits.documents
    for path, new in (
        ("fields.budget", "cost"),
        ("fields.subject", "topic"),
        ("fields.mood.options.good", "fine"),
    ):
        documents = documents.renamed(f"{V}.{path}".split("."), new)
    visits.apply(documents=documents)
    visits.apply(documents=visits.documents.renamed(V.split("."), "meeting"))

    mapping = read_mapping("kept.yaml", text, visits.site.model)

    assert (mapping.object_name, mapping.key) == ("meeting", "topic")
    assert set(mapping.fields) == {"topic", "cost", "mood"}


def test_tokens_and_long_work_follow_an_object_that_is_renamed(visits: Process) -> None:
    site, now = visits.site, visits.ctx.now
    with site.storage.connection() as connection:
        connection.execute(
            insert(fs_token).values(
                id="t", hash="h", user="u", grants=["visit:read", "lead:write"], created_at=now
            )
        )
    job = site.queue.enqueue("find_duplicates", {"object": "visit"}, actor="u")

    visits.apply(documents=visits.documents.renamed(V.split("."), "meeting"))

    with site.storage.looking() as connection:
        grants = connection.execute(select(fs_token.c.grants)).scalar_one()
        kept = jobs_of(connection).get(job)
    assert grants == ["meeting:read", "lead:write"]
    assert kept is not None
    assert kept.arguments == {"object": "meeting"}


def keep_import(process: Process, file: str, mapping: str) -> None:
    with process.site.storage.connection() as connection:
        ImportLog(connection).start(
            file, "visit", "someone", process.ctx.now, state="checked", file=file,
            mapping={"mapping": mapping},
        )  # fmt: skip


def told(planned: Plan, code: str) -> list[str]:
    (found,) = [one for one in planned.findings if one.code == code]
    return [found.text.en, *found.samples]


def save_view(process: Process, body: dict[str, object]) -> None:
    storage = process.site.storage
    with storage.connection() as connection:
        view = SavedView("v1", "visit", "someone", "Rich", True, body)
        Notices(connection, storage.dialect, process.ctx.now).save_view(view)


def saved_view(process: Process, object_name: str) -> Mapping[str, object]:
    storage = process.site.storage
    with storage.looking() as connection:
        notices = Notices(connection, storage.dialect, process.ctx.now)
        return notices.views(object_name, "someone")[0].body


def test_a_renamed_object_keeps_its_records_their_history_and_its_address(visits: Process) -> None:
    one = visits.write("visit", subject="A")
    visits.write("visit", one, subject="B")

    visits.apply(documents=visits.documents.renamed(V.split("."), "meeting"))

    assert visits.read("meeting", one)["subject"] == "B"
    model = visits.site.model
    history = visits.site.reads.history(visits.ctx, model, "meeting", one)
    assert history is not None
    assert [event.operation for event in history.events] == ["update", "create"]
    assert len(history.stages) == 1
    visits.rollback(1)
    assert visits.read("visit", one)["subject"] == "B"


def test_a_field_with_values_goes_only_after_a_second_word_and_comes_back_with_them(
    visits: Process,
) -> None:
    one = visits.write("visit", subject="A", budget=20)
    documents = visits.documents.with_value([*V.split("."), "fields", "budget", "archived"], True)
    planned = visits.changing.plan(visits.ctx, documents)

    said = {finding.code: finding for finding in planned.findings}
    assert said["field_with_values"].count == 1
    assert 'view "Rich" of Visit' in said["named_elsewhere"].shown("en")
    assert "“拜访”的视图“Rich”" in said["named_elsewhere"].shown("zh")
    with pytest.raises(RefusedError) as refusal:
        visits.changing.apply(visits.ctx, planned, Wish("away with it"))
    assert refusal.value.status == 409

    visits.changing.apply(visits.ctx, planned, Wish("away with it", second_word=True))
    assert visits.site.model.objects["visit"].views["rich"].columns == ("subject",)
    visits.rollback(1)
    assert visits.read("visit", one)["budget"] == 20


def test_what_a_removed_field_is_named_in_is_said_before_it_can_be_removed(
    visits: Process,
) -> None:
    planned = visits.plan(documents=visits.documents.without([*V.split("."), "fields", "mood"]))

    assert [one.path.split("  ")[1] for one in planned.problems] == ["visit.views.rich.filter"]


def test_records_of_a_removed_stage_go_to_the_one_before_or_where_they_are_told_and_come_back(
    visits: Process,
) -> None:
    open_one = visits.write("visit", subject="A")
    visits.write("visit", open_one, stage="open")
    done = visits.write("visit", subject="B")
    visits.write("visit", done, stage="done")
    documents = visits.documents.without(f"{V}.stages.pipelines.standard.stages.open".split("."))

    planned = visits.changing.plan(visits.ctx, documents)
    (said,) = [one for one in planned.findings if one.code == "stage_in_use"]
    assert said.text.en == '1 visit goes from "Open" to "New"; going back brings it back.'
    told = visits.changing.plan(visits.ctx, documents, moves={("visit", "stage", "open"): "done"})
    visits.changing.apply(visits.ctx, told, Wish("fewer stages", second_word=True))

    assert visits.read("visit", open_one)["stage"] == "done"
    history = visits.site.reads.history(visits.ctx, visits.site.model, "visit", open_one)
    assert history is not None
    assert history.stages[0].stage == "done"
    visits.rollback(1)
    assert visits.read("visit", open_one)["stage"] == "open"
    assert visits.read("visit", done)["stage"] == "done"


def test_a_destination_that_is_not_there_is_refused(visits: Process) -> None:
    documents = visits.documents.without(f"{V}.stages.pipelines.standard.stages.open".split("."))

    with pytest.raises(RefusedError) as refusal:
        visits.changing.plan(visits.ctx, documents, moves={("visit", "stage", "open"): "closed"})
    assert refusal.value.problems[0].code == "unknown_destination"


def test_an_option_in_use_is_removed_after_a_second_word_and_its_records_keep_it(
    visits: Process,
) -> None:
    one = visits.write("visit", subject="A", mood="bad")
    documents = visits.documents.without(f"{V}.fields.mood.options.bad".split("."))

    planned = visits.changing.plan(visits.ctx, documents)

    assert [(f.code, f.count) for f in planned.findings] == [("option_in_use", 1)]
    visits.changing.apply(visits.ctx, planned, Wish("", second_word=True))
    assert visits.read("visit", one)["mood"] == "bad"


def test_the_plan_counts_the_records_that_would_not_pass(visits: Process) -> None:
    visits.write("visit", subject="A", budget=5)
    visits.write("visit", subject="A", budget=500)
    visits.write("visit", subject="C")
    rule = {"kind": "validation", "object": "visit", "that": "budget < 100", "message": "Too much"}

    planned = visits.plan(
        (f"{V}.fields.budget.required", True),
        (f"{V}.fields.budget.max", 100),
        ("rules.not_too_much", rule),
    )

    said = {one.code: (one.level, one.count, one.samples) for one in planned.findings}
    assert said["required_missing"] == ("warning", 1, ("C",))
    assert said["values_refused"][:2] == ("warning", 1)
    assert said["rule_broken"][1] == 2  # the one without a budget does not pass either
    assert not planned.needs_second_word


def test_a_field_with_doubles_cannot_become_unique(visits: Process) -> None:
    visits.write("visit", subject="A")
    visits.write("visit", subject="A")

    planned = visits.plan((f"{V}.fields.subject.unique", True))

    assert [one.code for one in planned.problems] == ["not_unique"]
    with pytest.raises(RefusedError):
        visits.changing.apply(visits.ctx, planned, Wish("", second_word=True))


def test_the_plan_says_how_many_people_see_less_or_more(visits: Process) -> None:
    visits.write("user", name="Li", email="li@example.com", roles=["sales"])

    less = visits.plan((f"{V}.permissions.sales.read", "own"))
    more = visits.plan((f"{V}.permissions.sales.create", True))

    assert [(one.code, one.count, one.samples) for one in less.findings] == [("people_lose", 1, ("Li",))]  # fmt: skip
    assert [one.code for one in more.findings] == ["people_gain"]


def test_a_field_that_the_platform_itself_reads_keeps_its_code(process: Process) -> None:
    path = ["objects", "user", "fields", "time_zone"]

    renamed = process.plan(documents=process.documents.renamed(path, "zone"))
    needed = process.plan(("objects.user.fields.active.archived", True))
    missed = process.plan(("objects.user.fields.absent_until.archived", True))

    (problem,) = renamed.problems
    assert (problem.code, problem.message) == (
        "platform_name",
        "The field 'time_zone' of user cannot be called by another code.",
    )
    assert in_language(problem, "zh").message == "“time_zone”不能更改代码。"
    assert [one.code for one in needed.problems] == ["platform_needs"]
    assert told(missed, "platform_field") == [
        'The platform itself reads "Absent until"; what it does with it ends.'
    ]


def test_reported_events_find_their_lead_whatever_it_and_its_fields_are_called(
    process: Process,
) -> None:
    channel = process.write("channel", name="Website", code="website", kind="own")
    lead = process.write("lead", name="A", mobile="13800130001", email="a@example.com", channel=channel)  # fmt: skip
    documents = process.documents.renamed(["objects", "lead", "fields", "email"], "mail")
    process.apply(documents=documents.renamed(["objects", "lead"], "prospect"))
    site = process.site

    ear = Ear(site.reads, site.writes, process.ctx, site.model)
    heard = ear.hear(
        [
            {"event_id": "1", "kind": "download", "email": "a@example.com"},
            {"event_id": "2", "kind": "download", "email": "b@example.com"},
        ]
    )

    assert [one.status for one in heard] == ["recorded", "refused"]
    assert process.read("engagement", str(heard[0].record_id))["lead"] == lead
