"""`fieldstone outbox` lists what did not get through, in the language that is asked for, and sends or drops it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from fieldstone import bootstrap
from fieldstone.base.settings import load_settings
from fieldstone.changes.nouns import Effect
from fieldstone.cli.main import run
from fieldstone.storage.leased import outbox_of
from fieldstone.storage.outbox import fs_outbox


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two messages that were given up, in a site of their own."""
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert (
        run(
            ("init", "--admin-email", "a@example.com", "--admin-password", "right-horse"), bootstrap
        )
        == 0
    )
    site = bootstrap.build_site(load_settings(tmp_path))
    said = {"message": {"en": "Tell the shop", "zh": "通知商城"}}
    with site.storage.connection() as connection:
        hook = Effect("webhook", "https://shop.example.com/hooks?key=1", "hi", said)
        outbox_of(connection).add([("", "", hook), ("", "", hook)])
    with site.storage.connection() as connection:
        ids = list(connection.execute(select(fs_outbox.c.id).order_by(fs_outbox.c.id)).scalars())
        for one in ids:
            outbox_of(connection).failed(one, "the receiver answered 410", None)
    site.storage.close()
    return ids


def test_they_are_listed_sent_once_and_dropped(
    dead: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(("outbox", "list"), bootstrap) == 0
    english = capsys.readouterr().out
    assert run(("--lang", "zh", "outbox", "list"), bootstrap) == 0
    chinese = capsys.readouterr().out
    assert "given up  Webhook  Tell the shop\n    to https://shop.example.com/hooks\n" in english
    assert "    the receiver answered 410\n    never tried\n" in english
    assert "已放弃  Webhook  通知商城\n    收件方：https://shop.example.com/hooks\n" in chinese
    assert "    对方返回 410\n" in chinese

    for _ in range(2):
        assert run(("outbox", "again", str(dead[0])), bootstrap) == 0
    assert run(("outbox", "drop", "--channel", "webhook", "--reason", "closed"), bootstrap) == 0
    assert capsys.readouterr().out.splitlines() == [
        "One message is sent again.",
        "There was nothing to send again.",
        "2 messages are dropped.",
    ]
    assert run(("outbox", "list"), bootstrap) == 0
    assert capsys.readouterr().out == "Everything got through.\n"


def test_nothing_is_done_with_messages_that_are_not_named(
    dead: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(("outbox", "again"), bootstrap) == 1
    assert run(("outbox", "again", str(dead[0]), "--all"), bootstrap) == 1
    assert run(("--lang", "zh", "outbox", "drop", "--all", "--reason", " "), bootstrap) == 1
    assert "no messages are named, or in two ways." in capsys.readouterr().err
