"""Codes that things had until somebody went back: what was kept meanwhile names them, and no document does any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, inspect, select

from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.storage.platform_tables import PLATFORM, text, upserting

fs_former_code: Final = Table(
    "fs_former_code",
    PLATFORM,
    text("table", key=True),
    text("column", key=True),  # of the options that are meant; "" for fields, "-" for the object
    text("earlier", key=True),
    text("present", null=False),
)
OBJECT: Final = "-"
FIELDS: Final = ""
Codes = Mapping[str, str]
"""The code that something got, by the one that it had; the latest renames only."""


class Former(NamedTuple):
    """One rename, by the names of the database, which stay."""

    table: str
    column: str
    earlier: str
    present: str


@dataclass(frozen=True)
class FormerCodes:
    """All renames there were, by table and column."""

    codes: Mapping[tuple[str, str], Codes] = field(default_factory=dict)

    def applied(self, model: Model) -> Model:
        """Return the model whose objects, fields and options know the codes that they had in between."""
        if not self.codes:
            return model
        tables = {table for table, _ in self.codes}
        objects = {
            code: self._of_object(model, spec) if spec.table in tables else spec
            for code, spec in model.objects.items()
        }
        return replace(model, objects=objects)

    def _of_object(self, model: Model, spec: ObjectType) -> ObjectType:
        fields = dict(spec.fields)
        own = self._had(spec.table, FIELDS, fields)
        for code, one in spec.fields.items():
            known = self._with_options(spec.table, one)
            if code in own or known is not one:
                fields[code] = replace(known, once=own.get(code, ()))
        once = self._had(spec.table, OBJECT, model.objects).get(spec.code, ())
        return replace(spec, fields=fields, once=once)

    def _with_options(self, table: str, one: Field) -> Field:
        options = getattr(one.type, "options", {})
        had = self._had(table, one.column, options) if one.column and options else {}
        if not had:
            return one
        known = {code: replace(o, once=had.get(code, ())) for code, o in options.items()}
        kind: Any = one.type
        return replace(one, type=replace(kind, options=known))

    def _had(
        self, table: str, column: str, things: Mapping[str, Any]
    ) -> dict[str, tuple[str, ...]]:
        """Return by present code the codes that things had and no document remembers."""
        codes = self.codes.get((table, column), {})
        beside = _beside(codes)
        found: dict[str, list[str]] = {}
        for code in beside:
            present = _present(code, beside, things)
            if code not in (present, *getattr(things.get(present), "renamed_from", (code,))):
                found.setdefault(present, []).append(code)
        return {code: tuple(had) for code, had in found.items()}


def _beside(codes: Codes) -> Mapping[str, list[str]]:
    """Return by code what the same thing was called before or after."""
    found: dict[str, list[str]] = {}
    for earlier, present in codes.items():
        found.setdefault(earlier, []).append(present)
        found.setdefault(present, []).append(earlier)
    return found


def _present(code: str, beside: Mapping[str, list[str]], things: Mapping[str, Any]) -> str:
    """Return what something is called that was called `code`, over as few renames as there are; "" when it is gone."""
    reached = [code]
    for one in reached:
        if one in things:
            return one
        reached += [other for other in beside.get(one, ()) if other not in reached]
    return ""


def read(connection: Connection) -> FormerCodes:
    """Return all renames; none in a database that an older version made and nobody has brought up yet."""
    if not inspect(connection).has_table(fs_former_code.name):
        return FormerCodes()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for table, column, earlier, present in connection.execute(select(fs_former_code)):
        found.setdefault((table, column), {})[earlier] = present
    return FormerCodes(found)


def write(connection: Connection, renames: Iterable[Former]) -> None:
    """Keep renames; the latest one of a code counts."""
    adding = upserting(fs_former_code, connection.dialect.name)
    latest = adding.on_conflict_do_update(
        index_elements=["table", "column", "earlier"], set_={"present": adding.excluded.present}
    )
    rows = [one._asdict() for one in renames]
    if rows:
        connection.execute(latest, rows)
