"""Duplicates by programs: pairs are listed and decided, merged records lead on, and names stay masked."""

from __future__ import annotations

import threading
from typing import Any

from fieldstone.worker.long_work import do_next_job
from tests.web.rest.programs import Api


def a_lead(api: Api, name: str, who: str = "admin", **values: object) -> str:
    given = {"name": name, "channel": api.ids["website"], **values}
    answer = api("POST", "lead?allow_duplicate=1", who, json=given)
    assert answer.status_code == 201, answer.json
    return str(answer.json["data"]["id"])


def twins(api: Api, number: int) -> tuple[str, str]:
    company = f"静新软件{number}"
    return a_lead(api, "张伟", company=company), a_lead(api, "张玮", company=f"{company}有限公司")


def pairs(api: Api, who: str = "admin", query: str = "") -> list[dict[str, Any]]:
    answer = api("GET", f"duplicates?object=lead{query}", who)
    assert answer.status_code == 200, answer.json
    return list(answer.json["data"])


def test_a_pair_is_listed_and_decided(api: Api) -> None:
    first, second = twins(api, 1)
    (pair,) = [one for one in pairs(api) if one["record"] == second]

    assert (pair["other"], pair["score"], pair["fields"]) == (first, 96, ["company", "name"])
    answer = api("POST", f"duplicates/{pair['id']}/decide", json={"state": "apart"})
    assert answer.json["data"]["state"] == "apart"
    assert pair["id"] not in {one["id"] for one in pairs(api)}
    assert pair["id"] in {one["id"] for one in pairs(api, query="&state=apart")}


def test_the_id_of_a_merged_record_leads_to_the_survivor(api: Api) -> None:
    first, second = twins(api, 2)
    merged = api("POST", f"lead/{first}/actions/merge", json={"with": second})
    assert merged.status_code == 200, merged.json

    answer = api("GET", f"lead/{second}?fields=name")

    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"/api/v1/lead/{first}?fields=name")
    assert answer.json["merged_into"] == first
    assert api("GET", f"lead/{second}", "li").status_code == 404
    undone = api("POST", f"lead/{first}/actions/unmerge", json={})
    assert undone.json["others"]["restored"] == second
    assert api("GET", f"lead/{second}").status_code == 200


def test_whoever_writes_to_a_merged_record_is_told_which_one_it_is_part_of(api: Api) -> None:
    first, second = twins(api, 6)
    assert api("POST", f"lead/{first}/actions/merge", json={"with": second}).status_code == 200
    before = api("GET", f"lead/{first}").json["data"]

    answers = [
        api("PATCH", f"lead/{second}", json={"need": "CRM"}),
        api("DELETE", f"lead/{second}"),
        api("POST", f"lead/{second}/actions/move", json={"to": "contacted"}),
    ]

    for answer in answers:
        (problem,) = answer.json["problems"]
        assert (answer.status_code, problem["code"]) == (409, "merged")
        assert first in problem["message"]
        assert f"/api/v1/lead/{first}" in problem["cure"]
    assert api("GET", f"lead/{first}").json["data"] == before
    assert api("PATCH", f"lead/{second}", "li", json={"need": "CRM"}).status_code == 404


def test_the_life_of_a_merged_record_is_told_where_it_leads(api: Api) -> None:
    first, second = twins(api, 7)
    assert api("POST", f"lead/{first}/actions/merge", json={"with": second}).status_code == 200

    for part in ("history", "explain", "deadlines"):
        answer = api("GET", f"lead/{second}/{part}")
        assert answer.status_code == 301, part
        assert answer.headers["Location"].endswith(f"/api/v1/lead/{first}/{part}")
        assert answer.json["merged_into"] == first
        assert api("GET", f"lead/{first}/{part}").status_code == 200


def test_many_at_once_are_told_which_records_were_merged(api: Api) -> None:
    first, second = twins(api, 8)
    assert api("POST", f"lead/{first}/actions/merge", json={"with": second}).status_code == 200
    nobody = "0190a0a0-0000-7000-8000-000000000000"
    many = {
        "update": [
            {"id": second, "need": "CRM"},
            {"id": nobody, "need": "CRM"},
            {"id": first, "need": "ERP"},
        ],
        "delete": [second],
    }

    answer = api("POST", "lead/bulk", json=many).json
    unseen = api("POST", "lead/bulk", "li", json={"delete": [second]}).json

    told, gone, written = answer["update"]
    assert (told["status"], told["problems"][0]["code"]) == (409, "merged")
    assert first in told["problems"][0]["message"]
    assert f"/api/v1/lead/{first}" in told["problems"][0]["cure"]
    assert (gone["status"], gone["problems"][0]["code"]) == (404, "not_found")
    assert written["status"] == 200
    assert answer["delete"][0]["status"] == 409
    assert unseen["delete"][0]["status"] == 404


def test_a_merged_record_is_not_made_anew_under_its_number(api: Api) -> None:
    first = a_lead(api, "张伟", company="静新软件9", external_id="crm-901")
    second = a_lead(api, "张玮", company="静新软件9有限公司", external_id="crm-902")
    assert api("POST", f"lead/{first}/actions/merge", json={"with": second}).status_code == 200
    given = {"name": "张玮", "channel": api.ids["website"]}

    refused = api("PUT", "lead/by/external_id/crm-902", json=given)
    changed = api("PUT", "lead/by/external_id/crm-901", json={"need": "CRM"})

    assert (refused.status_code, refused.json["problems"][0]["code"]) == (409, "merged")
    assert first in refused.json["problems"][0]["message"]
    assert changed.status_code == 200
    api("POST", f"lead/{first}/actions/unmerge", json={})
    assert api("PUT", "lead/by/external_id/crm-902", json={"need": "ERP"}).status_code == 200


def test_a_search_is_asked_for_and_followed(api: Api) -> None:
    twins(api, 3)
    begun = api("POST", "duplicates/find", json={"object": "lead"})
    assert begun.status_code == 202

    while do_next_job(api.site, threading.Event()):
        pass

    told = api("GET", f"duplicates/find/{begun.json['data']['job']}").json["data"]
    assert told["state"] == "done"
    assert told["found"] >= 1
    assert api("POST", "duplicates/find", "li", json={"object": "lead"}).status_code == 403


def test_who_is_known_is_told_masked(api: Api) -> None:
    a_lead(api, "王小明", owner=api.ids["wang"], mobile="13712345678")

    (hit,) = api(
        "POST", "duplicates/known", "li", json={"values": {"mobile": "137 1234 5678"}}
    ).json["data"]

    assert (hit["title"], hit["masked"], hit["id"]) == ("王**", True, None)
    assert hit["score"] == 100


def test_nonsense_is_refused_with_a_cure(api: Api) -> None:
    for verb, path, body in (
        ("GET", "duplicates?object=lead&state=gone", None),
        ("GET", "duplicates?object=lead&limit=many", None),
        ("POST", "duplicates/known", {"values": {"nope": "1"}}),
        ("POST", "duplicates/known", {"values": {}}),
        ("POST", "duplicates/known", {"values": {"mobile": "abc"}}),
        ("POST", "duplicates/find", {"object": "product"}),
        ("POST", "duplicates/find", {}),
        ("GET", "duplicates/nope", None),
        ("GET", "duplicates/find/nope", None),
    ):
        answer = api(verb, path, **({"json": body} if body is not None else {}))
        assert answer.status_code in (400, 404, 422), (path, answer.json)
        assert all(one["cure"] for one in answer.json["problems"])
