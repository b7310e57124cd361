"""A headless Chromium for the tests: the system's, else Playwright's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.services.missing import ServiceMissingError

# A busy machine is slow, not broken.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)

# Root may not use the sandbox; the others keep Chromium from calling home, which a closed
# network refuses many times a second.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def system_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless browser and close it at the end."""
    with sync_playwright() as playwright:
        program = system_chromium()
        own = playwright.chromium.executable_path
        if program is None and not Path(own).is_file():
            message = (
                "There is no Chromium. Install Debian's package 'chromium', or run "
                "'python -m playwright install chromium'."
            )
            raise ServiceMissingError(message)
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, args=FLAGS, timeout=4 * PATIENCE
        )
        try:
            yield browser
        finally:
            browser.close()
