"""A ladder of reminders that deadlines share: steps, strength, quiet hours, digest, acknowledgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import OBLIGE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import Kind
from fieldstone.rules.ladder import Ladder
from fieldstone.rules.ladder_yaml import LADDER_PROPERTIES, ladder_from


@dataclass(frozen=True)
class ReminderLadder:
    """The body of a reminder ladder; the deadlines that name it set its timers and send its messages."""

    ladder: Ladder

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what is evaluated on the records of the deadlines."""
        return self.ladder.reads

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return nothing: a ladder speaks through the deadlines that name it."""
        return {}


def compile_rule(raw: Mapping[str, Any], build: Builder) -> ReminderLadder | None:
    """Resolve the people, the spans and the hours."""
    ladder = ladder_from(raw, build)
    return None if ladder is None else ReminderLadder(ladder)


KIND = Kind(
    "reminder_ladder",
    Label("Reminder ladder", "提醒阶梯"),
    OBLIGE,
    {"properties": LADDER_PROPERTIES, "required": ["steps"]},
    compile_rule,
    about=Label(
        "Reminders that climb, shared by the deadlines that name it.",
        "逐级升级的提醒，供多个时限规则共用。",
    ),
)
