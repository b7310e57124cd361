"""The contract of a page: one module that exposes PAGE, closed to nobody and to forged forms."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest
from flask import Blueprint

from fieldstone.web import pages
from tests.web.pages.office import Office, open_office

# Reached by people who are not signed in.
OPEN = ("/login", "/static/", "/api/", "/in/", "/healthz", "/readyz", "/metrics", "/openapi")
A_RECORD = "01a20372-1f18-796d-b656-98952e43a109"


def page_modules() -> list[ModuleType]:
    names = [found.name for found in pkgutil.iter_modules(pages.__path__)]
    found = [import_module(f"{pages.__name__}.{name}") for name in names]
    return [module for module in found if hasattr(module, "PAGE")]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = open_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.site.storage.close()


def addresses(office: Office, method: str) -> list[str]:
    """Return an address for every rule of the pages, with likely words in its blanks."""
    words = {
        "object_name": "lead", "object": "lead", "record_id": A_RECORD, "id": A_RECORD,
        "code": "public_pool", "number": "1", "field": "name", "name": "name", "action": "release",
    }  # fmt: skip
    found = []
    for rule in office.app.url_map.iter_rules():
        if method not in (rule.methods or ()) or rule.rule.startswith(OPEN):
            continue
        values = {name: words.get(name, A_RECORD) for name in rule.arguments}
        with office.app.test_request_context():
            built = office.app.url_map.bind("localhost").build(rule.endpoint, values, method)
        found.append(built)
    return found


@pytest.mark.parametrize(
    "module", page_modules(), ids=lambda module: module.__name__.split(".")[-1]
)
def test_a_page_is_a_blueprint_named_like_its_module(module: ModuleType) -> None:
    assert isinstance(module.PAGE, Blueprint)
    assert module.PAGE.name == module.__name__.split(".")[-1]
    assert module.__doc__


def test_every_page_leads_nobody_to_the_log_in_page(office: Office) -> None:
    browser = office.nobody()
    answers = {address: browser.get(address) for address in addresses(office, "GET")}

    assert answers
    elsewhere = {
        address: answer.status
        for address, answer in answers.items()
        if not answer.headers.get("Location", "").startswith("/login")
    }
    assert not elsewhere


def test_no_page_breaks_on_words_that_name_nothing(office: Office) -> None:
    admin = office.visitor("admin")
    statuses = {address: admin.get(address).status_code for address in addresses(office, "GET")}

    assert {a: s for a, s in statuses.items() if s >= 500} == {}


def test_every_form_wants_the_token_of_the_session(office: Office) -> None:
    client = office.visitor("admin").client
    statuses = {a: client.post(a).status_code for a in addresses(office, "POST")}

    assert set(statuses.values()) == {403}


def test_nobody_posts_anything(office: Office) -> None:
    browser = office.nobody()
    answers = {
        a: browser.post(a)
        for a in addresses(office, "POST")
        if a not in ("/logout", "/preferences")
    }

    open_doors = {a: r.status_code for a, r in answers.items() if r.status_code < 300}
    assert not open_doors
    elsewhere = [
        a for a, r in answers.items() if not r.headers.get("Location", "").startswith("/login")
    ]
    assert not elsewhere
