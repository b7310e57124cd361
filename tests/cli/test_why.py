"""`fieldstone why` of a record that is part of another one now."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldstone import bootstrap
from fieldstone.actions.contract import Call
from fieldstone.actions.running import run as carry_out
from fieldstone.base.settings import Settings, load_settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.cli.commands.token import person
from fieldstone.cli.main import run


def test_why_of_a_merged_record_is_told_of_the_one_it_is_part_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIELDSTONE_DATABASE_URL", raising=False)
    (tmp_path / "config.yaml").write_text("company: Shop\n", "utf-8")
    assert (
        run(
            ("init", "--admin-email", "a@example.com", "--admin-password", "correct-horse"),
            bootstrap,
        )
        == 0
    )
    site = bootstrap.build_site(
        Settings(tmp_path, f"sqlite:///{tmp_path / 'fieldstone.db'}", secret_key="7" * 64)
    )
    ctx = site.system_context("test")

    def made(object_name: str, **values: object) -> str:
        change = Change(object_name, Operation.CREATE, values, trusted=True)
        (outcome,) = site.writes.submit(ctx, site.model, [change])
        assert not outcome.problems
        return str(outcome.record_id)

    website = made("channel", name="Website", code="website", kind="own")
    stays, goes = (made("lead", name=name, channel=website) for name in ("Han Mei", "Han M."))
    actor = site.actors.by_id(ctx, site.model, person(site, "a@example.com", ""))
    assert actor is not None
    call = Call(
        site.context(actor, "test"),
        site.model,
        "lead",
        stays,
        {"with": goes},
        site.reads,
        site.writes,
    )
    carry_out(site.vocabulary.actions, "merge", call)
    site.storage.close()
    capsys.readouterr()

    assert run(("why", "lead", goes), bootstrap) == 0

    told = capsys.readouterr().out
    assert told.startswith(f"It was merged into lead {stays}, of which this is told:")
    assert "data_quality" in told


def test_why_speaks_the_language_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ("--admin-email", "a@example.com", "--admin-password", "correct-horse")
    assert run(("init", *given), bootstrap) == 0
    site = bootstrap.build_site(
        Settings(tmp_path, f"sqlite:///{tmp_path / 'fieldstone.db'}", secret_key="7" * 64)
    )
    made = {}
    for name, values in (
        ("channel", {"name": "Website", "code": "website", "kind": "own"}),
        ("lead", {"name": "韩梅", "budget": "90000"}),
    ):
        known = {**values, "channel": made["channel"]} if made else values
        change = Change(name, Operation.CREATE, known, trusted=True)
        (outcome,) = site.writes.submit(site.system_context("test"), site.model, [change])
        made[name] = str(outcome.record_id)
    site.storage.close()
    capsys.readouterr()
    told = {}

    for language in ("en", "zh"):
        assert run(("--lang", language, "why", "lead", made["lead"]), bootstrap) == 0
        told[language] = capsys.readouterr().out

    assert "Lead score (lead_scoring, scoring, version 1)" in told["en"]
    assert "    sets score = " in told["en"]
    assert "线索评分 (lead_scoring, scoring, 第 1 版)" in told["zh"]
    assert "    设 score = " in told["zh"]
    assert "points" not in told["zh"]


def test_why_names_people_and_records_that_a_rule_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("company: Shop\nlayers: [own]\n", "utf-8")
    (tmp_path / "own/rules").mkdir(parents=True)
    rule = """rules:
  to_ann:
    kind: automation
    object: lead
    "on": [create]
    set: {owner: channel.manager, need: "'seen'"}
"""
    (tmp_path / "own/rules/own.yaml").write_text(rule, "utf-8")
    (tmp_path / "own/metadata").mkdir()
    fields = "object: channel\nfields: {manager: {type: user}}\n"
    (tmp_path / "own/metadata/channel.yaml").write_text(fields, "utf-8")
    given = ("--admin-email", "a@example.com", "--admin-password", "correct-horse")
    assert run(("init", *given), bootstrap) == 0
    site = bootstrap.build_site(load_settings(tmp_path))
    ctx = site.system_context("test")

    def made(object_name: str, **values: object) -> str:
        change = Change(object_name, Operation.CREATE, values, trusted=True)
        (outcome,) = site.writes.submit(ctx, site.model, [change])
        assert not outcome.problems
        return str(outcome.record_id)

    ann = made("user", name="Ann Li", email="ann@example.com", roles=["sales"])
    website = made("channel", name="Website", code="website", kind="own", manager=ann)
    lead = made("lead", name="Han Mei", channel=website)
    site.storage.close()
    capsys.readouterr()

    assert run(("why", "lead", lead), bootstrap) == 0

    told = capsys.readouterr().out
    assert "    sets owner = Ann Li\n" in told
    assert ann not in told
