"""Assignment boards, ranking lists and calendars over REST: the same as on the pages, for the same people."""

from __future__ import annotations

import jsonschema

from fieldstone.web.rest import openapi_sharing as shapes
from tests.web.rest.programs import Api

ICAL = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20271223
DTEND;VALUE=DATE:20271225
SUMMARY:Company holiday
END:VEVENT
END:VCALENDAR
"""


def test_the_board_says_who_got_a_lead_and_why(api: Api) -> None:
    made = api("POST", "lead", json={"name": "Zhang Wei", "channel": api.ids["website"], "region": "east",
                                     "mobile": "13800138009", "company": "Jingxin", "need": "x", "email": "z@example.com", "budget": "90000"})  # fmt: skip
    board = api("GET", "assignment/lead_assignment").json["data"]

    assert made.status_code == 201
    jsonschema.validate(board, shapes.BOARD)
    assert board["dealt"][0]["record"] == made.json["data"]["id"]
    assert {"lead_assignment", "ticket_assignment"} <= {
        one["code"] for one in api("GET", "assignment").json["data"]
    }


def test_who_may_not_assign_has_no_board(api: Api) -> None:
    assert api("GET", "assignment", "li").json["data"] == []
    assert api("GET", "assignment/lead_assignment", "li").status_code == 404
    assert api("GET", "assignment/moon").status_code == 404


def test_a_list_is_previewed_published_once_and_objected_to(api: Api) -> None:
    preview = api("GET", "rankings/sales_ranking?preview=1").json["data"]
    first = api("POST", "rankings/sales_ranking/publish")
    second = api("POST", "rankings/sales_ranking/publish")
    read = api("GET", "rankings/sales_ranking", "li").json["data"]

    jsonschema.validate(preview, shapes.EDITION)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json["data"] == second.json["data"] == read
    for told in ("edition", "since", "until", "lines"):  # what was previewed is what was published
        assert preview[told] == read[told]
    assert api("GET", "rankings/sales_ranking?edition=99").status_code == 404
    assert api("POST", "rankings/sales_ranking/publish", "li").status_code == 403
    assert api("GET", "rankings/sales_ranking?preview=1", "li").status_code == 403
    sent = api("POST", "rankings/sales_ranking/appeal", "li", json={"note": "Mine is missing."})
    assert sent.status_code == 201
    assert api("POST", "rankings/sales_ranking/appeal", json={"note": "x"}).status_code == 404
    assert api("POST", "rankings/sales_ranking/appeal", "li", json={}).status_code == 422


def test_a_won_deal_counts_for_who_won_it_whoever_has_it_now(api: Api) -> None:
    def won() -> dict[str, object]:
        lines = api("GET", "rankings/sales_ranking?preview=1").json["data"]["lines"]
        return {line["person"]: line["metrics"]["performance"]["value"] for line in lines}

    customer = api("POST", "customer", "li", json={"name": "Credits Ltd"}).json["data"]["id"]
    deal = {"name": "Credits", "customer": customer, "amount": "70000", "owner": api.ids["li"]}
    made = api("POST", "opportunity", "li", json=deal)
    assert made.status_code == 201, made.json
    url = f"opportunity/{made.json['data']['id']}"
    for moves in ({"stage": "engaging", "engaged_on": "2026-01-05"}, {"stage": "won"}):
        moved = api("PATCH", url, json=moves)
        assert moved.status_code == 200, moved.json
    with api.later(days=40):
        before = won()
        assert api("PATCH", url, json={"owner": api.ids["wang"]}).status_code == 200
        after = won()

    assert before == after
    assert before[api.ids["li"]] == 70000


def test_days_of_a_calendar_are_set_imported_and_taken_back(api: Api) -> None:
    days = {"2027-12-24": {"hours": ["09:00-12:00"], "label": "Half"}, "2027-12-25": "work"}
    put = api("POST", "calendars/office_cn/days", json={"days": days, "reason": "Christmas"})
    read = api("GET", "calendars/office_cn", "li").json["data"]
    by_day = {one["day"]: one for one in read["days"]}

    assert put.status_code == 201
    jsonschema.validate(read, shapes.WHOLE_CALENDAR)
    assert by_day["2027-12-24"] == {"day": "2027-12-24", "works": True, "hours": ["09:00-12:00"], "name": "Half"}  # fmt: skip
    assert by_day["2027-12-25"]["works"] is True
    imported = api("POST", "calendars/office_cn/import", data=ICAL, headers={"Content-Type": "text/calendar"})  # fmt: skip
    assert imported.json["data"]["changed"] == 2
    gone = dict.fromkeys(("2027-12-23", "2027-12-24", "2027-12-25"))
    assert api("POST", "calendars/office_cn/days", json={"days": gone}).status_code == 201
    left = {one["day"] for one in api("GET", "calendars/office_cn").json["data"]["days"]}
    assert left.isdisjoint(gone)


def test_a_calendar_is_changed_by_administrators_with_sound_values_only(api: Api) -> None:
    good = {"days": {"2027-12-24": "off"}}

    assert api("POST", "calendars/office_cn/days", "li", json=good).status_code == 403
    assert api("POST", "calendars/moon/days", json=good).status_code == 404
    assert api("GET", "calendars/moon").status_code == 404
    for bad in ({"2027-13-24": "off"}, {"2027-12-24": "sometimes"}, {"2027-12-24": ["25:00-26:00"]}):  # fmt: skip
        assert api("POST", "calendars/office_cn/days", json={"days": bad}).status_code == 422
    text = api("POST", "calendars/office_cn/import", data="x", headers={"Content-Type": "text/calendar"})  # fmt: skip
    assert text.status_code == 422
    assert {one["code"] for one in api("GET", "calendars").json["data"]} >= {"office_cn"}
