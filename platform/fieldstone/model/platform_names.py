"""What the platform itself reads by its code: fields and options that may get another label, but no other code.

Whatever else names a field is YAML and follows a rename; these names stand in the platform's own pages and steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "user": frozenset(
        {
            "name",
            "email",
            "mobile",
            "department",
            "team",
            "manager",
            "roles",
            "active",
            "weight",
            "calendar",
            "absent_until",
            "hired_on",
            "language",
            "time_zone",
        }
    ),
    "team": frozenset({"name", "code", "calendar"}),
    "department": frozenset({"name", "code", "parent"}),
    "absence": frozenset({"starts_at", "ends_at"}),
    "activity": frozenset(
        {"kind", "subject", "status", "due_at", "done_at", "body", "outcome", "minutes"}
    ),
    "channel": frozenset(),
    "channel_cost": frozenset(
        {
            "name",
            "channel",
            "campaign",
            "starts_on",
            "ends_on",
            "model",
            "amount",
            "price",
            "quantity",
            "booked_by",
        }
    ),
    "touch": frozenset(
        {
            "subject",
            "at",
            "kind",
            "first",
            "source",
            "channel",
            "campaign",
            "body",
            "utm_source",
            "utm_medium",
            "utm_campaign",
            "referrer",
            "page",
            "consent",
        }
    ),
    "engagement": frozenset(
        {
            "event_id",
            "kind",
            "occurred_at",
            "sent_at",
            "lead",
            "campaign",
            "subject",
            "url",
            "user_agent",
            "bot",
        }
    ),
    "company_fact": frozenset({"confidence"}),
}
"""By object; an object that stands here keeps its own code as well."""

NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "user": frozenset({"name", "email", "roles", "active"}),
    "absence": frozenset({"starts_at", "ends_at"}),
    "engagement": frozenset({"event_id", "kind", "lead"}),
}
"""The fields without which signing in, assignment or the intake of events fails: they are not taken away either."""

OPTIONS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("user", "language"): frozenset({"en", "zh"}),
    ("activity", "kind"): frozenset({"call", "visit", "meeting", "task", "note", "email"}),
    ("activity", "status"): frozenset({"open", "done"}),
    ("channel_cost", "model"): frozenset({"flat", "cpl", "cpc"}),
    ("touch", "kind"): frozenset({"form", "hook", "email", "import", "cards"}),
}


def reads_field(object_name: str, code: str) -> bool:
    """Tell whether the platform itself reads a field of an object."""
    return code in FIELDS.get(object_name, ())
