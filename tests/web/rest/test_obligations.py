"""Deadlines, conversions and hand-overs for programs."""

from __future__ import annotations

from openapi_spec_validator import validate
from sqlalchemy import Engine, event

from tests.web.rest.programs import NOBODY, Api


def test_a_lead_tells_its_deadlines_and_what_happens_then(api: Api) -> None:
    lead = api.a_lead(mobile="+8613900002001", owner=api.ids["li"])

    found = api("GET", f"lead/{lead['id']}/deadlines", "li").json["data"]

    (one,) = [one for one in found if one["rule"] == "follow_up_in_time"]
    assert one["kind"] == "followup_sla"
    assert one["then"] == "back to Public pool"
    assert one["cooldown"] == "7 days"
    assert (one["overdue"], one["extended"], one["may_extend"]) == (False, 0, True)
    assert api("GET", f"lead/{NOBODY}/deadlines").status_code == 404
    assert api("GET", f"lead/{lead['id']}/deadlines", "wang").status_code == 404


def test_a_deadline_is_extended_within_its_limit(api: Api) -> None:
    lead = api.a_lead(mobile="+8613900002002", owner=api.ids["li"])
    asked = {"rule": "follow_up_in_time", "reason": "on holiday"}
    url = f"lead/{lead['id']}/actions/extend"

    statuses = [api("POST", url, "li", json=asked).status_code for _ in range(3)]
    beyond = api("POST", url, "admin", json=asked)

    assert statuses == [200, 200, 422]
    assert beyond.status_code == 200
    (one,) = [
        one
        for one in api("GET", f"lead/{lead['id']}/deadlines").json["data"]
        if one["rule"] == "follow_up_in_time"
    ]
    assert (one["extended"], one["extensions_left"]) == (3, 0)


def test_a_conversion_tells_before_and_after(api: Api) -> None:
    lead = api.a_lead(mobile="+8613900002003", owner=api.ids["li"], company="Known Ltd")
    there = api("POST", "customer", "li", json={"name": "Known", "phone": "+8613900002003"})
    url = f"lead/{lead['id']}/conversion"

    before = api("GET", url, "li").json["data"]
    api("POST", f"lead/{lead['id']}/actions/convert", "li", json={})
    after = api("GET", url, "li").json["data"]

    assert before["state"] == "open"
    suggested = {one["target"]: one["suggestions"] for one in before["targets"]}
    assert [one["id"] for one in suggested["customer"]] == [there.json["data"]["id"]]
    assert after["state"] == "done"
    assert {one["fate"] for one in after["undo"]} == {"removed"}
    assert api("GET", url, "wang").status_code == 404
    undone = api("POST", f"lead/{lead['id']}/actions/undo_convert", "li", json={})
    assert undone.json["data"]["stage"] == "new"


def test_a_hand_over_tells_what_goes_and_what_stays_to_who_may_ask(api: Api) -> None:
    api.a_lead(mobile="+8613900002004", owner=api.ids["wang"])

    plan = api("GET", f"user/{api.ids['wang']}/leaving")

    assert plan.status_code == 200
    counts = {one["code"]: one["count"] for one in plan.json["data"]["hand_over"]}
    assert counts["leads"] >= 1
    assert plan.json["data"]["job"] is None
    assert api("GET", f"user/{api.ids['wang']}/leaving", "li").status_code == 403
    assert api("GET", f"user/{NOBODY}/leaving").status_code == 404


def test_the_document_describes_them(api: Api) -> None:
    document = api("GET", "openapi.json").json

    validate(document)
    paths = document["paths"]
    assert "/api/v1/lead/{id}/deadlines" in paths
    assert "/api/v1/lead/{id}/conversion" in paths
    assert "/api/v1/user/{id}/leaving" in paths
    assert "/api/v1/channel/{id}/deadlines" not in paths


def test_my_deadlines_stand_in_one_list_those_of_my_team_in_another(api: Api) -> None:
    lead = api.a_lead(mobile="+8613900002031", owner=api.ids["li"])["id"]
    api("PATCH", f"user/{api.ids['li']}", json={"manager": api.ids["admin"]})

    def of(who: str, query: str = "") -> list[str]:
        found = api("GET", f"deadlines{query}", who).json["data"]
        assert [one["due"] for one in found] == sorted(one["due"] for one in found)
        return [one["id"] for one in found if one["rule"] == "follow_up_in_time"]

    assert lead in of("li")
    assert lead not in of("wang")
    assert lead not in of("admin")
    assert lead in of("admin", "?show=team")
    assert lead in of("admin", f"?person={api.ids['li']}&rule=follow_up_in_time")
    assert lead in of("admin", f"?show=team&person={api.ids['li']}")
    assert lead not in of("admin", f"?show=team&person={api.ids['wang']}")
    assert lead not in of("wang", f"?person={api.ids['li']}")  # what they may not see is not told
    assert of("li", "?rule=conversion_in_time") == []
    one = next(one for one in api("GET", "deadlines", "li").json["data"] if one["id"] == lead)
    assert (one["object"], one["title"], one["may_extend"]) == ("lead", "李雷", True)
    assert one["may_acknowledge"] is True
    assert one["working_minutes_left"] > 0
    assert api("GET", "deadlines?show=everything").status_code == 400


def test_a_list_asks_as_often_for_many_deadlines_as_for_one(api: Api) -> None:
    for place in range(6):
        api.a_lead(mobile=f"+861390000204{place}", owner=api.ids["wang"])
    api("GET", "deadlines", "wang")

    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        found = api("GET", "deadlines", "wang").json["data"]
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(found) >= 6
    assert len(asked) < 40
