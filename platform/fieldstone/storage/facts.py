"""What rules ask of the database; satisfies rules.contract.Facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from fieldstone.base.workdays import ALWAYS, Calendar
from fieldstone.expressions.expression import Expression
from fieldstone.model.objects import ObjectType
from fieldstone.rules.contract import Found, PastOwner, Person
from fieldstone.rules.pool import Pool
from fieldstone.storage.counters import Counters
from fieldstone.storage.journal import fs_decision, fs_owner_span
from fieldstone.storage.match_keys import holders_of
from fieldstone.storage.platform_tables import CHUNK, among, listed
from fieldstone.storage.reader import Reader, Stored
from fieldstone.storage.tables import ObjectTable

USER = "user"


class FactsReader(Reader):
    """A reader that answers the rules' questions, always for a whole batch."""

    @property
    def now(self) -> datetime:
        """Return the instant of this run."""
        return self.ctx.now

    def found(
        self, object_name: str, key: str, values: Sequence[str]
    ) -> Mapping[str, tuple[Found, ...]]:
        """Return, by normalised value, the live records holding it; the values stay locked until commit."""
        held = self.tables[object_name]
        pairs = holders_of(self.connection, self.dialect, object_name, key, sorted(set(values)))
        names = {held.spec.title, "owner", "pool", held.spec.stage_field} & held.columns.keys()
        rows = self.rows(object_name, {record_id for _, record_id in pairs}, names=names)
        found: dict[str, tuple[Found, ...]] = {}
        for value, record_id in pairs:
            if record_id in rows:
                hit = _found(held.spec, rows[record_id])
                found[value] = (*found.get(value, ()), hit)
        return found

    def people(self, group: str) -> tuple[Person, ...]:
        """Return the people of "team:code", "role:code", "department:code" (and below), "user:email" or "pool:code"."""
        kind, _, code = group.partition(":")
        held = self.tables.objects.get(USER)
        condition = self._membership(held, kind, code) if held is not None else None
        if held is None or condition is None:
            return ()
        live = held.columns["deleted_at"].is_(None)
        asked = select(held.columns["id"]).where(condition, live)
        ids = [record_id for (record_id,) in self.connection.execute(asked)]
        members = [_person(row) for row in self.rows(USER, ids).values()]
        if (
            kind == "role"
        ):  # the list is read in memory: no form of JSON is common to both databases
            members = [one for one in members if code in (one.facts.get("roles") or ())]  # type: ignore[operator]
        return tuple(sorted(members, key=lambda one: (one.name, one.id)))

    def workload(
        self, object_name: str, people: Sequence[str], where: Expression | None
    ) -> Mapping[str, int]:
        """Return how many live records each person owns."""
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

    def take_turns(self, rule: str, count: int) -> int:
        """Return a durable cursor and move it on; its row stays locked until commit."""
        return Counters(self.connection, self.dialect, self.now).turns(rule, count)

    def given(self, rule: str, people: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Return how many records this rule has given each person since an instant."""
        chosen = fs_decision.c.chosen
        asked = (
            select(chosen, func.count())
            .where(fs_decision.c.rule == rule, fs_decision.c.at >= since)
            .where(among(chosen, self.dialect))
            .group_by(chosen)
        )
        counts = dict.fromkeys(people, 0)
        rows = self.connection.execute(asked, {"ids": listed(people, self.dialect)})
        counts.update({person: int(count) for person, count in rows})
        return counts

    def points(self, record_ids: Sequence[str]) -> Mapping[str, Mapping[tuple[str, str], int]]:
        """Return the ledger by record: points by (rule, item)."""
        return Counters(self.connection, self.dialect, self.now).points(record_ids)

    def past_owners(self, record_ids: Sequence[str]) -> Mapping[str, tuple[PastOwner, ...]]:
        """Return the ended spans of ownership, newest first."""
        span = fs_owner_span.c
        asked = (
            select(span.record, span.owner, span.until, span.reason)
            .where(among(span.record, self.dialect), span.until.is_not(None))
            .where(span.owner.is_not(None))
            .order_by(span.until.desc(), span.id.desc())
        )
        found: dict[str, tuple[PastOwner, ...]] = {}
        for start in range(0, len(record_ids), CHUNK):
            ids = listed(record_ids[start : start + CHUNK], self.dialect)
            for record, owner, until, reason in self.connection.execute(asked, {"ids": ids}):
                past = PastOwner(owner, until, reason or "")
                found[record] = (*found.get(record, ()), past)
        return found

    def calendar(self, code: str) -> Calendar:
        """Return a declared calendar; "" is the site's default, always open when none is declared."""
        calendars = cast("Mapping[str, Calendar]", self.tables.model.calendars)
        return calendars.get("", ALWAYS) if not code else calendars[code]

    def _membership(self, held: ObjectTable, kind: str, code: str) -> ColumnElement[bool] | None:
        """Return the condition on users for one sort of group, None when nobody can be meant."""
        columns = held.columns
        if kind == "user":
            return or_(columns["email"] == code, columns["id"] == code)
        if kind == "role":
            return columns["roles"].is_not(None) if "roles" in columns else None
        if kind == "team" and "team" in columns:
            return columns["team"].in_(self._named("team", code))
        if kind == "department" and "department" in columns:
            return columns["department"].in_(self._with_below(self._named("department", code)))
        if kind == "pool":
            return self._pool_members(held, code)
        return None

    def _pool_members(self, held: ObjectTable, code: str) -> ColumnElement[bool] | None:
        """Return who works with a pool; one without members is everybody's."""
        rule = self.tables.model.rules.get(code)
        if rule is None or not isinstance(rule.body, Pool):
            return None
        if not rule.body.members:
            return true()
        groups = {member.group for member in rule.body.members}
        ids = {one.id for group in groups for one in self.people(group)}
        return held.columns["id"].in_(sorted(ids))

    def _named(self, object_name: str, code: str) -> list[str]:
        """Return the ids of the teams or departments called `code`: by code, name or id."""
        held = self.tables.objects.get(object_name)
        if held is None:
            return []
        named = [held.columns[c] == code for c in ("code", "name", "id") if c in held.columns]
        asked = select(held.columns["id"]).where(or_(*named), held.columns["deleted_at"].is_(None))
        return [record_id for (record_id,) in self.connection.execute(asked)]

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


def _found(spec: ObjectType, row: Stored) -> Found:
    kind = ""
    if spec.pipelines is not None:
        stage = spec.pipelines.of(row).stages.get(str(row.get(spec.stage_field)))
        kind = stage.kind if stage is not None else ""
    title = str(row.get(spec.title) or "")
    return Found(spec.code, row["id"], title, row.get("owner"), kind, row.get("pool"))


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
