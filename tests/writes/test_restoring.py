"""What comes out of the recycle bin has its deadlines again: nothing waits for ever because it lay there."""

from __future__ import annotations

from datetime import datetime, timedelta

from fieldstone.changes.nouns import Change, Operation
from fieldstone.storage.timers import Timers
from tests.actions.acting import act
from tests.company import Company

DAY = timedelta(days=1)


def a_lead(company: Company, **values: object) -> str:
    given = {"name": "Wang", "mobile": "13800138000", "channel": company.ids["website"]}
    change = Change("lead", Operation.CREATE, {**given, **values}, trusted=True)
    (made,) = company.submit(change, who="system")
    assert not made.problems
    return str(made.record_id)


def due(company: Company, lead: str) -> dict[tuple[str, str], datetime]:
    with company.storage.looking() as connection:
        found = Timers(connection, company.storage.dialect).of(lead)
    return {(one.rule, one.kind): one.due for one in found}


def through_the_bin(company: Company, lead: str, rest: timedelta = DAY) -> None:
    company.delete("lead", lead)
    assert due(company, lead) == {}
    company.now += rest
    (back,) = company.submit(Change("lead", Operation.RESTORE, {}, lead))
    assert not back.problems


def test_its_deadlines_and_reminders_stand_where_they_stood(company: Company) -> None:
    lead = a_lead(company, owner=company.ids["li"])
    before = due(company, lead)

    through_the_bin(company, lead, timedelta(minutes=1))

    assert ("follow_up_in_time", "due") in before
    assert due(company, lead) == before


def test_what_fell_due_in_the_bin_gets_its_grace(company: Company) -> None:
    lead = a_lead(company, owner=company.ids["li"])

    through_the_bin(company, lead, 30 * DAY)

    at = due(company, lead)["follow_up_in_time", "due"]
    assert company.now < at <= company.now + DAY


def test_a_pooled_record_ages_and_is_told_of_again(company: Company) -> None:
    lead = a_lead(company, owner=None, pool="public_pool")
    before = due(company, lead)

    through_the_bin(company, lead)

    assert {kind for _, kind in before} >= {"aged"}
    assert due(company, lead).keys() == before.keys()


def test_a_protection_ends_when_it_was_to_end(company: Company) -> None:
    lead = a_lead(company, owner=company.ids["li"])
    act(company, "admin", "protect", lead)
    before = due(company, lead)

    through_the_bin(company, lead)

    assert ("lead_protection", "expiry") in before
    assert due(company, lead) == before
