"""Who may do more or less after a change of rights: people counted by what all their roles give together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fieldstone.access.rights import level_of
from fieldstone.base.english import agreeing, quantity
from fieldstone.base.label import Label
from fieldstone.evolution.finding import NOTE, WARNING, Finding
from fieldstone.evolution.operations import ADD, CHANGE, Operation
from fieldstone.model.objects import ObjectType, Permission
from fieldstone.model.site_model import Model
from fieldstone.storage.census import SHOWN, Census

SCOPES: Final = ("none", "own", "team", "department", "all")
# A mask under a condition shows the value on the other rows, and lets those be written.
LEVELS: Final = ("hidden", "mask", "mask sometimes", "read", "write")
RIGHTS: Final[Mapping[str, Label]] = {
    "read": Label("see", "查看"),
    "create": Label("create", "新建"),
    "update": Label("edit", "编辑"),
    "delete": Label("delete", "删除"),
    "assign": Label("assign", "分配"),
    "export": Label("export", "导出"),
    "claim": Label("claim", "领取"),
}
WORDS: Final[Mapping[str, Label]] = {
    "none": Label("none", "无"),
    "own": Label("own", "本人"),
    "team": Label("team", "本团队"),
    "department": Label("department", "本部门"),
    "all": Label("all", "全部"),
    "hidden": Label("hidden", "隐藏"),
    "mask": Label("masked", "脱敏"),
    "mask sometimes": Label("partly masked", "部分脱敏"),
    "read": Label("read", "只读"),
    "write": Label("write", "可编辑"),
}
Powers = Mapping[str, int]
"""What some roles give over one object: a rank by right, and by "field.CODE"."""


@dataclass(frozen=True)
class Step:
    """One right that is more or less afterwards."""

    right: str
    before: int
    after: int

    @property
    def gained(self) -> bool:
        """Tell whether it is more."""
        return self.after > self.before


def gains_and_losses(
    before: Model, after: Model, census: Census, operations: Sequence[Operation]
) -> Iterator[Finding]:
    """Yield, for each object whose rights change, how many people gain what and how many lose what."""
    touched = dict.fromkeys(one.path[0] for one in operations if one.what == "permission")
    promoted = [one for one in operations if one.what == "role" and one.verb == CHANGE]
    fresh = [one.path[0] for one in operations if one.what == "object" and one.verb == ADD]
    if not touched and not promoted and not fresh:
        return
    called = {one.earlier: one.path[0] for one in operations if one.what == "role" and one.earlier}
    before = _as_called(before, called) if called else before
    carriers = tuple(
        (name, frozenset(called.get(role, role) for role in roles))
        for name, roles in census.carriers()
    )
    for one in promoted:
        yield from _of_administrators(one, carriers)
    for code in touched:
        old, new = before.objects.get(code), after.objects.get(code)
        if old is not None and new is not None:
            yield from _of_object((before, old), (after, new), carriers)
    for code in fresh:
        new = after.objects[code]
        nobody = replace(new, permissions={})
        yield from _of_object((before, nobody), (after, new), carriers)
    yield from _of_conditions(operations, carriers)


def _as_called(model: Model, called: Mapping[str, str]) -> Model:
    """Return a model whose roles have the codes that they are to have."""
    objects = {
        code: replace(
            spec, permissions={called.get(role, role): p for role, p in spec.permissions.items()}
        )
        for code, spec in model.objects.items()
    }
    roles = {called.get(code, code): role for code, role in model.roles.items()}
    return replace(model, objects=objects, roles=roles)


Carriers = Sequence[tuple[str, frozenset[str]]]
Side = tuple[Model, ObjectType]


def _of_object(before: Side, after: Side, carriers: Carriers) -> Iterator[Finding]:
    """Yield one finding for each group of people who gain, or lose, the very same rights."""
    groups: dict[tuple[bool, tuple[Step, ...]], list[str]] = {}
    steps: dict[frozenset[str], tuple[Step, ...]] = {}
    for name, roles in carriers:
        if roles not in steps:
            steps[roles] = _steps(_powers(*before, roles), _powers(*after, roles))
        for gained in (False, True):
            some = tuple(one for one in steps[roles] if one.gained is gained)
            if some:
                groups.setdefault((gained, some), []).append(name)
    spec = after[1]
    for (gained, some), names in groups.items():
        count = len(names)
        what = _said(spec, some)
        people_en = quantity(count, "person", "people")
        verb = agreeing(count, *(("gains", "gain") if gained else ("loses", "lose")))
        text = Label(
            f"{people_en} {verb} over {spec.plural.en.lower()}: {what.en}.",
            f"{count:,} 人对“{spec.label.text('zh')}”的权限{'增加' if gained else '减少'}：{what.zh}。",
        )
        code = "people_gain" if gained else "people_lose"
        yield Finding(WARNING, code, (spec.code,), text, count, tuple(sorted(names)[:SHOWN]))


def _of_administrators(one: Operation, carriers: Carriers) -> Iterator[Finding]:
    change = next((c for c in one.changes if c.name == "administrator"), None)
    names = sorted(name for name, roles in carriers if one.path[0] in roles)
    if change is None or not names:
        return
    count, gained = len(names), bool(change.after)
    text = Label(
        f'{count:,} with the role "{one.label.en}" {"may do everything, in every object" if gained else "no longer may do everything"}.',
        f"{count:,} 位“{one.label.text('zh')}”{'将可以操作所有对象的一切' if gained else '将不再拥有全部权限'}。",
    )
    code = "people_gain" if gained else "people_lose"
    yield Finding(WARNING, code, one.path, text, count, tuple(names[:SHOWN]))


def _of_conditions(operations: Sequence[Operation], carriers: Carriers) -> Iterator[Finding]:
    """Yield the roles whose condition on rows changes: which records that are, only the records know."""
    for one in operations:
        conditions = {c.name for c in one.changes} & {"when", "actions"}
        names = sorted(name for name, roles in carriers if one.path[-1] in roles)
        if one.what != "permission" or one.verb != CHANGE or not conditions or not names:
            continue
        text = Label(
            f'{len(names):,} with the role "{one.label.en}" {agreeing(len(names), "reaches", "reach")} other {one.within.en.lower()} records or actions than before.',
            f"{len(names):,} 位“{one.label.text('zh')}”可及的“{one.within.text('zh')}”记录或操作将改变。",
        )
        yield Finding(NOTE, "people_reach_others", one.path, text, len(names), tuple(names[:SHOWN]))


def _powers(model: Model, spec: ObjectType, roles: frozenset[str]) -> Powers:
    """Return the ranks that roles give together: the greatest of each."""
    if any(role in model.roles and model.roles[role].administrator for role in roles):
        fields = dict.fromkeys((f"field.{code}" for code in spec.fields), len(LEVELS) - 1)
        flags = dict.fromkeys(("create", "assign", "export", "claim"), 1)
        return {**dict.fromkeys(("read", "update", "delete"), len(SCOPES) - 1), **flags, **fields}
    held = [spec.permissions[role] for role in roles if role in spec.permissions]
    ranks = {right: max((_rank(one, right) for one in held), default=0) for right in RIGHTS}
    readers = [one for one in held if one.read != "none" or one.create]
    for code in spec.fields:
        ranks[f"field.{code}"] = max((_level(one, code) for one in readers), default=0)
    return ranks


def _rank(permission: Permission, right: str) -> int:
    value = getattr(permission, right)
    return int(value) if isinstance(value, bool) else SCOPES.index(value)


def _level(permission: Permission, code: str) -> int:
    access = level_of(permission, code)
    sometimes = access.level == "mask" and access.mask_when is not None
    return LEVELS.index("mask sometimes" if sometimes else access.level)


def _steps(before: Powers, after: Powers) -> tuple[Step, ...]:
    """Return what differs; of fields only where records are seen before and after, else it goes without saying."""
    seen = before["read"] and after["read"]
    return tuple(
        Step(right, rank, after[right])
        for right, rank in before.items()
        if right in after and rank != after[right] and (seen or not right.startswith("field."))
    )


def _said(spec: ObjectType, steps: Iterable[Step]) -> Label:
    parts = [_step(spec, one) for one in steps]
    return Label(", ".join(one.en for one in parts), "、".join(one.zh for one in parts))


def _step(spec: ObjectType, one: Step) -> Label:
    kind, _, code = one.right.partition(".")
    if code:
        name, ladder = spec.fields[code].label, LEVELS
        named = Label(f'"{name.en}"', f"“{name.text('zh')}”")
    else:
        named, ladder = RIGHTS[kind], SCOPES
    if kind in ("create", "assign", "export", "claim"):
        return named
    old, new = WORDS[ladder[one.before]], WORDS[ladder[one.after]]
    return Label(f"{named.en} ({old.en} → {new.en})", f"{named.zh}（{old.zh} → {new.zh}）")
