"""Step 3: each field's type turns what was sent into what is stored; references must exist."""

from __future__ import annotations

from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Draft, Operation
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError
from fieldstone.fieldtypes.multi_select import MultiSelectType
from fieldstone.model.objects import Field
from fieldstone.writes.references import with_references
from fieldstone.writes.work import Batch, Work, each_answerable


def parse(batch: Batch, work: Work) -> Batch:
    """Parse every value; every bad one is a Problem at its field. Then look up all references at once."""
    parsed = each_answerable(batch, lambda draft: _parse_one(draft, work))
    return with_references(parsed, work)


def _parse_one(draft: Draft, work: Work) -> Draft:
    if draft.operation in (Operation.DELETE, Operation.RESTORE):
        return draft
    values: dict[str, object] = {}
    problems: list[Problem] = []
    told = {problem.path for problem in draft.problems}
    for code, raw in draft.change.values.items():
        field = work.spec.fields.get(code)
        if code in told:
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
    values = _without_same_items(values, draft, work)
    values |= {code: new for code, (_, new) in draft.change.moved.items()}
    return draft.but(values=values).with_problems(*problems)


def _without_same_items(values: dict[str, object], draft: Draft, work: Work) -> dict[str, object]:
    same = {
        code
        for code in work.plan.children
        if code in values and _are_the_stored_items(code, values[code], draft, work)
    }
    return {code: value for code, value in values.items() if code not in same} if same else values


def _are_the_stored_items(code: str, value: object, draft: Draft, work: Work) -> bool:
    """Tell whether line items say what is stored: a file that comes again knows no ids of theirs."""
    child, stored = work.plan.children.get(code), (draft.before or {}).get(code)
    if child is None or not isinstance(value, tuple) or not isinstance(stored, tuple):
        return False
    said = [f for f in child.spec.fields.values() if not (f.derived or f.system or f.archived)]
    codes = {
        field.code: field.default for field in said if field.code not in ("parent", "position")
    }
    return len(value) == len(stored) and all(
        new.get("id", old.get("id")) == old.get("id")
        and all(new.get(name, default) == old.get(name) for name, default in codes.items())
        for new, old in zip(value, stored, strict=True)
    )


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
