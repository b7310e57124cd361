"""The reception: lets arrivals in within each source's limits, keeps what must wait, and takes in what may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from fieldstone.actions.intake.reading import at_path, carried, plain
from fieldstone.actions.intake.sources import Intake, intake_of
from fieldstone.actions.intake.taking_in import TakenIn, take_in
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.base.text import FORBIDDEN
from fieldstone.changes.nouns import Context, Decision
from fieldstone.model.site_model import Model
from fieldstone.storage.arrivals import (
    DONE,
    REFUSED,
    SPAM,
    UNCONFIRMED,
    WAITING,
    Arrival,
    Arrivals,
    Settled,
)
from fieldstone.storage.database import Storage
from fieldstone.storage.errors import ClashError
from fieldstone.writes.pipeline import ATTEMPTS, Writes

log = structlog.get_logger()

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
LONGEST_KEY: Final = 200
TRIES: Final = 5
CLICK: Final = "cpc"
CLICKS_KEPT: Final = timedelta(days=90)
CONFIRM_WITHIN: Final = timedelta(days=7)


class CrowdedError(RefusedError):
    """A source or an address sends more than it may; `seconds` says when the next try may be."""

    def __init__(self, what: str, seconds: int) -> None:
        cure = f"Wait {seconds} seconds; the header Retry-After says so, too."
        super().__init__([Problem("too_many_requests", "source", what, cure)], 429)
        self.seconds = seconds


@dataclass(frozen=True)
class Incoming:
    """What came to the door. `address` is the hash of the sender's; `key` names it to its sender."""

    payload: Mapping[str, Any]
    trace: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    address: str = ""
    batch: str = ""
    interactive: bool = False  # a person looks at the answer and mends it: a refusal is not kept


@dataclass(frozen=True)
class Receipt:
    """What the sender is told."""

    state: str
    arrival: str = ""
    outcome: str = ""
    record: str | None = None
    problems: tuple[Problem, ...] = ()
    replayed: bool = False
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Problem, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Reception:
    """The door for what arrives from outside. `clock` is the site's, `zone` and `language` its own."""

    storage: Storage
    writes: Writes
    model: Model
    clock: Callable[[], datetime]
    zone: str
    language: str

    def receive(self, intake: Intake, incoming: Incoming) -> Receipt:
        """Take one arrival in, or let it wait: for its turn, or for whoever sent it to confirm.

        Raises CrowdedError above a limit that rejects. Where something must be confirmed nothing waits for its turn: each
        arrival is a mail to an address that anybody may have typed.
        """
        arrival = self._arrival(intake, incoming)
        if self._is_let_in(intake, incoming):
            if intake.source.opt_in:
                tried = self.try_out(intake, incoming)
                if tried.state == REFUSED:
                    return tried
                return self._kept(replace(arrival, state=UNCONFIRMED))
            return self._now(intake, arrival, keep_refused=not incoming.interactive)
        return self._kept(arrival)

    def queue(self, intake: Intake, several: Sequence[Incoming]) -> list[Receipt]:
        """Keep many arrivals at once, such as a file or a pack of cards; a worker takes them in."""
        found = []
        with self.storage.connection() as connection:
            arrivals = Arrivals(connection)
            for one in several:
                arrival = self._arrival(intake, one)
                fresh = arrivals.add(arrival)
                found.append(Receipt(WAITING, arrival.id, replayed=not fresh))
        return found

    def suspect(self, intake: Intake, incoming: Incoming) -> None:
        """Keep what a program sent, for a while, so that somebody can see that it was one."""
        self._kept(replace(self._arrival(intake, incoming), state=SPAM))

    def try_out(self, intake: Intake, incoming: Incoming) -> Receipt:
        """Tell what would become of an arrival; nothing is written."""
        ctx = replace(self._ctx(intake), dry_run=True)
        arrival = self._arrival(intake, incoming)
        with self.writes.unit(ctx, self.model) as unit:
            return _receipt(arrival, take_in(unit, intake, arrival))

    def confirm(self, arrival_id: str) -> Receipt | None:
        """Take in what its sender has confirmed; None when there is nothing to confirm any more."""
        return self._again(arrival_id, (UNCONFIRMED,))

    def retry(self, arrival_id: str, payload: Mapping[str, object] | None = None) -> Receipt | None:
        """Try a refused or suspected arrival again, corrected or as it came; None when it is none."""
        return self._again(arrival_id, (REFUSED, SPAM, WAITING), payload)

    def take_next(self, code: str) -> bool:
        """Take in the first that waits of a source, as far as its limit lets; False when nothing was done."""
        intake = intake_of(self.model, code)
        if intake is None:
            return False
        with self.writes.unit(self._ctx(intake), self.model) as unit:
            arrival = unit.transaction.arrivals.take(code, self.clock())
            if arrival is None or not self._has_room(unit.transaction.arrivals, intake):
                return False
            unit.transaction.arrivals.settle(
                arrival.id, take_in(unit, intake, arrival).settled, self.clock()
            )
        return True

    def set_aside(self, code: str, error: str) -> None:
        """Look at a source's first waiting arrival again later; after a few tries it is refused."""
        now = self.clock()
        with self.storage.connection() as connection:
            arrivals = Arrivals(connection)
            arrival = arrivals.take(code, now)
            if arrival is None:
                return
            if arrival.attempts < TRIES:
                arrivals.postpone(arrival.id, now + MINUTE * 2**arrival.attempts)
                return
            cure = "Tell the administrator; the log of the worker says more."
            problem = Problem("internal", "source", error[:200], cure)
            arrivals.settle(arrival.id, Settled(REFUSED, problems=(problem,)), now)

    def clicked(self, intake: Intake, address: str) -> None:
        """Count that somebody at an address opened a form, where its source is paid by click."""
        if intake.source.cost is None or intake.source.cost.model != CLICK:
            return
        now = self.clock()
        day = now.astimezone(ZoneInfo(self.zone)).date().isoformat()
        with self.storage.connection() as connection:
            Arrivals(connection).note_click(intake.code, day, address, now + CLICKS_KEPT)

    def waiting(self) -> list[str]:
        """Return the sources of which something waits."""
        with self.storage.looking() as connection:
            return Arrivals(connection).waiting(self.clock())

    def _arrival(self, intake: Intake, incoming: Incoming) -> Arrival:
        payload = plain(incoming.payload)
        kept: Mapping[str, Any] = payload if isinstance(payload, Mapping) else {}
        key = incoming.key
        if not key and intake.source.idempotency:
            found = at_path(kept, intake.source.idempotency)
            key = "" if found is None or isinstance(found, Mapping | list) else str(found)
        trace = {**incoming.trace, **carried(intake, kept)}
        if incoming.address:
            trace["address"] = incoming.address
        return Arrival(
            new_id(),
            intake.code,
            intake.rule.object_name,
            kept,
            trace,
            self.clock(),
            key=FORBIDDEN.sub(" ", key)[:LONGEST_KEY] or None,
            batch=incoming.batch or None,
        )

    def _ctx(self, intake: Intake) -> Context:
        return Context(intake.actor(self.language, self.zone), self.clock(), "intake")

    def _kept(self, arrival: Arrival) -> Receipt:
        with self.storage.connection() as connection:
            arrivals = Arrivals(connection)
            if not arrivals.add(arrival):
                return _replayed(arrivals, arrival)
        return Receipt(arrival.state, arrival.id)

    def _now(self, intake: Intake, arrival: Arrival, *, keep_refused: bool) -> Receipt:
        """Take it in at once; who came first wins a race, and the other looks again."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(intake, arrival, keep_refused=keep_refused)
            except ClashError:
                log.info("arrival clashed", source=intake.code, attempt=attempt)
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, intake: Intake, arrival: Arrival, *, keep_refused: bool) -> Receipt:
        with self.writes.unit(self._ctx(intake), self.model) as unit:
            arrivals = unit.transaction.arrivals
            if not arrivals.add(arrival):
                before = arrivals.by_key(arrival.source, arrival.key or "")
                if before is None or before.state != REFUSED:
                    return _replayed(arrivals, arrival)
                arrivals.amend(before.id, arrival.payload)
                arrival = replace(arrival, id=before.id)
            taken = take_in(unit, intake, arrival)
            if taken.settled.state == REFUSED and not keep_refused:
                unit.abandon()
            else:
                arrivals.settle(arrival.id, taken.settled, self.clock())
            return _receipt(arrival, taken)

    def _again(
        self, arrival_id: str, states: Sequence[str], payload: Mapping[str, object] | None = None
    ) -> Receipt | None:
        with self.storage.looking() as connection:
            found = Arrivals(connection).get(arrival_id)
        intake = intake_of(self.model, found.source) if found is not None else None
        if found is None or intake is None or found.state not in states:
            return None
        with self.writes.unit(self._ctx(intake), self.model) as unit:
            arrivals = unit.transaction.arrivals
            arrival = arrivals.get(arrival_id, locked=True)
            if arrival is None or arrival.state not in states:
                return None
            corrected = plain(payload)
            if isinstance(corrected, Mapping):
                arrival = replace(arrival, payload=corrected)
                arrivals.amend(arrival_id, corrected)
            taken = take_in(unit, intake, arrival)
            arrivals.settle(arrival_id, taken.settled, self.clock())
            return _receipt(arrival, taken)

    def _is_let_in(self, intake: Intake, incoming: Incoming) -> bool:
        """Tell whether the source has room now. Raises CrowdedError where nothing may wait."""
        limit, now = intake.source.limit, self.clock()
        if not (limit.per_minute or limit.per_day or limit.per_address):
            return True
        with self.storage.connection() as connection:
            arrivals = Arrivals(connection)
            if limit.per_address and incoming.address:
                hour = f"a:{incoming.address}:{now:%Y-%m-%dT%H}"
                if not arrivals.take_place(intake.code, hour, limit.per_address, now + HOUR):
                    raise CrowdedError("This address sends more than this source takes.", 3600)
            may_wait = limit.queue and not intake.source.opt_in
            behind = may_wait and arrivals.has_backlog(intake.code)
            if not behind and self._has_room(arrivals, intake):
                return True
        if not may_wait:
            raise CrowdedError("This source sends more than it may.", 60 - now.second or 60)
        return False

    def _has_room(self, arrivals: Arrivals, intake: Intake) -> bool:
        limit, now = intake.source.limit, self.clock()
        minute = not limit.per_minute or arrivals.take_place(
            intake.code, f"m:{now:%Y-%m-%dT%H:%M}", limit.per_minute, now + MINUTE
        )
        return minute and (
            not limit.per_day
            or arrivals.take_place(intake.code, f"d:{now:%Y-%m-%d}", limit.per_day, now + DAY)
        )


def _replayed(arrivals: Arrivals, arrival: Arrival) -> Receipt:
    """Return what became of this arrival when it came first."""
    before = arrivals.by_key(arrival.source, arrival.key or "")
    if before is None:
        return Receipt(WAITING, arrival.id)
    return Receipt(before.state, before.id, before.outcome, before.record, replayed=True)


def _receipt(arrival: Arrival, taken: TakenIn) -> Receipt:
    settled: Settled = taken.settled
    return Receipt(
        settled.state,
        arrival.id if settled.state == DONE else "",
        settled.outcome,
        settled.record,
        tuple(settled.problems),
        False,
        tuple(taken.decisions),
        tuple(taken.warnings),
        taken.values,
    )
