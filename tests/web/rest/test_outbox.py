"""Programs of administrators read what did not get through, send it again and drop it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select

from fieldstone.changes.nouns import Effect
from fieldstone.storage.leased import outbox_of
from fieldstone.storage.outbox import fs_outbox
from tests.web.rest.programs import Api

HOOK = Effect("webhook", "https://x.example/h?key=1", "hi", {"message": {"en": "Hi", "zh": "你好"}})


@pytest.fixture
def dead(api: Api) -> Iterator[list[int]]:
    """Three messages of two channels that were given up."""
    with api.site.storage.connection() as connection:
        connection.execute(delete(fs_outbox))
        mail = Effect("email", api.ids["li"], "hi", {"message": "Mail"})
        outbox_of(connection).add([("", "", one) for one in (HOOK, HOOK, mail)])
    with api.site.storage.connection() as connection:
        ids = list(connection.execute(select(fs_outbox.c.id).order_by(fs_outbox.c.id)).scalars())
        for one in ids:
            outbox_of(connection).failed(one, "the receiver answered 410", None)
    yield ids
    with api.site.storage.connection() as connection:
        connection.execute(delete(fs_outbox))


def test_they_are_listed_by_pages_with_words_and_counts(api: Api, dead: list[int]) -> None:
    first = api("GET", "outbox?limit=2", headers={"Accept-Language": "zh"}).json

    assert [one["id"] for one in first["data"]] == [dead[2], dead[1]]
    assert (first["data"][0]["to"], first["data"][1]["to"]) == ("Li", "https://x.example/h")
    assert first["data"][1]["text"] == "你好"
    assert first["data"][1]["reason"] == "对方返回 410"
    assert [(one["channel"], one["dead"]) for one in first["channels"]] == [
        ("webhook", 2),
        ("email", 1),
    ]
    rest = api("GET", f"outbox?limit=2&before={first['page']['next']}").json
    assert [one["id"] for one in rest["data"]] == [dead[0]]
    assert rest["page"]["next"] is None
    assert api("GET", "outbox?state=waiting").json["data"] == []
    assert api("GET", "outbox?channel=email").json["data"][0]["topic"] == "hi"


def test_they_are_sent_again_once_and_dropped_with_a_reason(api: Api, dead: list[int]) -> None:
    one, two, three = dead

    assert api("POST", "outbox/again", json={"ids": [one]}).json["data"]["sent"] == [one]
    assert api("POST", "outbox/again", json={"ids": [one]}).json["data"]["sent"] == []
    sent = api("POST", "outbox/drop", json={"channel": "email", "reason": "old"})
    assert sent.json["data"]["dropped"] == [three]
    assert api("POST", "outbox/again", json={"all": True}).json["data"]["sent"] == [two]


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"ids": [1], "all": True}, {"ids": ["x"]}, {"everything": True}]
)
def test_a_body_that_names_nothing_or_two_things_is_refused(api: Api, body: object) -> None:
    assert api("POST", "outbox/again", json=body).status_code == 400


def test_a_reason_is_asked_for_and_nobody_else_may(api: Api, dead: list[int]) -> None:
    assert api("POST", "outbox/drop", json={"all": True}).status_code == 400
    assert api("POST", "outbox/drop", json={"all": True, "reason": " "}).status_code == 422
    assert api("GET", "outbox?state=odd").status_code == 400
    for who in ("mei", "li", "guest"):
        assert api("GET", "outbox", who).status_code == 403
        assert api("POST", "outbox/again", who, json={"all": True}).status_code == 403
    api.tokens["narrow"] = api.token("admin", "lead:read")
    assert api("GET", "outbox", "narrow").status_code == 403
