"""Which records hold a value: many values asked for by one statement that stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select

from fieldstone.access.resolver import Purpose, resolve
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.expressions.env import Env
from fieldstone.reads.frame import may_read
from fieldstone.reads.listing import basis_of
from fieldstone.reads.query import EVERYTHING
from fieldstone.reads.sight import Sight
from fieldstone.storage.platform_tables import among, listed
from fieldstone.storage.prepared import Prepared

MOST: Final = 2_000


def ids_having(sight: Sight, object_name: str, code: str, values: Sequence[str]) -> dict[str, str]:
    """Return, by value, the newest record that the viewer sees with this value in a text field.

    Raises RefusedError: 404 for an object, 400 for a field that is not there for the viewer.
    """
    may_read(sight.viewer, object_name)
    found = resolve(sight.viewer, object_name, code, Purpose.FILTER)
    if isinstance(found, Problem):
        raise RefusedError([found], 400)
    asked = sight.planned(
        ("having", object_name, code),
        lambda env: Prepared(_statement(sight, object_name, code, env)),
        keep=True,
    )
    held: dict[str, str] = {}
    for start in range(0, len(values), MOST):
        bound = {"ids": listed(values[start : start + MOST], sight.tables.dialect)}
        held.update(asked.rows(sight.reader.connection, bound))
    return held


def _statement(sight: Sight, object_name: str, code: str, env: Env) -> Select[tuple[str, str]]:
    frame = sight.frame(object_name, env)
    column, own_id = frame.columns.column(code), frame.raw.column("id")
    where = [*basis_of(sight, frame, EVERYTHING), among(column, sight.tables.dialect)]
    # Of several the newest comes last, and stays.
    return frame.select([column, own_id], where).order_by(own_id)
