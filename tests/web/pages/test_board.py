"""Boards: columns and cards, and what a drop would do, said before it."""

from __future__ import annotations

import json
import re

import pytest

from tests.web.pages.office import Office


@pytest.fixture(scope="module", autouse=True)
def leads(office: Office) -> dict[str, str]:
    li = office.people["li"]
    return {
        "bare": office.a_lead("Bare", owner=li),
        "ready": office.a_lead(
            "Ready", owner=li, mobile="13800138000", need="Seats", budget="120000"
        ),
        "won": office.settle("lead", office.a_lead("Won", owner=li), stage="converted"),
    }


def moves_on(text: str) -> dict[str, dict[str, dict[str, str]]]:
    found = re.search(r'<script type="application/json" id="moves">(.*?)</script>', text, re.DOTALL)
    assert found
    moves: dict[str, dict[str, dict[str, str]]] = json.loads(found[1])
    return moves


def test_a_board_has_a_column_per_open_stage_and_a_rail_per_closed_one(office: Office) -> None:
    text = office.visitor("li").get("/o/lead/board").text

    assert re.findall(r'<section class="col" id="col-(\w+)"', text) == [
        "new",
        "contacted",
        "qualified",
    ]
    assert len(re.findall(r'<section class="rail"', text)) == 2
    assert ">Bare<" in text
    assert ">Won<" not in text


def test_a_rail_opens_to_a_column(office: Office) -> None:
    text = office.visitor("li").get("/o/lead/board?open=converted").text

    assert 'id="col-converted"' in text
    assert ">Won<" in text


def test_every_move_tells_what_a_drop_would_do(office: Office) -> None:
    moves = moves_on(office.visitor("li").get("/o/lead/board").text)

    assert moves["new"]["contacted"] == {"rule": "ask", "say": "asks for one fact"}
    assert moves["new"]["converted"]["rule"] == "no"
    assert "Convert" in moves["new"]["converted"]["say"]
    assert moves["contacted"]["new"] == {"rule": "no", "say": "Contacted does not lead to New"}


def test_a_card_tells_what_it_lacks_and_which_guard_refuses_it(
    office: Office, leads: dict[str, str]
) -> None:
    office.settle("lead", leads["bare"], score=5)
    text = office.visitor("li").get("/o/lead/board").text
    card = text[text.index(f'id="card-{leads["bare"]}"') :][:900]

    assert '"contacted": 1' in card
    assert '"qualified": 2' in card
    assert "score of 20" in card


def test_whoever_may_not_move_records_is_told_so(office: Office) -> None:
    moves = moves_on(office.visitor("guest").get("/o/lead/board").text)

    assert {one["rule"] for to in moves.values() for one in to.values()} == {"no"}


def test_an_object_with_two_pipelines_has_a_board_for_each(office: Office) -> None:
    text = office.visitor("admin").get("/o/opportunity/board?pipeline=renewal").text

    assert 'id="col-due"' in text
    assert 'id="col-prospecting"' not in text
    assert "Pipeline · Renewal" in text


def test_more_cards_of_a_column_come_on_request(office: Office) -> None:
    for at in range(25):
        office.a_lead(f"Filler {at:02}", owner=office.people["chen"])
    chen = office.visitor("chen")
    text = chen.get("/o/lead/board").text
    url = re.search(r'hx-get="(/o/lead/board/cards[^"]+)"', text)
    assert url
    more = chen.get(url[1].replace("&amp;", "&"), "li#more-new").text

    assert len(re.findall(r'<li class="card"', text)) == 20
    assert len(re.findall(r'<li class="card"', more)) == 5


def test_the_filter_menu_of_a_board_leads_back_to_the_board(office: Office) -> None:
    answer = office.visitor("li").get("/o/lead/board?add=name&op=contains&value=Bare")

    assert answer.headers["Location"] == "/o/lead/board?f=name:contains:Bare"


def test_an_object_without_stages_has_no_board(office: Office) -> None:
    assert office.visitor("admin").get("/o/product/board").status_code == 404
