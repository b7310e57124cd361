"""Duplicates: stored records, other objects, and rows of one batch."""

from __future__ import annotations

from dataclasses import replace

from fieldstone.rules.contract import Found, Person
from fieldstone.rules.duplicate import KIND
from fieldstone.rules.match_keys import key_plan, match_keys
from tests.rules.support import FakeFacts, a_lead, a_rule, an_update, problems_of, run

MOBILE = "phone:mobile"
RAW = {
    "keys": {
        "mobile": "mobile",
        "person": ["name", "company"],
        "company": {"fields": "company", "as": "company"},
    },
    "against": {
        "lead": {"keys": {"mobile": "mobile", "person": ["name", "company"]}},
        "customer": {
            "keys": {"mobile": "phone", "company": "name"},
            "label": {"en": "Customer", "zh": "客户"},
        },
    },
}


def old_lead(**more: object) -> Found:
    return Found(
        **{"object_name": "lead", "record_id": "old", "title": "王大明", "owner": "bo", **more}
    )  # type: ignore[arg-type]


def with_old(found: Found, key: str = MOBILE, value: str = "8613800138000") -> FakeFacts:
    return FakeFacts(holders={(found.object_name, key, value): (found,)})


def ask(action: str = "alert", **more: object) -> object:
    return a_rule(KIND, {**RAW, "action": action, **more})


def test_a_stored_lead_with_the_same_mobile_is_found_whatever_its_spelling() -> None:
    (draft,) = run(ask(), a_lead(mobile="+86 138-0013-8000"), with_old(old_lead()))

    assert draft.warnings[0].code == "duplicate"
    assert draft.warnings[0].path == "mobile"
    assert draft.decisions[0].because.en == "Lead 王** has the same Mobile"
    assert draft.decisions[0].because.zh == "Lead“王**”的手机相同"
    assert "王大明" not in str(draft.decisions)


def test_a_block_refuses_unless_the_person_adds_it_anyway() -> None:
    lead = a_lead(mobile="+8613800138000")
    anyway = replace(lead, change=replace(lead.change, allow_duplicate=True))

    refused, added = (run(ask("block"), one, with_old(old_lead()))[0] for one in (lead, anyway))

    assert refused.refused
    assert not added.refused
    assert added.warnings


def test_where_nobody_may_override_adding_anyway_is_refused_too() -> None:
    lead = a_lead(mobile="+8613800138000")
    anyway = replace(lead, change=replace(lead.change, allow_duplicate=True))

    (draft,) = run(ask("block", may_override=False), anyway, with_old(old_lead()))

    assert draft.refused


def test_a_linked_lead_is_taken_by_the_existing_one() -> None:
    (draft,) = run(ask("link"), a_lead(mobile="+8613800138000"), with_old(old_lead()))

    assert draft.attached_to == "old"


def test_a_customer_is_never_taken_for_the_lead_itself() -> None:
    customer = old_lead(object_name="customer", title="西湖科技")
    known = with_old(customer, "company:name", "杭州西湖科技")

    (draft,) = run(ask("link"), a_lead(company="杭州西湖科技有限公司"), known)

    assert draft.attached_to is None
    assert draft.decisions[0].because.zh == "客户“西**”的公司相同"


def test_the_second_row_of_one_batch_is_a_duplicate_of_the_first() -> None:
    first, second, other = run(
        ask("block"),
        [a_lead("a", mobile="138 0000"), a_lead("b", mobile="1380000"), a_lead("c", mobile="9")],
    )

    assert [first.refused, second.refused, other.refused] == [False, True, False]
    assert second.decisions[0].candidates[0].id == "a"


def test_rows_after_a_refused_row_are_compared_with_what_will_be_stored() -> None:
    known = with_old(old_lead(), value="1")
    rule = ask("block", keys={"mobile": "mobile"}, against={"lead": {}})

    blocked, again = run(rule, [a_lead("a", mobile="1"), a_lead("b", mobile="1")], known)

    assert blocked.decisions[0].candidates[0].id == again.decisions[0].candidates[0].id == "old"


def test_the_whole_batch_is_looked_up_with_one_question() -> None:
    known = FakeFacts()

    run(
        ask(), [a_lead(f"l{n}", mobile=str(n), name="x", company=str(n)) for n in range(500)], known
    )

    assert known.asked["found"] == 1


def test_an_update_is_compared_only_when_it_changes_a_key_and_never_with_itself() -> None:
    known = with_old(old_lead(record_id="lead-1"))
    untouched, itself = run(
        ask(),
        [an_update({"mobile": "+8613800138000"}, need="x"), an_update({}, mobile="+8613800138000")],
        known,
    )

    assert (untouched.decisions, itself.decisions) == ((), ())


def test_records_in_states_that_do_not_count_are_passed_over() -> None:
    rule = ask("block", counts=["open", "pooled"])

    lost, pooled = (
        run(rule, a_lead(mobile="+8613800138000"), with_old(found))[0]
        for found in (old_lead(stage_kind="lost"), old_lead(stage_kind="lost", pool="public_pool"))
    )

    assert [lost.refused, pooled.refused] == [False, True]


def test_owner_and_feed_of_the_record_found_are_told_once() -> None:
    rule = ask(
        notify_owner=True,
        feed={
            "create": "activity",
            "link": {"customer": "customer"},
            "values": {"kind": "note"},
            "subject": "subject",
        },
    )
    customer = old_lead(object_name="customer", record_id="c1")
    bo = Person("bo", "Bo", facts={"language": "zh"})
    known = replace(with_old(customer, "phone:phone", "1"), groups={"team:north": (bo,)})

    first, second = run(rule, [a_lead("a", mobile="1"), a_lead("b", mobile="1", name="x")], known)

    assert [(e.to, e.topic) for e in first.effects] == [("bo", "duplicate")]
    assert second.effects == ()
    assert first.follow[0].object_name == "activity"
    assert first.follow[0].values["customer"] == "c1"
    assert first.follow[0].values["kind"] == "note"
    assert first.follow[0].values["subject"].startswith("新录入的数据与此重复：")


def test_the_record_found_is_written_into_a_field() -> None:
    (draft,) = run(ask(into="duplicate_of"), a_lead(mobile="+8613800138000"), with_old(old_lead()))

    assert draft.values["duplicate_of"] == "old"


def test_storage_learns_from_the_rules_which_keys_to_keep() -> None:
    plan = key_plan([ask()])

    assert plan["lead"] == {
        "phone:mobile": ("mobile",),
        "text+text:name+company": ("name", "company"),
        "company:company": ("company",),
    }
    assert plan["customer"] == {"phone:phone": ("phone",), "company:name": ("name",)}
    assert match_keys(plan["lead"], {"mobile": "+86 1", "company": "Acme Ltd", "name": None}) == {
        "phone:mobile": ("861",),
        "company:company": ("acme",),
    }


def test_a_key_of_the_other_object_must_have_as_many_fields() -> None:
    wrong = {
        **RAW,
        "against": {"customer": {"keys": {"person": "name", "fax": "phone"}}, "moon": {}},
    }

    assert [(p.code, p.path) for p in problems_of(KIND, wrong)] == [
        ("key_length", "against.customer.keys.person"),
        ("unknown_key", "against.customer.keys.fax"),
        ("unknown_object", "against.moon"),
    ]
