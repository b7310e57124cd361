"""What presses in the demo company: leads that must be followed up soon, conversions that wait for a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from fieldstone.actions.demo.teller import Chapter, Teller
from fieldstone.changes.nouns import Actor, Change, Effect, Operation, TimerRequest
from fieldstone.rules.conversion import ASKS
from fieldstone.storage.conversions import PENDING

WAITING: Final = 2
PRESSING: Final = 3
SOON: Final = timedelta(minutes=50)
RULE: Final = "follow_up_in_time"


def press(teller: Teller, ids: Sequence[str], chapters: Sequence[Chapter]) -> None:
    """Let some of this morning's leads be due within the hour, and others wait to be converted."""
    leads = [(one, chapter.values) for one, chapter in zip(ids, chapters, strict=True)]
    owned = [(one, values) for one, values in _owned(teller, leads) if values.get("need")]
    for record_id, values in owned[:PRESSING]:
        _due_soon(teller, record_id, values)
    for record_id, values in owned[PRESSING : PRESSING + WAITING]:
        _asks_to_convert(teller, record_id, str(values["owner"]))


def _owned(
    teller: Teller, leads: Sequence[tuple[str, Mapping[str, object]]]
) -> list[tuple[str, dict[str, Any]]]:
    with teller.site.writes.unit(teller.context(), teller.site.model) as unit:
        rows = unit.transaction.rows("lead", [one for one, _ in leads])
    return [(one, rows[one]) for one, _ in leads if rows[one].get("owner")]


def _due_soon(teller: Teller, record_id: str, values: Mapping[str, Any]) -> None:
    """Move the follow-up that stands for a lead to within the hour, and tell its owner and the manager."""
    due = teller.now + SOON
    text = {
        "en": f"{values['name']} must be followed up within an hour.",
        "zh": f"线索“{values['name']}”须在 1 小时内跟进。",
    }
    with teller.site.writes.unit(teller.context(), teller.site.model) as unit:
        tx = unit.transaction
        timer = tx.standing(RULE, [record_id]).get(record_id)
        if timer is None:
            return
        started = (due - timedelta(hours=4)).isoformat()
        moved = TimerRequest(RULE, "due", due, {"start": started})
        told_already = [TimerRequest(RULE, f"ladder:{step}", None) for step in range(2)]
        tx.timers([("lead", record_id, one) for one in (moved, *told_already)])
        owner = tx.rows("user", [str(values["owner"])])[str(values["owner"])]
        told = [str(values["owner"]), *([str(owner["manager"])] if owner.get("manager") else [])]
        tx.outbox([("lead", record_id, _reminder(person, record_id, text, due)) for person in told])


def _reminder(person: str, record_id: str, text: Mapping[str, str], due: datetime) -> Effect:
    payload = {
        "object": "lead",
        "id": record_id,
        "message": text,
        "strength": "urgent",
        "rule": RULE,
        "due": due.isoformat(),
        "acknowledge": True,
    }
    return Effect("in_page", person, "reminder", payload)


def _asks_to_convert(teller: Teller, record_id: str, owner: str) -> None:
    """Let the owner of a lead ask for its conversion; it waits for a manager."""
    at = teller.now - timedelta(hours=2)
    ctx = replace(teller.context(), actor=Actor(owner, frozenset({"sales"})), now=at)
    with teller.site.writes.unit(ctx, teller.site.model) as unit:
        unit.transaction.conversions.begin(
            ("lead", record_id), "lead_conversion", PENDING, {}, (owner, at)
        )
        change = Change(
            "lead",
            Operation.UPDATE,
            {"checking": True},
            record_id,
            action="convert",
            trusted=True,
            reason="conversion asked for",
            asks={ASKS: "waits"},
        )
        unit.submit([change])
