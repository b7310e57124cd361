"""Which columns a statement fetches for the fields asked for, and how its rows become records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement

from fieldstone.access.masks import masked
from fieldstone.access.resolver import Purpose, resolve
from fieldstone.access.viewer import Viewer
from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.reads.frame import Frame
from fieldstone.reads.query import Record, form_of

HEAD: Final = 2  # every statement starts with the id and the version
NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Varying:
    """A field that some rows show and others do not; the places are those of result columns."""

    code: str
    plain_at: int
    masked_at: int


@dataclass(frozen=True, eq=False)
class Picked:
    """The columns of a statement and what they hold: id, version, fields, flags, then the sort values."""

    spec: ObjectType
    columns: tuple[ColumnElement[Any], ...]
    codes: tuple[str, ...]
    varying: tuple[Varying, ...]
    masks: tuple[str, ...]  # fields that are a mask on every row
    secrets: tuple[str, ...]  # sealed: storage opens them only for the one who needs them

    @cached_property
    def forms(self) -> tuple[tuple[str, Callable[[object], object]], ...]:
        """Return the fields that are worked out on reading, and what gives their values the form of their type."""
        found = ((code, form_of(self.spec.fields[code])) for code in self.codes)
        return tuple((code, form) for code, form in found if form is not None)

    @property
    def width(self) -> int:
        """Return how many result columns these are."""
        return len(self.columns)

    def record(self, row: Sequence[Any]) -> Record:
        """Return what one result row says, as the viewer may see it."""
        values: dict[str, object] = dict(
            zip(self.codes, row[HEAD : HEAD + len(self.codes)], strict=True)
        )
        for code, form in self.forms:
            values[code] = form(values[code])
        hidden = self._hide(values, row) if self.varying or self.masks or self.secrets else NONE
        return Record(self.spec.code, row[0], row[1], values, masked=hidden)

    def _hide(self, values: dict[str, object], row: Sequence[Any]) -> frozenset[str]:
        """Take out what the row hides, mask what it masks; return the masked fields."""
        found = {*self.masks, *self.secrets}
        for one in self.varying:
            if row[one.plain_at]:
                continue
            if row[one.masked_at]:
                found.add(one.code)
            else:
                del values[one.code]
        found &= values.keys()
        for code in found:
            values[code] = masked(self.spec.fields[code].type.name, values[code])
        return frozenset(found)


def codes_of(viewer: Viewer, object_name: str, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the fields to fetch: those asked for, else all that the viewer may be shown.

    Raises RefusedError (400) naming every field that does not exist for this viewer.
    """
    access = viewer.access(object_name)
    if not asked:
        fields = access.spec.fields.values()
        return tuple(f.code for f in fields if not f.archived and access.field(f.code).shown)
    found = [resolve(viewer, object_name, code, Purpose.READ) for code in asked if code != "id"]
    problems = [replace(one, path="fields") for one in found if isinstance(one, Problem)]
    problems += [
        Problem(
            "not_a_field",
            "fields",
            f"{code!r} follows a lookup; only the object's own fields can be listed.",
            f"Write expand={code} to get it with the record behind the lookup.",
        )
        for code in asked
        if "." in code
    ]
    if problems:
        raise RefusedError(problems, 400)
    return tuple(dict.fromkeys(code for code in asked if code not in ("id", "version")))


def pick(frame: Frame, codes: Sequence[str]) -> Picked:
    """Return the columns for these fields; line items are left out: they are rows of their own."""
    spec, access = frame.spec, frame.access
    kept = [code for code in codes if spec.fields[code].type.name != "rows"]
    columns = [frame.raw.column(name) for name in ("id", "version", *kept)]
    varying, masks = [], []
    for code in kept:
        right = access.field(code)
        if right.always:
            continue
        if not right.known and _whole(frame, code):
            masks.append(code)
            continue
        columns.append(right.plain_clause(frame.raw, access.actor, frame.env))
        columns.append(right.masked_clause(frame.raw, access.actor, frame.env))
        varying.append(Varying(code, len(columns) - 2, len(columns) - 1))
    named = [column.label(f"c{at}") for at, column in enumerate(columns)]
    secrets = tuple(code for code in kept if spec.fields[code].type.name == "secret")
    return Picked(spec, tuple(named), tuple(kept), tuple(varying), tuple(masks), secrets)


def _whole(frame: Frame, code: str) -> bool:
    """Tell whether a mask of this field is shown on every row the viewer may read."""
    return set(frame.access.rights.read) <= set(frame.access.field(code).masked)
