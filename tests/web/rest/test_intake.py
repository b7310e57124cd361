"""Sources by programs: who may, what is told, and that nothing leaks."""

from __future__ import annotations

from fieldstone.worker.turns import work_until_idle
from tests.web.rest.programs import Api

GOOD = {"contact": {"name": "周雅琴", "phone": "13811112222"}, "product": "CRM"}
BAD = {"contact": {"name": "孙平", "phone": "12345"}}


def test_arrivals_are_sent_followed_corrected_and_counted(api: Api) -> None:
    sent = api("POST", "intake/sources/partner_leads/arrivals", json=[GOOD, BAD])
    assert sent.status_code == 202, sent.json
    work_until_idle(api.site)

    arrivals = api("GET", "intake/sources/partner_leads/arrivals").json["data"]
    assert {one["state"] for one in arrivals} == {"done", "refused"}
    (refused,) = api("GET", "intake/sources/partner_leads/arrivals?state=refused").json["data"]
    assert refused["problems"][0]["path"] == "mobile"
    again = api(
        "POST",
        f"intake/arrivals/{refused['id']}/retry",
        json={**BAD, "contact": {"name": "孙平", "phone": "13811113333"}},
    )
    assert again.json["data"]["outcome"] == "created"
    assert api("POST", f"intake/arrivals/{refused['id']}/retry", json={}).status_code == 404
    counts = api("GET", "intake/sources/partner_leads?days=7").json["data"]["counts"]
    assert (counts["created"], counts["refused"]) == (2, 0)
    assert "partner_leads" in {one["code"] for one in api("GET", "intake/sources").json["data"]}


def test_a_trial_tells_values_and_decisions_and_leaves_nothing(api: Api) -> None:
    sent = {**GOOD, "contact": {"name": "韩梅", "phone": "13711112222"}}
    told = api("POST", "intake/sources/partner_leads/test", json=sent).json["data"]

    assert told["outcome"] == "created"
    assert told["values"]["name"] == "韩梅"
    assert told["record"] is None
    assert "partner_leads" in {one["rule"] for one in told["decisions"]}
    assert api("GET", "lead?filter=name == '韩梅'").json["data"] == []


def test_who_does_not_look_after_sources_does_not_know_of_them(api: Api) -> None:
    for path in (
        "intake/sources",
        "intake/sources/partner_leads",
        "intake/sources/partner_leads/arrivals",
    ):
        assert api("GET", path, "li").status_code == 404
    assert api("POST", "intake/sources/partner_leads/test", "li", json=GOOD).status_code == 404
    assert "/api/v1/intake/sources" not in api("GET", "openapi.json", "li").json["paths"]
    assert "/api/v1/intake/sources" in api("GET", "openapi.json").json["paths"]


def test_where_values_come_from_is_told_to_who_may_see_the_record(api: Api) -> None:
    channel = api.ids["website"]
    api("POST", "company_fact", json={"name": "Harbor", "industry": "software"})
    lead = api(
        "POST", "lead", json={"name": "A", "company": "Harbor Ltd.", "channel": channel}
    ).json["data"]["id"]
    work_until_idle(api.site)

    found = api("GET", f"intake/provenance/lead/{lead}").json["data"]
    assert [(one["field"], one["value"]) for one in found] == [("industry", "software")]
    assert api("GET", f"intake/provenance/lead/{lead}", "wang").status_code in (200, 404)


def test_nonsense_is_refused_with_a_cure(api: Api) -> None:
    for method, path, sent in (
        ("GET", "intake/sources/partner_lead", None),
        ("GET", "intake/sources?days=0", None),
        ("GET", "intake/sources/partner_leads/arrivals?state=lost", None),
        ("POST", "intake/sources/partner_leads/arrivals", {}),
        ("POST", "intake/sources/partner_leads/arrivals", [1]),
        ("POST", "intake/sources/partner_leads/test", []),
        ("POST", "intake/arrivals/nothing/retry", {}),
    ):
        answer = api(method, path, **({} if sent is None else {"json": sent}))
        assert answer.status_code in (400, 404, 422), (path, answer.json)
        assert answer.json["problems"][0]["cure"]
