"""Every enricher keeps the contract: a name, labels, a page, settings that are judged, an answer or an EnrichError."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest

import fieldstone.delivery.enrichers
from fieldstone.delivery.enrichers.company_table import ENRICHER as TABLE
from fieldstone.delivery.enrichers.contract import Answer, EnrichError, Means, Question
from fieldstone.delivery.enrichers.http_json import ENRICHER as HTTP
from fieldstone.worker.enriching import fetched

DOCS = Path(__file__).parents[2] / "docs" / "enrichers"
ENRICHERS = {
    module.ENRICHER.name: module.ENRICHER
    for found in pkgutil.iter_modules(fieldstone.delivery.enrichers.__path__)
    if hasattr(module := import_module(f"fieldstone.delivery.enrichers.{found.name}"), "ENRICHER")
}
URL = "https://api.example.com/companies?name={key}"
SERVICE = {"url": URL, "allow": ["api.example.com"], "at": "data.0", "confidence": "data.0.score"}


def means(body: bytes = b"", row: Mapping[str, object] | None = None) -> Means:
    """Return means that answer with these."""
    return Means(
        lambda _object, _key: row, lambda _url, _headers, _hosts: body, lambda name: f"<{name}>"
    )


@pytest.mark.parametrize("name", ENRICHERS)
def test_an_enricher_has_its_file_its_labels_and_a_page_that_explains_its_settings(
    name: str,
) -> None:
    enricher = ENRICHERS[name]

    assert import_module(f"fieldstone.delivery.enrichers.{name}").ENRICHER is enricher
    assert enricher.label.en != enricher.label.zh
    assert (DOCS / f"{name}.md").is_file()
    assert enricher.objections({"nonsense": 1})


def test_a_table_of_our_own_answers_with_its_record_and_how_sure_it_is() -> None:
    row = {"id": "7", "employees": 40, "confidence": Decimal("0.8")}
    answer = TABLE.look_up(Question("A", "a", {"object": "company_fact"}), means(row=row))

    assert (answer.facts["employees"], answer.confidence, answer.origin) == (
        40,
        Decimal("0.8"),
        "company_fact/7",
    )
    assert TABLE.look_up(Question("A", "a", {"object": "company_fact"}), means()) == Answer()


def test_a_service_answers_with_what_stands_at_a_path() -> None:
    body = b'{"data": [{"staff": 40, "score": 0.7}]}'
    answer = HTTP.look_up(Question("A", "a", SERVICE), means(body))

    assert (answer.facts["staff"], answer.confidence, answer.origin) == (
        40,
        Decimal("0.7"),
        "api.example.com",
    )
    assert HTTP.look_up(Question("A", "a", SERVICE), means(b"")).facts == {}
    assert HTTP.look_up(Question("A", "a", SERVICE), means(b'{"data": []}')).facts == {}


def test_the_key_is_escaped_and_secrets_come_from_the_environment() -> None:
    asked: list[tuple[str, Mapping[str, str]]] = []

    def ask(url: str, headers: Mapping[str, str], hosts: frozenset[str]) -> bytes:
        asked.append((url, headers))
        return b"{}"

    settings = {**SERVICE, "headers": {"Authorization": "env:FIELDSTONE_ENRICH_TOKEN"}}
    HTTP.look_up(
        Question("A&b=../c", "a", settings),
        Means(lambda _o, _k: None, ask, lambda name: f"<{name}>"),
    )

    assert asked[0][0].endswith("?name=A%26b%3D..%2Fc")
    assert asked[0][1]["Authorization"] == "<FIELDSTONE_ENRICH_TOKEN>"
    assert HTTP.objections({**SERVICE, "headers": {"A": "env:FIELDSTONE_SECRET_KEY"}})
    assert HTTP.objections({**SERVICE, "allow": ["other.example.com"]})
    assert HTTP.objections(SERVICE) == []


def test_an_answer_that_is_no_json_may_be_tried_again() -> None:
    with pytest.raises(EnrichError) as raised:
        HTTP.look_up(Question("A", "a", SERVICE), means(b"<html>"))

    assert raised.value.retry


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://127.1/x", "https://2130706433/x", "https://0x7f.1/x", "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x", "https://169.254.169.254/latest/meta-data", "https://10.0.0.1/x", "https://localhost/x",
    ],
)  # fmt: skip
def test_our_own_network_is_never_asked_in_whatever_disguise(url: str) -> None:
    host = url.split("/")[2].strip("[]")
    with pytest.raises(EnrichError) as raised:
        fetched(url, {}, frozenset({host}), internal=False)

    assert not raised.value.retry


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/x", "https://api.example.com@evil.example/x", "ftp://api.example.com/"],
)
def test_a_host_that_is_not_on_the_list_is_never_asked(url: str) -> None:
    with pytest.raises(EnrichError):
        fetched(url, {}, frozenset({"api.example.com"}), internal=True)


def test_plain_http_is_refused() -> None:
    with pytest.raises(EnrichError, match="https only"):
        fetched("http://api.example.com/x", {}, frozenset({"api.example.com"}), internal=False)
