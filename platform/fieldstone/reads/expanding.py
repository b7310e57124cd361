"""What stands around records: line items, the records behind lookups, and their titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, bindparam

from fieldstone.access.masks import Masked
from fieldstone.access.resolver import Purpose, Resolved, resolve, unknown_field
from fieldstone.access.viewer import Viewer
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.expressions.env import Env
from fieldstone.expressions.types import Kind
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.reads.frame import Frame
from fieldstone.reads.picking import Picked, codes_of, pick
from fieldstone.reads.query import Record
from fieldstone.reads.sight import Sight, id_list

DEEPEST = 3
Titles = dict[tuple[str, str], str]


def target_of(field: Field) -> str:
    """Return the object that a lookup, a list of lookups or a person points to, else ""."""
    found = field.type.expression_type
    if found.kind is Kind.LIST and found.item is not None:
        return found.item.of
    return found.of if found.kind is Kind.RECORD else ""


def field_at(model: Model, object_name: str, path: str) -> tuple[ObjectType, Field] | None:
    """Return the field at the end of a path through lookups, with its object: `policy.line` of a claim; None for none."""
    spec = model.objects[object_name]
    *way, last = path.split(".")
    for code in way:
        field = spec.fields.get(code)
        target = target_of(field) if field is not None else ""
        if target not in model.objects:
            return None
        spec = model.objects[target]
    return (spec, spec.fields[last]) if last in spec.fields else None


def check_expand(viewer: Viewer, object_name: str, expand: Sequence[str]) -> None:
    """Refuse (400) what does not lead from lookup to lookup."""
    problems = [p for path in expand if (p := _wrong(viewer, object_name, path)) is not None]
    if problems:
        raise RefusedError(problems, 400)


def _wrong(viewer: Viewer, object_name: str, path: str) -> Problem | None:
    head, _, rest = path.partition(".")
    if path.count(".") >= DEEPEST:
        text = f"{path!r} follows more than {DEEPEST} lookups."
        return Problem("too_deep", "expand", text, "Ask for the farther records by their own id.")
    target = _behind(viewer, object_name, head)
    if isinstance(target, Problem) or not rest:
        return target if isinstance(target, Problem) else None
    last = "." not in rest and isinstance(resolve(viewer, target, rest, Purpose.READ), Resolved)
    return None if last else _wrong(viewer, target, rest)


def _behind(viewer: Viewer, object_name: str, code: str) -> str | Problem:
    """Return the object behind a lookup of the viewer's."""
    found = resolve(viewer, object_name, code, Purpose.READ)
    if isinstance(found, Problem):
        return replace(found, path="expand")
    target = target_of(found.field) if found.field is not None else ""
    if not target:
        text = f"{code!r} does not lead to another record."
        cure = "Expand lookups only; other fields need no expand."
        return Problem("not_a_lookup", "expand", text, cure)
    if not viewer.access(target).may_read:
        return unknown_field(viewer, object_name, code, Purpose.EXPAND)
    return target


def with_children(sight: Sight, records: Sequence[Record], codes: Iterable[str]) -> list[Record]:
    """Return the records with their line items under these `rows` fields."""
    found = list(records)
    for code in codes:
        if not found:
            break
        items = _items(sight, f"{found[0].object_name}__{code}", [one.id for one in found])
        shown = sight.viewer.access(found[0].object_name).field(code).always
        found = [
            replace(
                one,
                values={**one.values, code: tuple(items.get(one.id, ()))},
                children=one.children | {code},
            )
            if shown or one.id in items
            else one
            for one in found
        ]
    return found


def _items(sight: Sight, child: str, ids: Sequence[str]) -> dict[str, list[Record]]:
    """Return line items by their document's id, in their order."""
    if not sight.viewer.access(child).may_read:
        return {}
    picked, statement = sight.planned(
        ("items", child), lambda env: _items_statement(sight.frame(child, env)), keep=True
    )
    by_parent: dict[str, list[Record]] = {}
    for portion in id_list(ids):
        for row in sight.fetch(statement, {"ids": portion}):
            record = picked.record(row)
            if record.values:
                by_parent.setdefault(row[picked.width], []).append(record)
    return by_parent


def _items_statement(frame: Frame) -> tuple[Picked, Select[Any]]:
    own = codes_of(frame.viewer, frame.object_name, ())
    picked = pick(frame, [code for code in own if not frame.spec.fields[code].system])
    parent = frame.raw.column("parent")
    where = [*frame.within(deleted=False), parent.in_(bindparam("ids", expanding=True))]
    statement = frame.select([*picked.columns, parent.label("parent")], where)
    order = (parent, frame.raw.column("position"), frame.raw.column("id"))
    return picked, statement.order_by(*order)


def with_expanded(sight: Sight, records: Sequence[Record], expand: Sequence[str]) -> list[Record]:
    """Return the records with those behind the lookups in `expand`, one query per object and step."""
    if not records or not expand:
        return list(records)
    spec = sight.model.objects[records[0].object_name]
    deeper: dict[str, list[str]] = {}
    for path in expand:
        head, _, rest = path.partition(".")
        deeper.setdefault(head, []).extend([rest] if rest else [])
    found = list(records)
    for head, rests in deeper.items():
        target = target_of(spec.fields[head])
        behind = records_of(sight, target, _ids(found, head), rests)
        found = [_expanded(one, head, behind) for one in found]
    return found


def _ids(records: Sequence[Record], code: str) -> list[str]:
    ids: list[str] = []
    for record in records:
        value = record.values.get(code)
        ids += [value] if isinstance(value, str) else value if isinstance(value, tuple) else []
    return ids


def _expanded(record: Record, code: str, behind: Mapping[str, Record]) -> Record:
    value = record.values.get(code)
    if isinstance(value, tuple):
        there: object = tuple(behind[id] for id in value if id in behind)
    else:
        there = behind.get(value) if isinstance(value, str) else None
    return replace(record, expanded={**record.expanded, code: there})


def records_of(
    sight: Sight, object_name: str, ids: Sequence[str], paths: Sequence[str] = ()
) -> dict[str, Record]:
    """Return visible records by id; `paths` narrow the fields, or expand where they lead to lookups."""
    viewer = sight.viewer
    spec = sight.model.objects[object_name]
    plain = [path for path in paths if "." not in path and not target_of(spec.fields[path])]
    further = [path for path in paths if path not in plain]
    codes = codes_of(viewer, object_name, [*plain, *(p.partition(".")[0] for p in further)])
    picked, statement = _by_ids(sight, object_name, codes)
    found: dict[str, Record] = {}
    for portion in id_list(ids):
        for row in sight.fetch(statement, {"ids": portion}):
            found[row[0]] = picked.record(row)
    return {one.id: one for one in with_expanded(sight, list(found.values()), further)}


def titles_of(sight: Sight, references: Iterable[tuple[str, str]]) -> Titles:
    """Return what visible records are called, by (object, id); one query per object."""
    by_object: dict[str, list[str]] = {}
    for object_name, record_id in references:
        by_object.setdefault(object_name, []).append(record_id)
    titles: Titles = {}
    for object_name, ids in by_object.items():
        if object_name in sight.model.objects and sight.viewer.access(object_name).may_read:
            titles.update(_titles(sight, object_name, ids))
    return titles


def _titles(sight: Sight, object_name: str, ids: Sequence[str]) -> Titles:
    title = sight.model.objects[object_name].title
    if not sight.viewer.access(object_name).field(title).shown:
        return {}
    picked, statement = _by_ids(sight, object_name, (title,))
    titles: Titles = {}
    for portion in id_list(ids):
        for row in sight.fetch(statement, {"ids": portion}):
            record = picked.record(row)
            titles[object_name, record.id] = title_text(sight, record)
    return titles


def _by_ids(sight: Sight, object_name: str, codes: tuple[str, ...]) -> tuple[Picked, Select[Any]]:
    """Return the statement for visible records by their ids, bound as "ids"."""

    def build(env: Env) -> tuple[Picked, Select[Any]]:
        frame = sight.frame(object_name, env)
        picked = pick(frame, codes)
        among = frame.raw.column("id").in_(bindparam("ids", expanding=True))
        return picked, frame.select(picked.columns, [*frame.within(deleted=False), among])

    return sight.planned(("by ids", object_name, codes), build, keep=True)


def title_text(sight: Sight, record: Record) -> str:
    """Return what a record is called, as its title field formats it; its id when it has no title."""
    field = sight.model.objects[record.object_name].fields.get(
        sight.model.objects[record.object_name].title
    )
    value = record.values.get(field.code) if field is not None else None
    if isinstance(value, Masked):
        return value.text
    if value is None or field is None:
        return record.id
    actor = sight.ctx.actor
    return field.type.format(value, actor.language, actor.zone)


def with_titles(sight: Sight, records: Sequence[Record]) -> list[Record]:
    """Return the records with the titles behind all their lookups; None where one may not be seen."""
    if not records:
        return []
    fields = sight.model.objects[records[0].object_name].fields
    targets = {code: target for code, field in fields.items() if (target := target_of(field))}
    wanted = [
        (target, id)
        for code, target in targets.items()
        for id in _ids(records, code)
    ]  # fmt: skip
    titles = titles_of(sight, dict.fromkeys(wanted))
    return [replace(one, titles=_named(one, targets, titles)) for one in records]


def _named(record: Record, targets: Mapping[str, str], titles: Titles) -> dict[str, object]:
    named: dict[str, object] = {}
    for code, target in targets.items():
        value = record.values.get(code)
        if isinstance(value, str):
            named[code] = titles.get((target, value))
        elif isinstance(value, tuple):
            named[code] = tuple(titles.get((target, id)) for id in value)
    return named
