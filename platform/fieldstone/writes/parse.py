"""Step 3: each field's type turns what was sent into what is stored; references must exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Draft, Operation
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError
from fieldstone.fieldtypes.multi_select import MultiSelectType
from fieldstone.model.objects import Field
from fieldstone.writes.plan import ObjectPlan
from fieldstone.writes.work import Batch, Work, each_answerable, each_standing


def parse(batch: Batch, work: Work) -> Batch:
    """Parse every value; every bad one is a Problem at its field. Then look up all references at once."""
    parsed = each_answerable(batch, lambda draft: _parse_one(draft, work))
    return _with_references(parsed, work)


def _parse_one(draft: Draft, work: Work) -> Draft:
    if draft.operation in (Operation.DELETE, Operation.RESTORE):
        return draft
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for code, raw in draft.change.values.items():
        field = work.spec.fields.get(code)
        if any(problem.path == code for problem in draft.problems):
            continue  # admit has said what is wrong with this one
        if field is None or field.archived:
            cure = did_you_mean(code, work.spec.fields)
            text = f"{work.spec.label.en} has no field {code!r}."
            problems.append(Problem("unknown_field", code, text, cure))
            continue
        if draft.before is not None and field.type.dump(draft.before.get(code)) == raw:
            continue  # unchanged: an archived option or a read-only value may stay as it is
        if _kept_by_platform(field, draft):
            text = f"{field.label.en} is kept by the platform and cannot be written."
            problems.append(Problem("read_only", code, text, "Leave it out of the request."))
            continue
        try:
            values[code] = _type_of(field, draft).parse(raw)
        except InvalidValueError as invalid:
            problems.extend(problem_of(one, code) for one in invalid.each)
    return replace(draft, values=values).with_problems(*problems)


def _type_of(field: Field, draft: Draft) -> FieldType:
    """Return the field's type as this record sees it: archived options that it holds may stay."""
    if draft.before is not None and isinstance(field.type, MultiSelectType):
        return field.type.keeping(draft.before.get(field.code))
    return field.type


def _kept_by_platform(field: Field, draft: Draft) -> bool:
    return field.derived or (field.read_only and not draft.change.trusted)


def problem_of(invalid: InvalidValueError, code: str) -> Problem:
    """Return the problem of a value that its field refuses."""
    path = f"{code}.{invalid.path}" if invalid.path else code
    return Problem(invalid.code, path, invalid.message, invalid.cure)


def _with_references(batch: Batch, work: Work) -> Batch:
    """Refuse references to records that are not there, or that this actor may not see."""
    wanted: dict[str, set[str]] = {}
    for draft in batch:
        for _, target, ids in _references(draft, work.plan):
            wanted.setdefault(target, set()).update(ids)
    if not wanted:
        return batch
    there = {target: _visible(target, ids, work) for target, ids in wanted.items()}
    return each_standing(batch, lambda draft: _resolved(draft, work, there))


def _visible(target: str, ids: set[str], work: Work) -> frozenset[str]:
    return frozenset(work.transaction.existing(target, sorted(ids)))


def _resolved(draft: Draft, work: Work, there: Mapping[str, frozenset[str]]) -> Draft:
    problems = [
        Problem(
            "no_such_record",
            code,
            f"There is no {work.model.objects[target].label.en.lower()} {missing_id}.",
            "Choose an existing record.",
        )
        for code, target, ids in _references(draft, work.plan)
        for missing_id in ids
        if missing_id not in there[target]
    ]
    return draft.with_problems(*problems) if problems else draft


def _references(draft: Draft, plan: ObjectPlan) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Yield (field path, target object, ids) of every reference that the draft sets anew."""
    for field in (*plan.lookups, *plan.lists):
        value = draft.values.get(field.code)
        if value:
            kind = field.type.expression_type
            target = kind.of or (kind.item.of if kind.item else "")
            yield field.code, target, (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]
    owner = draft.values.get("owner")
    if owner and "owner" in plan.spec.fields:
        yield "owner", "user", (str(owner),)
    for code, child in plan.children.items():
        items: Sequence[Mapping[str, str]] = draft.values.get(code) or ()  # type: ignore[assignment]
        for place, item in enumerate(items):
            for field in child.lookups:
                if item.get(field.code) and field.code != "parent":
                    path = f"{code}.{place}.{field.code}"
                    yield path, field.type.expression_type.of, (item[field.code],)
