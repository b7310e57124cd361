"""Step 4: defaults, what expressions look up, and formulas in compiled order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fieldstone.base.errors import Problem
from fieldstone.changes.nouns import Draft, Operation
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.formulas import worked_out
from fieldstone.model.objects import Field
from fieldstone.writes.fill import fill
from fieldstone.writes.ownership import in_step
from fieldstone.writes.parse import problem_of
from fieldstone.writes.plan import ObjectPlan
from fieldstone.writes.work import Batch, Work, each_standing


def derive(batch: Batch, work: Work) -> Batch:
    """Fill in defaults for new records, then settle: look-ups and formulas."""
    with_ids = each_standing(batch, lambda draft: _with_items(draft, work))
    filled = fill(with_ids, work)
    with_defaults = each_standing(filled, lambda draft: _with_defaults(draft, work))
    return settle(with_defaults, work)


def settle(batch: Batch, work: Work) -> Batch:
    """Bring system fields, looked-up values and formulas up to date with the values set so far."""
    filled = fill(in_step(batch, work), work)
    return each_standing(filled, lambda draft: _with_formulas(draft, work))


def _with_items(draft: Draft, work: Work) -> Draft:
    """Work out the formulas of line items, before the parent's formulas add them up."""
    problems: list[Problem] = []
    values: dict[str, object] = {}
    for code, child in work.plan.children.items():
        items = draft.values.get(code)
        if items is None:
            continue
        done = []
        for place, item in enumerate(items):  # type: ignore[arg-type, var-annotated]
            row = _item_defaults(dict(item), child, work)
            row, wrong = evaluated(row, child, work)
            problems += [replace(p, path=f"{code}.{place}.{p.path}") for p in wrong]
            done.append(row)
        values[code] = tuple(done)
    return draft.setting(values).with_problems(*problems) if values else draft


def _item_defaults(row: dict[str, object], child: ObjectPlan, work: Work) -> dict[str, object]:
    for field in child.defaults:
        if row.get(field.code) is None:
            row[field.code] = _default(field, row, work)
    return row


def evaluated(
    row: Mapping[str, object], plan: ObjectPlan, work: Work
) -> tuple[dict[str, object], list[Problem]]:
    """Return the row with its formulas worked out, and what the results' types refuse."""
    result, wrong = worked_out(row, plan.formulas, work.env)
    return result, [problem_of(invalid, code) for code, invalid in wrong]


def _with_formulas(draft: Draft, work: Work) -> Draft:
    if not work.plan.formulas or draft.operation in (Operation.DELETE, Operation.RESTORE):
        return draft
    inputs = (True, *map(draft.row.get, work.plan.formula_inputs))
    if draft.derived_from == inputs:
        return draft
    result, problems = evaluated(draft.row, work.plan, work)
    values = {
        field.code: result.get(field.code)
        for field in work.plan.formulas
        if draft.before is None or draft.before.get(field.code) != result.get(field.code)
    }
    values = {**draft.values, **values}
    return draft.but(values=values, derived_from=inputs).with_problems(*problems)


def _with_defaults(draft: Draft, work: Work) -> Draft:
    if draft.operation is not Operation.CREATE:
        return draft
    values: dict[str, object] = {}
    for field in work.plan.defaults:
        if field.code not in draft.values:
            values[field.code] = _default(field, {**draft.row, **values}, work)
    if work.spec.owned == "required" and draft.row.get("owner") is None:
        values["owner"] = work.ctx.actor.id
    # Nothing points to a new record yet: its counts and sums are nought, not unknown.
    values |= {field.code: field.type.parse(0) for field in work.plan.counted}
    return draft.setting(values) if values else draft


def _default(field: Field, row: Mapping[str, object], work: Work) -> object:
    if field.default_expression is None:
        return field.default
    try:
        return field.type.parse(field.default_expression.evaluate(row, work.env))
    except InvalidValueError:
        return None  # a default that does not fit is no default; a required field then says so
