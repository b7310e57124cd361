"""Administrators are told of what was given up, once for a channel, and in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import fieldstone
from fieldstone.base.delivery_reasons import CHINESE, is_ours, reason
from fieldstone.changes.nouns import Effect
from fieldstone.delivery.contract import DeliveryError
from fieldstone.site import Site
from fieldstone.storage.leased import notices_of
from fieldstone.storage.notices import Notices, Notification
from fieldstone.worker.turns import office
from tests.delivery.test_office import Recorder, put_out
from tests.worker.world import a_person, a_site, states

PLATFORM = Path(fieldstone.__file__).parent
RAISED = {"DeliveryError", "EnrichError", "AddressError", "ValueError", "_NotYetError"}


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def site(database_url: str, recorder: Recorder) -> Iterator[Site]:
    made = a_site(database_url, sms=recorder)
    yield made
    made.storage.close()


def notes(site: Site, user: str) -> tuple[Notification, ...]:
    with site.storage.looking() as connection:
        return notices_of(connection).of(user)


def give_up(site: Site, recorder: Recorder, *whys: str, unset: bool = False) -> None:
    for why in whys:
        put_out(site, Effect("sms", "li", "hello", {"text": "hello"}))
        recorder.failure = DeliveryError(why, retry=False, unset=unset)
        office(site).deliver_outside()


def test_administrators_are_told_once_and_the_notification_counts(
    site: Site, recorder: Recorder
) -> None:
    admin = a_person(site, "Ann")
    sales = a_person(site, "Bo", roles=["sales"])
    gone = a_person(site, "Cy", active=False)

    give_up(site, recorder, "the receiver answered 410")
    (first,) = notes(site, admin)
    give_up(site, recorder, "no answer: {odd}", "not sent: there is nobody to write to")

    (note,) = notes(site, admin)
    assert (
        first.said("en") == "Recorder: a message did not get through (the receiver answered 410)."
    )
    assert note.said("en") == (
        "Recorder: 3 messages did not get through, the latest: not sent: there is nobody to write to."
    )
    assert note.said("zh") == "记录：有 3 条消息未能送达，最近一条的原因：未发送：没有收件人。"
    assert note.topic == "undelivered.sms"
    assert (notes(site, sales), notes(site, gone)) == ((), ())


@pytest.mark.parametrize(
    ("unset", "told"),
    [(False, ["10:00", "11:00", "11:00 next Monday"]), (True, ["10:00", "11:00 next Monday"])],
)
def test_who_has_read_it_is_told_again_after_an_hour_or_in_a_week_where_nothing_is_set_up(
    site: Site, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, unset: bool, told: list[str]
) -> None:
    admin, monday = a_person(site, "Ann"), datetime(2026, 11, 30, 10, tzinfo=UTC)
    moments = {
        "10:00": monday,
        "10:40": monday + timedelta(minutes=40),
        "11:00": monday + timedelta(hours=1),
        "11:00 next Monday": monday + timedelta(days=7, hours=1),
    }
    heard = []
    for name, moment in moments.items():
        monkeypatch.setattr(Notices, "now", moment)
        before = len(notes(site, admin))
        give_up(site, recorder, "the receiver answered 410", unset=unset)
        with site.storage.connection() as connection:
            notices_of(connection).read(admin)
        heard += [name] if len(notes(site, admin)) > before else []

    assert heard == told


def test_messages_for_a_channel_that_is_not_there_are_told_together(site: Site) -> None:
    admin = a_person(site, "Ann")
    put_out(site, *(Effect("pigeon", "li", "hello") for _ in range(4)))

    assert office(site).give_up_unknown() == 4

    (note,) = notes(site, admin)
    assert note.said("en").startswith("Pigeon: 4 messages did not get through")
    assert states(site) == {"dead": 4}


def test_every_reason_is_there_in_chinese() -> None:
    files = [*(PLATFORM / "delivery").rglob("*.py"), PLATFORM / "worker/enriching.py"]
    said = {text for path in files for text in _raised(ast.parse(path.read_text("utf-8")))}
    said.discard("{}")  # what an address or a rule says, which is on the list itself

    assert sorted(said - CHINESE.keys()) == []
    assert sorted(CHINESE.keys() - said) == ["not sent: there is no such channel"]


def _raised(tree: ast.AST) -> Iterator[str]:
    """Yield the sentences of the errors that are raised; what stands in a sentence as {}."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED and node.args:
            yield from _text(node.args[0])
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "said":
            yield from _text(node.value)


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.Constant) else "{}" for one in node.values]
        text = "".join(str(part) for part in parts)
        if text.strip("{}[]: "):
            yield text


def test_a_reason_that_quotes_another_is_told_whole() -> None:
    private = "not sent: the host lies in a private network, which may not be called"

    assert reason(private).text("zh") == "未发送：该主机位于内网，不允许调用"
    assert reason("the service answered 503").text("zh") == "数据服务返回 503"
    assert reason("KeyError: 'x'").text("zh") == "KeyError: 'x'"
    assert is_ours("the service answered 503")
    assert not is_ours("Lin Tao has no budget")
