"""What people hold is counted no further than it matters."""

from __future__ import annotations

from fieldstone.base.ids import new_id
from fieldstone.expressions.expression import parse
from tests.storage.builders import NOW, Site


def test_nobody_is_counted_further_than_asked_for(site: Site) -> None:
    busy, idle, new = new_id(), new_id(), new_id()
    for number in range(5):
        site.add("lead", name=str(number), owner=busy, stage="new")
    site.add("lead", name="done", owner=busy, stage="won")
    site.add("lead", name="one", owner=idle, stage="new")
    site.add("lead", name="gone", owner=idle, stage="new", deleted_at=NOW)
    where = parse("stage == 'new'", site.model.scope("lead"))

    with site.transaction() as transaction:
        people = [busy, idle, new]
        whole = transaction.workload("lead", people, where)
        bounded = transaction.workload("lead", people, where, 3)
        everything = transaction.workload("lead", people, None, 9)

    assert whole == {busy: 5, idle: 1, new: 0}
    assert bounded == {busy: 3, idle: 1, new: 0}
    assert everything == {busy: 6, idle: 1, new: 0}
