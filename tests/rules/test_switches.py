"""A rule is switched off and on again: nothing begins anew, and nothing stays that ended meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from fieldstone.changes.nouns import Change, Operation
from fieldstone.storage.journal import fs_decision
from fieldstone.storage.timers import fs_timer
from fieldstone.worker.turns import work_until_idle
from tests.chaos.house import House, founded

RULE = "follow_up_in_time"
SWITCH = f"rules.{RULE}.enabled"


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    """A company on the core's rules."""
    opened = founded(tmp_path, database_url)
    yield opened
    opened.site.storage.close()


def a_lead(house: House, number: int = 1) -> str:
    values = {
        "name": "李雷",
        "mobile": f"1370013700{number}",
        "channel": house.channel,
        "owner": house.people["li"],
    }
    (made,) = house.submit("system", [Change("lead", Operation.CREATE, values, trusted=True)])
    return str(made.record_id)


def due(house: House, lead: str) -> datetime | None:
    """Return when the rule's deadline of a lead is due; None: it has none."""
    asked = select(fs_timer.c.due).where(
        fs_timer.c.record == lead, fs_timer.c.rule == RULE, fs_timer.c.kind == "due"
    )
    with house.site.storage.looking() as connection:
        return connection.execute(asked).scalar()


def decided(house: House, lead: str) -> bool:
    """Tell whether the rule did something to a lead."""
    kept = fs_decision.c
    asked = select(kept.id).where(kept.record == lead, kept.rule == RULE)
    with house.site.storage.looking() as connection:
        return connection.execute(asked).first() is not None


def test_a_deadline_that_runs_keeps_its_time_when_its_rule_is_switched_off_and_on(
    house: House,
) -> None:
    lead = a_lead(house)
    then = due(house, lead)

    house.edit("a pause", {SWITCH: False})
    house.clock.move(timedelta(minutes=30))
    work_until_idle(house.site, seconds=30)
    house.set("lead", lead, need="CRM")
    house.edit("go on", {SWITCH: True})

    assert then is not None
    assert due(house, lead) == then


def test_a_deadline_ends_with_its_reason_while_its_rule_is_switched_off(house: House) -> None:
    returned, judged, kept = a_lead(house), a_lead(house, 2), a_lead(house, 3)

    house.edit("a pause", {SWITCH: False})
    house.act("li", "release", returned, reason="too_many")
    house.act("admin", "move", judged, to="invalid", values={"lost_reason": "no_need"})
    house.edit("go on", {SWITCH: True})

    assert (due(house, returned), due(house, judged)) == (None, None)
    assert due(house, kept) is not None


def test_a_rule_that_is_switched_off_gives_no_new_deadline_until_it_is_applied(
    house: House,
) -> None:
    house.edit("a pause", {SWITCH: False})
    lead = a_lead(house)
    house.edit("go on", {SWITCH: True})
    missed = due(house, lead)

    house.apply(RULE)
    work_until_idle(house.site, seconds=30)

    assert missed is None
    assert due(house, lead) is not None


def test_a_deadline_that_is_missed_while_its_rule_is_switched_off_is_acted_on_afterwards(
    house: House,
) -> None:
    lead = a_lead(house)
    then = due(house, lead)
    assert then is not None

    house.edit("a pause", {SWITCH: False})
    house.clock.move(then - house.clock() + timedelta(minutes=5))
    work_until_idle(house.site, seconds=30)
    waiting = due(house, lead)
    house.edit("go on", {SWITCH: True})
    house.clock.move(timedelta(hours=1))
    work_until_idle(house.site, seconds=30)

    assert waiting is not None
    assert due(house, lead) is None
    assert decided(house, lead)
