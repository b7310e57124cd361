"""What a person may not see stays unseen, whichever door they try."""

from __future__ import annotations

from tests.attacks.caller import Caller
from tests.web.pages.office import Office


def test_a_stale_etag_of_a_record_one_may_not_see_reads_like_no_record(
    office: Office, api: Caller
) -> None:
    hers = office.a_lead("Hers", owner=office.people["chen"])

    for method, body in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
        answer = api.send(method, f"/api/v1/lead/{hers}", "li", body, If_Match='"98765432"')

        assert answer.status_code == 404
        assert "98765432" not in answer.text


def test_nobody_takes_or_gives_a_record_by_writing_its_owner(office: Office, api: Caller) -> None:
    mine = office.a_lead("Mine", owner=office.people["li"])

    given = api.send("PATCH", f"/api/v1/lead/{mine}", "li", {"owner": office.people["chen"]})
    made = {"name": "New", "channel": office.places["channel"], "owner": office.people["chen"]}
    made_for_another = api.send("POST", "/api/v1/lead", "li", made)

    assert given.status_code == made_for_another.status_code == 422
    assert api.codes(given) == api.codes(made_for_another) == {"read_only"}
    assert office.value("lead", mine, "owner") == office.people["li"]


def test_a_manager_assigns_by_action_and_by_writing_the_owner(office: Office, api: Caller) -> None:
    lead = office.a_lead("Given", owner=office.people["mei"])

    first = api.send("PATCH", f"/api/v1/lead/{lead}", "mei", {"owner": office.people["li"]})

    assert first.status_code == 200
    assert office.value("lead", lead, "owner") == office.people["li"]


def test_values_added_to_a_conversion_go_no_further_than_ones_own_rights(
    office: Office, api: Caller
) -> None:
    lead = office.a_lead("Convert me", owner=office.people["li"], company="Jingxin")
    added = [
        {"owner": office.people["chen"]},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"tax_number": "91310000MA1FL0000X"},
    ]

    for values in added:
        path = f"/api/v1/lead/{lead}/actions/convert"
        answer = api.send("POST", path, "li", {"values": {"customer": values}})

        assert answer.status_code == 422, values
        assert office.value("lead", lead, "stage") != "converted"


def test_a_claim_of_a_record_that_was_never_in_ones_pool_tells_nothing_of_it(
    office: Office, api: Caller
) -> None:
    hers = office.a_lead("Never shared", owner=office.people["chen"])

    answer = api.send("POST", f"/api/v1/lead/{hers}/actions/claim", "li", {})

    assert answer.status_code == 404
    assert "Chen" not in answer.text


def test_a_narrow_token_makes_itself_no_wider_one(office: Office, api: Caller) -> None:
    narrow = api.token("li", "customer:read")

    answer = api.send(
        "POST", "/tokens", body=b"name=x&may=all", Authorization=f"Bearer {narrow}",
        Content_Type="application/x-www-form-urlencoded",
    )  # fmt: skip

    assert answer.status_code in (303, 401, 403)
    assert "fs_" not in answer.text


def test_the_model_names_no_hidden_field_in_what_a_stage_needs(api: Caller) -> None:
    told = api.send("GET", "/api/v1/meta/opportunity", "guest").text

    assert '"amount"' not in told


def test_a_parameter_given_twice_is_refused_and_not_silently_dropped(api: Caller) -> None:
    answer = api.send("GET", "/api/v1/lead?filter=score>1&filter=score<1", "li")

    assert answer.status_code == 400
    assert api.codes(answer) == {"repeated_parameter"}
