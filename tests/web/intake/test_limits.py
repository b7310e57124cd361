"""Limits, queues and races: a flood on one source starves no other, and two arrivals at once are one person."""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldstone.delivery.contract import Message, Receiver
from fieldstone.delivery.email import written
from fieldstone.storage.arrivals import Arrivals
from fieldstone.storage.outbox import fs_outbox
from fieldstone.web.asking import COOKIE
from fieldstone.worker.arriving import arriving, forget_arrivals
from tests.web.intake.gate import BEGIN, Gate, open_gate

RULES = """
rules:
  flooded:
    kind: capture_source
    object: lead
    label: {en: Flooded, zh: 大量}
    via: hook
    channel_class: paid
    set: {channel: {code: f, name: F, kind: paid}}
    auth: token
    rate_limit: {per_minute: 3}
    retention: 10 days
  strict:
    kind: capture_source
    object: lead
    label: {en: Strict, zh: 严格}
    via: hook
    channel_class: paid
    set: {channel: {code: f, name: F, kind: paid}}
    auth: token
    rate_limit: {per_minute: 2}
    overflow: reject
  calm:
    kind: capture_source
    object: lead
    label: {en: Calm, zh: 平稳}
    via: hook
    channel_class: own
    set: {channel: {code: f, name: F, kind: paid}}
    auth: token
    dedup_key: [mobile]
    touch: touch
    default: {team: north}
  careful_form:
    kind: capture_source
    object: lead
    label: {en: Careful, zh: 谨慎}
    via: form
    channel_class: own
    set: {channel: {code: f, name: F, kind: paid}}
    double_opt_in: email
    captcha: {proof_of_work: 8, seconds: 0}
    rate_limit: {per_minute: 3}
    form: {fields: [name, email, mobile]}
  lead_assignment: {enabled: false}
"""


@pytest.fixture
def busy(database_url: str, tmp_path: Path) -> Iterator[Gate]:
    """A site with a source for each kind of trouble."""
    opened = open_gate(database_url, tmp_path, RULES)
    yield opened
    opened.site.storage.close()


def states(gate: Gate, source: str) -> list[str]:
    return sorted(one.state for one in gate.arrivals(source))


def test_case_47_a_flood_waits_and_another_source_is_served_at_once(busy: Gate) -> None:
    answers = [busy.hook("flooded", {"name": f"P{n}"}).status_code for n in range(40)]
    calm = busy.hook("calm", {"name": "Emma"})

    assert answers[:3] == [201, 201, 201]
    assert set(answers[3:]) == {202}
    assert calm.status_code == 201


def test_what_waits_is_taken_in_in_order_at_the_pace_of_the_limit(busy: Gate) -> None:
    for n in range(8):
        busy.hook("flooded", {"name": f"P{n}"})
    stop = threading.Event()
    assert arriving(busy.site, stop) == 0
    busy.later(minutes=1)
    busy.hook("flooded", {"name": "late"})
    assert arriving(busy.site, stop) == 3
    assert [lead["name"] for lead in busy.records()] == ["P0", "P1", "P2", "P3", "P4", "P5"]
    for _ in range(3):
        busy.later(minutes=1)
        arriving(busy.site, stop)
    assert [lead["name"] for lead in busy.records()][-1] == "late"


def test_the_queues_of_two_sources_are_emptied_in_turns(busy: Gate) -> None:
    for n in range(4):
        busy.hook("event_cards", {"cards": [{"name": f"C{n}", "mobile": f"1380013000{n}"}]})
        busy.hook("bought_lists", [{"name": f"L{n}", "mobile": f"1390013000{n}"}])
    arriving(busy.site, threading.Event())

    order = [lead["name"][0] for lead in busy.records()]
    assert order[:4] in (["L", "C", "L", "C"], ["C", "L", "C", "L"])
    assert len(order) == 8


def test_a_source_that_rejects_says_when_to_come_again(busy: Gate) -> None:
    answers = [busy.hook("strict", {"name": f"P{n}"}) for n in range(3)]

    assert [one.status_code for one in answers] == [201, 201, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    assert states(busy, "strict") == ["done", "done"]


def test_case_22_the_same_person_through_two_doors_at_once_is_one_lead(busy: Gate) -> None:
    start = threading.Barrier(6)
    statuses: list[int] = []

    def send(number: int) -> None:
        start.wait()
        sent = {"name": f"Zhang {number}", "mobile": "13800138000"}
        statuses.append(busy.hook("calm", sent).status_code)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(statuses) == [200, 200, 200, 200, 200, 201]
    assert len(busy.records()) == 1
    assert len(busy.records("touch")) == 6
    assert sum(touch["first"] for touch in busy.records("touch")) == 1


def test_what_nobody_got_goes_to_whoever_of_the_team_has_least(busy: Gate) -> None:
    north = busy.create("team", name="North", code="north", region="north")
    people = [
        busy.create(
            "user", name=name, email=f"{name}@x.example", roles=["sales"], team=north, active=True
        )
        for name in ("Ann", "Bo")
    ]
    for n in range(4):
        busy.hook("calm", {"name": f"P{n}", "mobile": f"1380013100{n}"})

    owners = [lead["owner"] for lead in busy.records()]
    assert {owners.count(one) for one in people} == {2}


def test_what_arrived_is_emptied_after_its_time_and_still_counted(busy: Gate) -> None:
    busy.hook("flooded", {"name": "Emma", "mobile": "13800138000"})
    busy.later(days=11)
    forget_arrivals(busy.site)

    (one,) = busy.arrivals("flooded")
    assert (one.state, one.payload, one.trace) == ("done", {}, {})
    with busy.site.storage.looking() as connection:
        flow = Arrivals(connection).flow(busy.clock[0] - timedelta(days=20), "flooded")
    assert [one.count for one in flow] == [1]


def solves(token: str, answer: int, bits: int) -> bool:
    number = int.from_bytes(hashlib.sha256(f"{token}:{answer}".encode()).digest())
    return number >> (256 - bits) == 0


def solved(token: str, bits: int) -> str:
    return str(next(n for n in itertools.count() if solves(token, n, bits)))


def unsolved(token: str, bits: int) -> str:
    return str(next(n for n in itertools.count() if not solves(token, n, bits)))


def letter_of(gate: Gate) -> EmailMessage:
    """Return the mail that was written to whoever filled the form in."""

    with gate.site.storage.looking() as connection:
        row = connection.execute(select(fs_outbox).where(fs_outbox.c.topic == "confirm")).one()
    assert (row.channel, row.to) == ("email", "emma@fjord.example")
    message = Message("msg_1", row.channel, row.to, row.topic, row.payload, "lead", "a1", BEGIN)
    stranger = Receiver("", "", row.to, "en")
    return written(message, stranger, replace(gate.site.settings, address="https://crm.example"))


@pytest.mark.parametrize(
    ("language", "subject", "button"),
    [("en", "Please confirm: Careful", "Yes, confirm"), ("zh", "请确认：谨慎", "确认")],
)
def test_an_address_must_be_confirmed_before_anything_is_made(
    busy: Gate, language: str, subject: str, button: str
) -> None:
    token = busy.form_token("careful_form")
    typed = {"name": "Emma", "email": "emma@fjord.example", "_work": solved(token, 8)}
    answer = busy.send(f"careful_form?lang={language}", _token=token, **typed)
    assert "done=unconfirmed" in answer.headers["Location"]
    assert busy.records() == []

    letter = letter_of(busy)
    assert subject in letter["Subject"]
    assert "http" not in letter["Subject"]
    assert letter.get_content().count("http") == 1  # strangers are led to no page of the house
    found = re.search(r"/in/(confirm/\S+?)\?lang=(\w+)", letter.get_content())
    assert found
    assert found[2] == language
    link = f"/in/{found[1]}"
    page = busy.page(f"{link}?lang={language}").text
    assert button in page
    assert f'action="{link}?lang={language}"' in page
    assert busy.records() == []
    for _ in range(2):
        assert busy.app.test_client().post(link).status_code == 200
    assert [lead["email"] for lead in busy.records()] == ["emma@fjord.example"]
    assert busy.page(link[:-3] + "abc").status_code == 404


def test_nobody_is_written_to_before_the_form_is_right(busy: Gate) -> None:
    def sent(**typed: str) -> TestResponse:
        token = busy.form_token("careful_form")
        return busy.send("careful_form", _token=token, _work=solved(token, 8), **typed)

    answer = sent(mobile="123")

    assert answer.status_code == 422
    assert (
        answer.text.count('aria-invalid="true"') == 3
    )  # what is missing and what is wrong, at once
    assert busy.arrivals("careful_form") == []
    assert "done=unconfirmed" in sent(name="Emma", email="emma@fjord.example").headers["Location"]


def test_what_must_be_confirmed_never_waits_and_is_then_made_unconfirmed(busy: Gate) -> None:
    answers = []
    for number in range(4):
        token = busy.form_token("careful_form")
        typed = {"name": "Emma", "email": f"e{number}@fjord.example", "_work": solved(token, 8)}
        answers.append(busy.send("careful_form", after=0, _token=token, **typed).status_code)
    while arriving(busy.site, threading.Event()):
        pass

    assert answers == [303, 303, 303, 429]
    assert busy.records() == []


def test_a_form_that_asks_for_work_takes_nothing_without_it(busy: Gate) -> None:
    token = busy.form_token("careful_form")
    typed = {"name": "Emma", "email": "emma@fjord.example", "_work": unsolved(token, 8)}
    answer = busy.send("careful_form", _token=token, **typed)

    assert answer.status_code == 422
    assert busy.arrivals("careful_form") == []


def test_a_form_paid_by_click_counts_people_once_a_day_and_neither_programs_nor_the_house(
    tmp_path: Path,
) -> None:
    rules = "rules: {website_form: {cost: {model: cpc, amount: 3}}}"
    gate = open_gate(f"sqlite:///{tmp_path / 'clicks.db'}", tmp_path, rules)
    program = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    house = gate.app.test_client()
    house.set_cookie(COOKIE, "somebody who is signed in")
    gate.page("/in/forms/website_form")
    gate.page("/in/forms/website_form?lang=zh")
    gate.app.test_client().get("/in/forms/website_form", headers=program)
    house.get("/in/forms/website_form")
    with gate.site.storage.looking() as connection:
        clicks = Arrivals(connection).clicks("website_form")

    assert list(clicks.values()) == [1]
