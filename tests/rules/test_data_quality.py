"""Data quality: cleaned, refused, warned of or marked."""

from __future__ import annotations

import pytest

from fieldstone.rules.data_quality import KIND
from fieldstone.rules.normalise import OPERATIONS, alike
from tests.rules.support import FakeFacts, a_lead, a_rule, an_update, problems_of, run

REACHABLE = {"require": [{"any_of": ["mobile", "email"]}]}


@pytest.mark.parametrize(
    ("operation", "text", "clean"),
    [
        ("spaces", "  Ann \u3000 Lee ", "Ann Lee"),
        ("halfwidth", "ＡＢＣ　１２３，你好", "ABC 123，你好"),
        ("lower", "ANN@X.COM", "ann@x.com"),
        ("company_suffix", "Acme Co.,Ltd", "Acme Co., Ltd."),
        ("company_suffix", "Acme co ltd", "Acme Co., Ltd."),
        ("company_suffix", "Coltd Systems", "Coltd Systems"),
        ("company_suffix", "Acme, inc", "Acme Inc."),
    ],
)
def test_texts_are_normalised(operation: str, text: str, clean: str) -> None:
    once = OPERATIONS[operation](text)

    assert once == clean
    assert OPERATIONS[operation](once) == clean


@pytest.mark.parametrize(
    ("how", "left", "right"),
    [
        ("text", "王 小明", "王小明"),
        ("text", "Ann-Marie", "ANN MARIE"),
        ("company", "杭州西湖科技有限公司", "杭州西湖科技"),
        ("company", "Acme Co., Ltd.", "ACME"),
        ("phone", "+86 138-0013-8000", "８６１３８００１３８０００"),
        ("email", " Ann@X.com", "ann@x.COM"),
    ],
)
def test_equal_things_are_alike(how: str, left: str, right: str) -> None:
    assert alike(how, left) == alike(how, right)


def test_different_mailboxes_and_a_bare_legal_form_stay_different() -> None:
    assert alike("email", "a.b@x.com") != alike("email", "ab@x.com")
    assert alike("company", "有限公司") == "有限公司"


def test_a_new_text_is_cleaned_and_that_is_kept_as_a_decision() -> None:
    rule = a_rule(KIND, {"normalise": {"name": ["spaces"], "email": "lower"}})

    (draft,) = run(rule, a_lead(name=" 王  明 ", email="a@x.com"))

    assert draft.values["name"] == "王 明"
    assert draft.decisions[0].because.zh == "已规范姓名"


def test_what_is_stored_is_not_touched() -> None:
    rule = a_rule(KIND, {"normalise": {"name": "spaces"}})

    (draft,) = run(rule, an_update({"name": " old "}, need="x"))

    assert draft.values == {"need": "x"}


def test_one_of_several_fields_is_enough() -> None:
    good, bad = run(a_rule(KIND, REACHABLE), [a_lead(email="a@x.com"), a_lead("b", name="x")])

    assert not good.refused
    assert [(p.code, p.path) for p in bad.problems] == [("data_quality", "mobile")]
    assert bad.problems[0].message == "One of Mobile, Email is needed."


def test_the_problem_is_told_in_the_language_of_the_person() -> None:
    (draft,) = run(a_rule(KIND, REACHABLE), a_lead(), FakeFacts(user={"id": "u", "language": "zh"}))

    assert draft.problems[0].message == "手机、邮箱至少填写一项。"


def test_all_that_is_wrong_is_told_at_once() -> None:
    rule = a_rule(
        KIND,
        {
            "require": ["name", {"fields": ["need"], "when": "stage == 'qualified'"}],
            "validate": [
                {
                    "that": "budget == null or budget >= 0",
                    "message": {"en": "Negative.", "zh": "负数。"},
                }
            ],
        },
    )

    (draft,) = run(rule, a_lead(stage="qualified", budget=-1))

    assert [p.path for p in draft.problems] == ["name", "need", "budget"]


def test_a_marked_record_is_kept_with_the_reason() -> None:
    rule = a_rule(KIND, {**REACHABLE, "mark": {"reason": "note", "set": {"stage": "'invalid'"}}})

    (draft,) = run(rule, a_lead(name="x"))

    assert not draft.refused
    assert draft.values["stage"] == "invalid"
    assert draft.values["note"] == "One of Mobile, Email is needed."
    assert draft.warnings


def test_a_warning_lets_the_record_pass() -> None:
    (draft,) = run(a_rule(KIND, {**REACHABLE, "otherwise": "warn"}), a_lead())

    assert (len(draft.warnings), draft.refused) == (1, False)


def test_unknown_fields_are_named_where_they_stand() -> None:
    problems = problems_of(
        KIND, {"normalise": {"nam": "trim"}, "require": ["x", {"any_of": ["y"]}]}
    )

    assert [p.path for p in problems] == ["normalise.nam", "require.0", "require.1.any_of.0"]
