"""Why the database cannot be worked with, said as a Problem: down, not there, not ours to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from fieldstone.base.errors import Problem, RefusedError

UNAVAILABLE: Final = 503
# What the database says, and what to do; a password stands in none of these sentences.
CURES: Final = {
    "unable to open database file": "Make the folder of database.url, and let this user write in it.",
    "file is not a database": "Name another file in database.url; this one is left as it is.",
    "readonly database": "Let this user write the database file and its folder.",
    "database or disk is full": "Make room on the disk.",
    "password authentication failed": "Correct user and password in database.url.",
    "no password supplied": "Write postgresql://user:password@host/name in database.url.",
    "does not exist": "Create it as the server's administrator (createuser, createdb), or correct database.url.",
    "permission denied": "Let this user create tables: GRANT CREATE ON SCHEMA public TO the user of database.url.",
}
SERVER: Final = "Start the server, or correct database.url (FIELDSTONE_DATABASE_URL) and look at the server's log."


@contextmanager
def reached() -> Iterator[None]:
    """Turn a database that cannot be worked with into a RefusedError; what is our own fault passes."""
    try:
        yield
    except DBAPIError as error:
        problem = unreachable(error)
        if problem is None:
            raise
        raise RefusedError([problem], UNAVAILABLE) from error


def unreachable(error: SQLAlchemyError) -> Problem | None:
    """Return why the database cannot be worked with; None when the error says something else."""
    if not isinstance(error, DBAPIError):
        return None
    said = " ".join(str(error.orig).split())
    known = next((cure for words, cure in CURES.items() if words in said), None)
    statement = "relation" in said or "column" in said
    if statement or (known is None and not isinstance(error, OperationalError)):
        return None
    return Problem(
        "database", "database.url", f"the database cannot be used: {said}.", known or SERVER
    )
