"""What a set of roles gives over one object, worked out once per model and set of roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fieldstone.access.fields import HIDDEN, FieldRight, Showing
from fieldstone.access.scopes import Anchor, RowRule, reads_of
from fieldstone.base.cached import cached_property
from fieldstone.changes.nouns import Actor
from fieldstone.expressions.expression import Expression
from fieldstone.model.objects import FieldAccess, ObjectType, Permission
from fieldstone.model.site_model import Model

Verb = Callable[[Permission], str]
EVERYWHERE = RowRule("all", Anchor("id"))


@dataclass(frozen=True)
class Rights:
    """The rights of some roles over one object; rows are rules, fields are words of roles."""

    object_name: str
    read: tuple[RowRule, ...]
    update: tuple[RowRule, ...]
    delete: tuple[RowRule, ...]
    fields: Mapping[str, FieldRight]
    may_create: bool = False
    may_export: bool = False
    may_assign: bool = False
    may_claim: bool = False
    actions: frozenset[str] | None = frozenset()  # None: every action the other rights allow

    @cached_property
    def reads(self) -> frozenset[str]:
        """Return the fields, dotted paths and relations a row must hold to be judged in memory."""
        rows = reads_of((*self.read, *self.update, *self.delete))
        words = [one for r in self.fields.values() for one in (*r.plain, *r.writers)]
        return rows.union(*(one.reads for one in words))

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """Return every expression in these rights, so that callers know what they depend on."""
        rules = [*self.read, *self.update, *self.delete]
        masks: list[Expression | None] = []
        for right in self.fields.values():
            rules += [*right.masked, *(one.rows for one in (*right.plain, *right.writers))]
            masks += [one.mask_when for one in (*right.plain, *right.writers)]
        found = dict.fromkeys([*(rule.when for rule in rules), *masks])
        return tuple(one for one in found if one is not None)


@dataclass(frozen=True, eq=False)
class Held:
    """A model as a key of a cache: it is compared by identity, for its content is large."""

    model: Model

    def __eq__(self, other: object) -> bool:
        """Tell whether the other key holds the very same model."""
        return isinstance(other, Held) and other.model is self.model

    def __hash__(self) -> int:
        """Return a number that is the same for the same model object."""
        return id(self.model)


@lru_cache(maxsize=4096)
def rights_of(
    held: Held, object_name: str, roles: frozenset[str], grants: frozenset[str] | None
) -> Rights:
    """Return what `roles`, narrowed by a token's `grants`, give over one object."""
    spec = held.model.objects[object_name]
    root = _document_of(held.model, spec)
    may_read, may_write = _granted(grants, root.code, "read"), _granted(grants, root.code, "write")
    if root.archived and "system" not in roles:
        return _all_rights(spec, may_read=False, may_write=False)
    if "system" in roles or any(_administrates(held.model, role) for role in roles):
        return _all_rights(spec, may_read=may_read, may_write=may_write)
    permissions = [root.permissions[role] for role in sorted(roles) if role in root.permissions]
    build = _Builder(spec, root.code, _anchor(held.model, spec, root), tuple(permissions))
    return build.rights(may_read=may_read, may_write=may_write)


@lru_cache(maxsize=512)
def pool_rights_of(
    held: Held,
    object_name: str,
    roles: frozenset[str],
    masked: frozenset[str],
    shown: frozenset[str] | None,
) -> Rights:
    """Return what `roles` give over records that lie in a public pool, before anybody claims one.

    `shown` are the only fields that have names there, None for all that the roles read.

    Every row of the pool is covered; a field with a condition on its mask is masked, because the
    viewer is not yet the owner, and so are the fields that the pool itself masks.
    """
    spec = held.model.objects[object_name]
    if spec.archived:
        return _all_rights(spec, may_read=False, may_write=False)
    if any(_administrates(held.model, role) for role in roles):
        return _all_rights(spec, may_read=True, may_write=False)
    permissions = [
        permission
        for role in sorted(roles)
        if (permission := spec.permissions.get(role)) is not None
        and (permission.claim or permission.read != "none")
    ]
    fields = {
        code: _pooled(code, permissions, masked) if shown is None or code in shown else HIDDEN
        for code in spec.fields
    }
    return Rights(
        object_name,
        read=(EVERYWHERE,) if permissions else (),
        update=(),
        delete=(),
        fields=fields,
        may_claim=any(permission.claim for permission in permissions),
        may_export=any(permission.export for permission in permissions),
    )


def _pooled(code: str, permissions: Iterable[Permission], masked: frozenset[str]) -> FieldRight:
    words = [level_of(permission, code) for permission in permissions]
    if code not in masked and any(
        word.level in ("read", "write") and word.mask_when is None for word in words
    ):
        return FieldRight(plain=(Showing(EVERYWHERE),), always=True)
    seen = any(word.level != "hidden" for word in words)
    return FieldRight(masked=(EVERYWHERE,)) if seen else HIDDEN


def level_of(permission: Permission, code: str) -> FieldAccess:
    """Return what one role may do with one field."""
    return permission.fields.get(code) or FieldAccess(permission.default_field)


def _document_of(model: Model, spec: ObjectType) -> ObjectType:
    """Return the object whose permissions count: line items belong to their document."""
    return _document_of(model, model.objects[spec.parent[0]]) if spec.parent else spec


def _granted(grants: frozenset[str] | None, object_name: str, verb: str) -> bool:
    return grants is None or f"{object_name}:{verb}" in grants or f"*:{verb}" in grants


def is_administrator(model: Model, actor: Actor, verb: str = "write") -> bool:
    """Tell whether somebody may change the site itself; a token only when it is not narrowed to some objects."""
    administers = actor.is_system or any(_administrates(model, role) for role in actor.roles)
    return administers and (actor.grants is None or f"*:{verb}" in actor.grants)


def _administrates(model: Model, role: str) -> bool:
    return role in model.roles and model.roles[role].administrator


def _all_rights(spec: ObjectType, *, may_read: bool, may_write: bool) -> Rights:
    right = FieldRight(
        plain=(Showing(EVERYWHERE),) if may_read else (),
        writers=(Showing(EVERYWHERE),) if may_write else (),
        may_create=may_write,
        always=may_read,
    )
    return Rights(
        spec.code,
        read=(EVERYWHERE,) if may_read else (),
        update=(EVERYWHERE,) if may_write else (),
        delete=(EVERYWHERE,) if may_write else (),
        fields=dict.fromkeys(spec.fields, right),
        may_create=may_write,
        may_export=may_read,
        may_assign=may_write,
        may_claim=may_write,
        actions=None if may_write else frozenset(),
    )


def _anchor(model: Model, spec: ObjectType, root: ObjectType) -> Anchor:
    """Return where the owner, the team and the department of a record are found."""
    prefix, step = "", spec
    while step.parent is not None:
        prefix, step = prefix + "parent.", model.objects[step.parent[0]]
    people = model.objects["user"].fields if "user" in model.objects else {}
    if root.code == "user":
        team, department = "team", "department"
        person = "id"
    else:
        person = "created_by" if root.owned == "none" else "owner"
        team, department = f"{person}.team", f"{person}.department"
    return Anchor(
        person,
        team if "team" in people else "",
        department if "department" in people else "",
        prefix,
    )


@dataclass(frozen=True)
class _Builder:
    """The permissions of all roles of a viewer on one object, on their way to rights."""

    spec: ObjectType
    document: str
    anchor: Anchor
    permissions: tuple[Permission, ...]

    def rights(self, *, may_read: bool, may_write: bool) -> Rights:
        """Return the rights; a token may leave out reading or writing."""
        readers = self.permissions if may_read else ()
        writers = self.permissions if may_write else ()
        return Rights(
            self.spec.code,
            read=self._rules(readers, lambda one: one.read),
            update=self._rules(writers, lambda one: one.update),
            delete=self._rules(writers, lambda one: one.delete),
            fields={code: self._field(code, readers, writers) for code in self.spec.fields},
            may_create=any(one.create for one in writers),
            may_export=any(one.export for one in readers),
            may_assign=any(one.assign for one in writers),
            may_claim=any(one.claim for one in writers),
            actions=_actions(writers),
        )

    def _rule(self, permission: Permission, reach: str) -> RowRule | None:
        if reach == "none" or self._withheld(permission):
            return None
        return RowRule(reach, self.anchor, permission.when)

    def _withheld(self, permission: Permission) -> bool:
        """Tell whether these are line items under a field that is hidden; a mask shows nothing of a table."""
        if self.spec.parent is None:
            return False
        return level_of(permission, self.spec.parent[1]).level not in ("read", "write")

    def _rules(self, permissions: Iterable[Permission], verb: Verb) -> tuple[RowRule, ...]:
        rules = [self._rule(one, verb(one)) for one in permissions]
        return tuple(dict.fromkeys(rule for rule in rules if rule is not None))

    def _level(self, permission: Permission, code: str) -> FieldAccess:
        """Return the level of a field; the fields of line items have that of the rows field."""
        return level_of(permission, self.spec.parent[1] if self.spec.parent else code)

    def _field(
        self, code: str, readers: Iterable[Permission], writers: Iterable[Permission]
    ) -> FieldRight:
        plain, masked, whole = [], [], []
        always = True
        for permission in readers:
            rule, word = self._rule(permission, permission.read), self._level(permission, code)
            if rule is None:
                continue
            if word.level == "hidden":
                always = False
                continue
            open_here = word.level in ("read", "write") and word.mask_when is None
            always = always and open_here
            if open_here or word.mask_when is not None:
                plain.append(Showing(rule, word.mask_when))
            if open_here and rule.unlimited:
                whole.append(rule)
            if word.level == "mask" or word.mask_when is not None:
                masked.append(rule)
        return FieldRight(
            plain=tuple(dict.fromkeys(plain)),
            masked=tuple(dict.fromkeys(masked)),
            writers=tuple(dict.fromkeys(self._writers(code, writers))),
            may_create=any(one.create and self._writes(self._level(one, code)) for one in writers),
            always=bool(plain) and (always or bool(whole)),
        )

    def _writers(self, code: str, permissions: Iterable[Permission]) -> Iterable[Showing]:
        for permission in permissions:
            rule, word = self._rule(permission, permission.update), self._level(permission, code)
            # Giving a record to somebody, oneself included, is a right of its own.
            given = code == "owner" and self.spec.owned != "none" and not permission.assign
            if rule is not None and self._writes(word) and not given:
                yield Showing(rule, word.mask_when)

    @staticmethod
    def _writes(word: FieldAccess) -> bool:
        # A mask under a condition says nothing of the rows it leaves plain: those may be written.
        return word.level == "write" or (word.level == "mask" and word.mask_when is not None)


def _actions(permissions: Iterable[Permission]) -> frozenset[str] | None:
    named: set[str] = set()
    for permission in permissions:
        writes = permission.update != "none" or permission.create or permission.claim
        if not permission.actions and writes:
            return None
        named.update(permission.actions)
    return frozenset(named)
