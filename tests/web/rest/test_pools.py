"""Public pools as programs use them: what lies there, what is left, claiming several, opening one, looking after it."""

from tests.web.rest.programs import NOBODY, Api


def pooled(api: Api, number: int, **values: object) -> str:
    # Nobody knows them: a lead of a known company would go to whoever has the other one.
    company = f"公海{number}号公司"
    lead = api.a_lead(mobile=f"+86139000{number:05}", company=company, **values)
    api("POST", f"lead/{lead['id']}/actions/release", json={"pool": "public_pool"})
    return str(lead["id"])


def test_a_pool_lists_what_its_members_may_claim(api: Api):
    lead = pooled(api, 9999, need="三十个席位")

    listed = api("GET", f"pools/public_pool/lead?filter=id == '{lead}'", "li")
    seen = api("POST", f"pools/public_pool/lead/{lead}/open", "li", json={})

    (row,) = listed.json["data"]
    assert row["company"] == "公海9999号公司"
    assert not {"mobile", "need"} & row.keys()
    assert seen.json["data"]["mobile"] == "139****9999"
    assert seen.json["data"]["need"] == "三十个席位"
    assert seen.json["views_left"] == 59
    assert api("GET", "pools/nowhere/lead", "li").status_code == 404


def test_the_pools_are_named_with_what_one_is_in_them(api: Api):
    def known(who: str) -> dict[str, bool]:
        return {one["pool"]: one["administers"] for one in api("GET", "pools", who).json["data"]}

    assert known("li")["public_pool"] is False
    assert "dead_pool" not in known("li")
    assert known("mei")["public_pool"] is True
    assert known("mei")["dead_pool"] is True
    assert "public_pool" not in known("guest")


def test_several_are_claimed_at_once_each_with_its_answer(api: Api):
    first, second = pooled(api, 1), pooled(api, 2)
    api("POST", f"lead/{second}/actions/claim", "wang", json={})

    answer = api("POST", "pools/public_pool/lead/claim", "li", json={"ids": [first, second]})

    assert [one["status"] for one in answer.json["data"]] == [200, 409]
    assert answer.json["data"][0]["data"]["owner"] == api.ids["li"]
    assert answer.json["data"][1]["problems"][0]["code"] == "already_claimed"


def test_all_or_none_are_claimed_where_that_is_asked(api: Api):
    first, second = pooled(api, 3), pooled(api, 4)
    api("POST", f"lead/{second}/actions/claim", "wang", json={})

    body = {"ids": [first, second], "atomic": True}
    answer = api("POST", "pools/public_pool/lead/claim", "li", json=body)

    assert answer.status_code == 409
    assert answer.json["problems"][0]["path"] == "1.owner"
    assert api("GET", f"lead/{first}", "admin").json["data"]["owner"] is None


def test_what_is_left_is_told_with_the_end_of_the_period(api: Api):
    before = api("GET", "pools/public_pool/lead/limits", "li").json["data"]
    api("POST", "pools/public_pool/lead/claim", "li", json={"ids": [pooled(api, 5)]})
    after = api("GET", "pools/public_pool/lead/limits", "li").json["data"]

    assert before["left"] - after["left"] == 1
    claims = next(one for one in after["quotas"] if one["counts"] == "claims")
    assert (claims["period"], claims["most"]) == ("day", 20)
    assert claims["frees_at"].endswith("Z")
    assert after["holding"] == 100


def test_a_malformed_wish_is_answered_with_every_problem(api: Api):
    answer = api("POST", "pools/public_pool/lead/claim", "li", json={"ids": [], "all": 1})

    assert answer.status_code == 400
    assert {one["path"] for one in answer.json["problems"]} == {"ids", "all"}
    ids = ["'; drop", NOBODY, "甲", "a\x00b"]
    told = api("POST", "pools/public_pool/lead/claim", "li", json={"ids": ids})
    moved = api("POST", "pools/public_pool/lead/move", json={"ids": ids, "to": "north_pool"})
    for answer in (told, moved):
        assert answer.status_code == 400 or {one["status"] for one in answer.json["data"]} == {404}
    assert api("POST", f"pools/public_pool/lead/{NOBODY}/open", "li", json={}).status_code == 404
    assert api("POST", "pools/public_pool/lead/x/open", "li", json={}).status_code == 404


def test_only_those_who_look_after_a_pool_see_its_traffic_and_members(api: Api):
    lead = pooled(api, 6)
    api("POST", f"lead/{lead}/actions/claim", "li", json={})
    api("POST", f"lead/{lead}/actions/release", "li", json={"reason": "not_reached"})

    traffic = api("GET", "pools/public_pool/lead/traffic?days=7", "mei").json["data"]
    members = api("GET", "pools/public_pool/lead/members", "mei").json["data"]

    assert traffic["left"]["claimed"] >= 1
    assert traffic["came"]["returned"] >= 1
    assert len(traffic["by_day"]) == 7
    mine = next(one for one in traffic["people"] if one["person"] == api.ids["li"])
    assert mine["claimed"] >= mine["returned"] >= 1
    assert {"Li", "Mei"} <= {one["name"].capitalize() for one in members}
    for page in ("traffic", "members"):
        assert api("GET", f"pools/public_pool/lead/{page}", "li").status_code == 403
        assert api("GET", f"pools/dead_pool/lead/{page}", "li").status_code == 404
    assert api("GET", "pools/public_pool/lead/traffic?days=0", "mei").status_code == 400


def test_records_are_moved_to_another_pool_by_those_who_look_after_theirs(api: Api):
    north, south = pooled(api, 7, region="north"), pooled(api, 8, region="south")
    body = {"ids": [north, south], "to": "north_pool", "reason": "moved north"}

    refused = api("POST", "pools/public_pool/lead/move", "li", json=body).json["data"]
    moved = api("POST", "pools/public_pool/lead/move", "mei", json=body).json["data"]

    assert [one["status"] for one in refused] == [403, 403]
    assert [one["status"] for one in moved] == [200, 422]
    assert api("GET", f"lead/{north}", "admin").json["data"]["pool"] == "north_pool"


def test_a_record_is_given_back_only_to_a_pool_that_one_sees(api: Api):
    lead = pooled(api, 10)
    api("POST", f"lead/{lead}/actions/claim", "li", json={})
    url, there = f"lead/{lead}/actions/release", {"pool": "dead_pool"}

    refused = api("POST", url, "li", json=there)
    chinese = api("POST", url, "li", json=there, headers={"Accept-Language": "zh"})
    written = api("PATCH", f"lead/{lead}", "li", json={"pool": "dead_pool"})

    assert (refused.status_code, refused.json["problems"][0]["code"]) == (422, "unknown_pool")
    assert "public_pool" in refused.json["problems"][0]["cure"]
    assert "没有这个公海" in chinese.json["problems"][0]["message"]
    assert written.status_code in (403, 422)
    assert api("GET", f"lead/{lead}", "li").json["data"]["owner"] == api.ids["li"]
    assert api("POST", url, "admin", json=there).status_code == 200
