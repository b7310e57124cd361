"""A merge, a conversion and a rule's run are taken back although what they changed is called otherwise since."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from fieldstone.actions.contract import Call, Result
from fieldstone.actions.running import run
from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Change, Operation
from fieldstone.storage.timers import fs_timer
from tests.evolution.world import Process

LEAD = ["objects", "lead"]


def rename(process: Process, *renames: tuple[list[str], str]) -> None:
    documents = process.documents
    for path, code in renames:
        documents = documents.renamed(path, code)
    process.apply(documents=documents)


def act(
    process: Process,
    name: str,
    object_name: str,
    record_id: str,
    who: Actor = SYSTEM_ACTOR,
    **params: object,
) -> Result:
    site, ctx = process.site, process.ctx.acting_as(who)
    call = Call(ctx, site.model, object_name, record_id, params, site.reads, site.writes)
    return run(site.vocabulary.actions, name, call)


def a_lead(process: Process, **values: object) -> str:
    given = {"name": "王小明", "budget": "5000", **values}
    change = Change("lead", Operation.CREATE, given, trusted=True, skip_rules=True)
    (outcome,) = process.site.writes.submit(process.ctx, process.site.model, [change])
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)


@pytest.fixture
def channel(process: Process) -> str:
    return process.write("channel", name="Website", code="website", kind="own")


RENAMED: list[tuple[list[str], str]] = [
    ([*LEAD, "fields", "company"], "employer"),
    ([*LEAD, "fields", "need"], "wish"),
    (["objects", "activity", "fields", "lead"], "about"),
    ([*LEAD, "fields", "lost_reason", "options", "competitor"], "rival"),
    ([*LEAD, "stages", "pipelines", "standard", "stages", "new"], "fresh"),
    (LEAD, "prospect"),
]


def test_an_undone_merge_gives_back_what_was_renamed_since(process: Process, channel: str) -> None:
    first = a_lead(process, mobile="13800130001", channel=channel)
    values = {"company": "静新软件", "need": "Seats", "lost_reason": "competitor"}
    second = a_lead(process, mobile="13800130002", channel=channel, **values)
    call = process.write("activity", kind="call", subject="Called", lead=second)
    act(process, "merge", "lead", first, **{"with": second})
    assert process.read("lead", first)["company"] == "静新软件"

    rename(process, *RENAMED)
    act(process, "unmerge", "prospect", first)

    rows = [process.read("prospect", one) for one in (first, second)]
    assert [(row["employer"], row["wish"], row["lost_reason"]) for row in rows] == [
        (None, None, None),
        ("静新软件", "Seats", "rival"),
    ]
    assert process.read("activity", call)["about"] == second


def test_what_was_changed_after_the_rename_stays(process: Process, channel: str) -> None:
    first = a_lead(process, mobile="13800130001", channel=channel)
    second = a_lead(
        process, mobile="13800130002", channel=channel, company="静新软件", need="Seats"
    )
    act(process, "merge", "lead", first, **{"with": second})

    rename(process, *RENAMED)
    process.write("prospect", first, wish="Something else")
    act(process, "unmerge", "prospect", first)

    row = process.read("prospect", first)
    assert (row["employer"], row["wish"]) == (None, "Something else")


def test_an_undone_conversion_gives_back_what_was_renamed_since(
    process: Process, channel: str
) -> None:
    there = process.write("customer", name="West Lake")
    owner = process.write("user", name="Li", email="li@example.com", roles=["sales"])
    values: dict[str, Any] = {
        "company": "西湖科技",
        "need": "CRM",
        "website": "https://westlake.cn",
    }
    lead = a_lead(process, mobile="13800130001", channel=channel, owner=owner, **values)
    call = process.write("activity", kind="call", subject="Called", lead=lead, minutes=5)
    assert process.read("lead", lead)["stage"] == "new"
    act(process, "convert", "lead", lead, use={"customer": there})
    assert process.read("customer", there)["website"] == "https://westlake.cn"

    rename(
        process,
        (["objects", "customer", "fields", "website"], "homepage"),
        ([*LEAD, "fields", "converted_at"], "won_at"),
        (["objects", "activity", "fields", "opportunity"], "deal"),
        ([*LEAD, "stages", "pipelines", "standard", "stages", "new"], "fresh"),
        (LEAD, "prospect"),
    )
    act(process, "undo_convert", "prospect", lead)

    row = process.read("prospect", lead)
    assert (row["stage"], row["won_at"], row["customer"]) == ("fresh", None, None)
    assert process.read("customer", there)["homepage"] is None
    assert process.read("activity", call)["deal"] is None


def test_a_conversion_that_waits_is_confirmed_with_what_was_typed(
    process: Process, channel: str
) -> None:
    owner = process.write("user", name="Li", email="li@example.com", roles=["sales"])
    values = {"company": "西湖科技", "need": "CRM", "owner": owner, "budget": "2000000"}
    lead = a_lead(process, mobile="13800130001", channel=channel, **values)
    act(process, "convert", "lead", lead, values={"opportunity": {"name": "West Lake CRM"}})
    boss = process.write("user", name="Boss", email="boss@example.com", roles=["admin"])

    rename(process, (["objects", "opportunity", "fields", "name"], "topic"), (LEAD, "prospect"))
    made = act(
        process,
        "check_conversion",
        "prospect",
        lead,
        Actor(boss, frozenset({"admin"}), "Boss"),
        accept=True,
    ).others

    assert process.read("opportunity", made["opportunity"])["topic"] == "West Lake CRM"


def test_an_undone_merge_gives_the_times_back_of_rules_that_are_called_otherwise_since(
    process: Process, channel: str
) -> None:
    owner = process.write("user", name="Li", email="li@example.com", roles=["sales"])
    leads = []
    for mobile in ("13800130001", "13800130002"):
        given = {"name": "王小明", "channel": channel, "mobile": mobile, "owner": owner}
        change = Change("lead", Operation.CREATE, given, trusted=True)
        (outcome,) = process.site.writes.submit(process.ctx, process.site.model, [change])
        leads.append(str(outcome.record_id))
    before = timed(process)
    assert ("follow_up_in_time", leads[1]) in before
    act(process, "merge", "lead", leads[0], **{"with": leads[1]})

    rename(process, (["rules", "follow_up_in_time"], "call_back"))
    act(process, "unmerge", "lead", leads[0])

    called = {"follow_up_in_time": "call_back"}
    assert timed(process) == {(called.get(rule, rule), record) for rule, record in before}


def timed(process: Process) -> set[tuple[str, str]]:
    """Return the rules whose time runs, each with its record."""
    with process.site.storage.connection() as connection:
        return {
            (rule, record)
            for rule, record in connection.execute(select(fs_timer.c.rule, fs_timer.c.record))
        }
