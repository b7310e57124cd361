"""What the actor may do with one record as it stands, and what lies between it and each stage.

It judges as the write door does, from the same row and the same expressions, so that a page can say
beforehand what a save would answer. The write door decides again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fieldstone.access.access import Access, env_of
from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression
from fieldstone.model.objects import ObjectType, Pipeline, Stage
from fieldstone.reads.frame import may_read
from fieldstone.reads.sight import Sight

Row = dict[str, object]


@dataclass(frozen=True)
class Entry:
    """What lies between a record and one stage: `allowed` tells whether a move leads there at all."""

    stage: Stage
    allowed: bool
    missing: tuple[str, ...] = ()
    guarded: bool = False  # its guard does not hold

    @property
    def open(self) -> bool:
        """Tell whether the record could enter now."""
        return self.allowed and not self.missing and not self.guarded


@dataclass(frozen=True)
class Standing:
    """One record, or one about to be made, for one actor.

    `locked` are fields that a condition locks, `unseen` those (and sections, as "section:CODE") that a condition
    hides, `demanded` those that must be filled now.
    """

    may_update: bool
    may_delete: bool
    writable: frozenset[str]
    locked: frozenset[str]
    unseen: frozenset[str]
    demanded: frozenset[str]
    pipeline: Pipeline | None = None
    stage: str = ""
    entries: Mapping[str, Entry] | None = None

    def may_write(self, code: str) -> bool:
        """Tell whether the actor may change the field now."""
        return self.may_update and code in self.writable and code not in self.locked


def standing_of(
    sight: Sight, object_name: str, record_id: str | None, typed: Mapping[str, object]
) -> Standing | None:
    """Return how the record stands with `typed` values in place; a new one without an id.

    None when the record is not there for the viewer, be it live or in the recycle bin.
    """
    access = may_read(sight.viewer, object_name) if record_id else sight.viewer.access(object_name)
    spec, env = sight.model.objects[object_name], env_of(sight.ctx)
    asked = list(expressions_of(spec))
    before: Row = {}
    if record_id:
        found = sight.reader.rows(object_name, [record_id], deleted=True).get(record_id)
        if found is None:
            return None
        before = full_row(sight, spec, found, asked, access)
        if not access.may_see(before, env):
            return None
    row = full_row(sight, spec, {**before, **typed}, asked, access) if typed else before
    return _judged(spec, access, env, before, row)


def expressions_of(spec: ObjectType) -> Iterable[Expression]:
    """Yield every condition of fields, sections and stages."""
    for field in spec.fields.values():
        found = (field.visible_when, field.required_when, field.read_only_when)
        yield from (one for one in found if one is not None)
    parts = (*spec.form, *(spec.layout.sections or ()))
    yield from (part.visible_when for part in parts if part.visible_when is not None)
    for pipeline in spec.pipelines.pipelines.values() if spec.pipelines else ():
        yield from (one.guard for one in pipeline.stages.values() if one.guard is not None)


def full_row(
    sight: Sight, spec: ObjectType, row: Row, asked: Iterable[Expression], access: Access
) -> Row:
    """Return the row with what the expressions and the access rules look up."""
    expressions = list(asked)
    paths = {path for one in expressions for path in one.paths}
    paths |= {path for path in access.reads if "." in path}
    looked_up = sight.reader.lookups(spec.code, [row], paths)[0] if paths else {}
    full = {**row, **looked_up}
    record_id = row.get("id")
    for relation in {name for one in expressions for name in one.rows}:
        names = frozenset(n for one in expressions for n in one.rows.get(relation, ()))
        if relation not in full and isinstance(record_id, str):
            found = sight.reader.children(spec.code, [record_id], relation, names)
            full[relation] = found.get(record_id, [])
    return full


def _judged(spec: ObjectType, access: Access, env: Env, before: Row, row: Row) -> Standing:
    fields = [one for one in spec.fields.values() if not one.archived]
    fixed = {f.code for f in fields if f.derived or (f.read_only and f.code != "owner")}
    locked = {
        f.code
        for f in fields
        if before and f.read_only_when is not None and f.read_only_when.evaluate(before, env)
    }
    unseen = {f.code for f in fields if _fails(f.visible_when, row, env)}
    unseen |= {f"section:{s.code}" for s in spec.form if _fails(s.visible_when, row, env)}
    laid_out = spec.layout.sections or ()
    unseen |= {f"layout:{s.code}" for s in laid_out if _fails(s.visible_when, row, env)}
    demanded = {
        f.code
        for f in fields
        if not f.derived
        and not f.system
        and (f.required or (f.required_when is not None and f.required_when.evaluate(row, env)))
    }
    pipeline = spec.pipelines.of(row) if spec.pipelines else None
    stage = str(row.get(spec.stage_field) or (pipeline.first.code if pipeline else ""))
    return Standing(
        may_update=access.may_update(before, env) if before else access.may_create,
        may_delete=bool(before) and access.may_delete(before, env),
        writable=(access.writable(before, env) if before else access.writable_on_create()) - fixed,
        locked=frozenset(locked),
        unseen=frozenset(unseen),
        demanded=frozenset(demanded),
        pipeline=pipeline,
        stage=stage,
        entries=_entries(pipeline, stage, row, env) if pipeline else None,
    )


def _fails(condition: Expression | None, row: Row, env: Env) -> bool:
    return condition is not None and not condition.evaluate(row, env)


def _entries(pipeline: Pipeline, here: str, row: Row, env: Env) -> dict[str, Entry]:
    reachable = pipeline.moves.get(here, ())
    return {
        code: Entry(
            stage,
            allowed=code in reachable or here not in pipeline.stages,
            missing=tuple(need for need in stage.needs if is_empty(row.get(need))),
            guarded=_fails(stage.guard, row, env),
        )
        for code, stage in pipeline.stages.items()
        if code != here and not stage.archived
    }


def is_empty(value: object) -> bool:
    """Tell whether a stored value counts as not filled."""
    return value is None or value in ("", (), [], {})
