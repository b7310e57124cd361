"""Holds every action to its contract."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from fieldstone.base.names import is_code
from tests.actions.acting import ACTIONS, ROOT, refusal
from tests.company import Company, core_model


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_it_says_what_it_is_in_both_languages(name: str) -> None:
    action = ACTIONS[name]

    assert action.name == name
    assert is_code(name)
    assert action.label.en
    assert action.label.zh
    assert (ROOT / "ui_templates" / "src" / "icons.txt").read_text("utf-8").find(action.icon) >= 0


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_its_parameters_are_a_closed_json_schema(name: str) -> None:
    schema = ACTIONS[name].schema

    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_some_object_of_the_core_offers_it_and_some_does_not(name: str) -> None:
    model = core_model()
    offered = {code: ACTIONS[name].offered(model, code) for code in model.objects}

    assert any(offered.values())
    assert not all(offered.values())


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_a_record_that_is_not_there_is_refused(company: Company, name: str) -> None:
    model = company.model
    where = {"complete": "activity", "offboard": "user"}.get(name, "lead")
    assert ACTIONS[name].offered(model, where)
    params = {
        "assign": {"owner": company.ids["li"]},
        "move": {"to": "contacted"},
        "check_conversion": {"accept": True},
        "extend": {"rule": "follow_up_in_time", "reason": "on holiday"},
        "judge_worthless": {"reason": "too_early"},
        "merge": {"with": "1" * 36},
        "move_to_pool": {"pool": "north_pool"},
    }

    assert refusal(company, "admin", name, "0" * 36, where, **params.get(name, {}))[0] == 404
