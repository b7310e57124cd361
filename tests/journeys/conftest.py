"""One office behind a real server for each module of journeys, and tabs that tell of every error."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from fieldstone.web.asking import COOKIE, LANGUAGE_COOKIE
from tests.journeys.serving import served
from tests.web.pages.office import Office, open_office

# What a page does on purpose: the browser calls every answer from 400 on an error.
EXPECTED = tuple(f"status of {code}" for code in (404, 409, 422))
Tab = Callable[..., Page]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A sales office whose people have passwords."""
    opened = open_office(tmp_path_factory.mktemp("office"), passwords=True)
    yield opened
    opened.site.storage.close()


@pytest.fixture(scope="module")
def address(office: Office) -> Iterator[str]:
    """Where the office is served."""
    with served(office.app) as url:
        yield url


@pytest.fixture
def tab(browser: Browser, office: Office, address: str) -> Iterator[Tab]:
    """Opens a tab in which a person ("" for nobody) is signed in; at the end none may have reported an error."""
    opened: list[BrowserContext] = []
    said: list[str] = []

    def made(who: str = "", language: str = "en", width: int = 1440, theme: str = "light") -> Page:
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            has_touch=width < 500,
            timezone_id="Asia/Shanghai",
        )
        opened.append(context)
        context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": address}])
        context.add_cookies([{"name": "fieldstone_theme", "value": theme, "url": address}])
        if who:
            session = office.site.identity.open_session(
                office.people[who], "127.0.0.1", "journey", office.site.clock()
            )
            context.add_cookies([{"name": COOKIE, "value": session.cookie, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        return page

    yield made
    for context in opened:
        context.close()
    assert not [line for line in said if not any(part in line for part in EXPECTED)]
