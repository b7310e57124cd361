"""A dashboard as programs see it: over REST and on the command line, in the words of one language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fieldstone.reports.results import Chart, Dashboard, Figure


def as_json(found: Dashboard, language: str) -> dict[str, Any]:
    """Return the figures of a dashboard; decimals are texts, which no reader rounds."""
    return {
        "code": found.code,
        "label": found.label.text(language),
        "object": found.object_name,
        "period": found.period,
        "first": found.first.isoformat() if found.first else None,
        "after": found.after.isoformat() if found.after else None,
        "figures": [_figure(one, language) for one in found.figures],
        "charts": [_chart(one, language) for one in found.charts],
    }


def _figure(one: Figure, language: str) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": one.label.text(language),
        "value": plain(one.value),
        "before": plain(one.before),
        "format": one.format,
    }


def _chart(one: Chart, language: str) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": one.label.text(language),
        "kind": one.kind,
        "group": one.group or None,
        "basis": one.basis.text(language) if one.basis else None,
        "columns": [
            {"code": c.code, "label": c.label.text(language), "format": c.format}
            for c in one.columns
        ],
        "lines": [{"key": plain(line.key), **_numbers(line.values)} for line in one.lines],
        "marks": _numbers(one.marks),
    }


def _numbers(values: Mapping[str, object]) -> dict[str, object]:
    return {code: plain(value) for code, value in values.items()}


def plain(value: object) -> object:
    """Return a number as JSON takes it."""
    return f"{value:f}" if isinstance(value, Decimal) else value
