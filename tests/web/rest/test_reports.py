"""Dashboards by programs: their figures, and the records behind each of them."""

from __future__ import annotations

from tests.web.rest.programs import Api

RECORDS = "reports/people/records"


def test_each_number_of_a_report_names_its_records(api: Api) -> None:
    lead = api.a_lead(mobile="+8613900007001", owner=api.ids["li"])["id"]
    figures = api("POST", "reports/people", json={"period": "all"}).json["data"]
    owned = next(one for one in figures["figures"] if one["code"] == "owned")

    every = api("POST", RECORDS, json={"period": "all", "figure": "owned"}).json
    theirs = api(
        "POST",
        RECORDS,
        json={"period": "all", "chart": "owners", "figure": "owned", "key": api.ids["li"]},
    ).json

    assert every["data"]["object"] == "lead"
    assert every["data"]["total"] == int(owned["value"])
    assert lead in theirs["data"]["ids"]
    assert theirs["data"]["total"] == len(theirs["data"]["ids"])
    assert theirs["page"]["next"] is None
    listed = api("POST", "reports/sources/records", json={"period": "all", "figure": "leads"}).json
    assert listed["data"]["total"] == len(listed["data"]["ids"]) > 0


def test_nonsense_about_a_number_is_refused_with_a_cure(api: Api) -> None:
    for path, given, status in (
        (RECORDS, {"figure": "nothing"}, 404),
        ("reports/nothing/records", {"figure": "owned"}, 404),
        (RECORDS, {"figure": 5}, 400),
        (RECORDS, {"period": None}, 400),
        (RECORDS, {"wrong": "x"}, 400),
        (RECORDS, {"figure": "owned", "period": "yesterday"}, 400),
    ):
        answer = api("POST", path, json=given)
        assert answer.status_code == status, (given, answer.json)
        assert all(one["cure"] for one in answer.json["problems"])
