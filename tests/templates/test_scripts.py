"""A template's tests say what differs, where and why; nothing in them can break the platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldstone import bootstrap
from fieldstone.actions.scripts.reading import read_samples, read_tests
from fieldstone.base.errors import MetadataError
from fieldstone.base.settings import Settings
from fieldstone.compiler.tree import Document
from fieldstone.extensions.trials import Played, play_tests
from tests.builders import a_model

OBJECTS = """
object: order
label: {en: Order, zh: 订单}
ownership: {owner: optional}
fields:
  name: {type: text, required: true}
  paid: {type: integer, default: 0}
permissions: {admin: {read: all, create: true, update: all}, clerk: {read: own, create: true}}
"""
USER = "object: user\nfields: {name: text, email: email, roles: tags, active: boolean, language: text, manager: user}\n"
ROLES = "roles: {admin: {administrator: true}, clerk: Clerk}"
RULES = """
rules:
  settle:
    kind: deadline
    object: order
    label: {en: Settle, zh: 结清}
    when: "paid == 0"
    starts: created_at
    within: 3 days
    then: {set: {paid: "1"}}
"""


def play(text: str, tmp_path: Path) -> tuple[Played, ...]:
    model = a_model(USER, OBJECTS, ROLES, RULES)
    tests = read_tests("t", [Document("tests/t.yaml", text)])
    return play_tests(Settings(tmp_path), bootstrap.vocabulary(), model, tests)


def test_time_passes_and_deadlines_act_when_they_are_due(tmp_path: Path) -> None:
    (played,) = play(
        """
tests:
  settled:
    steps:
      - create: {object: order, as: o, values: {name: A}}
      - wait: 2 days
      - expect: {record: o, values: {paid: 0}}
      - wait: 2 days
      - expect: {record: o, values: {paid: 1}}
      - count: {object: order, when: "paid == 1", is: 1}
""",
        tmp_path,
    )

    assert played.problems == ()


def test_what_differs_is_told_with_test_step_and_field(tmp_path: Path) -> None:
    (played,) = play(
        """
tests:
  wrong:
    steps:
      - create: {object: order, as: o, values: {name: A}}
      - expect: {record: o, values: {paid: 7, colour: red}}
""",
        tmp_path,
    )
    first, second = played.problems

    assert first.path == "tests/t.yaml  wrong, step 2, expect: paid"
    assert first.message == "it is 0, and 7 was expected."
    assert "no field 'colour'" in second.message


def test_a_refusal_must_be_the_expected_one(tmp_path: Path) -> None:
    played = play(
        """
tests:
  right: {steps: [{create: {object: order, values: {}, refused: required}}]}
  none:  {steps: [{create: {object: order, values: {name: A}, refused: required}}]}
  other: {people: {li: {roles: [clerk]}}, steps: [{create: {object: order, as: o, by: li, values: {name: A}}}, {change: {record: o, by: li, values: {name: B}, refused: required}}]}
""",
        tmp_path,
    )
    told = {one.code: [p.message for p in one.problems] for one in played}

    assert told["right"] == []
    assert told["none"] == ["it was to be refused with 'required', and was allowed."]
    assert "was refused with not_found" in told["other"][0]


def test_unknown_names_and_bad_instants_are_told(tmp_path: Path) -> None:
    played = play(
        """
tests:
  who:  {steps: [{create: {object: order, by: nobody, values: {name: A}}}]}
  what: {steps: [{create: {object: ordr, values: {name: A}}}]}
  when: {now: yesterday, steps: [{wait: 1 day}]}
  long: {steps: [{wait: for ever}]}
""",
        tmp_path,
    )
    told = {one.code: one.problems[0] for one in played}

    assert told["who"].code == "unknown_name"
    assert told["what"].cure.startswith("Write 'order'")
    assert told["when"].code == "bad_now"
    assert told["long"].code == "bad_span"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tests:\n  a: {steps: []}\n", "tests/t.yaml:2"),
        ("tests:\n  a:\n    steps:\n      - {jump: {}}\n", "tests/t.yaml:4"),
        ("test:\n  a: {}\n", "tests/t.yaml:1"),
    ],
)
def test_a_malformed_test_is_refused_with_its_line(text: str, line: str) -> None:
    with pytest.raises(MetadataError) as error:
        read_tests("t", [Document("tests/t.yaml", text)])

    assert error.value.problems[0].path.startswith(line)


def test_malformed_sample_data_is_refused_with_its_line() -> None:
    with pytest.raises(MetadataError) as error:
        read_samples("t", [Document("sample_data/a.yaml", "samples:\n  - {object: x}\n")])

    assert error.value.problems[0].path.startswith("sample_data/a.yaml:2")
