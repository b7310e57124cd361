"""What a viewer may do with one field, row by row: read it, see a mask of it, write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, false, not_, or_

from fieldstone.access.scopes import Clause, RowRule, at, row_at
from fieldstone.changes.nouns import Actor
from fieldstone.expressions.columns import Columns
from fieldstone.expressions.env import Env
from fieldstone.expressions.expression import Expression


@dataclass(frozen=True)
class Showing:
    """One role's word on a field: plain on the rows it covers, but where `mask_when` holds.

    A mask also stays where something its condition reads is missing: `owner != user` is false for a record
    without an owner, and nobody means to show that one to everybody.
    """

    rows: RowRule
    mask_when: Expression | None = None

    @property
    def reads(self) -> frozenset[str]:
        """Return what `covers` needs in the row."""
        mask = self.mask_when
        names = {*mask.names, *mask.paths, *mask.rows} if mask else set()
        return self.rows.reads | {self.rows.anchor.prefix + name for name in names}

    def clause(self, columns: Columns, actor: Actor, env: Env) -> Clause:
        """Return the condition under which the value is plain."""
        covered = self.rows.clause(columns, actor, env)
        mask = self.mask_when
        if mask is None:
            return covered
        here = at(columns, self.rows.anchor.prefix)
        if mask.rows and here is not columns:
            return false()
        known = [here.column(path).is_not(None) for path in sorted(mask.names | mask.paths)]
        return and_(covered, not_(mask.clause(here, env)), *known)

    def covers(self, row: Mapping[str, object], actor: Actor, env: Env) -> bool:
        """Tell the same of a row in memory."""
        if not self.rows.covers(row, actor, env):
            return False
        mask = self.mask_when
        if mask is None:
            return True
        here = row_at(row, self.rows.anchor.prefix)
        if mask.rows and here is not row:
            return False
        if any(here.get(path) is None for path in mask.names | mask.paths):
            return False
        return not mask.evaluate(here, env)


@dataclass(frozen=True)
class FieldRight:
    """The words of all roles of a viewer on one field.

    `always`: plain on every row the viewer may read at all, so nothing need be asked per row.
    """

    plain: tuple[Showing, ...] = ()
    masked: tuple[RowRule, ...] = ()
    writers: tuple[Showing, ...] = ()
    may_create: bool = False
    always: bool = False

    @property
    def known(self) -> bool:
        """Tell whether some row may show it plain; a field that is not known has no name either."""
        return self.always or bool(self.plain)

    @property
    def shown(self) -> bool:
        """Tell whether some row may show it, plain or masked."""
        return self.known or bool(self.masked)

    def plain_clause(self, columns: Columns, actor: Actor, env: Env) -> Clause:
        """Return the condition under which the value is plain; ask only when not `always`."""
        return or_(false(), *(one.clause(columns, actor, env) for one in self.plain))

    def masked_clause(self, columns: Columns, actor: Actor, env: Env) -> Clause:
        """Return the condition under which at least the mask is shown."""
        return or_(false(), *(rule.clause(columns, actor, env) for rule in self.masked))

    def is_plain(self, row: Mapping[str, object], actor: Actor, env: Env) -> bool:
        """Tell whether a row in memory shows the value."""
        return self.always or any(one.covers(row, actor, env) for one in self.plain)

    def is_masked(self, row: Mapping[str, object], actor: Actor, env: Env) -> bool:
        """Tell whether a row in memory shows the mask, when it does not show the value."""
        return any(rule.covers(row, actor, env) for rule in self.masked)

    def is_writable(self, row: Mapping[str, object], actor: Actor, env: Env) -> bool:
        """Tell whether the value of this row may be changed."""
        return any(one.covers(row, actor, env) for one in self.writers)


HIDDEN = FieldRight()
