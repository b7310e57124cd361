"""What writing one object needs to know, worked out once per model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fieldstone.access.rights import Held
from fieldstone.expressions.expression import Expression
from fieldstone.model.formulas import in_order
from fieldstone.model.objects import Field, ObjectType, StageAction
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import CLEAN, VALIDATE, Rule
from fieldstone.rules.engine import hears_ends


@dataclass(frozen=True)
class ObjectPlan:
    """An object with its formulas in order and everything its expressions look up."""

    spec: ObjectType
    formulas: tuple[Field, ...]
    formula_inputs: tuple[str, ...]  # what they read of a row, other formulas left out
    defaults: tuple[Field, ...]
    lookups: tuple[Field, ...]
    lists: tuple[Field, ...]  # multi_lookup fields
    required: tuple[Field, ...]  # always or under a condition
    dependent: tuple[Field, ...]  # options offered under a value of another field
    unique: tuple[Field, ...]
    numbers: tuple[Field, ...]
    counted: tuple[Field, ...]  # rollups that begin at nought
    children: Mapping[str, ObjectPlan]  # rows fields by code
    paths: frozenset[str]
    relations: Mapping[str, frozenset[str]]
    rules: tuple[Rule, ...]  # those that are on, and those that still hear where their timers end
    rollups_from: tuple[str, ...]  # lookup fields whose targets hold rollups over this object
    timelines: tuple[Field, ...]  # lookup fields to objects with a timeline
    watched: frozenset[str]  # totals that rules hear of, and the formulas over them


@lru_cache(maxsize=8)
def _plans_of(held: Held) -> dict[str, ObjectPlan]:
    return {}


def plan_for(model: Model, object_name: str) -> ObjectPlan:
    """Return the plan for one object of the model, worked out once per model."""
    plans = _plans_of(Held(model))
    if object_name not in plans:
        plans[object_name] = plan_of(model, object_name)
    return plans[object_name]


def plan_of(model: Model, object_name: str) -> ObjectPlan:
    """Work out the plan for one object of the model."""
    spec = model.objects[object_name]
    fields = [field for field in spec.fields.values() if not field.archived]
    rules = tuple(_heard(model, object_name))
    expressions = [*_expressions_of(spec), *_expressions_of_rules(rules)]
    paths = frozenset(path for one in expressions for path in one.paths)
    relations: dict[str, frozenset[str]] = {}
    for one in expressions:
        for name, read in one.rows.items():
            relations[name] = relations.get(name, frozenset()) | read
    return ObjectPlan(
        spec=spec,
        formulas=in_order(fields),
        formula_inputs=_inputs_of(fields),
        defaults=tuple(
            f for f in fields if f.default is not None or f.default_expression is not None
        ),
        lookups=tuple(f for f in fields if f.type.name in ("lookup", "user") and not f.system),
        lists=tuple(f for f in fields if f.type.name == "multi_lookup"),
        required=tuple(
            f for f in fields if not f.system and (f.required or f.required_when is not None)
        ),
        dependent=tuple(f for f in fields if f.depends_on),
        unique=tuple(f for f in fields if f.unique and f.column),
        numbers=tuple(f for f in fields if f.type.name == "autonumber"),
        counted=tuple(f for f in fields if f.rollup and f.rollup.function in ("count", "sum")),
        children={
            f.code: plan_of(model, f"{object_name}__{f.code}")
            for f in fields
            if f.type.name == "rows"
        },
        paths=paths,
        relations=relations,
        rules=rules,
        rollups_from=tuple(_feeding(model, spec)),
        timelines=tuple(f for f in fields if _leads_to_timeline(model, f)),
        watched=_watched(fields, rules),
    )


def _heard(model: Model, object_name: str) -> Iterator[Rule]:
    for rule in model.rules.values():
        if rule.object_name == object_name and (rule.enabled or hears_ends(rule)):
            yield rule


def _watched(fields: Iterable[Field], rules: Iterable[Rule]) -> frozenset[str]:
    """Return the rollups, and stored formulas over them, by which a rule that acts is moved.

    What only judges a write (cleaning, validation) is not asked again because a total moved.
    """
    told = {name for rule in rules if CLEAN < rule.phase < VALIDATE for name in _heard_by(rule)}
    reading = {f.code: f.formula.names for f in fields if f.formula is not None}
    waiting = list(told & reading.keys())
    while waiting:
        fresh = set(reading[waiting.pop()]) - told
        told |= fresh
        waiting += fresh & reading.keys()
    totals = {f.code for f in fields if f.rollup is not None} & told
    over = {f.code for f in in_order(fields) if f.column and _rests_on(f.code, reading, totals)}
    return frozenset(totals | (over & told)) if totals else frozenset()


def _heard_by(rule: Rule) -> Iterable[str]:
    conditions = [one for one in (rule.when, rule.exempt, *rule.body.reads) if one is not None]
    yield from (name for one in conditions for name in (*one.names, *one.paths))
    yield from getattr(rule.body, "watches", ())


def _rests_on(code: str, reading: Mapping[str, Iterable[str]], totals: Iterable[str]) -> bool:
    return any(
        name in totals or (name in reading and _rests_on(name, reading, totals))
        for name in reading.get(code, ())
    )


def _inputs_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the names in a row that decide what its formulas come to."""
    formulas = {field.code: field.formula for field in fields if field.formula is not None}
    read = {name for one in formulas.values() for name in (*one.names, *one.paths, *one.rows)}
    return tuple(sorted(read - formulas.keys()))


def _expressions_of(spec: ObjectType) -> Iterable[Expression]:
    for field in spec.fields.values():
        found = (
            field.formula,
            field.default_expression,
            field.required_when,
            field.read_only_when,
            field.visible_when,
        )
        yield from (one for one in found if one is not None)
    if spec.pipelines is None:
        return
    for pipeline in spec.pipelines.pipelines.values():
        if pipeline.when is not None:
            yield pipeline.when
        for stage in pipeline.stages.values():
            if stage.guard is not None:
                yield stage.guard
            yield from _expressions_of_actions((*stage.enter, *stage.exit))


def _expressions_of_actions(actions: Iterable[StageAction]) -> Iterable[Expression]:
    for action in actions:
        yield from action.expressions.values()


def _expressions_of_rules(rules: Iterable[Rule]) -> Iterable[Expression]:
    for rule in rules:
        yield from (one for one in (rule.when, rule.exempt) if one is not None)
        yield from rule.body.reads


def _feeding(model: Model, spec: ObjectType) -> Iterable[str]:
    """Yield the lookup fields of `spec` whose target object keeps a rollup over its rows."""
    for target in model.objects.values():
        for field in target.fields.values():
            if field.rollup is None:
                continue
            relation = target.relations.get(field.rollup.relation)
            if relation is not None and relation.object_name == spec.code:
                yield relation.field


def _leads_to_timeline(model: Model, field: Field) -> bool:
    target = field.type.expression_type.of if field.type.name == "lookup" else ""
    return bool(target) and target in model.objects and model.objects[target].timeline
