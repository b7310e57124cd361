"""Indexes made from what the site asks for: its views' filters and sorts, lookups, pools, boards and holding limits."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from fieldstone.expressions.expression import Expression, ExpressionError
from fieldstone.expressions.syntax import read
from fieldstone.model.objects import ObjectType, View

MOST = 12
SELECTIVE = frozenset({"owner", "pool"})  # few rows share a value: a good first column
ALWAYS_FILLED = frozenset({"created_at", "updated_at"})
HELD_BY_ALL = frozenset({"id", "deleted_at"})


def indexes_of(
    spec: ObjectType, pool_orders: Sequence[str] = (), held: Sequence[str] = ()
) -> tuple[tuple[str, ...], ...]:
    """Return the indexes as tuples of field codes, most useful first: at most twelve, those of all lookups and of limits.

    `pool_orders` are the fields by which the object's public pools are sorted first, such as "-score"; `held` are the
    conditions under which its holding limits count a record: whoever gets one is counted, so the index answers alone.

    A leading "-" means descending with missing values last (an id is never missing). Every index that serves a sorted list ends with
    the id, which settles ties. Unique fields, and those marked `indexed`, get theirs from storage.
    """
    every = (*_of_pools(pool_orders), *_wanted(spec))
    wanted = list(dict.fromkeys(index for index in every if _is_known(spec, index)))
    longest = [
        index
        for index in wanted
        if not any(other[: len(index)] == index for other in wanted if other != index)
    ]
    links = [index for index in longest[MOST:] if _is_link(spec, index)]
    counting = [index for index in map(_of_holding, held) if _is_known(spec, index)]
    return tuple(dict.fromkeys((*longest[:MOST], *links, *counting)))


def _is_link(spec: ObjectType, index: tuple[str, ...]) -> bool:
    """Tell whether related lists and rollups depend on this index, however many others there are."""
    return index[0] in spec.fields and spec.fields[index[0]].type.name in {"lookup", "user"}


def _is_known(spec: ObjectType, index: tuple[str, ...]) -> bool:
    """Tell whether every part is a stored field, or a column that every table has."""
    codes = [code.removeprefix("-") for code in index]
    return all(code in HELD_BY_ALL or _is_stored(spec, code) for code in codes)


def _is_stored(spec: ObjectType, code: str) -> bool:
    return code in spec.fields and bool(spec.fields[code].column)


def _wanted(spec: ObjectType) -> Iterator[tuple[str, ...]]:
    if spec.parent is not None:
        yield ("parent", "position", "id")
        return
    if "owner" in spec.fields:
        yield ("owner", "created_at", "id")
    if "pool" in spec.fields:
        yield ("pool", "created_at", "id")
    if spec.stage_field:
        yield (spec.stage_field, "created_at", "id")
    for view in spec.views.values():
        yield from _of_view(view)
    yield ("created_at", "id")
    for code, field in spec.fields.items():
        if field.type.name in {"lookup", "user"} and not field.system and not field.unique:
            yield (code, "id")


def _of_pools(orders: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield an index for each order of a pool; ties within it are few enough to be sorted."""
    for order in orders:
        yield ("pool", *_ending((_directed(order.removeprefix("-"), order.startswith("-")),)))


def _of_holding(counts: str) -> tuple[str, ...]:
    return ("owner", "deleted_at", *fixed_names(counts))


def _of_view(view: View) -> Iterator[tuple[str, ...]]:
    """Yield an index for the rows a view shows, in its order."""
    sort = view.sort[:1]
    last = (
        tuple(_directed(code, descending) for code, descending in sort) if sort else ("created_at",)
    )
    if view.kind == "calendar" and view.date:
        last = (view.date,)
    equal = [code for code in fixed_fields(view.filter) if "." not in code]
    if view.kind == "board" and view.by:
        yield (view.by, "created_at", "id")
        yield ("owner", view.by, "created_at", "id")  # the board of whoever sees only their own
    first = [code for code in equal if code in SELECTIVE] or equal[:1]
    yield (*first[:2], *_ending(last))
    if not first:
        return
    if sort and sort[0][0] not in ALWAYS_FILLED:
        yield _ending(last)


def _ending(last: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sort columns and the id, which settles ties in the direction of the last of them."""
    return (*last, "-id" if last[-1].startswith("-") else "id")


def _directed(code: str, descending: bool) -> str:
    """Return the sort column; only where a value may be missing does the direction matter to an index."""
    return f"-{code}" if descending and code not in ALWAYS_FILLED else code


def fixed_fields(condition: Expression | None) -> tuple[str, ...]:
    """Return the fields that a condition compares with one value or a list, in its top-level `and`."""
    return () if condition is None else fixed_names(condition.text)


def fixed_names(text: str) -> tuple[str, ...]:
    """Return the same of a condition's text; nothing of one that cannot be read."""
    try:
        _, read_as = read(text)
    except ExpressionError:
        return ()  # the compiler tells so where it reads the rule
    return tuple(dict.fromkeys(_fixed(read_as)))


def _fixed(node: ast.expr) -> Iterable[str]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for part in node.values:
            yield from _fixed(part)
    elif (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.ops[0], (ast.Eq, ast.In))
    ):
        if isinstance(node.left, ast.Name):
            yield node.left.id
    elif isinstance(node, ast.Name):
        yield node.id
