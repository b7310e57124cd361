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


def test_numbers_of_other_boards_name_their_records_through_the_same_door(api: Api) -> None:
    person = api.ids["li"]
    held = api.a_lead("li", mobile="+8613900007002")["id"]
    pooled = api.a_lead(mobile="+8613900007003", company="公海七号", owner=person)["id"]
    api("POST", f"lead/{pooled}/actions/release", json={"pool": "public_pool"})

    assert api("POST", "rankings/sales_ranking/publish").status_code in (200, 201)

    def behind(board: str, **number: str) -> dict[str, object]:
        answer = api("POST", f"reports/{board}/records", json=number)
        assert answer.status_code == 200, answer.json
        data: dict[str, object] = answer.json["data"]
        return data

    room = behind("assignment:lead_assignment", figure="room", key=person)
    points = behind("ranking:sales_ranking", figure="points", key=person, period="preview")
    measured = behind("ranking:sales_ranking", figure="conversion", key=person, period="preview")
    came = behind("pool:public_pool", figure="came", period="7")
    arrived = behind("source:", figure="arrived")

    assert held in room["ids"]
    assert (points["total"], len(points["parts"])) == (0, 4)
    assert points["parts"][3]["total"] == measured["total"] == len(measured["ids"]) > 0
    assert pooled in came["ids"]
    assert (arrived["object"], arrived["total"]) == ("arrival", 0)


def test_the_numbers_of_a_board_open_for_its_readers_alone(api: Api) -> None:
    for board, figure, who in (
        ("assignment:lead_assignment", "today", "li"),
        ("assignment:lead_assignment", "nothing", "mei"),
        ("assignment:moon", "today", "mei"),
        ("ranking:sales_ranking", "points", "guest"),
        ("ranking:moon", "points", "mei"),
        ("pool:moon", "came", "mei"),
        ("source:moon", "arrived", "admin"),
        ("source:", "arrived", "li"),
        ("moon:x", "today", "mei"),
    ):
        answer = api("POST", f"reports/{board}/records", who, json={"figure": figure})
        assert answer.status_code == 404, (board, answer.json)
        assert answer.json["problems"][0]["cure"]


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
