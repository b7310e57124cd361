"""The one place that turns a field path into a field, or into "there is no such field"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fieldstone.access.viewer import Viewer, is_record
from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean
from fieldstone.model.objects import Field


class Purpose(StrEnum):
    """What somebody wants a field for. Only showing accepts a mask in place of the value."""

    READ = "read"
    FILTER = "filter"
    SORT = "sort"
    GROUP = "group"
    AGGREGATE = "aggregate"
    SEARCH = "search"
    EXPORT = "export"
    HISTORY = "history"
    EXPAND = "expand"


@dataclass(frozen=True)
class Resolved:
    """A path that exists for the viewer: the object it ends in and the field there (None for "id")."""

    path: str
    object_name: str
    field: Field | None


def resolve(viewer: Viewer, object_name: str, path: str, purpose: Purpose) -> Resolved | Problem:
    """Return what `path` leads to for this viewer and purpose.

    A field that may not be used so is the same Problem as a field that does not exist.
    """
    here = object_name
    *steps, last = path.split(".")
    for step in steps:
        if not is_record(viewer.scope(here).type_of(step)):
            return unknown_field(viewer, here, step, purpose)
        there = viewer.follows(here, step)
        if not there:
            return unknown_field(viewer, here, path, purpose)
        here = there
    if last == "id":
        return Resolved(path, here, None)
    right = viewer.access(here).field(last)
    fields = viewer.model.objects[here].fields
    if last not in fields or not (right.shown if _may_be_masked(purpose) else right.known):
        return unknown_field(viewer, here, last, purpose)
    if purpose is Purpose.SORT and not fields[last].type.sortable:
        return _unsortable(viewer, here, last)
    return Resolved(path, here, fields[last])


def unknown_field(viewer: Viewer, object_name: str, name: str, purpose: Purpose) -> Problem:
    """Return the problem of a field that does not exist, or not for this viewer and purpose."""
    access = viewer.access(object_name)
    known = access.shown_anywhere() if _may_be_masked(purpose) else access.readable_anywhere()
    spec = viewer.model.objects[object_name]
    return Problem(
        "unknown_field",
        str(purpose),
        f"{spec.label.en} has no field {name!r}.",
        did_you_mean(name, known),
    )


def _may_be_masked(purpose: Purpose) -> bool:
    return purpose in (Purpose.READ, Purpose.EXPORT, Purpose.HISTORY)


def _unsortable(viewer: Viewer, object_name: str, name: str) -> Problem:
    access, spec = viewer.access(object_name), viewer.model.objects[object_name]
    sortable = [c for c in access.readable_anywhere() if spec.fields[c].type.sortable]
    return Problem(
        "not_sortable",
        str(Purpose.SORT),
        f"Records cannot be put in order by {name!r}: it is of type {spec.fields[name].type.name}.",
        did_you_mean("", sortable),
    )
