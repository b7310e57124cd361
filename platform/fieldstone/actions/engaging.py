"""Events that other systems report: found by whom they concern, each taken once, whatever order they come in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fieldstone.base.errors import Problem
from fieldstone.changes.nouns import Change, Context, Operation, Outcome
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.reads.query import HIGHEST_LIMIT, Query, Record
from fieldstone.writes.pipeline import Writes

ENGAGEMENT: Final = "engagement"
LEAD: Final = "lead"
KEY: Final = "event_id"
KNOWN_BY: Final = ("external_id", "email", "mobile")
"""By what a lead is found, besides its id; the first that is given counts."""
MOST: Final = 500
NOBODY: Final = Problem(
    "unknown_person",
    LEAD,
    "Nobody here is known by this.",
    "Send the lead's id, external_id, email or mobile; or create the lead first.",
)


@dataclass(frozen=True)
class Heard:
    """What became of one event: recorded, repeated (it was known already) or refused."""

    event_id: str
    status: str
    record_id: str | None = None
    machine: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Ear:
    """Takes events in somebody's name: their rights decide what they may report about whom."""

    reads: Reads
    writes: Writes
    ctx: Context
    model: Model

    def hear(self, events: Sequence[Mapping[str, Any]]) -> list[Heard]:
        """Record events; the answers keep their order. An event that is known already changes nothing."""
        leads = self._leads(events)
        known = self._known([str(one[KEY]) for one in events])
        fresh: dict[str, Change] = {}
        heard: dict[int, Heard] = {}
        for place, event in enumerate(events):
            key, lead = str(event[KEY]), leads[place]
            if key in known or key in fresh:
                heard[place] = Heard(key, "repeated", known.get(key))
            elif lead is None:
                heard[place] = Heard(key, "refused", problems=(NOBODY,))
            else:
                values = {n: v for n, v in event.items() if n not in KNOWN_BY} | {LEAD: lead}
                fresh[key] = Change(ENGAGEMENT, Operation.CREATE, values)
        outcomes = dict(zip(fresh, self._written(list(fresh.values())), strict=True))
        return [
            heard[place] if place in heard else _heard(str(event[KEY]), outcomes[str(event[KEY])])
            for place, event in enumerate(events)
        ]

    def _written(self, changes: list[Change]) -> Sequence[Outcome]:
        return self.writes.submit(self.ctx, self.model, changes) if changes else ()

    def _known(self, keys: Sequence[str]) -> dict[str, str | None]:
        """Return the ids of the events that are recorded, None for those that the caller may not see."""
        found = self._asked(ENGAGEMENT, KEY, keys)
        return {str(one.values[KEY]): one.id for one in found}

    def _leads(self, events: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """Return the id of the lead that each event is about."""
        wanted: dict[str, dict[str, None]] = {}
        ways = [self._way(event) for event in events]
        for code, value in ways:
            if code != LEAD and value:
                wanted.setdefault(code, {})[value] = None
        found: dict[tuple[str, str], str] = {}
        who = self.model.present_object(LEAD)
        for code, values in wanted.items():
            # Oldest first: of several leads with one address the newest is meant.
            for lead in reversed(self._asked(who, code, list(values))):
                found[code, str(lead.values[code])] = lead.id
        return [value or None if code == LEAD else found.get((code, value)) for code, value in ways]

    def _way(self, event: Mapping[str, Any]) -> tuple[str, str]:
        """Return the field, by its present code, and the value by which an event names its lead."""
        if event.get(LEAD):
            return LEAD, str(event[LEAD])
        spec = self.model.objects[self.model.present_object(LEAD)]
        said = next((one for one in KNOWN_BY if event.get(one)), "")
        code = spec.present_code(said)
        if code not in spec.fields:
            return "", ""
        try:
            return code, str(spec.fields[code].type.parse(event[said]))
        except InvalidValueError:
            return code, ""

    def _asked(self, object_name: str, code: str, values: Sequence[str]) -> list[Record]:
        """Return the records whose field holds one of the values, newest first."""
        listed = json.dumps(sorted(set(values)), ensure_ascii=False)
        query = Query(filter=f"{code} in {listed}", fields=(code,), limit=HIGHEST_LIMIT)
        found: list[Record] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.reads.list(self.ctx, self.model, object_name, replace(query, cursor=cursor))
            found += page.rows
            cursor = page.next_cursor
        return found


def _heard(key: str, outcome: Outcome) -> Heard:
    taken = [one.code for one in outcome.problems] == ["not_unique"]
    if taken:
        return Heard(key, "repeated")
    if outcome.refused:
        return Heard(key, "refused", problems=outcome.problems)
    return Heard(key, "recorded", outcome.record_id, outcome.record.get("bot") is True)


def event_schema(kinds: Iterable[str]) -> dict[str, Any]:
    """Return the JSON Schema of what is sent."""
    text = {"type": "string", "minLength": 1, "maxLength": 500}
    event = {
        "type": "object",
        "required": [KEY, "kind"],
        "additionalProperties": False,
        "properties": {
            KEY: {**text, "description": "The sender's own id: the same id is the same event."},
            "kind": {"type": "string", "enum": list(kinds)},
            "occurred_at": {**text, "description": "When it happened (RFC 3339), now if left out."},
            "sent_at": {**text, "description": "When the mail was sent that was opened."},
            LEAD: {**text, "description": "The lead's id; or one of the next three."},
            **dict.fromkeys(KNOWN_BY, text),
            "campaign": {**text, "description": "The campaign's id."},
            "subject": text,
            "url": text,
            "user_agent": {**text, "description": "By it machines are known; they never count."},
        },
    }
    return {
        "type": "object",
        "required": ["events"],
        "additionalProperties": False,
        "properties": {
            "events": {"type": "array", "items": event, "minItems": 1, "maxItems": MOST}
        },
    }
