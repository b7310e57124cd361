"""Published rankings: computed once, then frozen; who looks later sees what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Index,
    Row,
    Table,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
)

from fieldstone.base.ids import new_id
from fieldstone.rules.contract import Standing
from fieldstone.storage.platform_tables import PLATFORM, instant, json, text, whole
from fieldstone.storage.prepared import Prepared

fs_ranking: Final = Table(
    "fs_ranking",
    PLATFORM,
    text("id", key=True),
    text("program", null=False),
    whole("edition", null=False),
    text(
        "period", null=False
    ),  # the slot it was computed for: a second run of the slot adds nothing
    instant("since", null=False),
    instant("until", null=False),
    instant("published_at", null=False),
    text("published_by"),
    whole("rule_version", null=False),
    json("others"),  # the standing of who is not in the list
    UniqueConstraint("program", "period", name="ux_fs_ranking_period"),
    Index("ix_fs_ranking_edition", "program", "edition"),
)

fs_ranking_line: Final = Table(
    "fs_ranking_line",
    PLATFORM,
    text("ranking", key=True),
    text("person", key=True),
    whole("rank", null=False),
    whole("position", null=False),
    json("line"),
)


@dataclass(frozen=True)
class Line:
    """One person's place: the figures of each metric, the score, and the rewards."""

    person: str
    name: str
    rank: int
    score: float | None
    metrics: Mapping[str, Mapping[str, Any]]
    standing: Standing
    note: str = ""  # newcomer, few: why somebody is ranked otherwise than by the score


@dataclass(frozen=True)
class Edition:
    """One published ranking of a programme."""

    id: str
    program: str
    edition: int
    period: str
    since: datetime
    until: datetime
    published_at: datetime
    published_by: str
    rule_version: int
    lines: tuple[Line, ...] = ()
    others: Standing = field(default_factory=Standing)


def publish(connection: Connection, edition: Edition) -> bool:
    """Keep a ranking for good; False, and nothing kept, when its period was published before.

    Whoever publishes the same period at the same time waits here and then finds it there.
    """
    head = {name: getattr(edition, name) for name in _HEAD if name not in ("edition", "others")}
    if is_published(connection, edition.program, edition.period):
        return False
    connection.execute(
        insert(fs_ranking), {**head, "edition": edition.edition, "others": packed(edition.others)}
    )
    if edition.lines:
        connection.execute(
            insert(fs_ranking_line),
            [
                {
                    "ranking": edition.id,
                    "person": line.person,
                    "rank": line.rank,
                    "position": place,
                    "line": {
                        "name": line.name,
                        "score": line.score,
                        "metrics": dict(line.metrics),
                        "standing": packed(line.standing),
                        "note": line.note,
                    },
                }
                for place, line in enumerate(edition.lines)
            ],
        )
    return True


def is_published(connection: Connection, program: str, period: str) -> bool:
    """Tell whether a period of a programme has its ranking."""
    asked = select(fs_ranking.c.id).where(
        fs_ranking.c.program == program, fs_ranking.c.period == period
    )
    return connection.execute(asked).first() is not None


def next_edition(connection: Connection, program: str) -> int:
    """Return the number of the next edition of a programme."""
    asked = select(func.max(fs_ranking.c.edition)).where(fs_ranking.c.program == program)
    return int(connection.execute(asked).scalar() or 0) + 1


def new_edition_id() -> str:
    """Return an id for a ranking that is to be published."""
    return new_id()


def standings(connection: Connection, program: str) -> dict[str, Standing]:
    """Return the standing of each person in the latest edition; "" is that of everybody else. {} before the first."""
    found: dict[str, Standing] = {}
    for others, person, kept in _LATEST.rows(connection, {"b_program": program}):
        found.setdefault("", unpacked(others or {}))
        if person is not None:
            found[person] = unpacked(kept["standing"])
    return found


def _latest() -> Prepared:
    head, line = fs_ranking.c, fs_ranking_line.c
    this_one = head.program == bindparam("b_program")
    latest = select(func.max(head.edition)).where(this_one).scalar_subquery()
    return Prepared(
        select(head.others, line.person, line.line)
        .select_from(fs_ranking.outerjoin(fs_ranking_line, line.ranking == head.id))
        .where(this_one, head.edition == latest)
    )


_LATEST = _latest()


def edition_of(connection: Connection, program: str, number: int | None = None) -> Edition | None:
    """Return one edition of a programme with its lines, the latest without a number; None when there is none."""
    asked = select(*(fs_ranking.c[name] for name in _HEAD)).where(fs_ranking.c.program == program)
    if number is not None:
        asked = asked.where(fs_ranking.c.edition == number)
    row = connection.execute(asked.order_by(fs_ranking.c.edition.desc()).limit(1)).first()
    if row is None:
        return None
    columns = (fs_ranking_line.c.person, fs_ranking_line.c.rank, fs_ranking_line.c.line)
    lines = connection.execute(
        select(*columns)
        .where(fs_ranking_line.c.ranking == row.id)
        .order_by(fs_ranking_line.c.position)
    )
    found = tuple(_line(person, rank, line) for person, rank, line in lines)
    return replace(_edition(row), lines=found)


def editions_of(connection: Connection, program: str, most: int = 24) -> tuple[Edition, ...]:
    """Return the latest editions of a programme without their lines, newest first."""
    asked = select(*(fs_ranking.c[name] for name in _HEAD))
    asked = asked.where(fs_ranking.c.program == program).order_by(fs_ranking.c.edition.desc())
    return tuple(_edition(row) for row in connection.execute(asked.limit(most)))


def _edition(row: Row[Any]) -> Edition:
    head: dict[str, Any] = dict(zip(_HEAD, row, strict=True))
    head["others"] = unpacked(head["others"] or {})
    return Edition(**{**head, "published_by": head["published_by"] or ""})


def _line(person: str, rank: int, line: Mapping[str, Any]) -> Line:
    return Line(
        person,
        line["name"],
        rank,
        line["score"],
        line["metrics"],
        unpacked(line["standing"]),
        line.get("note", ""),
    )


def packed(standing: Standing) -> dict[str, object]:
    """Return a standing as plain JSON."""
    return {
        "rank": standing.rank,
        "score": standing.score,
        "weight": standing.weight,
        "extra": dict(standing.extra),
        "closed": {name: list(values) for name, values in standing.closed.items()},
    }


def unpacked(raw: Mapping[str, Any]) -> Standing:
    """Return the standing that was packed."""
    return Standing(
        raw.get("rank", 0),
        raw.get("score"),
        raw.get("weight", 100),
        raw.get("extra", {}),
        {name: tuple(values) for name, values in raw.get("closed", {}).items()},
    )


_HEAD: Final[Sequence[str]] = (
    "id",
    "program",
    "edition",
    "period",
    "since",
    "until",
    "published_at",
    "published_by",
    "rule_version",
    "others",
)
