"""The database of one site: engines, transactions, and bringing it to the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.storage import emptying, kept_columns, schema, shadows, site_state
from fieldstone.storage.answers import Answer
from fieldstone.storage.census import Census
from fieldstone.storage.emptying import Gone
from fieldstone.storage.engines import engines
from fieldstone.storage.errors import BUSY, CONFLICT, ClashError, clash_of, is_passing, translated
from fieldstone.storage.kept_columns import KeptColumns
from fieldstone.storage.lending import Lender, alone
from fieldstone.storage.prepared import Prepared
from fieldstone.storage.reaching import reached
from fieldstone.storage.reader import Reader
from fieldstone.storage.rehearsal import Rehearsal
from fieldstone.storage.retyping import Carrier
from fieldstone.storage.shadows import Shadow
from fieldstone.storage.site_state import has_tables
from fieldstone.storage.tables import Tables
from fieldstone.storage.transaction import Transaction
from fieldstone.storage.vault import Vault

KEPT_MODELS: Final = 4


class Storage:
    """One database, SQLite or PostgreSQL; shared by all threads of a process."""

    def __init__(
        self,
        url: str,
        *,
        secret_key: str,
        old_secret_key: str = "",
        language: str = "en",
        echo: bool = False,
    ) -> None:
        """Connect on first use; `secret_key` seals secret fields, what the old one sealed is still opened.

        `language` is the site's: what rules keep for nobody in particular is written in it.
        """
        self._writer, self._reader = engines(url, echo=echo)
        self.vault = Vault(secret_key, old_secret_key)
        self.language = language
        self.dialect: str = self._writer.dialect.name
        self._used: tuple[Tables, ...] = ()

    def use(self, model: Model) -> Tables:
        """Return the tables of a model, made once; the database is not touched."""
        for tables in self._used:
            if tables.model is model:
                return tables
        tables = Tables(model, self.dialect, self.vault, self.language)
        # Requests and jobs that began with an older model may still run: keep a few.
        self._used = (tables, *self._used[: KEPT_MODELS - 1])
        return tables

    def users(self, model: Model) -> Table | None:
        """Return the table of people, None for a model without them."""
        held = self.use(model).objects.get("user")
        return held.table if held is not None else None

    @contextmanager
    def reading(self, tables: Tables, ctx: Context) -> Iterator[Reader]:
        """Give a reader; on SQLite all its statements see one moment, on PostgreSQL each sees the latest."""
        with closing(Lender(self._reader)) as lent:
            yield Reader(lent, tables, ctx)

    def answer(self, prepared: Prepared, values: Mapping[str, object]) -> Answer:
        """Return the answer to one question that stands alone."""
        return alone(self._reader, prepared, values)

    @contextmanager
    def rehearsing(self, tables: Tables, ctx: Context) -> Iterator[Rehearsal]:
        """Give the facts of a dry run: they lock and write nothing."""
        with self._reader.connect() as connection:
            yield Rehearsal(connection, tables, ctx)

    def kept_columns(self) -> KeptColumns:
        """Return which column keeps which kind of values; nothing in a database without tables."""
        with self.looking() as connection:
            return kept_columns.read(connection) if has_tables(connection) else KeptColumns()

    def shadows(self, model: Model, gone: Gone) -> tuple[Shadow, ...]:
        """Return what is kept of what the model no longer has or has archived; `gone`: options that were taken away."""
        tables = self.use(model)
        with self.looking() as connection:
            kept = shadows.shadows(connection, tables)
            return (*kept, *emptying.out_of_use(connection, tables, gone))

    def purge(self, shadow: Shadow) -> None:
        """Delete for good what the model no longer has."""
        shadows.purge(self._writer, shadow)

    def empty(self, shadow: Shadow, model: Model) -> None:
        """Delete for good the values of what the model has archived."""
        emptying.empty(self._writer, self.use(model), shadow)

    def carrier(self) -> Carrier:
        """Return what carries values from column to column."""
        return Carrier(self._writer)

    @contextmanager
    def counting(self, model: Model, ctx: Context) -> Iterator[Census]:
        """Give what counts the data of the model in force."""
        with self._reader.connect() as connection:
            yield Census(connection, self.use(model), ctx)

    @contextmanager
    def transaction(self, tables: Tables, ctx: Context) -> Iterator[Transaction]:
        """Give a transaction that commits at the end, or leaves nothing: on an error, and on a dry run.

        A value that must be unique and was taken in a race, or a deadlock, raises ClashError: the same
        may be tried again. A connection lost while committing is no clash: nobody knows whether the
        writes stand, so a blind second try could do them twice.
        """
        with self.connection() as connection, translated(tables):
            transaction = Transaction(connection, tables, ctx)
            yield transaction
            if ctx.dry_run:
                connection.rollback()
            elif connection.in_transaction():
                transaction.close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Give a bare writing connection; commits at the end unless an error passes or it was rolled back.

        Raises ClashError when other writers left no room for ten seconds.
        """
        with self._writing() as connection:
            yield connection
            if connection.in_transaction():
                connection.commit()

    def _writing(self) -> Connection:
        try:
            connection = self._writer.connect()
        except PoolTimeoutError as error:
            raise ClashError([BUSY], CONFLICT) from error
        try:
            connection.begin()
        except OperationalError as error:
            connection.close()
            if not is_passing(error):
                raise
            raise clash_of(error) from error
        return connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Give a bare reading connection."""
        with self._reader.connect() as connection:
            yield connection

    def differences(self, tables: Tables) -> tuple[schema.SchemaChange, ...]:
        """Return what lies between the database and the model, in the order it would be applied."""
        with self.looking() as connection:
            return schema.differences(connection, tables)

    def bring_to(
        self, tables: Tables, now: datetime, within: schema.Within | None = None
    ) -> schema.Brought:
        """Bring the database to the model: add what is missing, name what would destroy and leave it alone.

        Any number of processes may do this at once. What `within` writes is committed together with it.
        Raises RefusedError (503) when the database cannot be used.
        """
        with reached():
            brought = schema.bring(self._writer, tables, now, within)
            return replace(brought, done=brought.done + self.reindex(tables, now))

    def revise(self, tables: Tables, now: datetime, within: schema.Within | None = None) -> None:
        """Bring the tables of a site at work to a model: like `bring_to`, without what takes long.

        The search index follows by `reindex`.
        """
        schema.bring(self._writer, tables, now, within)

    def reindex(self, tables: Tables, now: datetime) -> tuple[schema.SchemaChange, ...]:
        """Build search indexes anew where what is searched changed; others write in between."""
        return schema.reindex(self._writer, tables, now)

    def rule_versions(self, model: Model, now: datetime) -> Mapping[str, int]:
        """Return each rule's version, counted up when its content changed."""
        with self.connection() as connection:
            return site_state.rule_versions(connection, self.dialect, model, now)

    def publish(self, digest: str, now: datetime) -> int:
        """Note the digest of the model now in force and return its version."""
        with self.connection() as connection:
            return site_state.set_mark(connection, self.dialect, "model", digest, now)

    def published(self) -> site_state.Mark | None:
        """Return the version and digest of the model in force, None before the first."""
        with self.looking() as connection:
            return site_state.mark(connection, "model")

    def answers(self) -> bool:
        """Tell whether the database answers at all."""
        try:
            with self.looking() as connection:
                connection.execute(select(1))
        except SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Close all connections."""
        self._writer.dispose()
        self._reader.dispose()
