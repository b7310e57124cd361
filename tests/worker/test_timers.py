"""What is due is done once, in its own transaction, and not after the record has moved on."""

from __future__ import annotations

from datetime import timedelta

from fieldstone.changes.nouns import Change, Operation
from fieldstone.site import Site
from fieldstone.worker import timers
from fieldstone.worker.turns import work_once, work_until_idle
from tests.worker.world import (
    a_person,
    created,
    leads_of,
    move_clock,
    rows,
    states,
    timers_left,
)


def test_a_due_timer_acts_through_the_write_door_and_is_gone(site: Site) -> None:
    li = a_person(site)
    lead = created(site, "lead", name="A", owner=li)
    assert timers_left(site) == 1
    move_clock(site, hours=1, minutes=1)

    work_until_idle(site)

    row = rows(site, "lead", [lead])[lead]
    assert (row["recalls"], row["version"]) == (1, 2)
    assert timers_left(site) == 0
    assert states(site) == {"done": 2}  # the automation's message and the deadline's


def test_nothing_happens_before_the_instant(site: Site) -> None:
    lead = created(site, "lead", name="A", owner=a_person(site))
    move_clock(site, minutes=59)

    work_until_idle(site)

    assert rows(site, "lead", [lead])[lead]["recalls"] == 0
    assert timers_left(site) == 1


def test_a_record_that_moved_on_is_left_alone(site: Site) -> None:
    lead = created(site, "lead", name="A", owner=a_person(site))
    done = Change("lead", Operation.UPDATE, {"recalls": 5}, lead, trusted=True)
    site.writes.submit(site.system_context("test"), site.model, [done])
    move_clock(site, hours=2)

    work_until_idle(site)

    assert rows(site, "lead", [lead])[lead]["recalls"] == 5


def test_a_deleted_record_takes_its_timers_along(site: Site) -> None:
    lead = created(site, "lead", name="A", owner=a_person(site))
    gone = Change("lead", Operation.DELETE, {}, lead, trusted=True)
    site.writes.submit(site.system_context("test"), site.model, [gone])

    assert timers_left(site) == 0


def test_the_timers_decision_is_kept_with_the_rule_and_its_reason(site: Site) -> None:
    created(site, "lead", name="A", owner=a_person(site))
    move_clock(site, hours=2)

    acted = timers.act_on_due_timers(site)

    assert acted == 1
    assert timers.act_on_due_timers(site) == 0


def test_a_long_stop_does_not_fall_on_everybody_at_once(site: Site, monkeypatch) -> None:
    monkeypatch.setattr(timers, "CATCH_UP", 3)
    leads_of(site, a_person(site), 10)
    move_clock(site, hours=6)

    acted = 0
    while more := timers.act_on_due_timers(site):
        acted += more

    assert acted == 3
    assert timers_left(site) == 7
    move_clock(site, minutes=10)
    assert timers.act_on_due_timers(site) == 3


def test_what_was_due_half_a_day_ago_gets_its_grace_even_after_it_was_spread(
    site: Site, monkeypatch
) -> None:
    monkeypatch.setattr(timers, "CATCH_UP", 1)
    leads = leads_of(site, a_person(site), 2)
    move_clock(site, hours=30)
    timers.act_on_due_timers(site)
    move_clock(site, minutes=10)

    timers.act_on_due_timers(site)

    assert [row["recalls"] for row in rows(site, "lead", leads).values()] == [0, 0]
    assert timers_left(site) == 2


def test_a_rule_that_fails_is_put_off_and_the_others_go_on(site: Site, monkeypatch) -> None:
    leads = leads_of(site, a_person(site), 2)
    move_clock(site, hours=1.5)
    look = timers._look

    def break_for_the_first(site, model, seen):
        if any(one.timer.record_id == leads[0] for one in seen):
            raise KeyError("a bug")
        return look(site, model, seen)

    monkeypatch.setattr(timers, "_look", break_for_the_first)
    work_until_idle(site)

    found = rows(site, "lead", leads)
    assert [found[one]["recalls"] for one in leads] == [0, 1]
    monkeypatch.undo()
    move_clock(site, hours=1, minutes=1)
    work_until_idle(site)
    assert rows(site, "lead", leads)[leads[0]]["recalls"] == 1


def test_a_timer_of_a_rule_that_this_process_does_not_know_is_kept(site: Site) -> None:
    created(site, "lead", name="A", owner=a_person(site))
    move_clock(site, hours=2)
    known = site.model
    site.publish(type(known)(**{**vars(known), "rules": {}}))

    work_until_idle(site)

    assert timers_left(site) == 1
    site.publish(known)
    move_clock(site, hours=1, minutes=1)
    assert timers.act_on_due_timers(site) == 1


def test_one_turn_says_how_much_it_did_and_an_idle_one_says_nothing(site: Site) -> None:
    work_until_idle(site)
    created(site, "lead", name="A", owner=a_person(site))

    assert work_once(site) == 1
    assert work_once(site) == 0
    assert timedelta(0) < timers.LATE
