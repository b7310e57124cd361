"""Programs read what a person was told, in that person's language, and nobody else's."""

from __future__ import annotations

from fieldstone.base.ids import new_id
from fieldstone.storage.notices import Notices, a_notification
from tests.web.rest.programs import Api


def notify(api: Api, who: str, en: str, zh: str) -> None:
    storage, now = api.site.storage, api.site.clock()
    payload = {"message": {"en": en, "zh": zh}, "strength": "strong"}
    with storage.connection() as connection:
        note = a_notification(api.ids[who], "reminder", payload, now)
        Notices(connection, storage.dialect, now).notify(new_id(), note)


def test_they_are_read_once_by_whom_they_are_for(api: Api) -> None:
    api("POST", "notifications/read", "li")
    notify(api, "li", "Call Emma", "致电 Emma")

    first = api("GET", "notifications?unread=1", "li").json
    assert (first["unread"], first["data"][0]["text"]) == (1, "Call Emma")
    assert first["data"][0]["strength"] == "strong"
    chinese = api("GET", "notifications?limit=1", "li", headers={"Accept-Language": "zh"}).json
    assert chinese["data"][0]["text"] == "致电 Emma"
    assert all(one["text"] != "Call Emma" for one in api("GET", "notifications").json["data"])

    note = first["data"][0]["id"]
    assert api("POST", "notifications/read", json={"ids": [note]}).json["data"]["read"] == 0
    read = api("POST", "notifications/read", "li", json={"ids": [note]})
    assert read.json["data"]["read"] == 1
    assert api("GET", "notifications?unread=1", "li").json == {"data": [], "unread": 0}


def test_what_is_asked_wrongly_is_refused(api: Api) -> None:
    assert api("POST", "notifications/read", json={"ids": "all"}).status_code == 400
    assert api("GET", "notifications?limit=0").status_code == 400
    assert api("GET", "notifications?unred=1").json["problems"][0]["code"] == "unknown_parameter"
