"""The deadline rule in YAML: follow-up and conversion deadlines, first responses, stagnation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import Label
from fieldstone.rules.contract import OBLIGE, Builder
from fieldstone.rules.deadline_body import Deadline
from fieldstone.rules.deadline_yaml import SHARED, deadline_from, instant_from
from fieldstone.rules.kind import INSTANT, Kind
from fieldstone.rules.spans import SPANS


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Deadline | None:
    """Resolve the clock's fields, the spans and the people."""
    starts = instant_from("starts", raw["starts"], build)
    stops = instant_from("stops", raw["stops"], build) if "stops" in raw else ""
    return deadline_from(raw, build, starts, stops)


KIND = Kind(
    "deadline",
    Label("Deadline", "时限"),
    OBLIGE,
    {
        "properties": {
            "starts": {**INSTANT, "description": "The datetime field that starts the clock"},
            "stops": {
                **INSTANT,
                "description": "A datetime field; a value after the start meets it",
            },
            "within": SPANS,
            **SHARED,
        },
        "required": ["starts", "within"],
    },
    compile_rule,
    about=Label(
        "What must happen to a record in time, who is reminded, and what follows when it does not.",
        "记录须在期限内完成什么、提醒谁，以及逾期后如何处理。",
    ),
)
