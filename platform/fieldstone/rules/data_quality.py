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
from fieldstone.rules.data_quality_schema import SCHEMA
from fieldstone.rules.kind import Kind, label_from
from fieldstone.rules.normalise import OPERATIONS
from fieldstone.rules.regions import Regions, regions_from
from fieldstone.rules.wording import (
    field_label,
    joined,
    language_for,
    language_of,
    listed,
    read_back,
)


@dataclass(frozen=True)
class Need:
    """Fields that must be filled while a condition holds; of `any_of` one is enough."""

    fields: tuple[str, ...]
    labels: tuple[Label, ...]
    any_of: bool
    when: Expression | None
    message: Label | None
    reason: object = None  # an option that says why, for reject_reason

    def unmet(self, row: Mapping[str, object], facts: Facts) -> Failure | None:
        """Return what is missing, None when nothing is."""
        if self.when is not None and self.when.evaluate(row, facts.env) is not True:
            return None
        empty = [i for i, name in enumerate(self.fields) if row.get(name) in (None, "", (), [])]
        if not empty or (self.any_of and len(empty) < len(self.fields)):
            return None
        if self.message is not None:
            return Failure(self.fields[empty[0]], self.message, self.reason)
        names = listed(self.labels[i] for i in empty)
        if self.any_of:
            told = Label(f"one of {names.en} is needed", f"{names.text('zh')}至少填写一项")
        else:
            told = Label(f"{names.en} is missing", f"缺少{names.text('zh')}")
        return Failure(self.fields[empty[0]], told, self.reason)


@dataclass(frozen=True)
class Check:
    """A condition that good data meets."""

    that: Expression
    field: str
    message: Label
    reason: object = None


@dataclass(frozen=True)
class Failure:
    """One thing that is missing or wrong."""

    field: str
    told: Label
    reason: object = None


@dataclass(frozen=True)
class Apart:
    """How a record is kept apart until somebody mends it: a switch that goes on, and off again by itself."""

    into: str
    sets: tuple[Assigned, ...] = ()


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
    regions: Regions | None = None
    apart: Apart | None = None
    reject_reason: str = ""

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return every condition and every value that is set."""
        conditions = [need.when for need in self.needs if need.when is not None]
        return (
            *conditions,
            *(c.that for c in self.checks),
            *(e for s in self.sets for e in s.reads),
            *(e for s in (self.apart.sets if self.apart else ()) for e in s.reads),
        )

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return cleaned values, and what to do with what stays wrong."""
        verdicts: dict[int, Verdict] = {}
        for place, draft in enumerate(drafts):
            cleaned = self._cleaned(draft)
            region = self.regions.told({**draft.row, **cleaned}) if self.regions else None
            if region is not None and self.regions is not None:
                cleaned[self.regions.into] = region[0]
            failures = self._failures({**draft.row, **cleaned}, facts)
            if failures:
                verdicts[place] = self._verdict(draft, cleaned, failures, facts)
            elif self.apart is not None and draft.row.get(self.apart.into) is True:
                verdicts[place] = self._let_out(self.apart, cleaned)
            elif cleaned:
                verdicts[place] = Verdict(self._cleaning(cleaned, region), sets=cleaned)
        return verdicts

    def _let_out(self, apart: Apart, cleaned: Mapping[str, object]) -> Verdict:
        """Let a record go that was kept apart: nothing is wrong with it any more."""
        sets = {**cleaned, apart.into: False}
        for name in (self.reason_into, self.reject_reason):
            if name:
                sets[name] = None
        return Verdict(
            Label("in order now: no longer kept apart", "数据已补全，解除隔离"), sets=sets
        )

    def _cleaning(self, cleaned: Mapping[str, object], region: tuple[object, str] | None) -> Label:
        said = []
        names = [self.labels[name] for name in cleaned if name in self.labels]
        if names:
            every = listed(names)
            said.append(Label(f"cleaned {every.en}", f"已规范{every.text('zh')}"))
        if region is not None and self.regions is not None:
            label, place = self.regions.label, region[1]
            said.append(
                Label(f"{label.en} told by {place!r}", f"根据“{place}”识别{label.text('zh')}")
            )
        return joined(said)

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

    def _failures(self, row: Mapping[str, object], facts: Facts) -> list[Failure]:
        unmet = (need.unmet(row, facts) for need in self.needs)
        wrong = (
            Failure(check.field, check.message, check.reason)
            for check in self.checks
            if check.that.evaluate(row, facts.env) is not True
        )
        return [*(one for one in unmet if one is not None), *wrong]

    def _verdict(
        self,
        draft: Draft,
        cleaned: Mapping[str, object],
        failures: Sequence[Failure],
        facts: Facts,
    ) -> Verdict:
        because = joined([one.told for one in failures])
        language = language_of(facts)
        problems = tuple(
            Problem("data_quality", f.field, _sentence(f.told.text(language)), _CURE.text(language))
            for f in failures
        )
        if self.otherwise == "refuse":
            return Verdict(because, sets=cleaned, problems=problems)
        if self.otherwise == "warn":
            return Verdict(because, sets=cleaned, warnings=problems)
        kept = {**draft.row, **cleaned}
        own = self.sets if self.apart is None else self.apart.sets
        sets, word = {**cleaned, **assigned(own, kept, facts)}, Label("marked", "已标记")
        if self.apart is not None:
            sets[self.apart.into], word = True, Label("kept apart", "已隔离")
        if self.reason_into:
            reader = language_for(sets.get("owner", draft.row.get("owner")), facts)
            sets[self.reason_into] = _sentence(because.text(reader))
        reason = next((one.reason for one in failures if one.reason is not None), None)
        if self.reject_reason and reason is not None:
            sets[self.reject_reason] = reason
        changed = {k: v for k, v in sets.items() if draft.row.get(k) != v}
        told = Label(f"{word.en}: {because.en}", f"{word.text('zh')}：{because.text('zh')}")
        return Verdict(told, sets=changed, warnings=problems, silent=not changed)


_CURE = Label("Complete or correct the value and save again.", "请补全或更正后重新保存。")


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    if text.endswith((".", "。", "!", "！")):
        return text
    return text + ("。" if text[-1:] > "⺀" else ".")


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
        plain.get("reason"),
    )


def _at_stages(raw: Mapping[str, Any], build: Builder) -> list[Need]:
    """Return what must be filled while a record is in a stage."""
    found = []
    for stage, written in raw.items():
        path = f"required_at_stage.{stage}"
        build.known(path, "stage", stage)
        when = build.expression(path, f"stage == '{stage}'", expects=BOOLEAN)
        several = [written] if isinstance(written, str) else list(written)
        names = tuple(build.field(f"{path}.{i}", name) for i, name in enumerate(several))
        labels = tuple(field_label(build.scope, name) for name in names if name)
        found.append(Need(names, labels, any_of=False, when=when, message=None))
    return found


def _apart(raw: Mapping[str, Any], build: Builder) -> Apart:
    into = build.field("quarantine.into", raw["into"])
    return Apart(into, assigned_from(raw.get("set", {}), "quarantine.set", build))


def _check(raw: Mapping[str, Any], place: int, build: Builder) -> Check | None:
    that = build.expression(f"validate.{place}.that", raw["that"], expects=BOOLEAN)
    name = build.field(f"validate.{place}.field", raw["field"]) if "field" in raw else ""
    if that is None:
        return None
    expected = read_back(that)
    otherwise = Label(f"it must hold that {expected.en}", f"须满足：{expected.text('zh')}")
    return Check(
        that,
        name or next(iter(sorted(that.names)), ""),
        label_from(raw.get("message"), otherwise),
        raw.get("reason"),
    )


def compile_rule(raw: Mapping[str, Any], build: Builder) -> DataQuality:
    """Resolve fields and conditions."""
    normalise = []
    labels = {}
    for name, written in raw.get("normalise", {}).items():
        code = build.field(f"normalise.{name}", name, of_key=True)
        operations = (written,) if isinstance(written, str) else tuple(written)
        if code:
            normalise.append((code, operations))
            labels[code] = field_label(build.scope, code)
    mark = raw.get("mark", {})
    reason = build.field("mark.reason", mark["reason"]) if "reason" in mark else ""
    checks = [_check(one, i, build) for i, one in enumerate(raw.get("validate", ()))]
    needs = [_need(one, i, build) for i, one in enumerate(raw.get("require", ()))]
    needs += _at_stages(raw.get("required_at_stage", {}), build)
    apart = _apart(raw["quarantine"], build) if "quarantine" in raw else None
    return DataQuality(
        tuple(normalise),
        tuple(needs),
        tuple(check for check in checks if check is not None),
        "mark" if apart or "mark" in raw else str(raw.get("otherwise", "refuse")),
        reason,
        assigned_from(mark.get("set", {}), "mark.set", build),
        labels,
        regions_from(raw["regions"], build) if "regions" in raw else None,
        apart,
        build.field("reject_reason", raw["reject_reason"]) if "reject_reason" in raw else "",
    )


KIND = Kind(
    "data_quality",
    Label("Data quality", "数据质量"),
    CLEAN,
    SCHEMA,
    compile_rule,
    about=Label(
        "Texts are normalised; what is missing or wrong is refused, marked or warned of.",
        "规范文本；缺失或有误的内容会被拒绝、标记或提醒。",
    ),
)
