"""Automations act once on an event; validations hold on the final values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fieldstone.rules import automation, validation
from fieldstone.rules.contract import Person
from tests.rules.support import NOW, FakeFacts, a_lead, a_rule, an_update, problems_of, run

TASK: dict[str, Any] = {
    "when": "owner != null",
    "create": {
        "object": "activity",
        "set": {
            "kind": "'task'",
            "subject": {"text": {"en": "Call {name}", "zh": "联系{name}"}},
            "lead": "id",
            "owner": "owner",
            "due_at": {"after": "1 day"},
        },
    },
}
PLAUSIBLE = {
    "that": "budget < 100",
    "message": {"en": "Too much.", "zh": "过大。"},
}


def test_a_task_is_created_for_the_record_that_changed() -> None:
    (draft,) = run(a_rule(automation.KIND, TASK), a_lead(name="王明", owner="ann"))

    (task,) = draft.follow
    assert (task.object_name, task.trusted) == ("activity", True)
    assert task.values == {
        "kind": "task",
        "subject": "Call 王明",
        "lead": "lead-1",
        "owner": "ann",
        "due_at": NOW + timedelta(days=1),
    }
    assert draft.decisions[0].because.zh == "新建活动记录"


def test_a_task_is_written_in_the_language_of_whoever_gets_it_else_the_site_s() -> None:
    people = (Person("ann", "Ann", facts={"language": "zh"}), Person("bo", "Bo"))
    known = FakeFacts(groups={"team:north": people}, user={"language": "en"}, language="zh")
    rule = a_rule(automation.KIND, {**TASK, "when": "true"})

    told = {
        owner: run(rule, a_lead(name="Wang", owner=owner), replace(known, language=site))[0]
        for owner, site in (("ann", "en"), ("bo", "zh"), (None, "en"))
    }

    subjects = {owner: draft.follow[0].values["subject"] for owner, draft in told.items()}
    assert subjects == {"ann": "联系Wang", "bo": "联系Wang", None: "Call Wang"}


def test_a_text_set_on_the_record_follows_the_owner_that_it_gets() -> None:
    people = (Person("ann", "Ann", facts={"language": "zh"}),)
    known = FakeFacts(groups={"team:north": people}, user={"language": "en"})
    need = {"text": {"en": "Call {name}", "zh": "联系{name}"}}
    rule = a_rule(automation.KIND, {"set": {"need": need}})

    hers, nobodys = (
        run(rule, a_lead(name="Wang", owner=owner), known)[0].values["need"]
        for owner in ("ann", None)
    )

    assert (hers, nobodys) == ("联系Wang", "Call Wang")


def test_an_edit_of_a_record_that_met_the_condition_before_does_nothing() -> None:
    again, newly = run(
        a_rule(automation.KIND, TASK),
        [an_update({"owner": "ann"}, need="x"), an_update({"owner": None}, owner="ann")],
    )

    assert again.follow == ()
    assert len(newly.follow) == 1


def test_a_named_change_to_a_named_value_is_the_event() -> None:
    raw = {"changed": {"stage": ["converted"]}, "when": "budget >= 50", "set": {"vip": True}}

    won, other, small = run(
        a_rule(automation.KIND, raw),
        [
            an_update({"stage": "new", "budget": 60}, stage="converted"),
            an_update({"stage": "converted", "budget": 60}, need="x"),
            an_update({"stage": "new", "budget": 1}, stage="converted"),
        ],
    )

    assert won.values["vip"] is True
    assert (other.decisions, small.decisions) == ((), ())


def test_any_change_of_a_field_is_the_event_when_no_value_is_named() -> None:
    raw = {"changed": "region", "set": {"score": "0"}}

    (moved,) = run(
        a_rule(automation.KIND, raw), an_update({"region": "north", "score": 9}, region="south")
    )

    assert moved.values["score"] == 0


def test_people_are_told_and_a_webhook_is_called_through_the_outbox() -> None:
    raw = {
        "notify": {
            "to": ["owner", "role:boss"],
            "by": ["in_page", "email"],
            "message": {"en": "{name} came", "zh": "{name} 来了"},
        },
        "webhook": {
            "url": "https://example.com/x",
            "event": "lead.new",
            "fields": ["name", "budget"],
        },
    }
    known = FakeFacts(
        groups={
            "role:boss": (
                Person("eve", "Eve"),
                Person("gone", "Gone", active=False),
                Person("ann", "Ann"),
            )
        }
    )

    (draft,) = run(a_rule(automation.KIND, raw), a_lead(name="Li", owner="ann"), known)

    assert [(e.channel, e.to) for e in draft.effects] == [
        ("in_page", "ann"), ("email", "ann"), ("in_page", "eve"), ("email", "eve"), ("webhook", "https://example.com/x"),
    ]  # fmt: skip
    assert draft.effects[0].payload["message"] == {"en": "Li came", "zh": "Li 来了"}
    assert draft.effects[-1].payload["fields"] == {"name": "Li", "budget": None}


def test_setting_what_is_there_already_is_no_decision() -> None:
    (draft,) = run(a_rule(automation.KIND, {"set": {"vip": True}}), a_lead(vip=True))

    assert draft.decisions == ()


def test_an_action_can_be_the_event() -> None:
    rule = a_rule(automation.KIND, {"set": {"vip": True}, "on": "convert", "when": "owner != null"})
    plain = an_update({"owner": "ann"}, need="x")
    converted = replace(plain, change=replace(plain.change, action="convert"))

    first, second = run(rule, [plain, converted])

    assert "vip" not in first.values
    assert second.values["vip"] is True


def test_wrong_settings_of_an_automation_are_reported_where_they_stand() -> None:
    raw = {
        "changed": {"stag": "won"},
        "set": {"vip": "budget +", "nothing": 1},
        "create": {"object": "moon", "set": {}},
        "notify": {"to": "nme", "message": "x {nme}"},
        "webhook": {"url": "ftp://x"},
    }

    assert {p.path for p in problems_of(automation.KIND, raw)} == {
        "changed.stag", "set.vip", "set.nothing", "create.object", "notify.to", "notify.message", "webhook.url",
    }  # fmt: skip


def test_a_record_that_breaks_the_condition_is_refused_at_the_field() -> None:
    rule = a_rule(validation.KIND, PLAUSIBLE, code="plausible")

    good, bad = run(rule, [a_lead(budget=5), a_lead("b", budget=500)])

    assert not good.refused
    assert [(p.code, p.path, p.message) for p in bad.problems] == [
        ("plausible", "budget", "Too much.")
    ]


def test_a_missing_value_does_not_meet_a_comparison() -> None:
    (draft,) = run(a_rule(validation.KIND, PLAUSIBLE), a_lead())

    assert draft.refused


def test_an_old_record_does_not_block_an_unrelated_change() -> None:
    rule = a_rule(validation.KIND, PLAUSIBLE)

    unrelated, related = run(
        rule, [an_update({"budget": 500}, need="x"), an_update({"budget": 500}, budget=600)]
    )

    assert [unrelated.refused, related.refused] == [False, True]


def test_a_validation_can_only_warn_and_speaks_the_language_of_the_person() -> None:
    rule = a_rule(validation.KIND, {**PLAUSIBLE, "otherwise": "warn"})

    (draft,) = run(rule, a_lead(budget=500), FakeFacts(user={"language": "zh-CN"}))

    assert not draft.refused
    assert draft.warnings[0].message == "过大。"


def test_without_a_message_the_condition_is_read_back() -> None:
    (draft,) = run(a_rule(validation.KIND, {"that": "budget < 100"}), a_lead(budget=500))

    assert draft.problems[0].message.startswith("It must hold that Budget")
