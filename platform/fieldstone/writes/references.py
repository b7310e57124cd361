"""What a record points to must be there, and be there for whoever points to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem
from fieldstone.changes.nouns import Draft
from fieldstone.writes.plan import ObjectPlan
from fieldstone.writes.work import Batch, Work, each_standing

There = Mapping[str, frozenset[str]]


def with_references(batch: Batch, work: Work) -> Batch:
    """Refuse references to records that are not there, or that this actor may not see: both read the same."""
    asked = _wanted(batch, work.plan, trusted=False)
    asked_by_rules = _wanted(batch, work.plan, trusted=True)
    if not asked and not asked_by_rules:
        return batch
    seen = {target: _visible(target, ids, work) for target, ids in asked.items()}
    there = {
        target: frozenset(work.transaction.existing(target, ids, _behind(target, work)))
        for target, ids in asked_by_rules.items()
    }
    return each_standing(
        batch, lambda draft: _resolved(draft, work, there if draft.change.trusted else seen)
    )


def _wanted(batch: Batch, plan: ObjectPlan, *, trusted: bool) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for draft in batch:
        if draft.change.trusted == trusted:
            for _, target, ids in _references(draft, plan):
                wanted.setdefault(target, set()).update(ids)
    return wanted


def _visible(target: str, ids: set[str], work: Work) -> frozenset[str]:
    """Return which of these records the actor sees."""
    scope = access_to(work.model, work.ctx.actor, target).read_scope
    tx, listed = work.transaction, sorted(ids)
    if scope.everything:
        return frozenset(tx.existing(target, listed, _behind(target, work)))
    if scope.nothing:
        return frozenset()
    plain = {name for name in scope.reads if "." not in name}
    paths = [name for name in scope.reads if "." in name]
    rows = list(tx.rows(target, listed, names=plain).values())
    looked_up = tx.lookups(target, rows, paths) if paths else [{} for _ in rows]
    return frozenset(
        row["id"]
        for row, more in zip(rows, looked_up, strict=True)
        if scope.covers({**row, **more}, work.env)
    )


def _behind(target: str, work: Work) -> set[str]:
    """Return what expressions will look up in records of `target`."""
    fields, names = work.spec.fields, set()
    for path in work.paths:
        head, _, rest = path.partition(".")
        if head in fields and fields[head].type.expression_type.of == target:
            names.add(rest.partition(".")[0])
    return names


def _resolved(draft: Draft, work: Work, there: There) -> Draft:
    problems = [
        Problem(
            "no_such_record",
            code,
            f"There is no {work.model.objects[target].label.en.lower()} {missing_id}.",
            "Choose an existing record.",
        )
        for code, target, ids in _references(draft, work.plan)
        for missing_id in ids
        if missing_id not in there.get(target, ())
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
