"""Every kind of figure that is no sum over a chart's own rows, by its word in YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fieldstone.reports.borne import borne
from fieldstone.reports.results import Number
from fieldstone.reports.sources import Question, Settings, event, other, quantile, reached

SOURCES: Final[Mapping[str, Callable[[Question, Settings], dict[object, Number]]]] = {
    "event": event,
    "quantile": quantile,
    "reached": reached,
    "other": other,
    "borne": borne,
}
