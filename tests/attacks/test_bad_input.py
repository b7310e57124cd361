"""Whatever is sent, the answer is a refusal with a cure: never a server error, never a stack trace."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from fieldstone.changes.nouns import Change, Operation
from fieldstone.reads.door import Reads
from tests.attacks.caller import Caller
from tests.company import Company
from tests.web.pages.office import Office, Visitor

SEED = 20261122
VALUES: tuple[object, ...] = (
    None, True, 0, -1, 2**31, 2**63, 2**64, 10**30, 1e308, 1.5, "", " ", "\x00", "a\x00b", "\ud800", "😀",
    "张伟", "x" * 20_000, "' or 1=1 --", '"; drop table', "%", "_", "\\", "../../etc/passwd", "<script>",
    "{{7*7}}", "=cmd()", "NaN", "Infinity", "1e999999", "9" * 400, "0x10", "2026-13-45", "99999-01-01",
    "2026-11-22T25:61:00Z", "2026-11-22T00:00:00+99:99", "１２３", "[]", "{}", [], {}, [None], [[]], [{}],
    {"a": 1}, {"id": "x"}, ["x"] * 500, "ffffffff-ffff-ffff-ffff-ffffffffffff", "\u202e", "a\nb\rc", "P9999999999Y",
    "12345678901234.5678", "javascript:alert(1)", "http://[", "a@b",
)  # fmt: skip
EXPRESSIONS = (
    "1", "null", "'x'", "1 == 1 and " * 300 + "true", "(" * 500 + "1" + ")" * 500, "not " * 300 + "true",
    "score" + "+score" * 250 + " > 1", "9" * 300 + " > score", "1e308 > score", "score / 0 > 1", "10**10**10 > 1",
    "created_at > '2026-13-01'", "contains(name,'%')", "contains(name,'\\\\')", "add_days(created_at, 99999999999) > now()",
    "add_days(today(), -99999999999) > today()", "round(budget, 999999) > 1", "__import__('os')", "name.__class__",
    "lambda: 1", "[x for x in name]", "f'{name}'", "owner", "id in ['" + "','".join(["a"] * 3000) + "']", "\x00",
    "name == '\x00'", "name == '\ud800'", "# comment", "score = 1", "count(activities) > 99999999999999999999",
    "budget > 1e500", "hours_since(null) > 1", "if_(true,1,'a') == 1", "coalesce() == 1", "user.role('x')",
    "score > 1 and false", "year(created_at) == 2**100", "名字 == 1", "(a+)+$ == name", "name == '" + "(" * 3000 + "'",
)  # fmt: skip
BODIES = (
    b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"a":NaN}', b'{"a":1}{"b":2}', b'{"name":"a","name":"b"}',
    b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"score":' + b"9" * 5000 + b"}", b'{"name":"\\ud800"}', b'{"name":"\\u0000"}', b"\xef\xbb\xbf{}",
)  # fmt: skip
PARAMETERS = ("filter", "q", "sort", "fields", "expand", "limit", "cursor", "count", "deleted")


def text_of(value: object) -> str:
    """Return a value as it goes into an address or a form."""
    return value if isinstance(value, str) else json.dumps(value)


def escaped(value: object) -> str:
    """Return a value as a part of an address."""
    return quote(text_of(value)[:2000].encode("utf-8", "surrogatepass"), safe="")


def packed(value: object) -> bytes:
    """Return JSON, with what Python alone would not write."""
    return json.dumps(value).encode("utf-8", "surrogatepass")


def refused_well(api: Caller, method: str, path: str, body: bytes | None = None) -> None:
    """Send as the administrator, who may do everything; a refusal must name a problem and a cure."""
    answer = api.send(method, path, "admin", body, Content_Type="application/json")
    assert "Traceback" not in answer.text
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        problems = answer.get_json(force=True)["problems"]
        assert problems, answer.text
        assert all(one["message"] and one["cure"] for one in problems), answer.text


@pytest.fixture(scope="module")
def lead(office: Office) -> str:
    """A lead to write to."""
    return office.a_lead("Target", owner=office.people["li"])


@pytest.fixture
def chance() -> random.Random:
    """The same choices in every run."""
    return random.Random(SEED)


def test_no_value_of_any_field_breaks_a_write(
    api: Caller, lead: str, chance: random.Random
) -> None:
    for one in api.data(api.send("GET", "/api/v1/meta", "admin"))["objects"]:
        code = one["object"]
        for field in api.data(api.send("GET", f"/api/v1/meta/{code}", "admin"))["fields"]:
            for value in chance.sample(VALUES, 3):
                body = packed({field["code"]: value})
                if code == "lead":
                    refused_well(api, "PATCH", f"/api/v1/lead/{lead}?dry_run=1", body)
                else:
                    refused_well(api, "POST", f"/api/v1/{code}?dry_run=1", body)


def test_no_expression_breaks_a_filter_a_group_or_a_measure(api: Caller) -> None:
    for text in EXPRESSIONS:
        refused_well(api, "GET", f"/api/v1/lead?filter={escaped(text)}")
        refused_well(api, "POST", "/api/v1/lead/aggregate", packed({"group": [text]}))
        measures = {"a": text, "b": f"sum({text})", "c": f"count({text})"}
        refused_well(api, "POST", "/api/v1/lead/aggregate", packed({"measures": measures}))


def test_no_parameter_and_no_part_of_an_address_breaks_an_answer(
    api: Caller, lead: str, chance: random.Random
) -> None:
    for name in PARAMETERS:
        for value in chance.sample(VALUES, 12):
            refused_well(api, "GET", f"/api/v1/lead?{name}={escaped(value)}")
    for value in VALUES:
        part = escaped(value)
        for path in (
            part,
            f"lead/{part}",
            f"lead/{part}/history",
            f"meta/{part}",
            f"pools/{part}/lead",
        ):
            refused_well(api, "GET", f"/api/v1/{path}")
        refused_well(api, "PUT", f"/api/v1/lead/by/external_id/{part}?dry_run=1", b"{}")
        refused_well(api, "POST", f"/api/v1/lead/{lead}/actions/{part}", b"{}")


def test_no_body_breaks_an_action_a_batch_or_a_change(api: Caller, lead: str) -> None:
    target = f"/api/v1/lead/{lead}"
    for value in VALUES:
        for action, given in (
            ("move", {"to": value}),
            ("move", {"to": "contacted", "values": value, "version": value}),
            ("assign", {"owner": value, "reason": value}),
            ("release", {"pool": value}),
            ("convert", {"values": value, "use": value, "leave_out": value}),
        ):
            refused_well(api, "POST", f"{target}/actions/{action}?dry_run=1", packed(given))
        for batch in ({"create": value}, {"update": [value]}, {"delete": [value]}, value):
            refused_well(api, "POST", "/api/v1/lead/bulk?dry_run=1", packed(batch))
    for body in BODIES:
        refused_well(api, "POST", "/api/v1/lead?dry_run=1", body)
        refused_well(api, "PATCH", f"{target}?dry_run=1", body)
        refused_well(api, "POST", f"{target}/actions/move?dry_run=1", body)


def test_no_form_breaks_a_page(office: Office, lead: str, chance: random.Random) -> None:
    visitor = office.visitor("admin")
    for path, data in forms(lead, chance):
        answer = visitor.post(path, "x" if data.pop("htmx", "") else "", **data)
        assert answer.status_code < 500, (path, data)
    for path in pages(lead, chance):
        assert visitor.get(path).status_code < 500, path
    assert signed_in(visitor)


def forms(lead: str, chance: random.Random) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield forms as no page would send them."""
    for value in chance.sample(VALUES, 12):
        text = text_of(value)[:2000].replace("\ud800", "")
        yield f"/o/lead/{lead}/move", {"to": text, "version": text}
        yield f"/o/lead/{lead}/activity", {"kind": text, "subject": text, "body": text}
        yield "/o/lead/new", {"name": text, "mobile": text, "budget": text, "channel": text}
        yield "/o/opportunity/new", {"name": "x", "items.0.price": text, "items.x.y": text}
        yield "/o/lead/bulk", {"id": lead, "action": text, "field": "need", "value": text}
        yield "/o/lead/views", {"label": text, "filter": text, "columns": text}
        field = chance.choice(["name", "budget", "channel", "tags", "next_follow_up", "owner"])
        yield f"/o/lead/{lead}/field/{field}", {field: text, "version": text, "htmx": "1"}
        yield "/tokens", {"name": text, "days": text, "may": text}


def pages(lead: str, chance: random.Random) -> Iterator[str]:
    """Yield addresses as no link would lead to."""
    for value in chance.sample(VALUES, 12):
        part = escaped(value)
        yield from (f"/o/{part}", f"/o/lead/{part}", f"/pools/{part}", f"/static/{part}")
        name = chance.choice(["view", "filter", "q", "sort", "cursor", "columns"])
        yield from (f"/o/lead?{name}={part}", f"/o/lead/board?{name}={part}", f"/search?q={part}")
        yield f"/o/lead/{lead}/field/{part}?edit=1"


def signed_in(visitor: Visitor) -> bool:
    """Tell whether the session still stands."""
    return visitor.get("/").status_code == 200


def test_a_reason_with_characters_that_no_database_takes_is_kept_without_them(
    company: Company,
) -> None:
    lead = company.create("lead", name="L", channel=company.ids["website"]).record_id
    owner = {"owner": company.ids["wang"]}
    change = Change("lead", Operation.UPDATE, owner, lead, reason="a\x00b" + "x" * 500)

    assert not company.submit(change)[0].problems


def test_a_group_that_comes_to_a_constant_is_one_group(company: Company) -> None:
    company.create("lead", name="L", channel=company.ids["website"])
    reads, ctx = Reads(company.storage), company.context("admin")
    constants = ("score > 1 and false", "score > 1 or true", "user.role('x')", "1 == 1", "'x'")

    for text in constants:
        lines = reads.aggregate(ctx, company.model, "lead", group=[text])

        assert [line["count"] for line in lines] == [1], text


def test_a_form_with_a_character_that_no_database_keeps_is_refused(office: Office) -> None:
    visitor = office.visitor("admin")

    for path, name in (("/tokens", "name"), ("/o/lead/views", "label"), ("/o/lead/new", "name")):
        assert visitor.post(path, **{name: "a\x00b"}).status_code == 400
    answer = office.nobody().post("/login", data={"email": "a\x00@b.c", "password": "x"})

    assert answer.status_code == 400
