"""How a group of people shares what comes: by turns, by weight, by load; within caps and working hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import named, one_or_more
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.availability import AVAILABILITY, Availability, availability_from
from fieldstone.rules.caps import LIMITS, Limits, limits_from
from fieldstone.rules.contract import OBLIGE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import COUNT, NUMBERS, OWN_FIELD, TEXT, Kind
from fieldstone.rules.people_scope import Fit, fit_from
from fieldstone.rules.turns import AWAY_POLICIES, KEEP, MEMBER_POLICIES, SKIP

ROUND_ROBIN: Final = "round_robin"
EQUAL: Final = "equal"
WEIGHTED: Final = "weighted"
LEAST_LOADED: Final = "least_loaded"
MOST_AVAILABLE: Final = "most_available"
RANDOM: Final = "random"
METHODS: Final = (ROUND_ROBIN, EQUAL, WEIGHTED, LEAST_LOADED, MOST_AVAILABLE, RANDOM)
GROUPS: Final = ("team", "role", "department", "user")
PLURALS: Final = {
    "team": "teams",
    "role": "roles",
    "department": "departments",
    "user": "users",
}
MOST_OWED: Final = 10


@dataclass(frozen=True)
class Rotation:
    """Who shares, and how. `weight` names a number field of the person; `ranking` a ranking programme."""

    groups: tuple[str, ...]
    method: str = ROUND_ROBIN
    weight: str = "weight"
    limits: Limits = field(default_factory=Limits)
    availability: Availability = field(default_factory=Availability)
    when_away: str = SKIP
    most_owed: int = MOST_OWED
    on_member_change: str = KEEP
    among: Fit | None = None
    same: tuple[tuple[str, str], ...] = ()  # (field of the user, field of the record)
    ranking: str = ""

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what is evaluated on the record and a person."""
        return () if self.among is None else (self.among.condition,)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """A rotation decides nothing by itself: assignment rules give to it."""
        return {}


def groups_from(to: Mapping[str, Any], path: str, build: Builder) -> tuple[str, ...]:
    """Compile team, role, department and user, each one or a list, to "team:north", ..."""
    groups: list[str] = []
    for group in GROUPS:
        for key in (group, PLURALS[group]):
            written = to.get(key, ())
            groups += [
                f"{group}:{name}"
                for name in ([written] if isinstance(written, str) else written)
                if group != "role" or build.known(f"{path}.{key}", "role", name)
            ]
    return tuple(groups)


def rotation_from(
    groups: tuple[str, ...], raw: Mapping[str, Any], path: str, build: Builder
) -> Rotation:
    """Compile the settings of a rotation, written in a rule of its own or in an entry of an assignment."""
    at = f"{path}." if path else ""
    credit = raw.get("credit", {})
    same = tuple(
        (theirs, build.field(f"{at}same.{theirs}", ours))
        for theirs, ours in raw.get("same", {}).items()
    )
    method = str(raw.get("method", ROUND_ROBIN))
    limits = limits_from(raw.get("limits", {}), f"{at}limits", build)
    if method == MOST_AVAILABLE and not limits.caps and not limits.holding:
        build.problem(
            f"{at}method",
            "no_limit",
            "Who has most room can only be told where people have limits.",
            "Add 'limits: {holding: 100}', or write least_loaded.",
        )
    ranking = raw.get("ranking", "")
    return Rotation(
        groups,
        method,
        str(raw.get("weight", "weight")),
        limits,
        availability_from(raw.get("availability", {}), f"{at}availability", build),
        str(credit.get("when_away", SKIP)),
        int(credit.get("most", MOST_OWED)),
        str(raw.get("on_member_change", KEEP)),
        fit_from(raw.get("among"), f"{at}among", build),
        same,
        build.known(f"{at}ranking", "rule", ranking) if ranking else "",
    )


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Rotation:
    """Compile a rotation that several assignments share."""
    return rotation_from(groups_from(raw["of"], "of", build), raw, "", build)


PEOPLE: Final = {
    name: one_or_more(named(single), description=f"One {single} or several")
    for single, plural in PLURALS.items()
    for name in (single, plural)
}
SETTINGS: Final[Mapping[str, Any]] = {
    "method": {
        "enum": list(METHODS),
        "description": "round_robin in order; equal and weighted by shares; least_loaded, most_available, random",
    },
    "weight": named(
        "person_field", NUMBERS, description="The number field of the person that is their weight"
    ),
    "limits": LIMITS,
    "availability": AVAILABILITY,
    "credit": {
        "type": "object",
        "description": "What those get who were away",
        "properties": {
            "when_away": {
                "enum": list(AWAY_POLICIES),
                "description": "skip: nothing; keep_top: the next one; accrue: what they missed",
            },
            "most": {**COUNT, "description": "How many records are kept for somebody at most"},
        },
        "additionalProperties": False,
        "minProperties": 1,
    },
    "on_member_change": {
        "enum": list(MEMBER_POLICIES),
        "description": "Whether the shares go on or begin anew when somebody joins or leaves",
    },
    "among": {
        **TEXT,
        "description": "A condition over record and person: person.region == region",
    },
    "same": {
        "type": "object",
        "description": "Field of the person: field of the record; only who has the same value gets it",
        "minProperties": 1,
        "propertyNames": named("person_field"),
        "additionalProperties": OWN_FIELD,
    },
    "ranking": named(
        "rule",
        "ranking_program",
        description="A ranking programme whose rewards change weights, caps and access",
    ),
}

KIND = Kind(
    "rotation",
    Label("Rotation", "轮转分配"),
    OBLIGE,
    {
        "properties": {
            "of": {
                "type": "object",
                "description": "Who shares",
                "properties": PEOPLE,
                "additionalProperties": False,
                "minProperties": 1,
            },
            **SETTINGS,
        },
        "required": ["of"],
    },
    compile_rule,
    about=Label(
        "How a group of people shares what comes: by turns, by weight or by load.",
        "一组人如何分担新记录：轮流、按权重或按负荷。",
    ),
)
