"""One write: rows, journal, timers, effects and counters commit together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from fieldstone.changes.nouns import Context, Effect, LedgerEntry, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.rules.holding_limit import HoldingLimit, holding_rules
from fieldstone.storage import idempotency, match_keys, rollups
from fieldstone.storage.arrivals import Arrivals
from fieldstone.storage.claim_ledger import ClaimLedger
from fieldstone.storage.conversions import Conversions
from fieldstone.storage.counters import Counters
from fieldstone.storage.facts import FactsReader
from fieldstone.storage.import_log import ImportLog
from fieldstone.storage.journal import Journal, JournalEntry
from fieldstone.storage.keeping import RowUpdate, RowWriter
from fieldstone.storage.locks import lock_names
from fieldstone.storage.merges import Merges
from fieldstone.storage.moving import Moving
from fieldstone.storage.notices import Notices
from fieldstone.storage.outbox import Outbox
from fieldstone.storage.people import People
from fieldstone.storage.prepared import waiting_of
from fieldstone.storage.queue import Jobs
from fieldstone.storage.rule_runs import RuleRuns
from fieldstone.storage.suspects import Suspects
from fieldstone.storage.tables import Tables
from fieldstone.storage.timers import Timers
from fieldstone.storage.uploads import Uploads

__all__ = ["JournalEntry", "RowUpdate", "Transaction"]
EVERYBODY: Final = "*"


class Transaction(FactsReader):
    """Storage as one batch of drafts sees it; also answers what rules ask (rules.contract.Facts)."""

    def __init__(self, connection: Connection, tables: Tables, ctx: Context) -> None:
        """Write through `connection`, which has begun."""
        super().__init__(connection, tables, ctx)
        self._journal = Journal(connection, ctx)
        self._writer = RowWriter(connection, tables, ctx)
        self.counters = Counters(connection, tables.dialect, ctx.now)
        self.queue = Outbox(connection, tables.dialect, ctx.now)
        self.clockwork = Timers(connection, tables.dialect)
        self.jobs = Jobs(connection, tables.dialect, ctx.now)
        self.people_tables = People(connection, tables.dialect)
        self.uploads = Uploads(connection)
        self.notices = Notices(connection, tables.dialect, ctx.now)
        self.imports = ImportLog(connection)
        self.rule_runs = RuleRuns(connection)
        self.conversions = Conversions(connection)
        self.arrivals = Arrivals(connection)
        self.merges = Merges(connection)
        self.claims = ClaimLedger(connection, tables.dialect)
        self.suspects = Suspects(connection, tables.dialect, ctx.now)
        self._queued: set[tuple[str, str]] = set()  # (object, person) of those who are ours
        self._counted: dict[tuple[str, str, str], tuple[int, int]] = {}  # with how far was counted

    def insert(self, object_name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Write new rows (each with its "id") and their line items, in one statement per table.

        What is left out of created_at, created_by, updated_at, updated_by, owned_at and
        stage_entered_at is filled from the context.
        """
        self.forget_found()
        self._counted.clear()
        self._writer.insert(object_name, rows)
        self.know(object_name, [{"id": row["id"]} for row in rows if not row.get("deleted_at")])

    def update(self, object_name: str, updates: Sequence[RowUpdate]) -> frozenset[str]:
        """Write changed values, count each version up, and return the ids really written.

        An update whose conditions (version, owner, pool) do not hold writes nothing.
        """
        written = self._writer.update(object_name, updates)
        self.forget_lookups(object_name)
        self.forget_found()
        self._counted.clear()
        return written

    def journal(self, entries: Sequence[JournalEntry]) -> None:
        """Keep what was changed, decided, which stages were entered and who came to own it."""
        self._journal.add(entries)

    def outbox(self, effects: Sequence[tuple[str, str, Effect]]) -> None:
        """Send (object, record, effect) after commit."""
        self.queue.add(effects)

    def timers(self, requests: Sequence[tuple[str, str, TimerRequest]]) -> None:
        """Set, move or remove the timers that (object, record, request) ask for."""
        rules = self.tables.model.rules
        self.clockwork.ask(
            [
                (object_name, record, rules[one.rule].version if one.rule in rules else 1, one)
                for object_name, record, one in requests
            ]
        )

    def ledger(self, object_name: str, entries: Sequence[tuple[str, LedgerEntry]]) -> None:
        """Write points for (record, entry)."""
        rules = self.tables.model.rules
        self.counters.give_points(
            object_name,
            [
                (record, one, rules[one.rule].version if one.rule in rules else 1)
                for record, one in entries
            ],
        )

    def keys(
        self, object_name: str, keys: Mapping[str, match_keys.Keys], *, fresh: bool = False
    ) -> None:
        """Keep the normalised match keys of records by id; `fresh` when the records are new."""
        match_keys.replace_keys(self.connection, object_name, keys, fresh=fresh)

    def rollups(
        self, object_name: str, pairs: Sequence[rollups.Pair]
    ) -> dict[str, dict[str, dict[str, object]]]:
        """Return what rollups over these rows (before, after) must now be: by object, id and field.

        Only values that differ from what is stored. The records that hold them are locked; write the
        values before the next question: counts and sums move on from what is stored.
        """
        return rollups.changed_rollups(self, object_name, pairs)

    def hold_blocks(self, wanted: Mapping[tuple[str, str], Sequence[str]]) -> None:
        """Wait until nobody else adds records that share these values; others then wait for this transaction."""
        match_keys.hold_values(self.connection, self.dialect, wanted)

    def queue_up(self, object_name: str, people: Sequence[str]) -> None:
        """Wait until nobody else gives these people records of the object; others then wait for this transaction."""
        fresh = [person for person in people if (object_name, person) not in self._queued]
        if not fresh:
            return
        shared = [EVERYBODY] if self._shares_limits(object_name) else []
        lock_names(self.connection, self.dialect, {f"owner:{object_name}": [*fresh, *shared]})
        self._queued |= {(object_name, person) for person in fresh}

    def workload(
        self, object_name: str, people: Sequence[str], where: Expression | None, up_to: int = 0
    ) -> Mapping[str, int]:
        """Return how many live records each person owns; whom others wait for is counted once, until rows are written."""
        if not up_to or not all((object_name, person) in self._queued for person in people):
            return super().workload(object_name, people, where, up_to)
        condition = where.text if where is not None else ""
        places = {person: (object_name, condition, person) for person in people}
        fresh = [one for one, place in places.items() if not self._tells(place, up_to)]
        if fresh:
            for one, count in super().workload(object_name, fresh, where, up_to).items():
                self._counted[places[one]] = (count, up_to)
        return {one: min(up_to, self._counted[place][0]) for one, place in places.items()}

    def _tells(self, place: tuple[str, str, str], up_to: int) -> bool:
        """Tell whether somebody was counted far enough."""
        count, so_far = self._counted.get(place, (0, 0))
        return up_to <= so_far or count < so_far

    def _shares_limits(self, object_name: str) -> bool:
        """Tell whether what a whole group may hold together is limited: then everybody waits for everybody."""
        bodies = [one.body for one in holding_rules(self._limits(), object_name)]
        return any(isinstance(body, HoldingLimit) and body.together for body in bodies)

    def moving(self, object_name: str) -> Moving:
        """Return what gives the platform's rows of one record of an object to another."""
        return Moving(self.connection, object_name, self.ctx.now, self.tables.model.present_rule)

    def hold(self, rule: str, subjects: Sequence[str]) -> None:
        """Lock the accounts of a claim rule until the transaction ends."""
        self.claims.hold(rule, subjects)

    def queue_up_owners(self, object_name: str, record_ids: Sequence[str]) -> None:
        """Wait for the people who own these records now, before the records are locked."""
        rows = self.rows(object_name, record_ids, names=("owner",), deleted=True)
        owners = {str(row["owner"]) for row in rows.values() if row.get("owner")}
        self.queue_up(object_name, sorted(owners))

    def next_numbers(self, object_name: str, field: str, period: str, count: int) -> range:
        """Return the next numbers of an autonumber field."""
        return self.counters.numbers(object_name, field, period, count)

    def pools_before(self, object_name: str, record: str) -> frozenset[str]:
        """Return the pools in which a record has lain."""
        return self._journal.pools_of(object_name, record)

    def recall(self, principal: str, key: str) -> idempotency.Remembered | None:
        """Return what was answered to this Idempotency-Key; a second request waits for the first."""
        return idempotency.recall(self.connection, self.dialect, principal, key)

    def remember(self, principal: str, key: str, request_hash: str, outcome: object) -> None:
        """Keep the answer to an Idempotency-Key."""
        idempotency.remember(self.connection, (principal, key), request_hash, outcome, self.ctx.now)

    def meanwhile(self, work: Callable[[], None]) -> None:
        """Let `work` be done once where we would only wait until many rows are stored, if ever; it leaves the database alone."""
        waiting_of(self.connection).ahead.meanwhile = work

    def close(self) -> None:
        """Write the audit chain; the last thing before COMMIT."""
        self._journal.close_chain()
