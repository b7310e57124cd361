"""A public pool goes away only when nothing lies in it any more."""

from __future__ import annotations

from typing import Any

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.evolution.apply import Wish
from tests.evolution.world import Process

POOLS = "objects.lead.ownership.pools"
LEFT = ["public_pool", "nurture_pool", "dead_pool"]


def put(process: Process, lead: str | None, **values: Any) -> str:
    """Write a lead in the system's name."""
    operation = Operation.CREATE if lead is None else Operation.UPDATE
    change = Change("lead", operation, values, lead, trusted=True, skip_rules=True)
    (outcome,) = process.site.writes.submit(process.ctx, process.site.model, [change])
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)


def test_a_pool_in_which_records_lie_cannot_go_and_the_plan_says_how_many(process: Process) -> None:
    channel = process.write("channel", name="Website", code="website", kind="own")
    lead = put(process, None, name="李雷", channel=channel, region="north", pool="north_pool")

    planned = process.plan((POOLS, LEFT))

    assert [problem.code for problem in planned.problems] == ["pool_with_records"]
    assert "there is 1 lead" in planned.problems[0].message
    with pytest.raises(RefusedError):
        process.changing.apply(process.ctx, planned, Wish("", second_word=True))

    put(process, lead, pool="public_pool")
    assert process.plan((POOLS, LEFT)).problems == ()
