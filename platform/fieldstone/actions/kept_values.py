"""Values that were kept for an undo, told as the model calls them today: fields, options and line items may be renamed since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.fieldtypes.options import present
from fieldstone.model.objects import Field
from fieldstone.model.site_model import Model


def present_values(model: Model, object_name: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return kept values by the present codes of their fields, without those of fields that are gone."""
    spec = model.objects[object_name]
    return {
        code: present_value(model, spec.fields[code], value)
        for said, value in kept.items()
        if (code := spec.present_code(said)) in spec.fields
    }


def told_today(model: Model, object_name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody asked for by present codes; what is no field is left for the write to refuse."""
    known = model.objects.get(object_name)
    strange = {
        said: value
        for said, value in told.items()
        if known is None or known.present_code(said) not in known.fields
    }
    return strange | (present_values(model, object_name, told) if known is not None else {})


def present_value(model: Model, field: Field, value: Any) -> Any:
    """Return one kept value with the present codes of its options and of the fields of its line items."""
    options, items = getattr(field.type, "options", {}), getattr(field.type, "of", "")
    if options and isinstance(value, str):
        return present(value, options)
    if options and isinstance(value, list):
        return [present(str(one), options) for one in value]
    if field.type.name == "rows" and isinstance(value, list):
        return [{**_id(row), **present_values(model, items, row)} for row in value]
    return value


def _id(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["id"]} if "id" in row else {}
