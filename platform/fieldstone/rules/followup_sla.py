"""Follow-up in time: a first real contact, then the next one, counted by the activities that qualify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import Label
from fieldstone.rules.contract import OBLIGE, Builder
from fieldstone.rules.deadline_body import Deadline
from fieldstone.rules.deadline_yaml import SHARED, deadline_from, instant_from
from fieldstone.rules.kind import INSTANT, Kind
from fieldstone.rules.qualifying import QUALIFYING
from fieldstone.rules.spans import SPANS

STARTS = "owned_at"


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Deadline | None:
    """Resolve the clock: from getting it to the first follow-up that counts, and from each to the next."""
    starts = instant_from("starts", raw.get("starts", STARTS), build)
    return deadline_from({**raw, "within": raw["first"]}, build, starts, "")


KIND = Kind(
    "followup_sla",
    Label("Follow-up deadline", "跟进时限"),
    OBLIGE,
    {
        "properties": {
            "starts": {
                **INSTANT,
                "description": "The datetime field that starts the clock; owned_at when left out",
            },
            "counts": QUALIFYING,
            "first": {**SPANS, "description": "Time for the first follow-up"},
            "next": {**SPANS, "description": "Time from each follow-up to the next"},
            **SHARED,
        },
        "required": ["counts", "first"],
    },
    compile_rule,
    about=Label(
        "A real follow-up in time, and then the next one.",
        "在期限内完成首次有效跟进，并按时进行下一次跟进。",
    ),
)
