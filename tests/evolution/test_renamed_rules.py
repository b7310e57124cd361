"""A rule that gets another code is the same rule: what it did, counts and waits for goes on as if nothing had happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Table, insert, select, update

from fieldstone.actions.contract import Call
from fieldstone.actions.running import run
from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Change, Operation
from fieldstone.expressions.sqltypes import Instant
from fieldstone.storage.counters import fs_counter, fs_ledger, fs_sequence
from fieldstone.storage.following_rules import columns
from fieldstone.storage.platform_tables import PLATFORM
from fieldstone.storage.queue import fs_job
from fieldstone.storage.timers import fs_timer
from fieldstone.storage.turns import fs_turns
from fieldstone.worker.timers import act_on_due_timers
from fieldstone.worker.turns import work_until_idle
from tests.evolution.world import Place, Process

NEW = "_zz"
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SYSTEM = (
    "fs_audit",
    "fs_chain",
    "fs_revision",
    "fs_document",
    "fs_revision_document",
    "fs_meta",
    "fs_job",
    "fs_rule",
    "fs_former_code",
)
"""What says itself that the configuration was changed, or is compared by itself."""
OWN = ("id", "dedupe_key", "hash", "request")


class Story:
    """The same days of one company, with or without a change of codes in their middle."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.names: dict[str, str] = {}
        self.at(0)

    def at(self, day: int, hour: int = 0) -> None:
        moment = MONDAY + timedelta(days=day, hours=hour)
        self.process.site.clock = lambda: moment

    def add(self, object_name: str, called: str, **values: Any) -> str:
        change = Change(object_name, Operation.CREATE, values, trusted=True)
        (outcome,) = self.process.site.writes.submit(
            self.process.ctx, self.process.site.model, [change]
        )
        assert not outcome.problems, outcome.problems
        self.names[str(outcome.record_id)] = called
        return str(outcome.record_id)

    def lead(self, number: int, **values: Any) -> str:
        given = {
            "name": f"Lead {number}",
            "mobile": f"138001300{number:02}",
            "channel": self.channel,
        }
        return self.add("lead", f"lead {number}", **given, **values)

    def put(self, record_id: str, **values: Any) -> None:
        change = Change("lead", Operation.UPDATE, values, record_id, trusted=True)
        (outcome,) = self.process.site.writes.submit(
            self.process.ctx, self.process.site.model, [change]
        )
        assert not outcome.problems, outcome.problems

    def act(self, name: str, record_id: str, who: str = "", **params: Any) -> None:
        actor = Actor(who, frozenset({"sales"}), self.names[who]) if who else SYSTEM_ACTOR
        site, ctx = self.process.site, self.process.ctx.acting_as(actor)
        call = Call(ctx, site.model, "lead", record_id, params, site.reads, site.writes)
        run(site.vocabulary.actions, name, call)

    def first_days(self) -> None:
        self.channel = self.add("channel", "channel", name="Website", code="website", kind="own")
        self.people = [
            self.add(
                "user",
                f"seller {n}",
                name=f"Seller {n}",
                email=f"s{n}@example.com",
                roles=["sales"],
                month_quota=50,
            )
            for n in range(3)
        ]
        self.add("user", "boss", name="Boss", email="boss@example.com", roles=["sales_manager"])
        self.leads = [self.lead(n, budget=str(1000 * n), company=f"Co {n}") for n in range(6)]
        self.at(1)
        for n in (10, 11, 12):
            self.leads.append(self.lead(n, pool="public_pool"))
        self.act("claim", self.leads[6], self.people[0])

    def later_days(self, pool: str) -> None:
        self.at(2)
        self.act("claim", self.leads[7], self.people[0])
        self.leads += [
            self.lead(n, budget=str(90_000 * n), company=f"Co {n}") for n in (20, 21, 22, 23)
        ]
        for place, one in enumerate(self.leads[:3]):
            self.put(one, budget=str(250_000 + place), stage="contacted")
        self.put(self.leads[8], pool=pool, owner=None)
        for day in (3, 6, 12, 30):
            self.at(day, 5)
            while act_on_due_timers(self.process.site):
                pass

    def told(self) -> dict[str, list[str]]:
        """Return every row of the platform's tables, and of leads, without ids of its own and present codes."""
        site = self.process.site
        held = site.storage.use(site.model)
        objects = {
            name: tuple(held[name].columns.values()) for name in ("lead", "activity", "user")
        }
        asked = {
            table.name: [c for c in table.columns if c.name not in OWN]
            for table in PLATFORM.sorted_tables
            if table.name not in SYSTEM
        }
        with site.storage.connection() as connection:
            return {
                name: sorted(
                    self._plain(repr(tuple(row))) for row in connection.execute(select(*those))
                )
                for name, those in {**asked, **objects}.items()
                if those
            }

    def _plain(self, text: str) -> str:
        for record_id, name in self.names.items():
            text = text.replace(record_id, name)
        text = text.replace(NEW, "")
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Process]:
    made = Place(f"sqlite:///{tmp_path}/other.db", tmp_path)
    yield made.process()
    made.close()


def rename_all(process: Process, part: str) -> None:
    documents = process.documents
    for code in getattr(process.site.model, part):
        documents = documents.renamed([part, code], f"{code}{NEW}")
    process.apply(documents=documents)


def rows_of(process: Process, column: Column[Any]) -> set[str]:
    with process.site.storage.connection() as connection:
        return {str(one) for (one,) in connection.execute(select(column)) if one}


def test_every_rule_goes_on_as_if_it_had_kept_its_code(process: Process, other: Process) -> None:
    plain, renamed = Story(other), Story(process)
    for story in (plain, renamed):
        story.process.apply(("rules.lead_claim.priority", 90))
        story.first_days()
    versions = {code: one.version for code, one in process.site.model.rules.items()}
    assert versions["lead_claim"] == 2

    rename_all(process, "rules")
    plain.later_days("north_pool")
    renamed.later_days(f"north_pool{NEW}")

    rules = process.site.model.rules
    assert {code.removesuffix(NEW): one.version for code, one in rules.items()} == versions
    before, after = plain.told(), renamed.told()
    for table in before:
        assert after[table] == before[table], table
    filled = ("fs_timer", "fs_ledger", "fs_decision", "fs_turns", "fs_grant", "fs_owner_span")
    assert all(before[name] for name in filled)
    for column in columns():
        old = {one for one in rows_of(process, column) if not one.endswith(NEW)}
        assert old == set(), column


def test_going_back_brings_every_row_back_those_written_since_too(
    process: Process, other: Process
) -> None:
    plain, renamed = Story(other), Story(process)
    for story in (plain, renamed):
        story.first_days()
    revision = process.changing.current(process.ctx)[0]

    rename_all(process, "rules")
    for story, pool in ((plain, "north_pool"), (renamed, f"north_pool{NEW}")):
        story.later_days(pool)
    process.rollback(revision, second_word=True)

    assert renamed.told() == plain.told()
    for column in columns():
        assert {one for one in rows_of(process, column) if one.endswith(NEW)} == set(), column
    assert process.site.model.rules == other.site.model.rules


def settle(process: Process) -> None:
    """Let a worker do now what waits until every process follows."""
    with process.site.storage.connection() as connection:
        connection.execute(update(fs_job).values(due=MONDAY - timedelta(days=1)))
    work_until_idle(process.site)


def a_row(table: Table, **values: Any) -> dict[str, Any]:
    """Return a row of any platform table, with something in every column that wants it."""
    values = {name: value for name, value in values.items() if name in table.columns}
    for one in table.columns:
        if not one.nullable and one.name not in values and one.autoincrement is not True:
            kind = str(one.type).upper()
            number = "INT" in kind or "NUM" in kind
            values[one.name] = 1 if number else MONDAY if isinstance(one.type, Instant) else "x"
    return values


def test_every_column_that_names_a_rule_follows(process: Process) -> None:
    with process.site.storage.connection() as connection:
        for column in columns():
            if column.table.name != "fs_rule":
                connection.execute(
                    insert(column.table).values(
                        a_row(column.table, id=column.name, **{column.name: "lead_claim"})
                    )
                )
        counted = a_row(fs_sequence, field="check:lead_conversion", last=4)
        connection.execute(insert(fs_sequence).values(counted))

    documents = process.documents.renamed(["rules", "lead_claim"], "claims")
    process.apply(documents=documents.renamed(["rules", "lead_conversion"], "conversion"))

    for column in columns():
        assert "lead_claim" not in rows_of(process, column), column
        assert "claims" in rows_of(process, column), column
    assert rows_of(process, fs_sequence.c.field) == {"check:conversion"}


def test_what_a_process_wrote_that_did_not_know_yet_is_joined_to_what_is_there(
    process: Process,
) -> None:
    process.apply(documents=process.documents.renamed(["rules", "lead_claim"], "claims"))
    day = a_row(fs_counter, subject="li", period="2026-03-02")
    points = a_row(fs_ledger, record="r", item="budget")
    timer = a_row(fs_timer, record="r", kind="due", due=MONDAY + timedelta(days=200))
    moved = MONDAY + timedelta(days=300)
    with process.site.storage.connection() as connection:
        connection.execute(
            insert(fs_counter),
            [{**day, "rule": "claims", "used": 4}, {**day, "rule": "lead_claim", "used": 1}],
        )
        connection.execute(
            insert(fs_turns),
            [{"name": "claims", "state": {"next": 2}}, {"name": "lead_claim", "state": {}}],
        )
        connection.execute(
            insert(fs_ledger),
            [
                {**points, "id": "1", "rule": "claims", "points": 10},
                {**points, "id": "2", "rule": "lead_claim", "points": 12},
            ],
        )
        connection.execute(
            insert(fs_timer),
            [
                {**timer, "id": "1", "rule": "claims"},
                {**timer, "id": "2", "rule": "lead_claim", "due": moved},
            ],
        )

    Story(process).at(0, 1)
    settle(process)

    with process.site.storage.connection() as connection:
        assert connection.execute(select(fs_counter.c.rule, fs_counter.c.used)).all() == [
            ("claims", 5)
        ]
        assert connection.execute(select(fs_turns.c.name, fs_turns.c.state)).all() == [
            ("claims", {"next": 2})
        ]
        assert connection.execute(select(fs_ledger.c.rule, fs_ledger.c.points)).all() == [
            ("claims", 12)
        ]
        assert connection.execute(select(fs_timer.c.rule, fs_timer.c.due)).all() == [
            ("claims", moved)
        ]


def test_the_code_of_a_rule_whose_past_is_kept_is_not_given_to_another(process: Process) -> None:
    with process.site.storage.connection() as connection:
        connection.execute(insert(fs_ledger).values(a_row(fs_ledger, rule="of_old")))

    documents = process.documents.renamed(["rules", "lead_grading"], "of_old")
    planned = process.changing.plan(process.ctx, documents)

    assert [one.code for one in planned.problems] == ["code_of_another"]


def test_the_plan_says_in_words_and_numbers_what_goes_along(process: Process) -> None:
    Story(process).first_days()

    planned = process.changing.plan(
        process.ctx, process.documents.renamed(["rules", "public_pool"], "open_sea")
    )

    assert process.sentences(planned) == ['Rename rule "Public pool" (was "public_pool")']
    said = [one.text.en for one in planned.findings]
    assert said[0].startswith('"Public pool" takes along 2 records in the pool, ')
    assert said[1] == '"Public pool" is named in 8 places, which follow.'
    assert not planned.needs_second_word


def test_a_worker_that_has_not_heard_of_it_yet_does_what_is_due(
    place: Place, process: Process
) -> None:
    story = Story(process)
    story.first_days()
    late = place.process()
    late.look()
    rename_all(process, "rules")
    story.at(30)
    late.site.clock = process.site.clock
    late.changing.live._next = float("inf")

    act_on_due_timers(late.site)

    with process.site.storage.connection() as connection:
        put_off = [
            one
            for (one,) in connection.execute(select(fs_timer.c.payload))
            if one and "first_due" in one
        ]
    assert put_off == []
