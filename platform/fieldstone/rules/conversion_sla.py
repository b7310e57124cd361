"""Conversion in time: whoever owns a record turns it into business by then, or somebody else tries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import Label
from fieldstone.rules.contract import OBLIGE, Builder
from fieldstone.rules.deadline_body import Deadline
from fieldstone.rules.deadline_yaml import SHARED, deadline_from, instant_from
from fieldstone.rules.kind import INSTANT, Kind
from fieldstone.rules.spans import SPANS

STARTS = "owned_at"


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Deadline | None:
    """Resolve the clock: from getting it to the instant at which it was converted."""
    starts = instant_from("starts", raw.get("starts", STARTS), build)
    stops = instant_from("stops", raw["stops"], build) if "stops" in raw else ""
    return deadline_from(raw, build, starts, stops)


KIND = Kind(
    "conversion_sla",
    Label("Conversion deadline", "转化时限"),
    OBLIGE,
    {
        "properties": {
            "starts": {
                **INSTANT,
                "description": "The datetime field that starts the clock; owned_at when left out",
            },
            "stops": {
                **INSTANT,
                "description": "The datetime field that says when it was converted",
            },
            "within": SPANS,
            **SHARED,
        },
        "required": ["within"],
    },
    compile_rule,
    about=Label(
        "Whoever owns a record turns it into business by then, or somebody else tries.",
        "负责人须在期限内完成转化，否则换人跟进。",
    ),
)
