"""The assignment board tells what became of records that nobody of the entries could take."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.assigning import Dealt, board_of
from fieldstone.reads.door import Reads
from fieldstone.storage.due_timers import DueTimers
from tests.actions.acting import with_rules
from tests.company import Company

RULES = """
rules:
  lead_assignment:
    entries: [{to: {role: marketing}, method: round_robin}]
    fallback: {pool: null, hold: {for: 2 days, then: THEN}}
"""


def dealt_at_last(company: Company, then: str) -> tuple[str, Dealt]:
    """Return a lead that waited until its deadline, and what the board says of it."""
    site = with_rules(company, RULES.replace("THEN", then))
    values = {"name": "Late", "mobile": "13800138123", "channel": site.ids["website"]}
    made = Change("lead", Operation.CREATE, values, trusted=True)
    (outcome,) = site.submit(made, who="system")
    assert not outcome.problems
    later = replace(site, now=site.now + timedelta(days=3))
    with later.writes.unit(later.context("system", "timer"), later.model) as unit:
        seen = DueTimers(unit.transaction.connection).seen(later.now, 100)
        unit.look_again([one for one in seen if one.object_name == "lead"])
    reads = Reads(later.storage)
    with reads.sight(later.context("admin"), later.model) as sight:
        board = board_of(sight, "lead_assignment")
    assert [one.name or one.pool for one in board.dealt][1:] == [""]  # it waited before
    return str(outcome.record_id), board.dealt[0]


def test_who_got_what_waited_too_long_is_shown_by_name(company: Company) -> None:
    lead, dealt = dealt_at_last(company, "{user: mei@example.com}")

    assert (dealt.record.id, dealt.person) == (lead, company.ids["mei"])
    assert dealt.name == company.row("user", company.ids["mei"])["name"]
    assert dealt.because.en.endswith(": waited in the hold queue until its deadline")


@pytest.mark.parametrize("pool", ["public_pool", "dead_pool"])
def test_the_pool_of_what_waited_too_long_is_shown(company: Company, pool: str) -> None:
    lead, dealt = dealt_at_last(company, f"{{pool: {pool}}}")

    assert (dealt.record.id, dealt.person, dealt.pool) == (lead, "", pool)
    assert "waited in the hold queue until its deadline" in dealt.because.en
