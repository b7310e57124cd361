"""Refuses to call by another code, or to take away, what the platform itself reads by its code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from fieldstone.compiler.outline import Outline
from fieldstone.compiler.problems import Spot
from fieldstone.model.objects import Field
from fieldstone.model.platform_names import FIELDS, NEEDED, OPTIONS

HIDE = "Keep it; write 'hidden: true' to leave it out of the navigation."
CURE = "The platform itself reads it: keep the code and change its label instead."


def check_platform_names(
    outlines: Mapping[str, Outline], removed: Collection[tuple[str, str]]
) -> None:
    """Report what the platform would no longer find; `removed` are the fields that a layer takes away."""
    for code, outline in outlines.items():
        earlier = outline.draft().renamed_from
        for old in _lost(earlier, outlines, FIELDS):
            _report(outline.spot, "object", old, "")
        origin = next((old for old in (code, *earlier) if old in FIELDS), "")
        if origin:
            _check_fields(outline, origin, removed)
        if origin and outline.raw.get("archived") is True:
            text = f"The platform cannot work without the object '{origin}'."
            outline.spot.under("archived").problem("platform_object", text, HIDE)


def _check_fields(outline: Outline, origin: str, removed: Collection[tuple[str, str]]) -> None:
    fields = outline.fields
    for code, field in fields.items():
        for old in _lost(field.renamed_from, fields, FIELDS[origin]):
            _report(outline.spots[code], "field", old, origin)
        _check_options(outline, origin, field)
    for code in sorted(NEEDED.get(origin, ())):
        gone = code not in fields and (outline.code, code) in removed
        if gone or (code in fields and fields[code].archived):
            text = f"The platform cannot work without the field '{code}' of {origin}."
            cure = "Keep it; leave it out of forms and views instead."
            spot = outline.spots[code] if code in fields else outline.spot.under("fields", code)
            spot.problem("platform_needs", text, cure)


def _check_options(outline: Outline, origin: str, field: Field) -> None:
    options = getattr(field.type, "options", {})
    for option in options.values():
        for old in _lost(option.renamed_from, options, OPTIONS.get((origin, field.code), ())):
            _report(outline.spots[field.code], "option", old, f"{origin}.{field.code}")


def _lost(earlier: Iterable[str], there: Collection[str], read: Collection[str]) -> list[str]:
    """Return the earlier codes by which the platform looks for something, and finds nothing any more."""
    return [old for old in earlier if old in read and old not in there]


def _report(spot: Spot, what: str, old: str, holder: str) -> None:
    of = f" of {holder}" if holder else ""
    text = f"The {what} '{old}'{of} cannot be called by another code."
    spot.problem("platform_name", text, CURE)
