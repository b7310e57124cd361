"""Public forms: what strangers may do, and what they may not."""

from __future__ import annotations

import json
import re
from html import unescape

from tests.web.intake.gate import TOKEN, Gate

ZHANG = {"name": "张伟", "mobile": "138 0013 8000", "company": "京信软件", "need": "60 seats"}


def test_a_form_that_was_sent_becomes_a_lead_with_channel_consent_and_touch_point(
    gate: Gate,
) -> None:
    answer = gate.send(**ZHANG, _utm_campaign="autumn", _referrer="https://search.example/")

    assert answer.status_code == 303
    assert "done=1" in answer.headers["Location"]
    (lead,) = gate.records()
    assert lead["mobile"] == "+8613800138000"
    assert lead["utm_source"] == "website"
    assert lead["utm_campaign"] == "autumn"
    (channel,) = gate.records("channel")
    assert lead["channel"] == channel["id"]
    (touch,) = gate.records("touch")
    assert touch["lead"] == lead["id"]
    assert touch["first"] is True
    assert touch["consent"] == "2026-01"
    assert touch["referrer"] == "https://search.example/"
    (arrival,) = gate.arrivals("website_form")
    assert "I agree" in arrival.trace["consent"]["text"]


def test_the_form_is_shown_in_english_and_chinese_without_a_log_in(gate: Gate) -> None:
    english, chinese = (
        gate.page("/in/forms/website_form"),
        gate.page("/in/forms/website_form?lang=zh"),
    )

    assert "Talk to us" in english.text
    assert "联系我们" in chinese.text
    assert "您的需求" in chinese.text
    assert 'lang="zh-CN"' in chinese.text


def test_somebody_who_is_known_gets_a_touch_point_and_no_second_lead(gate: Gate) -> None:
    gate.send(**ZHANG)
    gate.send(name="张伟", mobile="+86 13800138000", email="zhang@jingxin.example", need="more")

    (lead,) = gate.records()
    assert lead["email"] == "zhang@jingxin.example"
    assert lead["need"] == "60 seats"
    assert [touch["first"] for touch in gate.records("touch")] == [True, False]


def test_a_touch_point_also_leads_to_the_customer_that_is_known(gate: Gate) -> None:
    boss = gate.create("user", name="Mei", email="mei@example.com", roles=["sales_manager"])
    customer = gate.create("customer", name="京信软件", phone="13800138000", owner=boss)

    gate.send(**ZHANG)

    (touch,) = gate.records("touch")
    assert touch["customer"] == customer


def test_what_is_missing_or_wrong_is_told_and_what_was_typed_stays(gate: Gate) -> None:
    answer = gate.send(name="张伟", mobile="12", _consent="")

    assert answer.status_code == 422
    assert 'value="张伟"' in answer.text
    assert "Nothing can be sent without your consent." in answer.text
    assert gate.records() == []
    assert gate.arrivals("website_form") == []


def test_a_post_without_the_signed_time_or_quicker_than_people_type_is_refused(gate: Gate) -> None:
    forged = gate.send(**ZHANG, _token="forged.token")
    quick = gate.send(**ZHANG, after=0)
    late = gate.send(**ZHANG, after=100_000)

    assert [one.status_code for one in (forged, quick, late)] == [422, 422, 422]
    assert gate.records() == []


def test_a_program_that_fills_the_hidden_field_is_thanked_and_kept_as_spam(gate: Gate) -> None:
    answer = gate.send(**ZHANG, fax_number="123")

    assert answer.status_code == 303
    assert gate.records() == []
    assert [one.state for one in gate.arrivals("website_form")] == ["spam"]


def test_a_second_click_sends_nothing_twice(gate: Gate) -> None:
    token = gate.form_token()
    gate.later(seconds=10)
    client = gate.app.test_client()
    for _ in range(2):
        sent = {**ZHANG, "_token": token, "_consent": "true"}
        assert client.post("/in/forms/website_form", data=sent).status_code == 303

    assert len(gate.records()) == 1
    assert len(gate.records("touch")) == 1


def test_one_address_may_send_only_so_much_in_an_hour(gate: Gate) -> None:
    statuses = [gate.send(name=f"P{n}", mobile=f"1380013{n:04}").status_code for n in range(21)]

    assert statuses[:20] == [303] * 20
    assert statuses[20] == 429


def test_scripts_get_json_and_no_record_ids(gate: Gate) -> None:
    token = gate.page("/in/forms/website_form/token").json["data"]
    gate.later(seconds=10)
    sent = {**ZHANG, token["field"]: token["token"], "_consent": True}
    answer = gate.app.test_client().post("/in/forms/website_form", json=sent)

    assert answer.status_code == 200
    assert answer.json["data"] == {"arrival": "", "state": "done", "outcome": "", "record": None}
    assert len(gate.records()) == 1


def test_a_stranger_cannot_find_out_who_is_known(gate: Gate) -> None:
    gate.send(**ZHANG)
    answers = []
    for mobile in ("13800138000", "13900139000"):
        token = gate.form_token()
        gate.later(seconds=10)
        sent = {"name": "x", "mobile": mobile, "_token": token, "_consent": "true"}
        answers.append(gate.app.test_client().post("/in/forms/website_form", json=sent))

    assert answers[0].status_code == answers[1].status_code
    assert answers[0].json == answers[1].json


def test_nonsense_in_json_is_refused_and_never_breaks_anything(gate: Gate) -> None:
    token = gate.form_token()
    gate.later(seconds=10)
    for odd in (5, None, [], {}, "\u0000", "x" * 5000, 10**30, True):
        sent = {
            "name": odd,
            "mobile": odd,
            "_utm_source": odd,
            "_work": odd,
            "_token": odd,
            "_consent": odd,
        }
        assert posted(gate, sent) in (400, 422)
        good = {
            **ZHANG,
            "_token": token,
            "_consent": True,
            "_utm_source": odd,
            "_page": odd,
            "need": odd,
        }
        assert posted(gate, good) in (200, 400, 422)


def posted(gate: Gate, sent: object) -> int:
    """Post JSON as the standard library writes it, long numbers included, and return the status."""
    client, kind = gate.app.test_client(), "application/json"
    return client.post(
        "/in/forms/website_form", data=json.dumps(sent), content_type=kind
    ).status_code


def test_only_mapped_fields_get_in(gate: Gate) -> None:
    gate.send(**ZHANG, score="99", stage="converted", owner="somebody", grade="good")

    (lead,) = gate.records()
    assert lead["stage"] == "new"
    assert lead["score"] != 99


def test_a_form_that_is_none_is_not_found(gate: Gate) -> None:
    for path in ("/in/forms/nothing", "/in/forms/partner_leads", "/in/forms/lead_scoring"):
        assert gate.page(path).status_code == 404


def test_whoever_corrects_an_answer_is_not_told_that_it_was_too_fast(gate: Gate) -> None:
    typed = {"name": "Hanna", "mobile": "138 0013 8000"}
    refused = gate.send(after=10, **typed, _consent="")
    (token,) = TOKEN.findall(refused.text)

    sent = {"_token": token, "_consent": "true", **typed}
    again = gate.app.test_client().post(
        "/in/forms/website_form", data=sent, headers={"Accept": "text/html"}
    )

    assert refused.status_code == 422
    assert again.status_code == 303, again.text
    assert len(gate.records()) == 1


def test_another_language_keeps_where_the_visitor_came_from(gate: Gate) -> None:
    page = gate.page("/in/forms/website_form?utm_source=search&referrer=https://news.example/fair")
    link = re.search(r'<a class="lnk" href="([^"]+)" lang="zh"', page.text)
    assert link

    chinese = gate.page(unescape(link[1])).text

    assert 'name="_utm_source" value="search"' in chinese
    assert 'name="_referrer" value="https://news.example/fair"' in chinese
