"""A private folder for one server, swept by a later run when its own run was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import psutil

from tests.services.ports import wait_until

PREFIX = "fieldstone-test-"


class ServerFolder:
    """A folder under the system's temporary folder, owned by the user that runs the server.

    The test process holds a lock on it for as long as it lives. A folder without a holder was
    left by a killed run: `sweep` ends what still runs in it and removes it.
    """

    def __init__(self, kind: str, uid: int | None = None) -> None:
        """Create the folder; `uid` is the user the server runs as, if not ourselves."""
        sweep()
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-"))
        # Locked before it has the name that a sweep looks for.
        self._lock: IO[str] = (self.path / "unlocked").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (self.path / "unlocked").rename(self.path / "lock")
        if uid is not None:
            os.chown(self.path, uid, -1)

    def remove(self) -> None:
        """Remove the folder and everything in it."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def sweep() -> None:
    """Remove the folders, and end the servers, of test runs that are no longer alive."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = (path / "lock").open("r+")
        except OSError:
            # Another run is just making it, or it belongs to another user.
            continue
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _end_processes_of(path)
            shutil.rmtree(path, ignore_errors=True)


def _end_processes_of(path: Path) -> None:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if any(str(path) in word for word in command):
            kill_tree(process)


def kill_tree(process: psutil.Process) -> None:
    """Kill a process and its descendants at once, as a power cut would, and wait for the end."""
    try:
        victims = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for victim in victims:
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            continue
    wait_until(lambda: all(map(_has_ended, victims)), seconds=10)


def _has_ended(process: psutil.Process) -> bool:
    # An orphan stays a zombie until init gets round to it, which takes seconds in a container.
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
