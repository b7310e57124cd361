"""What groups remember of their turns: one row per rule, held from the choice until the commit, so that no turn is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select, update

from fieldstone.storage.platform_tables import PLATFORM, among, json, listed, text, upserting
from fieldstone.storage.prepared import Prepared

fs_turns: Final = Table("fs_turns", PLATFORM, text("name", key=True), json("state"))


def locked_turns(
    connection: Connection, dialect: str, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return what groups remember, by name; {} for one that never met. Others wait for them until the commit.

    All of a batch are locked by one statement in the order of their names, so that two batches never
    wait for each other.
    """
    bound = {"ids": listed(names, dialect)}
    found = dict(_asking(dialect).rows(connection, bound))
    new = [{"name": name, "state": {}} for name in names if name not in found]
    if new:
        # Whoever is first makes the row; the second waits here for the first one's commit.
        connection.execute(_making(dialect), new)
        found = dict(_asking(dialect).rows(connection, bound))
    return {name: state or {} for name, state in found.items()}


def keep_turns(connection: Connection, states: Mapping[str, Mapping[str, Any]]) -> None:
    """Store what groups remember; their rows are locked."""
    _KEEPING.later(
        connection, [{"b_name": name, "b_state": state} for name, state in states.items()]
    )


def turns_now(connection: Connection, dialect: str, names: Sequence[str]) -> dict[str, Any]:
    """Return what groups remember, without a lock, for showing it."""
    asked = select(fs_turns.c.name, fs_turns.c.state).where(among(fs_turns.c.name, dialect))
    found = connection.execute(asked, {"ids": listed(names, dialect)})
    return {name: state or {} for name, state in found}


@cache
def _asking(dialect: str) -> Prepared:
    asked = select(fs_turns.c.name, fs_turns.c.state).where(among(fs_turns.c.name, dialect))
    asked = asked.order_by(fs_turns.c.name)
    return Prepared(asked.with_for_update() if dialect == "postgresql" else asked)


@cache
def _making(dialect: str) -> Any:
    return upserting(fs_turns, dialect).on_conflict_do_nothing(index_elements=["name"])


_KEEPING = Prepared(
    update(fs_turns)
    .where(fs_turns.c.name == bindparam("b_name"))
    .values(state=bindparam("b_state", type_=fs_turns.c.state.type))
)
