"""Who gets a lead because it is theirs anyway gets it within the limits of the entry, and it counts there."""

from __future__ import annotations

from fieldstone.changes.nouns import Change, Operation
from tests.actions.acting import a_lead, with_rules
from tests.company import Company

CAPPED = """
rules:
  lead_assignment:
    limits: {per_month: 2}
    entries:
      - {code: known, to: {known_by: lead_duplicate}}
      - {code: mei, to: {user: mei@example.com}, limits: {per_month: 99}}
      - {code: li, to: {user: li@example.com}}
  follow_up_in_time: {enabled: false}
"""
MOBILE = "13900139000"


def again(company: Company, **values: object) -> tuple[object, str]:
    """Let the same person come as a new lead; return who got it, and what was said of Li."""
    row = {"name": "王小明", "mobile": MOBILE, "channel": company.ids["website"], **values}
    made = company.create("lead", "admin", **row)
    assert not made.problems, made.problems
    (told,) = [one for one in made.decisions if one.kind == "assignment"]
    said = [one.because.en for one in told.candidates if one.name == "Li"]
    return company.row("lead", made.record_id)["owner"], said[0] if said else ""


def test_who_knows_a_person_gets_them_until_the_cap_of_the_entry_and_then_somebody_else(
    company: Company,
) -> None:
    office = with_rules(company, CAPPED)
    a_lead(office, owner="li", mobile=MOBILE)
    li, mei = office.ids["li"], office.ids["mei"]

    owners = [again(office)[0] for _ in range(2)]
    third, said = again(office)

    assert owners == [li, li]
    assert third == mei
    assert said == "has got 2 this month, the limit"


def test_what_somebody_got_by_turns_counts_where_they_are_known_too(company: Company) -> None:
    turns_only = CAPPED.replace("{code: mei", "{code: mei, when: \"region == 'south'\"")
    office = with_rules(company, turns_only)
    li = office.ids["li"]
    for number in (1, 2):
        made = office.create(
            "lead",
            "admin",
            name=f"客户{number}",
            mobile=f"1390013910{number}",
            channel=office.ids["website"],
        )
        assert office.row("lead", made.record_id)["owner"] == li
    a_lead(office, owner="li", mobile=MOBILE)

    owner, said = again(office, region="south")

    assert owner == office.ids["mei"]
    assert said == "has got 2 this month, the limit"


def test_what_is_taken_from_somebody_does_not_come_back_to_them_because_they_know_the_person(
    company: Company,
) -> None:
    office = with_rules(company, CAPPED)
    a_lead(office, owner="li", mobile=MOBILE)
    lead = a_lead(office, owner="li", mobile=MOBILE)

    # As a deadline does that was missed, with `reassign`.
    taken = Change("lead", Operation.UPDATE, {"owner": None, "pool": None}, lead, trusted=True)
    (outcome,) = office.submit(taken)

    assert office.row("lead", lead)["owner"] == office.ids["mei"]
    (told,) = [one for one in outcome.decisions if one.kind == "assignment"]
    assert "had it before" in {one.because.en for one in told.candidates if one.name == "Li"}
