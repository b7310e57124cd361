"""Converting a record: which records it becomes, field by field, and what it keeps of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import MOVE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import TEXT, Kind


@dataclass(frozen=True)
class Target:
    """One record that the conversion creates, or links when one is chosen.

    `into` is the lookup field of the source that keeps it, `fields` gives the new record's fields as expressions
    over the source, `links` sets its lookups to other targets of the same conversion.
    """

    code: str
    object_name: str
    into: str
    fields: Mapping[str, Expression]
    links: Mapping[str, str]
    optional: bool


@dataclass(frozen=True)
class Conversion:
    """The body of a conversion map; the convert action carries it out in one transaction."""

    stage: str
    targets: tuple[Target, ...]
    sets: Mapping[str, Expression]

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what is evaluated on the source."""
        mapped = [one for target in self.targets for one in target.fields.values()]
        return (*mapped, *self.sets.values())

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return nothing: a conversion happens when somebody asks for it."""
        return {}


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Conversion:
    """Resolve objects, fields and expressions; a target may link only to targets before it."""
    targets: list[Target] = []
    for code, written in raw["creates"].items():
        target = _target(code, written, [one.code for one in targets], build)
        if target is not None:
            targets.append(target)
    sets = {
        build.field(f"sets.{name}", name): build.expression(f"sets.{name}", text)
        for name, text in raw.get("sets", {}).items()
    }
    return Conversion(
        build.known("stage", "stage", raw["stage"]),
        tuple(targets),
        {name: one for name, one in sets.items() if one is not None},
    )


def _target(
    code: str, raw: Mapping[str, Any], before: Sequence[str], build: Builder
) -> Target | None:
    path = f"creates.{code}"
    scope = build.scope_of(raw["object"], f"{path}.object")
    if scope is None:
        return None
    fields = {}
    for name, text in raw["fields"].items():
        target_field = build.field(f"{path}.fields.{name}", name, scope=scope)
        expression = build.expression(f"{path}.fields.{name}", text)
        if expression is not None:
            fields[target_field] = expression
    links = {}
    for name, other in raw.get("links", {}).items():
        links[build.field(f"{path}.links.{name}", name, scope=scope)] = other
        if other not in before:
            cure = f"Use one of: {', '.join(before) or 'none stands before it'}."
            text = f"{other!r} is not created before {code}."
            build.problem(f"{path}.links.{name}", "unknown_target", text, cure)
    into = build.field(f"{path}.into", raw["into"]) if "into" in raw else ""
    return Target(code, raw["object"], into, fields, links, bool(raw.get("optional")))


_TEXTS = {"type": "object", "additionalProperties": TEXT}

KIND = Kind(
    "conversion_map",
    Label("Conversion map", "转化映射"),
    MOVE,
    {
        "properties": {
            "stage": {**TEXT, "description": "The stage the record ends in"},
            "creates": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "object": TEXT,
                        "into": TEXT,
                        "fields": {**_TEXTS, "minProperties": 1},
                        "links": _TEXTS,
                        "optional": {"type": "boolean"},
                    },
                    "required": ["object", "fields"],
                    "additionalProperties": False,
                },
            },
            "sets": _TEXTS,
        },
        "required": ["stage", "creates"],
    },
    compile_rule,
)
