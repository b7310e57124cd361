"""What duplicate rules ask of the database: who shares a block, stored values, and where merged records went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from fieldstone.base.cached import cached_property
from fieldstone.model.objects import ObjectType
from fieldstone.rules.contract import Found, Neighbour
from fieldstone.storage.match_keys import Holder, holders_of, neighbours_of
from fieldstone.storage.merges import Merges
from fieldstone.storage.reader import Reader, Stored

DELETED = "deleted"


class MatchingFacts(Reader):
    """A reader that answers duplicate rules."""

    def found(
        self, wanted: Mapping[tuple[str, str], Sequence[str]], *, deleted: bool = False
    ) -> Mapping[tuple[str, str, str], tuple[Found, ...]]:
        """Return, by (object, key, value), the records holding it; the values stay locked until commit.

        A record that was merged stands for the one that it is part of now; others in the bin only with `deleted`.
        """
        places = [(*place, value) for place, values in wanted.items() for value in values]
        fresh: dict[tuple[str, str], list[str]] = {}
        for object_name, key, value in places:
            if (object_name, key, value, deleted) not in self._answers:
                fresh.setdefault((object_name, key), []).append(value)
        if fresh:
            self._ask(fresh, deleted=deleted)
        answers = {place: self._answers[*place, deleted] for place in places}
        return {place: several for place, several in answers.items() if several}

    @cached_property
    def _answers(self) -> dict[tuple[str, str, str, bool], tuple[Found, ...]]:
        """What `found` has answered, so that two rules that ask for the same ask the database once."""
        return {}

    def forget_found(self) -> None:
        """Ask anew: records were written."""
        self._answers.clear()

    def _ask(self, wanted: Mapping[tuple[str, str], Sequence[str]], *, deleted: bool) -> None:
        for place, values in wanted.items():
            self._answers.update(dict.fromkeys(((*place, one, deleted) for one in values), ()))
        holders = self._led_on(holders_of(self.connection, self.dialect, wanted))
        rows = self._as_found(holders, deleted=deleted)
        for object_name, key, value, record_id in holders:
            hit = rows[object_name].get(record_id)
            there = (object_name, key, value, deleted)
            known = self._answers.get(there, ())
            if hit is not None and hit not in known:
                self._answers[there] = (*known, hit)

    def neighbours(
        self,
        wanted: Mapping[tuple[str, str], Sequence[str]],
        names: Mapping[str, Collection[str]],
        most: int,
    ) -> Mapping[tuple[str, str, str], tuple[Neighbour, ...]]:
        """Return, by (object, key, value), the live records holding it with their values of `names`.

        A write holds the values until it ends: of two at once that are alike, the second sees the first. A value that more than `most` records hold says nothing about any of them and is left out.
        """
        self.hold_blocks(wanted)
        holders = self._led_on(neighbours_of(self.connection, self.dialect, wanted, most))
        rows = self._as_found(holders, deleted=False)
        values = {
            name: self.rows(name, some, names=names[name]) if some else {}
            for name, some in rows.items()
        }
        found: dict[tuple[str, str, str], tuple[Neighbour, ...]] = {}
        for object_name, key, value, record_id in holders:
            hit = rows[object_name].get(record_id)
            if hit is not None:
                near = Neighbour(hit, values[object_name][record_id])
                place = (object_name, key, value)
                found[place] = (*found.get(place, ()), near)
        return found

    def hold_blocks(self, wanted: Mapping[tuple[str, str], Sequence[str]]) -> None:
        """Lock nothing: a read adds nobody."""

    def stored(
        self, object_name: str, record_ids: Collection[str], names: Collection[str]
    ) -> Mapping[str, Mapping[str, object]]:
        """Return the stored values of live records by id."""
        return self.rows(object_name, record_ids, names=names)

    def _led_on(self, holders: Sequence[Holder]) -> list[Holder]:
        """Return the holders with those that were merged replaced by the record they are part of."""
        if not holders:
            return []
        led = Merges(self.connection).survivors({one.record_id for one in holders})
        return [one._replace(record_id=led.get(one.record_id, one.record_id)) for one in holders]

    def _as_found(self, holders: Iterable[Holder], *, deleted: bool) -> dict[str, dict[str, Found]]:
        ids: dict[str, set[str]] = {}
        for object_name, _, _, record_id in holders:
            ids.setdefault(object_name, set()).add(record_id)
        found = {}
        for name, some in ids.items():
            held = self.tables[name]
            known = {held.spec.title, "owner", "pool", "deleted_at", held.spec.stage_field}
            rows = self.rows(name, some, names=known & held.columns.keys(), deleted=deleted)
            found[name] = {record_id: _found(held.spec, row) for record_id, row in rows.items()}
        return found


def _found(spec: ObjectType, row: Stored) -> Found:
    kind = ""
    if row.get("deleted_at") is not None:
        kind = DELETED
    elif spec.pipelines is not None:
        stage = spec.pipelines.of(row).stages.get(str(row.get(spec.stage_field)))
        kind = stage.kind if stage is not None else ""
    title = str(row.get(spec.title) or "")
    return Found(spec.code, row["id"], title, row.get("owner"), kind, row.get("pool"))
