"""What clients were told, held against what the database says: everything answered is there once, everything refused is not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from fieldstone.site import Site
from fieldstone.storage.chain import fs_audit
from fieldstone.storage.conversions import DONE, PENDING, fs_conversion
from fieldstone.storage.merges import Merges, fs_merge
from tests.chaos.laws import SHANGHAI, Limits, Seen, cooled, held, look, obligations

Line = Mapping[str, Any]
DONE_WELL = (200, 201)
RETURNED = "returned: "


@dataclass(frozen=True)
class Heard:
    """What all clients were told, and who they were."""

    lines: Sequence[Line]
    people: Mapping[str, str]
    limits: Limits

    def well(self, kind: str) -> Iterator[Line]:
        return (one for one in self.lines if one["kind"] == kind and one["status"] in DONE_WELL)

    def badly(self, kind: str) -> Iterator[Line]:
        return (one for one in self.lines if one["kind"] == kind and one["status"] not in DONE_WELL)


def wrong(site: Site, heard: Heard) -> list[str]:
    """Return every answer that the database does not bear out, and every law that is broken."""
    ctx = site.system_context("test")
    with site.storage.reading(site.storage.use(site.model), ctx) as reader:
        seen = look(reader)
        audit = list(_audit(reader.connection))
        return [
            *_unborn(seen, heard),
            *_noted(audit, heard),
            *_claims(audit, heard),
            *_conversions(reader.connection, heard),
            *_left_behind(audit, heard),
            *_laws(reader.connection, seen, heard),
            *obligations(site.model, seen, reader),
        ]


def _audit(connection: Connection) -> Iterator[Line]:
    for row in connection.execute(select(fs_audit).where(fs_audit.c.object == "lead")).mappings():
        yield {**row, "changes": json.loads(row["changes"])}


def _unborn(seen: Seen, heard: Heard) -> Iterator[str]:
    """Every lead that was answered is there once; merging may have taken it away, so the audit is asked of those."""
    told = {one["key"] for one in heard.well("create")}
    born = Counter(
        line["changes"]["external_id"][1]
        for line in seen.audited.values()
        if line["operation"] == "create" and "external_id" in line["changes"]
    )
    if set(born) != told:
        yield f"answered and not there: {told - set(born)}; there and not answered: {set(born) - told}"
    yield from (f"{key} was created {n} times" for key, n in born.items() if n > 1)


def _noted(audit: Sequence[Line], heard: Heard) -> Iterator[str]:
    """What leaves its key in the audit left it as often as it was answered."""
    left = Counter(found for line in audit if (found := _key_in(line)) is not None)
    for kind in ("patch", "merge", "release", "assign"):
        for line in heard.well(kind):
            count = left[kind, line["key"]]
            # Who is given what they have already changes nothing.
            if count != 1 and not (kind == "assign" and count == 0):
                yield f"{kind} {line['key']} was answered and done {count} times"
        for line in heard.badly(kind):
            if left[kind, line["key"]]:
                yield f"{kind} {line['key']} was refused and done"


def _key_in(line: Line) -> tuple[str, str] | None:
    """Return the request that an audit line is of: its kind and key."""
    reason = str(line["reason"] or "")
    if line["operation"] == "merge":
        return "merge", reason
    if reason.startswith(RETURNED):
        return "release", reason.removeprefix(RETURNED)
    if not reason and "need" in line["changes"]:
        return "patch", str(line["changes"]["need"][1])
    return ("assign", reason) if "owner" in line["changes"] else None


def _claims(audit: Sequence[Line], heard: Heard) -> Iterator[str]:
    told = Counter(
        (heard.people[one["who"]], one["path"].split("/")[4]) for one in heard.well("claim")
    )
    made = Counter((one["actor"], one["record"]) for one in audit if one["reason"] == "claimed")
    for who, count in ((told - made) + (made - told)).items():
        yield f"claim of {who}: answered {told[who]} times, made {made[who]} times, {count} apart"
    days = Counter(
        (one["actor"], one["at"].astimezone(SHANGHAI).date())
        for one in audit
        if one["reason"] == "claimed"
    )
    for (person, day), count in days.items():
        if count > heard.limits.per_day:
            yield f"{person} claimed {count} on {day}"


def _conversions(connection: Connection, heard: Heard) -> Iterator[str]:
    """A lead is converted as often as it was answered, once; one that was merged since took its conversion along."""
    told = Counter(one["path"].split("/")[4] for one in heard.well("convert"))
    yield from (f"{lead} was converted {n} times" for lead, n in told.items() if n > 1)
    asked = select(fs_conversion.c.record).where(fs_conversion.c.state.in_([DONE, PENDING]))
    made = Counter(connection.execute(asked).scalars())
    leads_to = Merges(connection).survivors([*told, *made])
    told, made = (
        Counter(leads_to.get(lead, lead) for lead in some.elements()) for some in (told, made)
    )
    if told != made:
        yield f"conversions answered and not made: {told - made}; made and not answered: {made - told}"


def _left_behind(audit: Sequence[Line], heard: Heard) -> Iterator[str]:
    """A refused request left nothing."""
    written = {one["request"] for one in audit}
    for line in heard.lines:
        if line["status"] not in DONE_WELL and line.get("request") in written:
            yield f"{line['kind']} {line['key']} was refused ({line['codes']}) and wrote"


def _laws(connection: Connection, seen: Seen, heard: Heard) -> Iterator[str]:
    for person, count in held(seen.leads).items():
        if count > heard.limits.holding:
            yield f"{person} holds {count} leads"
    merged = set(connection.execute(select(fs_merge.c.survivor)).scalars())
    for gained in seen.spans:
        lead = seen.leads.get(gained.record)
        if lead is not None and gained.record not in merged:
            yield from cooled(gained, seen.spans_of(gained.record), lead, heard.limits)
