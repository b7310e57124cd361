"""Filters that are typed: field, comparison, value, completed on the way, in either language."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote, urlencode

import pytest

from tests.web.pages.office import Office


@pytest.fixture(scope="module", autouse=True)
def leads(office: Office) -> dict[str, str]:
    li = office.people["li"]
    return {
        "Zhang Wei": office.a_lead("Zhang Wei", owner=li, company="Jingxin", budget="5000"),
        "Emma": office.a_lead("Emma", owner=li, company="Fjord", budget="100"),
    }


def lands(office: Office, words: str, language: str = "en", path: str = "/o/lead") -> str:
    """Return where a form with these words leads."""
    url = f"{path}{'&' if '?' in path else '?'}{urlencode({'words': words})}"
    answer = office.visitor("mei").speaking(language).get(url)
    assert answer.status_code == 303
    return unquote(answer.headers["Location"])


def suggested(office: Office, words: str, language: str = "en") -> list[str]:
    """Return what the box offers, in order."""
    visitor = office.visitor("mei").speaking(language)
    headers = {"HX-Request": "true", "HX-Target": "div#filter-form"}
    page = visitor.client.get("/o/lead", query_string={"words": words}, headers=headers)
    assert page.status_code == 200
    return [unescape(one) for one in re.findall(r'<span class="ell">(.*?)</span>', page.text)]


@pytest.mark.parametrize(
    ("words", "filters"),
    [
        ("owner me", "owner:me"),
        ("Owner is me, created this month, score > 60", "owner:me&f=created_at:this_month&f=score:gt:60"),
        ("score >= 10; budget under 10,000", "score:gte:10&f=budget:lt:10,000"),
        ("stage New or Contacted", "stage:in:new~contacted"),
        ("stage is not new", "stage:not_in:new"),
        ("company fjo", "company:contains:fjo"),
        ("company = “Smith and Sons”", "company:is:Smith+and+Sons"),
        ("company is empty", "company:empty"),
        ("owner 林涛", "owner:in:{admin}"),
        ("负责人 我，创建时间 本月", "owner:me&f=created_at:this_month"),
        ("公司包含北京", "company:contains:北京"),
        ("评分>60", "score:gt:60"),
        ("created before 2026-01-01", "created_at:before:2026-01-01"),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_the_same_filters_as_the_menu_makes(
    office: Office, words: str, filters: str
) -> None:
    assert lands(office, words) == f"/o/lead?f={filters.format(**office.people)}"


def test_a_typed_filter_joins_those_that_are_there_on_a_board_too(office: Office) -> None:
    there = "/o/lead/board?f=company:filled"

    assert lands(office, "owner me", path=there) == f"{there}&f=owner:me"


@pytest.mark.parametrize("words", ["Zhang", "created before soon", "score > many", "owner me, x"])
def test_what_is_no_filter_is_searched_for(office: Office, words: str) -> None:
    assert lands(office, words) == f"/o/lead?q={words.replace(' ', '+').replace('>', '>')}"


def test_a_field_is_offered_by_its_first_letters_and_a_search_last(office: Office) -> None:
    words = suggested(office, "comp")

    assert words[0] == "Company"
    assert "Completeness" in words
    assert words[-1] == "Search for “comp”"


def test_a_field_goes_on_with_its_values_and_comparisons(office: Office) -> None:
    words = suggested(office, "stage ")

    assert words[:2] == ["Stage is New", "Stage is Contacted"]
    assert "Stage is not …" in words
    assert "Stage is empty" in words
    assert suggested(office, "阶段 ", "zh")[0] == "阶段 是 新线索"


def test_a_period_is_whole_at_once_and_a_number_asks_for_one(office: Office) -> None:
    assert suggested(office, "created this m")[0] == "Created at this month"
    assert suggested(office, "budget mo")[0] == "Budget more than …"
    assert suggested(office, "budget > 5")[0] == "Budget more than 5"


def test_people_and_records_are_offered_by_their_names(office: Office) -> None:
    words = suggested(office, "owner is li")

    assert "Owner is Li Na" in words
    assert suggested(office, "owner ")[0].startswith("Owner is ")


def test_a_further_value_joins_those_that_are_there(office: Office) -> None:
    assert suggested(office, "stage is New or con")[0] == "Stage is New, Contacted"


def test_what_is_wrong_is_said_where_it_is_typed(office: Office) -> None:
    visitor = office.visitor("mei")
    page = visitor.get("/o/lead?words=budget+%3E+many", "div#filter-form")
    assert "is no number" in page.text

    page = visitor.get("/o/lead?words=nonsense%2C+owner+me", "div#filter-form")
    assert "“nonsense” is no filter of this list." in page.text


def test_hidden_fields_are_neither_offered_nor_understood(office: Office) -> None:
    guest = office.visitor("guest")
    page = guest.get("/o/opportunity?words=amo", "div#filter-form")
    assert "Amount" not in page.text

    answer = guest.get("/o/opportunity?words=amount+%3E+5")
    assert "?q=" in answer.headers["Location"]
