"""Step 7: the finished values must satisfy the object: required, choices, stages, uniqueness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fieldstone.base.errors import Problem
from fieldstone.changes.nouns import Draft, Operation
from fieldstone.model.objects import Field
from fieldstone.writes.check_stage import stage_problems
from fieldstone.writes.work import Batch, Work, each_answerable


def check(batch: Batch, work: Work) -> Batch:
    """Refuse drafts whose final values do not hold; every reason at once."""
    judged = each_answerable(batch, lambda draft: _judged(draft, work))
    return _unique(judged, work)


def _judged(draft: Draft, work: Work) -> Draft:
    if draft.operation in (Operation.DELETE, Operation.RESTORE) or draft.attached_to:
        return draft
    if draft.refused:
        # It never came to defaults: only what no default would have filled is missing.
        said = {problem.path.partition(".")[0] for problem in draft.problems}
        said |= {field.code for field in work.plan.defaults} | {"owner", work.spec.stage_field}
        missing = [one for one in _required(draft, work) if one.path.partition(".")[0] not in said]
        return draft.with_problems(*missing)
    problems = [
        *_required(draft, work),
        *_dependent(draft, work),
        *_locked(draft, work),
        *stage_problems(draft, work),
    ]
    return draft.with_problems(*problems) if problems else draft


def empty(value: object) -> bool:
    """Tell whether a stored value counts as not filled."""
    return value is None or value in ("", (), [], {})


def required_problem(field: Field, path: str) -> Problem:
    """Return the problem of a field that must be filled."""
    return Problem(
        "required", path, f"{field.label.en} is missing.", f"Send a value for {field.code!r}."
    )


def _required(draft: Draft, work: Work) -> Iterable[Problem]:
    creating = draft.before is None
    for field in work.plan.required:
        if not empty(draft.row.get(field.code)):
            continue
        touched = creating or field.code in draft.values
        if (field.required and touched and not field.derived) or _demanded(
            field, draft, work, touched=touched
        ):
            yield required_problem(field, field.code)
    yield from _required_items(draft, work)


def _demanded(field: Field, draft: Draft, work: Work, *, touched: bool) -> bool:
    """Tell whether a condition that this change touches makes the field required."""
    if field.required_when is None:
        return False
    woken = touched or any(draft.changed(name) for name in field.required_when.names)
    return woken and bool(field.required_when.evaluate(draft.row, work.env))


def _required_items(draft: Draft, work: Work) -> Iterable[Problem]:
    for code, child in work.plan.children.items():
        for place, item in enumerate(draft.values.get(code) or ()):  # type: ignore[arg-type, var-annotated]
            for field in child.spec.fields.values():
                wanted = (
                    field.required and not field.system and field.code not in ("parent", "position")
                )
                if wanted and not field.derived and empty(item.get(field.code)):
                    yield required_problem(field, f"{code}.{place}.{field.code}")


def _dependent(draft: Draft, work: Work) -> Iterable[Problem]:
    """Refuse an option that is not offered under the value of the field it depends on."""
    for field in work.plan.dependent:
        value = draft.row.get(field.code)
        if empty(value):
            continue
        if not (draft.changed(field.code) or draft.changed(field.depends_on)):
            continue
        option = getattr(field.type, "options", {}).get(value)
        parent = draft.row.get(field.depends_on)
        if option is not None and option.parents and parent not in option.parents:
            above = work.spec.fields[field.depends_on]
            yield Problem(
                "not_offered",
                field.code,
                f"{option.label.en} is not a choice when {above.label.en} is {parent or 'empty'}.",
                f"Choose another {field.label.en.lower()}, or change {above.label.en.lower()}.",
            )


def _locked(draft: Draft, work: Work) -> Iterable[Problem]:
    """Refuse changes to fields that a condition locks; rules and actions may still set them."""
    if draft.before is None or draft.change.trusted:
        return
    for code in draft.change.values:
        field = work.spec.fields.get(code)
        if field is None or field.read_only_when is None or not draft.changed(code):
            continue
        if field.read_only_when.evaluate({**draft.related, **draft.before}, work.env):
            yield Problem(
                "locked",
                code,
                f"{field.label.en} cannot be changed while {field.read_only_when.read_back('en')}.",
                "Leave it as it is, or change what locks it first.",
            )


def _unique(batch: Batch, work: Work) -> Batch:
    """Refuse values that another live record, or an earlier draft of the batch, already has."""
    groups = [(field.code,) for field in work.plan.unique] + list(work.spec.unique_together)
    for codes in groups:
        keys = {
            place: tuple(draft.row.get(code) for code in codes)
            for place, draft in enumerate(batch)
            if not draft.refused and draft.attached_to is None and _claims(draft, codes)
        }
        if keys:
            batch = _refuse_taken(batch, codes, keys, work)
    return batch


def _claims(draft: Draft, codes: tuple[str, ...]) -> bool:
    if draft.operation is Operation.DELETE or any(empty(draft.row.get(c)) for c in codes):
        return False
    return draft.operation is Operation.RESTORE or any(draft.changed(c) for c in codes)


def _refuse_taken(
    batch: Batch,
    codes: tuple[str, ...],
    keys: Mapping[int, tuple[object, ...]],
    work: Work,
) -> Batch:
    taken = dict(
        work.transaction.holders(work.spec.code, codes, sorted(set(keys.values()), key=str))
    )
    result = list(batch)
    for place, key in keys.items():
        holder = taken.get(key)
        if holder is None or holder == batch[place].record_id:
            taken[key] = batch[place].record_id
            continue
        label = " and ".join(work.spec.fields[code].label.en for code in codes)
        shown = ", ".join(str(part) for part in key)
        result[place] = batch[place].with_problems(
            Problem(
                "not_unique",
                codes[0],
                f"Another {work.spec.label.en.lower()} already has {label} {shown}.",
                "Send another value, or change the existing record.",
            )
        )
    return tuple(result)
