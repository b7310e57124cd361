"""A change is in force in every process within a second, and a wrong document stops none of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from fieldstone.base.errors import RefusedError
from fieldstone.evolution.apply import OvertakenError, Wish
from fieldstone.evolution.live import LOOK_SECONDS
from fieldstone.reads.query import Query
from fieldstone.storage.revisions import fs_document
from tests.evolution.world import Place, Process

SIZE = ("objects.customer.fields.shoe_size", {"type": "integer", "label": {"en": "Shoe size", "zh": "鞋码"}})  # fmt: skip


def test_a_new_field_holds_values_in_the_process_that_added_it_and_in_every_other(
    place: Place, process: Process
) -> None:
    other = place.process()

    process.apply(SIZE)
    customer = process.write("customer", name="李雷", shoe_size=43)
    other.look()

    assert other.read("customer", customer)["shoe_size"] == 43


def test_a_process_looks_often_enough_to_follow_within_a_second() -> None:
    assert LOOK_SECONDS <= 0.5


def test_who_began_with_a_model_keeps_it(place: Place, process: Process) -> None:
    began = process.site.model

    process.apply(SIZE)

    assert "shoe_size" not in began.objects["customer"].fields
    assert "shoe_size" in process.site.model.objects["customer"].fields


def test_a_revision_says_who_changed_what_when_and_why(process: Process) -> None:
    before = datetime.now(UTC)

    process.apply(SIZE, reason="shoes for the spring")

    (one,) = process.changing.revisions(process.ctx)
    assert (one.number, one.base, one.reason, one.author_name) == (1, 0, "shoes for the spring", "Fieldstone")  # fmt: skip
    assert one.at >= before
    assert one.difference[0]["sentence"] == {
        "en": 'Add field "Shoe size" to Customer',
        "zh": "新增“客户”的字段“鞋码”",
    }


def test_of_two_administrators_who_apply_at_once_one_wins_and_the_other_is_told_what_changed(
    place: Place, process: Process
) -> None:
    other = place.process()
    theirs = other.plan(("objects.customer.label.en", "Prospect"))
    process.apply(SIZE, reason="shoes")

    with pytest.raises(OvertakenError) as refusal:
        other.changing.apply(other.ctx, theirs, Wish("names"))

    (problem,) = refusal.value.problems
    assert refusal.value.status == 409
    assert 'Add field "Shoe size" to Customer' in problem.message
    assert "shoes" in problem.message
    other.look()
    assert other.site.model.objects["customer"].label.en == "Customer"


def test_a_wrong_change_is_refused_with_every_problem_and_nothing_is_written(
    process: Process,
) -> None:
    planned = process.plan(
        ("objects.customer.fields.a", {"type": "numbr"}),
        ("objects.customer.fields.b.required", "often"),
    )

    assert {one.code for one in planned.problems} >= {"unknown_type"}
    assert len(planned.problems) == 2
    with pytest.raises(RefusedError):
        process.changing.apply(process.ctx, planned, Wish("wrong"))
    assert process.changing.revisions(process.ctx) == ()


def test_a_broken_document_cannot_stop_a_server_from_starting(
    place: Place, process: Process
) -> None:
    process.apply(SIZE)
    process.apply(("objects.customer.fields.color", "text"))
    _break(process, "color: text", "color: txet")

    started = place.process()

    fields = started.site.model.objects["customer"].fields
    assert "shoe_size" in fields
    assert "color" not in fields
    found = started.changing.live.found
    assert (found.revision, found.wanted) == (1, 2)
    assert "txet" in found.problems[0].message


def test_a_site_that_renamed_what_the_platform_reads_is_served_as_it_was_before(
    place: Place, process: Process
) -> None:
    process.apply(SIZE)
    process.apply(("objects.user.fields.shoe", "text"))
    _break(process, "shoe: text", "zone: {renamed_from: time_zone}")

    started = place.process()

    assert "time_zone" in started.site.model.objects["user"].fields
    assert "shoe_size" in started.site.model.objects["customer"].fields
    found = started.changing.live.found
    assert (found.revision, found.wanted) == (1, 2)
    assert "platform_name" in {one.code for one in found.problems}


def test_a_process_that_cannot_compile_a_revision_serves_the_one_before(
    place: Place, process: Process
) -> None:
    other = place.process()
    process.apply(SIZE)
    process.apply(("objects.customer.fields.color", "text"))
    _break(process, "color: text", "color: txet")

    other.look()

    assert "shoe_size" in other.site.model.objects["customer"].fields
    assert other.changing.live.found.wanted == 2


def _break(process: Process, good: str, bad: str) -> None:
    """Damage a document behind the platform's back, as an upgrade of the core may."""
    documents = process.documents
    text = next(one.text for one in documents.site.documents if good in one.text)
    with process.site.storage.connection() as connection:
        change = update(fs_document).where(fs_document.c.text == text)
        connection.execute(change.values(text=text.replace(good, bad)))


def test_what_the_site_exports_makes_the_same_model_on_an_empty_site(
    place: Place, process: Process, sqlite_url: str, tmp_path: Path
) -> None:
    process.apply(SIZE, ("objects.visit", {"fields": {"name": "text"}, "label": "Visit"}))
    process.apply(
        ("rules.check_size", {"kind": "validation", "object": "customer", "that": "shoe_size < 60", "message": "Too large"})
    )  # fmt: skip
    process.changing.export(process.ctx, tmp_path / "out")
    empty = Place(sqlite_url + "2", tmp_path)
    fresh = empty.process()

    documents = fresh.changing.read(fresh.ctx, tmp_path / "out")
    fresh.changing.apply(fresh.ctx, fresh.changing.plan(fresh.ctx, documents), Wish("from git"))

    assert fresh.site.model == process.site.model
    empty.close()


def test_only_administrators_see_and_change_the_configuration(process: Process) -> None:
    from dataclasses import replace

    seller = replace(process.ctx.actor, id="li", roles=frozenset({"sales"}))
    ctx = process.ctx.acting_as(seller)
    narrow = process.ctx.acting_as(
        replace(seller, roles=frozenset({"admin"}), grants=frozenset({"lead:write"}))
    )

    for one in (ctx, narrow):
        with pytest.raises(RefusedError) as refusal:
            process.changing.current(one)
        assert refusal.value.status == 403


def test_a_broken_revision_is_told_on_readyz_by_check_and_by_the_list_of_revisions(
    place: Place, process: Process, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    from fieldstone import bootstrap
    from fieldstone.cli.main import run

    process.apply(SIZE)
    app = bootstrap.build_web(process.site)
    assert app.test_client().get("/readyz").text == "ready\nrevision 1\n"
    _break(process, "integer", "intger")
    (place.folder / "config.yaml").write_text(f"database: {{url: '{place.url}'}}\n", "utf-8")
    monkeypatch.chdir(place.folder)

    started = place.process()

    said = bootstrap.build_web(started.site).test_client().get("/readyz")
    assert (said.status_code, said.text) == (200, "ready\nrevision 1 is broken; revision 0 is served\n")  # fmt: skip
    assert run(["check"], bootstrap) == 1
    assert "intger" in capsys.readouterr().err
    assert run(["revisions"], bootstrap) == 1
    assert "revision 1 is broken" in capsys.readouterr().err


def test_a_request_that_meets_a_column_that_was_purged_is_told_to_come_again(
    place: Place, process: Process
) -> None:
    from fieldstone import bootstrap
    from fieldstone.storage.errors import StorageError
    from fieldstone.storage.shadows import Shadow

    process.apply(SIZE)
    app = bootstrap.build_web(process.site)
    process.site.storage.purge(Shadow("o_customer", "f_shoe_size", 0))

    @app.get("/static/asks")
    def asks() -> str:
        process.site.reads.list(process.ctx, process.site.model, "customer", Query())
        return "unreached"

    answer = app.test_client().get("/static/asks")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    with pytest.raises(StorageError):
        process.site.reads.list(process.ctx, process.site.model, "customer", Query())
