"""A very small company whose only business is deadlines and messages, as one process holds it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

import fieldstone.delivery
from fieldstone.base.clock import utc_now
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.compiler.compile import Document, Layer, compile_site
from fieldstone.delivery.contract import Channel
from fieldstone.evolution.bring_up import bring_up
from fieldstone.extensions.builtin import members
from fieldstone.jobs.rq_queue import RqQueue
from fieldstone.jobs.table_queue import TableQueue
from fieldstone.model.site_model import Model
from fieldstone.site import Site, Vocabulary
from fieldstone.storage.database import Storage
from fieldstone.storage.database_clock import database_now
from fieldstone.storage.outbox import fs_outbox
from fieldstone.storage.queue import fs_job
from fieldstone.storage.timers import fs_timer
from fieldstone.worker.long_work import TRIES, do_next_job, jobs_due
from fieldstone.worker.runs import Run
from tests.builders import field_types, rule_kinds

USER = """
object: user
fields: {name: text, email: email, roles: tags, active: boolean, language: text}
"""
LEAD = """
object: lead
ownership: {owner: optional}
fields: {name: text, hook: text, recalls: {type: integer, default: 0}, limit: {type: integer, min: 0, max: 3}}
"""
RULES = """
rules:
  follow_up:
    kind: deadline
    object: lead
    label: {en: Follow-up, zh: 跟进}
    starts: created_at
    within: 1 hour
    when: "recalls == 0"
    then: {set: {recalls: "recalls + 1"}, notify: owner}
  tell:
    kind: automation
    object: lead
    label: {en: Tell, zh: 通知}
    "on": [create]
    notify: {to: owner, message: {en: A lead is yours, zh: 您有新线索}}
"""
ROLES = "roles: {admin: {administrator: true}, sales: Sales}"


@cache
def the_model() -> Model:
    """Return the compiled company."""
    documents = (
        Document("metadata/user.yaml", USER),
        Document("metadata/lead.yaml", LEAD),
        Document("metadata/site.yaml", ROLES),
        Document("rules/all.yaml", RULES),
    )
    return compile_site([Layer("core", documents)], field_types(), rule_kinds())


class Clock:
    """The business clock, moved by hand; stands where the machine stands when nobody moves it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


def a_site(database_url: str, redis_url: str | None = None, **channels: Channel) -> Site:
    """Return the company as one process holds it."""
    settings = Settings(Path.cwd(), database_url, redis_url, "k" * 32, webhook_internal=True)
    storage = Storage(database_url, secret_key=settings.secret_key)
    model, _ = bring_up(storage, the_model(), datetime.now(UTC))
    queue = RqQueue(storage, redis_url) if redis_url else TableQueue(storage)
    words = Vocabulary(
        field_types(), rule_kinds(), {}, {**members(fieldstone.delivery, "CHANNEL"), **channels}
    )
    return Site(settings, words, storage, model, Clock(), queue)


def move_clock(site: Site, **by: float) -> None:
    """Let business time pass."""
    clock = site.clock
    assert isinstance(clock, Clock)
    clock.ahead += timedelta(**by)


def a_person(site: Site, name: str = "Li", **values: object) -> str:
    """Create somebody and return the id."""
    email = f"{name.lower()}@example.com"
    usual = {"name": name, "email": email, "roles": ["admin"], "active": True}
    return created(site, "user", **{**usual, **values})


def created(site: Site, object_name: str, **values: object) -> str:
    """Create a record as the system and return its id."""
    change = Change(object_name, Operation.CREATE, values, trusted=True)
    (outcome,) = site.writes.submit(site.system_context("test"), site.model, [change])
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)


def leads_of(site: Site, owner: str, count: int) -> list[str]:
    """Create leads in one transaction and return their ids."""
    changes = [
        Change("lead", Operation.CREATE, {"name": f"Lead {n}", "owner": owner}, trusted=True)
        for n in range(count)
    ]
    outcomes = site.writes.submit(site.system_context("test"), site.model, changes)
    return [str(outcome.record_id) for outcome in outcomes]


def let_the_lease_run_out(site: Site) -> None:
    """Let every job be due, whoever has it."""
    with site.storage.connection() as connection:
        past = database_now(connection) - timedelta(seconds=1)
        connection.execute(update(fs_job).values(due=past))


def fail_for_good(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work on the next job until it is given up; each try does one step, then fails."""
    with monkeypatch.context() as broken:
        broken.setattr(Run, "pause", _fails)
        broken.setattr(Run, "note", _fails)
        for _ in range(TRIES):
            assert do_next_job(site, threading.Event())
            let_the_lease_run_out(site)
    assert not jobs_due(site)


def _fails(run: Run, **told: object) -> None:
    raise ValueError("not today")


def rows(site: Site, object_name: str, ids: list[str]) -> Mapping[str, Mapping[str, object]]:
    """Return stored rows by id."""
    with site.storage.reading(site.storage.use(site.model), site.system_context("test")) as reader:
        return reader.rows(object_name, ids)


def states(site: Site) -> dict[str, int]:
    """Return how many messages are in each state."""
    with site.storage.looking() as connection:
        asked = select(fs_outbox.c.state, func.count()).group_by(fs_outbox.c.state)
        return {state: count for state, count in connection.execute(asked)}  # noqa: C416 - a Row is no pair to mypy


def timers_left(site: Site) -> int:
    """Return how many timers stand."""
    with site.storage.looking() as connection:
        return connection.execute(select(func.count()).select_from(fs_timer)).scalar_one()


def with_mail(site: Site, host: str, port: int) -> Site:
    """Return the site with a mail server."""
    settings = replace(site.settings, mail_host=host, mail_port=port)
    return Site(settings, site.vocabulary, site.storage, site.model, site.clock, site.queue)
