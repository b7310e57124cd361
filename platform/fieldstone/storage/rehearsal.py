"""What rules ask while they are only tried on past records: nothing is locked, nothing is written, turns are pretended."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Found
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.reader import Stored

SHARED: Final = 1000  # how many holders of one key are looked at


class Rehearsal(FactsReader):
    """Facts of a dry run; what groups remember of their turns goes on from batch to batch, in memory only."""

    _turns: dict[str, dict[str, Any]]
    _then: datetime | None

    def at(self, instant: datetime | None) -> None:
        """Let the absences of an instant hold, None for those of now."""
        self.__dict__["_then"] = instant

    def absences(self, people: Sequence[str]) -> Mapping[str, datetime]:
        """Return until when each person was absent, of those who were when the records that are tried came."""
        return self.absent_at(people, self.__dict__.get("_then") or self.ctx.now)

    def turns(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what groups remember of their turns in this dry run; it begins with nothing."""
        kept = self.__dict__.setdefault("_turns", {})
        return {name: dict(kept.get(name, {})) for name in names}

    def keep_turns(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember turns for the next batch."""
        kept = self.__dict__.setdefault("_turns", {})
        kept.update({name: dict(state) for name, state in states.items()})

    def found(
        self, wanted: Mapping[tuple[str, str], Sequence[str]], *, deleted: bool = False
    ) -> Mapping[tuple[str, str, str], tuple[Found, ...]]:
        """Return the live records holding a value, unlocked."""
        del deleted
        near = self.neighbours(wanted, {name: () for name, _ in wanted}, SHARED)
        return {place: tuple(one.found for one in hits) for place, hits in near.items()}

    def latest(
        self,
        object_name: str,
        link: str,
        at: str,
        record_ids: Sequence[str],
        where: Expression | None,
    ) -> Mapping[str, datetime]:
        """Return nothing: a deadline is judged as it was when its clock started."""
        return {}

    def really_latest(self, counts: Any, record_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return when each record was really followed up last by what a deadline counts."""
        found: Mapping[str, datetime] = counts.latest(record_ids, _Told(self))
        return found

    def ids_since(self, object_name: str, since: datetime, most: int) -> list[tuple[str, datetime]]:
        """Return the ids of live records created since an instant with when that was, the oldest first, at most so many of the newest."""
        columns = self.tables[object_name].columns
        asked = (
            select(columns["id"], columns["created_at"])
            .where(columns["created_at"] >= since, columns["deleted_at"].is_(None))
            .order_by(columns["created_at"].desc())
            .limit(most)
        )
        return [(one, at) for one, at in self.connection.execute(asked)][::-1]

    def whole_rows(
        self, object_name: str, ids: Collection[str], expressions: Sequence[Expression]
    ) -> Iterator[tuple[Stored, dict[str, Any]]]:
        """Yield rows by id with what expressions look up behind them."""
        rows = self.rows(object_name, ids)
        ordered = [rows[one] for one in ids if one in rows]
        paths = frozenset(path for one in expressions for path in one.paths)
        looked = self.lookups(object_name, ordered, paths) if paths else [{} for _ in ordered]
        relations: dict[str, set[str]] = {}
        for one in expressions:
            for name, read in one.rows.items():
                relations.setdefault(name, set()).update(read)
        children = {
            name: self.children(object_name, list(rows), name, read)
            for name, read in relations.items()
        }
        for row, related in zip(ordered, looked, strict=True):
            below = {name: found.get(row["id"], []) for name, found in children.items()}
            yield row, {**related, **below}


class _Told:
    """The facts of a rehearsal, with what was really done."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal

    def latest(self, *asked: Any) -> Mapping[str, datetime]:
        """Ask the database."""
        return FactsReader.latest(self._rehearsal, *asked)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rehearsal, name)
