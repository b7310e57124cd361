"""Turns the typed tree into SQL that gives the same answers as the Python form.

A condition has two forms. The plain one may be NULL where it is not true; a WHERE takes it as
false and an index serves it. The settled one is true or false and never NULL; whatever stands
below a `not`, within a choice or in a SELECT takes that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from fieldstone.expressions import sql_numbers
from fieldstone.expressions.columns import Columns
from fieldstone.expressions.env import Env
from fieldstone.expressions.function import Form, Sql
from fieldstone.expressions.functions import form_of
from fieldstone.expressions.postgres import quotient
from fieldstone.expressions.python_form import compiled, is_condition
from fieldstone.expressions.sqlite_functions import sqlite_name
from fieldstone.expressions.sqltypes import (
    ClockTime,
    ComputedNumber,
    Day,
    Instant,
    JsonValue,
    PlainText,
    Span,
    StringList,
    WholeNumber,
)
from fieldstone.expressions.tree import (
    Aggregate,
    Call,
    Compare,
    Every,
    Field,
    Instead,
    ListOf,
    Literal,
    Member,
    Missing,
    Node,
    Not,
    Some,
    children,
    constant,
)
from fieldstone.expressions.types import Kind

_TYPES: Final[Mapping[Kind, TypeEngine[Any]]] = {
    Kind.TEXT: PlainText(),
    Kind.RECORD: PlainText(),
    Kind.NUMBER: ComputedNumber(),
    Kind.BOOLEAN: sa.Boolean(),
    Kind.DATE: Day(),
    Kind.DATETIME: Instant(),
    Kind.TIME: ClockTime(),
    Kind.DURATION: Span(),
    Kind.LIST: StringList(),
    Kind.JSON: JsonValue(),
}
_NO_ROW: Final[Mapping[str, object]] = {}


@dataclass(frozen=True)
class SqlForm:
    """Builds clauses over the columns of one object in one statement."""

    columns: Columns
    env: Env

    @property
    def dialect(self) -> str:
        """Return "sqlite" or "postgresql"."""
        return self.columns.dialect

    def settled(self, node: Node) -> Sql:  # noqa: PLR0911 - one case for each kind of node
        """Return a condition that is never NULL; what an index can serve stays plain in it."""
        if constant(node):
            return self.plain(node)
        match node:
            case Every(parts=parts):
                return sa.and_(*[self.settled(part) for part in parts])
            case Some(parts=parts):
                return sa.or_(*[self.settled(part) for part in parts])
            case Instead(runs=runs):
                return self.settled(runs)
            case Compare() | Member():
                return self._test(node)
            case Call(name=name, form=form) if is_condition(node) and form_of(name, form).strict:
                return self._test(node)
        return self.plain(node)

    def _test(self, node: Node) -> Sql:
        """Return a test of operands, false where one of them is missing."""
        operands = [one for one in children(node) if not isinstance(one, ListOf)]
        listed = [one for one in children(node) if isinstance(one, ListOf)]
        if any(constant(one) and self._known(one) is None for one in operands):
            return sa.false()
        fields = [one for one in operands if isinstance(one, Field)]
        fixed = [one for one in operands if constant(one)]
        if len(fields) + len(fixed) == len(operands) and all(map(constant, listed)):
            # Not coalesce(...): an index on a column serves only a bare comparison with it.
            # A list that is not there is empty, so 'not in' is true of it.
            asked = [one for one in fields if one.type.kind is not Kind.LIST or not _negated(node)]
            there = [self.columns.column(one.path).is_not(None) for one in asked]
            return sa.and_(*there, self.plain(node))
        return sa.func.coalesce(self.plain(node), sa.false(), type_=sa.Boolean()).is_(sa.true())

    def plain(self, node: Node) -> Sql:  # noqa: C901, PLR0911 - one case for each kind of node
        """Return a condition that may be NULL where it is not true."""
        if constant(node):
            return sa.true() if self._known(node) is True else sa.false()
        match node:
            case Every(parts=parts):
                return sa.and_(*[self.plain(part) for part in parts])
            case Some(parts=parts):
                return sa.or_(*[self.plain(part) for part in parts])
            case Not(part=part):
                return _opposite(self.settled(part))
            case Instead(runs=runs):
                return self.plain(runs)
            case Compare():
                return self._compare(node)
            case Missing(part=part, negated=negated):
                value = self.value(part)
                return value.is_not(None) if negated else value.is_(None)
            case Member():
                return self._member(node)
            case Aggregate():
                return self._aggregate(node)
            case Call() if is_condition(node):
                return self._call(node)
            case _:
                return self.value(node).is_(sa.true())

    def value(self, node: Node) -> Sql:
        """Return a value, NULL when it is missing."""
        if constant(node):
            return _literal(node, self._known(node))
        match node:
            case Field(path=path, type=type_):
                column = self.columns.column(path)
                if type_.kind is Kind.LIST:
                    none = sa.literal((), StringList())
                    return sa.func.coalesce(column, none, type_=StringList())
                return column
            case Aggregate():
                return self._aggregate(node)
            case Call() if not is_condition(node):
                return self._call(node)
            case _:
                return self.settled(node)

    def _known(self, node: Node) -> Any:
        if isinstance(node, Literal):
            return node.value
        return compiled(node)(_NO_ROW, self.env)

    def _compare(self, node: Compare) -> Sql:
        left, right = self.value(node.left), self.value(node.right)
        if node.left.type.kind is Kind.NUMBER:
            return sql_numbers.compare(self.dialect, node.op, left, right)
        return sql_numbers.COMPARED[node.op](left, right)  # type: ignore[no-any-return]

    def _member(self, node: Member) -> Sql:
        if not isinstance(node.among, ListOf):
            return self._in_list(node)
        parts = node.among.items
        if not all(constant(part) for part in parts):
            op = "!=" if node.negated else "=="
            compares = [self._compare(Compare(op, node.item, part)) for part in parts]
            return sa.and_(*compares) if node.negated else sa.or_(*compares)
        known = [self._known(part) for part in parts]
        if None in known and node.negated:
            return sa.false()
        known = [one for one in known if one is not None]
        return self._among(node, self.value(node.item), known)

    def _among(self, node: Member, item: Sql, known: list[Any]) -> Sql:
        if not known:
            return sa.false()
        if node.item.type.kind is Kind.NUMBER:
            native = sql_numbers.among(self.dialect, item, known, negated=node.negated)
            if native is not None:
                return native
            item = sql_numbers.computed(self.dialect, item)
        literals = [sa.literal(one, _TYPES[node.item.type.kind]) for one in known]
        return item.not_in(literals) if node.negated else item.in_(literals)

    def _in_list(self, node: Member) -> Sql:
        item = self.value(node.item)
        values = self.value(node.among)
        if isinstance(node.among, Field) and not node.negated:
            values = self.columns.column(node.among.path)
        if self.dialect == "sqlite":
            has: Any = sa.func.fs_list_has(values, item, type_=sa.Boolean())
        elif isinstance(item, sa.BindParameter) and item.value is not None:
            # @> and not ?: an index of jsonb_path_ops serves it.
            has = sa.type_coerce(values, JSONB()).contains(sa.literal([item.value], JSONB()))
        else:
            has = sa.type_coerce(values, JSONB()).has_key(item)
        return _opposite(has) if node.negated else has

    def _call(self, node: Call) -> Sql:
        form = form_of(node.name, node.form)
        if (
            node.name == "starts_with"
            and isinstance(node.args[1], Literal)
            and isinstance(node.args[0], Field)
        ):
            return _between_prefixes(self.value(node.args[0]), str(node.args[1].value))
        args = self._arguments(node, form)
        if self.dialect == "postgresql":
            given = [self.env, *args] if form.clock else args
            return self._typed(node, form, form.postgresql(*given))
        if form.sqlite is not None:
            return self._typed(node, form, form.sqlite(*args))
        if form.gives is None:
            return self._typed(node, form, form.postgresql(*args))
        clock = [sa.literal(self.env.now, Instant()), sa.literal(self.env.timezone.key, sa.Text())]
        name = sqlite_name(node.name, node.form)
        function = sa.func.__getattr__(name)
        return function(*(clock if form.clock else []), *args, type_=_TYPES[node.type.kind])

    def _typed(self, node: Call, form: Form, element: Sql) -> Sql:
        if node.type.kind is Kind.TEXT and self.dialect == "postgresql":
            # Whatever the parts' collations are, the whole compares by code points.
            return sa.type_coerce(sa.collate(element, "C"), PlainText())
        if node.type.kind in {Kind.NUMBER, Kind.BOOLEAN} or form.gives is None:
            return element
        return sa.type_coerce(element, _TYPES[node.type.kind])

    def _arguments(self, node: Call, form: Form) -> list[Sql]:
        args: list[Sql] = []
        for position, arg in enumerate(node.args):
            if form.shape(position) == {Kind.BOOLEAN}:
                args.append(self.plain(arg))
            elif arg.type.kind is Kind.NUMBER and form.same is None:
                args.append(sql_numbers.computed(self.dialect, self.value(arg)))
            else:
                args.append(self.value(arg))
        if form.same is not None and node.type.kind is Kind.NUMBER:
            args[form.same :] = sql_numbers.aligned(self.dialect, args[form.same :])
        return args

    def _aggregate(self, node: Aggregate) -> Sql:
        alias, columns, tie = self.columns.rows(node.rows)
        inner = SqlForm(columns, self.env)
        tests = [tie]
        if node.condition is not None:
            test = (
                inner.settled(node.condition) if node.name == "all" else inner.plain(node.condition)
            )
            tests.append(_opposite(test) if node.name == "all" else test)
        if node.name in {"any", "all"}:
            found = (
                sa.select(sa.literal(1, sa.Integer()))
                .select_from(alias)
                .where(*tests)
                .correlate_except(alias)
            )
            return _opposite(found.exists()) if node.name == "all" else found.exists()
        answer = self._aggregated(node, inner)
        query = sa.select(answer).select_from(alias).where(*tests).correlate_except(alias)
        return sa.type_coerce(query.scalar_subquery(), answer.type)

    def _aggregated(self, node: Aggregate, inner: SqlForm) -> Sql:
        if node.value is None:
            return sa.func.count(type_=WholeNumber())
        value = inner.value(node.value)
        if node.name in {"min", "max"}:
            plain: Callable[..., Sql] = sa.func.min if node.name == "min" else sa.func.max
            return plain(value, type_=value.type)
        value = sql_numbers.computed(self.dialect, value)
        if self.dialect == "sqlite":
            if node.name == "avg":
                return sa.func.fs_avg(value, type_=ComputedNumber())
            # SQLite asks an aggregate that saw no row for nothing: its answer is NULL.
            total = sa.func.fs_sum(value, type_=ComputedNumber())
            return sa.func.coalesce(total, sql_numbers.literal(0), type_=ComputedNumber())
        total = sa.func.coalesce(sa.func.sum(value), sql_numbers.literal(0), type_=ComputedNumber())
        if node.name == "sum":
            return total
        return quotient(total, sa.cast(sa.func.count(value), ComputedNumber()))


def _opposite(clause: Sql) -> Sql:
    # Not NOT: SQLAlchemy loses parentheses and types in some negations.
    return clause.is_(sa.false())


def _negated(node: Node) -> bool:
    return isinstance(node, Member) and node.negated


def _literal(node: Node, known: object) -> Sql:
    if known is None and node.type.kind is Kind.NUMBER:
        # PostgreSQL cannot choose a function for a NULL of unknown type.
        return sa.cast(sa.null(), ComputedNumber())
    return sa.literal(known, _TYPES.get(node.type.kind, PlainText()))


def _between_prefixes(text: Sql, prefix: str) -> Sql:
    """Return a range over the column's order, which an index serves on both databases."""
    low = text >= sa.literal(prefix, PlainText())
    cut = prefix.rstrip("\U0010ffff")
    if not cut:
        return low
    last = ord(cut[-1]) + 1
    # The code points of surrogates are no characters: the next one after them is U+E000.
    end = cut[:-1] + chr(0xE000 if last == 0xD800 else last)  # noqa: PLR2004
    return sa.and_(low, text < sa.literal(end, PlainText()))
