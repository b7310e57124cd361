"""Permissions of an object: which role may do what, with which rows and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.compiler.outline import Outline
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.words import known_code
from fieldstone.expressions.types import BOOLEAN
from fieldstone.model.objects import FieldAccess, Permission


def permissions_of(
    outline: Outline, raw: Mapping[str, Any], resolver: Resolver
) -> dict[str, Permission]:
    """Return the permissions by role; an unknown role or field is reported."""
    spot = outline.spot.under("permissions")
    return {
        role: _permission(spot.under(role), role, settings, outline, resolver)
        for role, settings in raw.items()
        if not resolver.is_excused(spot.under(role), "roles", role)
        and known_code(spot.under(role), "role", role, resolver.roles)
    }


def _permission(
    spot: Spot, role: str, raw: Mapping[str, Any], outline: Outline, resolver: Resolver
) -> Permission:
    scope = resolver.scope(outline.code)
    resolver.use(spot, "role", role)
    return Permission(
        role=role,
        read=raw.get("read", "none"),
        create=raw.get("create", False),
        update=raw.get("update", "none"),
        delete=raw.get("delete", "none"),
        assign=raw.get("assign", False),
        export=raw.get("export", False),
        claim=raw.get("claim", False),
        when=resolver.expression(spot.under("when"), raw.get("when"), scope, expects=BOOLEAN),
        actions=tuple(raw.get("actions", ())),
        fields={
            code: _access(spot.under("fields", code), settings, outline, resolver)
            for code, settings in raw.get("fields", {}).items()
            if resolver.field(spot.under("fields", code), outline.code, code, of_key=True)
        },
        default_field=raw.get("other_fields", "write"),
    )


def _access(spot: Spot, raw: object, outline: Outline, resolver: Resolver) -> FieldAccess:
    if not isinstance(raw, Mapping):
        return FieldAccess(str(raw))
    mask = raw["mask"]
    if mask is True:
        return FieldAccess("mask")
    found = resolver.expression(
        spot.under("mask"), mask, resolver.scope(outline.code), expects=BOOLEAN
    )
    return FieldAccess("mask", found)
