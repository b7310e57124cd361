"""A condition that every record must meet: the write is refused, or the person is warned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import VALIDATE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import BOTH_LANGUAGES, CONDITION, FIELD, Kind, label_from
from fieldstone.rules.wording import language_of, read_back


@dataclass(frozen=True)
class Validation:
    """The body of a validation rule."""

    that: Expression
    field: str
    message: Label
    cure: Label
    warns: bool

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the condition."""
        return (self.that,)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return a problem for each draft that breaks the condition by what it writes."""
        return {
            place: self._broken(rule, facts)
            for place, draft in enumerate(drafts)
            if self._is_touched(rule, draft)
            and self.that.evaluate(draft.row, facts.env) is not True
        }

    def _is_touched(self, rule: Rule, draft: Draft) -> bool:
        """Tell whether this write bears on the condition: old records must not block unrelated changes."""
        if draft.before is None:
            return True
        names = self.that.names | (rule.when.names if rule.when is not None else frozenset())
        return any(draft.changed(name) for name in names)

    def _broken(self, rule: Rule, facts: Facts) -> Verdict:
        language = language_of(facts)
        problem = Problem(
            rule.code, self.field, self.message.text(language), self.cure.text(language)
        )
        if self.warns:
            return Verdict(self.message, warnings=(problem,))
        return Verdict(self.message, problems=(problem,))


_CURE = Label("Correct the value and save again.", "请更正后重新保存。")


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Validation | None:
    """Resolve the condition and the field that shows the message."""
    that = build.expression("that", raw["that"], expects=BOOLEAN)
    named = build.field("field", raw["field"]) if "field" in raw else ""
    if that is None:
        return None
    expected = read_back(that)
    otherwise = Label(f"It must hold that {expected.en}.", f"须满足：{expected.text('zh')}。")
    return Validation(
        that,
        named or next(iter(sorted(that.names)), ""),
        label_from(raw.get("message"), otherwise),
        label_from(raw.get("cure"), _CURE),
        raw.get("otherwise") == "warn",
    )


KIND = Kind(
    "validation",
    Label("Validation", "校验"),
    VALIDATE,
    {
        "properties": {
            "that": CONDITION,
            "field": FIELD,
            "message": BOTH_LANGUAGES,
            "cure": BOTH_LANGUAGES,
            "otherwise": {"enum": ["refuse", "warn"]},
        },
        "required": ["that"],
    },
    compile_rule,
    about=Label(
        "What must always hold: otherwise a write is refused, or the person is warned.",
        "必须始终成立的条件：不满足时拒绝写入或提醒。",
    ),
)
