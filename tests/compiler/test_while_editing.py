"""While the highest layer is edited the layers below are read once; what comes out is the same as ever."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from fieldstone.base.errors import MetadataError
from fieldstone.compiler import loading
from fieldstone.compiler.compile import compile_site, read_layer
from fieldstone.compiler.tree import Document, Layer
from fieldstone.expressions import syntax
from fieldstone.model.site_model import Model
from tests.builders import ROOT, field_types, rule_kinds

CORE = read_layer("core", ROOT)
SAYING = [
    "object: lead\nfields: {campus: {type: text, visible_when: \"urgency == 'high'\"}}",
    "object: lead\nfields: {campus: {type: text, visible_when: nonsense > 1}}",
    "object: lead\nfields: {budget: null}",
    "object: lead\nfields: {campus: txet}",
    "object: lead\nfields: {campus: text\n",
    "object: lead\nfields: {school: {type: text, renamed_from: company}}",
    "object: lead\nstages: {pipelines: {lead: {stages: {contacted: null}}}}",
    "object: course\nfields: {name: text, lead: {type: lookup, to: laed}}",
    "rules: {lead_grading: {grades: {A: {at_least: many}}}}",
    "rules: {one_more: {kind: grading, object: lead}}",
]


def forget() -> None:
    loading._sound.cache_clear()
    syntax.read.cache_clear()


@pytest.fixture
def unread() -> Iterator[None]:
    forget()
    yield
    forget()


def compiled(text: str) -> Model:
    site = Layer("site", (Document("metadata/own.yaml", text),))
    return compile_site([CORE, site], field_types(), rule_kinds())


def answer(text: str) -> object:
    """Return the model, or what is wrong."""
    try:
        return compiled(text)
    except MetadataError as error:
        return error.problems


@pytest.mark.parametrize("text", SAYING)
def test_an_edited_site_gives_the_model_or_the_problems_that_it_gives_at_first(
    unread: None, text: str
) -> None:
    at_first = answer(text)
    for other in SAYING:
        answer(other)

    assert answer(text) == at_first


def test_only_what_is_edited_is_read_again(unread: None, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(SAYING[0])
    read: list[str] = []
    reading = loading.read

    def noted(layer: str, document: Document, problems: object) -> object:
        read.append(document.path)
        return reading(layer, document, problems)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "read", noted)
    compiled(SAYING[0] + "\nicon: star")

    assert read == ["metadata/own.yaml"]


def test_a_rename_is_written_into_nothing_that_others_share(unread: None) -> None:
    before = compile_site([CORE], field_types(), rule_kinds())

    renamed = compiled("object: lead\nfields: {means: {renamed_from: budget}}")

    assert "means" in renamed.objects["lead"].fields
    assert compile_site([CORE], field_types(), rule_kinds()) == before


def test_what_is_wrong_below_is_said_each_time() -> None:
    broken = Layer("core", (Document("metadata/a.yaml", "object: a\nfields: {name: txet}\nx: 1"),))
    site = Layer("site", (Document("metadata/b.yaml", "object: b\nfields: {name: text}"),))
    said = []
    for _ in range(2):
        with pytest.raises(MetadataError) as refused:
            compile_site([broken, site], field_types(), {})
        said.append(refused.value.problems)

    assert said[0] == said[1]
    assert len(said[0]) == 2


def test_an_edited_site_compiles_in_less_than_half_the_time(unread: None) -> None:
    def taken(text: str) -> float:
        began = time.process_time()
        compiled(text)
        return time.process_time() - began

    first = taken(SAYING[0])

    assert min(taken(f"{SAYING[0]}\nicon: star-{n}") for n in range(3)) < first / 2
