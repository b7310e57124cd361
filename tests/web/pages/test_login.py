"""Signing in and out, and what a refusal looks like to a person."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.pages.office import PASSWORD, Office, open_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office whose people have passwords."""
    opened = open_office(tmp_path_factory.mktemp("office"), passwords=True)
    yield opened
    opened.site.storage.close()


def test_a_person_signs_in_and_comes_where_they_wanted_to_go(office: Office) -> None:
    browser = office.nobody()
    form = {"email": " LI@harbor.example ", "password": PASSWORD, "back": "/o/lead?view=all"}
    answer = browser.post("/login", data={**form, "remember": "true"})

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/o/lead?view=all"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert browser.get("/o/lead").status_code == 200


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_to_another_site_after_signing_in(office: Office, back: str) -> None:
    form = {"email": "li@harbor.example", "password": PASSWORD, "back": back}

    assert office.nobody().post("/login", data=form).headers["Location"] == "/"


ELSEWHERE = {"Origin": "https://evil.example"}
MINE = {"email": "li@harbor.example", "password": PASSWORD}


def test_a_form_on_another_site_signs_nobody_in(office: Office) -> None:
    browser = office.nobody()
    for headers in (ELSEWHERE, {"Origin": "null"}, {**ELSEWHERE, "Sec-Fetch-Site": "cross-site"}):
        answer = browser.post("/login", data=MINE, headers=headers)
        assert answer.status_code == 403
        assert not any("fieldstone_session" in one for one in answer.headers.getlist("Set-Cookie"))

    chinese = {**ELSEWHERE, "Accept-Language": "zh"}
    assert "请在此登录" in browser.post("/login", data=MINE, headers=chinese).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost"},
        {"Origin": "https://localhost", "X-Forwarded-Proto": "https"},
        {"Origin": "https://crm.example", "X-Forwarded-Host": "crm.example, inner"},
        {"Origin": "https://crm.example", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
)
def test_our_own_form_signs_in_also_behind_a_proxy(office: Office, headers: dict[str, str]) -> None:
    assert office.nobody().post("/login", data=MINE, headers=headers).status_code == 303


def test_behind_a_proxy_that_hides_our_name_the_form_is_known_by_its_key(office: Office) -> None:
    browser, hidden = office.nobody(), {"Origin": "https://crm.example"}
    key = re.search(r'name="key" value="([^"]+)"', browser.get("/login").text)
    assert key is not None

    foreign = browser.post("/login", data={**MINE, "key": "another"}, headers=hidden)
    ours = browser.post("/login", data={**MINE, "key": key[1]}, headers=hidden)

    assert (foreign.status_code, ours.status_code) == (403, 303)


def test_a_wrong_password_is_refused_in_the_same_words_as_an_unknown_person(office: Office) -> None:
    browser = office.nobody()
    texts = [
        browser.post("/login", data={"email": email, "password": "not this one"}).text
        for email in ("guest@harbor.example", "nobody@harbor.example")
    ]

    assert all("The e-mail or the password is wrong." in text for text in texts)


def test_many_wrong_passwords_must_wait(office: Office) -> None:
    browser = office.nobody()
    form = {"email": "chen@harbor.example", "password": "guessing"}
    for _ in range(5):
        browser.post("/login", data=form)
    answer = browser.post("/login", data={**form, "password": PASSWORD})

    assert answer.status_code == 429
    assert "Try again in" in answer.text


def test_signing_out_ends_the_session(office: Office) -> None:
    visitor = office.visitor("li")
    visitor.post("/logout")

    assert visitor.get("/o/lead").headers["Location"].startswith("/login")


def test_a_form_without_the_token_of_the_session_is_refused(office: Office) -> None:
    visitor = office.visitor("li")
    answer = visitor.client.post("/preferences", data={"theme": "dark"})

    assert answer.status_code == 403


def test_an_ordinary_site_shows_no_demo_log_ins(office: Office) -> None:
    assert "Try it as" not in office.nobody().get("/login").text


def test_htmx_without_a_session_is_led_to_the_log_in_page(office: Office) -> None:
    answer = office.nobody().get("/o/lead", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login"


def test_what_is_not_there_is_a_page_with_a_way_back(office: Office) -> None:
    page = office.visitor("li").get("/o/lead/nothing-of-this-kind/at/all")

    assert page.status_code == 404
    assert "There is no such page" in page.text
    assert "Home" in page.text


def test_htmx_hears_of_a_refusal_as_a_toast(office: Office) -> None:
    answer = office.visitor("li").get("/o/lead?f=nonsense", "main#main")

    assert answer.status_code == 400
    assert answer.headers["HX-Reswap"] == "none"
    assert "toast" in answer.headers["HX-Trigger"]


def test_a_refusal_speaks_chinese(office: Office) -> None:
    answer = office.visitor("li", "zh").client.post("/preferences", data={"theme": "dark"})

    assert "页面已过期" in answer.text
    assert 'lang="zh-CN"' in answer.text
