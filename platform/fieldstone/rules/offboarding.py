"""When a person leaves: what is handed over to whom, and what stays with their name for history and credit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label, label_of
from fieldstone.base.named import named, several
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import AUTOMATE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import BOTH_LANGUAGES, CONDITION, LINK, OBJECT, Kind, label_from
from fieldstone.rules.ladder_yaml import WHO
from fieldstone.rules.notices import Audience, audiences_from, told

MANAGER, ASSIGN, FOLLOW = "manager", "assign", "follow"
USER, TEAM, ROLE, POOL = GROUPS = ("user", "team", "role", "pool")
OFFBOARD: Final = "offboard"


@dataclass(frozen=True)
class HandOver:
    """One kind of records and who gets them.

    `to` is manager, assign (the assignment rules choose), follow (the owner of the record behind one of `follow`),
    user:EMAIL, team:CODE, role:CODE (in turn) or pool:CODE. `otherwise` takes what the first cannot.
    """

    code: str
    label: Label
    object_name: str
    when: Expression | None
    to: str
    follow: tuple[str, ...] = ()
    otherwise: str = MANAGER


@dataclass(frozen=True)
class Offboarding:
    """The body: hand-overs in order, each record meets the first that fits; all others keep their owner."""

    hand_overs: tuple[HandOver, ...]
    keep_deadlines: bool
    waive_cooldown: bool
    notify: tuple[Audience, ...]

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return who is told; the conditions belong to other objects."""
        return tuple(one.person for one in self.notify if one.person is not None)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Tell who is responsible when somebody was switched off without handing over."""
        verdicts = {}
        for place, draft in enumerate(drafts):
            gone = draft.before is not None and draft.changed("active")
            if gone and draft.row.get("active") is False and draft.change.action != OFFBOARD:
                name = str(draft.row.get("name") or "")
                text = _LEFT.filled_in({"name": name})
                effects = told(
                    self.notify, ("in_page",), draft, facts, topic="offboarding", text=text
                )
                verdicts[place] = Verdict(text, effects=effects)
        return verdicts

    def earlier(self, one: HandOver) -> list[HandOver]:
        """Return the hand-overs of the same object that come first."""
        before = self.hand_overs[: self.hand_overs.index(one)]
        return [other for other in before if other.object_name == one.object_name]


_LEFT = Label(
    "{name} is no longer active: what they work on waits to be handed over.",
    "{name} 已停用，其负责的记录有待移交。",
)


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Offboarding:
    """Resolve objects, conditions and heirs."""
    found = [_hand_over(code, one, build) for code, one in raw["hand_over"].items()]
    return Offboarding(
        tuple(one for one in found if one is not None),
        bool(raw.get("keep_deadlines", True)),
        bool(raw.get("waive_cooldown", True)),
        audiences_from(raw["notify"], "notify", build) if "notify" in raw else (),
    )


def _hand_over(code: str, raw: Mapping[str, Any], build: Builder) -> HandOver | None:
    path = f"hand_over.{code}"
    scope = build.scope_of(raw["object"], f"{path}.object")
    if scope is None:
        return None
    when = build.expression(f"{path}.when", raw.get("when"), expects=BOOLEAN, scope=scope)
    follow = tuple(
        build.field(f"{path}.follow.{i}", name, scope=scope)
        for i, name in enumerate(raw.get("follow", ()))
    )
    to = _heir(raw.get("to", FOLLOW if follow else MANAGER), f"{path}.to", build)
    otherwise = _heir(raw.get("or", MANAGER), f"{path}.or", build)
    label = label_from(raw.get("label"), label_of(code))
    return HandOver(code, label, raw["object"], when, to, follow, otherwise)


def _heir(raw: object, path: str, build: Builder) -> str:
    kind, colon, name = str(raw).partition(":")
    if (colon and kind in GROUPS) or (not colon and kind in (MANAGER, ASSIGN, FOLLOW)):
        known = build.known(path, kind, name) if kind in (ROLE, POOL) else kind
        return str(raw) if known else MANAGER
    build.problem(
        path,
        "unknown_heir",
        f"{raw!r} is nobody who could take something over.",
        "Write manager, assign, follow, user:EMAIL, team:CODE, role:CODE or pool:CODE.",
    )
    return MANAGER


_HEIR = {
    **named("heir"),
    "description": "Who takes it over.",
}

KIND = Kind(
    "offboarding",
    Label("Hand-over when somebody leaves", "离职移交"),
    AUTOMATE,
    {
        "properties": {
            "hand_over": {
                "type": "object",
                "minProperties": 1,
                "description": "What is handed over, in order; each record by the first that fits",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "object": OBJECT,
                        "label": BOTH_LANGUAGES,
                        "when": {**CONDITION, "description": "Which records; the others stay"},
                        "to": _HEIR,
                        "follow": {
                            **several(LINK),
                            "description": "Lookups to the record they belong to",
                        },
                        "or": _HEIR,
                    },
                    "required": ["object"],
                    "additionalProperties": False,
                },
            },
            "keep_deadlines": {
                "type": "boolean",
                "description": "Running deadlines go on for the heir, with a grace at least (yes)",
            },
            "waive_cooldown": {
                "type": "boolean",
                "description": "An heir may have had the record before (yes)",
            },
            "notify": WHO,
        },
        "required": ["hand_over"],
    },
    compile_rule,
    about=Label(
        "When somebody leaves: what is handed over to whom.",
        "人员离职时，哪些记录移交给谁。",
    ),
)
