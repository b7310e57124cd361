"""Grades a record by how complete it is: weighted fields, a share in percent, and a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.label import Label
from fieldstone.base.named import keyed, named
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Env, Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import GRADE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import ASKED, CHOICE, FIELD, NUMBER_FIELD, Kind
from fieldstone.rules.wording import field_label, listed

PERCENT = 100


@dataclass(frozen=True)
class Item:
    """One field, what it weighs, and what counts as filled (None: any value)."""

    field: str
    label: Label
    weight: int
    when: Expression | None = None

    def met(self, row: Mapping[str, object], env: Env) -> bool:
        """Tell whether the record has it."""
        if self.when is not None:
            return self.when.evaluate(row, env) is True
        return row.get(self.field) not in (None, "", (), [])


@dataclass(frozen=True)
class Grading:
    """The body of a grading rule. `bands` holds (grade, least percent, label), the highest first."""

    into: str
    percent_into: str
    missing_into: str
    items: tuple[Item, ...]
    bands: tuple[tuple[str, int, Label], ...]

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the conditions of fields that must be more than filled."""
        return tuple(item.when for item in self.items if item.when is not None)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return the grade of each draft whose grade or share changes."""
        verdicts = {}
        for place, draft in enumerate(drafts):
            verdict = self._graded(draft.row, facts.env)
            if any(draft.row.get(name) != value for name, value in verdict.sets.items()):
                verdicts[place] = verdict
        return verdicts

    def completeness(self, row: Mapping[str, object], env: Env) -> tuple[int, tuple[Item, ...]]:
        """Return how much of the weights a record has, in percent, and what it lacks."""
        missing = tuple(item for item in self.items if not item.met(row, env))
        whole = sum(item.weight for item in self.items)
        lost = sum(item.weight for item in missing)
        # Rounded down, so that a band is reached and never nearly reached.
        return (whole - lost) * PERCENT // whole, missing

    def _graded(self, row: Mapping[str, object], env: Env) -> Verdict:
        percent, missing = self.completeness(row, env)
        grade, least, label = next(band for band in self.bands if percent >= band[1])
        lacking = listed(item.label for item in missing)
        english = f"{percent}% complete, {label.text('en')} from {least}%"
        chinese = f"完整度 {percent}%，{least}% 起为{label.text('zh')}"
        if missing:
            english += f"; missing: {lacking.en}"
            chinese += f"；缺少：{lacking.text('zh')}"
        sets: dict[str, object] = {self.into: grade}
        if self.percent_into:
            sets[self.percent_into] = percent
        if self.missing_into:
            sets[self.missing_into] = tuple(item.field for item in missing)
        return Verdict(Label(english, chinese), sets=sets)


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Grading | None:
    """Resolve fields; the bands are sorted and one must start at 0."""
    items = [_item(name, written, build) for name, written in raw["fields"].items()]
    into = build.field("into", raw["into"])
    bands = _bands(raw["bands"], into, build)
    percent = build.field("percent_into", raw["percent_into"]) if "percent_into" in raw else ""
    missing = build.field("missing_into", raw["missing_into"]) if "missing_into" in raw else ""
    known = tuple(item for item in items if item is not None)
    if not into or not bands or not known:
        return None
    return Grading(into, percent, missing, known, bands)


def _item(name: str, written: object, build: Builder) -> Item | None:
    code = build.field(f"fields.{name}", name, of_key=True)
    if not code:
        return None
    if isinstance(written, Mapping):
        when = build.expression(f"fields.{name}.when", written.get("when"), expects=BOOLEAN)
        return Item(code, field_label(build.scope, code), int(written["weight"]), when)
    return Item(code, field_label(build.scope, code), int(str(written)))


def _bands(raw: Mapping[str, int], into: str, build: Builder) -> tuple[tuple[str, int, Label], ...]:
    present = {
        build.option(f"bands.{one}", into, one, of_key=True): least for one, least in raw.items()
    }
    if 0 not in raw.values():
        build.problem(
            "bands",
            "no_lowest_band",
            "No band starts at 0, so an empty record would have no grade.",
            "Let the lowest band start at 0.",
        )
        return ()
    scope = build.scope
    labelled = (
        (
            grade,
            least,
            Label(scope.option_label(into, grade, "en"), scope.option_label(into, grade, "zh")),
        )
        for grade, least in present.items()
        if grade
    )
    return tuple(sorted(labelled, key=lambda band: -band[1]))


_WEIGHT = {"title": "Weight", "type": "integer", "minimum": 1, "maximum": 1000}

KIND = Kind(
    "grading",
    Label("Grading", "线索分级"),
    GRADE,
    {
        "properties": {
            "into": CHOICE,
            "percent_into": NUMBER_FIELD,
            "missing_into": FIELD,
            "fields": {
                "type": "object",
                "propertyNames": FIELD,
                "minProperties": 1,
                "additionalProperties": {
                    "oneOf": [
                        _WEIGHT,
                        {
                            "type": "object",
                            "properties": {
                                "weight": _WEIGHT,
                                "when": {**ASKED, "title": "Counts only if"},
                            },
                            "required": ["weight"],
                            "additionalProperties": False,
                        },
                    ]
                },
            },
            "bands": keyed(
                named("option", "into", title="Grade"),
                {"title": "From percent", "type": "integer", "minimum": 0, "maximum": 100},
                minProperties=1,
            ),
        },
        "required": ["into", "fields", "bands"],
    },
    compile_rule,
    about=Label(
        "Grades a record by how complete it is: weighted fields, a share in percent, and a band.",
        "按完整度为记录分级：字段权重、完整度百分比和分级区间。",
    ),
)
