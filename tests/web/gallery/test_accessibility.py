"""No page has what axe calls a violation of WCAG 2.2 A and AA or of good practice, in light, dark and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.gallery.host import PAGES, hosted

AXE = (Path(__file__).parent / "axe.min.js").read_text("utf-8")
JUDGE = """async () => (await axe.run(document, {runOnly: [
    'wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
})).violations.map(one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).join(', ')}`)"""
# Every page once on a large light screen; those with the most in them also dark and small, in Chinese.
VIEWS = [(path, 1440, "light", "en") for path in PAGES]
VIEWS += [
    (path, 390, "dark", "zh") for path in ("/o/lead", "/o/lead/board", "/o/lead/1", "/o/lead/new")
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the gallery is served."""
    with hosted() as url:
        yield url


@pytest.mark.parametrize(("path", "width", "theme", "language"), VIEWS)
def test_a_page_can_be_used_by_everyone(
    browser: Browser, address: str, path: str, width: int, theme: str, language: str
) -> None:
    tab = browser.new_context(
        viewport={"width": width, "height": 900}, reduced_motion="reduce", is_mobile=width < 500
    ).new_page()
    tab.goto(f"{address}{path}?theme={theme}&lang={language}")
    tab.evaluate(AXE)

    violations = tab.evaluate(JUDGE)
    overflow = tab.evaluate("document.documentElement.scrollWidth - innerWidth")

    tab.context.close()
    assert violations == []
    assert overflow <= 0
