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
    assert len(points["parts"]) == 4
    every = {one for part in points["parts"] for one in part["ids"]}
    assert (points["total"], set(points["ids"])) == (len(every), every)
    assert points["parts"][3]["total"] == measured["total"] == len(measured["ids"]) > 0
    assert set(points["parts"][3]["ids"]) == set(measured["ids"])
    assert pooled in came["ids"]
    assert (arrived["object"], arrived["total"]) == ("arrival", 0)


def test_what_counts_against_a_limit_of_a_pool_is_named(api: Api) -> None:
    kept, given_back = (
        api.a_lead(mobile=f"+861390000701{n}", company=f"公海{n}", owner=api.ids["mei"])["id"]
        for n in range(2)
    )
    for lead in (kept, given_back):
        api("POST", f"lead/{lead}/actions/release", "mei", json={"pool": "public_pool"})
        assert api("POST", f"pools/public_pool/lead/{lead}/open", "li").status_code == 200
    claimed = api("POST", "pools/public_pool/lead/claim", "li", json={"ids": [kept, given_back]})
    assert [one["status"] for one in claimed.json["data"]] == [200, 200]
    api("POST", f"lead/{given_back}/actions/release", "li", json={"pool": "public_pool"})

    def behind(who: str, **number: str) -> dict[str, object]:
        number = {"key": api.ids["li"], "period": "day", **number}
        answer = api("POST", "reports/pool:public_pool/records", who, json=number)
        data: dict[str, object] = answer.json.get("data") or {"refused": answer.status_code}
        return data

    theirs, own = behind("admin", figure="claims"), behind("li", figure="claims")
    assert set(theirs["ids"]) == {kept, given_back}
    assert theirs["note"] is None
    assert set(behind("admin", figure="views")["ids"]) == {kept, given_back}
    assert own["ids"] == [kept]
    assert str(own["note"]).startswith("2 in all. Here are the 1 records")
    assert kept in behind("li", figure="held", period="")["ids"]
    assert behind("wang", figure="claims") == {"refused": 403}
    assert behind("admin", figure="claims", period="year") == {"refused": 404}
    assert behind("admin", figure="held", period="moon") == {"refused": 404}


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
