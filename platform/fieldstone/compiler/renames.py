"""Earlier codes of objects, fields, options, rules, roles, ...: finds what still names them, and writes the present codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fieldstone.compiler.merging import merged
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.tree import Items, Path, Table, earlier_codes, put, rename_key, value_at
from fieldstone.model.objects import ObjectType


@dataclass
class Renames:
    """What was renamed, and where the layers still say the earlier code. Satisfies expressions.renaming.Names."""

    objects: Mapping[str, str] = field(default_factory=dict)  # present code by earlier one
    _fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _options: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of rule, pool, role
    found: list[tuple[Spot, str, str, bool | None]] = field(default_factory=list)
    keys: dict[Path, str] = field(default_factory=dict)
    """The earlier code of each key that was written anew, by the name of its spot and the path of the present one."""

    def fields(self, object_name: str) -> Mapping[str, str]:
        """Return present codes of an object's fields by earlier ones."""
        return self._fields.get(object_name, {})

    def options(self, object_name: str, field: str) -> Mapping[str, str]:
        """Return present codes of a field's options, or stages, by earlier ones."""
        return self._options.get((object_name, field), {})

    def note(self, spot: Spot, old: str, new: str, *, of_key: bool | None = None) -> None:
        """Remember that `spot` still says `old`, as its key or not; None where only one of both can be meant."""
        self.found.append((spot, old, new, of_key))

    def write(self) -> bool:
        """Write the present codes where the earlier ones were found; tell whether anything changed."""
        changed = False
        for spot, old, new, of_key in self.found:
            holder, _ = value_at(spot.root, spot.path[:-1])
            if isinstance(holder, Table) and _is_key(spot, holder, old, of_key):
                _write_key(holder, old, new)
                self.keys[spot.name, *spot.path[:-1], new] = old
                changed = True
            elif not of_key:  # else it was written by another one who noted the same key
                changed |= _written(spot, old, new)
        return changed


def renames_of(specs: Mapping[str, ObjectType], parts: Table) -> Renames:
    """Return what objects, rules and roles say they were called; a code that something else has now is no earlier one."""
    fields: dict[str, dict[str, str]] = {}
    options: dict[tuple[str, str], dict[str, str]] = {}
    for code, spec in specs.items():
        fields[code] = _earlier(spec.fields)
        for name, one in spec.fields.items():
            found = _earlier(getattr(one.type, "options", {}))
            if found:
                options[code, name] = found
    rules, roles = _called_now(parts.get("rules")), _called_now(parts.get("roles"))
    named = {"rule": rules, "pool": rules, "role": roles}
    return Renames(_earlier(specs), {k: v for k, v in fields.items() if v}, options, named)


def _earlier(things: Mapping[str, object]) -> dict[str, str]:
    return {
        old: code
        for code, thing in things.items()
        for old in getattr(thing, "renamed_from", ())
        if old not in things
    }


def rename_objects(objects: Mapping[str, Table], parts: Table) -> None:
    """Write the present codes of renamed objects where YAML names objects: lookups, navigation, rules, reports."""
    renamed = {
        old: code
        for code, table in objects.items()
        for old in earlier_codes(table)
        if old not in objects
    }
    if not renamed:
        return
    for table in (*objects.values(), parts):
        _rename_below(table, renamed)
    for group in _tables(parts.get("nav")):
        items = group.get("items")
        if isinstance(items, Items):
            items[:] = [renamed.get(one, one) if isinstance(one, str) else one for one in items]


def rename_views(objects: Mapping[str, Table], parts: Table) -> None:
    """Write the present codes of renamed views where the navigation leads to them."""
    for group in _tables(parts.get("nav")):
        items = group.get("items")
        for item in items if isinstance(items, Items) else ():
            if isinstance(item, Table) and isinstance(item.get("view"), str):
                spec = objects.get(str(item.get("object")), NOTHING)
                present = _called_now(spec.get("views")).get(item["view"])
                if present is not None:
                    item["view"] = present


def rename_roles(objects: Mapping[str, Table], called: Mapping[str, str]) -> None:
    """Let the rights that objects give to a role by an earlier code be those of the present one."""
    for table in objects.values() if called else ():
        permissions = table.get("permissions")
        if isinstance(permissions, Table):
            for old, new in called.items():
                _join(permissions, old, new)


def roles_renamed_by(layer: Table, lower: Table) -> Mapping[str, str]:
    """Return present codes of the roles that a layer calls otherwise than those below it."""
    there = lower.get("roles")
    known = there if isinstance(there, Table) else NOTHING
    return {old: new for old, new in _called_now(layer.get("roles")).items() if old in known}


def rename_parts(objects: Mapping[str, Table], parts: Table) -> None:
    """Write the present codes of roles, pools and reports where objects and the navigation name them by earlier ones."""
    rename_roles(objects, _called_now(parts.get("roles")))
    rules, reports = _called_now(parts.get("rules")), _called_now(parts.get("reports"))
    for table in objects.values() if rules else ():
        ownership = table.get("ownership")
        pools = ownership.get("pools") if isinstance(ownership, Table) else None
        if isinstance(pools, Items):
            pools[:] = [rules.get(one, one) if isinstance(one, str) else one for one in pools]
    for group in _tables(parts.get("nav")):
        items = group.get("items")
        for item in items if isinstance(items, Items) else ():
            for key, called in (("pool", rules), ("dashboard", reports)):
                if isinstance(item, Table) and isinstance(item.get(key), str):
                    item[key] = called.get(item[key], item[key])


def _join(table: Table, old: str, new: str) -> None:
    """Call an entry otherwise; what stands under the present code already is laid over it."""
    if old not in table:
        return
    if new not in table:
        rename_key(table, old, new)
        return
    lower, upper = table[old], table[new]
    table.drop(old)
    if isinstance(lower, Table) and isinstance(upper, Table):
        table[new] = merged(lower, upper)


def _called_now(entries: object) -> dict[str, str]:
    """Return the present codes of entries by earlier ones that none of them has now."""
    found = entries if isinstance(entries, Table) else NOTHING
    settings = ((code, one) for code, one in found.items() if isinstance(one, Table))
    return {old: code for code, one in settings for old in earlier_codes(one) if old not in found}


NOTHING: Mapping[str, Table] = {}
NAMING = frozenset({"to", "object"})
"""The keys whose value is the code of an object, wherever they stand."""


def _rename_below(value: object, renamed: Mapping[str, str]) -> None:
    if isinstance(value, Table):
        for key, item in value.items():
            if key in NAMING and isinstance(item, str) and item in renamed:
                value[key] = renamed[item]
            else:
                _rename_below(item, renamed)
    elif isinstance(value, Items):
        for item in value:
            _rename_below(item, renamed)


def with_first_codes(value: object, first: Mapping[str, str]) -> object:
    """Return plain settings that name every object by the first code that it had."""
    if isinstance(value, Mapping):
        return {
            key: first.get(item, item)
            if key in NAMING and isinstance(item, str)
            else with_first_codes(item, first)
            for key, item in value.items()
        }
    return [with_first_codes(item, first) for item in value] if isinstance(value, list) else value


def _tables(value: object) -> Iterable[Table]:
    return (
        [one for one in value.values() if isinstance(one, Table)]
        if isinstance(value, Table)
        else []
    )


def _is_key(spot: Spot, holder: Table, old: str, of_key: bool | None) -> bool:
    """Tell whether `old` is the key of a spot, and meant as that."""
    there = bool(spot.path) and spot.path[-1] == old and old in holder
    return there and (bool(of_key) or (of_key is None and holder[old] != old))


def _write_key(table: Table, old: str, new: str) -> None:
    """Call an entry otherwise; where the present code stands as well, what was written later is laid over the other."""
    both = [value for key, value in table.items() if key in (old, new)]
    rename_key(table, old, new)
    if len(both) > 1 and all(isinstance(one, Table) for one in both):
        table[new] = merged(*both)


def _written(spot: Spot, old: str, new: str) -> bool:
    """Write `new` for `old` at a spot: in its text, or anywhere right below it."""
    holder, _ = value_at(spot.root, spot.path[:-1])
    last = spot.path[-1] if spot.path else ""
    value, there = value_at(spot.root, spot.path)
    if not there:
        return False
    if isinstance(value, str):
        present = _replaced(value, old, new)
        put(holder, last, present)
        return present != value
    return _below(value, old, new)


def _replaced(text: str, old: str, new: str) -> str:
    return text if old == new else re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, text)


def _below(value: object, old: str, new: str) -> bool:
    changed = False
    if isinstance(value, Items):
        for place, item in enumerate(value):
            if isinstance(item, str) and (
                item.removeprefix("-") == old or item.endswith(f":{old}")
            ):
                value[place] = _replaced(item, old, new)  # "-budget", "role:sales"
                changed = True
    elif isinstance(value, Table):
        if old in value:
            rename_key(value, old, new)
            changed = True
        for key, item in value.items():
            if item == old:
                value[key] = new
                changed = True
    return changed
