"""Every shipped template compiles alone and beside the others, keeps its own tests, and speaks both languages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fieldstone import bootstrap
from fieldstone.actions.scripts.reading import read_samples, read_tests
from fieldstone.base.settings import Settings
from fieldstone.cli.commands.lint import drawn_icons
from fieldstone.compiler.compile import compile_site
from fieldstone.compiler.loading import read_layer
from fieldstone.compiler.tree import Document
from fieldstone.extensions.trials import play_tests
from fieldstone.model.site_model import Model
from fieldstone.reports.shapes import SCHEMA
from tests.builders import ROOT

INDUSTRIES = ("education", "insurance", "b2b_software", "manufacturing", "ecommerce")


@cache
def model_with(*names: str) -> Model:
    words = bootstrap.vocabulary()
    layers = [read_layer("core", ROOT)]
    layers += [read_layer(name, ROOT / "plugins" / name) for name in names]
    return compile_site(layers, words.types, words.kinds, report_schema=SCHEMA)


def documents(name: str, part: str) -> list[Document]:
    folder = ROOT / "plugins" / name / part
    return [Document(f"{part}/{f.name}", f.read_text("utf-8")) for f in sorted(folder.glob("*"))]


def labels(model: Model, layer: str) -> Iterator[tuple[str, object]]:
    named: list[tuple[str, Any]] = [*model.rules.items(), *model.reports.items()]
    for code, spec in model.objects.items():
        named += [(code, spec)] if spec.parent is None else []
        named += [(f"{code}.{field.code}", field) for field in spec.fields.values()]
    yield from ((code, one.label) for code, one in named if one.origin.layer == layer)


@pytest.mark.parametrize("name", INDUSTRIES)
def test_a_template_keeps_its_own_tests(name: str, tmp_path: Path) -> None:
    tests = read_tests(name, documents(name, "tests"))
    played = play_tests(Settings(tmp_path), bootstrap.vocabulary(), model_with(name), tests)

    assert len(played) >= 4
    assert [p for one in played for p in one.problems] == []


@pytest.mark.parametrize("name", INDUSTRIES)
def test_a_template_has_objects_rules_dashboards_and_sample_data(name: str) -> None:
    alone, core = model_with(name), model_with()

    assert len(alone.objects.keys() - core.objects.keys()) >= 3
    assert len(alone.rules.keys() - core.rules.keys()) >= 6
    assert len(alone.reports.keys() - core.reports.keys()) >= 1
    assert read_samples(name, documents(name, "sample_data"))


@pytest.mark.parametrize("name", INDUSTRIES)
def test_everything_in_a_template_has_an_english_and_a_chinese_name(name: str) -> None:
    found = dict(labels(model_with(name), name))
    chinese = {code: str(getattr(label, "zh", "")) for code, label in found.items()}

    assert found
    assert [code for code, text in chinese.items() if text.isascii()] == []


@pytest.mark.parametrize("name", INDUSTRIES)
def test_pages_can_draw_every_icon_of_a_template(name: str) -> None:
    objects = model_with(name).objects.values()

    assert {one.icon for one in objects} <= drawn_icons()


def test_tasks_call_a_lead_what_the_template_calls_it() -> None:
    objects = model_with("education").objects

    assert objects["activity"].fields["lead"].label == objects["lead"].label
    assert objects["lead"].label.text("en") == "Enquiry"


def test_all_templates_stand_beside_each_other(tmp_path: Path) -> None:
    together = model_with(*INDUSTRIES)
    pipelines = together.objects["opportunity"].pipelines
    assert pipelines is not None

    assert {"insurance", "software", "machines"} <= set(pipelines.pipelines)
    for name in INDUSTRIES:
        tests = read_tests(name, documents(name, "tests"))[:1]
        played = play_tests(Settings(tmp_path), bootstrap.vocabulary(), together, tests)
        assert [p for one in played for p in one.problems] == []


def test_every_icon_that_objects_types_and_templates_name_is_in_the_sprite() -> None:
    drawn = set((ROOT / "ui_templates/src/icons.txt").read_text("utf-8").split())
    named = {one.icon for one in model_with(*INDUSTRIES).objects.values()}
    named |= {one.icon for one in bootstrap.vocabulary().types.values()}

    assert sorted(named - drawn) == []
