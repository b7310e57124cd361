"""Where records go when the stages and options that they hold are renamed or removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.evolution.converting import converter
from fieldstone.evolution.operations import ADD, CHANGE, RENAME, RESTORE, Operation
from fieldstone.model.objects import ObjectType, Stage
from fieldstone.model.site_model import Model
from fieldstone.rules.capture_body import Source
from fieldstone.storage.following_pipelines import NewPipeline
from fieldstone.storage.following_rules import NewRule
from fieldstone.storage.kept_columns import retyped
from fieldstone.storage.relocating import Move, NewCode, NewView, Relocation
from fieldstone.storage.retyping import Carry

Destinations = Mapping[tuple[str, ...], str]
"""Where records of a removed stage or option go, as people chose: ("lead", "stage", "contacted") -> "new"."""


Codes = Mapping[tuple[str, ...], str]
"""Present codes by the paths of things as they were called."""


@dataclass(frozen=True)
class Removed:
    """A stage or an option that is no longer there, and where its records go; `to` is None when they keep the value.

    `chosen`: somebody said so; `choices` are the codes they could have said.
    """

    object_name: str
    field: str
    code: str
    to: str | None
    stage: bool
    chosen: bool = False
    choices: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[str, str, str]:
        """Return what `moves` calls it."""
        return (self.object_name, self.field, self.code)


@dataclass(frozen=True)
class Leaving:
    """A removed stage or option that records hold."""

    removed: Removed
    count: int

    @property
    def undecided(self) -> bool:
        """Tell whether somebody has to say where its records go: a stage is left for another, and there are several."""
        gone = self.removed
        return gone.stage and not gone.chosen and len(gone.choices) > 1

    def as_json(self) -> dict[str, object]:
        """Return it as programs see it."""
        gone = self.removed
        return {"path": list(gone.path), "count": self.count, "to": gone.to, "chosen": gone.chosen, "choices": list(gone.choices)}  # fmt: skip


def relocation_of(
    operations: Sequence[Operation], removed: Sequence[Removed], after: Model
) -> Relocation:
    """Return what a change does to records: renames first, so that destinations go by present codes."""
    renamed = tuple(_renamed(operations, after))
    moved = tuple(
        Move(one.object_name, one.field, one.code, one.to, stage=one.stage)
        for one in removed
        if one.to is not None
    )
    rules = [one for one in operations if one.verb == RENAME and one.what == "rule"]
    return Relocation(
        renamed + moved,
        tuple(_new_codes(operations)),
        views=tuple(NewView(*one) for one in _renamed_parts(operations, "view")),
        pipelines=tuple(NewPipeline(*one) for one in _renamed_parts(operations, "pipeline")),
        rules=tuple(NewRule(one.earlier, one.path[0]) for one in rules),
    )


def _renamed(operations: Sequence[Operation], after: Model) -> Iterator[Move]:
    for one in operations:
        if one.verb == RENAME and one.what == "rule":
            yield from _records_of_rule(one, after)
        if one.verb != RENAME or one.what not in {"option", "stage"}:
            continue
        spec = after.objects[one.path[0]]
        stage = one.what == "stage"
        field = spec.stage_field if stage else one.path[1]
        within = one.path[1] if stage and spec.pipelines and spec.pipelines.pipeline_field else ""
        yield Move(spec.code, field, one.earlier, one.path[-1], True, stage, within)


def _records_of_rule(one: Operation, after: Model) -> Iterator[Move]:
    """Yield the moves by which records go on lying in a renamed pool, and touch points name their source."""
    code = one.path[0]
    for spec in after.objects.values():
        if code in spec.pools:
            yield Move(spec.code, "pool", one.earlier, code, renamed=True)
    source = after.rules[code].body
    touch = after.objects.get(source.touch) if isinstance(source, Source) else None
    if touch is not None and "source" in touch.fields:
        yield Move(touch.code, "source", one.earlier, code, renamed=True)


def _new_codes(operations: Sequence[Operation]) -> Iterator[NewCode]:
    for one in operations:
        if one.verb == RENAME and one.what == "object":
            yield NewCode(one.path[0], one.earlier)
        elif one.verb == RENAME and one.what == "field":
            yield NewCode(one.path[0], one.earlier, one.path[1])


def _renamed_parts(operations: Sequence[Operation], what: str) -> Iterator[tuple[str, str, str]]:
    """Yield (object, earlier code, present code) of its views or pipelines."""
    for one in operations:
        if one.verb == RENAME and one.what == what:
            yield one.path[0], one.earlier, one.path[1]


def removed_values(
    before: Model, after: Model, operations: Sequence[Operation], chosen: Destinations
) -> tuple[Removed, ...]:
    """Return the stages and options that are gone. Raises RefusedError for a destination that is not there."""
    renamed = {
        what: {
            (*one.path[:-1], one.earlier): one.path[-1]
            for one in operations
            if one.verb == RENAME and one.what == what
        }
        for what in ("option", "stage", "pipeline")
    }
    found: list[Removed] = []
    for old, new in _same_objects(before, after, operations):
        found += _removed_stages(old, new, renamed, chosen)
        found += _removed_options(old, new, renamed["option"], chosen)
    _refuse_idle(chosen, {one.path for one in found})
    return tuple(found)


def _refuse_idle(chosen: Destinations, removed: set[tuple[str, str, str]]) -> None:
    """Refuse destinations for what is not removed: whoever gives one means something else. Raises RefusedError."""
    idle = [path for path in chosen if path not in removed]
    if idle:
        text, cure = "this is not removed, so no record leaves it.", "Leave its destination out."
        raise RefusedError([Problem("not_removed", ".".join(one)[:80], text, cure) for one in idle])


def _same_objects(
    before: Model, after: Model, operations: Sequence[Operation]
) -> Iterator[tuple[ObjectType, ObjectType]]:
    earlier = {
        one.path[0]: one.earlier
        for one in operations
        if one.what == "object" and one.verb == RENAME
    }
    for code, new in after.objects.items():
        old = before.objects.get(earlier.get(code, code))
        if old is not None:
            yield old, new


def _stages(spec: ObjectType) -> dict[str, Stage]:
    """Return the stages of all pipelines by code."""
    pipelines = spec.pipelines.pipelines.values() if spec.pipelines else ()
    return {code: stage for one in pipelines for code, stage in one.stages.items()}


def _removed_stages(
    old: ObjectType,
    new: ObjectType,
    renamed: Mapping[str, Codes],
    chosen: Destinations,
) -> Iterator[Removed]:
    if old.pipelines is None or new.pipelines is None:
        return
    left = _stages(new)
    called = {path[-1] for path in renamed["stage"] if path[0] == new.code}
    for pipeline in old.pipelines.pipelines.values():
        codes = list(pipeline.stages)
        present = renamed["pipeline"].get((new.code, pipeline.code), pipeline.code)
        for place, code in enumerate(codes):
            if code in left or code in called:
                continue
            said = chosen.get((new.code, new.stage_field, code))
            earlier_ones = [one for one in reversed(codes[:place]) if one in left]
            to = said or next(iter(earlier_ones), next(iter(left)))
            beside = new.pipelines.pipelines.get(present)
            choices = tuple(beside.stages if beside is not None else left)
            yield Removed(new.code, new.stage_field, code, _known(to, left), True, said is not None, choices)  # fmt: skip


def _removed_options(
    old: ObjectType,
    new: ObjectType,
    renamed: Codes,
    chosen: Destinations,
) -> Iterator[Removed]:
    by_column = {field.column: field for field in old.fields.values() if field.column}
    for code, field in new.fields.items():
        was = by_column.get(field.column)
        if field.system or was is None or was.type.name != field.type.name:
            continue
        left = getattr(field.type, "options", {})
        for option in getattr(was.type, "options", {}):
            if option not in left and (new.code, code, option) not in renamed:
                to = chosen.get((new.code, code, option))
                known = None if to is None else _known(to, left)
                yield Removed(new.code, code, option, known, False, to is not None, tuple(left))


def _known(to: str, left: Mapping[str, object]) -> str:
    if to not in left:
        text = f"records cannot go to {to[:40]!r}, which is not there."
        raise RefusedError([Problem("unknown_destination", "moves", text, did_you_mean(to, left))])
    return to


def carries_of(before: Model, after: Model) -> tuple[Carry, ...]:
    """Return the fields whose values go to another column, for their type changed."""
    found = []
    for one in retyped(before, after):
        old, new = one.earlier.type, one.field.type
        source, target = old.column(), new.column()
        if source is None or target is None or one.earlier.derived or one.field.derived:
            continue
        found.append(
            Carry(
                after.objects[one.object_name].table,
                one.earlier.column,
                source,
                one.field.column,
                target,
                converter(old, new),
                converter(new, old),
            )
        )
    return tuple(found)


def fills_of(operations: Sequence[Operation], after: Model) -> Iterator[tuple[str, str]]:
    """Yield the fields whose values have to be worked out for the records that are there: (object, field)."""
    for one in operations:
        if one.what != "field" or one.verb not in {ADD, CHANGE, RESTORE}:
            continue
        field = after.objects[one.path[0]].fields.get(one.path[1])
        if field is None or not field.column:
            continue
        computed = field.formula is not None or field.rollup is not None
        if computed or (one.verb == ADD and field.default is not None):
            yield one.path[0], one.path[1]


def searched_anew(before: Model, after: Model) -> bool:
    """Tell whether search looks into other columns of some table than before."""
    return any(
        _searched(spec) != _searched(old)
        for code, spec in after.objects.items()
        if (old := before.objects.get(code)) is not None
    )


def _searched(spec: ObjectType) -> tuple[str, ...]:
    return tuple(spec.fields[code].column for code in spec.search)
