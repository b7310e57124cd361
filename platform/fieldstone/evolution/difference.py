"""What lies between two models: a list of reversible operations, from the objects down to single options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeGuard

from fieldstone.base.label import Label, label_of
from fieldstone.evolution import portraits
from fieldstone.evolution.operations import (
    ADD,
    CHANGE,
    NOWHERE,
    RENAME,
    RESTORE,
    RETIRE,
    Changed,
    Operation,
)
from fieldstone.evolution.portraits import Portrait
from fieldstone.model.objects import Field, ObjectType, Pipeline
from fieldstone.model.site_model import Model
from fieldstone.rules.adoption import ADOPTED_KINDS
from fieldstone.rules.contract import Rule


@dataclass(frozen=True)
class Kind:
    """How things of one kind are compared: their portrait, and by what a renamed one is known again."""

    what: str
    portrait: Callable[[Any], Portrait]
    identity: Callable[[Any], str] = lambda _: ""
    earlier: Callable[[Any], tuple[str, ...]] = lambda _: ()


def _earlier(thing: Any) -> tuple[str, ...]:
    return tuple(thing.renamed_from)


OBJECT: Final = Kind("object", portraits.of_object, lambda spec: spec.table, _earlier)
FIELD: Final = Kind("field", portraits.of_field, lambda field: field.column, _earlier)
OPTION: Final = Kind("option", portraits.plain, earlier=_earlier)
PIPELINE: Final = Kind("pipeline", portraits.of_pipeline, earlier=_earlier)
STAGE: Final = Kind("stage", portraits.of_stage, earlier=_earlier)
VIEW: Final = Kind("view", portraits.plain, earlier=_earlier)
FORM: Final = Kind("form", portraits.plain, earlier=_earlier)
LAYOUT: Final = Kind("layout", portraits.of_record_section, earlier=_earlier)
PERMISSION: Final = Kind("permission", portraits.of_permission)
RULE: Final = Kind("rule", portraits.of_rule, earlier=_earlier)
ROLE: Final = Kind("role", portraits.plain, earlier=_earlier)
REPORT: Final = Kind("report", portraits.plain, earlier=_earlier)
CALENDAR: Final = Kind("calendar", portraits.plain)
NAV: Final = Kind("nav", portraits.of_nav)


@dataclass(frozen=True)
class Pair:
    """A thing before and after; None where it is not there."""

    code: str
    before: Any
    after: Any
    was: str = ""  # its earlier code, when it has another now

    @property
    def present(self) -> Any:
        """Return the thing as it is, or as it was when it is gone."""
        return self.before if self.after is None else self.after


def difference(before: Model, after: Model) -> tuple[Operation, ...]:
    """Return the operations that lead from one model to the other; none when they say the same."""
    found: list[Operation] = []
    before = _with_pools_called(before, after)
    for pair in pairs(before.objects, after.objects, OBJECT):
        found += _of_object(pair, before, after)
    for kind, mine, theirs in (
        (RULE, before.rules, after.rules),
        (ROLE, before.roles, after.roles),
        (REPORT, before.reports, after.reports),
        (CALENDAR, _calendars(before), _calendars(after)),
        (NAV, _nav(before), _nav(after)),
    ):
        found += _each(mine, theirs, kind, (), NOWHERE)
    return tuple(found)


def _with_pools_called(before: Model, after: Model) -> Model:
    """Return the model before with its objects' pools by present codes: a renamed pool is no other one."""
    called = {one.was: one.code for one in pairs(before.rules, after.rules, RULE) if one.was}
    if not called:
        return before
    objects = {
        code: replace(spec, pools=tuple(called.get(pool, pool) for pool in spec.pools))
        for code, spec in before.objects.items()
    }
    return replace(before, objects=objects)


def pairs(before: Mapping[str, Any], after: Mapping[str, Any], kind: Kind) -> Iterator[Pair]:
    """Yield what belongs together: by code, else by what a renamed thing keeps."""
    gone = {code: thing for code, thing in before.items() if code not in after}
    by_identity = {kind.identity(thing): code for code, thing in gone.items()}
    for code, thing in after.items():
        old = before.get(code)
        if old is None:
            # Going back, the present thing is the one that remembers the code.
            before_it = next((one for one in gone if code in kind.earlier(gone[one])), None)
            earlier = before_it or by_identity.get(kind.identity(thing) or "-")
            if earlier is None:
                earlier = next((one for one in kind.earlier(thing) if one in gone), None)
            old = gone.pop(earlier, None) if earlier is not None else None
            yield Pair(code, old, thing, earlier or "")
        else:
            yield Pair(code, old, thing)
    for code, thing in gone.items():
        yield Pair(code, thing, None)


def _each(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    kind: Kind,
    path: tuple[str, ...],
    within: Label,
) -> Iterator[Operation]:
    for pair in pairs(before, after, kind):
        yield from compared(pair, kind, path, within)


def compared(pair: Pair, kind: Kind, path: tuple[str, ...], within: Label) -> Iterator[Operation]:
    """Yield what happened to one thing itself, not to what it holds."""
    label = _label(pair)
    here = (*path, pair.code)
    if pair.before is None or pair.after is None:
        verb = ADD if pair.before is None else RETIRE
        yield Operation(verb, kind.what, here, label, within)
        return
    if pair.was:
        yield Operation(RENAME, kind.what, here, label, within, earlier=pair.was)
    changed = _changes(kind.portrait(pair.before), kind.portrait(pair.after))
    archived = next((one for one in changed if one.name == "archived"), None)
    if archived is not None:
        verb = RETIRE if archived.after else RESTORE
        yield Operation(verb, kind.what, here, label, within, changes=(archived,))
    rest = tuple(
        one for one in changed if one.name not in {"archived", "renamed_from", "alias_until"}
    )
    if rest and not (kind is RULE and _says_the_same(pair.before, pair.after)):
        yield Operation(CHANGE, kind.what, here, label, within, changes=rest)


def _says_the_same(before: Rule, after: Rule) -> bool:
    """Tell whether two rules were written alike: all that differs is the codes by which they name what was renamed."""
    return before.digest == after.digest and after.kind not in ADOPTED_KINDS


def _label(pair: Pair) -> Label:
    found = getattr(pair.present, "label", None)
    return found if isinstance(found, Label) else label_of(pair.code)


def _changes(before: Portrait, after: Portrait) -> tuple[Changed, ...]:
    return tuple(_within("", before, after))


def _within(outer: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Changed]:
    """Yield what differs, down to the settings inside settings: items.budget.points."""
    for name in dict.fromkeys([*before, *after]):
        old, new, path = before.get(name), after.get(name), f"{outer}{name}"
        if old == new:
            continue
        if _holds_settings(old) and _holds_settings(new):
            yield from _within(f"{path}.", old, new)
        else:
            yield Changed(path, old, new)


def _holds_settings(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a value is a map of settings; a text in both languages is one text."""
    return isinstance(value, Mapping) and bool(value) and not set(value) <= {"en", "zh"}


def _of_object(pair: Pair, before: Model, after: Model) -> Iterator[Operation]:
    yield from compared(pair, OBJECT, (), NOWHERE)
    if pair.before is None or pair.after is None:
        return  # what it holds comes and goes with it
    old: ObjectType = pair.before
    new: ObjectType = pair.after
    path, within = (pair.code,), new.label
    if orders := tuple(_orders(old, new)):
        yield Operation(CHANGE, "object", path, within, changes=orders)
    for field in pairs(_own_fields(old), _own_fields(new), FIELD):
        yield from compared(field, FIELD, path, within)
        if field.before is not None and field.after is not None:
            here = (*path, field.code)
            inside = _inside(within, field.after.label)
            yield from _each(_options(field.before), _options(field.after), OPTION, here, inside)
    yield from _of_pipelines(old, new, path)
    yield from _each(old.views, new.views, VIEW, path, within)
    yield from _each(_sections(old), _sections(new), FORM, path, within)
    yield from _each(_laid_out(old), _laid_out(new), LAYOUT, path, within)
    called = {one.was: one.code for one in pairs(before.roles, after.roles, ROLE) if one.was}
    held = {called.get(role, role): rights for role, rights in old.permissions.items()}
    for permission in pairs(held, new.permissions, PERMISSION):
        roles = after.roles if permission.after is not None else before.roles
        for one in compared(permission, PERMISSION, path, within):
            yield _of_role(one, roles)


def _orders(old: ObjectType, new: ObjectType) -> Iterator[Changed]:
    """Yield the orders in which what both have stands otherwise; what comes and goes says so itself."""
    for name, mine, theirs in (
        ("order of fields", _own_fields(old), _own_fields(new)),
        ("order of form sections", _sections(old), _sections(new)),
        ("order of record sections", _laid_out(old), _laid_out(new)),
        ("order of views", old.views, new.views),
    ):
        before = [code for code in mine if code in theirs]
        after = [code for code in theirs if code in mine]
        if before != after:
            yield Changed(name, before, after)


def _of_role(operation: Operation, roles: Mapping[str, Any]) -> Operation:
    role = roles.get(operation.path[-1])
    label = role.label if role is not None else operation.label
    return Operation(
        operation.verb,
        operation.what,
        operation.path,
        label,
        operation.within,
        changes=operation.changes,
    )


def _of_pipelines(old: ObjectType, new: ObjectType, path: tuple[str, ...]) -> Iterator[Operation]:
    mine = old.pipelines.pipelines if old.pipelines else {}
    theirs = new.pipelines.pipelines if new.pipelines else {}
    for pair in pairs(mine, theirs, PIPELINE):
        yield from compared(pair, PIPELINE, path, new.label)
        if pair.before is None or pair.after is None:
            continue
        before: Pipeline = pair.before
        after: Pipeline = pair.after
        inside = _inside(new.label, after.label) if len(theirs) > 1 else new.label
        yield from _each(before.stages, after.stages, STAGE, (*path, pair.code), inside)


def _inside(outer: Label, inner: Label) -> Label:
    return Label(
        f"{outer.text('en')}, {inner.text('en')}", f"{outer.text('zh')} · {inner.text('zh')}"
    )


def _own_fields(spec: ObjectType) -> dict[str, Field]:
    """Return the fields that people wrote: the stage field follows its pipelines."""
    return {code: field for code, field in spec.fields.items() if not field.system}


def _options(field: Field) -> Mapping[str, Any]:
    return getattr(field.type, "options", {})


def _sections(spec: ObjectType) -> dict[str, Any]:
    return {section.code: section for section in spec.form}


def _laid_out(spec: ObjectType) -> dict[str, Any]:
    return {section.code: section for section in spec.layout.sections or ()}


def _calendars(model: Model) -> dict[str, object]:
    """Return the calendars that have a code: "" stands for the default one among them."""
    return {code: calendar for code, calendar in model.calendars.items() if code}


@dataclass(frozen=True)
class _Group:
    label: Label
    folded: bool
    items: tuple[Any, ...]


def _nav(model: Model) -> dict[str, _Group]:
    return {
        code: _Group(
            group.label, group.folded, tuple(item for item in model.nav if item.group == code)
        )
        for code, group in model.nav_groups.items()
    }
