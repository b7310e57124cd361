"""Tells administrators that something was given up: one notification for a channel, which counts.

There is at most one new one an hour; one a week where nothing is set up that could send, which stays so until somebody does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fieldstone.base.delivery_reasons import reason
from fieldstone.base.label import Label
from fieldstone.storage.notices import Notices, a_notification

TOPIC: Final = "undelivered"
"""The topic of these notifications, before the name of the channel."""
TOGETHER: Final = timedelta(days=7)
"""So long an unread notification counts on."""
LONGEST: Final = 200


@dataclass(frozen=True)
class GivenUp:
    """Messages of a channel that nobody tries again by themselves, and why."""

    channel: str
    label: Label
    error: str
    count: int = 1
    unset: bool = False


def tell_administrators(
    notices: Notices, given_up: GivenUp, people: Callable[[], Sequence[str]]
) -> None:
    """Tell them in the transaction that gave the messages up."""
    now = notices.now
    topic = f"{TOPIC}.{given_up.channel}"
    period = "%G-W%V" if given_up.unset else "%Y-%m-%dT%H"
    event = f"{topic}:{now:{period}}"
    words = _words(given_up)
    told = words[given_up.count > 1].filled_in({"count": given_up.count})
    payload = {"count": given_up.count, "message": {"en": told.en, "zh": told.text("zh")}}
    for person in people():
        note = a_notification(person, topic, payload, now)
        if not notices.gather(note, words[True], now - TOGETHER):
            notices.notify(event, note)


def _words(given_up: GivenUp) -> tuple[Label, Label]:
    """Return what is said of one, and of several by {count}."""
    label, why = given_up.label, reason(given_up.error[:LONGEST])
    # What a receiver or an extension said may hold anything.
    names = [text.replace("{", "{{").replace("}", "}}") for text in (label.en, label.text("zh"), why.en, why.text("zh"))]  # fmt: skip
    english, chinese, why_en, why_zh = names
    return (
        Label(
            f"{english}: a message did not get through ({why_en}).",
            f"{chinese}：有一条消息未能送达（{why_zh}）。",
        ),
        Label(
            f"{english}: {{count}} messages did not get through, the latest: {why_en}.",
            f"{chinese}：有 {{count}} 条消息未能送达，最近一条的原因：{why_zh}。",
        ),
    )
