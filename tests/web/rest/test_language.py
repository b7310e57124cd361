"""Refusals are told in the language of the program or person that asks; codes and paths stay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.rest.programs import NOBODY, Api


@pytest.fixture(scope="module")
def api(api_on_sqlite: Api) -> Api:
    return api_on_sqlite


def refused(api: Api, language: str, method: str, path: str, **sent: Any) -> dict[str, Any]:
    headers = {"Accept-Language": language} if language else {}
    answer = api(method, path, headers=headers, **sent)
    assert answer.status_code >= 400
    assert answer.headers["Content-Language"] == ("zh-CN" if "zh" in language else "en")
    told: dict[str, Any] = answer.json
    return told


def test_the_same_refusal_comes_in_english_and_in_chinese(api: Api) -> None:
    sent = {"name": "", "budget": "many", "channel": api.ids["website"]}
    english = refused(api, "en", "POST", "lead", json=sent)
    chinese = refused(api, "zh-CN,zh;q=0.9", "POST", "lead", json=sent)

    same = [[(one["code"], one["path"]) for one in told["problems"]] for told in (english, chinese)]
    assert same[0] == same[1]
    by_path = {one["path"]: one for one in chinese["problems"]}
    assert by_path["budget"]["message"] == "“many”不是数字。"
    assert by_path["budget"]["cure"] == "请填写数字，例如 1234.50。"
    assert "“many”不是数字。" in chinese["detail"]
    assert "'many' is not a number." in english["detail"]


@pytest.mark.parametrize("language", ["", "*", "fr, de;q=0.5"])
def test_a_program_that_asks_for_nothing_gets_the_site_s_language(api: Api, language: str) -> None:
    told = refused(api, language, "GET", f"lead/{NOBODY}")

    assert told["problems"][0]["message"].startswith("There is no lead")


def test_each_change_of_many_is_told_in_the_caller_s_language(api: Api) -> None:
    answer = api(
        "POST",
        "lead/bulk",
        headers={"Accept-Language": "zh"},
        json={"create": [{"name": "x", "nothing": 1}]},
    )

    (one,) = answer.json["create"]
    assert [problem["code"] for problem in one["problems"]] == ["unknown_field", "required"]
    assert one["problems"][0]["message"] == "没有字段“nothing”，或您无权查看。"


def test_who_is_not_signed_in_is_told_so_in_their_language(api: Api) -> None:
    answer = api.app.test_client().get("/api/v1/lead", headers={"Accept-Language": "zh"})

    assert answer.status_code == 401
    assert answer.json["problems"][0]["message"] == "请先登录。"


def test_what_the_framework_refuses_is_told_too(api: Api) -> None:
    told = refused(api, "zh", "PUT", "meta")

    assert told["problems"][0]["code"] == "method_not_allowed"
    assert told["problems"][0]["message"] == "该地址不支持这种方法。"


def test_a_person_s_own_language_counts_when_the_program_says_none(api: Api) -> None:
    api("PATCH", f"user/{api.ids['wang']}", json={"language": "zh"})

    answer = api("GET", f"lead/{NOBODY}", "wang")
    assert answer.json["problems"][0]["message"].startswith("找不到")
    english = api("GET", f"lead/{NOBODY}", "wang", headers={"Accept-Language": "en-GB"})
    assert english.json["problems"][0]["message"].startswith("There is no lead")


def test_a_rule_refuses_in_the_caller_s_language(api: Api) -> None:
    absence = {"kind": "leave", "starts_at": "2026-12-08T01:00:00Z"}
    sent = {**absence, "ends_at": "2026-12-07T01:00:00Z"}

    (english,) = refused(api, "en", "POST", "absence", json=sent)["problems"]
    (chinese,) = refused(api, "zh", "POST", "absence", json=sent)["problems"]

    assert english["message"] == "An absence cannot end before it begins."
    assert (chinese["message"], chinese["cure"]) == (
        "结束时间必须晚于开始时间。",
        "请更正后重新保存。",
    )
