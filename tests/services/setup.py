"""Gets what the tests need beside Python packages, and says plainly what could not be had.

Run by `make test` as `python -m tests.services.setup`. Chromium: the system's, else Debian's
package where we are root and apt is there, else Playwright's own. PostgreSQL and Redis come as
Python packages; where everything is required (FIELDSTONE_REQUIRE_ALL=1), the system's servers
are installed as well, because the tests start both variants.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.services import postgres, redis
from tests.services.chromium import system_chromium
from tests.services.missing import ServiceMissingError


def say(line: str) -> None:
    """Print a line at once, so that it stands before the output of a program we start."""
    print(line, flush=True)  # noqa: T201 - this is a command


def may_use_apt() -> bool:
    """Return whether Debian's packages can be installed without asking anybody."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_with_apt(*packages: str) -> bool:
    """Install Debian packages; return whether that worked."""
    if not may_use_apt():
        return False
    say(f"services: installing {' '.join(packages)} with apt-get ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            say(f"services: '{' '.join(command)}' failed: {done.stderr.strip()[-500:]}")
            return False
    return True


def playwright_chromium() -> str | None:
    """Return the path of Playwright's own Chromium, if it was downloaded."""
    with sync_playwright() as running:
        own = running.chromium.executable_path
    return own if Path(own).is_file() else None


def download_chromium() -> bool:
    """Let Playwright download its own Chromium; return whether that worked."""
    say("services: downloading Playwright's Chromium ...")
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, check=False).returncode == 0


def get_chromium() -> str | None:
    """Return where Chromium is, getting it where that is possible."""
    if found := system_chromium() or playwright_chromium():
        return found
    if install_with_apt("chromium", "fonts-noto-cjk") and (found := system_chromium()):
        return found
    return playwright_chromium() if download_chromium() else None


def get_server(find: Callable[[str], object], package: str) -> str | None:
    """Return which variants of a server there are, getting the system's where required."""
    if required() and not has(partial(find, "system")):
        install_with_apt(package)
    found = [variant for variant in ("system", "wheel") if has(partial(find, variant))]
    return " and ".join(found) or None


def has(find: Callable[[], object]) -> bool:
    """Return whether a server can be found."""
    try:
        find()
    except ServiceMissingError:
        return False
    return True


def required() -> bool:
    """Return whether a missing service is an error."""
    return os.environ.get("FIELDSTONE_REQUIRE_ALL") == "1"


def main() -> int:
    """Get everything; return 1 when something required is missing."""
    if importlib.util.find_spec("pytest") is None:
        say("services: install the 'dev' extra first: pip install -e '.[dev]'")
        return 2
    found = {
        "PostgreSQL": get_server(postgres.find_binaries, "postgresql"),
        "Redis": get_server(redis.find_binary, "redis-server"),
        "Chromium": get_chromium(),
    }
    for name, where in found.items():
        effect = "required, so this fails" if required() else "its tests are skipped"
        say(f"services: {name}: {where or f'could not be had; {effect}'}")
    return 1 if required() and None in found.values() else 0


if __name__ == "__main__":
    sys.exit(main())
