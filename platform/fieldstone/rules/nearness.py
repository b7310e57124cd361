"""Finds records that are like a draft, by a matching rule: stored ones, and earlier rows of the same batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from fieldstone.changes.nouns import Draft
from fieldstone.rules.contract import Facts, Found, Neighbour
from fieldstone.rules.match_keys import match_keys
from fieldstone.rules.matching_body import Alike, Matching

Near = tuple[Found, Alike]


class Nearness:
    """Who is like the drafts of one batch; storage is asked once for all of them."""

    def __init__(
        self,
        matching: Matching,
        objects: Collection[str],
        drafts: Mapping[int, Draft],
        facts: Facts,
    ) -> None:
        """Compare the drafts with records of `objects`, by their places in the batch."""
        self._matching = matching
        self._own = next(iter(matching.fields))
        self._objects = [name for name in matching.blocks if name in objects]
        self._drafts = drafts
        own = matching.plan[self._own]
        self._shared = {
            block.key: tuple(self._blocks_there(position, block.key))
            for position, block in enumerate(matching.blocks[self._own])
        }
        self._values = {place: match_keys(own, draft.row) for place, draft in drafts.items()}
        self._stored = self._asked(facts)
        self._seen: dict[tuple[str, str], list[int]] = {}

    def _asked(self, facts: Facts) -> Mapping[tuple[str, str, str], tuple[Neighbour, ...]]:
        wanted: dict[tuple[str, str], set[str]] = {}
        for found in self._values.values():
            for object_name, key, values in self._places(found):
                wanted.setdefault((object_name, key), set()).update(values)
        if not wanted:
            return {}
        names = {
            name: tuple(dict.fromkeys(self._matching.fields[name].values()))
            for name in self._objects
        }
        asked = {place: sorted(values) for place, values in wanted.items()}
        return facts.neighbours(asked, names, self._matching.largest_block)

    def _places(
        self, values: Mapping[str, Sequence[str]]
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """Yield (object, its key, values) of the blocks that a draft with these values shares."""
        for block_key, there in self._shared.items():
            if block_key in values:
                for name, key in there:
                    yield name, key, values[block_key]

    def _blocks_there(self, position: int, block_key: str) -> Iterator[tuple[str, str]]:
        """Yield (object, its key) of the blocks that correspond to one of ours."""
        for name in self._objects:
            key = self._key_there(name, position) if name != self._own else block_key
            if key and any(one.key == key for one in self._matching.blocks[name]):
                yield name, key

    def _key_there(self, object_name: str, position: int) -> str:
        """Return the key of another object's block that corresponds to one of ours."""
        ours = self._matching.blocks[self._own][position]
        fields = self._matching.fields[object_name]
        theirs = tuple(fields.get(name, "") for name in ours.fields)
        how = ours.key.partition(":")[0]
        return f"{how}:{'+'.join(theirs)}" if all(theirs) else ""

    def of(self, place: int) -> list[Near]:
        """Return who is like one draft, the most alike first; `suspect` percent at least."""
        draft, matching = self._drafts[place], self._matching
        mine = matching.plain(self._own, draft.row)
        found: dict[str, Near] = {}
        for object_name, key, values in self._places(self._values[place]):
            for value in values:
                for near in self._stored.get((object_name, key, value), ()):
                    record_id = near.found.record_id
                    if record_id in found or record_id == draft.record_id:
                        continue
                    alike = matching.alike(mine, matching.plain(object_name, near.values))
                    if alike.score >= matching.suspect:
                        found[record_id] = (near.found, alike)
        return sorted(found.values(), key=lambda one: -one[1].score)

    def earlier(self, place: int) -> Iterator[tuple[int, Alike]]:
        """Yield the earlier rows of the batch that one draft is like."""
        if self._own not in self._objects:
            return
        matching, mine = self._matching, None
        seen: set[int] = set()
        for key, values in self._values[place].items():
            for other in (one for value in values for one in self._seen.get((key, value), ())):
                if other in seen or len(seen) >= matching.largest_block:
                    continue
                seen.add(other)
                mine = mine or matching.plain(self._own, self._drafts[place].row)
                theirs = matching.plain(self._own, self._drafts[other].row)
                alike = matching.alike(mine, theirs)
                if alike.score >= matching.suspect:
                    yield other, alike

    def note(self, place: int) -> None:
        """Remember a draft that will be stored, for the rows that come after it."""
        for key, values in self._values[place].items():
            for value in values:
                self._seen.setdefault((key, value), []).append(place)
