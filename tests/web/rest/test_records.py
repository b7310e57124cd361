"""Records over REST: created, read, changed, deleted, restored, upserted, in bulk; stale, repeated and dry."""

from tests.web.rest.programs import NOBODY, Api


def test_a_created_record_is_where_its_location_says(api: Api):
    made = api("POST", "lead", json={"name": "王芳", "channel": api.ids["website"]})

    assert made.status_code == 201
    read = api("GET", made.headers["Location"].removeprefix("/api/v1/"))
    assert read.json["data"]["name"] == "王芳"
    assert read.headers["ETag"] == made.headers["ETag"]
    assert {one["kind"] for one in made.json["decisions"]} >= {"grading"}


def test_every_problem_of_a_record_comes_back_at_once(api: Api):
    answer = api("POST", "lead", json={"email": "no", "budget": "much", "nmae": "x"})

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert {one["path"] for one in answer.json["problems"]} == {
        "name", "channel", "email", "budget", "nmae",
    }  # fmt: skip
    assert all(one["cure"] for one in answer.json["problems"])
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_a_stale_write_is_refused(api: Api):
    lead = api.a_lead()
    first = {"If-Match": f'"{lead["version"]}"'}
    api("PATCH", f"lead/{lead['id']}", json={"company": "甲"}, headers=first)

    late = api("PATCH", f"lead/{lead['id']}", json={"company": "乙"}, headers=first)

    assert late.status_code == 412
    assert api("GET", f"lead/{lead['id']}").json["data"]["company"] == "甲"


def test_whoever_holds_the_version_need_not_fetch_it_again(api: Api):
    lead = api.a_lead()

    again = api("GET", f"lead/{lead['id']}", headers={"If-None-Match": f'"{lead["version"]}"'})

    assert (again.status_code, again.data) == (304, b"")


def test_a_repeated_request_makes_one_record(api: Api):
    sent = {"name": "重复", "channel": api.ids["website"]}
    key = {"Idempotency-Key": "order-77"}

    first = api("POST", "lead", json=sent, headers=key)
    second = api("POST", "lead", json=sent, headers=key)
    other = api("POST", "lead", json={**sent, "name": "另"}, headers=key)

    assert first.json["data"]["id"] == second.json["data"]["id"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422


def test_a_dry_run_writes_nothing(api: Api):
    sent = {"name": "试运行", "channel": api.ids["website"]}

    told = api("POST", "lead?dry_run=1", json=sent)
    found = api("GET", "lead?filter=name == '试运行'")

    assert told.status_code == 201
    assert told.json["decisions"]
    assert found.json["data"] == []


def test_a_deleted_record_waits_in_the_recycle_bin(api: Api):
    lead = api.a_lead()
    path = f"lead/{lead['id']}"

    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404
    assert api("GET", f"{path}?deleted=1").status_code == 200
    assert api("POST", f"{path}/restore").status_code == 200
    assert api("GET", path).status_code == 200


def test_an_external_id_creates_and_then_changes(api: Api):
    sent = {"name": "外部", "channel": api.ids["website"]}

    made = api("PUT", "lead/by/external_id/X-1", json=sent)
    changed = api("PUT", "lead/by/external_id/X-1", json={"company": "新公司"})

    assert (made.status_code, changed.status_code) == (201, 200)
    assert made.json["data"]["id"] == changed.json["data"]["id"]
    assert changed.json["data"]["company"] == "新公司"
    assert api("PUT", "lead/by/name/x", json=sent).status_code == 400


def test_bulk_answers_each_item_in_its_place(api: Api):
    good = {"name": "批量", "channel": api.ids["website"]}
    old = api.a_lead()

    answer = api(
        "POST",
        "lead/bulk",
        json={
            "create": [good, {"name": ""}],
            "update": [{"id": old["id"], "company": "丙"}],
            "delete": [NOBODY],
        },
    )

    assert [one["status"] for one in answer.json["create"]] == [201, 422]
    assert [one["status"] for one in answer.json["update"]] == [200]
    assert [one["status"] for one in answer.json["delete"]] == [404]


def test_every_item_of_a_bulk_that_is_none_is_named_at_once(api: Api):
    answer = api(
        "POST",
        "lead/bulk",
        json={"create": ["x"], "update": [{"id": "x"}, {"id": NOBODY}], "delete": ["x", 5]},
    )

    assert answer.status_code == 400
    paths = [one["path"] for one in answer.json["problems"]]
    assert paths == ["create.0", "update.0", "delete.0", "delete.1"]


def test_a_query_that_is_not_utf8_is_refused(api: Api):
    answer = api("GET", "lead?filter=name == '%ED%A0%80'")

    assert answer.status_code == 400
    assert [one["code"] for one in answer.json["problems"]] == ["query_not_utf8"]


def test_a_refused_token_is_told_with_the_id_of_the_request(api: Api):
    answer = api("GET", "lead", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"] != ""


def test_an_atomic_bulk_writes_all_or_nothing(api: Api):
    good = {"name": "原子", "channel": api.ids["website"]}

    answer = api("POST", "lead/bulk?atomic=1", json={"create": [good, {"name": "x"}]})

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["problems"]] == ["create.1.channel"]
    assert api("GET", "lead?filter=name == '原子'").json["data"] == []


def test_an_atomic_bulk_names_the_part_and_the_place_of_each_problem(api: Api):
    good, old = {"name": "原子", "channel": api.ids["website"]}, api.a_lead()
    changes = [{"id": old["id"], "company": "丁"}, {"id": old["id"], "urgency": "nix"}]

    answer = api("POST", "lead/bulk?atomic=1", json={"create": [good, {}], "update": changes})

    paths = [one["path"] for one in answer.json["problems"]]
    assert paths == ["create.1.name", "create.1.channel", "update.1.urgency"]


def test_a_record_that_is_changed_twice_in_a_bulk_gets_both(api: Api):
    old = api.a_lead()
    same = {"id": old["id"]}
    changes = [
        {**same, "company": "甲"},
        {**same, "urgency": "nix"},
        {**same, "urgency": "high"},
        {**same, "need": "x", "version": old["version"]},
    ]

    answer = api("POST", "lead/bulk", json={"update": changes, "delete": [old["id"], old["id"]]})

    assert [one["status"] for one in answer.json["update"]] == [200, 422, 200, 412]
    assert [one["status"] for one in answer.json["delete"]] == [200, 404]
    kept = api("GET", f"lead/{old['id']}?deleted=1").json["data"]
    assert (kept["company"], kept["urgency"], kept["need"]) == ("甲", "high", None)


def test_a_list_goes_on_where_its_cursor_points(api: Api):
    for at in range(5):
        api.a_lead(name=f"翻页{at}", company="翻页公司")
    address = "lead?filter=company == '翻页公司'&sort=name&limit=2&fields=name"

    seen, cursor = [], ""
    while cursor is not None:
        page = api("GET", f"{address}&cursor={cursor}").json
        seen += [one["name"] for one in page["data"]]
        cursor = page["page"]["next"]

    assert seen == [f"翻页{at}" for at in range(5)]
    assert api("GET", f"{address}&count=exact").json["page"]["total"] == 5


def test_expanding_puts_the_record_in_place_of_its_id(api: Api):
    lead = api.a_lead()

    read = api("GET", f"lead/{lead['id']}?fields=name,channel&expand=channel").json["data"]

    assert read["channel"]["name"] == "Website"


def test_a_misspelt_parameter_is_refused(api: Api):
    answer = api("GET", "lead?fliter=name == 'x'")

    assert answer.status_code == 400
    assert answer.json["problems"][0]["cure"] == "Write 'filter'."


def test_formulas_that_are_worked_out_on_reading_come_in_the_form_of_their_type(api: Api) -> None:
    before = api("GET", "config").json["data"]["revision"]
    soon = "days_between(today(), add_days(today(), 3))"
    made = {
        "days_left": {"type": "formula", "returns": "integer", "value": soon},
        "part_left": {"type": "formula", "returns": "percent", "value": f"{soon} / 7"},
        "is_late": {"type": "formula", "returns": "boolean", "value": f"{soon} < 0"},
    }
    wanted = [
        {"path": ["objects", "lead", "fields", code], "value": one} for code, one in made.items()
    ]
    assert api("POST", "config/apply", json={"base": before, "set": wanted}).status_code == 201
    lead = api.a_lead()

    listed = api(
        "GET", f"lead?filter=id == '{lead['id']}'&fields=days_left,part_left,is_late"
    ).json["data"][0]
    read = api("GET", f"lead/{lead['id']}").json["data"]

    api("POST", "config/rollback", json={"revision": before, "second_word": True})
    for one in (listed, read):
        assert (one["days_left"], one["part_left"], one["is_late"]) == (3, "0.4286", False)
