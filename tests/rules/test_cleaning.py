"""Names in all their spellings, regions from places, and records that are kept apart."""

from __future__ import annotations

import pytest

from fieldstone.rules.data_quality import KIND
from fieldstone.rules.normalise import OPERATIONS, alike
from tests.rules.support import a_lead, a_rule, an_update, problems_of, run

PLACES = {"north": ["北京", "Beijing", "+8610"], "east": ["杭州", "Hangzhou"], "south": ["广东"]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("騰訊計算機有限公司", "腾讯计算机"),
        ("Ｈａｒｂｏｒ　Ｓａｌｅｓ Co., Ltd.", "harbor sales"),
        ("Harbor Sales Pte. Ltd.", "HARBOR SALES"),
        ("Fjord Holding GmbH & Co. KG", "fjord"),
        ("青木食品集团股份有限公司", "青木食品"),
        ("腾讯科技(深圳)有限公司", "腾讯科技（深圳）有限公司"),
        ("株式会社トヨタ", "株式会社 トヨタ"),
        ("Siemens AG", "siemens"),
    ],
)
def test_one_company_in_two_spellings_is_one(one: str, other: str) -> None:
    assert alike("company", one) == alike("company", other)


@pytest.mark.parametrize("name", ["Zinc", "Chicago", "Swag", "Ltd", "有限公司", "Vesta", "Picasa"])
def test_a_name_that_only_looks_like_a_legal_form_is_left_whole(name: str) -> None:
    assert alike("company", name) == alike("text", name)


def test_texts_are_alike_in_both_scripts_and_widths() -> None:
    assert alike("text", "張偉 １２") == alike("text", "张伟12")


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [
        ("simplified", "採購總監", "采购总监"),
        ("simplified", "Director", "Director"),
        ("company_suffix", "腾讯科技(深圳)有限公司", "腾讯科技（深圳）有限公司"),
        ("company_suffix", "Harbor pte ltd", "Harbor Pte. Ltd."),
        ("email", "Ｚhang@Example.COM ", "zhang@example.com"),
        ("phone", "138-0013-8000", "+8613800138000"),
        ("phone", "call me", "call me"),
    ],
)
def test_a_text_is_normalised(operation: str, before: str, after: str) -> None:
    assert OPERATIONS[operation](before) == after


def regions(**more: object) -> dict[str, object]:
    return {"regions": {"into": "region", "from": ["company", "mobile"], "places": PLACES, **more}}


@pytest.mark.parametrize(
    ("values", "region"),
    [
        ({"company": "杭州青木食品"}, "east"),
        ({"company": "HANGZHOU Foods"}, "east"),
        ({"company": "廣東海河"}, "south"),
        ({"mobile": "+861088886666"}, "north"),
    ],
)
def test_a_region_is_told_by_a_place(values: dict[str, object], region: str) -> None:
    (draft,) = run(a_rule(KIND, regions()), a_lead(**values))

    assert draft.row["region"] == region
    assert "told by" in draft.decisions[0].because.en


def test_a_region_that_stands_there_is_kept_and_no_place_says_nothing() -> None:
    rule = a_rule(KIND, regions())
    known, unknown = run(rule, [a_lead(company="杭州", region="north"), a_lead(company="Fjord")])

    assert known.row["region"] == "north"
    assert not unknown.decisions


APART = {
    "validate": [
        {"that": "name != 'test'", "field": "name", "reason": "made_up", "message": "made up"}
    ],
    "quarantine": {"into": "vip"},
    "reject_reason": "note",
}


def test_a_suspicious_record_is_kept_apart_with_its_reason_and_let_out_once_it_is_mended() -> None:
    rule = a_rule(KIND, APART)
    (kept,) = run(rule, a_lead(name="test"))

    assert (kept.row["vip"], kept.row["note"]) == (True, "made_up")
    assert not kept.refused
    (mended,) = run(rule, an_update(dict(kept.row), name="张伟"))
    assert (mended.row["vip"], mended.row["note"]) == (False, None)
    (calm,) = run(rule, an_update({"name": "张伟", "vip": False}, company="A"))
    assert not calm.decisions


def test_what_a_stage_needs_must_be_filled_while_in_it() -> None:
    rule = a_rule(KIND, {"required_at_stage": {"qualified": ["need", "budget"]}})
    early, late = run(rule, [a_lead(stage="new"), a_lead(stage="qualified", need="CRM")])

    assert not early.refused
    assert [problem.path for problem in late.problems] == ["budget"]


def test_wrong_fields_and_stages_are_reported() -> None:
    raw = {
        "regions": {"into": "nothing", "from": ["nowhere"], "places": {"north": ["x"]}},
        "quarantine": {"into": "no_switch"},
        "reject_reason": "no_reason",
        "required_at_stage": {"sold": ["need"]},
    }
    found = problems_of(KIND, raw, unknown=frozenset({"sold"}))

    assert {one.path for one in found} >= {
        "regions.into", "regions.from.0", "quarantine.into", "reject_reason", "required_at_stage.sold",
    }  # fmt: skip
