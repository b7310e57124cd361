"""What stands around pages: navigation by rights, language, appearance, static files, caching."""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fieldstone.base.periods import Period, period
from fieldstone.base.shipped import shipped
from fieldstone.web.i18n import speech
from fieldstone.web.pages.amounts import near, short_time, usual_time
from fieldstone.web.pages.drawing import safe_back
from fieldstone.web.pages.people import initials
from tests.web.pages.office import Office

ADDRESSES = ("/", "/o/lead", "/o/lead/board", "/pools", "/tasks", "/inbox", "/tokens", "/search")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_of_the_shell_answers_whole_and_under_the_policy(
    office: Office, address: str
) -> None:
    page = office.visitor("admin").client.get(address, follow_redirects=True)

    assert page.status_code == 200
    assert page.text.startswith("<!doctype html>")
    assert "style=" not in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_speaks_chinese(office: Office, address: str) -> None:
    page = office.visitor("admin", "zh").client.get(address, follow_redirects=True)
    english = [
        text
        for text in speech("zh").texts
        if len(text) > 6 and "{" not in text and f">{text}<" in page.text
    ]

    assert 'lang="zh-CN"' in page.text
    assert not english


def test_the_navigation_holds_only_what_a_person_may_read(office: Office) -> None:
    li, guest = office.visitor("li").get("/").text, office.visitor("guest").get("/").text

    assert 'href="/o/lead"' in li
    assert 'href="/pools"' in li
    assert 'href="/pools"' not in guest
    assert "New lead" not in guest


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("who", ["admin", "mei", "li", "guest"])
def test_the_palette_names_every_place_once(office: Office, who: str, language: str) -> None:
    found = office.visitor(who, language).get("/search", "div#found").text
    places = re.findall(r'<a role="option"[^>]*href="([^"]+)".*?<b class="ell">(.*?)</b>', found)

    assert len(places) > 5
    assert len({name for _, name in places}) == len(places), sorted(name for _, name in places)
    assert len({href for href, _ in places}) == len(places)


def test_a_salesperson_sees_few_entries_and_finds_the_rest_folded(office: Office) -> None:
    page = office.visitor("li").get("/").text
    side = page[page.index('id="side"') : page.index('id="me"')]
    folded = re.findall(r'<details class="nav-g" data-nav="(\w+)"( open)?', side)
    seen = re.sub(r"<details.*?</details>", "", side, flags=re.DOTALL)

    assert [code for code, _ in folded] == ["marketing", "engine", "team"]
    assert not any(opened for _, opened in folded)
    assert len(re.findall(r"<a [^>]*title=", seen)) < 16
    assert "/o/touch" in side
    assert "/o/touch" not in seen


def test_a_folded_group_is_open_where_one_is_in_it_or_has_opened_it(office: Office) -> None:
    visitor = office.visitor("li")

    assert re.search(r'data-nav="team" open', visitor.get("/absences").text)
    visitor.client.set_cookie("fieldstone_nav", "marketing.nothing")
    page = visitor.get("/").text
    assert re.search(r'data-nav="marketing" open', page)
    assert not re.search(r'data-nav="team" open', page)


def test_a_page_that_did_not_change_is_not_sent_again(office: Office) -> None:
    visitor = office.visitor("li")
    first = visitor.get("/tokens")
    again = visitor.client.get("/tokens", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert "HX-Request" in first.headers["Vary"]


def test_htmx_gets_the_block_it_asks_for(office: Office) -> None:
    block = office.visitor("li").get("/o/lead", "main#main").text

    assert "<html" not in block
    assert '<header class="bar">' in block


def test_a_person_chooses_a_language_that_stays_with_them(office: Office) -> None:
    visitor = office.visitor("chen")
    answer = visitor.post("/preferences", language="zh", back="/tasks")
    elsewhere = office.visitor("chen").speaking("-").get("/tasks").text

    assert answer.headers["Location"] == "/tasks"
    assert "fieldstone_language=zh" in answer.headers["Set-Cookie"]
    assert '<html lang="zh-CN"' in elsewhere


def test_dark_stays_dark(office: Office) -> None:
    visitor = office.visitor("li")
    visitor.post("/preferences", theme="dark")

    assert 'data-theme="dark"' in visitor.get("/").text


def test_static_files_are_packed_and_kept_for_ever(office: Office) -> None:
    page = office.nobody().get("/login").text
    style = re.search(r'href="(/static/dist/app\.[0-9a-f]+\.css)"', page)
    assert style
    answer = office.nobody().get(style[1], headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["../../setup.cfg", "dist/../../README.md", "nothing.css"])
def test_no_other_file_is_served(office: Office, name: str) -> None:
    assert office.nobody().get(f"/static/{name}").status_code == 404


def texts_of(path: Path) -> set[str]:
    """Return the English texts that a page module gives to t() and tn()."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in ("t", "tn"):
            continue
        texts = node.args[1:2] if name == "tn" else node.args[:1]
        found |= {
            t.value for t in texts if isinstance(t, ast.Constant) and isinstance(t.value, str)
        }
    return found


def test_every_text_of_a_page_module_has_a_chinese_one() -> None:
    pages = Path(__file__).parents[3] / "platform/fieldstone/web/pages"
    missing = {
        text
        for path in pages.glob("*.py")
        for text in texts_of(path)
        if text not in speech("zh").texts
    }

    assert not missing


def test_a_chinese_text_has_the_blanks_of_the_english_one() -> None:
    def blanks(text: str) -> list[str]:
        return sorted(re.findall(r"{\w+}", text))

    for path in (shipped("ui_templates") / "translations").glob("zh*.json"):
        texts = json.loads(path.read_text("utf-8"))
        assert not [one for one, other in texts.items() if blanks(one) != blanks(other)]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("张伟", "张"),
        ("Emma Lindqvist", "EL"),
        ("Anna Maria de Luca", "AL"),
        ("Plato", "P"),
        ("", "·"),
    ],
)
def test_people_are_drawn_with_their_letters(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_weeks_months_and_quarters_begin_where_people_say() -> None:
    day = datetime(2026, 12, 30, tzinfo=UTC).date()
    spans = {name: tuple(str(one) for one in period(name, day)) for name in Period}

    assert spans["this_week"] == ("2026-12-28", "2027-01-04")
    assert spans["this_month"] == ("2026-12-01", "2027-01-01")
    assert spans["this_quarter"] == ("2026-10-01", "2027-01-01")
    assert spans["last_7"] == ("2026-12-24", "2026-12-31")


def test_moments_are_said_as_people_say_them() -> None:
    now, english = datetime(2026, 11, 22, 15, 0, tzinfo=UTC), speech("en")

    assert near(english, now, now, "Asia/Shanghai") == "today 23:00"
    assert near(english, now + timedelta(hours=2), now, "Asia/Shanghai") == "tomorrow 01:00"
    assert near(speech("zh"), now + timedelta(days=3), now, "Asia/Shanghai") == "11月25日"
    assert short_time(english, timedelta(minutes=5)) == "5 min"
    assert short_time(speech("zh"), timedelta(days=4)) == "4 天"
    assert usual_time("5 working days") == timedelta(days=7)
    assert usual_time("") is None


@pytest.mark.parametrize("text", ["", "https://x", "//x", "/\\x", "javascript:1", "/a\nb"])
def test_only_addresses_of_this_site_lead_back(text: str) -> None:
    assert safe_back(text) == "/"
