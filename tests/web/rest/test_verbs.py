"""What programs do beside writing fields: actions, figures, pools, history, reasons, the model."""

from openapi_spec_validator import validate

from tests.web.rest.programs import NOBODY, Api


def test_an_action_checks_its_parameters(api: Api):
    lead = api.a_lead()

    answer = api("POST", f"lead/{lead['id']}/actions/move", json={"to": 3, "form": "x"})

    assert answer.status_code == 422
    assert {one["path"] for one in answer.json["problems"]} == {"to", "form"}


def test_an_action_answers_with_the_record_as_it_is_now(api: Api):
    lead = api.a_lead(mobile="+8613900001234")

    answer = api("POST", f"lead/{lead['id']}/actions/move", json={"to": "contacted"})

    assert answer.status_code == 200
    assert answer.json["data"]["stage"] == "contacted"
    assert answer.json["message"]


def test_an_action_that_is_not_offered_is_not_found(api: Api):
    lead = api.a_lead()

    assert api("POST", f"lead/{lead['id']}/actions/fly", json={}).status_code == 404
    assert api("POST", f"lead/{NOBODY}/actions/move", json={"to": "new"}).status_code == 404
    assert api("POST", f"lead/{lead['id']}/actions/assign", "guest", json={"owner": api.ids["li"]}).status_code in (403, 404)  # fmt: skip


def test_a_claimed_record_cannot_be_claimed_again(api: Api):
    lead = api.a_lead(mobile="+8613900005678")
    api("POST", f"lead/{lead['id']}/actions/release", json={"pool": "public_pool"})

    won = api("POST", f"lead/{lead['id']}/actions/claim", "li", json={})
    lost = api("POST", f"lead/{lead['id']}/actions/claim", "wang", json={})

    assert won.status_code == 200
    assert won.json["data"]["owner"] == api.ids["li"]
    assert lost.status_code == 409


def test_figures_come_by_group(api: Api):
    for budget in ("100.10", "200.20"):
        api.a_lead(company="求和公司", budget=budget)

    answer = api(
        "POST",
        "lead/aggregate",
        json={
            "filter": "company == '求和公司'",
            "group": ["company"],
            "measures": {"n": "count()", "sum": "sum(budget)"},
        },
    )

    assert answer.json["data"] == [{"company": "求和公司", "n": 2, "sum": "300.30"}]
    wrong = api("POST", "lead/aggregate", json={"group": "company", "mesures": {}})
    assert wrong.status_code == 400
    assert len(wrong.json["problems"]) == 2


def test_history_tells_who_changed_what(api: Api):
    lead = api.a_lead()
    api("PATCH", f"lead/{lead['id']}", json={"company": "历史公司"})

    told = api("GET", f"lead/{lead['id']}/history").json["data"]

    assert told["changes"][0]["fields"]["company"] == {"old": None, "new": "历史公司"}
    assert told["changes"][0]["actor"] == api.ids["admin"]
    assert told["stages"][-1]["stage"] == "new"
    assert api("GET", f"lead/{NOBODY}/history").status_code == 404


def test_explain_says_why(api: Api):
    lead = api.a_lead()

    told = api("GET", f"lead/{lead['id']}/explain").json["data"]

    assert {one["kind"] for one in told} >= {"grading"}
    assert all(one["because"] and one["version"] for one in told)


def test_the_model_is_told_as_far_as_one_may_know_it(api: Api):
    for_admin = api("GET", "meta/lead").json["data"]
    for_guest = api("GET", "meta/lead", "guest").json["data"]

    assert "budget" in {one["code"] for one in for_admin["fields"]}
    assert "budget" not in {one["code"] for one in for_guest["fields"]}
    assert for_guest["may"]["create"] is False
    assert "lead" in {one["object"] for one in api("GET", "meta").json["data"]["objects"]}


def test_an_unchanged_model_is_not_sent_again(api: Api):
    first = api("GET", "meta/lead")

    again = api("GET", "meta/lead", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304


def test_openapi_is_valid_and_names_the_fields_of_this_caller(api: Api):
    for_admin = api("GET", "openapi.json").json
    for_guest = api("GET", "openapi.json", "guest").json

    validate(for_admin)
    validate(for_guest)
    assert "budget" in for_admin["components"]["schemas"]["Lead"]["properties"]
    assert "budget" not in for_guest["components"]["schemas"]["Lead"]["properties"]
    assert "post" not in for_guest["paths"]["/api/v1/lead"]


def test_the_reference_page_names_every_call(api: Api):
    client = api.app.test_client()

    shown = client.get("/api/docs", headers={"Authorization": f"Bearer {api.tokens['admin']}"})

    text = shown.get_data(as_text=True)
    assert shown.status_code == 200
    missing = [path for path in api("GET", "openapi.json").json["paths"] if path not in text]
    assert not missing
    assert client.get("/api/docs").status_code == 303
