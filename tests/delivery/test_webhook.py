"""Webhooks are signed, go nowhere inside the house, follow nothing, and say whether to try again."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier

from fieldstone.delivery import addresses, posting
from fieldstone.delivery.addresses import is_public
from fieldstone.delivery.contract import DeliveryError
from fieldstone.delivery.posting import target_of
from fieldstone.delivery.webhook import CHANNEL, body_of, signing_secret
from tests.delivery.sink import a_sink
from tests.delivery.world import a_message, means


def test_a_receiver_can_check_who_sent_it_and_reads_what_happened() -> None:
    with a_sink() as sink:
        status = CHANNEL.send(a_message(to=sink.url, amount="12.50"), means(webhook_internal=True))

    ((headers, body),) = sink.got
    assert status == 200
    assert headers["webhook-id"] == "msg_1"
    assert headers["content-type"] == "application/json"
    Verifier(signing_secret(means().settings)).verify(body, headers)
    assert json.loads(body) == {
        "type": "lead.assigned",
        "timestamp": "2026-11-23T02:00:00+00:00",
        "data": {
            "object": "lead",
            "id": "l1",
            "amount": "12.50",
            "message": {"en": "A lead is yours", "zh": "您有新线索"},
        },
    }


def test_the_same_message_is_the_same_bytes_at_every_try() -> None:
    assert body_of(a_message()) == body_of(a_message())


def test_a_secret_that_is_set_is_the_one_that_signs() -> None:
    secret = "whsec_" + "A" * 44

    assert signing_secret(means(webhook_secret=secret).settings) == secret


@pytest.mark.parametrize(
    ("status", "retry"), [(500, True), (429, True), (404, True), (410, False), (302, True)]
)
def test_the_answer_says_whether_another_try_may_help(status: int, retry: bool) -> None:
    with a_sink() as sink:
        sink.status = status
        sink.headers = {"location": "http://127.0.0.1:1/", "retry-after": "120"}
        with pytest.raises(DeliveryError) as refused:
            CHANNEL.send(a_message(to=sink.url), means(webhook_internal=True))

    assert refused.value.retry is retry
    assert refused.value.status == status
    assert len(sink.got) == 1  # a redirect is not followed
    assert refused.value.wait == (120 if status not in {302} else 0)


def test_nobody_answering_is_worth_another_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(DeliveryError) as refused:
        CHANNEL.send(a_message(to=f"http://127.0.0.1:{port}/"), means(webhook_internal=True))

    assert refused.value.retry


def test_a_receiver_that_never_comes_to_an_end_is_cut_off(monkeypatch) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    ended = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            try:
                while not ended.wait(0.05):
                    connection.sendall(b"H")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(DeliveryError) as refused:
            CHANNEL.send(a_message(to=url), means(webhook_internal=True))
        ended.set()
        thread.join()

    assert refused.value.retry


INSIDE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_no_spelling_of_an_inside_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://localhost/", "https://0/",
        "http://8.8.8.8/", "ftp://8.8.8.8/", "https://user:pass@8.8.8.8/", "https:///x", "https://8.8.8.8/\r\nX: y",
        "javascript:alert(1)", "https://8.8.8.8:99999/", "https://[::1", "//8.8.8.8/", "",
    ],
)  # fmt: skip
def test_what_points_inside_or_nowhere_is_never_sent(url: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        CHANNEL.send(a_message(to=url), means())

    assert not refused.value.retry


def test_a_name_with_one_inside_address_is_refused_and_the_checked_address_is_the_one_called(
    monkeypatch,
) -> None:
    monkeypatch.setattr(addresses, "addresses_of", lambda host, port: ("8.8.8.8", "10.0.0.1"))
    with pytest.raises(DeliveryError, match="private network"):
        CHANNEL.send(a_message(to="https://hooks.example.com/"), means())

    asked = []
    monkeypatch.setattr(addresses, "addresses_of", lambda host, port: ("8.8.8.8",))
    monkeypatch.setattr(
        posting.socket, "create_connection", lambda place, timeout: asked.append(place) or refuse()
    )
    with pytest.raises(DeliveryError, match="no answer"):
        CHANNEL.send(a_message(to="https://hooks.example.com/"), means())
    assert asked == [("8.8.8.8", 443)]


def refuse() -> None:
    raise ConnectionRefusedError


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_a_value_error(url: str) -> None:
    try:
        target = target_of(url)
    except ValueError:
        return
    assert target.host
