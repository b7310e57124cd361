"""Fields of rarer types on pages: how they are filtered by, and what tells how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.pages.office import Office, Visitor, open_office

VISIT = """
object: visit
label: {en: Visit, zh: 到访}
plural: {en: Visits, zh: 到访}
fields:
  name:   {type: text, label: {en: Name, zh: 名称}, required: true}
  begins: {type: time, label: {en: Begins at, zh: 开始时间}}
  lasts:  {type: duration, label: {en: Length, zh: 时长}}
  place:  {type: geolocation, label: {en: Place, zh: 地点}}
  home:   {type: address, label: {en: Home, zh: 住址}}
  extra:  {type: json, label: {en: Extra, zh: 附加}}
  notes:  {type: rich_text, label: {en: Notes, zh: 说明}}
views:
  all: {kind: list, label: {en: All visits, zh: 全部到访}, columns: [name, begins, lasts]}
permissions:
  sales: {read: all, create: true, update: all}
"""
FILLED = {
    "place": {"latitude": 31.2304, "longitude": 121.4737},
    "home": {"city": "上海"},
    "extra": {"size": "L"},
    "notes": "<p>Bring the <strong>contract</strong></p>",
}


def counting_visits(folder: Path, url: str = "") -> Office:
    """An office that counts visits."""
    (folder / "metadata").mkdir()
    (folder / "metadata" / "visit.yaml").write_text(VISIT, encoding="utf-8")
    office = open_office(folder, url=url)
    office.create("visit", name="Early", begins="08:30", lasts="45m", **FILLED)
    office.create("visit", name="Late", begins="17:00", lasts="1h 30m")
    office.create("visit", name="Whenever")
    return office


@pytest.fixture(scope="module")
def li(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A seller of such an office."""
    office = counting_visits(tmp_path_factory.mktemp("visits"))
    yield office.visitor("li")
    office.site.storage.close()


def found(li: Visitor, text: str) -> set[str]:
    page = li.client.get("/o/visit", query_string={"f": text})
    assert page.status_code == 200
    return {name for name in ("Early", "Late", "Whenever") if f">{name}<" in page.text}


def test_times_lengths_places_addresses_and_json_are_filtered_by(
    tmp_path: Path, database_url: str
) -> None:
    office = counting_visits(tmp_path, database_url)
    li = office.visitor("li")

    assert found(li, "begins:from_time:08:30") == {"Early", "Late"}
    assert found(li, "begins:before_time:12:00") == {"Early"}
    assert found(li, "begins:empty") == {"Whenever"}
    assert found(li, "lasts:gte:1h 30m") == {"Late"}
    assert found(li, "lasts:lt:1小时") == {"Early"}
    for code in FILLED:
        assert found(li, f"{code}:filled") == {"Early"}
        assert found(li, f"{code}:empty") == {"Late", "Whenever"}
    office.site.storage.close()


def test_the_menu_offers_them_with_a_control_of_their_own(li: Visitor) -> None:
    menu = li.get("/o/visit?filter_field=", "div#filter-form").text
    assert menu.count('role="option"') > len(FILLED) + 2
    for label in ("Begins at", "Length", "Place", "Home", "Extra", "Notes"):
        assert f">{label}</span>" in menu
    form = li.get("/o/visit?filter_field=begins&op=from_time", "div#filter-form").text
    assert 'type="time"' in form
    wrong = li.get("/o/visit?add=lasts&op=gte&value=soon", "main#main")
    assert wrong.status_code == 422
    assert "is not a length of time" in wrong.text


def test_a_length_is_typed_as_a_filter(li: Visitor) -> None:
    answer = li.get("/o/visit?words=length+%3E%3D+1h, begins+at+before+18:00")

    assert answer.headers["Location"] == "/o/visit?f=lasts:gte:1h&f=begins:before_time:18:00"


def test_a_form_tells_how_they_are_written_in_the_language_of_its_reader(li: Visitor) -> None:
    english, chinese = li.get("/o/visit/new").text, li.speaking("zh").get("/o/visit/new").text

    def written(page: str, name: str) -> str:
        control = re.search(
            rf'<(?:input|textarea)[^>]*name="{name}"[^>]*placeholder="([^"]*)"', page
        )
        return control[1] if control else ""

    assert written(english, "lasts") == "1 h 30 min"
    assert written(chinese, "lasts") == "1小时30分钟"
    assert written(chinese, "place") == "31.2304, 121.4737"
    assert "Latitude, then longitude" in english
    assert "先纬度、后经度" in chinese
    assert "JSON 对象或列表" in chinese
    assert "size" in written(chinese, "extra")
