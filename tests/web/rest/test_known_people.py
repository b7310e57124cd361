"""A new lead of somebody who is known goes first to who knows them, and the decision says why."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.web.rest.programs import Api

numbers = count(13911000000)


@pytest.fixture
def mobile() -> str:
    return f"+86{next(numbers)}"


def why(api: Api, lead: str) -> dict[str, Any]:
    """Return the decision that gave a lead to somebody, or held it."""
    found = api("GET", f"lead/{lead}/explain").json["data"]
    return next(one for one in found if one["kind"] == "assignment")


def test_whoever_has_the_earlier_lead_gets_the_new_one(api: Api, mobile: str) -> None:
    api.a_lead(name="Han Mei", mobile=mobile, owner=api.ids["wang"])

    again = api.a_lead(name="Han M.", mobile=mobile)

    assert again["owner"] == api.ids["wang"]
    told = why(api, again["id"])
    assert "looks after the lead Han Mei already" in told["because"]
    assert [one["id"] for one in told["candidates"] if one["chosen"]] == [api.ids["wang"]]


def test_whoever_has_the_customer_is_known_by_its_telephone(api: Api, mobile: str) -> None:
    api("POST", "customer", "li", json={"name": "Known Metals", "phone": mobile})

    lead = api.a_lead(name="Somebody There", mobile=mobile)

    assert lead["owner"] == api.ids["li"]
    assert "looks after the customer Known Metals already" in why(api, lead["id"])["because"]


def test_who_is_away_is_passed_over_and_the_decision_says_so(api: Api, mobile: str) -> None:
    api.a_lead(name="Han Mei", mobile=mobile, owner=api.ids["wang"])
    absence = {
        "owner": api.ids["wang"],
        "starts_at": "2020-01-01T00:00:00Z",
        "ends_at": "2090-01-01T00:00:00Z",
    }
    made = api("POST", "absence", json=absence)
    assert made.status_code == 201, made.json
    try:
        lead = api.a_lead(name="Han M.", mobile=mobile, region="north")
    finally:
        api("DELETE", f"absence/{made.json['data']['id']}")

    assert lead["owner"] != api.ids["wang"]
    (passed,) = [one for one in why(api, lead["id"])["candidates"] if one["id"] == api.ids["wang"]][
        :1
    ]
    assert "absent" in passed["because"]


def test_whoever_had_it_last_gets_it_unless_the_cool_down_says_no(api: Api, mobile: str) -> None:
    first = api.a_lead(name="Han Mei", mobile=mobile, owner=api.ids["li"])
    sent = api("POST", f"lead/{first['id']}/actions/release", "li", json={"reason": "no time"})
    assert sent.status_code == 200, sent.json

    soon = api.a_lead(name="Han M.", mobile=mobile, region="north")
    api("DELETE", f"lead/{soon['id']}")
    with api.later(days=40):
        late = api.a_lead(name="Han Meimei", mobile=mobile, region="north")

    reasons = [
        one["because"] for one in why(api, soon["id"])["candidates"] if one["id"] == api.ids["li"]
    ]
    assert any("cool-down until" in one for one in reasons), reasons
    assert late["owner"] == api.ids["li"]
    assert "had the lead Han Mei last" in why(api, late["id"])["because"]
