"""Programs change the configuration over REST: plan, apply, go back; nobody but administrators."""

from __future__ import annotations

from typing import Any

import pytest

from fieldstone import bootstrap
from fieldstone.evolution.apply import Wish
from fieldstone.reads.actors import Actors
from fieldstone.worker.turns import work_until_idle
from tests.web.rest.programs import Api

SET = {
    "path": ["objects", "customer", "fields", "shoe_size"],
    "value": {"type": "integer", "label": {"en": "Shoe size", "zh": "鞋码"}},
}


def test_a_field_is_planned_applied_used_and_taken_back(api: Api) -> None:
    before = api("GET", "config").json["data"]["revision"]
    planned = api("POST", "config/plan", json={"set": [SET]}).json["data"]
    applied = api("POST", "config/apply", json={"base": before, "set": [SET], "reason": "shoes"})

    assert [one["sentence"]["zh"] for one in planned["operations"]] == ["新增“客户”的字段“鞋码”"]
    assert applied.status_code == 201
    assert applied.json["data"]["author_name"] == "Admin"
    made = api("POST", "customer", json={"name": "Acme", "shoe_size": 43})
    assert made.json["data"]["shoe_size"] == 43
    paths = api("GET", "openapi.json").json
    assert "shoe_size" in paths["components"]["schemas"]["CustomerCreate"]["properties"]
    config = api("GET", "config").json["data"]
    assert "shoe_size" in config["documents"]["metadata/customer.yaml"]

    back = api("POST", "config/rollback", json={"revision": before, "second_word": True})
    assert back.status_code == 201
    assert (back.json["data"]["kind"], back.json["data"]["target"]) == ("rollback", before)
    record = made.json["data"]["id"]
    assert "shoe_size" not in api("GET", f"customer/{record}").json["data"]
    kinds = [one["kind"] for one in api("GET", "config/revisions?limit=2").json["data"]]
    assert kinds == ["rollback", "apply"]

    again = api("POST", "config/apply", json={"set": [SET], "reason": "shoes after all"})
    assert again.status_code == 201
    assert api("GET", f"customer/{record}").json["data"]["shoe_size"] == 43


def test_nobody_but_an_administrator_learns_of_it(api: Api) -> None:
    narrow = api.token("admin", "lead:read", "lead:write")

    for who, headers in (("li", {}), ("admin", {"Authorization": f"Bearer {narrow}"})):
        for method, path in (
            ("GET", "config"),
            ("GET", "config/revisions"),
            ("POST", "config/plan"),
        ):
            refused = api(method, path, who, headers=headers)
            assert refused.status_code == 403
        assert (
            "/api/v1/config" not in api("GET", "openapi.json", who, headers=headers).json["paths"]
        )


def test_a_change_of_something_already_changed_is_told_what_was(api: Api) -> None:
    base = api("GET", "config").json["data"]["revision"]
    label = {"path": ["objects", "product", "label", "en"], "value": "Article"}
    api("POST", "config/apply", json={"set": [label], "reason": "wording"})

    late = api("POST", "config/apply", json={"base": base, "set": [SET]})

    assert late.status_code == 409
    assert "wording" in late.json["problems"][0]["message"]
    undone = {"reset": [["objects", "product", "label"]]}
    assert api("POST", "config/apply", json=undone).status_code == 201
    assert api("GET", "meta/product").json["data"]["label"]["en"] == "Product"


def test_nonsense_is_refused_with_a_cure(api: Api) -> None:
    wrong = (
        ("config/plan", {"sets": []}, 400),
        ("config/plan", {"set": [{"path": ["objects"], "value": 1}]}, 400),
        ("config/plan", {"set": [{"path": ["tables", "lead"], "value": 1}]}, 422),
        ("config/plan", {"documents": {"../../etc/passwd": "a: 1"}}, 422),
        ("config/rollback", {"revision": 999}, 404),
        ("config/rollback", {}, 400),
    )
    for path, sent, status in wrong:
        refused = api("POST", path, json=sent)
        assert refused.status_code == status, (path, sent, refused.json)
        assert all(one["cure"] for one in refused.json["problems"])
    unread = {"documents": {"metadata/customer.yaml": "a: ["}}
    assert api("POST", "config/plan", json=unread).json["data"]["problems"][0]["cure"]
    assert api("POST", "config/plan", json={**unread, "set": [SET]}).status_code == 422
    broken = api("POST", "config/apply", json={"documents": {"metadata/x.yaml": "object: lead2"}})
    assert broken.status_code == 422
    assert "metadata/x.yaml:1" in broken.json["problems"][0]["path"]


def test_programs_go_on_with_earlier_names_until_the_day_that_the_rename_names(api: Api) -> None:
    before = api("GET", "config").json["data"]["revision"]
    visit = {
        "fields": {
            "subject": "text",
            "budget": "integer",
            "mood": {"type": "select", "options": {"bad": "Bad", "good": "Good"}},
        }
    }
    made = {"path": ["objects", "visit"], "value": visit}
    api("POST", "config/apply", json={"set": [made]})
    record = api("POST", "visit", json={"subject": "A", "budget": 20, "mood": "good"}).json["data"]
    path = ["objects", "visit", "fields"]
    renames = [
        {"path": [*path, "mood", "options", "good"], "to": "fine"},
        {"path": [*path, "budget"], "to": "cost"},
        {"path": ["objects", "visit"], "to": "meeting"},
    ]
    assert api("POST", "config/apply", json={"rename": renames}).status_code == 201

    read = api("GET", f"visit/{record['id']}").json["data"]
    assert (read["cost"], read["budget"], read["mood"]) == (20, 20, "fine")
    changed = api("PATCH", f"visit/{record['id']}", json={"budget": 30, "mood": "good"})
    assert (changed.json["data"]["cost"], changed.json["data"]["mood"]) == (30, "fine")
    found = api("GET", "visit?filter=budget > 20 and mood == 'good'&sort=-budget&fields=budget")
    assert [one["cost"] for one in found.json["data"]] == [30]
    bulk = api("POST", "visit/bulk", json={"create": [{"subject": "B", "budget": 1}]})
    assert bulk.json["create"][0]["status"] == 201
    asked = {"measures": {"n": "sum(budget)"}, "filter": "budget > 0"}
    assert api("POST", "visit/aggregate", json=asked).json["data"] == [{"n": 31}]
    documents = api("GET", "config").json["data"]["documents"]
    assert "alias_until" in documents["metadata/visit.yaml"]

    past = {"path": ["objects", "meeting", "fields", "cost", "alias_until"], "value": "2020-01-01"}
    assert api("POST", "config/apply", json={"set": [past]}).status_code == 201
    assert api("PATCH", f"meeting/{record['id']}", json={"budget": 1}).status_code == 422
    assert "budget" not in api("GET", f"meeting/{record['id']}").json["data"]
    back = {"revision": before, "second_word": True}
    assert api("POST", "config/rollback", json=back).status_code == 201


def test_a_view_is_renamed_and_addresses_go_on_with_its_earlier_code(api: Api) -> None:
    before = api("GET", "config").json["data"]["revision"]
    view = ["objects", "customer", "views", "nameless"]
    made = {"path": view, "value": {"label": "Nameless", "columns": ["name"]}}
    api("POST", "config/apply", json={"set": [made]})
    wanted = {"rename": [{"path": view, "to": "unnamed"}]}

    planned = api("POST", "config/plan", json=wanted).json["data"]
    applied = api("POST", "config/apply", json=wanted)

    assert [one["verb"] for one in planned["operations"]] == ["rename"]
    assert applied.status_code == 201
    codes = [one["code"] for one in api("GET", "meta/customer").json["data"]["views"]]
    assert "unnamed" in codes
    assert "nameless" not in codes
    assert "alias_until" in api("GET", "config").json["data"]["documents"]["metadata/customer.yaml"]
    back = api("POST", "config/rollback", json={"revision": before, "second_word": True})
    assert back.status_code == 201


def test_a_pipeline_is_renamed_and_programs_go_on_with_its_earlier_code(api: Api) -> None:
    before = api("GET", "config").json["data"]["revision"]
    pipeline = ["objects", "opportunity", "stages", "pipelines", "renewal"]
    customer = api("POST", "customer", json={"name": "West Lake"}).json["data"]["id"]
    given = {"name": "Again", "customer": customer, "pipeline": "renewal"}
    deal = api("POST", "opportunity", json=given).json["data"]["id"]
    wanted = {"rename": [{"path": pipeline, "to": "renewals"}]}

    planned = api("POST", "config/plan", json=wanted).json["data"]
    applied = api("POST", "config/apply", json=wanted)
    by_earlier = api("GET", "opportunity?filter=pipeline == 'renewal'").json["data"]
    written = api("POST", "opportunity", json=given).json["data"]

    assert planned["operations"][0]["verb"] == "rename"
    assert "records_follow" in [one["code"] for one in planned["findings"]]
    assert applied.status_code == 201
    assert [(one["id"], one["pipeline"]) for one in by_earlier] == [(deal, "renewals")]
    assert written["pipeline"] == "renewals"
    codes = [one["code"] for one in api("GET", "meta/opportunity").json["data"]["pipelines"]]
    assert codes == ["standard", "renewals"]
    documents = api("GET", "config").json["data"]["documents"]
    assert "alias_until" in documents["metadata/opportunity.yaml"]
    back = api("POST", "config/rollback", json={"revision": before, "second_word": True})
    assert back.status_code == 201
    assert api("GET", f"opportunity/{deal}").json["data"]["pipeline"] == "renewal"


def test_line_items_are_written_and_read_by_the_earlier_codes_of_their_fields(api: Api) -> None:
    before = api("GET", "config").json["data"]["revision"]
    made = {"fields": {"name": "text", "rows": {"type": "rows", "fields": {"size": "integer"}}}}
    api("POST", "config/apply", json={"set": [{"path": ["objects", "parcel"], "value": made}]})
    path = ["objects", "parcel", "fields", "rows"]
    renames = [{"path": [*path, "fields", "size"], "to": "weight"}, {"path": path, "to": "parts"}]
    assert api("POST", "config/apply", json={"rename": renames}).status_code == 201

    by_both = api("POST", "parcel", json={"name": "A", "parts": [{"size": 3}]})
    written = api("POST", "parcel", json={"name": "A", "rows": [{"size": 3}]})
    read = api("GET", f"parcel/{written.json['data']['id']}").json["data"]
    bulk = api("POST", "parcel/bulk", json={"create": [{"name": "B", "rows": [{"size": 4}]}]})

    assert (by_both.status_code, written.status_code) == (201, 201)
    assert read["parts"] == read["rows"]
    assert [(row["weight"], row["size"]) for row in read["parts"]] == [(3, 3)]
    assert bulk.json["create"][0]["status"] == 201
    past = {"path": ["objects", "parcel", "fields", "parts", "fields", "weight", "alias_until"], "value": "2020-01-01"}  # fmt: skip
    assert api("POST", "config/apply", json={"set": [past]}).status_code == 201
    assert api("POST", "parcel", json={"name": "A", "parts": [{"size": 3}]}).status_code == 422
    back = {"revision": before, "second_word": True}
    assert api("POST", "config/rollback", json=back).status_code == 201


def test_retired_values_are_listed_and_purged_for_good(api: Api) -> None:
    field = ["objects", "product", "fields", "shelf"]
    api("POST", "config/apply", json={"set": [{"path": field, "value": "text"}]})
    api("POST", "product", json={"name": "Ladder", "price": "10", "shelf": "A7"})
    gone = api("POST", "config/apply", json={"reset": [field], "second_word": True})
    assert gone.status_code == 201

    (kept,) = [
        one for one in api("GET", "config/retired").json["data"] if one["path"][1:] == ["shelf"]
    ]
    assert (kept["name"], kept["values"]) == ("o_product.f_shelf", 1)
    asked = {"name": kept["name"], "plan": True}
    planned = api("POST", "config/purge", json=asked).json["data"]
    assert "no rollback brings it back" in planned["findings"][0]["text"]["en"]
    soon = api("POST", "config/purge", json={"name": kept["name"], "second_word": True})
    assert (soon.status_code, soon.json["problems"][0]["code"]) == (409, "too_soon")
    with api.later(minutes=2):
        unsaid = api("POST", "config/purge", json={"name": kept["name"]})
        assert unsaid.status_code == 409
        done = api("POST", "config/purge", json={"name": kept["name"], "second_word": True})
    assert (done.status_code, done.json["data"]["kind"]) == (201, "purge")
    assert all(one["path"][1:] != ["shelf"] for one in api("GET", "config/retired").json["data"])
    assert api("POST", "config/purge", json={"name": kept["name"]}).status_code == 404

    api("POST", "config/apply", json={"set": [{"path": field, "value": "text"}]})
    assert api("GET", "product").json["data"][0]["shelf"] is None


def test_every_setting_knows_its_layer_and_what_names_it(api: Api) -> None:
    path = ["objects", "customer", "fields", "name", "label"]
    api("POST", "config/apply", json={"set": [{"path": path, "value": "Company name"}]})

    told = api("GET", "config/said?path=objects.customer.fields.name.label").json["data"]

    assert [one["layer"] for one in told["layers"]] == ["core", "site"]
    assert told["layers"][1]["value"] == "Company name"
    assert any(one["path"][0] == "views" for one in told["named_in"])
    assert api("POST", "config/apply", json={"reset": [path]}).status_code == 201


def test_a_rule_is_applied_to_records_that_are_there_and_taken_back(api: Api) -> None:
    tried = api("POST", "config/rule-runs", json={"rule": "lead_grading", "dry_run": True})
    assert tried.status_code == 200
    assert tried.json["data"]["looked_at"] == tried.json["data"]["records"]

    begun = api("POST", "config/rule-runs", json={"rule": "lead_grading", "days": 30})
    assert begun.status_code == 202
    work_until_idle(api.site)
    (run,) = [
        one
        for one in api("GET", "config/rule-runs").json["data"]
        if one["id"] == begun.json["data"]["id"]
    ]
    assert run["state"] == "done"
    assert api("POST", f"config/rule-runs/{run['id']}/undo").status_code == 202
    work_until_idle(api.site)
    assert api("GET", "config/rule-runs").json["data"][0]["state"] == "undone"

    refused = api("POST", "config/rule-runs", json={"rule": "lead_scoring"})
    assert refused.json["problems"][0]["code"] == "not_applicable"
    assert api("POST", "config/rule-runs", json={"rule": 5}).status_code == 400
    assert api("GET", "config/rule-runs", "li").status_code == 403


def test_an_object_of_a_lower_layer_is_archived_and_its_document_is_not_taken_away(
    api: Api,
) -> None:
    before = api("GET", "config").json["data"]["revision"]
    away = {"path": ["objects", "campaign"], "value": None}
    refused = api("POST", "config/apply", json={"set": [away]})
    archived = {"path": ["objects", "campaign", "archived"], "value": True}
    applied = api("POST", "config/apply", json={"set": [archived], "second_word": True})

    assert (refused.status_code, refused.json["problems"][0]["code"]) == (422, "not_its_own")
    assert "objects.campaign.archived" in refused.json["problems"][0]["cure"]
    assert applied.status_code == 201
    assert api("GET", "campaign").status_code == 404
    assert "/api/v1/campaign" not in api("GET", "openapi.json").json["paths"]

    api("POST", "config/rollback", json={"revision": before, "second_word": True})
    assert api("GET", "campaign").status_code == 200


def renamed(api: Api, *renames: tuple[str, str, str]) -> dict[str, Any]:
    """Give rules, roles and reports other codes, and return the plan."""
    wanted = {"rename": [{"path": [part, code], "to": to} for part, code, to in renames]}
    planned = api("POST", "config/plan", json=wanted).json["data"]
    applied = api("POST", "config/apply", json=wanted)
    assert applied.status_code == 201, applied.json
    return dict(planned)


def test_programs_go_on_with_the_earlier_codes_of_pools_rules_and_reports(api: Api) -> None:
    lead = api.a_lead()["id"]
    api("POST", f"lead/{lead}/actions/release", json={"pool": "public_pool"})
    before = api("GET", "config").json["data"]["revision"]

    planned = renamed(
        api,
        ("rules", "public_pool", "open_sea"),
        ("rules", "lead_scoring", "points"),
        ("reports", "sources", "origins"),
    )

    assert [one["verb"] for one in planned["operations"]] == ["rename"] * 3
    assert api("GET", f"lead/{lead}").json["data"]["pool"] == "open_sea"
    for address in (
        "pools/public_pool/lead",
        "pools/open_sea/lead",
        "lead?filter=pool == 'public_pool'",
        "lead?filter=pool == 'open_sea'",
    ):
        assert [one["id"] for one in api("GET", address).json["data"]] == [lead], address
    moved = api("POST", "pools/public_pool/lead/move", json={"ids": [lead], "to": "dead_pool"})
    assert moved.status_code == 200, moved.json
    for report in ("sources", "origins"):
        assert api("POST", f"reports/{report}", json={}).status_code == 200
    for rule in ("lead_scoring", "points"):
        assert api("POST", "config/simulate", json={"rule": rule}).json["data"]["rule"] == "points"
        assert api("POST", f"scoring/{rule}/preview", json={}).status_code == 200
    documents = api("GET", "config").json["data"]["documents"]
    assert "alias_until" in documents["rules/rules.yaml"]

    past = [
        {"path": [*path, "alias_until"], "value": "2020-01-01"}
        for path in (["rules", "open_sea"], ["reports", "origins"])
    ]
    assert api("POST", "config/apply", json={"set": past}).status_code == 201
    assert api("GET", "pools/public_pool/lead").status_code == 404
    assert api("POST", "reports/sources", json={}).status_code == 404

    back = api("POST", "config/rollback", json={"revision": before, "second_word": True})
    assert back.status_code == 201, back.json
    assert api("GET", f"lead/{lead}").json["data"]["pool"] == "dead_pool"
    assert api("POST", "reports/sources", json={}).status_code == 200


def test_people_keep_a_role_that_gets_another_code_and_all_it_gives(api: Api) -> None:
    mine = api.a_lead("li")["id"]
    person = api.ids["li"]
    before = api("GET", "config").json["data"]["revision"]

    planned = renamed(api, ("roles", "sales", "seller"))

    said = {one["code"]: one["count"] for one in planned["findings"]}
    assert {"role_followed", "names_follow"} <= said.keys()
    assert not {"people_lose", "people_gain"} & said.keys()
    assert not planned["needs_second_word"]
    assert api("GET", f"user/{person}").json["data"]["roles"] == ["seller"]
    assert api("GET", f"lead/{mine}", "li").status_code == 200
    assert api(
        "POST", "user", json={"name": "Wu", "email": "wu@example.com", "roles": ["sales"]}
    ).json["data"]["roles"] == ["seller"]
    assert api("POST", "config/plan", "li", json={}).status_code == 403

    back = api("POST", "config/rollback", json={"revision": before, "second_word": True})
    assert back.status_code == 201, back.json
    assert api("GET", f"user/{person}").json["data"]["roles"] == ["sales"]
    assert api("GET", f"lead/{mine}", "li").status_code == 200


def test_a_process_that_has_not_heard_of_a_renamed_role_yet_lets_its_people_in(api: Api) -> None:
    mine, live = api.a_lead("li")["id"], api.site.changing.live
    other = bootstrap.build_site(api.site.settings)
    ctx = other.system_context("test")
    documents = other.changing.current(ctx)[1].renamed(["roles", "sales"], "seller")
    other.changing.apply(ctx, other.changing.plan(ctx, documents), Wish("our word"))
    other.storage.close()
    live._next = float("inf")  # it looked a moment ago
    api.site.actors = Actors(api.site.storage)

    assert "seller" not in api.site.model.roles
    assert api("GET", f"lead/{mine}", "li").status_code == 200
    assert "seller" in api.site.model.roles


@pytest.mark.parametrize("path", [["nav", "records"], ["calendars", "office_cn"]])
def test_what_keeps_its_code_says_so_in_one_sentence(api: Api, path: list[str]) -> None:
    refused = api("POST", "config/plan", json={"rename": [{"path": path, "to": "other"}]})

    assert refused.status_code == 422
    (problem,) = refused.json["problems"]
    assert (problem["code"], problem["cure"]) == ("keeps_its_code", "Change its label instead.")


def test_a_run_is_taken_back_after_the_field_that_it_set_got_another_code(api: Api) -> None:
    before = api("GET", "config").json["data"]["revision"]
    lead = api.a_lead(need="A crane")["id"]
    rule = {
        "kind": "automation", "object": "lead", "label": {"en": "Marks", "zh": "标记"},
        "when": "need == 'A crane'", "set": {"need": "'seen'"},
    }  # fmt: skip
    wanted = [{"path": ["rules", "marks"], "value": rule}]
    assert api("POST", "config/apply", json={"set": wanted}).status_code == 201
    run = api("POST", "config/rule-runs", json={"rule": "marks"}).json["data"]["id"]
    work_until_idle(api.site)
    marked = api("GET", f"lead/{lead}").json["data"]["need"]

    rename = [{"path": ["objects", "lead", "fields", "need"], "to": "wish"}]
    assert api("POST", "config/apply", json={"rename": rename}).status_code == 201
    undone = api("POST", f"config/rule-runs/{run}/undo")
    work_until_idle(api.site)

    assert marked == "seen"
    assert undone.status_code == 202
    assert api("GET", f"lead/{lead}").json["data"]["wish"] == "A crane"
    api("POST", "config/rollback", json={"revision": before, "second_word": True})
    assert api("GET", f"lead/{lead}").json["data"]["need"] == "A crane"


def test_what_is_wrong_with_a_plan_is_told_in_the_language_asked_for(api: Api) -> None:
    wrong = {
        "set": [
            {"path": ["objects", "lead", "fields", "x"], "value": {"type": "curency"}},
            {"path": ["objects", "lead", "views", "all", "columns"], "value": ["nme"]},
            {"path": ["rules", "lead_grading", "into"], "value": "grde"},
        ]
    }
    chinese = {"Accept-Language": "zh-CN"}

    english = api("POST", "config/plan", json=wrong).json["data"]["problems"]
    told = api("POST", "config/plan", json=wrong, headers=chinese).json["data"]["problems"]
    archived = {"set": [{"path": ["objects", "lead", "stages", "pipelines", "standard", "stages", "contacted", "archived"], "value": True}]}  # fmt: skip
    named = api("POST", "config/plan", json=archived, headers=chinese).json["data"]["findings"]

    assert [one["code"] for one in told] == [one["code"] for one in english]
    assert all(one["message"].isascii() for one in english)
    assert told
    assert not [one for one in told if one["message"].isascii() or one["cure"].isascii()]
    places = next(one for one in named if one["code"] == "named_elsewhere")
    assert any("视图" in one for one in places["samples"])
