"""Enrichment rules whose provider is not there, or cannot work with its settings, are named before they run."""

from __future__ import annotations

from collections.abc import Mapping

from fieldstone.base.errors import MetadataError, Problem
from fieldstone.base.names import did_you_mean
from fieldstone.delivery.enrichers.contract import Enricher
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Rule
from fieldstone.rules.enrichment import Enrichment


def check_enrichments(model: Model, enrichers: Mapping[str, Enricher]) -> None:
    """Raise MetadataError with every enrichment that could never be answered."""
    problems = [
        problem
        for rule in model.rules.values()
        if isinstance(rule.body, Enrichment)
        for problem in _objections(rule, rule.body, enrichers)
    ]
    if problems:
        raise MetadataError(problems)


def _objections(rule: Rule, body: Enrichment, enrichers: Mapping[str, Enricher]) -> list[Problem]:
    where = f"{rule.origin.file}:{rule.origin.line}  rules.{rule.code}"
    enricher = enrichers.get(body.provider)
    if enricher is None:
        text = f"there is no enricher {body.provider!r}."
        cure = did_you_mean(body.provider, enrichers)
        return [Problem("unknown_enricher", f"{where}.provider", text, cure)]
    cure = f"See docs/enrichers/{body.provider}.md."
    return [
        Problem("enricher_settings", f"{where}.settings", text, cure)
        for text in enricher.objections(body.settings)
    ]
