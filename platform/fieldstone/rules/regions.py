"""Regions told by what stands elsewhere: a city in an address, a province in a company's name, a dialling code."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.rules.company_names import simplified
from fieldstone.rules.contract import Builder
from fieldstone.rules.wording import field_label


@dataclass(frozen=True)
class Regions:
    """Which field gets the region, where to look, and the places by region; longer names are looked for first."""

    into: str
    label: Label
    looked_at: tuple[str, ...]
    places: tuple[tuple[str, object], ...]

    def told(self, row: Mapping[str, object]) -> tuple[object, str] | None:
        """Return (region, the place that told it) of a record that has none yet; None when nothing tells."""
        if row.get(self.into):
            return None
        for name in self.looked_at:
            text = _folded(row.get(name))
            for place, region in self.places:
                if place.startswith("+"):
                    if text.startswith(place):
                        return region, place
                elif place in text:
                    return region, place
        return None


def _folded(value: object) -> str:
    parts = value.values() if isinstance(value, Mapping) else [value]
    text = " ".join(str(part) for part in parts if part)
    return simplified(unicodedata.normalize("NFKC", text)).casefold()


def regions_from(raw: Mapping[str, Any], build: Builder) -> Regions | None:
    """Compile {into, from, places: {region: [place, ...]}}; None when the field is wrong."""
    into = build.field("regions.into", raw["into"])
    looked_at = tuple(build.field(f"regions.from.{i}", name) for i, name in enumerate(raw["from"]))
    if not into:
        return None
    return Regions(
        into, field_label(build.scope, into), looked_at, _by_length(raw["places"].items())
    )


def _by_length(places: Iterable[tuple[object, Iterable[object]]]) -> tuple[tuple[str, object], ...]:
    found = [(_folded(place), region) for region, several in places for place in several]
    return tuple(sorted(found, key=lambda one: (-len(one[0]), one[0])))
