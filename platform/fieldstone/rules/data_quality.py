"""Clean records: texts are normalised, and what is missing or wrong is refused, marked or warned of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import Assigned, assigned, assigned_from
from fieldstone.rules.contract import CLEAN, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import ASSIGNMENTS, BOTH_LANGUAGES, CODES, TEXT, Kind, label_from
from fieldstone.rules.normalise import OPERATIONS
from fieldstone.rules.wording import field_label, joined, language_of, listed, read_back


@dataclass(frozen=True)
class Need:
    """Fields that must be filled while a condition holds; of `any_of` one is enough."""

    fields: tuple[str, ...]
    labels: tuple[Label, ...]
    any_of: bool
    when: Expression | None
    message: Label | None

    def unmet(self, row: Mapping[str, object], facts: Facts) -> tuple[str, Label] | None:
        """Return (field, what is missing), None when nothing is."""
        if self.when is not None and self.when.evaluate(row, facts.env) is not True:
            return None
        empty = [i for i, name in enumerate(self.fields) if row.get(name) in (None, "", (), [])]
        if not empty or (self.any_of and len(empty) < len(self.fields)):
            return None
        if self.message is not None:
            return self.fields[empty[0]], self.message
        names = listed(self.labels[i] for i in empty)
        if self.any_of:
            told = Label(f"one of {names.en} is needed", f"{names.text('zh')}至少填写一项")
        else:
            told = Label(f"{names.en} is missing", f"缺少{names.text('zh')}")
        return self.fields[empty[0]], told


@dataclass(frozen=True)
class Check:
    """A condition that good data meets."""

    that: Expression
    field: str
    message: Label


@dataclass(frozen=True)
class DataQuality:
    """The body of a data_quality rule."""

    normalise: tuple[tuple[str, tuple[str, ...]], ...]
    needs: tuple[Need, ...]
    checks: tuple[Check, ...]
    otherwise: str
    reason_into: str
    sets: tuple[Assigned, ...]
    labels: Mapping[str, Label]

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return every condition and every value that is set."""
        conditions = [need.when for need in self.needs if need.when is not None]
        return (
            *conditions,
            *(c.that for c in self.checks),
            *(e for s in self.sets for e in s.reads),
        )

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return cleaned values, and what to do with what stays wrong."""
        verdicts: dict[int, Verdict] = {}
        for place, draft in enumerate(drafts):
            cleaned = self._cleaned(draft)
            failures = self._failures({**draft.row, **cleaned}, facts)
            if cleaned or failures:
                verdicts[place] = self._verdict(draft, cleaned, failures, facts)
        return verdicts

    def _cleaned(self, draft: Draft) -> dict[str, object]:
        """Return the texts that cleaning changes; only what this write brings is touched."""
        cleaned: dict[str, object] = {}
        for name, operations in self.normalise:
            value = draft.values.get(name)
            if not isinstance(value, str):
                continue
            text = value
            for operation in operations:
                text = OPERATIONS[operation](text)
            if text != value:
                cleaned[name] = text or None
        return cleaned

    def _failures(self, row: Mapping[str, object], facts: Facts) -> list[tuple[str, Label]]:
        unmet = (need.unmet(row, facts) for need in self.needs)
        wrong = (
            (check.field, check.message)
            for check in self.checks
            if check.that.evaluate(row, facts.env) is not True
        )
        return [*(one for one in unmet if one is not None), *wrong]

    def _verdict(
        self,
        draft: Draft,
        cleaned: Mapping[str, object],
        failures: Sequence[tuple[str, Label]],
        facts: Facts,
    ) -> Verdict:
        if not failures:
            names = listed(self.labels[name] for name in cleaned)
            return Verdict(Label(f"cleaned {names.en}", f"已规范{names.text('zh')}"), sets=cleaned)
        because = joined([told for _, told in failures])
        language = language_of(facts)
        problems = tuple(
            Problem("data_quality", field, _sentence(told.text(language)), _CURE.text(language))
            for field, told in failures
        )
        if self.otherwise == "refuse":
            return Verdict(because, sets=cleaned, problems=problems)
        if self.otherwise == "warn":
            return Verdict(because, sets=cleaned, warnings=problems)
        sets = {**cleaned, **assigned(self.sets, {**draft.row, **cleaned}, facts)}
        if self.reason_into:
            sets[self.reason_into] = _sentence(because.text(language))
        changed = {k: v for k, v in sets.items() if draft.row.get(k) != v}
        told = Label(f"marked: {because.en}", f"已标记：{because.text('zh')}")
        return Verdict(told, sets=changed, warnings=problems, silent=not changed)


_CURE = Label("Complete or correct the value and save again.", "请补全或更正后重新保存。")


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return (
        text
        if text.endswith((".", "。", "!", "！"))
        else text + ("。" if text[-1:] > "⺀" else ".")
    )


def _need(raw: object, place: int, build: Builder) -> Need:
    plain = raw if isinstance(raw, Mapping) else {"fields": [raw]}
    path = f"require.{place}"
    key = "any_of" if "any_of" in plain else "fields"
    names = tuple(
        build.field(f"{path}.{key}.{i}" if isinstance(raw, Mapping) else path, name)
        for i, name in enumerate(plain.get(key, ()))
    )
    return Need(
        names,
        tuple(field_label(build.scope, name) for name in names if name),
        key == "any_of",
        build.expression(f"{path}.when", plain.get("when"), expects=BOOLEAN),
        label_from(plain["message"]) if "message" in plain else None,
    )


def _check(raw: Mapping[str, Any], place: int, build: Builder) -> Check | None:
    that = build.expression(f"validate.{place}.that", raw["that"], expects=BOOLEAN)
    name = build.field(f"validate.{place}.field", raw["field"]) if "field" in raw else ""
    if that is None:
        return None
    expected = read_back(that)
    otherwise = Label(f"it must hold that {expected.en}", f"须满足：{expected.text('zh')}")
    return Check(
        that, name or next(iter(sorted(that.names)), ""), label_from(raw.get("message"), otherwise)
    )


def compile_rule(raw: Mapping[str, Any], build: Builder) -> DataQuality:
    """Resolve fields and conditions."""
    normalise = []
    labels = {}
    for name, written in raw.get("normalise", {}).items():
        code = build.field(f"normalise.{name}", name)
        operations = (written,) if isinstance(written, str) else tuple(written)
        if code:
            normalise.append((code, operations))
            labels[code] = field_label(build.scope, code)
    mark = raw.get("mark", {})
    reason = build.field("mark.reason", mark["reason"]) if "reason" in mark else ""
    checks = [_check(one, i, build) for i, one in enumerate(raw.get("validate", ()))]
    return DataQuality(
        tuple(normalise),
        tuple(_need(one, i, build) for i, one in enumerate(raw.get("require", ()))),
        tuple(check for check in checks if check is not None),
        "mark" if "mark" in raw else str(raw.get("otherwise", "refuse")),
        reason,
        assigned_from(mark.get("set", {}), "mark.set", build),
        labels,
    )


_OPERATION = {"enum": list(OPERATIONS)}
_NEED = {
    "oneOf": [
        TEXT,
        {
            "type": "object",
            "properties": {
                "fields": CODES,
                "any_of": CODES,
                "when": TEXT,
                "message": BOTH_LANGUAGES,
            },
            "additionalProperties": False,
            "oneOf": [{"required": ["fields"]}, {"required": ["any_of"]}],
        },
    ]
}
_CHECK = {
    "type": "object",
    "properties": {"that": TEXT, "field": TEXT, "message": BOTH_LANGUAGES},
    "required": ["that"],
    "additionalProperties": False,
}

KIND = Kind(
    "data_quality",
    Label("Data quality", "数据质量"),
    CLEAN,
    {
        "properties": {
            "normalise": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {
                    "oneOf": [
                        _OPERATION,
                        {"type": "array", "items": _OPERATION, "minItems": 1},
                    ]
                },
            },
            "require": {"type": "array", "items": _NEED, "minItems": 1},
            "validate": {"type": "array", "items": _CHECK, "minItems": 1},
            "otherwise": {"enum": ["refuse", "warn"]},
            "mark": {
                "type": "object",
                "properties": {"reason": TEXT, "set": ASSIGNMENTS},
                "additionalProperties": False,
                "minProperties": 1,
            },
        },
        "required": [],
    },
    compile_rule,
)
