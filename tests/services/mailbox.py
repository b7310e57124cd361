"""A private IMAP server (pymap) that holds one mailbox in memory."""

from __future__ import annotations

import imaplib
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from tests.services.folder import ServerFolder, kill_tree
from tests.services.missing import ServiceMissingError
from tests.services.ports import free_port, wait_until

USER, PASSWORD = "sales@harbor.example", "a mailbox password"


class MailboxServer:
    """One IMAP server on a port of its own, with one person's mail."""

    def __init__(self) -> None:
        """Find the program."""
        beside = Path(sys.executable).parent / "pymap"
        found = str(beside) if beside.is_file() else shutil.which("pymap")
        if found is None:
            raise ServiceMissingError(
                "There is no IMAP server. Install the Python package 'pymap'."
            )
        self._program = found
        self.port = free_port()
        self._folder = ServerFolder("imap")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server with an empty mailbox and wait until it answers."""
        command = [
            self._program,
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-service",
            "managesieve",
        ]
        command += ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
        with (self._folder.path / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        if not wait_until(self._answers, seconds=20):
            text = (self._folder.path / "log").read_text()[-2000:]
            raise ServiceMissingError(f"The IMAP server did not start:\n{text}")

    def _answers(self) -> bool:
        try:
            imaplib.IMAP4("127.0.0.1", self.port, timeout=1).logout()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True

    def _signed_in(self) -> imaplib.IMAP4:
        server = imaplib.IMAP4("127.0.0.1", self.port, timeout=5)
        server.login(USER, PASSWORD)
        server.select("INBOX")
        return server

    def deliver(self, *letters: str | bytes) -> None:
        """Put mails into the mailbox."""
        server = self._signed_in()
        for letter in letters:
            raw = letter if isinstance(letter, bytes) else letter.replace("\n", "\r\n").encode()
            server.append("INBOX", "", imaplib.Time2Internaldate(time.time()), raw)
        server.logout()

    def unread(self) -> list[Any]:
        """Return the numbers of the mails that nobody has read."""
        server = self._signed_in()
        _, found = server.uid("SEARCH", "UNSEEN")
        server.logout()
        return found[0].split()

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        if self._process is not None:
            kill_tree(psutil.Process(self._process.pid))
            self._process.wait()
            self._process = None
        self._folder.remove()
