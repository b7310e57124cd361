"""What the site is at: the published model, the versions of rules, and what each index was built from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, inspect, select

from fieldstone.model.site_model import Model
from fieldstone.storage.platform_tables import PLATFORM, instant, text, upserting, whole

fs_meta: Final = Table(
    "fs_meta",
    PLATFORM,
    text("name", key=True),
    whole("version", null=False),
    text("digest", null=False),
    instant("changed_at", null=False),
)

fs_rule: Final = Table(
    "fs_rule",
    PLATFORM,
    text("code", key=True),
    whole("version", null=False),
    text("digest", null=False),
    instant("changed_at", null=False),
)


def has_tables(connection: Connection) -> bool:
    """Tell whether this database was ever brought to a model."""
    return inspect(connection).has_table(fs_meta.name)


@dataclass(frozen=True)
class Mark:
    """A numbered state of something; a new digest gets the next number."""

    version: int
    digest: str


def mark(connection: Connection, name: str) -> Mark | None:
    """Return the present mark of `name` ("model", "search/lead"), None before the first."""
    asked = select(fs_meta.c.version, fs_meta.c.digest).where(fs_meta.c.name == name)
    row = connection.execute(asked).first()
    return None if row is None else Mark(row.version, row.digest)


def set_mark(connection: Connection, dialect: str, name: str, digest: str, now: datetime) -> int:
    """Note the state of `name` and return its version: the old one when nothing changed."""
    present = mark(connection, name)
    if present is not None and present.digest == digest:
        return present.version
    adding = upserting(fs_meta, dialect).values(name=name, version=1, digest=digest, changed_at=now)
    adding = adding.on_conflict_do_update(
        index_elements=["name"],
        set_={"version": fs_meta.c.version + 1, "digest": digest, "changed_at": now},
    )
    return int(connection.execute(adding.returning(fs_meta.c.version)).scalar_one())


def rule_versions(
    connection: Connection, dialect: str, model: Model, now: datetime
) -> dict[str, int]:
    """Return the version of each rule; one whose content changed, or that is new, gets the next number."""
    asked = select(fs_rule.c.code, fs_rule.c.version, fs_rule.c.digest)
    known = {code: (version, digest) for code, version, digest in connection.execute(asked)}
    versions: dict[str, int] = {}
    changed: list[dict[str, object]] = []
    for code, rule in model.rules.items():
        version, digest = known.get(code, (0, None))
        if digest != rule.digest:
            version += 1
            changed.append(
                {"code": code, "version": version, "digest": rule.digest, "changed_at": now}
            )
        versions[code] = version
    if changed:
        adding = upserting(fs_rule, dialect)
        fresh = {name: adding.excluded[name] for name in ("version", "digest", "changed_at")}
        connection.execute(
            adding.on_conflict_do_update(index_elements=["code"], set_=fresh), changed
        )
    return versions
