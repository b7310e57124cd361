"""Text messages go through the gateway that is set: to whom they may, once under one key, and say whether to try again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from fieldstone.base.errors import MetadataError
from fieldstone.base.settings import load_settings
from fieldstone.delivery.contract import DeliveryError, Means, Message
from fieldstone.delivery.sms import CHANNEL, written
from tests.delivery.sink import Sink, a_sink
from tests.delivery.world import LI, a_message, means

MOBILE = "+8613800138000"


def a_text(**values: object) -> Message:
    return a_message("sms", **values)  # type: ignore[arg-type]


def reaching(sink: Sink | None = None, **settings: Any) -> Means:
    """Return means that know Li's number and a gateway beside the test."""
    url = {"sms_url": sink.url} if sink else {}
    found = means(webhook_internal=True, **url, **settings)
    return replace(found, receiver={"li": replace(LI, mobile=MOBILE)}.get)


def test_a_person_is_written_to_in_their_language_with_key_and_secret() -> None:
    with a_sink() as sink:
        status = CHANNEL.send(a_text(), reaching(sink, sms_token="s3cret"))

    ((headers, body),) = sink.got
    assert status == 200
    assert headers["idempotency-key"] == "msg_1"
    assert headers["authorization"] == "Bearer s3cret"
    assert json.loads(body) == {"to": MOBILE, "text": "[Fieldstone] 您有新线索", "id": "msg_1"}


def test_the_gateway_gets_its_own_names_and_what_it_wants_besides() -> None:
    wanted = {"phone": "{to}", "content": "{text}", "sign": "{company}", "out_id": "{id}"}
    with a_sink() as sink:
        CHANNEL.send(a_text(), reaching(sink, sms_body=wanted, sms_format="form"))

    ((headers, body),) = sink.got
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    sent = parse_qs(body.decode())
    assert sent["phone"] == [MOBILE]
    assert sent["sign"] == ["{company}"]  # only to, text and id are filled in
    assert "authorization" not in headers


def test_a_text_cannot_fill_in_more_than_it_says() -> None:
    message = a_text(message={"zh": "给 {to} 和 {id}\n两行 " + "长" * 400})
    body, _ = written(message, MOBILE, "zh", reaching().settings)

    text = json.loads(body)["text"]
    assert text.startswith("[Fieldstone] 给 {to} 和 {id} 两行")
    assert len(text) == 300
    assert body == written(message, MOBILE, "zh", reaching().settings)[0]


@pytest.mark.parametrize(
    ("status", "retry"),
    [(500, True), (503, True), (429, True), (408, True), (400, False), (401, False), (404, False)],
)
def test_the_answer_says_whether_another_try_may_help(status: int, retry: bool) -> None:
    with a_sink() as sink:
        sink.status, sink.headers = status, {"retry-after": "120"}
        with pytest.raises(DeliveryError) as failed:
            CHANNEL.send(a_text(), reaching(sink))

    assert (failed.value.retry, failed.value.status, failed.value.wait) == (retry, status, 120)


@pytest.mark.parametrize("number", ["+15550100", "13800138000", "+86138; rm", "", "nobody"])
def test_only_numbers_on_the_list_are_written_to(number: str) -> None:
    with a_sink() as sink:
        with pytest.raises(DeliveryError) as refused:
            CHANNEL.send(a_text(to=number), reaching(sink, sms_allow=("+86",)))
        CHANNEL.send(a_text(to=MOBILE), reaching(sink, sms_allow=("+86",)))

    assert not refused.value.retry
    assert len(sink.got) == 1


def test_a_gateway_that_is_not_set_or_lies_inside_is_never_called() -> None:
    with a_sink() as sink:
        for settings in ({}, {"sms_url": sink.url}, {"sms_url": "https://127.0.0.1/send"}):
            outside = replace(means(**settings), receiver={"li": replace(LI, mobile=MOBILE)}.get)
            with pytest.raises(DeliveryError) as refused:
                CHANNEL.send(a_text(), outside)
            assert not refused.value.retry
            assert str(refused.value).startswith("not sent: ")
    assert not sink.got


def test_a_gateway_that_is_away_is_tried_again() -> None:
    with a_sink() as sink:
        reach = reaching(sink)

    with pytest.raises(DeliveryError) as failed:
        CHANNEL.send(a_text(), reach)

    assert failed.value.retry


def test_the_settings_are_read_from_file_and_environment(tmp_path: Any) -> None:
    text = 'sms: {url: "https://sms.example.com/send", allow: ["+86"], body: {phone: "{to}"}}'
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    settings = load_settings(tmp_path, {"FIELDSTONE_SECRET_KEY": "k", "FIELDSTONE_SMS_TOKEN": "t"})

    assert (settings.sms_token, settings.sms_allow) == ("t", ("+86",))
    assert settings.sms_body == {"phone": "{to}"}
    (tmp_path / "config.yaml").write_text("sms: {url: 'ftp://x', allow: ['86']}", "utf-8")
    with pytest.raises(MetadataError):
        load_settings(tmp_path, {"FIELDSTONE_SECRET_KEY": "k"})
