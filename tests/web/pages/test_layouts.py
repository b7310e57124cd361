"""Moves of a layout, and the order of entries: what a form carries, what a button does, what is written for it."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from fieldstone.compiler.merging import order_of
from fieldstone.web.pages.layouts import Group, Layout
from fieldstone.web.pages.studio_changes import ordered
from fieldstone.web.pages.studio_edits import Edits
from fieldstone.web.pages.studio_lines import code_from

TWO = Layout((Group("contact", ("name", "mobile")), Group("demand", ("budget",))))


def posted(*marks: str, **more: str) -> Layout:
    pairs = [("at", mark) for mark in marks]
    known = ("name", "mobile", "budget", "need")
    return Layout.posted(MultiDict([*pairs, *more.items()]), known)


def fields(layout: Layout) -> list[tuple[str, ...]]:
    return [one.fields for one in layout.groups]


def test_the_order_of_a_form_is_the_layout_and_what_follows_the_palette_is_unused() -> None:
    found = posted("s:contact", "f:mobile", "f:name", "s:demand", "f:budget", "p:", "f:need")

    assert fields(found) == [("mobile", "name"), ("budget",)]


def test_unknown_fields_and_fields_that_stand_twice_are_left_out() -> None:
    found = posted("s:contact", "f:name", "f:name", "f:nonsense", "nonsense", "s:demand", "f:name")

    assert fields(found) == [("name",), ()]


def test_a_section_carries_its_names_and_columns_and_nonsense_is_one_column() -> None:
    found = Layout.posted(
        MultiDict({"at": "s:contact", "en:contact": " Who  it is ", "zh:contact": "是谁", "columns:contact": "2"}),
        (),
    )  # fmt: skip
    wide = Layout.posted(MultiDict({"at": "s:contact", "columns:contact": "77"}), ())

    assert found.groups == (Group("contact", (), "Who it is", "是谁", 2),)
    assert wide.groups[0].columns == 1


def test_a_field_steps_over_the_edge_into_the_next_section_and_stays_at_the_ends() -> None:
    assert fields(TWO.done("down name")) == [("mobile", "name"), ("budget",)]
    assert fields(TWO.done("down mobile")) == [("name",), ("mobile", "budget")]
    assert fields(TWO.done("up budget")) == [("name", "mobile", "budget"), ()]
    assert TWO.done("up name") == TWO
    assert TWO.done("down budget") == TWO


def test_a_field_is_taken_away_and_put_into_a_section() -> None:
    gone = TWO.done("out mobile")

    assert fields(gone) == [("name",), ("budget",)]
    assert fields(gone.done("in mobile contact")) == [("name", "mobile"), ("budget",)]
    assert fields(gone.done("in mobile")) == [("name",), ("budget", "mobile")]


def test_sections_are_added_moved_and_removed() -> None:
    three = TWO.done("section-new")

    assert [one.code for one in three.groups] == ["contact", "demand", "section_1"]
    assert [one.code for one in three.done("section-up section_1").groups] == ["contact", "section_1", "demand"]  # fmt: skip
    assert fields(TWO.done("section-out contact")) == [("budget",)]


def test_a_wish_that_means_nothing_changes_nothing() -> None:
    for wish in ("", "up", "up nothing", "fly name", "section-up nothing", "section-up contact"):
        assert TWO.done(wish) == TWO


CODES = ("a", "b", "c", "d", "e", "f")


@st.composite
def tables(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    """Entries, some of which say where they stand: after one that comes before them in the layers, or first."""
    found: dict[str, dict[str, str]] = {}
    for code in CODES:
        after = draw(st.sampled_from([None, None, "", *found]))
        found[code] = {} if after is None else {"after": after}
    return found


def after(table: Mapping[str, dict[str, str]], edits: Edits) -> dict[str, dict[str, str]]:
    changed = {code: dict(value) for code, value in table.items()}
    for step in edits.steps:
        changed[step["path"][1]]["after"] = step["value"]
    return changed


@given(tables(), st.permutations(CODES))
def test_whatever_order_is_wanted_comes_of_what_is_written(
    table: dict[str, dict[str, str]], wanted: list[str]
) -> None:
    edits = ordered(Edits(), ("fields",), table, wanted)

    assert order_of(after(table, edits)) == wanted


@given(tables())
def test_the_order_that_is_there_needs_nothing_written_twice(
    table: dict[str, dict[str, str]],
) -> None:
    once = after(table, ordered(Edits(), ("fields",), table, order_of(table)))

    assert not ordered(Edits(), ("fields",), once, order_of(once)).steps


def test_moving_one_entry_writes_one_setting() -> None:
    table: dict[str, dict[str, str]] = {code: {} for code in CODES}

    edits = ordered(Edits(), ("fields",), table, ["a", "e", "b", "c", "d", "f"])

    assert edits.steps == ({"do": "set", "path": ["fields", "e", "after"], "value": "a"},)


def test_a_code_is_made_from_what_people_read() -> None:
    assert code_from("Shoe size (EU)") == "shoe_size_eu"
    assert code_from("鞋码") == "xie_ma"
    assert code_from("2nd phone") == "n_2nd_phone"
    assert code_from("Name", ["name", "name_2"]) == "name_3"
    assert code_from("！") == ""
