"""A pipeline that gets another code takes along its records, their past, the boards and filters people keep, and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from fieldstone.compiler.import_mappings import read_mapping
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.plan import Plan
from fieldstone.storage.chain import fs_audit
from fieldstone.storage.journal import fs_stage_history
from fieldstone.storage.notices import Notices, SavedView
from tests.evolution.world import Process

PIPELINES = ["objects", "opportunity", "stages", "pipelines"]
RENEWAL = [*PIPELINES, "renewal"]


def deal(process: Process, pipeline: str, name: str) -> str:
    owner = process.write("user", name=name, email=f"{name}@example.com", roles=["sales"])
    customer = process.write("customer", name=f"Company {name}")
    given: dict[str, Any] = {"name": name, "owner": owner, "customer": customer, "amount": "100", "closes_on": "2026-12-31", "engaged_on": "2026-11-01"}  # fmt: skip
    made = process.write("opportunity", **given, pipeline=pipeline)
    if pipeline == "standard":
        contact = process.write("contact", name="Zhao", customer=customer)
        process.write("opportunity", made, stage="proposal", contact=contact)
    process.write("opportunity", made, stage="negotiation")
    return made


def keep(process: Process, body: dict[str, object]) -> None:
    storage = process.site.storage
    with storage.connection() as connection:
        view = SavedView("v1", "opportunity", "someone", "Renewals", True, body)
        Notices(connection, storage.dialect, process.ctx.now).save_view(view)


def kept(process: Process) -> Mapping[str, Any]:
    storage = process.site.storage
    with storage.looking() as connection:
        notices = Notices(connection, storage.dialect, process.ctx.now)
        return notices.views("opportunity", "someone")[0].body


def past(process: Process, record: str) -> list[tuple[str, str]]:
    history = fs_stage_history.c
    asked = select(history.pipeline, history.stage).where(history.record == record)
    with process.site.storage.looking() as connection:
        rows = connection.execute(asked.order_by(history.entered_at, history.stage)).all()
    return sorted((row.pipeline, row.stage) for row in rows)


def stands(process: Process, record: str) -> tuple[str, str]:
    row = process.read("opportunity", record)
    return row["pipeline"], row["stage"]


def told(planned: Plan, code: str) -> list[str]:
    (found,) = [one for one in planned.findings if one.code == code]
    return [found.text.en, *found.shown("en")]


def test_records_history_saved_boards_and_rules_follow_a_pipeline_and_come_back(
    process: Process,
) -> None:
    renewed, sold = deal(process, "renewal", "ann"), deal(process, "standard", "bob")
    board: dict[str, Any] = {
        "view": "pipeline",
        "filters": ["pipeline:in:renewal~standard"],
        "sort": "",
        "columns": [],
        "q": "",
        "kind": "board",
        "also": [["open", "won"], ["pipeline", "renewal"]],
    }
    keep(process, board)
    documents = process.documents.renamed(RENEWAL, "renewals")
    planned = process.plan(documents=documents)
    number = process.changing.current(process.ctx)[0]

    process.apply(documents=documents)

    assert process.sentences(planned)[:1] == [
        'Rename pipeline "Renewal" of Opportunity (was "renewal")'
    ]
    assert not planned.needs_second_word
    assert told(planned, "records_follow") == [
        '1 opportunity is in "Renewal" and follows, with its history.'
    ]
    assert told(planned, "named_in_views") == [
        '1 saved view names "Renewal" and follows.',
        "Renewals",
    ]
    assert 'rule "' in told(planned, "named_elsewhere")[1]
    assert stands(process, renewed) == ("renewals", "negotiation")
    assert stands(process, sold) == ("standard", "negotiation")
    assert past(process, renewed) == [("renewals", "due"), ("renewals", "negotiation")]
    assert {pipeline for pipeline, _ in past(process, sold)} == {"standard"}
    assert kept(process)["also"] == [["open", "won"], ["pipeline", "renewals"]]
    assert kept(process)["filters"] == ["pipeline:in:renewals~standard"]
    rules = process.site.model.rules.values()
    assert any("pipeline == 'renewals'" in str(rule.written) for rule in rules)
    assert not any("pipeline == 'renewal'" in str(rule.written) for rule in rules)
    other = deal(process, "renewal", "cyd")  # programs and files go on with the earlier code
    assert stands(process, other) == ("renewals", "negotiation")

    process.rollback(number)

    assert stands(process, renewed) == stands(process, other) == ("renewal", "negotiation")
    assert past(process, other) == [("renewal", "due"), ("renewal", "negotiation")]
    assert kept(process) == board
    with process.site.storage.looking() as connection:
        steps = connection.execute(select(fs_audit.c.changes).where(fs_audit.c.object == "config"))
        assert 'Rename pipeline "Renewal" of Opportunity (was "renewals")' in str(
            steps.all()
        ).replace("\\", "")


def test_a_stage_that_two_pipelines_have_is_renamed_in_one_of_them_alone(process: Process) -> None:
    renewed, sold = deal(process, "renewal", "ann"), deal(process, "standard", "bob")
    keep(process, {"filters": ["stage:in:negotiation"], "kind": "board", "also": [["open", "due"]]})
    documents = process.documents.renamed([*RENEWAL, "stages", "negotiation"], "talks")
    documents = documents.renamed([*RENEWAL, "stages", "due"], "coming")

    process.apply(documents=documents.renamed(RENEWAL, "renewals"))

    assert stands(process, renewed) == ("renewals", "talks")
    assert stands(process, sold) == ("standard", "negotiation")
    assert past(process, renewed) == [("renewals", "coming"), ("renewals", "talks")]
    assert ("standard", "negotiation") in past(process, sold)
    assert kept(process)["also"] == [["open", "coming"]]
    assert kept(process)["filters"] == ["stage:in:negotiation"]
    process.rollback(0)
    assert stands(process, renewed) == ("renewal", "negotiation")
    assert stands(process, sold) == ("standard", "negotiation")
    assert kept(process)["also"] == [["open", "due"]]


def test_a_stage_goes_from_a_pipeline_that_is_renamed_in_the_same_change(process: Process) -> None:
    renewed = process.write("opportunity", name="A", pipeline="renewal", **owned(process))
    documents = process.documents.renamed(RENEWAL, "renewals")
    documents = documents.with_value([*PIPELINES, "renewals", "stages", "due"], None)

    planned = process.plan(documents=documents)

    (left,) = planned.leaving
    assert left.removed.choices == ("negotiation", "won", "lost")
    process.apply(documents=documents, second_word=True)
    assert stands(process, renewed)[0] == "renewals"
    process.rollback(0)
    assert stands(process, renewed) == ("renewal", "due")


def owned(process: Process) -> dict[str, str]:
    owner = process.write("user", name="Li", email="li@example.com", roles=["sales"])
    return {"owner": owner, "customer": process.write("customer", name="West Lake")}


def test_a_pipeline_that_was_renamed_while_it_was_alone_is_found_when_another_comes(
    process: Process,
) -> None:
    one = {"stages": {"new": "New", "done": {"kind": "won"}}}
    two = {"stages": {"first": "First", "done": {"kind": "won"}}}
    visit = {"fields": {"name": "text"}, "stages": {"pipelines": {"a": one, "b": two}}}
    process.apply(("objects.visit", visit))
    record = process.write("visit", name="A", pipeline="b")
    inside = ["objects", "visit", "stages", "pipelines"]
    process.apply(documents=process.documents.without([*inside, "a"]), second_word=True)

    process.apply(documents=process.documents.renamed([*inside, "b"], "c"))
    process.apply(("objects.visit.stages.pipelines.d", one))

    assert process.read("visit", record)["pipeline"] == "c"
    assert past(process, record) == [("c", "first")]


def test_values_of_files_and_of_mappings_name_it_by_either_code(process: Process) -> None:
    process.apply(documents=process.documents.renamed(RENEWAL, "renewals"))

    text = "object: opportunity\nfields: {name: Name, pipeline: {value: renewal}}"
    mapping = read_mapping("kept.yaml", text, process.site.model)

    assert mapping.fields["pipeline"].value == "renewal"
    made = process.write("opportunity", name="A", pipeline="renewal", **owned(process))
    assert stands(process, made)[0] == "renewals"


def test_rules_and_stages_that_set_it_set_the_present_code(process: Process) -> None:
    when = "amount > 5000"
    rule = {"kind": "automation", "object": "opportunity", "when": when, "set": {"pipeline": "'renewal'", "stage": "'due'"}}  # fmt: skip
    process.apply(("rules.large_again", rule))
    process.apply(documents=process.documents.renamed(RENEWAL, "renewals"))

    made = process.write("opportunity", name="A", amount="9000", **owned(process))

    assert stands(process, made) == ("renewals", "due")


def test_what_is_exported_makes_the_same_model_on_another_site(
    process: Process, tmp_path: Any
) -> None:
    process.apply(documents=process.documents.renamed(RENEWAL, "renewals"))
    before = process.site.model.objects["opportunity"].pipelines
    folder = tmp_path / "site"
    process.changing.export(process.ctx, folder)
    process.rollback(0)

    documents: Documents = process.changing.read(process.ctx, folder)
    process.apply(documents=documents)

    after = process.site.model.objects["opportunity"].pipelines
    assert after == before
    assert after is not None
    assert after.pipelines["renewals"].renamed_from == ("renewal",)


@pytest.mark.parametrize("code", ["standard", "Big Deal"])
def test_a_code_that_is_taken_or_none_is_refused(process: Process, code: str) -> None:
    planned = process.plan(documents=process.documents.renamed(RENEWAL, code))

    assert planned.problems
    assert planned.model is None
