"""Saved views follow what is renamed: their filters, order and columns name fields, their filters name options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, update

from fieldstone.storage.notices import fs_saved_view

Codes = Mapping[str, str]
"""Present codes by earlier ones."""
PIPELINE: Final = "pipeline"
"""The field of an object with several pipelines, and what the address of a board calls the one that it shows."""
NOTHING: Final[Mapping[str, Codes]] = {}


def rename_in_views(
    connection: Connection,
    object_name: str,
    fields: Codes,
    options: Mapping[str, Codes],
    beside: Mapping[str, Codes],
) -> None:
    """Let the saved views of an object say `fields` and, by present field, `options` by their present codes.

    `beside` has those of what a board says besides: the stages that stand open, and its pipeline.
    """
    views = fs_saved_view.c
    asked = select(views.id, views.body).where(views.object == object_name)
    for view_id, body in connection.execute(asked).all():
        after = renamed(body or {}, fields, options, beside)
        if after != body:
            change = update(fs_saved_view).where(views.id == view_id)
            connection.execute(change.values(body=after))


def follow_views(connection: Connection, object_name: str, called: Codes) -> None:
    """Let the saved views of an object name the declared views that they are made from by their present codes."""
    views = fs_saved_view.c
    asked = select(views.id, views.body).where(views.object == object_name)
    for view_id, body in connection.execute(asked).all():
        present = called.get(str((body or {}).get("view", "")))
        if present is not None:
            change = update(fs_saved_view).where(views.id == view_id)
            connection.execute(change.values(body={**body, "view": present}))


def renamed(
    body: Mapping[str, Any],
    fields: Codes,
    options: Mapping[str, Codes],
    beside: Mapping[str, Codes] = NOTHING,
) -> dict[str, Any]:
    """Return what a view keeps, by present codes. Filters are `field:comparison:value~value`, orders `-field,field`."""
    also = [[name, beside.get(name, {}).get(code, code)] for name, code in body.get("also") or ()]
    return {
        **body,
        "filters": [filter_by(str(one), fields, options) for one in body.get("filters") or ()],
        "sort": ",".join(order_by(one, fields) for one in str(body.get("sort") or "").split(",")),
        "columns": [fields.get(str(one), one) for one in body.get("columns") or ()],
        **({"also": also} if also else {}),
    }


def names_field(body: Mapping[str, Any], field: str) -> bool:
    """Tell whether a view filters by a field, sorts by it or shows it."""
    return renamed(body, {field: f"{field}."}, {}) != renamed(body, {}, {})


def names_pipeline(body: Mapping[str, Any], pipeline: str) -> bool:
    """Tell whether a view filters by a pipeline, or is a board of it."""
    codes = {PIPELINE: {pipeline: f"{pipeline}."}}
    return renamed(body, {}, codes, codes) != renamed(body, {}, {})


def filter_by(text: str, fields: Codes, options: Mapping[str, Codes]) -> str:
    """Return a filter by the present codes of its field and of the options that it names."""
    earlier, *rest = text.split(":", 2)
    field = fields.get(earlier, earlier)
    called = options.get(field)
    if called and len(rest) > 1:
        rest[1] = "~".join(called.get(one, one) for one in rest[1].split("~"))
    return ":".join((field, *rest))


def order_by(part: str, fields: Codes) -> str:
    """Return one part of an order, `-field`, by the present code of the field."""
    code = part.strip().removeprefix("-")
    return part.replace(code, fields.get(code, code)) if code else part


def by_object(
    fields: Sequence[tuple[str, str, str]], options: Sequence[tuple[str, str, str, str]]
) -> dict[str, tuple[Codes, Mapping[str, Codes]]]:
    """Gather (object, earlier, present) of fields and (object, field, earlier, present) of options by object."""
    found: dict[str, tuple[dict[str, str], dict[str, dict[str, str]]]] = {}
    for object_name, earlier, present in fields:
        found.setdefault(object_name, ({}, {}))[0][earlier] = present
    for object_name, field, earlier, present in options:
        found.setdefault(object_name, ({}, {}))[1].setdefault(field, {})[earlier] = present
    return {name: (one, other) for name, (one, other) in found.items()}
