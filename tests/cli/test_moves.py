"""`fieldstone plan` and `apply` ask where the records of a stage go that is taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldstone import bootstrap
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.cli.main import run

VISIT = """
object: visit
title: subject
fields: {subject: text}
stages:
  pipelines:
    standard:
      stages: {planned: {}, %s done: {}}
"""


def test_records_of_a_removed_stage_go_where_the_command_line_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIELDSTONE_DATABASE_URL", raising=False)
    (tmp_path / "config.yaml").write_text("company: Shop\n", "utf-8")
    file = tmp_path / "ours/metadata/visit.yaml"
    file.parent.mkdir(parents=True)

    def said(stages: str, *words: str) -> tuple[int, str]:
        file.write_text(VISIT % stages, "utf-8")
        capsys.readouterr()
        code = run(words, bootstrap)
        return code, "".join(capsys.readouterr())

    code, text = said("under_way: {},", "apply", "ours")
    assert code == 0, text
    site = bootstrap.build_site(
        Settings(tmp_path, f"sqlite:///{tmp_path / 'fieldstone.db'}", secret_key="7" * 64)
    )
    values = {"subject": "A", "stage": "under_way"}
    change = Change("visit", Operation.CREATE, values, trusted=True)
    (outcome,) = site.writes.submit(site.system_context("test"), site.model, [change])
    assert not outcome.problems

    planned = said("", "plan", "ours")
    asked = said("", "apply", "ours", "--yes")
    strange = said("", "apply", "ours", "--yes", "--move", "visit.stage.under_way=nowhere")
    crooked = said("", "apply", "ours", "--yes", "--move", "under_way")
    done = said("", "apply", "ours", "--yes", "--move", "visit.stage.under_way=done")

    assert planned[0] == 0
    assert "--move visit.stage.under_way=TO; TO is one of planned, done" in planned[1]
    assert [one[0] for one in (asked, strange, crooked, done)] == [1, 1, 1, 0]
    assert "1 record stands in 'under_way', which goes away." in asked[1]
    assert "lead.stage.contacted=new" in crooked[1]
    record = site.reads.get(
        site.system_context("test"), site.model, "visit", str(outcome.record_id)
    )
    assert record is not None
    assert record.values["stage"] == "done"
    site.storage.close()
