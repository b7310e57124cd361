"""Options, archived and dependent ones, and what importers may call them."""

from __future__ import annotations

import pytest

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import InvalidValueError, Option
from fieldstone.fieldtypes.multi_select import MultiSelectType
from fieldstone.fieldtypes.options import code_of, offered
from fieldstone.fieldtypes.select import SelectType

OPTIONS = {
    "high": Option("high", Label("High", "紧急")),
    "low": Option("low", Label("Low", "不急"), parents=("east",)),
    "old": Option("old", Label("Old", "旧"), archived=True),
}


def test_a_wrong_option_is_answered_with_the_right_code():
    with pytest.raises(InvalidValueError) as by_label:
        SelectType(OPTIONS).parse("紧急")
    with pytest.raises(InvalidValueError) as by_slip:
        SelectType(OPTIONS).parse("hihg")
    with pytest.raises(InvalidValueError) as unlike:
        SelectType(OPTIONS).parse("?")

    assert by_label.value.cure == by_slip.value.cure == "Send 'high'."
    assert unlike.value.cure == "Send one of: high, low."


def test_a_record_keeps_its_archived_option_and_no_other_record_gets_it():
    select, several = SelectType(OPTIONS), MultiSelectType(OPTIONS)

    assert select.keeping("old").parse("old") == "old"
    assert several.keeping(("old",)).parse(["old", "high"]) == ("high", "old")
    with pytest.raises(InvalidValueError):
        select.keeping("high").parse("old")
    with pytest.raises(InvalidValueError):
        several.keeping(None).parse(["old"])


def test_an_archived_option_is_still_shown():
    assert SelectType(OPTIONS).format("old", "zh", "UTC") == "旧"
    assert SelectType(OPTIONS).format("gone", "zh", "UTC") == "gone"


def test_options_are_offered_under_their_parent_only():
    assert [option.code for option in offered(OPTIONS, "west")] == ["high"]
    assert [option.code for option in offered(OPTIONS, "east")] == ["high", "low"]


def test_an_import_finds_an_option_by_code_or_label_whatever_the_case():
    assert code_of(" HIGH ", OPTIONS) == "high"
    assert code_of("紧急", OPTIONS) == "high"
    assert code_of("medium", OPTIONS) is None
