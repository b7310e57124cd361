"""A small company on the core's metadata, for tests of the write door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select

from fieldstone import actions, delivery, fieldtypes, rules
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Change, Context, Operation, Outcome
from fieldstone.compiler.compile import compile_site
from fieldstone.compiler.loading import Document, Layer, read_layer
from fieldstone.evolution.bring_up import bring_up
from fieldstone.extensions.builtin import members
from fieldstone.jobs.table_queue import TableQueue
from fieldstone.model.site_model import Model
from fieldstone.site import Site, Vocabulary
from fieldstone.storage.database import Storage
from fieldstone.writes.pipeline import Writes

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, ten o'clock in Shanghai


@cache
def core_model() -> Model:
    return compile_site(
        [read_layer("core", ROOT)], members(fieldtypes, "TYPE"), members(rules, "KIND")
    )


@dataclass
class Company:
    """The write door with a few people behind it."""

    model: Model
    storage: Storage
    writes: Writes
    people: dict[str, Actor]
    ids: dict[str, str]
    now: datetime = NOW

    def context(self, who: str = "system", source: str = "api") -> Context:
        return Context(self.people[who], self.now, source, "test")

    def submit(self, *changes: Change, who: str = "admin") -> tuple[Outcome, ...]:
        return self.writes.submit(self.context(who), self.model, changes)

    def create(self, object_name: str, who: str = "admin", **values: object) -> Outcome:
        return self.submit(Change(object_name, Operation.CREATE, values), who=who)[0]

    def update(
        self, object_name: str, record_id: str | None, who: str = "admin", **values: object
    ) -> Outcome:
        change = Change(object_name, Operation.UPDATE, values, record_id)
        return self.submit(change, who=who)[0]

    def storage_rows(self, object_name: str) -> dict[str, dict[str, object]]:
        """Return all live rows of an object by id."""
        tables = self.storage.use(self.model)
        with self.storage.reading(tables, self.context()) as reader:
            column = tables[object_name].columns["id"]
            ids = [one for (one,) in reader.connection.execute(select(column))]
            return reader.rows(object_name, ids)

    def delete(self, object_name: str, record_id: str | None, who: str = "admin") -> Outcome:
        change = Change(object_name, Operation.DELETE, {}, record_id)
        return self.submit(change, who=who)[0]

    def row(self, object_name: str, record_id: str | None, *names: str) -> dict[str, object]:
        tables = self.storage.use(self.model)
        with self.storage.reading(tables, self.context()) as reader:
            found = reader.rows(object_name, [str(record_id)], names=names or None, deleted=True)
            return found[str(record_id)]


def open_company(url: str) -> Company:
    """Bring a database up with the core's model and a few people."""
    storage = Storage(url, secret_key="k" * 32)
    model, _ = bring_up(storage, core_model(), NOW)
    company = Company(model, storage, Writes(storage), {"system": SYSTEM_ACTOR}, {})
    _people(company)
    return company


def reopened(prepared: Company, url: str) -> Company:
    """Return a company that was closed, on a copy of its database."""
    storage = Storage(url, secret_key="k" * 32)
    return replace(prepared, storage=storage, writes=Writes(storage))


def with_site(company: Company, url: str, site: str) -> Company:
    """Return a company whose site says more than the core; its database follows."""
    layers = [read_layer("core", ROOT), Layer("site", (Document("rules/site.yaml", site),))]
    compiled = compile_site(layers, members(fieldtypes, "TYPE"), members(rules, "KIND"))
    company.storage.close()
    storage = Storage(url, secret_key="k" * 32)
    model, _ = bring_up(storage, compiled, company.now)
    return replace(company, model=model, storage=storage, writes=Writes(storage))


def site_of(company: Company) -> Site:
    """Return the company as one process holds it; its clock stands where the company's stands."""
    words = Vocabulary(
        members(fieldtypes, "TYPE"),
        members(rules, "KIND"),
        members(actions, "ACTION"),
        members(delivery, "CHANNEL"),
    )
    settings = Settings(Path.cwd(), str(company.storage), None, "k" * 32)
    queue = TableQueue(company.storage)
    return Site(settings, words, company.storage, company.model, lambda: company.now, queue)


def _people(company: Company) -> None:
    north = company.create("team", "system", name="North", code="north", region="north")
    company.ids["north"] = str(north.record_id)
    for code, roles in (
        ("admin", ["admin"]),
        ("li", ["sales"]),
        ("wang", ["sales"]),
        ("mei", ["sales_manager"]),
    ):
        made = company.create(
            "user",
            "system",
            name=code.capitalize(),
            email=f"{code}@example.com",
            roles=roles,
            team=company.ids["north"],
            region="north",
        )
        assert not made.problems, made.problems
        company.ids[code] = str(made.record_id)
        company.people[code] = replace(
            Actor(str(made.record_id), frozenset(roles), code, zone="Asia/Shanghai"),
            facts=made.record,
        )
    made = company.create("channel", "system", name="Website", code="website", kind="own")
    company.ids["website"] = str(made.record_id)
