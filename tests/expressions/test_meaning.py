"""What expressions mean, and what is refused with which cure."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from fieldstone.expressions.expression import Env, ExpressionError
from fieldstone.expressions.types import BOOLEAN, DATE, DATETIME, NUMBER, Kind, Type
from tests.expressions.school import NOW, an_env, an_expression, answer


def refusals(text: str, expects: Type | None = None) -> list[tuple[str, str, str]]:
    with pytest.raises(ExpressionError) as caught:
        an_expression(text, expects)
    return [(one.path, one.message, one.cure) for one in caught.value.problems]


def cure_of(text: str, expects: Type | None = None) -> str:
    (refusal,) = refusals(text, expects)
    return refusal[2]


def test_a_comparison_with_a_missing_value_is_false() -> None:
    assert answer("budget > 5") is False
    assert answer("budget != 5") is False
    assert answer("stage not in ['won', 'lost']") is False


def test_the_opposite_of_a_comparison_with_a_missing_value_is_true() -> None:
    assert answer("not (budget > 5)") is True


def test_arithmetic_with_a_missing_value_is_missing() -> None:
    assert answer("budget * 2 + 1") is None
    assert answer("name + '!'") is None


def test_null_asks_for_a_missing_value() -> None:
    assert answer("budget == null") is True
    assert answer("budget != null", budget=Decimal(1)) is True
    assert answer("tags == null", tags=()) is True


def test_a_missing_list_is_the_empty_list() -> None:
    assert answer("'vip' not in tags") is True
    assert answer("'vip' in tags", tags=("vip", "old")) is True
    assert answer("length(tags)") == 0


def test_a_missing_yes_or_no_counts_as_no() -> None:
    assert answer("vip") is False
    assert answer("not vip") is True
    assert answer("vip == false") is False


def test_numbers_are_exact() -> None:
    assert answer("budget * (1 - rate)", budget=Decimal("0.10"), rate=Decimal("0.1")) == Decimal(
        "0.09"
    )
    big = Decimal("12345678901234567.89")
    assert answer("budget + 0.01", budget=big) == Decimal("12345678901234567.90")
    assert answer("score * 12345678901234567890 + 0.1", score=10**9) == Decimal(
        "12345678901234567890000000000.1"
    )


def test_division_has_ten_decimals_half_up_and_is_missing_by_zero() -> None:
    assert answer("score / 3", score=2) == Decimal("0.6666666667")
    assert answer("score / 3", score=-2) == Decimal("-0.6666666667")
    assert answer("1 / 16384 / 16", score=0) == Decimal("0.0000038147")
    assert answer("score / visits", score=1, visits=0) is None


def test_rounding_is_half_up_away_from_zero() -> None:
    assert answer("round(rate, 1)", rate=Decimal("0.25")) == Decimal("0.3")
    assert answer("round(rate)", rate=Decimal("-2.5")) == -3
    assert answer("floor(rate)", rate=Decimal("-0.1")) == -1
    assert answer("ceil(rate)", rate=Decimal("0.1")) == 1


def test_completeness_counts_filled_values() -> None:
    assert answer(
        "filled(name, company, tags, budget) / 4", name="李雷", tags=(), company=""
    ) == Decimal("0.25")


def test_filled_with_one_value_is_also_a_test() -> None:
    assert answer("filled(name) and filled(budget)", name="a", budget=Decimal(0)) is True


def test_days_since_compares_to_the_microsecond() -> None:
    exactly = NOW - timedelta(days=3)
    assert answer("days_since(last_activity_at) > 3", last_activity_at=exactly) is False
    assert answer("days_since(last_activity_at) >= 3", last_activity_at=exactly) is True
    earlier = exactly - timedelta(microseconds=1)
    assert answer("days_since(last_activity_at) > 3", last_activity_at=earlier) is True


def test_days_are_days_of_the_zone() -> None:
    late = datetime(2026, 3, 9, 17, tzinfo=UTC)  # the 10th in Shanghai
    assert answer("date_of(created_at) == today()", created_at=late) is True
    assert answer("created_at >= today()", created_at=late) is True
    assert answer("created_at == '2026-03-10'", created_at=late) is True
    assert answer("created_at >= today()", an_env(zone="UTC"), created_at=late) is False
    assert answer("hour(created_at)", created_at=late) == 1
    assert answer("weekday(created_at)", created_at=late) == 2


def test_a_day_of_25_hours_is_one_day() -> None:
    env = an_env(zone="Europe/Berlin", now=datetime(2025, 10, 26, 22, 59, tzinfo=UTC))
    assert (
        answer("created_at == today()", env, created_at=datetime(2025, 10, 25, 22, 0, tzinfo=UTC))
        is True
    )
    assert (
        answer("created_at == today()", env, created_at=datetime(2025, 10, 26, 22, 59, tzinfo=UTC))
        is True
    )
    assert (
        answer("created_at == today()", env, created_at=datetime(2025, 10, 26, 23, 0, tzinfo=UTC))
        is False
    )


def test_steps_beyond_the_calendar_are_missing() -> None:
    assert answer("add_days(due_on, 200000)", due_on=date(2026, 1, 1)) is None
    assert answer("add_days(due_on, 99999)", due_on=date(9999, 1, 1)) is None
    assert answer("days_since(created_at) < 99999999999", created_at=NOW) is True


def test_nobody_owns_nothing() -> None:
    nobody = an_env(user=None)
    assert answer("owner == user", nobody, owner="u1") is False
    assert answer("owner == user", nobody) is False
    assert answer("owner == user", owner="u1") is True
    assert answer("user.region == '华东' and user.role('sales')") is True


def test_lookups_are_read_from_flattened_keys() -> None:
    assert answer("channel.kind == 'paid'", **{"channel.kind": "paid"}) is True
    assert answer("owner.manager.region == user.region", **{"owner.manager.region": "华东"}) is True


def test_child_rows_are_aggregated() -> None:
    rows = [
        {"kind": "call", "cost": Decimal("1.5"), "minutes_spent": 2, "owner.region": "华东"},
        {"kind": "call", "cost": None, "minutes_spent": 4},
        {"kind": "visit", "cost": Decimal("2.5"), "minutes_spent": None},
    ]
    assert answer("count(activities, kind == 'call')", activities=rows) == 2
    assert answer("sum(activities, cost)", activities=rows) == 4
    assert answer("avg(activities, cost)", activities=rows) == 2
    assert answer("max(activities, cost, kind == 'call')", activities=rows) == Decimal("1.5")
    assert answer("any(activities, owner.region == '华东')", activities=rows) is True
    assert answer("all(activities, minutes_spent > 1)", activities=rows) is False
    assert answer("sum(activities, cost)") == 0
    assert answer("avg(activities, cost)") is None
    assert answer("all(activities, cost > 1)") is True


def test_an_expression_says_what_it_reads() -> None:
    text = (
        "budget > 1 and channel.kind == 'paid' and owner.manager.region == user.manager.region "
        "and count(activities, kind == 'call' and owner.region == 'x') > 0 and created_at < now()"
    )
    one = an_expression(text)

    assert one.names == {"budget", "channel", "owner", "created_at"}
    assert one.paths == {"channel.kind", "owner.manager.region"}
    assert one.rows == {"activities": {"kind", "owner", "owner.region"}}
    assert one.user_paths == {"manager.region"}
    assert one.uses_now
    assert one.uses_user
    assert not an_expression("budget > 1").uses_now


def test_equal_texts_are_equal_and_survive_pickling() -> None:
    one, other = an_expression("budget > 1"), an_expression("budget > 1")
    assert one.evaluate({"budget": Decimal(2)}, an_env()) is True

    assert one == other
    assert hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)).evaluate({"budget": Decimal(2)}, an_env()) is True
    assert one != an_expression("budget > 2")


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("buget > 5", "Write 'budget'."),
        ("stage == 'nwe'", "Write 'new'."),
        ("stage in ['won', 'lots']", "Write 'lost'."),
        ("channel.kind == 'payd'", "Write 'paid'."),
        ("owner.regoin == 'x'", "Write 'region'."),
        ("budget = 5", "Write == to compare."),
        ("vip && agreed", "Write 'and'."),
        ("!vip", "Write 'not'."),
        ("budget is null", "Write ==."),
        ("name == None", "Write null."),
        ("'x' if vip else 'y'", "Write if_(condition, one, other)."),
        ("lenght(name) > 2", "Write 'length'."),
        ("budget ** 2", "Multiply instead."),
        ("due_on > '2026-13-01'", "Write it like '2026-01-31'."),
        (
            "created_at > '2026-01-01T10:00'",
            "Write it like '2026-01-31' or '2026-01-31T17:30+08:00', with the offset.",
        ),
        ("budget > null", "Write == null, != null, or compare with a value."),
        ("owner", "Write != null to ask whether there is one."),
        ("activities", "Write count(rows) > 0."),
        ("stage > 'new'", "Use ==, != or in."),
        (
            "'a' in name",
            "Write contains(text, piece) for a piece of a text, or brackets around the values.",
        ),
        (
            "count(activities, count(parts) > 1) > 1",
            "Keep the inner number in a rollup of the child object.",
        ),
        ("today > due_on", "Write today(...)."),
    ],
)
def test_a_mistake_is_refused_with_its_cure(text: str, cure: str) -> None:
    assert cure_of(text, BOOLEAN) == cure


def test_all_problems_are_told_at_once_each_with_its_column() -> None:
    found = refusals("预算 > 5 and stage == 'nwe' and owner.regoin == 'x'")

    assert [path for path, _, _ in found] == ["expression:1", "expression:21", "expression:37"]


def test_columns_count_over_several_lines() -> None:
    assert refusals("budget > 5\n  and buget < 7")[0][0] == "expression:18"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "__import__('os').system('true')",
        "name.__class__",
        "().__class__.__bases__",
        "(lambda: 1)()",
        "[x for x in tags]",
        "name[0]",
        "f'{name}'",
        "'a' * 1000000000",
        "10 ** 4000000",
        "budget > 1e999999999",
        "9" * 4000,
        "((((" * 500,
        "not " * 900 + "vip",
        "-" * 900 + "1",
        " and ".join(["vip"] * 300),
        "name == '" + "x" * 5000 + "'",
        "vip # or not",
        "name == 'a\x00b'",
        "name == '\ud800'",
        "name == '\\x00'",
        "vip; agreed",
        "vip) or (agreed",
        "contains(name, piece='x')",
        "max(*tags)",
        "user.role(name)",
        "user.password_of('x')",
        "(vip := agreed)",
        "...",
        "b'x' == name",
        "1j > 2",
        "True",
        "null",
        "in",
        "\ufeff",
    ],
)
def test_what_is_no_expression_is_refused_and_never_run(text: str) -> None:
    assert refusals(text, BOOLEAN)


def test_the_wanted_type_is_held() -> None:
    assert an_expression("today()", DATETIME).evaluate({}, an_env()) == datetime(
        2026, 3, 9, 16, tzinfo=UTC
    )
    assert an_expression("'2026-01-31'", DATE).evaluate({}, an_env()) == date(2026, 1, 31)
    assert an_expression("null", NUMBER).evaluate({}, an_env()) is None
    assert an_expression("user", Type(Kind.RECORD, of="user")).evaluate({}, an_env()) == "u1"
    assert refusals("name", NUMBER) == [
        (
            "expression:1",
            "This gives a text, and a number is needed.",
            "Change it so that it gives that.",
        )
    ]
    assert refusals("owner", Type(Kind.RECORD, of="channel"))


def test_text_in_another_normal_form_is_the_same_text() -> None:
    assert answer("name == 'e\u0301'", name="\u00e9") is True


def test_a_naive_moment_is_no_env() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Env(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake this test is about


def test_it_reads_back_in_english() -> None:
    text = "budget >= 100000 and channel.kind == 'paid' and (not vip or days_since(last_activity_at) > 3)"

    assert an_expression(text).read_back("en") == (
        "budget is at least 100,000 and kind of channel is paid and "
        "(it is not so that vip or the days since last activity at is above 3)"
    )


def test_it_reads_back_in_chinese() -> None:
    text = "budget >= 100000 and channel.kind == 'paid' and count(activities, kind == 'call') >= 2"

    assert an_expression(text).read_back("zh") == (
        "预算不少于 100,000，且渠道的类型是付费，且类型是电话的活动数量不少于 2"
    )


def test_yes_and_no_stand_in_quotes_in_chinese_where_the_word_also_means_is() -> None:
    said = an_expression("vip == true or vip == false").read_back("zh")

    assert said == "vip是“是”，或vip是“否”"
