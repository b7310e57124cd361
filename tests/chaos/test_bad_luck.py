"""Every case of bad luck that touches leads, and the test that shows what becomes of it.

The numbers are those of the catalogue of rules; the cases that no other file shows are below.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache

import pytest
from sqlalchemy import func, select, text

from fieldstone.access.masks import masked
from fieldstone.actions import ranking
from fieldstone.base.errors import RefusedError
from fieldstone.changes.nouns import SYSTEM_ACTOR, Change, Context, Operation
from fieldstone.compiler.compile import compile_site, read_layer
from fieldstone.evolution.bring_up import bring_up
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.storage.database import Storage
from fieldstone.storage.outbox import fs_outbox
from fieldstone.storage.resealing import reseal
from fieldstone.storage.vault import SealError
from fieldstone.worker.dealing import deal
from fieldstone.worker.timers import act_on_due_timers
from fieldstone.writes.pipeline import Writes
from tests.actions.acting import a_lead, act, in_the_pool, with_rules
from tests.builders import ROOT, a_layer, field_types, rule_kinds
from tests.company import NOW, Company, site_of
from tests.invariants import breaches

HERE = "chaos/test_bad_luck.py"
CASES: dict[tuple[int, str], dict[str, tuple[str, ...]]] = {
    (1, "two claims of one lead"): {
        "actions/test_claim.py": ("of_fifty_claims_of_one_lead_exactly_one_succeeds", "a_claim_that_came_too_late_spends_nothing"),
        "attacks/test_crowds.py": ("of_fifty_who_claim_one_lead_one_gets_it_and_the_others_spend_nothing",),
    },
    (2, "quota race across devices"): {
        "attacks/test_crowds.py": ("one_person_in_a_hurry_gets_what_the_day_allows_and_no_more",),
        "actions/test_pools_at_work.py": ("what_a_team_and_the_pool_may_take_together_is_exact",),
        "writes/test_limits.py": ("a_refused_claim_spends_no_quota",),
    },
    (3, "peek loop claim, read, return"): {
        "actions/test_pools_at_work.py": ("claim_read_return_again_and_again_comes_to_an_end", "a_look_is_counted_once_a_day_and_the_looks_run_out"),
    },
    (4, "a batch claim partly fails"): {
        "actions/test_pools_at_work.py": ("of_several_claimed_at_once_each_has_its_answer", "all_or_none_where_that_is_asked", "the_rest_of_a_batch_is_refused_when_the_quota_ends_within"),
    },
    (5, "holding limit against all ways at once"): {
        "writes/test_limits.py": ("fifty_ways_at_once_never_exceed_the_limit",),
        "chaos/test_any_order.py": ("no_law_of_leads_is_broken_in_any_order_on_postgresql",),
    },
    (6, "recall fires while the owner saves a follow-up"): {
        "worker/test_timer_races.py": ("recall_fires_while_owner_saves_a_follow_up_and_the_follow_up_committed_first_wins", "a_follow_up_that_comes_after_the_recall_finds_it_done"),
    },
    (7, "a job runs twice, crashes half way, the clock jumps back"): {
        "worker/test_timer_races.py": ("two_schedulers_never_act_twice", "a_clock_that_jumps_back_does_nothing_twice"),
        "worker/test_long_work.py": ("a_job_of_a_killed_worker_comes_back_after_its_lease_and_repeats_no_step",),
        "chaos/test_under_fire.py": ("nothing_answered_is_lost_or_done_twice_whatever_is_killed",),
    },
    (8, "the scheduler was down for three days"): {
        "worker/test_timer_races.py": ("a_scheduler_that_was_down_for_three_days_gives_grace_and_recalls_within_the_cap",),
        "worker/test_timers.py": ("a_long_stop_does_not_fall_on_everybody_at_once",),
    },
    (9, "never contacted"): {
        "rules/test_deadline.py": ("a_new_owner_starts_the_clock_in_working_hours", "a_lead_without_an_owner_is_never_overdue"),
    },
    (10, "a fake follow-up to reset the clock"): {
        "rules/test_deadline_terms.py": ("only_what_counts_ends_the_obligation", "a_note_that_does_not_count_leaves_the_timers_alone"),
    },
    (11, "clock change, make-up workdays, half days, no working day, slot over midnight"): {
        "base/test_workdays.py": ("bad_luck_11_a_half_day_counts_for_its_own_hours_only", "the_clock_change_neither_gives_nor_takes_working_time", "holidays_are_off_and_make_up_workdays_are_on", "a_slot_over_midnight_joins_the_next_day", "a_calendar_without_hours_is_refused", "a_calendar_of_holidays_only_ends_at_the_horizon"),
    },
    (12, "a rule is edited while records are in flight"): {
        "rules/test_deadline.py": ("a_changed_rule_keeps_running_timers_unless_it_says_recompute",),
        "worker/test_applying.py": ("a_deadline_begins_for_records_that_were_there_and_a_second_run_changes_nothing",),
        "chaos/test_any_order.py": ("no_law_of_leads_is_broken_in_any_order_on_sqlite",),
    },
    (13, "a record fits several pools"): {
        "rules/test_pool_and_claim.py": ("a_record_that_fits_several_pools_goes_to_one_by_precedence_and_says_why",),
    },
    (14, "a pool is deleted, a member leaves a pool"): {
        "evolution/test_pools.py": ("a_pool_in_which_records_lie_cannot_go_and_the_plan_says_how_many",),
        "actions/test_pools_at_work.py": ("records_of_a_pool_that_is_gone_are_moved_on_by_an_administrator", "a_member_who_leaves_the_pool_sees_it_no_more_and_keeps_what_they_claimed"),
    },
    (15, "repeated re-entry"): {
        "rules/test_recycle_and_protection.py": ("what_went_round_often_enough_ends_in_the_archive",),
        "rules/test_lifecycle_transition.py": ("bad_luck_15_one_judgement_too_many_is_for_good",),
        "writes/test_limits.py": ("the_wait_doubles_with_each_time_the_same_person_had_it",),
        "writes/test_scores_at_work.py": ("it_is_judged_once_per_cycle_by_its_owner_or_a_manager_with_a_known_reason",),
    },
    (16, "only one member, and he is in cool-down"): {
        HERE: ("bad_luck_16_a_lead_whose_only_taker_must_wait_is_held_and_given_in_the_end",),
    },
    (17, "all off duty or capped"): {
        "worker/test_dealing.py": ("what_nobody_can_take_waits_and_the_best_leaves_the_queue_first", "who_waits_beyond_the_deadline_goes_to_the_person_named_for_it"),
    },
    (18, "members added, removed, disabled, back from leave"): {
        "rules/test_fair_shares.py": ("people_who_come_and_go_stay_within_two_records_of_their_share", "a_newcomer_is_neither_flooded_nor_does_anybody_begin_anew", "who_was_away_is_not_flooded_when_nothing_is_kept"),
        "rules/test_assignment.py": ("absent_and_inactive_members_are_skipped_and_that_is_said",),
    },
    (19, "bulk import of five thousand"): {
        "rules/test_assignment.py": ("five_thousand_rows_of_one_import_stay_fair_and_ask_little",),
        "worker/test_fair_at_once.py": ("ten_thousand_leads_of_four_processes_are_shared_within_one_of_weights_caps_and_absences",),
        "writes/test_digest.py": ("one_person_gets_one_message_that_tells_all_and_is_as_strong_as_the_strongest",),
    },
    (20, "the owner leaves"): {
        "worker/test_offboarding.py": ("from_that_moment_nobody_signs_in_as_them", "each_kind_goes_to_its_heir_and_what_is_closed_stays", "running_deadlines_go_on_for_the_heir", "an_heir_may_have_had_it_before", "tasks_follow_the_record_they_belong_to_and_none_is_orphaned"),
    },
    (21, "a manager reassigns during approval"): {
        "actions/test_conversions.py": ("the_check_follows_the_record_to_its_new_owner",),
    },
    (22, "duplicate in one batch, two forms at once, two channels"): {
        "rules/test_duplicate.py": ("the_second_row_of_one_batch_is_a_duplicate_of_the_first",),
        "web/intake/test_limits.py": ("case_22_the_same_person_through_two_doors_at_once_is_one_lead",),
        "attacks/test_crowds.py": ("of_several_who_create_the_same_phone_all_but_the_first_are_seen_as_duplicates", "of_several_who_create_one_person_written_in_several_ways_the_others_join_the_first"),
    },
    (23, "duplicate of a converted, deleted, pooled or secret record"): {
        "rules/test_matching.py": ("what_happens_depends_on_the_state_of_the_record_found", "names_are_hidden_where_the_rule_says_so"),
        "rules/test_duplicate.py": ("owner_and_feed_of_the_record_found_are_told_once",),
        "web/rest/test_duplicates.py": ("who_is_known_is_told_masked",),
    },
    (24, "merge with children"): {
        "actions/test_merge.py": ("activities_files_spans_stages_and_points_move_with_it", "a_merge_taken_back_at_once_leaves_everything_as_it_was", "receivers_hear_of_a_merge_once"),
        "actions/test_merge_policies.py": ("a_member_of_a_campaign_leaves_it_once_and_keeps_what_both_said",),
        "web/rest/test_duplicates.py": ("the_id_of_a_merged_record_leads_to_the_survivor", "whoever_writes_to_a_merged_record_is_told_which_one_it_is_part_of"),
    },
    (25, "merge while one is claimed"): {
        HERE: ("bad_luck_25_leads_merged_while_somebody_claims_one_have_one_owner",),
        "actions/test_merge.py": ("of_two_merges_of_the_same_pair_at_once_one_succeeds",),
    },
    (26, "double conversion"): {
        "actions/test_convert.py": ("a_lead_is_not_converted_twice", "of_six_conversions_at_once_one_succeeds"),
    },
    (27, "a conversion fails mid way or over the limit"): {
        "actions/test_convert.py": ("what_cannot_be_made_leaves_nothing_behind",),
        "writes/test_limits.py": ("the_customer_of_a_conversion_meets_the_limit_and_the_lead_stays",),
    },
    (28, "undo of a conversion"): {
        "actions/test_conversions.py": ("what_nobody_touched_is_taken_back_and_the_lead_reopens", "an_undone_lead_is_converted_again"),
        HERE: ("bad_luck_28_after_an_undone_conversion_the_same_person_may_be_imported_again",),
    },
    (29, "a score that flaps at the threshold"): {
        "rules/test_lifecycle_transition.py": ("bad_luck_29_a_score_that_flaps_at_the_threshold_does_not_flap_the_lead",),
        "writes/test_scores_at_work.py": ("a_worker_lets_a_lead_rise_once_it_has_dwelt_long_enough",),
    },
    (30, "late, shuffled, replayed and bot events"): {
        "writes/test_scores_at_work.py": ("bad_luck_30_late_shuffled_and_bot_events_come_to_the_same_score",),
    },
    (31, "decay against new events"): {
        HERE: ("bad_luck_31_points_that_fade_while_events_come_are_neither_lost_nor_counted_twice",),
        "writes/test_scores_at_work.py": ("a_worker_lets_points_fade_when_nobody_touches_the_record",),
    },
    (32, "a scoring rule is changed"): {
        "web/rest/test_scores.py": ("bad_luck_32_a_changed_rule_waits_is_previewed_and_adopted",),
        "rules/test_lifecycle_transition.py": ("bad_luck_32_a_changed_rule_promotes_nobody_before_it_is_adopted",),
    },
    (34, "a note or a bot as first response"): {
        "rules/test_deadline_terms.py": ("only_what_counts_ends_the_obligation",),
        "writes/test_scores_at_work.py": ("bad_luck_30_late_shuffled_and_bot_events_come_to_the_same_score",),
    },
    (36, "an escalation loop, a notice at midnight"): {
        "rules/test_ladder.py": ("at_night_nobody_is_disturbed_but_by_what_is_urgent", "quiet_hours_over_midnight_end_in_the_morning", "what_is_missed_is_told_by_the_step_at_the_due_time"),
    },
    (41, "a backdated result"): {
        HERE: ("bad_luck_41_a_published_ranking_stays_whatever_is_backdated",),
    },
    (42, "the owner changed before the report"): {
        "reports/test_analysis.py": ("what_happened_counts_for_the_owner_of_that_moment",),
    },
    (43, "totals of hidden records"): {
        "reports/test_analysis.py": ("who_sees_fewer_records_counts_and_opens_fewer",),
        "reads/test_twin_worlds.py": ("answers_do_not_depend_on_what_is_hidden",),
    },
    (44, "an encrypted phone"): {
        HERE: ("bad_luck_44_a_sealed_phone_is_found_by_its_number_before_and_after_the_key_is_changed", "bad_luck_44_of_a_masked_phone_the_last_four_digits_are_shown"),
        "reads/test_lists.py": ("a_secret_is_found_by_its_whole_value_and_shown_to_nobody",),
    },
    (45, "import of history"): {
        "actions/test_importing.py": ("past_stages_are_kept_with_their_dates_and_rules_stay_silent",),
    },
    (46, "a lead re-enters a campaign"): {
        HERE: ("bad_luck_46_who_comes_back_gets_no_mail_twice", "bad_luck_46_of_two_merged_leads_the_mail_was_sent_once"),
    },
    (47, "a flood of web forms"): {
        "web/intake/test_limits.py": ("case_47_a_flood_waits_and_another_source_is_served_at_once", "the_queues_of_two_sources_are_emptied_in_turns"),
    },
}  # fmt: skip
TESTS = [
    (f"{number}: {what}", file, name)
    for (number, what), files in CASES.items()
    for file, names in files.items()
    for name in names
]


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def test_every_case_has_its_tests() -> None:
    missing = [one for one in TESTS if f"test_{one[2]}" not in names_in(one[1])]

    assert missing == []


ONE_TAKER = """
rules:
  lead_assignment:
    entries: [{code: li, to: {user: li@example.com}}]
    fallback: {pool: null, hold: {for: 10 days, then: {user: mei@example.com}}}
  follow_up_in_time: {enabled: false}
"""


def freed(company: Company, lead: str) -> None:
    """Take a lead from its owner, into no pool."""
    change = Change("lead", Operation.UPDATE, {"owner": None, "pool": None}, lead, trusted=True)
    company.submit(change, who="system")


def owner(company: Company, lead: str) -> object:
    return company.row("lead", lead)["owner"]


def test_bad_luck_16_a_lead_whose_only_taker_must_wait_is_held_and_given_in_the_end(
    company: Company,
) -> None:
    office = with_rules(company, ONE_TAKER)
    patient, forgotten = a_lead(office, name="王芳"), a_lead(office, name="赵敏")
    freed(office, patient)
    office.update("lead", forgotten, "admin", cooldown_days=60)
    freed(office, forgotten)

    deal(site_of(office))
    assert [owner(office, one) for one in (patient, forgotten)] == [None, None]

    office.now += timedelta(days=4)
    deal(site_of(office))
    assert owner(office, patient) == office.ids["li"]
    assert owner(office, forgotten) is None

    office.now += timedelta(days=7)
    act_on_due_timers(site_of(office))
    assert owner(office, forgotten) == office.ids["mei"]


def at_once(*works: Callable[[], object]) -> list[object]:
    gate = threading.Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


@pytest.mark.parametrize("turn", range(3))
def test_bad_luck_25_leads_merged_while_somebody_claims_one_have_one_owner(
    company: Company, turn: int
) -> None:
    stays, goes = in_the_pool(company, 2)
    wanted = (stays, goes)[turn % 2]

    def claimed() -> bool:
        try:
            act(company, "li", "claim", wanted)
        except RefusedError:
            return False
        return True

    _, got = at_once(lambda: act(company, "admin", "merge", stays, **{"with": goes}), claimed)

    rows = company.storage_rows("lead")
    assert list(rows) == [stays]
    assert rows[stays]["owner"] == (company.ids["li"] if got else None)
    assert breaches(company.storage, company.model) == []


def test_bad_luck_28_after_an_undone_conversion_the_same_person_may_be_imported_again(
    company: Company,
) -> None:
    lead = a_lead(company, mobile="13800138009")
    act(company, "li", "convert", lead)
    act(company, "li", "undo_convert", lead)
    row = {"name": "王小明", "mobile": "138 0013 8009", "channel": company.ids["website"]}

    ctx = company.context("admin", "import")
    (again,) = company.writes.submit(ctx, company.model, [Change("lead", Operation.CREATE, row)])

    assert again.status == 201
    assert [one.code for one in again.warnings] == ["duplicate"]
    assert company.row("lead", lead)["stage"] == "new"
    act(company, "admin", "merge", lead, **{"with": str(again.record_id)})
    assert act(company, "li", "convert", lead)


def test_bad_luck_31_points_that_fade_while_events_come_are_neither_lost_nor_counted_twice(
    company: Company,
) -> None:
    lead = a_lead(company)

    def event(number: int) -> None:
        values = {
            "kind": "form",
            "lead": lead,
            "occurred_at": company.now,
            "event_id": f"e{number}",
        }
        company.submit(Change("engagement", Operation.CREATE, values))

    event(0)
    company.now += timedelta(days=40)
    site = site_of(company)

    at_once(*(lambda n=n: event(n) for n in range(1, 4)), lambda: act_on_due_timers(site))  # type: ignore[misc]

    assert breaches(company.storage, company.model) == []
    before = company.row("lead", lead)["score"]
    act_on_due_timers(site)
    company.submit(Change("lead", Operation.UPDATE, {}, lead, trusted=True))
    assert company.row("lead", lead)["score"] == before


CAMPAIGN = """
rules:
  autumn_mail:
    kind: automation
    object: lead
    when: "urgency == 'high'"
    again: AGAIN
    notify: {to: owner, by: [email], message: {en: Autumn offer, zh: 秋季优惠}}
"""


def mails(company: Company) -> int:
    """Count what the campaign has sent."""
    with company.storage.looking() as connection:
        asked = select(func.count()).select_from(fs_outbox)
        sent = asked.where(fs_outbox.c.topic == "autumn_mail", fs_outbox.c.channel == "email")
        return int(connection.execute(sent).scalar_one())


def comes_back(company: Company, lead: str) -> None:
    """Let a lead leave the campaign's condition and meet it again."""
    for urgency in ("normal", "high"):
        company.update("lead", lead, "admin", urgency=urgency)


def test_bad_luck_46_who_comes_back_gets_no_mail_twice(company: Company) -> None:
    once, later = (
        with_rules(company, CAMPAIGN.replace("AGAIN", one)) for one in ("never", "90 days")
    )
    lead = a_lead(once)
    comes_back(once, lead)
    comes_back(once, lead)
    assert mails(once) == 1

    comes_back(later, lead)
    assert mails(later) == 1  # the gap has not passed
    later.now += timedelta(days=91)
    comes_back(later, lead)
    comes_back(later, lead)

    assert mails(later) == 2


def test_bad_luck_46_of_two_merged_leads_the_mail_was_sent_once(company: Company) -> None:
    office = with_rules(company, CAMPAIGN.replace("AGAIN", "never"))
    stays, goes = a_lead(office), a_lead(office)
    comes_back(office, goes)

    act(office, "admin", "merge", stays, **{"with": goes})
    comes_back(office, stays)

    assert mails(office) == 1


SEALED = "object: lead\nfields: {private_phone: {type: secret, label: {en: Private phone, zh: 私人电话}}}\n"


def test_bad_luck_44_a_sealed_phone_is_found_by_its_number_before_and_after_the_key_is_changed(
    database_url: str,
) -> None:
    layers = [read_layer("core", ROOT), a_layer("site", SEALED)]
    compiled = compile_site(layers, field_types(), rule_kinds())
    ctx = Context(SYSTEM_ACTOR, NOW, "test", "test")

    def found(storage: Storage, number: str) -> list[str]:
        query = Query(filter=f"private_phone == '{number}'")
        return [one.id for one in Reads(storage).list(ctx, model, "lead", query).rows]

    storage = Storage(database_url, secret_key="k" * 32)
    model, _ = bring_up(storage, compiled, NOW)
    writes = Writes(storage)
    (website,) = writes.submit(
        ctx, model, [Change("channel", Operation.CREATE, {"name": "W", "code": "w", "kind": "own"})]
    )
    rows = [
        {"name": name, "channel": website.record_id, "private_phone": number}
        for name, number in (("王芳", "13800138044"), ("赵敏", "13800138045"))
    ]
    first, _ = writes.submit(ctx, model, [Change("lead", Operation.CREATE, row) for row in rows])
    assert found(storage, "13800138044") == [first.record_id]
    storage.close()

    renewed = Storage(database_url, secret_key="n" * 32, old_secret_key="k" * 32)
    assert reseal(renewed, model) == 2
    assert reseal(renewed, model) == 0
    renewed.close()

    alone = Storage(database_url, secret_key="n" * 32)
    assert found(alone, "13800138044") == [first.record_id]
    assert found(alone, "13800138049") == []
    with alone.connection() as connection:
        kept = connection.execute(text("select * from o_lead")).all()
    assert "13800138044" not in repr(kept)
    alone.close()
    stranger = Storage(database_url, secret_key="s" * 32)
    with pytest.raises(SealError):
        reseal(stranger, model)
    stranger.close()


def test_bad_luck_44_of_a_masked_phone_the_last_four_digits_are_shown() -> None:
    assert str(masked("phone", "+8613800138044")) == "138****8044"


def test_bad_luck_41_a_published_ranking_stays_whatever_is_backdated(company: Company) -> None:
    site = site_of(company)

    def office() -> ranking.Office:
        return ranking.Office(site.storage, site.reads, site.model, site.system_context("test"))

    program = ranking.program(site.model, "sales_ranking")
    assert ranking.publish(office(), program) is not None
    before = ranking.edition(office(), program, None)
    customer = company.create("customer", name="Backdated", owner=company.ids["li"]).record_id
    won = {"name": "Late", "customer": customer, "amount": "900000", "closed_on": "2026-10-15"}
    company.submit(
        Change(
            "opportunity",
            Operation.CREATE,
            {**won, "stage": "won", "owner": company.ids["li"]},
            trusted=True,
        ),
        who="system",
    )

    assert ranking.publish(office(), program) is None
    assert ranking.edition(office(), program, None) == before
