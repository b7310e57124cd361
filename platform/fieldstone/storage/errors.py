"""What the database says in its own words, said as a Problem that names the field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.storage.tables import ObjectTable, Tables

CONFLICT: Final = 409
StorageError = SQLAlchemyError
"""What the database, or the way to it, may raise; the floors above need not know whose it is."""
BUSY: Final = Problem(
    "busy",
    "record",
    "Somebody else wrote the same records at the same moment.",
    "Repeat the request.",
)
AWAY: Final = Problem(
    "database_away",
    "",
    "The database does not answer at the moment.",
    "Try again in a few seconds; if you were saving, look first whether it was kept.",
)
UNAVAILABLE: Final = 503
_SQLITE_COLUMN = re.compile(r"(\w+)\.(\w+)")
# deadlock_detected, serialization_failure, lock_not_available, admin_shutdown, crash_shutdown
_PASSING_STATES = frozenset({"40P01", "40001", "55P03", "57P01", "57P02"})
_LOST_FILES = frozenset({"SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY"})


class ClashError(RefusedError):
    """Somebody else wrote at the same moment; the whole transaction may well succeed when tried again."""


@contextmanager
def translated(tables: Tables) -> Iterator[None]:
    """Turn a violated unique index, a deadlock and a lost lock into a ClashError with status 409, a lost server into one with 503."""
    try:
        yield
    except IntegrityError as error:
        problem = unique_problem(error, tables)
        if problem is None:
            raise
        raise ClashError([problem], CONFLICT) from error
    except DBAPIError as error:
        if not is_passing(error):
            raise
        raise clash_of(error) from error


def clash_of(error: DBAPIError) -> ClashError:
    """Return what a passing error says: others write the same, or the server went away."""
    return ClashError([AWAY], UNAVAILABLE) if is_lost(error) else ClashError([BUSY], CONFLICT)


def unique_problem(error: IntegrityError, tables: Tables) -> Problem | None:
    """Return the problem behind a violated unique index, None when it was something else."""
    for held in tables.objects.values():
        code = _sqlite_code(error, held) or _postgresql_code(error, held)
        if code:
            name = held.spec.fields[code].label.en if code in held.spec.fields else code
            return Problem(
                "not_unique",
                code,
                f"Another {held.spec.label.en.lower()} has this {name.lower()} already.",
                "Send another value, or change the existing record.",
            )
    return None


STALE: Final = frozenset({"42703", "42P01", "0A000"})
"""undefined_column, undefined_table, cached plan must not change result type"""


def is_stale(error: BaseException) -> bool:
    """Tell whether a statement spoke of a table or column that another process has purged meanwhile."""
    if not isinstance(error, DBAPIError):
        return False
    said = str(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    return state in STALE or said.startswith(("no such column", "no such table"))


def is_passing(error: DBAPIError) -> bool:
    """Tell whether the same transaction may well succeed when tried again: deadlock, time-out, restart."""
    if getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
        return True
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in _PASSING_STATES


def is_lost(error: BaseException) -> bool:
    """Tell whether the database could not be reached, or went away: nothing that a request can be blamed for."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or getattr(error.orig, "sqlite_errorname", "") in _LOST_FILES:
        return True
    state = getattr(error.orig, "sqlstate", "") if isinstance(error, OperationalError) else ""
    # A connection that could not be made has no state; 08 and 57P are about connections and servers.
    return state is None or state.startswith(("08", "57P", "53"))


def _sqlite_code(error: IntegrityError, held: ObjectTable) -> str:
    """SQLite names table and columns: "UNIQUE constraint failed: o_lead.f_email"."""
    said = str(error.orig)
    if not said.startswith("UNIQUE constraint failed"):
        return ""
    named = {column for table, column in _SQLITE_COLUMN.findall(said) if table == held.name}
    return next((code for code, c in _by_column(held) if c in named), "")


def _postgresql_code(error: IntegrityError, held: ObjectTable) -> str:
    """PostgreSQL names the index."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    index = next((one for one in held.table.indexes if one.name == name and one.unique), None)
    if index is None:
        return "id" if name == f"{held.name}_pkey" else ""
    columns = {column.name for column in index.columns}
    return next((code for code, c in _by_column(held) if c in columns), "")


def _by_column(held: ObjectTable) -> Iterator[tuple[str, str]]:
    for code, column in held.columns.items():
        yield code, held.blind.get(code, column).name
