"""English agrees with a number."""

from __future__ import annotations

import pytest

from fieldstone.base.english import agreeing, quantity


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (1, ("opportunity", "opportunities"), "1 opportunity"),
        (0, ("opportunity", "opportunities"), "0 opportunities"),
        (2310, ("record",), "2,310 records"),
        (2, ("activity",), "2 activities"),
        (1, ("person", "people"), "1 person"),
    ],
)
def test_things_are_named_as_many_as_there_are(
    count: int, words: tuple[str, ...], said: str
) -> None:
    assert quantity(count, *words) == said


def test_verbs_agree_too() -> None:
    assert agreeing(1, "is", "are") == "is"
    assert agreeing(0, "is", "are") == "are"
