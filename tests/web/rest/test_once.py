"""Requests that are repeated, tried, or come while the database is away."""

from __future__ import annotations

from pathlib import Path

from tests.services.postgres import PostgresServer
from tests.web.rest.programs import Api, open_api


def test_an_action_that_is_asked_twice_under_one_key_acts_once(api: Api) -> None:
    lead, key = api.a_lead()["id"], {"Idempotency-Key": "give it once"}
    path = f"lead/{lead}/actions/assign"
    first = api("POST", path, json={"owner": api.ids["li"]}, headers=key)
    version = api("GET", f"lead/{lead}").json["data"]["version"]

    second = api("POST", path, json={"owner": api.ids["li"]}, headers=key)

    assert (first.status_code, second.status_code) == (200, 200), second.json
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.json["message"] == first.json["message"] != ""
    assert second.json["data"] == first.json["data"]
    assert api("GET", f"lead/{lead}").json["data"]["version"] == version


def test_the_key_of_an_action_is_not_taken_for_another(api: Api) -> None:
    lead, key = api.a_lead()["id"], {"Idempotency-Key": "to somebody"}
    path = f"lead/{lead}/actions/assign"
    api("POST", path, json={"owner": api.ids["li"]}, headers=key)

    other = api("POST", path, json={"owner": api.ids["admin"]}, headers=key)

    assert other.status_code == 422
    assert other.json["problems"][0]["code"] == "key_reused"


def test_an_action_that_was_refused_may_be_tried_again_under_its_key(api: Api) -> None:
    lead, key = api.a_lead()["id"], {"Idempotency-Key": "until it fits"}
    path = f"lead/{lead}/actions/assign"
    unknown = "01890000-0000-7000-8000-000000000000"

    refused = api("POST", path, json={"owner": unknown}, headers=key)
    again = api("POST", path, json={"owner": unknown}, headers=key)

    assert refused.status_code == again.status_code == 422
    assert "Idempotency-Replayed" not in again.headers


def test_a_change_that_is_tried_shows_the_record_as_it_would_be(api: Api) -> None:
    lead = api.a_lead(name="李雷", company="石头科技")

    told = api("PATCH", f"lead/{lead['id']}?dry_run=1", json={"name": "韩梅梅", "need": "CRM"})
    stored = api("GET", f"lead/{lead['id']}").json["data"]

    assert told.status_code == 200
    assert told.json["data"]["name"] == "韩梅梅"
    assert told.json["data"]["version"] == lead["version"] + 1
    # Formulas are worked out, too.
    assert told.json["data"]["completeness"] > stored["completeness"]
    assert (stored["name"], stored["version"]) == ("李雷", lead["version"])


def test_a_new_record_that_is_tried_is_shown_as_it_would_be(api: Api) -> None:
    sent = {"name": "试一试", "channel": api.ids["website"]}

    told = api("POST", "lead?dry_run=1", json=sent).json["data"]

    assert (told["name"], told["stage"], told["version"]) == ("试一试", "new", 1)
    assert api("GET", f"lead/{told['id']}").status_code == 404


def test_a_change_that_is_tried_shows_no_more_than_its_author_may_see(api: Api) -> None:
    lead = api.a_lead()

    told = api("PATCH", f"lead/{lead['id']}?dry_run=1", "guest", json={"name": "韩梅梅"})

    assert told.status_code == 403


def test_while_the_database_is_away_programs_and_people_are_told_when_to_come_again(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    api = open_api(postgres_url, tmp_path)
    api.a_lead()
    postgres_server.kill()
    try:
        program = api("GET", "lead")
        write = api("POST", "lead", json={"name": "李雷", "channel": api.ids["website"]})
        client = api.app.test_client()
        client.set_cookie("fieldstone_session", "someone")
        person = client.get("/o/lead")
    finally:
        postgres_server.start()
    afterwards = api("GET", "lead")

    for answer in (program, write):
        assert answer.status_code == 503, answer.data
        assert answer.headers["Retry-After"] == "5"
        assert answer.json["problems"][0]["code"] == "database_away"
    assert person.status_code == 503
    assert person.headers["Retry-After"] == "5"
    assert "does not answer" in person.text
    assert "Traceback" not in person.text
    assert afterwards.status_code == 200
    api.site.storage.close()
