"""The answer to "who may see and do what": one actor's access to one object, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fieldstone.access.fields import HIDDEN, FieldRight
from fieldstone.access.masks import Masked, masked
from fieldstone.access.rights import Held, Rights, pool_rights_of, rights_of
from fieldstone.access.scopes import RowScope
from fieldstone.base.cached import cached_property
from fieldstone.base.errors import FieldstoneError
from fieldstone.changes.nouns import Actor, Context
from fieldstone.expressions.env import Env
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model

Row = Mapping[str, object]
# Not fields of an object, yet of every record.
IDENTITY = frozenset({"id", "version"})


class NoActorError(FieldstoneError):
    """Something was asked in nobody's name; that is a bug, never "everything is allowed"."""


def env_of(ctx: Context) -> Env:
    """Return what expressions know of this request: its moment and its actor."""
    actor = ctx.actor
    return Env(ctx.now, actor.zone, {**actor.facts, "id": actor.id}, actor.roles)


def access_to(model: Model, actor: Actor | None, object_name: str) -> Access:
    """Return what `actor` may see and do with records of `object_name`.

    Raises NoActorError without an actor and KeyError for an object the model does not have.
    """
    if actor is None:
        raise NoActorError(f"access to {object_name} was asked without an actor")
    roles = frozenset({"system"}) if actor.is_system else actor.roles - {"system"}
    rights = rights_of(Held(model), object_name, roles, actor.grants)
    return Access(model.objects[object_name], actor, rights)


def access_in_pool(
    model: Model,
    actor: Actor | None,
    object_name: str,
    masked_fields: frozenset[str],
    shown_fields: frozenset[str] | None = None,
) -> Access:
    """Return what `actor` sees of records lying in a public pool which masks `masked_fields`.

    Of records that were not opened yet a pool may show `shown_fields` only.
    """
    narrow = access_to(model, actor, object_name)
    me = narrow.actor
    if me.is_system or not _reads_at_all(me, object_name):
        return narrow
    roles = me.roles - {"system"}
    rights = pool_rights_of(Held(model), object_name, roles, masked_fields, shown_fields)
    return Access(narrow.spec, me, rights)


def _reads_at_all(actor: Actor, object_name: str) -> bool:
    grants = actor.grants
    return grants is None or not grants.isdisjoint({f"{object_name}:read", "*:read"})


@dataclass(frozen=True)
class Access:
    """What one actor may see and do with the records of one object.

    Rows are asked with `may_see`, `may_update`, `may_delete` (a row in memory that holds what `reads`
    names) or with the scopes' clauses; fields with `readable`, `writable`, `shown`.
    """

    spec: ObjectType
    actor: Actor
    rights: Rights

    @property
    def object_name(self) -> str:
        """Return the code of the object."""
        return self.spec.code

    @property
    def may_read(self) -> bool:
        """Tell whether some record may be seen."""
        return bool(self.rights.read)

    @property
    def may_create(self) -> bool:
        """Tell whether records may be created."""
        return self.rights.may_create

    @property
    def may_export(self) -> bool:
        """Tell whether lists may leave the house as a file."""
        return self.rights.may_export

    @property
    def may_assign(self) -> bool:
        """Tell whether a record may be given to somebody else."""
        return self.rights.may_assign

    @property
    def may_claim(self) -> bool:
        """Tell whether records may be taken out of a public pool."""
        return self.rights.may_claim

    @property
    def read_scope(self) -> RowScope:
        """Return the rows that may be seen."""
        return RowScope(self.rights.read, self.actor)

    @property
    def update_scope(self) -> RowScope:
        """Return the rows that may be changed, as far as their fields allow."""
        return RowScope(self.rights.update, self.actor)

    @property
    def delete_scope(self) -> RowScope:
        """Return the rows that may be deleted and restored."""
        return RowScope(self.rights.delete, self.actor)

    @property
    def reads(self) -> frozenset[str]:
        """Return the fields, dotted paths and relations a row must hold for the tests in memory."""
        return self.rights.reads

    def may_act(self, action: str) -> bool:
        """Tell whether the roles allow an action by its name (claim, convert, merge, ...)."""
        named = self.rights.actions
        return named is None or action in named

    def may_see(self, row: Row, env: Env) -> bool:
        """Tell whether this record may be seen."""
        return self.read_scope.covers(row, env)

    def may_update(self, row: Row, env: Env) -> bool:
        """Tell whether this record may be changed."""
        return self.update_scope.covers(row, env)

    def may_delete(self, row: Row, env: Env) -> bool:
        """Tell whether this record may be deleted or restored."""
        return self.delete_scope.covers(row, env)

    def field(self, code: str) -> FieldRight:
        """Return the right to one field; an unknown field is a hidden field."""
        return self.rights.fields.get(code, HIDDEN)

    def readable(self, row: Row, env: Env) -> frozenset[str]:
        """Return the fields whose value this record shows plain."""
        return frozenset(
            code
            for code, right in self.rights.fields.items()
            if right.is_plain(row, self.actor, env)
        )

    def readable_anywhere(self) -> frozenset[str]:
        """Return the fields that some record may show plain: these have names, others do not."""
        return self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(code for code, right in self.rights.fields.items() if right.known)

    def shown_anywhere(self) -> frozenset[str]:
        """Return the fields that some record may show, plain or masked: columns, headings."""
        return frozenset(code for code, right in self.rights.fields.items() if right.shown)

    def writable(self, row: Row, env: Env) -> frozenset[str]:
        """Return the fields of this record that may be changed."""
        return frozenset(
            code
            for code, right in self.rights.fields.items()
            if right.is_writable(row, self.actor, env)
        )

    def writable_on_create(self) -> frozenset[str]:
        """Return the fields that a new record may be given."""
        return self._given_on_create

    @cached_property
    def _given_on_create(self) -> frozenset[str]:
        return frozenset(code for code, right in self.rights.fields.items() if right.may_create)

    def writable_anywhere(self) -> frozenset[str]:
        """Return the fields that some record may have changed: inputs of a form."""
        return frozenset(code for code, right in self.rights.fields.items() if right.writers)

    def shown(self, row: Row, env: Env) -> dict[str, object]:
        """Return the record as the actor may see it: hidden values left out, masked ones Masked."""
        seen: dict[str, object] = {name: row[name] for name in IDENTITY if name in row}
        for code, right in self.rights.fields.items():
            if code not in row:
                continue
            if right.is_plain(row, self.actor, env):
                seen[code] = row[code]
            elif right.is_masked(row, self.actor, env):
                seen[code] = self.masked(code, row[code])
        return seen

    def masked(self, code: str, value: object) -> Masked | None:
        """Return the mask of a field's value."""
        return masked(self.spec.fields[code].type.name, value)
