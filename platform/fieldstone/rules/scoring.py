"""Scores a record: points for what it is and what it does, kept in a ledger whose sum is the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fieldstone.base.label import Label, label_of
from fieldstone.changes.nouns import Draft, LedgerEntry
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN, NUMBER
from fieldstone.rules.contract import SCORE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import BOTH_LANGUAGES, TEXT, Kind, label_from

DIMENSIONS = ("fit", "engagement", "negative")
MOST_POINTS = 100_000
SHOWN_ITEMS = 12


@dataclass(frozen=True)
class Item:
    """One reason for points. `points` is a number or an expression; `cap` bounds what it may add or take."""

    code: str
    label: Label
    points: int | Expression
    when: Expression | None
    dimension: str
    cap: int | None

    def worth(self, row: Mapping[str, object], facts: Facts) -> int:
        """Return the points that the record has for it now."""
        if self.when is not None and self.when.evaluate(row, facts.env) is not True:
            return 0
        if isinstance(self.points, int):
            points = self.points
        else:
            found = self.points.evaluate(row, facts.env)
            points = int(found) if isinstance(found, (int, Decimal)) else 0
        limit = MOST_POINTS if self.cap is None else self.cap
        return max(-limit, min(limit, points))


@dataclass(frozen=True)
class Scoring:
    """The body of a scoring rule."""

    into: str
    items: tuple[Item, ...]
    least: int
    most: int
    thresholds: tuple[tuple[str, int, Label], ...]  # highest first

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the conditions and computed points."""
        found = [item.when for item in self.items if item.when is not None]
        return (*found, *(i.points for i in self.items if isinstance(i.points, Expression)))

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return what each draft's points change by; the score is the sum of the ledger."""
        stored = [draft.record_id for draft in drafts if draft.before is not None]
        ledger = facts.points(stored) if stored else {}
        verdicts = {}
        for place, draft in enumerate(drafts):
            verdict = self._scored(rule, draft, ledger.get(draft.record_id, {}), facts)
            if verdict is not None:
                verdicts[place] = verdict
        return verdicts

    def _scored(
        self,
        rule: Rule,
        draft: Draft,
        ledger: Mapping[tuple[str, str], int],
        facts: Facts,
    ) -> Verdict | None:
        own = {item: points for (code, item), points in ledger.items() if code == rule.code}
        worth = {item.code: item.worth(draft.row, facts) for item in self.items}
        dimensions = {item.code: item.dimension for item in self.items}
        # Items that the rule no longer has are taken back, so that the sum is what the rule says today.
        entries = tuple(
            LedgerEntry(rule.code, code, change, dimensions.get(code, "fit"))
            for code in dict.fromkeys((*worth, *own))
            if (change := worth.get(code, 0) - own.get(code, 0))
        )
        total = max(self.least, min(self.most, sum(worth.values())))
        if not entries and draft.row.get(self.into) == total:
            return None
        because = self._because(total, worth, draft.row.get(self.into))
        return Verdict(because, sets={self.into: total}, ledger=entries)

    def _because(self, total: int, worth: Mapping[str, int], before: object) -> Label:
        counted = [(item.label, worth[item.code]) for item in self.items if worth[item.code]]
        counted.sort(key=lambda one: -abs(one[1]))
        shown = counted[:SHOWN_ITEMS]
        english = f"{total} points" + (": " if shown else "")
        chinese = f"{total} 分" + ("：" if shown else "")
        english += ", ".join(f"{label.text('en')} {points:+d}" for label, points in shown)
        chinese += "、".join(f"{label.text('zh')} {points:+d}" for label, points in shown)
        old = int(before) if isinstance(before, (int, Decimal)) else 0
        for _, least, label in self.thresholds:
            if old < least <= total:
                english += f"; reached {label.text('en')} ({least})"
                chinese += f"；达到{label.text('zh')}（{least} 分）"
                break
            if total < least <= old:
                english += f"; fell below {label.text('en')} ({least})"
                chinese += f"；低于{label.text('zh')}（{least} 分）"
                break
        return Label(english, chinese)


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Scoring | None:
    """Resolve conditions and points."""
    into = build.field("into", raw["into"])
    items = [_item(code, written, build) for code, written in raw["items"].items()]
    thresholds = sorted(
        (_threshold(code, written) for code, written in raw.get("thresholds", {}).items()),
        key=lambda one: -one[1],
    )
    least, most = int(raw.get("least", 0)), int(raw.get("most", MOST_POINTS))
    if least > most:
        build.problem(
            "least", "empty_range", f"{least} is above {most}.", "Let 'least' be below 'most'."
        )
    if not into:
        return None
    return Scoring(
        into, tuple(item for item in items if item is not None), least, most, tuple(thresholds)
    )


def _item(code: str, raw: Mapping[str, Any], build: Builder) -> Item | None:
    path = f"items.{code}"
    points: int | Expression | None
    if isinstance(raw["points"], str):
        points = build.expression(f"{path}.points", raw["points"], expects=NUMBER)
    else:
        points = int(raw["points"])
    when = build.expression(f"{path}.when", raw.get("when"), expects=BOOLEAN)
    if points is None or (when is None and "when" in raw):
        return None
    negative = isinstance(points, int) and points < 0
    return Item(
        code,
        label_from(raw.get("label"), label_of(code)),
        points,
        when,
        str(raw.get("dimension", "negative" if negative else "fit")),
        raw.get("cap"),
    )


def _threshold(code: str, written: object) -> tuple[str, int, Label]:
    if isinstance(written, Mapping):
        return code, int(written["at"]), label_from(written.get("label"), label_of(code))
    return code, int(str(written)), label_of(code)


_POINTS = {"type": "integer", "minimum": -MOST_POINTS, "maximum": MOST_POINTS}

KIND = Kind(
    "scoring",
    Label("Scoring", "线索评分"),
    SCORE,
    {
        "properties": {
            "into": TEXT,
            "items": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "when": TEXT,
                        "points": {"oneOf": [_POINTS, TEXT]},
                        "label": BOTH_LANGUAGES,
                        "dimension": {"enum": list(DIMENSIONS)},
                        "cap": {"type": "integer", "minimum": 1, "maximum": MOST_POINTS},
                    },
                    "required": ["points"],
                    "additionalProperties": False,
                },
            },
            "least": _POINTS,
            "most": _POINTS,
            "thresholds": {
                "type": "object",
                "additionalProperties": {
                    "oneOf": [
                        _POINTS,
                        {
                            "type": "object",
                            "properties": {"at": _POINTS, "label": BOTH_LANGUAGES},
                            "required": ["at"],
                            "additionalProperties": False,
                        },
                    ]
                },
            },
        },
        "required": ["into", "items"],
    },
    compile_rule,
)
