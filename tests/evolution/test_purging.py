"""Kept values are listed and deleted for good: of what is gone, and of what is archived and stays without them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from fieldstone import bootstrap
from fieldstone.base.errors import RefusedError
from fieldstone.cli.main import run
from fieldstone.evolution import purging
from fieldstone.evolution.apply import Wish
from fieldstone.reads.query import Query
from fieldstone.worker.turns import work_until_idle
from tests.evolution.world import Place, Process

VISIT: dict[str, Any] = {
    "label": {"en": "Visit", "zh": "拜访"},
    "title": "subject",
    "search": ["subject", "note"],
    "fields": {
        "subject": "text",
        "note": {"type": "text", "label": {"en": "Note", "zh": "备注"}},
        "budget": "integer",
        "double": {"type": "formula", "returns": "integer", "value": "budget * 2", "stored": True},
        "mood": {"type": "select", "options": {"bad": "Bad", "good": "Good", "odd": "Odd"}},
        "tags": {"type": "multi_select", "options": {"a": "A", "b": "B"}},
        "items": {"type": "rows", "fields": {"name": "text", "size": "integer"}},
    },
}
REPORT: dict[str, Any] = {"fields": {"subject": "text", "visit": {"type": "lookup", "to": "visit"}}}
V = "objects.visit"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "SETTLED", timedelta())


@pytest.fixture
def visits(process: Process) -> Process:
    process.apply((V, VISIT), ("objects.note", REPORT))
    return process


def kept(process: Process) -> dict[str, int]:
    return {one.name: one.values for one in process.changing.retired(process.ctx)}


def purge(process: Process, name: str) -> str:
    """Delete for good after the plan; return what the plan says."""
    planned = process.changing.plan_purge(process.ctx, name)
    with pytest.raises(RefusedError):
        process.changing.purge(process.ctx, name, Wish("no second word"))
    process.changing.purge(process.ctx, name, Wish("away", second_word=True))
    return f"{process.sentences(planned)[0]}: {planned.findings[0].text.en}"


def found(process: Process, words: str) -> int:
    page = process.site.reads.list(process.ctx, process.site.model, "visit", Query(q=words))
    return len(page.rows)


def test_an_archived_field_stays_without_its_values(visits: Process) -> None:
    one = visits.write("visit", subject="A", note="secret words", budget=20)
    visits.apply(
        (f"{V}.fields.note.archived", True), (f"{V}.fields.budget.archived", True), second_word=True
    )
    assert kept(visits) == {"o_visit.f_note": 1, "o_visit.f_budget": 1}
    assert found(visits, "secret") == 1

    said = purge(visits, "o_visit.f_note")
    purge(visits, "o_visit.f_budget")
    work_until_idle(visits.site)

    assert said == (
        'Delete for good field "Note" of Visit: 1 value of "Note" is deleted for good; no rollback brings it back.'
    )
    assert kept(visits) == {}
    assert found(visits, "secret") == 0
    assert found(visits, "A") == 1
    assert visits.read("visit", one)["double"] is None
    visits.rollback(1)
    row = visits.read("visit", one)
    assert (row["note"], row["budget"]) == (None, None)


def test_an_archived_option_and_one_that_is_gone_are_taken_from_records(visits: Process) -> None:
    good = visits.write("visit", subject="A", mood="good", tags=["a", "b"])
    odd = visits.write("visit", subject="B", mood="odd", tags=["b"])
    bad = visits.write("visit", subject="C", mood="bad")
    options = f"{V}.fields.mood.options"
    documents = visits.documents.without(f"{options}.odd".split("."))
    documents = documents.with_value(f"{options}.good".split("."), {"label": "Good", "archived": True})  # fmt: skip
    path = f"{V}.fields.tags.options.b".split(".")
    documents = documents.with_value(path, {"label": "Bee", "archived": True})
    visits.apply(documents=documents, second_word=True)
    version = visits.read("visit", good)["version"]

    assert kept(visits) == {
        "o_visit.f_mood.good": 1,
        "o_visit.f_mood.odd": 1,
        "o_visit.f_tags.b": 2,
    }
    said = purge(visits, "o_visit.f_mood.good")
    purge(visits, "o_visit.f_mood.odd")
    purge(visits, "o_visit.f_tags.b")

    assert said == (
        'Delete for good option "Good" of Visit · Mood: 1 record holds "Good" and loses it for good; no rollback brings it back.'
    )
    rows = [visits.read("visit", one) for one in (good, odd, bad)]
    assert [row["mood"] for row in rows] == [None, None, "bad"]
    assert [row["tags"] for row in rows] == [["a"], None, None]
    assert rows[0]["version"] > version
    assert kept(visits) == {}
    assert "good" in visits.site.model.objects["visit"].fields["mood"].type.options


def test_line_items_and_an_archived_object_end_with_the_links_to_them(visits: Process) -> None:
    one = visits.write("visit", subject="A", items=[{"name": "X", "size": 1}])
    note = visits.write("note", subject="N", visit=one)
    visits.apply((f"{V}.fields.items.archived", True), second_word=True)
    assert kept(visits) == {"o_visit__items": 1}
    visits.apply((f"{V}.archived", True), second_word=True)
    assert kept(visits) == {"o_visit": 1}

    said = purge(visits, "o_visit")

    assert said.startswith('Delete for good object "Visit": 1 record of "Visit" is deleted')
    assert kept(visits) == {}
    visits.rollback(1)
    assert visits.read("note", note)["visit"] is None
    page = visits.site.reads.list(visits.ctx, visits.site.model, "visit", Query())
    assert not page.rows
    again = visits.write("visit", subject="Again", items=[{"name": "Y"}])
    assert found(visits, "Again") == 1
    assert len(visits.read("visit", again)["items"]) == 1


def test_a_required_field_that_loses_an_option_says_so(visits: Process) -> None:
    visits.write("visit", subject="A", mood="good")
    good = {"label": "Good", "archived": True}
    visits.apply((f"{V}.fields.mood.options.good", good), (f"{V}.fields.mood.required", True))

    planned = visits.changing.plan_purge(visits.ctx, "o_visit.f_mood.good")

    assert [one.code for one in planned.findings] == ["purged", "required_missing"]


@pytest.fixture
def folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (place.folder / "config.yaml").write_text(f"database: {{url: '{place.url}'}}\n", "utf-8")
    monkeypatch.chdir(place.folder)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    for name in ("FIELDSTONE_DATABASE_URL", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    return


@pytest.mark.usefixtures("folder")
def test_the_command_lists_plans_and_deletes_after_a_second_word(
    visits: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*words: str) -> tuple[int, str, str]:
        code = run(["purge", *words], bootstrap)
        out, err = capsys.readouterr()
        return code, out, err

    visits.write("visit", subject="A", note="x")
    assert told()[:2] == (0, "Nothing is kept of what was retired.\n")
    visits.apply((f"{V}.fields.note.archived", True), second_word=True)
    capsys.readouterr()

    code, listed, _ = told()
    assert code == 0
    assert listed.split() == ["o_visit.f_note", "archived", "1", "value", "Visit:", "Note"]
    code, planned, refused = told("o_visit.f_note")
    assert code == 1
    assert "Needs your word: 1 value of" in planned
    assert "--yes" in refused
    code, _, unknown = told("o_visit.f_not", "--yes")
    assert (code, "o_visit.f_note" in unknown) == (1, True)
    code, done, _ = told("o_visit.f_note", "--reason", "nobody reads it", "--yes")
    assert (code, done.splitlines()[-1]) == (0, "Deleted for good; revision 3 says so.")
    assert visits.changing.revisions(visits.ctx)[0].reason == "nobody reads it"
    assert told()[1] == "Nothing is kept of what was retired.\n"
