"""Who a user id is: roles, language, place in the company, as every request and job needs them."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from sqlalchemy import select

from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Context
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.reader import Reader

# A department moved elsewhere is felt by everybody within this many seconds.
TREE_SECONDS: Final = 1.0
MOST_KNOWN: Final = 10_000


class Actors:
    """Looks people up; whether a person's own row has changed is asked every time, so that a change of roles holds at once."""

    def __init__(self, storage: Storage) -> None:
        """Read from `storage`."""
        self._storage = storage
        self._tree: tuple[float, Mapping[str, tuple[str, ...]]] = (0.0, {})
        self._known: dict[Hashable, tuple[float, Model, Actor | None]] = {}

    def of_version(
        self,
        ctx: Context,
        model: Model,
        user_id: str,
        version: int | None,
        grants: frozenset[str] | None = None,
    ) -> Actor | None:
        """Return what `by_id` returns, without reading a record that still has this version; None: it is gone.

        The version moves with every change of the record, so that a change of roles holds at once; totals
        in it, which move without a version, hold after a second.
        """
        if version is None:
            return None
        key = (user_id, version, grants)
        read_at, for_model, actor = self._known.get(key, (0.0, None, None))
        if for_model is model and time.monotonic() - read_at <= TREE_SECONDS:
            return actor
        actor = self.by_id(ctx, model, user_id, grants)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[key] = (time.monotonic(), model, actor)
        return actor

    def by_id(
        self, ctx: Context, model: Model, user_id: str, grants: frozenset[str] | None = None
    ) -> Actor | None:
        """Return an active person as an actor, None for one that is gone, inactive or unknown."""
        if "user" not in model.objects:
            return None
        system = ctx.acting_as(SYSTEM_ACTOR)
        with self._storage.reading(self._storage.use(model), system) as reader:
            row = reader.rows("user", [user_id]).get(user_id)
            if row is None or row.get("active") is False:
                return None
            department = row.get("department")
            below = self._below(reader).get(str(department), ()) if department else ()
        return Actor(
            id=user_id,
            roles=frozenset(_texts(row.get("roles"))),
            name=str(row.get("name") or row.get("email") or ""),
            language=str(row.get("language") or "en"),
            zone=str(row.get("time_zone") or "UTC"),
            facts=row,
            departments=(str(department), *below) if department else (),
            grants=grants,
        )

    def id_of(self, ctx: Context, model: Model, email: str) -> str | None:
        """Return the id of the person with this e-mail address (as the field keeps it), None for nobody."""
        system = ctx.acting_as(SYSTEM_ACTOR)
        with self._storage.reading(self._storage.use(model), system) as reader:
            found = list(reader.holders("user", ("email",), [(email,)]))
        return found[0][1] if found else None

    def _below(self, reader: Reader) -> Mapping[str, tuple[str, ...]]:
        read_at, tree = self._tree
        if time.monotonic() - read_at > TREE_SECONDS:
            tree = _tree(reader)
            self._tree = (time.monotonic(), tree)
        return tree


def _texts(value: object) -> Iterable[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _tree(reader: Reader) -> Mapping[str, tuple[str, ...]]:
    """Return every department with all departments below it."""
    held = reader.tables.objects.get("department")
    if held is None or "parent" not in held.columns:
        return {}
    asked = select(held.columns["id"], held.columns["parent"]).where(
        held.columns["deleted_at"].is_(None)
    )
    children: dict[str, list[str]] = {}
    for record_id, parent in reader.connection.execute(asked):
        children.setdefault(record_id, [])
        if parent:
            children.setdefault(parent, []).append(record_id)
    return {record_id: tuple(_all_below(record_id, children)) for record_id in children}


def _all_below(record_id: str, children: Mapping[str, list[str]]) -> Iterable[str]:
    seen, waiting = {record_id}, list(children.get(record_id, ()))
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += children.get(one, ())
            yield one
