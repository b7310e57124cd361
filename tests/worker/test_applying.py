"""A rule is let loose on records that were there before it: tried first, done once, and taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, event, func, select

from fieldstone.actions.applying import Applying
from fieldstone.base.errors import RefusedError
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Actor, Change, Operation
from fieldstone.compiler.compile import Document, Layer, compile_site
from fieldstone.evolution.bring_up import bring_up
from fieldstone.jobs.table_queue import TableQueue
from fieldstone.model.site_model import Model
from fieldstone.site import Site, Vocabulary
from fieldstone.storage.database import Storage
from fieldstone.storage.rule_runs import RuleRun, RuleRuns
from fieldstone.storage.timers import fs_timer
from fieldstone.worker import applying as at_work
from fieldstone.worker.turns import work_until_idle
from tests.builders import field_types, rule_kinds
from tests.worker.fair_world import made, owners_of
from tests.worker.world import Clock, fail_for_good, move_clock

OBJECTS = {
    "user": """
object: user
fields: {name: text, email: email, roles: tags, active: {type: boolean, default: true}, weight: {type: integer, default: 1}}
""",
    "lead": """
object: lead
title: name
ownership: {owner: optional, pools: [sea]}
fields:
  name: text
  budget: integer
  note: text
  grade: {type: select, options: {good: Good, poor: Poor}}
  called_at: datetime
""",
    "task": """
object: task
title: name
fields: {name: text, lead: {type: lookup, to: lead}}
""",
}
RULES = """
rules:
  sea: {kind: pool, object: lead, label: {en: Sea, zh: 公海}}
  share:
    kind: assignment
    object: lead
    label: {en: Share, zh: 分配}
    entries: [{code: all, to: {role: sales}}]
  graded:
    kind: grading
    object: lead
    label: {en: Grade, zh: 分级}
    into: grade
    fields: {name: 1, budget: 1}
    bands: {good: 60, poor: 0}
  call:
    kind: deadline
    object: lead
    label: {en: Call, zh: 致电}
    starts: created_at
    stops: called_at
    within: 200 days
    then: {return_to: sea, reason: late}
  greet:
    kind: automation
    object: lead
    label: {en: Greet, zh: 问候}
    "on": [create]
    when: "budget >= 100"
    set: {note: "'big'"}
    create: {object: task, set: {name: "'Greet'", lead: id}}
  big:
    kind: validation
    object: lead
    label: {en: Not too big, zh: 不过大}
    that: "budget == null or budget < 100000"
    message: {en: Too big., zh: 过大。}
"""
ROLES = "roles: {admin: {administrator: true}, sales: Sales}"


@cache
def the_model() -> Model:
    documents = [Document(f"metadata/{name}.yaml", text) for name, text in OBJECTS.items()]
    documents += [Document("metadata/site.yaml", ROLES), Document("rules/all.yaml", RULES)]
    return compile_site([Layer("core", tuple(documents))], field_types(), rule_kinds())


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    settings = Settings(Path.cwd(), database_url, None, "k" * 32)
    storage = Storage(database_url, secret_key=settings.secret_key)
    model, _ = bring_up(storage, the_model(), datetime.now(UTC))
    words = Vocabulary(field_types(), rule_kinds(), {}, {})
    made_site = Site(settings, words, storage, model, Clock(), TableQueue(storage))
    yield made_site
    made_site.storage.close()


def desk(site: Site, actor: Actor | None = None) -> Applying:
    ctx = site.system_context("test")
    ctx = ctx.acting_as(actor) if actor else ctx
    return Applying(site.storage, site.writes, site.queue, ctx, site.model)


def old_leads(site: Site, *rows: dict[str, object]) -> list[str]:
    """Keep leads as an import of history does: no rule has looked at them."""
    at = site.clock() - timedelta(days=100)
    changes = [
        Change("lead", Operation.CREATE, row, as_of=at, relinks=True, trusted=True) for row in rows
    ]
    outcomes = site.writes.submit(site.system_context("import"), site.model, changes)
    return [str(one.record_id) for one in outcomes]


def values(site: Site, record_id: str, code: str) -> object:
    row = site.reads.get(site.system_context("test"), site.model, "lead", record_id)
    assert row is not None
    return row.values[code]


def timers(site: Site) -> int:
    with site.storage.looking() as connection:
        return int(connection.execute(select(func.count()).select_from(fs_timer)).scalar_one())


def done(site: Site, rule: str) -> RuleRun:
    run = desk(site).start(rule)
    work_until_idle(site)
    return next(one for one in desk(site).runs() if one.id == run.id)


def taken_back(site: Site, run: RuleRun) -> RuleRun:
    desk(site).undo(run.id)
    work_until_idle(site)
    return next(one for one in desk(site).runs() if one.id == run.id)


def test_leads_without_an_owner_are_shared_and_given_back(site: Site) -> None:
    made(site, "user", name="Ann", roles=["sales"])
    made(site, "user", name="Bo", roles=["sales"])
    ids = old_leads(site, *({"name": str(n)} for n in range(4)))

    trial = desk(site).try_out("share")
    assert (trial.records, trial.changed, trial.refused) == (4, 4, 0)
    assert owners_of(site) == {"": 4}

    run = done(site, "share")
    assert (run.state, run.counts["changed"]) == ("done", 4)
    assert owners_of(site) == {"Ann": 2, "Bo": 2}
    why = site.reads.explain(site.system_context("test"), site.model, "lead", ids[0])
    assert why
    assert why[0].rule == "share"

    undone = taken_back(site, run)
    assert (undone.state, undone.counts["restored"], undone.counts.get("left", 0)) == (
        "undone",
        4,
        0,
    )
    assert owners_of(site) == {"": 4}


def test_what_somebody_changed_since_stays_as_it_is(site: Site) -> None:
    made(site, "user", name="Ann", roles=["sales"])
    first, second = old_leads(site, {"name": "a"}, {"name": "b"})
    run = done(site, "share")
    change = Change("lead", Operation.UPDATE, {"name": "A."}, first, trusted=True)
    site.writes.submit(site.system_context("test"), site.model, [change])

    undone = taken_back(site, run)

    assert (undone.counts["restored"], undone.counts["left"]) == (1, 1)
    assert values(site, first, "owner") is not None
    assert values(site, second, "owner") is None


def test_an_automation_sets_and_creates_once_and_both_are_taken_back(site: Site) -> None:
    big, small = old_leads(site, {"name": "b", "budget": 500}, {"name": "s", "budget": 5})

    run = done(site, "greet")
    assert (run.counts["changed"], run.counts["made"]) == (1, 1)
    assert (values(site, big, "note"), values(site, small, "note")) == ("big", None)
    assert tasks(site) == 1
    assert done(site, "greet").counts["changed"] == 0

    taken_back(site, run)
    assert values(site, big, "note") is None
    assert tasks(site) == 0
    assert done(site, "greet").counts["made"] == 1


def tasks(site: Site) -> int:
    return len(site.reads.list(site.system_context("test"), site.model, "task").rows)


def test_a_deadline_begins_for_records_that_were_there_and_a_second_run_changes_nothing(
    site: Site,
) -> None:
    old_leads(site, {"name": "a"}, {"name": "b", "called_at": site.clock()})

    run = done(site, "call")
    assert (run.counts["changed"], timers(site)) == (1, 1)
    assert done(site, "call").counts["changed"] == 0

    taken_back(site, run)
    assert timers(site) == 0


def test_only_the_rule_and_who_answers_it_speaks(site: Site) -> None:
    made(site, "user", name="Ann", roles=["sales"])
    (lead,) = old_leads(site, {"name": "a", "budget": 500})

    run = done(site, "graded")

    assert run.counts["changed"] == 1
    assert values(site, lead, "grade") == "good"
    assert values(site, lead, "note") is None
    taken_back(site, run)
    assert values(site, lead, "grade") is None


def test_of_two_administrators_who_start_a_rule_at_the_same_instant_one_does(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, begins = RuleRuns.at_work, Barrier(2)

    def slowly(runs: RuleRuns, rule: str) -> bool:
        found = looked(runs, rule)
        time.sleep(0.2)  # long enough for the other one to look as well, if nothing holds it
        return found

    def start(_: int) -> str:
        begins.wait(60)
        try:
            return desk(site).start("share").state
        except RefusedError as refused:
            return refused.problems[0].code

    monkeypatch.setattr(RuleRuns, "at_work", slowly)
    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(start, range(2)))

    assert said == ["busy", "running"]
    assert len(desk(site).runs()) == 1


def test_only_records_created_since_are_looked_at(site: Site) -> None:
    old_leads(site, {"name": "old"})
    move_clock(site, days=1)

    assert desk(site).try_out("graded", timedelta(days=30)).records == 0
    assert desk(site).try_out("graded", timedelta(days=365)).records == 1


@pytest.mark.parametrize(
    ("rule", "code"), [("nope", "not_found"), ("big", "not_applicable"), ("sea", "not_applicable")]
)
def test_what_changes_no_records_is_refused_with_a_cure(site: Site, rule: str, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        desk(site).start(rule)
    assert (refused.value.problems[0].code, bool(refused.value.problems[0].cure)) == (code, True)


def test_a_run_is_taken_back_once_and_only_by_administrators(site: Site) -> None:
    old_leads(site, {"name": "a"})
    run = done(site, "graded")
    seller = Actor("someone", frozenset({"sales"}))
    with pytest.raises(RefusedError, match="administrators"):
        desk(site, seller).undo(run.id)
    taken_back(site, run)
    with pytest.raises(RefusedError, match="undone"):
        desk(site).undo(run.id)


@pytest.fixture
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let a run do one record in each transaction: eight of ten are done when its job is given up."""
    monkeypatch.setattr(at_work, "STEP", 1)
    return monkeypatch


def stopped(site: Site, rule: str, monkeypatch: pytest.MonkeyPatch) -> RuleRun:
    run = desk(site).start(rule)
    fail_for_good(site, monkeypatch)
    return the(site, run)


def the(site: Site, run: RuleRun) -> RuleRun:
    return next(one for one in desk(site).runs() if one.id == run.id)


def test_a_run_that_fails_for_good_says_so_and_the_rule_can_be_applied_again(
    site: Site, step_by_step: pytest.MonkeyPatch
) -> None:
    old_leads(site, *({"name": str(n)} for n in range(10)))

    run = stopped(site, "graded", step_by_step)

    assert (run.state, run.counts["changed"], run.error) == ("stopped", 8, "ValueError: not today")
    assert done(site, "graded").counts["changed"] == 2
    assert the(site, run).state == "stopped"


def test_what_a_stopped_run_had_done_is_taken_back(
    site: Site, step_by_step: pytest.MonkeyPatch
) -> None:
    made(site, "user", name="Ann", roles=["sales"])
    old_leads(site, *({"name": str(n)} for n in range(10)))
    run = stopped(site, "share", step_by_step)
    assert owners_of(site) == {"": 2, "Ann": 8}

    undone = taken_back(site, run)

    assert (undone.state, undone.counts["restored"], undone.error) == ("undone", 8, "")
    assert owners_of(site) == {"": 10}


def test_an_undo_that_failed_for_good_goes_on_where_it_stopped(
    site: Site, step_by_step: pytest.MonkeyPatch
) -> None:
    made(site, "user", name="Ann", roles=["sales"])
    old_leads(site, *({"name": str(n)} for n in range(10)))
    run = done(site, "share")
    desk(site).undo(run.id)
    with pytest.raises(RefusedError, match="undoing"):
        desk(site).undo(run.id)
    fail_for_good(site, step_by_step)
    half = the(site, run)
    assert (half.state, half.counts["restored"], half.error) == (
        "half_undone",
        8,
        "ValueError: not today",
    )

    undone = taken_back(site, run)

    assert (undone.state, undone.counts["restored"], undone.counts.get("left", 0)) == (
        "undone",
        10,
        0,
    )
    assert owners_of(site) == {"": 10}
    with pytest.raises(RefusedError, match="undone"):
        desk(site).undo(run.id)


def test_taking_back_costs_no_statements_per_record(site: Site) -> None:
    made(site, "user", name="Ann", roles=["sales"])
    few = statements_of_taking_back(site, 2)

    many = statements_of_taking_back(site, 60)

    assert many < few + 20


def statements_of_taking_back(site: Site, leads: int) -> int:
    """Share new leads, take that back, and return how many statements the step took."""
    old_leads(site, *({"name": str(n)} for n in range(leads)))
    run = done(site, "share")
    with site.storage.looking() as connection:
        touched = list(RuleRuns(connection).touched(run.id, None, 100))
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with site.writes.unit(site.system_context("job"), site.model) as unit:
            counts = at_work.take_back(unit, run, touched)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert counts == {"restored": len(touched), "left": 0}
    return len(seen)
