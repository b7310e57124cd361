"""The condition builder: rows from a text, a text from rows, and the sentence in the reader's language."""

from __future__ import annotations

import html
import re

import pytest
from werkzeug.test import TestResponse

from tests.web.pages.office import Office, Visitor

URL = "/studio/condition"


@pytest.fixture
def admin(office: Office) -> Visitor:
    return office.visitor("admin")


def ask(admin: Visitor, text: str) -> TestResponse:
    return admin.client.get(URL, query_string={"c.name": "when", "c.object": "lead", "when": text})


def posted(page: TestResponse) -> dict[str, list[str]]:
    """Return what the rows of a page would post."""
    found: dict[str, list[str]] = {}

    def put(name: str, value: str) -> None:
        found.setdefault(html.unescape(name), []).append(html.unescape(value))

    for attrs in re.findall(r"<input ([^>]*)>", page.text):
        values = dict(re.findall(r'([a-z-]+)="([^"]*)"', attrs))
        shown = values.get("type") != "checkbox" or re.search(r"\bchecked\b", attrs)
        if "name" in values and shown:
            put(values["name"], values.get("value", ""))
    for name, inside in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', page.text):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        first = re.search(r'<option value="([^"]*)"', inside)
        put(name, (chosen or first)[1])  # type: ignore[index]
    return found


def change(admin: Visitor, page: TestResponse, **more: object) -> TestResponse:
    changes = {name.replace("__", "."): value for name, value in more.items()}
    return admin.post(URL, **{"c.name": "when", "c.object": "lead"}, **{**posted(page), **changes})


def text(page: TestResponse) -> str:
    return posted(page)["when"][0]


TEXTS = (
    "budget >= 100000",
    "stage in ['new', 'contacted'] and owner == user",
    "channel.kind == 'paid' or (score > 60 and not (grade == 'poor'))",
    "days_since(last_activity_at) > 3 and user.role('sales_manager')",
    "next_follow_up < today() and count(activities) >= 2",
    "not contains(lower(company), 'school') and 'vip' in tags",
    "1 < score <= 5 and quarantined",
    "",
)


@pytest.mark.parametrize("written", TEXTS)
def test_the_rows_of_a_text_post_the_same_text_again(admin: Visitor, written: str) -> None:
    page = ask(admin, written)

    assert text(page) == written
    assert text(change(admin, page)) == written


def test_a_condition_is_put_together_from_nothing(admin: Visitor) -> None:
    page = change(admin, ask(admin, ""), do="row:r")
    page = change(admin, page, c__when__r__0__s0="budget")
    waiting = page
    page = change(admin, page, c__when__r__0__value="5000")
    page = change(admin, page, do="group:r")
    page = change(admin, page, c__when__r__1__0__s0="channel")
    page = change(admin, page, c__when__r__1__0__s1="kind")
    page = change(admin, page, c__when__r__1__0__value="paid", c__when__r__1__1__s0="stage", c__when__r__1__1__of="stage|", c__when__r__1__1__op="in", c__when__r__1__1__value=["new", "contacted"])  # fmt: skip

    assert "A row waits for its value." in waiting.text
    assert text(waiting) == ""
    assert (
        text(page) == "budget == 5000 and (channel.kind == 'paid' or stage in ['new', 'contacted'])"
    )
    assert "Budget is 5,000 and (" in page.text


def test_parts_are_turned_round_taken_out_and_kept_as_text(admin: Visitor) -> None:
    page = ask(admin, "score > 60 and (budget > 5 or quarantined)")
    turned = change(admin, page, c__when__r__1__not="true")
    less = change(admin, turned, do="drop:r.1.0")
    piece = change(admin, less, do="piece:r")
    piece = change(admin, piece, c__when__r__2__text="1 < score <= 5")
    bad = change(admin, piece, c__when__r__2__text="colour == 1")

    assert text(turned) == "score > 60 and not (budget > 5 or quarantined)"
    assert text(less) == "score > 60 and not (quarantined)"
    assert text(piece) == "score > 60 and not (quarantined) and 1 < score <= 5"
    assert "colour" in bad.text


def test_another_field_asks_another_question(admin: Visitor) -> None:
    page = ask(admin, "budget > 5")
    changed = change(admin, page, c__when__r__0__s0="quarantined")
    mine = change(admin, page, c__when__r__0__s0="owner")
    free = change(admin, page, c__when__r__0__free="true", c__when__r__0__value="score * 100")

    assert text(changed) == "quarantined"
    assert text(mine) == "owner == user"
    assert text(free) == "budget > score * 100"


def test_a_record_is_found_by_its_name_and_written_by_its_id(
    office: Office, admin: Visitor
) -> None:
    customer = office.create("customer", name="Fjord Shipping")
    waiting = change(admin, ask(admin, "budget > 5"), c__when__r__0__s0="customer")
    page = change(admin, waiting, c__when__r__0__value=customer)
    again = ask(admin, f"customer == '{customer}'")
    offered = admin.get("/studio/preview/options?to=customer&q=Fjord")

    assert 'data-url="/studio/preview/options?to=customer"' in waiting.text
    assert "A row waits for its value." in waiting.text
    assert text(page) == f"customer == '{customer}'"
    for shown in (page, again):
        assert 'value="Fjord Shipping"' in shown.text
        assert "Customer is “Fjord Shipping”" in shown.text
    assert customer in offered.text


def test_a_person_is_who_is_acting_until_somebody_is_named(office: Office, admin: Visitor) -> None:
    page = change(admin, ask(admin, "budget > 5"), c__when__r__0__s0="owner")
    plain = change(admin, page, c__when__r__0__free="")
    named = change(admin, plain, c__when__r__0__value=office.people["li"])
    back = change(admin, named, c__when__r__0__free="true", c__when__r__0__value="user.manager")

    assert text(page) == "owner == user"
    assert "A row waits for its value." in plain.text
    assert text(named) == f"owner == '{office.people['li']}'"
    assert office.people["li"] not in re.sub(r"<input[^>]*>", "", named.text)
    assert text(back) == "owner == user.manager"


def test_what_is_typed_as_text_is_read_back_in_the_readers_language(office: Office) -> None:
    admin = office.visitor("admin", "zh")
    typed = {"c.name": "when", "c.object": "lead", "do": "text"}
    good = admin.post(URL, when="budget >= 100000", **typed)
    bad = admin.post(URL, when="budget >=", **typed)

    assert "预算不少于 100,000" in good.text
    assert 'name="when"' not in good.text, "the text that is being typed is left alone"
    assert "不小于" in good.text
    assert bad.status_code == 200
    assert "circle-alert" in bad.text


def test_hand_made_rows_are_answered_calmly(office: Office, admin: Visitor) -> None:
    deep = {"c.when.r" + ".0" * n + ".kind": "group" for n in range(1, 40)}
    many = {f"c.when.r.{n}.kind": "piece" for n in range(300)}
    strange = {
        "c.when.r.0.kind": "row", "c.when.r.0.s0": "budget", "c.when.r.0.s1": "x" * 400, "c.when.r.0.op": "explode", "c.when.r.0.measure": "eval",
        "c.when.r.0.of": "budget|eval", "c.when.r.0.value": ["1", "2"], "c.when.r.0.was": "__import__('os')",
    }  # fmt: skip
    base = {"c.name": "when", "c.object": "lead"}
    places = (
        "drop:r",
        "drop:r.7.1",
        "row:x",
        "drop:r.-1",
        "explode:r",
        "row:r.9999999999",
        "drop:",
    )
    answers = [
        *(admin.post(URL, **base, **one) for one in (deep, many, strange)),
        *(admin.post(URL, **base, **strange, do=one) for one in places),
    ]

    assert {one.status_code for one in answers} == {200}
    assert admin.post(URL, **{**base, "c.object": "nothing"}).status_code == 404
    assert office.visitor("li").post(URL, **base).status_code == 403
    assert office.visitor("li").get(f"{URL}?c.object=lead").status_code == 403


def test_a_role_of_who_is_acting_is_chosen_by_what_people_call_it(admin: Visitor) -> None:
    page = ask(admin, "user.role('sales')").text

    assert '<option value="sales" selected>Salesperson</option>' in page
    assert "options?to=user" not in page
