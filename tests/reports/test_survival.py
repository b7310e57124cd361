"""Shares by age with records that are still open: the estimator of Kaplan and Meier."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fieldstone.reports.survival import day_of_share, kaplan_meier, share_after

AGES = st.dictionaries(st.integers(0, 60), st.integers(1, 9), max_size=15)


def test_the_textbook_example_of_leukaemia_patients() -> None:
    # Freireich 1963, 6-MP: remissions ended at 6, 7, 10, 13, 16, 22, 23; others still in remission.
    ended = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
    known = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}

    steps = kaplan_meier(ended, known)

    told = {step.day: Decimal(1) - step.share for step in steps}
    assert [f"{told[day]:.3f}" for day in (6, 7, 10, 13, 16, 22, 23)] == [
        "0.857", "0.807", "0.753", "0.690", "0.628", "0.538", "0.448",
    ]  # fmt: skip
    assert day_of_share(steps, Decimal("0.5")) == 23


def test_without_open_records_it_is_the_plain_share() -> None:
    steps = kaplan_meier({1: 1, 3: 2, 9: 1}, {})

    assert [(one.day, one.share) for one in steps] == [
        (1, Decimal("0.25")), (3, Decimal("0.75")), (9, Decimal(1)),
    ]  # fmt: skip


def test_who_is_younger_says_nothing_about_later_ages() -> None:
    # Two of four ended on day 10; the hundred of yesterday do not make that less.
    assert share_after(kaplan_meier({10: 2}, {1: 100, 30: 2}), 10) == Decimal("0.5")


@given(AGES, AGES)
def test_it_grows_stays_between_nought_and_one_and_equals_the_product(
    ended: dict[int, int], known: dict[int, int]
) -> None:
    steps = kaplan_meier(ended, known)

    shares = [one.share for one in steps]
    assert shares == sorted(shares)
    assert all(0 <= one <= 1 for one in shares)
    left = Fraction(1)
    for step in steps:
        at_risk = sum(n for day, n in (*ended.items(), *known.items()) if day >= step.day)
        left *= 1 - Fraction(ended[step.day], at_risk)
        assert abs(Fraction(step.share) - (1 - left)) <= Fraction(1, 10_000)
