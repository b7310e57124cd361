"""Values that many tests need, written so that a test states only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent

import fieldstone.fieldtypes
import fieldstone.rules
from fieldstone.compiler.compile import Document, Layer, compile_site, read_layer
from fieldstone.extensions.builtin import members
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import RuleKind

ROOT = Path(__file__).resolve().parents[1]
USER = "object: user\nfields: {name: text, email: email, region: text, manager: user}\n"


@cache
def field_types() -> Mapping[str, TypeSpec]:
    """Return the built-in field types."""
    return members(fieldstone.fieldtypes, "TYPE")


@cache
def rule_kinds() -> Mapping[str, RuleKind]:
    """Return the built-in kinds of rules."""
    return members(fieldstone.rules, "KIND")


def a_layer(name: str, *texts: str) -> Layer:
    """Return a layer whose documents are called a.yaml, b.yaml, ... in metadata/."""
    documents = (
        Document(f"metadata/{chr(97 + n)}.yaml", dedent(text)) for n, text in enumerate(texts)
    )
    return Layer(name, tuple(documents))


def a_model(*texts: str, **upper_layers: str) -> Model:
    """Return the model of some YAML texts; each keyword argument is a layer above them.

    A small object `user` is added where the texts have none.
    """
    layers = [a_layer("core", *texts)]
    if not any("object: user\n" in dedent(text) for text in texts):
        layers.insert(0, Layer("ground", (Document("metadata/user.yaml", USER),)))
    layers += [a_layer(name, text) for name, text in upper_layers.items()]
    return compile_site(layers, field_types(), rule_kinds())


@cache
def the_core() -> Model:
    """Return the model that the product ships."""
    return compile_site([read_layer("core", ROOT)], field_types(), rule_kinds())
