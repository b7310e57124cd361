"""What rules ask of the database; satisfies rules.contract.Facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, func, or_, select
from sqlalchemy import cast as cast_to

from fieldstone.base.workdays import ALWAYS, Calendar
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import LIMIT, Person, Rule
from fieldstone.rules.cooldown import barred_by
from fieldstone.rules.engine import in_force
from fieldstone.rules.holding_limit import holding_rules, room_of
from fieldstone.rules.pool_body import Pool
from fieldstone.storage.counters import Counters
from fieldstone.storage.facts_assignment import AssignmentFacts
from fieldstone.storage.facts_deadlines import DeadlineFacts
from fieldstone.storage.facts_gains import GainFacts
from fieldstone.storage.facts_matching import MatchingFacts
from fieldstone.storage.facts_score import ScoreFacts
from fieldstone.storage.holdings import held_up_to
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.prepared import Prepared
from fieldstone.storage.reader import Stored
from fieldstone.storage.tables import Tables

USER = "user"


class FactsReader(GainFacts, DeadlineFacts, ScoreFacts, AssignmentFacts, MatchingFacts):
    """A reader that answers the rules' questions, always for a whole batch."""

    @property
    def now(self) -> datetime:
        """Return the instant of this run."""
        return self.ctx.now

    @property
    def language(self) -> str:
        """Return the site's language."""
        return self.tables.language

    def people(self, group: str) -> tuple[Person, ...]:
        """Return the people of "team:code", "role:code", "department:code" (and below), "user:email" or "pool:code"."""
        if USER not in self.tables.objects:
            return ()
        kind, _, code = group.partition(":")
        held = self.tables[USER]
        codes = tuple(held.columns)
        if kind in ("department", "pool"):
            rows: Iterable[Stored] = self.rows(USER, self._ids_behind(kind, code)).values()
        else:
            asked = self.tables.once(("people", kind), lambda: _members(self.tables, kind))
            if asked is None:
                return ()
            found = asked.rows(self.connection, {"b_code": _bound_code(kind, code)})
            rows = [dict(zip(codes, values, strict=True)) for values in found]
        rows = list(self.masked(USER, rows))
        self.know(USER, rows)
        members = [_person(row) for row in rows]
        return tuple(sorted(members, key=lambda one: (one.name, one.id)))

    def persons(self, ids: Sequence[str]) -> Mapping[str, Person]:
        """Return people by their ids; whom this transaction knows is not asked for again."""
        rows = self.live(USER, ids) if USER in self.tables.objects else {}
        return {person: _person(row) for person, row in rows.items()}

    def _ids_behind(self, kind: str, code: str) -> set[str]:
        """Return the ids of the people of a department and those below it, or of a pool."""
        if kind == "pool":
            return self._pool_members(code)
        columns = self.tables[USER].columns
        if "department" not in columns:
            return set()
        among_them = columns["department"].in_(self._with_below(self._named("department", code)))
        asked = select(columns["id"]).where(among_them, columns["deleted_at"].is_(None))
        return {record_id for (record_id,) in self.connection.execute(asked)}

    def workload(
        self, object_name: str, people: Sequence[str], where: Expression | None, up_to: int = 0
    ) -> Mapping[str, int]:
        """Return how many live records each person owns; with `up_to` counted no further than that."""
        if up_to:
            return held_up_to(self, object_name, people, where, up_to)
        return self.count_related(object_name, "owner", people, where)

    def count_related(
        self, object_name: str, field_code: str, record_ids: Sequence[str], where: Expression | None
    ) -> Mapping[str, int]:
        """Return how many live rows point to each record through `field_code`."""
        columns = self.columns(object_name)
        target = columns.column(field_code)
        wanted = [among(target, self.dialect), columns.column("deleted_at").is_(None)]
        if where is not None:
            wanted.append(where.clause(columns, self.env))
        asked = columns.apply(select(target, func.count()).where(*wanted).group_by(target))
        counts = dict.fromkeys(record_ids, 0)
        for start in range(0, len(record_ids), CHUNK):
            ids = listed(record_ids[start : start + CHUNK], self.dialect)
            counts.update({key: int(n) for key, n in self.connection.execute(asked, {"ids": ids})})
        return counts

    def points(self, record_ids: Sequence[str]) -> Mapping[str, Mapping[tuple[str, str], int]]:
        """Return the ledger by record: points by (rule, item)."""
        return Counters(self.connection, self.dialect, self.now).points(record_ids)

    def queue_up(self, object_name: str, people: Sequence[str]) -> None:
        """Wait for nobody: a read gives nothing away."""

    def meet(self, object_name: str, people: Sequence[str]) -> None:
        """Read what `room` will ask about people; it locks nobody."""
        if holding_rules(self._limits(), object_name):
            self.belonging(people)

    def room(self, object_name: str, people: Sequence[str]) -> Mapping[str, int | None]:
        """Return how many more records each person may come to own, None without a limit."""
        return room_of(self._limits(), object_name, people, self)

    def barred(
        self, object_name: str, record_ids: Sequence[str]
    ) -> Mapping[str, Mapping[str, datetime]]:
        """Return, by record, who may not have it, and until when; "*" is everybody."""
        rules = [one for one in self._limits() if one.object_name == object_name]
        return barred_by(rules, self.rows(object_name, list(record_ids)), self)

    def _limits(self) -> list[Rule]:
        return [
            r
            for r in self.tables.model.rules.values()
            if r.phase == LIMIT and in_force(r, self.now)
        ]

    def calendar(self, code: str) -> Calendar:
        """Return a declared calendar; "" is the site's default, always open when none is declared."""
        calendars = cast("Mapping[str, Calendar]", self.tables.model.calendars)
        return calendars.get("", ALWAYS) if not code else calendars[code]

    def _pool_members(self, code: str) -> set[str]:
        """Return who works with a pool; one without members is everybody's."""
        rule = self.tables.model.rules.get(code)
        if rule is None or not isinstance(rule.body, Pool):
            return set()
        if rule.body.members:
            groups = {member.group for member in rule.body.members}
            return {one.id for group in groups for one in self.people(group)}
        columns = self.tables[USER].columns
        everybody = select(columns["id"]).where(columns["deleted_at"].is_(None))
        return {record_id for (record_id,) in self.connection.execute(everybody)}

    def _named(self, object_name: str, code: str) -> list[str]:
        """Return the ids of the teams or departments called `code`: by code, name or id."""
        if object_name not in self.tables.objects:
            return []
        asked = self.tables.once(("named", object_name), lambda: _called(self.tables, object_name))
        found = self.connection.execute(asked, {"b_code": code})
        return [record_id for (record_id,) in found]

    def _with_below(self, departments: list[str]) -> list[str]:
        """Return departments and all below them; a circle ends where it began."""
        columns = self.tables["department"].columns
        every, level = set(departments), list(departments)
        while level and "parent" in columns:
            below = and_(columns["parent"].in_(level), columns["deleted_at"].is_(None))
            rows = self.connection.execute(select(columns["id"]).where(below))
            level = [record_id for (record_id,) in rows if record_id not in every]
            every.update(level)
        return sorted(every)


def _person(row: Stored) -> Person:
    weight: Any = row.get("weight")
    return Person(
        id=row["id"],
        name=str(row.get("name") or ""),
        weight=int(weight) if weight is not None else 1,
        active=row.get("active") is not False,
        absent_until=row.get("absent_until"),
        facts=row,
    )


def _called(tables: Tables, object_name: str) -> Select[Any]:
    columns = tables[object_name].columns
    names = [columns[c] == bindparam("b_code") for c in ("code", "name", "id") if c in columns]
    return select(columns["id"]).where(or_(*names), columns["deleted_at"].is_(None))


def _members(tables: Tables, kind: str) -> Prepared | None:
    """Return the question for the people of a user, role or team, None when nobody can be meant."""
    columns = tables[USER].columns
    code: ColumnElement[Any] = bindparam("b_code")
    if kind == "user":
        one: ColumnElement[bool] = or_(columns["email"] == code, columns["id"] == code)
    elif kind == "role" and "roles" in columns:
        # The list is JSON on both databases, and codes hold nothing that JSON or LIKE would escape.
        one = cast_to(columns["roles"], Text).like(code, escape="/")
    elif kind == "team" and "team" in columns and "team" in tables.objects:
        one = columns["team"].in_(_called(tables, "team"))
    else:
        return None
    return Prepared(select(*columns.values()).where(one, columns["deleted_at"].is_(None)))


def _bound_code(kind: str, code: str) -> str:
    return f'%"{code.replace("_", "/_")}"%' if kind == "role" else code
