"""The wheel, installed into an empty environment and used in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.services.ports import free_port, wait_until

TOP = Path(__file__).parents[2]
SHIPPED = ("metadata", "rules", "plugins", "ui_templates")
SOURCES = (
    "platform",
    *SHIPPED,
    "setup.py",
    "setup.cfg",
    "pyproject.toml",
    "MANIFEST.in",
    "LICENSE",
    "README.md",
)
LEFT_BEHIND = ("__pycache__", "*.egg-info", "_shipped", "node_modules", ".*")

pytestmark = pytest.mark.packaging


def run(*command: str | Path, folder: Path) -> str:
    """Run a program without this checkout on its path and return what it printed, which is a failure's message too."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def clean_environment() -> dict[str, str]:
    left_out = {"PYTHONPATH", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {name: value for name, value in kept.items() if not name.startswith("FIELDSTONE_")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, so that nothing stale gets in."""
    folder = tmp_path_factory.mktemp("wheel")
    (folder / "source").mkdir()
    for name in SOURCES:
        copy(TOP / name, folder / "source" / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder]
    run(*build, folder / "source", folder=folder)
    (built,) = folder.glob("*.whl")
    return built


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
    else:
        shutil.copy(source, target)


@dataclass(frozen=True)
class Installation:
    """An empty folder and the `fieldstone` program of an environment with only the wheel."""

    folder: Path
    program: Path


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the wheel with the locked versions, as the README says."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    lock = TOP / "requirements.lock"
    run(python, "-m", "pip", "install", "-q", "-c", lock, wheel, folder=folder)
    (folder / "empty").mkdir()
    return Installation(folder / "empty", folder / "env" / "bin" / "fieldstone")


@pytest.fixture
def serving(installation: Installation) -> Iterator[str]:
    """Run `fieldstone demo && fieldstone serve` and return where it listens."""
    run(installation.program, "demo", folder=installation.folder)
    port = free_port()
    with (installation.folder / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [installation.program, "serve", "--port", str(port)],
            cwd=installation.folder,
            env=clean_environment(),
            stdout=log,
            stderr=log,
        )
        yield f"http://127.0.0.1:{port}"
        server.terminate()
        server.wait(timeout=30)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False


def test_the_wheel_carries_what_the_product_is_shipped_with(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        carried = {name.removeprefix("fieldstone/_shipped/") for name in archive.namelist()}

    for folder in SHIPPED:
        copy(TOP / folder, tmp_path / folder)
        files = [path for path in (tmp_path / folder).rglob("*") if path.is_file()]
        assert files
        assert {path.relative_to(tmp_path).as_posix() for path in files} <= carried
    assert not [name for name in carried if name.startswith(("tests/", "platform/"))]


def test_the_demo_is_served_from_an_empty_folder(serving, installation):
    log = installation.folder / "serve.log"
    assert wait_until(lambda: answers(f"{serving}/healthz"), seconds=60), log.read_text()

    with urlopen(f"{serving}/login", timeout=30) as answer:
        page = answer.read().decode()
    linked = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert any(".css" in link for link in linked)
    assert any(".js" in link for link in linked)
    for link in linked:
        assert answers(serving + link), link
    assert answers(f"{serving}/readyz")

    # Whoever looks around as the administrator finds leads and tasks of their own.
    given = ("token", "create", "--user", "admin@example.com", "--name", "wheel")
    token = run(installation.program, *given, folder=installation.folder).strip()
    for own in ("lead?filter=owner==user", "activity?filter=owner==user+and+status=='open'"):
        asked = Request(f"{serving}/api/v1/{own}", headers={"Authorization": f"Bearer {token}"})
        with urlopen(asked, timeout=30) as answer:
            assert len(json.load(answer)["data"]) >= 3, own
