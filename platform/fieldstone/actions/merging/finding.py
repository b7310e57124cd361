"""Looks through all records of an object for pairs that may be the same: block by block, in steps that can be resumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Suspect
from fieldstone.model.site_model import Model
from fieldstone.rules.duplicate_check import Duplicate
from fieldstone.rules.matching_body import Matching
from fieldstone.storage.blocks import (
    crossing_values,
    keep_keys,
    keys_are_kept,
    note_keys_kept,
    shared_values,
)
from fieldstone.storage.transaction import Transaction

FIND: Final = "find_duplicates"
VALUES: Final = 2_000
"""Shared values in one step: some thousand pairs, written in one transaction."""
LARGEST: Final = 100
SURE: Final = 100
Place = tuple[str, str]
"""A record: its object and its id."""


@dataclass(frozen=True)
class Course:
    """One key to go through: on both sides (object, key), and whether an equal value alone suffices."""

    ours: Place
    theirs: Place
    fields: tuple[str, ...] = ()
    exact: bool = False


@dataclass(frozen=True)
class Search:
    """What is looked for in an object: by which rule, how records are compared, which keys are gone through."""

    object_name: str
    rule: str
    matching: Matching | None
    courses: tuple[Course, ...]


@dataclass(frozen=True)
class Stand:
    """How far a search is: which course, the last value of it, and what was found so far."""

    course: int = -1  # before the first one the keys are brought up to date
    after: str = ""
    compared: int = 0
    found: int = 0
    done: bool = False

    def told(self, courses: int) -> dict[str, object]:
        """Return it as JSON, with `done` of `total` for a bar."""
        at = courses + 1 if self.done else self.course + 1
        return {
            "course": self.course,
            "after": self.after,
            "compared": self.compared,
            "found": self.found,
            "done": at,
            "total": courses + 1,
        }


def stand_of(told: Mapping[str, Any]) -> Stand:
    """Return what `told` says."""
    return Stand(
        int(told.get("course", -1)),
        str(told.get("after", "")),
        int(told.get("compared", 0)),
        int(told.get("found", 0)),
    )


def search_of(model: Model, object_name: str) -> Search:
    """Return how an object is searched. Raises RefusedError when no rule says what a duplicate is."""
    for rule in model.rules_of(object_name, "duplicate"):
        if isinstance(rule.body, Duplicate):
            held = model.rules.get(rule.body.matching)
            matching = held.body if held is not None and held.enabled else None
            compared = matching if isinstance(matching, Matching) else None
            courses = dict.fromkeys(
                [*_exact(rule.body, object_name), *_near(compared, object_name)]
            )
            return Search(object_name, rule.code, compared, tuple(courses))
    known = sorted({r.object_name for r in model.rules.values() if r.kind == "duplicate"})
    text = f"No rule says when two records of {object_name[:60]!r} are the same."
    cure = f"Write a rule of the kind 'duplicate', or use one of: {', '.join(known)}."
    raise RefusedError([Problem("no_duplicate_rule", "object", text, cure)])


def _exact(body: Duplicate, own: str) -> Iterator[Course]:
    for against in body.against:
        for name, key in against.keys.items():
            ours = (own, body.keys[name])
            yield Course(ours, (against.object_name, key), body.fields[name], exact=True)


def _near(matching: Matching | None, own: str) -> Iterator[Course]:
    if matching is None:
        return
    for block in matching.blocks[own]:
        how = block.key.partition(":")[0]
        for name, fields in matching.fields.items():
            there = tuple(fields.get(one, "") for one in block.fields)
            if all(there):
                yield Course((own, block.key), (name, f"{how}:{'+'.join(there)}"))


class Finding:
    """Goes through one object; `step` does a part within one transaction."""

    def __init__(self, search: Search) -> None:
        """Look for what `search` says."""
        self._search = search
        self._plain: dict[Place, tuple[str, ...]] = {}

    def step(self, tx: Transaction, stand: Stand) -> Stand:
        """Do the next part and return how far the search is then."""
        search = self._search
        if stand.course < 0:
            return self._keys(tx, stand)
        course = search.courses[stand.course]
        pairs, after = self._pairs(tx, course, stand.after)
        found = self._compared(tx, course, pairs)
        if found:
            tx.suspects.add(found)
        further = Stand(
            stand.course, after or "", stand.compared + len(pairs), stand.found + len(found)
        )
        if after is not None:
            return further
        last = stand.course + 1 == len(search.courses)
        return Stand(stand.course + 1, "", further.compared, further.found, last)

    def _keys(self, tx: Transaction, stand: Stand) -> Stand:
        """Bring the keys of the next records up to date, where a rule has changed since they were kept."""
        names = dict.fromkeys(one.theirs[0] for one in self._search.courses)
        stale = next((name for name in names if not keys_are_kept(tx, name)), None)
        if stale is None:
            return Stand(0)
        name, _, after = stand.after.partition("/")
        last, _ = keep_keys(tx, stale, after if name == stale else "")
        if last is not None:
            return Stand(-1, f"{stale}/{last}")
        note_keys_kept(tx, stale)
        return Stand(-1)

    def _pairs(
        self, tx: Transaction, course: Course, after: str
    ) -> tuple[set[tuple[str, str]], str | None]:
        """Return the next pairs of records (ours, theirs), and the value to go on from; None at the end."""
        own, key = course.ours
        if course.theirs == course.ours:
            shared = shared_values(tx, own, key, after=after, most=self._most, limit=VALUES)
            pairs = {pair for one in shared for pair in combinations(one.records, 2)}
            # A newer record is suspected of being an older one: ids grow with time.
            ordered = {(new, old) for old, new in pairs}
            return ordered, shared[-1].value if len(shared) == VALUES else None
        crossing = crossing_values(tx, course.ours, course.theirs, after=after, limit=VALUES)
        if len(crossing) < VALUES:
            return {(one, two) for _, one, two in crossing}, None
        last = crossing[-1][0]
        whole = [one for one in crossing if one[0] != last]
        if not whole:
            return set(), last  # more records than anybody could look through share it
        return {(one, two) for _, one, two in whole}, whole[-1][0]

    @property
    def _most(self) -> int:
        return self._search.matching.largest_block if self._search.matching else LARGEST

    def _compared(
        self, tx: Transaction, course: Course, pairs: set[tuple[str, str]]
    ) -> list[tuple[str, str, str, Suspect]]:
        """Return the pairs that are alike enough."""
        search, found = self._search, []
        own, other = course.ours[0], course.theirs[0]
        self._plain = {}
        ours, theirs = {one for one, _ in pairs}, {two for _, two in pairs}
        if own == other:
            self._load(tx, own, ours | theirs)
        else:
            self._load(tx, own, ours)
            self._load(tx, other, theirs)
        for one, two in pairs:
            mine, their = self._plain.get((own, one)), self._plain.get((other, two))
            if mine is None or their is None:
                continue  # in the recycle bin
            score, fields = self._score(mine, their, course)
            if score:
                suspect = Suspect(other, two, score, fields)
                found.append((own, one, search.rule, suspect))
        return found

    def _score(
        self, mine: tuple[str, ...], their: tuple[str, ...], course: Course
    ) -> tuple[int, tuple[str, ...]]:
        matching = self._search.matching
        if matching is None:
            return SURE, course.fields
        alike = matching.alike(mine, their)
        if course.exact:
            return alike.score or SURE, alike.fields or course.fields
        return (alike.score, alike.fields) if alike.score >= matching.suspect else (0, ())

    def _load(self, tx: Transaction, object_name: str, ids: set[str]) -> None:
        matching = self._search.matching
        names = tuple(matching.fields.get(object_name, {}).values()) if matching else ()
        for record_id, row in tx.rows(object_name, ids, names=names).items():
            known = matching is not None and object_name in matching.fields
            plain = matching.plain(object_name, row) if known and matching else ()
            self._plain[object_name, record_id] = plain
