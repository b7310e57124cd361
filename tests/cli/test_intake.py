"""Sources at a desk: listed, tried, fed and tried again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import Shell

CARDS = "BEGIN:VCARD\nVERSION:3.0\nFN:Zhang Wei\nTEL;TYPE=CELL:13800138000\nEND:VCARD\n"


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """A project folder with a database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIELDSTONE_DATABASE_URL", raising=False)
    (tmp_path / "config.yaml").write_text("company: Shop\n", "utf-8")
    return Shell(tmp_path, capsys)


def test_sources_are_listed(desk: Shell) -> None:
    assert desk("intake", "list") == 0
    assert "website_form" in desk.out
    assert "0 in 30 days" in desk.out


def test_a_file_is_tried_then_sent(desk: Shell) -> None:
    (desk.folder / "cards.vcf").write_text(CARDS, "utf-8")
    (desk.folder / "wrong.json").write_text(json.dumps({"name": "A", "mobile": "12"}), "utf-8")

    assert desk("intake", "test", "event_cards", "cards.vcf") == 0
    assert "created" in desk.out
    assert "Zhang Wei" in desk.out
    assert desk("intake", "test", "event_cards", "wrong.json") == 1
    assert "! mobile" in desk.out
    assert desk("intake", "send", "event_cards", "cards.vcf") == 0
    assert "1 waiting" in desk.out
    assert desk("intake", "list") == 0
    assert "waiting 1" in desk.out
    assert desk("intake", "retry", "event_cards") == 0
    assert "0 of 0" in desk.out


def test_what_is_not_there_is_refused_with_a_cure(desk: Shell) -> None:
    assert "website_form" in desk.refused("intake", "test", "website_frm", "x.json")
    desk.refused("intake", "test", "event_cards")
    desk.refused("intake", "send", "event_cards", "nothing.csv")


def test_mailboxes_are_read_where_there_are_any(desk: Shell) -> None:
    assert desk("intake", "poll") == 0
    assert desk.out == ""
