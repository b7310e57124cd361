"""Pairs of records that may be the same, as far as the viewer may see both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.reads.frame import may_read
from fieldstone.reads.sight import Sight
from fieldstone.rules.contract import Found
from fieldstone.storage.suspects import OPEN, PAIR, STATES, SuspectedPair, Suspects, fs_suspect


@dataclass(frozen=True)
class PairQuery:
    """Which pairs: their state, how alike at least, and where the page begins."""

    state: str = OPEN
    least: int = 0
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True)
class PairPage:
    """Some pairs, the most alike first, and how many there are together."""

    pairs: Sequence[SuspectedPair]
    total: int


def pairs_of(sight: Sight, object_name: str, query: PairQuery) -> PairPage:
    """Return pairs of an object. Raises RefusedError: 404 for an object that is not there, 400 for a wrong state."""
    may_read(sight.viewer, object_name)
    if query.state not in STATES:
        text = f"A pair is never {query.state[:40]!r}."
        problem = Problem("bad_state", "state", text, f"Use one of: {', '.join(STATES)}.")
        raise RefusedError([problem], 400)
    pair = fs_suspect.c
    where = and_(
        pair.object == object_name,
        pair.state == query.state,
        pair.score >= query.least,
        _both_seen(sight, object_name, query.state),
    )
    asked = select(*PAIR).where(where).order_by(pair.score.desc(), pair.id)
    suspects = Suspects(sight.reader.connection, sight.reader.dialect, sight.ctx.now)
    found = suspects.all(asked.offset(query.offset).limit(query.limit))
    return PairPage(found, suspects.count(where))


def pair_of(sight: Sight, pair_id: str) -> SuspectedPair | None:
    """Return one pair, None when it, or one of its records, is not there for the viewer."""
    suspects = Suspects(sight.reader.connection, sight.reader.dialect, sight.ctx.now)
    found = suspects.get(pair_id) if is_id(pair_id) else None
    if found is None or found.object_name not in sight.model.objects:
        return None
    if found.other_object not in sight.model.objects:
        return None
    where = and_(fs_suspect.c.id == pair_id, _both_seen(sight, found.object_name, found.state))
    return found if suspects.count(where) else None


def pair_between(sight: Sight, one: str, other: str) -> SuspectedPair | None:
    """Return the pair of two records, as `pair_of` does."""
    suspects = Suspects(sight.reader.connection, sight.reader.dialect, sight.ctx.now)
    found = suspects.between(one, other) if is_id(one) and is_id(other) else None
    return pair_of(sight, found.id) if found is not None else None


def open_pairs(sight: Sight, record_id: str) -> list[SuspectedPair]:
    """Return the open pairs of a record, whether or not the viewer may see the other one."""
    suspects = Suspects(sight.reader.connection, sight.reader.dialect, sight.ctx.now)
    return [
        one
        for one in suspects.of(record_id)
        if {one.object_name, one.other_object} <= sight.model.objects.keys()
    ]


def masked_name(sight: Sight, object_name: str, record_id: str) -> Found | None:
    """Return a live record as duplicate rules see it, whoever may see it: show what its rule lets be told."""
    spec = sight.model.objects[object_name]
    rows = sight.reader.rows(
        object_name, [record_id], names={spec.title, "owner"} & spec.fields.keys()
    )
    row = rows.get(record_id)
    if row is None:
        return None
    return Found(object_name, record_id, str(row.get(spec.title) or ""), row.get("owner"))


def _both_seen(sight: Sight, object_name: str, state: str) -> ColumnElement[bool]:
    """Return the condition that the viewer may see both records; a merged one lies in the bin."""
    pair = fs_suspect.c
    others = [
        name
        for name, spec in sight.model.objects.items()
        if spec.parent is None and sight.viewer.access(name).may_read
    ]
    return and_(
        pair.record.in_(_visible(sight, object_name, state)),
        or_(
            *(
                and_(pair.other_object == name, pair.other.in_(_visible(sight, name, state)))
                for name in others
            )
        ),
    )


def _visible(sight: Sight, object_name: str, state: str) -> Select[Any]:
    frame = sight.frame(object_name)
    if state == OPEN:
        where = frame.within(deleted=False)
    else:
        scope = frame.access.read_scope
        where = [] if scope.everything else [scope.clause(frame.raw, frame.env)]
    return frame.select([frame.raw.column("id")], where)
