"""The rules that the core ships compile on the core's objects and speak both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldstone import fieldtypes, rules
from fieldstone.base.errors import MetadataError
from fieldstone.compiler.compile import compile_site
from fieldstone.compiler.loading import read_layer
from fieldstone.extensions.builtin import members
from fieldstone.model.site_model import Model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model() -> Model:
    try:
        return compile_site(
            [read_layer("core", ROOT)], members(fieldtypes, "TYPE"), members(rules, "KIND")
        )
    except MetadataError as error:
        pytest.fail("\n".join(f"{p.path}: {p.message} {p.cure}" for p in error.problems))


def test_every_kind_of_rule_is_shown_by_the_core(model: Model) -> None:
    assert {rule.kind for rule in model.rules.values()} == set(members(rules, "KIND"))


def test_every_rule_has_a_label_in_both_languages(model: Model) -> None:
    assert [
        r.code for r in model.rules.values() if not r.label.zh or r.label.zh == r.label.en
    ] == []


def test_every_pool_of_an_object_is_declared(model: Model) -> None:
    named = {pool for spec in model.objects.values() for pool in spec.pools}

    assert {
        pool for pool in named if model.rules.get(pool) is None or model.rules[pool].kind != "pool"
    } == set()
