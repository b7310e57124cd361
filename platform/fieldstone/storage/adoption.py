"""Which version of a rule was adopted for the records that are there: a changed rule waits for a look at what it does."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, select

from fieldstone.rules.contract import Adoption
from fieldstone.storage.platform_tables import PLATFORM, instant, text, upserting, whole
from fieldstone.storage.site_state import fs_rule

fs_adoption: Final = Table(
    "fs_adoption",
    PLATFORM,
    text("rule", key=True),
    whole("version", null=False),
    instant("at", null=False),
    text("actor"),
)


def adoption_of(connection: Connection, rule: str) -> Adoption:
    """Return what was adopted of a rule; of one that nobody ever adopted, its first version."""
    asked = (
        select(fs_adoption.c.version, fs_rule.c.changed_at)
        .select_from(fs_rule.outerjoin(fs_adoption, fs_adoption.c.rule == fs_rule.c.code))
        .where(fs_rule.c.code == rule)
    )
    row = connection.execute(asked).first()
    return Adoption() if row is None else Adoption(row.version or 1, row.changed_at)


def adopt(
    connection: Connection, dialect: str, rule: str, version: int, *, actor: str, now: datetime
) -> None:
    """Let a version of a rule hold for all records."""
    adding = upserting(fs_adoption, dialect).values(rule=rule, version=version, at=now, actor=actor)
    fresh = {name: adding.excluded[name] for name in ("version", "at", "actor")}
    connection.execute(adding.on_conflict_do_update(index_elements=["rule"], set_=fresh))
