"""A site that is changed while it runs: two processes of it, as far as the database can tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldstone import bootstrap
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Context, Operation
from fieldstone.evolution.apply import Applied, Wish
from fieldstone.evolution.changing import Changing
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.plan import Plan
from fieldstone.reads.query import Query
from fieldstone.site import Site


@dataclass
class Place:
    """One database and the processes that work on it."""

    url: str
    folder: Path
    processes: list[Site] = field(default_factory=list)

    def process(self, folder: Path | None = None) -> Process:
        """Start one more process."""
        settings = Settings(folder or self.folder, self.url, secret_key="k" * 32)
        site = bootstrap.build_site(settings)
        self.processes.append(site)
        return Process(site)

    def close(self) -> None:
        for site in self.processes:
            site.storage.close()


@dataclass
class Process:
    """One process, with short words for what a test does in it."""

    site: Site

    @property
    def ctx(self) -> Context:
        return self.site.system_context("test")

    @property
    def changing(self) -> Changing:
        assert self.site.changing is not None
        return self.site.changing

    @property
    def documents(self) -> Documents:
        return self.changing.current(self.ctx)[1]

    def look(self) -> None:
        """Let it look now, however short ago it looked."""
        self.changing.live.look_now()

    def plan(self, *sets: tuple[str, Any], **more: Any) -> Plan:
        """Plan settings by dotted path: plan(("objects.lead.fields.size", "integer"))."""
        documents = more.pop("documents", self.documents)
        for path, value in sets:
            documents = documents.with_value(path.split("."), value)
        return self.changing.plan(self.ctx, documents)

    def apply(self, *sets: tuple[str, Any], second_word: bool = False, **more: Any) -> Applied:
        wish = Wish(more.pop("reason", "a test"), second_word)
        return self.changing.apply(self.ctx, self.plan(*sets, **more), wish)

    def rollback(self, number: int, *, second_word: bool = False) -> Applied:
        planned = self.changing.plan_rollback(self.ctx, number)
        return self.changing.rollback(self.ctx, planned, number, Wish("back", second_word))

    def write(self, object_name: str, record_id: str | None = None, **values: Any) -> str:
        """Create or change a record and return its id."""
        operation = Operation.CREATE if record_id is None else Operation.UPDATE
        change = Change(object_name, operation, values, record_id)
        (outcome,) = self.site.writes.submit(self.ctx, self.site.model, [change])
        assert not outcome.problems, outcome.problems
        return str(outcome.record_id)

    def refused(self, object_name: str, record_id: str | None = None, **values: Any) -> list[str]:
        """Try to write and return the codes of what is wrong with it."""
        operation = Operation.CREATE if record_id is None else Operation.UPDATE
        change = Change(object_name, operation, values, record_id)
        (outcome,) = self.site.writes.submit(self.ctx, self.site.model, [change])
        return [one.code for one in outcome.problems]

    def read(self, object_name: str, record_id: str) -> dict[str, Any]:
        """Return what the API would show of a record."""
        model = self.site.model
        record = self.site.reads.get(self.ctx, model, object_name, record_id, Query())
        assert record is not None
        return record.dump(model)

    def sentences(self, planned: Plan) -> list[str]:
        return [one.sentence("en") for one in planned.operations]
