"""The geometry of charts: numbers in, the shapes of parts/charts.html out. Widths are attributes, so no style is needed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

Shape = dict[str, Any]
FUNNEL_WIDTH: Final = 720
FUNNEL_HEIGHT: Final = 190
JOIN: Final = 0.6  # of a bar's width, between two bars
HISTOGRAM_WIDTH: Final = 380
HISTOGRAM_FOOT: Final = 196
HISTOGRAM_TOP: Final = 48
COLUMNS_WIDTH: Final = 560
COLUMNS_FOOT: Final = 190
COLUMNS_TOP: Final = 20.5
MARGIN: Final = 44
MOST_LABELS: Final = 13
SPARK_WIDTH: Final = 96
SPARK_HEIGHT: Final = 28
BAR: Final = 200


def funnel(counts: Sequence[int]) -> list[Shape]:
    """Return the bars of a funnel with the joins between them; heights are shares of the largest."""
    largest = max([*counts, 1])
    width = FUNNEL_WIDTH / (len(counts) + JOIN * (len(counts) - 1))
    steps: list[Shape] = []
    for n, count in enumerate(counts):
        height = max(2.0, FUNNEL_HEIGHT * count / largest)
        x, y = n * width * (1 + JOIN), (FUNNEL_HEIGHT - height) / 2
        steps.append(
            {
                "x": round(x, 1),
                "y": round(y, 1),
                "w": round(width, 1),
                "h": round(height, 1),
                "cx": round(x + width / 2, 1),
                "share": round(100 * count / largest, 1),
            }
        )
    for n, (here, after) in enumerate(pairwise(steps)):
        here |= _join(here, after)
        here["pct"] = round(100 * counts[n + 1] / counts[n]) if counts[n] else 0
    return steps


def _join(here: Shape, after: Shape) -> Shape:
    """Return the curve from one bar to the next."""
    left, right = here["x"] + here["w"], after["x"]
    middle = round((left + right) / 2, 1)
    low, low_after = here["y"] + here["h"], after["y"] + after["h"]
    path = (
        f"M{left:.1f} {here['y']}C{middle} {here['y']} {middle} {after['y']} {right} {after['y']}"
        f"L{right} {low_after:.1f}C{middle} {low_after:.1f} {middle} {low:.1f} {left:.1f} {low:.1f}Z"
    )
    return {"join": path, "jx": middle}


def histogram(counts: Sequence[int]) -> list[Shape]:
    """Return the bars of a histogram, standing on the axis."""
    largest, step = max([*counts, 1]), HISTOGRAM_WIDTH / max(1, len(counts))
    bars = []
    for n, count in enumerate(counts):
        height = (HISTOGRAM_FOOT - HISTOGRAM_TOP) * count / largest
        bars.append(
            {
                "x": round(n * step + 2, 1),
                "y": round(HISTOGRAM_FOOT - height, 1),
                "w": round(step - 4, 1),
                "h": round(height, 1),
                "n": count,
            }
        )
    return bars


def histogram_place(value: float, width: float, bins: int) -> float:
    """Return where a value stands on the axis of a histogram whose bins are `width` wide."""
    return round(min(1.0, value / (width * bins)) * HISTOGRAM_WIDTH, 1)


def columns(stacks: Sequence[Sequence[float]], kinds: Sequence[str]) -> tuple[list[Shape], float]:
    """Return stacked columns, and the value at the upper grid line: a round number not below the highest."""
    highest = round_up(max([sum(max(0.0, part) for part in one) for one in stacks] or [1]))
    step = (COLUMNS_WIDTH - MARGIN) / max(1, len(stacks))
    width = min(38.0, step * 0.62)
    every = -(-len(stacks) // MOST_LABELS)
    found = []
    for n, stack in enumerate(stacks):
        cx = MARGIN + (n + 0.5) * step
        foot, segments = float(COLUMNS_FOOT), []
        for kind, part in zip(kinds, stack, strict=True):
            height = (COLUMNS_FOOT - COLUMNS_TOP) * max(0.0, part) / highest
            foot -= height
            if height:
                segments.append({"kind": kind, "y": round(foot, 1), "h": round(height, 1)})
        found.append(
            {
                "x": round(cx - width / 2, 1),
                "w": round(width, 1),
                "cx": round(cx, 1),
                "segments": segments,
                "labelled": n % every == 0,
                "now": n == len(stacks) - 1,
            }
        )
    return found, highest


def grid(highest: float) -> list[tuple[float, float]]:
    """Return (y, value) of the grid lines."""
    middle = (COLUMNS_FOOT + COLUMNS_TOP) / 2
    return [(COLUMNS_FOOT + 0.5, 0.0), (round(middle, 1), highest / 2), (COLUMNS_TOP, highest)]


def round_up(value: float) -> float:
    """Return 1, 2, 4, 5 or 8 times a power of ten, not below the value: 830 becomes 1000."""
    if value <= 0:
        return 1.0
    scale = 1.0
    while scale * 10 <= value:
        scale *= 10
    return next(step * scale for step in (1, 2, 4, 5, 8, 10) if step * scale >= value)


def spark(values: Sequence[float]) -> Shape | None:
    """Return a little line and the area below it, None for fewer than two points."""
    if len(values) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    low, high = min(values), max(values)
    spread = (high - low) or 1.0
    step = SPARK_WIDTH / (len(values) - 1)
    points = [
        (round(n * step, 1), round(SPARK_HEIGHT - 3 - (SPARK_HEIGHT - 6) * (one - low) / spread, 1))
        for n, one in enumerate(values)
    ]
    line = "M" + "L".join(f"{x} {y}" for x, y in points)
    return {"line": line, "area": f"{line}L{SPARK_WIDTH} {SPARK_HEIGHT}L0 {SPARK_HEIGHT}Z"}


def bar(value: float, largest: float) -> float:
    """Return the length of a bar."""
    return round(BAR * value / largest, 1) if largest > 0 else 0.0
