"""Messages and means as tests of channels need them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fieldstone.base.settings import Settings
from fieldstone.delivery.contract import Means, Message, Receiver

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LI = Receiver("li", "Li Lei", "li@example.com", "zh")


def a_message(channel: str = "webhook", to: str = "li", **values: object) -> Message:
    """Return a message about a lead."""
    payload = {"message": {"en": "A lead is yours", "zh": "您有新线索"}, **values}
    return Message("msg_1", channel, to, "lead.assigned", payload, "lead", "l1", NOW)


def means(**settings: object) -> Means:
    """Return means with one known person."""
    given = {"secret_key": "k" * 32, "database_url": "sqlite:///none.db", **settings}
    return Means(
        Settings(Path.cwd(), **given),  # type: ignore[arg-type]
        datetime.now(UTC),
        {"li": LI}.get,
    )
