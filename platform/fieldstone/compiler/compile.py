"""Compiles layers of YAML into one frozen Model, or says everything that is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from fieldstone import __version__
from fieldstone.base.lasting import garbage_waits
from fieldstone.compiler import cache as model_cache
from fieldstone.compiler.assembly import Assembly
from fieldstone.compiler.loading import load, read_layer
from fieldstone.compiler.problems import Problems
from fieldstone.compiler.site_shapes import schemas
from fieldstone.compiler.tree import Document, Layer
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Rule, RuleKind

ROUNDS = 4
"""How often a model is built anew because a layer names something by an earlier code; one round is usual."""

__all__ = ["Document", "Layer", "compile_site", "read_layer", "schemas"]


def compile_site(
    layers: Sequence[Layer],
    types: Mapping[str, TypeSpec],
    kinds: Mapping[str, RuleKind],
    *,
    cache: Path | None = None,
    report_schema: Mapping[str, Any] | None = None,
    defaults: Mapping[str, object] | None = None,
) -> Model:
    """Return the model of the merged layers, lowest first.

    `defaults` are settings that field types take when a field names none, such as {"currency": "CNY"}.
    With `cache`, a folder, a model compiled before from the same texts by the same code is read from it.
    Raises MetadataError with all problems.
    """
    digest = digest_of(layers, report_schema, defaults or {})
    key = model_cache.key(digest, [*types.values(), *kinds.values()]) if cache else ""
    if cache:
        found = model_cache.read(cache, key)
        if found is not None:
            return found
    with garbage_waits():
        model = _assembled(layers, types, kinds, report_schema, defaults or {})
    model = replace(model, layers=tuple(layer.name for layer in layers), digest=digest)
    if cache:
        model_cache.write(cache, key, model)
    return model


def _assembled(
    layers: Sequence[Layer],
    types: Mapping[str, TypeSpec],
    kinds: Mapping[str, RuleKind],
    report_schema: Mapping[str, Any] | None,
    defaults: Mapping[str, object],
) -> Model:
    """Return the model; where layers name what was renamed by its earlier code, they are read with the present one."""
    problems = Problems()
    source = load(layers, problems)
    known = len(problems)
    assembly = Assembly(source, types, kinds, problems, defaults)
    model = assembly.model(report_schema)
    as_written = {code: rule.digest for code, rule in model.rules.items()}
    for _ in range(ROUNDS):
        if len(problems) > known or not assembly.renames.write():
            break
        source = source.copied()  # which knows of no shape that its tables had before
        assembly = Assembly(source, types, kinds, problems, defaults)
        model = assembly.model(report_schema)
    problems.raise_if_any()
    return replace(model, rules=_of_digests(model.rules, as_written))


def _of_digests(rules: Mapping[str, Rule], digests: Mapping[str, str]) -> dict[str, Rule]:
    """Return rules with the digests of what people wrote: that a field has another code makes no new version."""
    return {
        code: replace(rule, digest=digests.get(code, rule.digest)) for code, rule in rules.items()
    }


def digest_of(
    layers: Sequence[Layer],
    report_schema: Mapping[str, Any] | None,
    defaults: Mapping[str, object],
) -> str:
    """Return what identifies the input: every text, by layer and path, and the version of the package."""
    whole = sha256(
        json.dumps([__version__, report_schema, defaults], sort_keys=True, default=str).encode()
    )
    for layer in layers:
        for document in layer.documents:
            for part in (layer.name, document.path, document.text):
                encoded = part.encode("utf-8", "surrogatepass")
                whole.update(b"%d:" % len(encoded) + encoded)
    return whole.hexdigest()
