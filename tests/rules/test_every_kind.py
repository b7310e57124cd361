"""Every rule kind keeps the contract: schema, page, labels in both languages, a body that can be stored."""

from __future__ import annotations

import inspect
import pickle
import pkgutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import fieldstone.rules
from fieldstone.changes.nouns import Draft
from fieldstone.rules.contract import ASSIGN, CLEAN, VALIDATE, Found, PastOwner, Person, Rule
from tests.rules.support import (
    NOW,
    FakeBuilder,
    FakeFacts,
    a_lead,
    a_rule,
    an_update,
    run,
)

DOCS = Path(__file__).parents[2] / "docs" / "rules"
KINDS = {
    module.KIND.name: module.KIND
    for found in pkgutil.iter_modules(fieldstone.rules.__path__)
    if hasattr(module := import_module(f"fieldstone.rules.{found.name}"), "KIND")
}
SHARED = {"kind", "object", "label", "when", "exempt", "priority", "on", "calendar", "in_flight"}
QUIET = {
    "pool",
    "claim",
    "conversion_map",
    "matching",
    "merge",
    "offboarding",
    "reminder_ladder",
    "rotation",
    "ranking_program",
}  # they describe; reads and actions ask them


def example(name: str) -> dict[str, Any]:
    """Return the rule shown on the kind's page."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    (rule,) = yaml.safe_load(
        text.split("```yaml\n")[1].split("```")[0].replace("on: [", '"on": [')
    ).values()
    return dict(rule)


def compiled(name: str) -> Rule:
    raw = example(name)
    return a_rule(
        KINDS[name],
        {k: v for k, v in raw.items() if k not in SHARED - {"when", "on", "calendar"}},
        code=name,
    )


def test_the_kinds_of_the_first_version_are_there() -> None:
    assert set(KINDS) >= {
        "data_quality", "grading", "scoring", "duplicate", "assignment",
        "pool", "claim", "deadline", "automation", "validation",
    }  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
class TestEveryKind:
    def test_its_file_is_named_after_it(self, name: str) -> None:
        assert import_module(f"fieldstone.rules.{name}").KIND is KINDS[name]

    def test_it_has_a_label_in_both_languages_and_a_phase(self, name: str) -> None:
        kind = KINDS[name]

        assert kind.label.en
        assert any("一" <= sign <= "鿿" for sign in kind.label.zh)
        assert CLEAN <= kind.phase <= VALIDATE
        assert (kind.phase == ASSIGN) == (name == "assignment")

    def test_it_says_in_a_sentence_what_it_is_for(self, name: str) -> None:
        about = KINDS[name].about

        assert about.en.endswith(".")
        assert about.zh.endswith("。")

    def test_its_schema_is_a_schema_of_its_own_keys(self, name: str) -> None:
        schema = KINDS[name].schema
        whole = {"type": "object", **schema}

        jsonschema.Draft202012Validator.check_schema(whole)
        assert set(schema) == {"properties", "required"}
        assert not SHARED & set(schema["properties"])
        assert set(schema["required"]) <= set(schema["properties"])

    def test_the_example_of_its_page_meets_the_schema_and_compiles(self, name: str) -> None:
        raw = example(name)
        own = {key: value for key, value in raw.items() if key not in SHARED}

        jsonschema.validate(own, {**KINDS[name].schema, "additionalProperties": False})
        assert raw["kind"] == name
        assert set(raw["label"]) == {"en", "zh"}
        assert compiled(name).body is not None

    def test_its_page_explains_every_key(self, name: str) -> None:
        page = (DOCS / f"{name}.md").read_text(encoding="utf-8")

        missing = [key for key in KINDS[name].schema["properties"] if f"`{key}`" not in page]
        assert missing == []

    def test_its_body_compares_by_value_and_can_be_pickled(self, name: str) -> None:
        body = compiled(name).body

        assert pickle.loads(pickle.dumps(body)) == body
        assert compiled(name).body == body

    def test_it_hears_of_due_timers_as_the_engine_tells_of_them(self, name: str) -> None:
        due = getattr(type(compiled(name).body), "due", None)

        told = ["self", "rule", "due", "facts"]
        assert due is None or list(inspect.signature(due).parameters) == told

    def test_what_it_reads_is_declared(self, name: str) -> None:
        assert isinstance(compiled(name).body.reads, tuple)

    def test_its_decisions_speak_both_languages(self, name: str) -> None:
        if name in QUIET:
            return
        rule = compiled(name)
        drafts = [draft for one in provoking(name) for draft in run(rule, one, facts())]

        decisions = [decision for draft in drafts for decision in draft.decisions]
        assert decisions
        for decision in decisions:
            assert decision.rule == name
            assert decision.because.en
            assert decision.because.zh
            assert decision.because.en != decision.because.zh

    def test_nonsense_is_reported_and_never_raises(self, name: str) -> None:
        raw = example(name)
        for key in KINDS[name].schema["properties"]:
            if isinstance(raw.get(key), str):
                build = FakeBuilder()
                body = KINDS[name].compile({**raw, key: "no such thing ]["}, build)

                assert body is not None or build.problems
                assert all(problem.path and problem.message for problem in build.problems)


def provoking(name: str) -> list[Draft]:
    """Return drafts on which the example of the page has something to say."""
    full = {"name": " 王小明 ", "mobile": "+8613800138000", "company": "Ａ co ltd", "grade": "good"}
    lead = a_lead(**full, stage="new", owner="ann", owned_at=NOW, budget=200000000)
    free = a_lead(**full, region="north")
    ready = a_lead(lifecycle="marketing_lead", score=70, engagement_score=20)
    if name == "lifecycle_transition":
        return [ready]
    if name == "capture_source":
        return [free.but(change=replace(free.change, action=f"capture:{name}"))]
    return (
        [free]
        if name == "assignment"
        else [
            lead,
            an_update(dict(full), stage="invalid"),
            an_update(dict(full), owner="ann"),
            an_update({**full, "owner": "ann"}, next_follow_up=NOW),
            a_lead("two", **full),
        ]
    )


def facts() -> FakeFacts:
    key = ("lead", "phone:mobile", "8613800138000")

    return FakeFacts(
        groups={"team:north": (Person("ann", "Ann"),)},
        holders={key: (Found("lead", "old", "王大明", "bo", "open"),)},
        held={"ann": 1000},
        past={"lead-1": (PastOwner("ann", NOW, "returned", "return"),)},
    )
