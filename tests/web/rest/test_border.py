"""What comes over the border: tokens, grants, malformed JSON, hostile text; never an error of ours."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.rest.programs import NOBODY, Api

MALFORMED = {
    "half": (b'{"name": ', "not_json"),
    "nan": (b'{"budget": NaN}', "not_json"),
    "infinite": (b'{"budget": 1e400}', "not_json"),
    "lone surrogate": (b'{"name": "\\ud800"}', "not_json"),
    "not UTF-8": (b'{"name": "\xff"}', "not_json"),
    "twice": (b'{"name": "a", "name": "b"}', "duplicate_key"),
    "deep": (b"[" * 5000 + b"]" * 5000, None),
    "a little deep": (b'{"a":' * 30 + b"1" + b"}" * 30, "too_deep"),
    "a list": (b"[]", "not_an_object"),
    "a long number": (b'{"employees": ' + b"9" * 5000 + b"}", None),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_json_is_a_bad_request(api: Api, name: str):
    sent, code = MALFORMED[name]

    answer = api("POST", "lead", data=sent, content_type="application/json")

    assert answer.status_code == 400
    assert code in (None, answer.json["problems"][0]["code"])


@pytest.mark.parametrize("value", ["a\0b", 2**63, 10**30, True, ["x"], {"a": 1}, "x" * 200_000])
@pytest.mark.parametrize("field", ["name", "employees", "budget", "channel", "tags", "decision_on"])
def test_a_value_that_cannot_be_kept_is_refused_at_its_field(api: Api, field: str, value: object):
    answer = api("POST", "lead?dry_run=1", json={field: value})

    assert answer.status_code == 422
    assert answer.json["problems"]


def test_another_content_type_is_refused(api: Api):
    assert api("POST", "lead", data=b"{}", content_type="text/xml").status_code == 415


def test_a_body_above_the_limit_is_refused(api: Api):
    api.app.config["MAX_CONTENT_LENGTH"], before = 1000, api.app.config["MAX_CONTENT_LENGTH"]
    try:
        answer = api("POST", "lead", json={"need": "x" * 2000})
    finally:
        api.app.config["MAX_CONTENT_LENGTH"] = before

    assert answer.status_code == 413


def test_nobody_is_told_to_sign_in(api: Api):
    answer = api.app.test_client().get("/api/v1/lead")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_can_do_less_than_its_person(api: Api):
    reading = {"Authorization": f"Bearer {api.token('admin', 'lead:read')}"}
    client = api.app.test_client()

    assert client.get("/api/v1/lead", headers=reading).status_code == 200
    assert client.get("/api/v1/customer", headers=reading).status_code == 404
    assert client.post("/api/v1/lead", json={"name": "x"}, headers=reading).status_code == 403


def test_a_revoked_token_ends_at_once(api: Api):
    headers = {"Authorization": f"Bearer {api.token('li')}"}
    client, identity = api.app.test_client(), api.site.identity
    assert client.get("/api/v1/lead", headers=headers).status_code == 200

    newest = identity.tokens_of(api.ids["li"])[0]
    identity.revoke_token(newest.id, api.ids["li"], api.site.clock())

    assert client.get("/api/v1/lead", headers=headers).status_code == 401


def test_a_change_of_roles_holds_at_the_next_request(api: Api):
    assert api("GET", "meta", "wang").status_code == 200
    may = api("GET", "meta/lead", "wang").json["data"]["may"]
    api("PATCH", f"user/{api.ids['wang']}", json={"roles": ["sales_manager"]})
    later = api("GET", "meta/lead", "wang").json["data"]["may"]
    api("PATCH", f"user/{api.ids['wang']}", json={"roles": ["sales"]})

    assert (may["assign"], later["assign"]) == (False, True)


def test_guessing_tokens_is_slowed_down(api_on_sqlite: Api):
    client = api_on_sqlite.app.test_client()
    guess = {"Authorization": "Bearer guess"}

    answers = [
        client.get("/api/v1/lead", headers=guess, environ_base={"REMOTE_ADDR": "192.0.2.7"})
        for _ in range(31)
    ]

    assert {one.status_code for one in answers[:30]} == {401}
    assert answers[30].status_code == 429
    assert 0 < int(answers[30].headers["Retry-After"]) <= 60


def test_a_page_of_another_site_cannot_write_with_the_cookie(api: Api):
    opened = api.site.identity.open_session(api.ids["admin"], "", "", api.site.clock())
    client = api.app.test_client()
    client.set_cookie("fieldstone_session", opened.cookie)
    lead = {"name": "跨站", "channel": api.ids["website"]}

    forged = client.post("/api/v1/lead", json=lead)
    meant = client.post("/api/v1/lead", json=lead, headers={"X-CSRFToken": opened.csrf})

    assert (forged.status_code, meant.status_code) == (403, 201)


@pytest.mark.parametrize(
    "path", ["lead/a%00b", f"lead/{NOBODY}", "lead/%F0%9F%92%A3", "%00", "nope"]
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_not_there_is_not_found(api: Api, method: str, path: str):
    assert api(method, path, json={}).status_code in (404, 405)


hostile = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["name", "stage", "budget", "owner", "created_at", "channel.name", "id"]
    ).flatmap(
        lambda name: st.sampled_from(
            [
                "{} == ",
                "{} > 1",
                "-{}",
                "{},{}",
                "{} == '\\'",
                "contains({}, '%')",
                "{} in []",
                "({}",
            ]
        ).map(lambda form: form.replace("{}", name))
    ),
    st.from_regex(r"[a-z_.]{1,12} (==|!=|<|in|and) ['0-9a-z\[\]]{0,8}", fullmatch=True),
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(filter=hostile, sort=hostile, cursor=hostile, fields=hostile, q=st.text(max_size=20))
def test_no_question_is_an_error_of_ours(
    api_on_sqlite: Api, filter: str, sort: str, cursor: str, fields: str, q: str
):
    for asked in (
        {"filter": filter},
        {"sort": sort},
        {"cursor": cursor},
        {"fields": fields, "expand": fields},
        {"q": q},
    ):
        answer = api_on_sqlite("GET", "lead", "li", query_string=asked)

        assert answer.status_code in (200, 400), answer.json


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_value_is_an_error_of_ours(api_on_sqlite: Api, data: st.DataObject):
    fields = sorted(api_on_sqlite.site.model.objects["lead"].fields)
    sent = data.draw(st.dictionaries(st.sampled_from(fields), json_values, min_size=1, max_size=6))

    answer = api_on_sqlite("POST", "lead?dry_run=1", json=sent)

    assert answer.status_code in (201, 400, 403, 422), answer.json
