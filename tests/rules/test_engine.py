"""The engine: which rules speak, in which order, and what becomes of what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.origin import SYSTEM
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression, parse
from fieldstone.rules import engine
from fieldstone.rules.contract import AUTOMATE, CLEAN, GRADE, SCORE, VALIDATE, Facts, Rule, Verdict
from tests.rules.support import NOW, FakeFacts, SmallScope, a_lead, an_update, run


@dataclass(frozen=True)
class Says:
    """A body that says one verdict about every draft it hears."""

    verdict: Verdict

    @property
    def reads(self) -> tuple[Expression, ...]:
        return ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        return dict.fromkeys(range(len(drafts)), self.verdict)


@dataclass(frozen=True)
class Lapses(Says):
    def lapse(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        return dict.fromkeys(range(len(drafts)), Verdict(Label("lapsed"), sets={"note": "lapsed"}))


def rule(code: str, phase: int = AUTOMATE, body: Says | None = None, **more: object) -> Rule:
    said = body or Says(Verdict(Label(code, code), sets={"note": code}))
    return Rule(code, "says", "lead", Label(code), phase, said, SYSTEM, **more)  # type: ignore[arg-type]


def when(text: str) -> Expression:
    return parse(text, SmallScope())


def said(draft: Draft) -> list[str]:
    return [decision.rule for decision in draft.decisions]


def test_rules_speak_by_phase_then_priority_then_code() -> None:
    rules = [
        rule("d", SCORE),
        rule("c", CLEAN, priority=200),
        rule("b", CLEAN, priority=5),
        rule("a", SCORE),
    ]

    (draft,) = run(rules, a_lead())

    assert said(draft) == ["b", "c", "a", "d"]
    assert draft.values["note"] == "d"


def test_a_later_rule_sees_what_an_earlier_one_set_and_what_was_settled_from_it() -> None:
    def settle(drafts: Sequence[Draft]) -> Sequence[Draft]:
        return [draft.setting({"percent": 7}) for draft in drafts]

    rules = [
        rule("first", CLEAN),
        rule("second", SCORE, when=when("note == 'first' and percent == 7")),
    ]

    (draft,) = engine.run(rules, [a_lead()], FakeFacts(), settle)

    assert said(draft) == ["first", "second"]


def test_only_drafts_that_were_changed_are_settled() -> None:
    settled: list[int] = []

    def settle(drafts: Sequence[Draft]) -> Sequence[Draft]:
        settled.append(len(drafts))
        return drafts

    engine.run([rule("r", when=when("vip"))], [a_lead(vip=True), a_lead("b")], FakeFacts(), settle)

    assert settled == [1]


def test_the_envelope_decides_whether_a_rule_speaks() -> None:
    day = timedelta(days=1)
    silent = [
        rule("off", enabled=False),
        rule("later", starts_at=NOW + day),
        rule("over", ends_at=NOW),
        rule("not_met", when=when("budget > 5")),
        rule("exempt", exempt=when("vip")),
        rule("only_updates", on=("update",)),
        replace(rule("other_object"), object_name="customer"),
    ]
    speaking = [rule("now", starts_at=NOW, ends_at=NOW + day), rule("met", when=when("vip"))]

    (draft,) = run([*silent, *speaking], a_lead(vip=True))

    assert said(draft) == ["met", "now"]


def test_an_action_and_a_new_owner_are_events() -> None:
    change = replace(an_update({}).change, action="claim")
    claimed = replace(an_update({"owner": None}, owner="ann"), change=change)

    (draft,) = run(
        [
            rule("claimed", on=("claim",)),
            rule("assigned", on=("assign",)),
            rule("no", on=("convert",)),
        ],
        claimed,
    )

    assert said(draft) == ["assigned", "claimed"]


def test_stop_on_match_silences_the_later_rules_of_the_same_kind_only() -> None:
    other = replace(rule("other"), kind="another")
    rules = [rule("a", stop_on_match=True, when=when("vip")), rule("b"), other]

    vip, plain = run(rules, [a_lead(vip=True), a_lead("b")])

    assert said(vip) == ["a", "other"]
    assert said(plain) == ["b", "other"]


def test_beyond_the_cap_per_run_records_are_left_alone_and_that_is_said() -> None:
    first, second = run(rule("r", max_per_run=1), [a_lead("a"), a_lead("b")])

    assert first.values["note"] == "r"
    assert "note" not in second.values
    assert second.decisions[0].because.zh == "未处理：该规则每次运行最多处理 1 条记录"


def test_a_refused_draft_hears_only_cleaning_and_validation() -> None:
    refusal = Says(Verdict(Label("no"), problems=(Problem("no", "name", "No.", "Stop."),)))
    rules = [
        rule("refuses", CLEAN, refusal),
        rule("grades", GRADE),
        rule("validates", VALIDATE, refusal),
    ]

    (draft,) = run(rules, a_lead())

    assert said(draft) == ["refuses", "validates"]
    assert len(draft.problems) == 2


def test_imported_history_hears_no_rule_that_acts() -> None:
    lead = a_lead()
    history = replace(lead, change=replace(lead.change, skip_rules=True))

    (draft,) = run([rule("cleans", CLEAN), rule("grades", GRADE), rule("acts", AUTOMATE)], history)

    assert said(draft) == ["cleans", "grades"]


def test_a_linked_draft_hears_nothing_more() -> None:
    links = Says(Verdict(Label("there"), attach_to="old"))

    (draft,) = run([rule("links", CLEAN, links), rule("acts")], a_lead())

    assert draft.attached_to == "old"
    assert said(draft) == ["links"]


def test_a_body_hears_when_its_condition_stops_holding_but_not_when_it_never_held() -> None:
    lapsing = rule("r", body=Lapses(Verdict(Label("held"))), when=when("stage == 'new'"))
    held = an_update({"stage": "new"}, stage="contacted")
    never = an_update({"stage": "invalid"}, stage="contacted")

    first, second = run(lapsing, [held, never])

    assert first.values["note"] == "lapsed"
    assert "note" not in second.values


def test_the_reason_of_a_verdict_reaches_the_history() -> None:
    (draft,) = run(rule("r", body=Says(Verdict(Label("x"), reason="no_follow_up"))), an_update({}))

    assert draft.change.reason == "no_follow_up"
