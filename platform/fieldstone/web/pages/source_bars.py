"""The geometry of what flows through a source: its days as columns, how it ended as one bar."""

from __future__ import annotations

from typing import Any, Final

from fieldstone.actions.intake.overview import ENDS, Stand
from fieldstone.web.pages.source_words import END_TONES

Drawn = dict[str, Any]
WIDE: Final = 560
HIGH: Final = 96
SPARK_WIDE: Final = 120
SPARK_HIGH: Final = 24


def flow_bars(stand: Stand) -> list[Drawn]:
    """Return the columns of a source's own page."""
    return _bars(stand, WIDE, HIGH)


def spark_bars(stand: Stand) -> list[Drawn]:
    """Return the small columns of the list."""
    return _bars(stand, SPARK_WIDE, SPARK_HIGH)


def split(stand: Stand) -> list[Drawn]:
    """Return one bar of 100 in which each end has its share."""
    whole, x, found = max(stand.arrived, 1), 0.0, []
    for end in ENDS[:5]:
        width = 100 * stand.of(end) / whole
        if width:
            found.append({"tone": END_TONES[end], "x": round(x, 2), "w": round(width, 2)})
            x += width
    return found


def _bars(stand: Stand, wide: int, high: int) -> list[Drawn]:
    """Return a column for each day: what was taken in below, the rest above."""
    most = max([sum(counts.values()) for _, counts in stand.days], default=0) or 1
    step = wide / max(len(stand.days), 1)
    found = []
    for place, (day, counts) in enumerate(stand.days):
        bottom, segments = float(high), []
        for end in ENDS:
            tall = counts.get(end, 0) * (high - 2) / most
            if tall:
                bottom -= tall
                segments.append(
                    {"tone": END_TONES[end], "y": round(bottom, 1), "h": round(max(tall, 0.8), 1)}
                )
        found.append(
            {
                "x": round(place * step + step * 0.12, 1),
                "w": round(step * 0.76, 1),
                "segments": segments,
                "day": day.isoformat(),
                "n": sum(counts.values()),
            }
        )
    return found
