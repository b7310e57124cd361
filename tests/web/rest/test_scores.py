"""Events reported by programs, and rules adopted by them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from fieldstone.storage.site_state import fs_rule
from fieldstone.worker.turns import work_until_idle
from tests.web.rest.programs import NOBODY, Api


def heard(api: Api, *events: dict[str, Any], who: str = "admin", query: str = "") -> Any:
    answer = api("POST", f"engagement/intake{query}", who, json={"events": list(events)})
    assert answer.status_code == 200, answer.json
    return answer.json


def score(api: Api, lead: str) -> int:
    return int(api("GET", f"lead/{lead}").json["data"]["score"])


def test_events_find_their_lead_by_any_of_its_names_and_count_once(api: Api) -> None:
    lead = api.a_lead(mobile="13900001111", email="hear@example.com", external_id="web-77")["id"]
    before = score(api, lead)
    events = [
        {"event_id": "a1", "kind": "form", "email": "HEAR@example.com"},
        {"event_id": "a2", "kind": "chat", "mobile": "139 0000 1111"},
        {"event_id": "a1", "kind": "form", "email": "hear@example.com"},
        {"event_id": "a3", "kind": "download", "external_id": "web-77"},
    ]

    first, again = heard(api, *events), heard(api, *events)

    assert first["counts"] == {"recorded": 3, "repeated": 1, "refused": 0}
    assert again["counts"] == {"recorded": 0, "repeated": 4, "refused": 0}
    assert score(api, lead) == before + 10 + 10 + 6


def test_who_is_not_known_and_what_lies_in_the_future_is_refused_one_by_one(api: Api) -> None:
    lead = api.a_lead(email="known@example.com")["id"]
    found = heard(
        api,
        {"event_id": "b1", "kind": "form", "email": "nobody@example.com"},
        {"event_id": "b2", "kind": "form", "lead": NOBODY},
        {"event_id": "b3", "kind": "form", "lead": lead, "occurred_at": "2999-01-01T00:00:00Z"},
        {"event_id": "b4", "kind": "form", "email": "no address"},
        {"event_id": "b5", "kind": "page_view", "lead": lead, "user_agent": "Googlebot/2.1"},
    )

    assert [one["status"] for one in found["data"]] == ["refused"] * 4 + ["recorded"]
    assert [one["problems"][0]["code"] for one in found["data"][:2]] == [
        "unknown_person",
        "no_such_record",
    ]
    assert all(one["problems"][0]["cure"] for one in found["data"][:4])
    assert found["data"][4]["machine"] is True


def test_a_dry_run_tells_and_writes_nothing(api: Api) -> None:
    lead = api.a_lead(email="dry@example.com")["id"]
    event = {"event_id": "c1", "kind": "form", "lead": lead}

    assert heard(api, event, query="?dry_run=1")["counts"]["recorded"] == 1
    assert heard(api, event)["counts"]["recorded"] == 1


def test_only_whose_roles_may_report_reports_and_malformed_calls_are_told_why(api: Api) -> None:
    event = {"event_id": "d1", "kind": "form", "email": "x@example.com"}

    assert api("POST", "engagement/intake", "li", json={"events": [event]}).status_code == 403
    for bad in (
        {},
        {"events": []},
        {"events": [{"kind": "form"}]},
        {"events": [{**event, "kind": "x"}]},
    ):
        answer = api("POST", "engagement/intake", json=bad)
        assert answer.status_code == 422
        assert answer.json["problems"][0]["cure"]


def test_bad_luck_32_a_changed_rule_waits_is_previewed_and_adopted(api: Api) -> None:
    lead = api.a_lead(email="waits@example.com", mobile="13900002222")["id"]
    version = api.site.model.rules["lead_scoring"].version
    assert version == 1
    before = score(api, lead)
    site = api.site
    model = _with_changed_scoring(api)

    api("PATCH", f"lead/{lead}", json={"urgency": "high"})
    assert score(api, lead) == before
    listed = {one["rule"]: one for one in api("GET", "scoring").json["data"]}
    assert (listed["lead_scoring"]["adopted"], listed["lead_scoring"]["waits"]) == (1, True)

    preview = api("POST", "scoring/lead_scoring/preview").json["data"]
    assert preview["records"] == preview["looked_at"] > 0
    assert preview["higher"] > 0
    assert score(api, lead) == before

    stale = api("POST", "scoring/lead_scoring/adopt", json={"version": 1})
    assert (stale.status_code, stale.json["problems"][0]["code"]) == (409, "changed_since")
    done = api("POST", "scoring/lead_scoring/adopt", json={"version": 2, "in_flight": "recompute"})
    assert done.json["data"]["job"]
    work_until_idle(site)
    assert score(api, lead) == before + 15
    assert model.rules["lead_scoring"].version == 2


def _with_changed_scoring(api: Api) -> Any:
    """Let the site follow version 2 of its scoring rule, as if somebody had changed it just now."""
    from dataclasses import replace

    site, now = api.site, api.site.clock()
    with site.storage.connection() as connection:
        changed = update(fs_rule).where(fs_rule.c.code == "lead_scoring")
        connection.execute(changed.values(version=2, changed_at=now))
    rules = dict(site.model.rules)
    rules["lead_scoring"] = replace(rules["lead_scoring"], version=2)
    model = replace(site.model, rules=rules)
    site.changing = None
    site.publish(model)
    return model


def test_only_administrators_know_of_adopting(api: Api) -> None:
    for call in (("GET", "scoring"), ("POST", "scoring/lead_scoring/preview")):
        assert api(*call, "mei").status_code == 404
    assert api("POST", "scoring/nothing/preview").status_code == 404
