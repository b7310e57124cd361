"""Two records become one with everything that hangs on them, and two again, exactly as they were."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import SYSTEM_ACTOR
from fieldstone.storage.counters import fs_ledger
from fieldstone.storage.database import Storage
from fieldstone.storage.journal import fs_owner_span, fs_stage_history
from fieldstone.storage.outbox import fs_outbox
from fieldstone.storage.platform_tables import PLATFORM
from fieldstone.storage.resealing import reseal
from fieldstone.storage.site_state import fs_rule
from fieldstone.storage.timers import fs_timer
from fieldstone.worker.timers import act_on_due_timers
from fieldstone.writes.pipeline import Writes
from tests.actions.acting import a_lead, act, refusal, with_rules
from tests.company import Company, site_of
from tests.invariants import breaches

# What a write leaves behind by itself, and what an undo therefore adds to.
GROWS = {"fs_audit", "fs_chain", "fs_merge", "fs_merge_item", "fs_outbox", "fs_match_key"}
STAMPS = {"version", "updated_at", "updated_by"}


def a_call(company: Company, lead: str, subject: str = "Called", **values: object) -> str:
    made = company.create("activity", "admin", kind="call", subject=subject, lead=lead, **values)
    assert not made.problems, made.problems
    return str(made.record_id)


def two_leads(company: Company) -> tuple[str, str]:
    """Return a lead and a second one of the same person, each with values of its own."""
    first = a_lead(company, name="张伟", email="zhang@jingxin.example", tags=["vip"])
    values = {"company": "静新软件", "tags": ["vip", "expo"], "need": "Dispatch for 60 seats"}
    second = a_lead(company, owner="wang", name="张玮", **values)
    return first, second


def everything(company: Company) -> dict[str, list[Mapping[str, Any]]]:
    """Return every row of the database but for what grows with any write."""
    tables = company.storage.use(company.model)
    found: dict[str, list[Mapping[str, Any]]] = {}
    with company.storage.looking() as connection:
        for name, table in PLATFORM.tables.items():
            if name not in GROWS:
                rows = [dict(row) for row in connection.execute(select(table)).mappings()]
                found[name] = sorted(rows, key=str)
        for code, held in tables.objects.items():
            columns = [c for n, c in held.columns.items() if n not in STAMPS]
            rows = [dict(row) for row in connection.execute(select(*columns)).mappings()]
            found[code] = sorted(rows, key=str)
    return found


def rows_of(company: Company, table: Any, record: str) -> list[Any]:
    with company.storage.looking() as connection:
        return list(connection.execute(select(table).where(table.c.record == record)))


def test_the_record_that_stays_keeps_its_values_and_fills_its_gaps(company: Company) -> None:
    first, second = two_leads(company)

    result = act(company, "admin", "merge", first, **{"with": second})

    assert result.others["gone"] == second
    row = company.row("lead", first)
    assert (row["name"], row["email"]) == ("张伟", "zhang@jingxin.example")
    assert (row["company"], row["need"]) == ("静新软件", "Dispatch for 60 seats")
    assert row["tags"] == ("vip", "expo")
    assert company.row("lead", second)["deleted_at"] is not None
    assert breaches(company.storage, company.model) == []


def test_activities_files_spans_stages_and_points_move_with_it(company: Company) -> None:
    first, second = two_leads(company)
    call = a_call(company, second)
    company.update("lead", second, budget="90000", stage="contacted")
    spans, stages = (
        rows_of(company, fs_owner_span, second),
        rows_of(company, fs_stage_history, second),
    )
    assert spans
    assert stages

    act(company, "admin", "merge", first, **{"with": second})

    assert company.row("activity", call)["lead"] == first
    assert company.row("lead", first)["calls"] == 1
    assert {one.id for one in spans} <= {one.id for one in rows_of(company, fs_owner_span, first)}
    kept = {one.id for one in rows_of(company, fs_stage_history, first)}
    assert {one.id for one in stages} <= kept
    for table in (fs_owner_span, fs_stage_history, fs_ledger, fs_timer):
        assert rows_of(company, table, second) == []
    assert len([one for one in rows_of(company, fs_owner_span, first) if one.until is None]) == 1
    assert breaches(company.storage, company.model) == []


def test_a_merge_taken_back_at_once_leaves_everything_as_it_was(company: Company) -> None:
    first, second = two_leads(company)
    a_call(company, first, "One")
    a_call(company, second, "Two")
    for lead in (first, second):  # what is to be planned for a good lead is planned already
        company.update("lead", lead, industry="logistics", region="east", need="Seats", company="A")
    company.update("lead", second, budget="90000", stage="contacted")
    before = everything(company)

    act(company, "admin", "merge", first, **{"with": second}, choose={"name": "other"})
    assert company.row("lead", first)["name"] == "张玮"
    act(company, "admin", "unmerge", first)

    after = everything(company)
    # What was decided is told for ever: that the two were one for a moment.
    assert all(one in after["fs_decision"] for one in before["fs_decision"])
    del after["fs_decision"], before["fs_decision"]
    assert {n: r for n, r in after.items() if r != before[n]} == {}
    assert breaches(company.storage, company.model) == []


def test_a_task_that_a_rule_planned_because_of_the_merge_goes_with_the_undo(
    company: Company,
) -> None:
    first = a_lead(company, name="A", email="a@example.com", need="Seats")
    second = a_lead(company, name="B", company="静新软件", industry="logistics", region="east")
    tasks = len(company.storage_rows("activity"))

    act(company, "admin", "merge", first, **{"with": second})
    assert len(company.storage_rows("activity")) == tasks + 1
    act(company, "admin", "unmerge", first)

    assert len(company.storage_rows("activity")) == tasks


def test_what_was_changed_since_the_merge_stays_after_the_undo(company: Company) -> None:
    first, second = two_leads(company)
    call = a_call(company, second)
    act(company, "admin", "merge", first, **{"with": second})
    later = a_call(company, first, "After the merge")
    third = a_lead(company, name="Third")
    company.update("activity", call, lead=third)
    company.update("lead", first, need="Something else")

    message = act(company, "admin", "unmerge", first).message.en

    row = company.row("lead", first)
    assert row["need"] == "Something else"
    assert "Need" in message
    assert row["company"] is None
    assert company.row("activity", later)["lead"] == first
    assert company.row("activity", call)["lead"] == third
    assert company.row("lead", second)["need"] == "Dispatch for 60 seats"
    assert breaches(company.storage, company.model) == []


def test_a_unique_value_of_the_record_that_goes_comes_over_and_goes_back(company: Company) -> None:
    first = a_lead(company, name="A")
    second = a_lead(company, name="B", external_id="X-7")

    act(company, "admin", "merge", first, **{"with": second})
    assert company.row("lead", first)["external_id"] == "X-7"
    act(company, "admin", "unmerge", first)

    assert company.row("lead", first)["external_id"] is None
    assert company.row("lead", second)["external_id"] == "X-7"


def test_a_secret_comes_over_sealed_and_goes_back(company: Company) -> None:
    first = str(company.create("customer", name="One").record_id)
    second = str(company.create("customer", name="Two", tax_number="91310000").record_id)

    act(company, "admin", "merge", first, "customer", **{"with": second})

    assert secret(company, first) == "91310000"
    with company.storage.looking() as connection:
        for name in ("fs_merge", "fs_merge_item", "fs_audit"):
            rows = connection.execute(select(PLATFORM.tables[name])).all()
            assert "91310000" not in str(rows)
    act(company, "admin", "unmerge", first, "customer")
    assert (secret(company, first), secret(company, second)) == (None, "91310000")


def test_a_merge_is_undone_after_the_secret_key_was_changed(company: Company) -> None:
    first = str(company.create("customer", name="One", tax_number="44000000").record_id)
    second = str(company.create("customer", name="Two", tax_number="91310000").record_id)
    choice = {"with": second, "choose": {"tax_number": "other"}}
    act(company, "admin", "merge", first, "customer", **choice)
    with company.storage.looking() as connection:
        url = connection.engine.url.render_as_string(hide_password=False)
    renewed = Storage(url, secret_key="n" * 32, old_secret_key="k" * 32)
    assert reseal(renewed, company.model) > 2
    assert reseal(renewed, company.model) == 0
    renewed.close()

    alone = Storage(url, secret_key="n" * 32)
    later = replace(company, storage=alone, writes=Writes(alone))
    act(later, "admin", "unmerge", first, "customer")

    assert (secret(later, first), secret(later, second)) == ("44000000", "91310000")
    alone.close()


def secret(company: Company, record_id: str) -> object:
    tables = company.storage.use(company.model)
    with company.storage.reading(tables, company.context()) as reader:
        return reader.rows("customer", [record_id], unseal=True)[record_id]["tax_number"]


def test_a_company_does_not_become_its_own_parent(company: Company) -> None:
    first = str(company.create("customer", name="Branch").record_id)
    top = str(company.create("customer", name="Top").record_id)
    second = str(company.create("customer", name="Head", parent=top).record_id)
    branch = str(company.create("customer", name="Sub", parent=second).record_id)
    company.update("customer", first, parent=second)

    act(company, "admin", "merge", first, "customer", **{"with": second})

    assert company.row("customer", first)["parent"] == top
    assert company.row("customer", branch)["parent"] == first
    act(company, "admin", "unmerge", first, "customer")
    assert company.row("customer", first)["parent"] == second
    assert company.row("customer", branch)["parent"] == second


def test_deals_of_the_customer_that_goes_and_their_totals_come_over(company: Company) -> None:
    first = str(company.create("customer", name="One").record_id)
    second = str(company.create("customer", name="Two").record_id)
    deal = company.create("opportunity", name="Deal", customer=second, amount="1000")
    assert not deal.problems, deal.problems

    act(company, "admin", "merge", first, "customer", **{"with": second})

    assert company.row("opportunity", deal.record_id)["customer"] == first
    assert company.row("customer", first)["open_deals"] == 1
    act(company, "admin", "unmerge", first, "customer")
    assert company.row("customer", first)["open_deals"] == 0
    assert company.row("customer", second)["open_deals"] == 1


def test_an_unowned_record_takes_the_owner_of_the_one_that_goes(company: Company) -> None:
    first = a_lead(company, owner=None, pool="public_pool")
    second = a_lead(company, owner="wang")

    act(company, "admin", "merge", first, **{"with": second})

    row = company.row("lead", first)
    assert (row["owner"], row["pool"]) == (company.ids["wang"], None)
    assert breaches(company.storage, company.model) == []


def test_the_rule_chooses_the_converted_record(company: Company) -> None:
    first, second = two_leads(company)
    act(company, "wang", "convert", second)

    result = act(company, "admin", "merge", first, **{"with": second}, keep="rule")

    assert result.outcome.record_id == second
    assert company.row("lead", second)["stage"] == "converted"


def test_who_may_not_change_both_merges_nothing(company: Company) -> None:
    first, second = two_leads(company)

    assert refusal(company, "li", "merge", first, **{"with": second})[0] == 404
    assert refusal(company, "li", "merge", second, **{"with": first})[0] == 404
    assert company.row("lead", second)["deleted_at"] is None


def test_a_version_that_was_overtaken_is_refused(company: Company) -> None:
    first, second = two_leads(company)
    company.update("lead", second, budget="1")

    status, problem = refusal(
        company, "admin", "merge", first, **{"with": second}, versions={second: 1}
    )

    assert (status, problem.code) == (412, "stale")


def test_a_dry_run_tells_and_writes_nothing(company: Company) -> None:
    first, second = two_leads(company)
    before = everything(company)
    ctx = replace(company.context("admin"), dry_run=True)
    from fieldstone.actions.contract import Call
    from fieldstone.actions.running import run
    from fieldstone.reads.door import Reads
    from tests.actions.acting import ACTIONS

    reads = Reads(company.storage)
    call = Call(ctx, company.model, "lead", first, {"with": second}, reads, company.writes)
    assert run(ACTIONS, "merge", call).outcome.record["company"] == "静新软件"

    assert everything(company) == before


def test_an_undo_is_refused_after_its_time_or_out_of_order(company: Company) -> None:
    first, second = two_leads(company)
    third = a_lead(company, name="Third")
    act(company, "admin", "merge", first, **{"with": second})
    act(company, "admin", "merge", third, **{"with": first})
    company.now += timedelta(days=31)

    assert refusal(company, "admin", "unmerge", third)[1].code == "too_late"
    company.now -= timedelta(days=2)
    assert act(company, "admin", "unmerge", third).others["restored"] == first
    assert act(company, "admin", "unmerge", first).others["restored"] == second
    assert refusal(company, "admin", "unmerge", first)[0] == 404


def test_of_two_merges_of_the_same_pair_at_once_one_succeeds(company: Company) -> None:
    first, second = two_leads(company)

    def merge(turn: int) -> bool:
        pair = (first, second) if turn % 2 else (second, first)
        try:
            act(company, "admin", "merge", pair[0], **{"with": pair[1]})
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(merge, range(4))) == [False] * 3 + [True]
    assert breaches(company.storage, company.model) == []


def test_receivers_hear_of_a_merge_once(company: Company) -> None:
    first, second = two_leads(company)
    a_call(company, second)
    with company.storage.looking() as connection:
        before = len(connection.execute(select(fs_outbox)).all())

    act(company, "admin", "merge", first, **{"with": second})

    with company.storage.looking() as connection:
        sent = connection.execute(select(fs_outbox)).all()[before:]
    assert all(one.record == first for one in sent)


def test_the_merge_says_why_in_the_survivors_explanation(company: Company) -> None:
    from fieldstone.reads.door import Reads

    first, second = two_leads(company)
    act(company, "admin", "merge", first, **{"with": second})

    found = Reads(company.storage).explain(
        replace(company.context(), actor=SYSTEM_ACTOR), company.model, "lead", first
    )

    said = [one for one in found or () if one.kind == "merge"]
    assert "Company" in said[0].because.en
    assert "公司" in said[0].because.text("zh")


def deadlines(company: Company, lead: str) -> dict[str, Any]:
    rows = rows_of(company, fs_timer, lead)
    return {one.rule: one.due for one in rows if one.kind == "due"}


def test_of_two_deadlines_the_earlier_one_is_kept_and_it_acts(company: Company) -> None:
    known = {"name": "张伟", "mobile": "13800138000", "channel": company.ids["website"]}
    values = {"owner": company.ids["li"], **known}
    older = str(company.create("lead", **values).record_id)
    early = deadlines(company, older)["follow_up_in_time"]
    company.now += timedelta(hours=1)
    newer = str(company.create("lead", **values).record_id)

    act(company, "admin", "merge", newer, **{"with": older})

    assert deadlines(company, newer)["follow_up_in_time"] == early
    company.now = early + timedelta(minutes=1)
    act_on_due_timers(site_of(company))
    assert company.row("lead", newer)["pool"] == "public_pool"


def test_a_closed_record_takes_over_no_deadline(company: Company) -> None:
    first, _ = two_leads(company)
    company.update("lead", first, "admin", stage="invalid", lost_reason="no_need")
    values = {"name": "张玮", "channel": company.ids["website"], "owner": company.ids["li"]}
    second = str(company.create("lead", **values).record_id)
    assert deadlines(company, second)

    act(company, "admin", "merge", first, **{"with": second})

    assert company.row("lead", first)["stage"] == "invalid"
    assert deadlines(company, first) == {}


def test_points_that_come_together_make_the_score_though_a_changed_rule_waits(
    company: Company,
) -> None:
    first, second = two_leads(company)
    for lead in (first, second):
        company.update("lead", lead, "admin", employees=500)
    company.now += timedelta(days=1)
    with company.storage.connection() as connection:
        mine = update(fs_rule).where(fs_rule.c.code == "lead_scoring")
        connection.execute(mine.values(version=2, changed_at=company.now))
    changed = "rules: {lead_scoring: {items: {own_channel: {points: 40}}}}"
    waiting = with_rules(company, changed)
    waiting = replace(waiting, model=waiting.model.with_rule_versions({"lead_scoring": 2}))

    act(waiting, "admin", "merge", first, **{"with": second})

    assert breaches(company.storage, waiting.model) == []
