"""A small CRM as rules see it: a scope, a builder and facts, all without a database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.base.origin import SYSTEM
from fieldstone.base.workdays import ALWAYS, Calendar
from fieldstone.changes.nouns import Change, Draft, Operation
from fieldstone.expressions.expression import Env, Expression, ExpressionError, parse
from fieldstone.expressions.types import (
    BOOLEAN,
    DATETIME,
    LIST,
    NUMBER,
    TEXT,
    Kind,
    Scope,
    Type,
)
from fieldstone.rules import engine
from fieldstone.rules.contract import (
    Adoption,
    Belonging,
    DueTimer,
    Facts,
    Found,
    Neighbour,
    PastOwner,
    Person,
    Rule,
    RuleBody,
    RuleKind,
    Standing,
)

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai


def record(of: str) -> Type:
    return Type(Kind.RECORD, of=of)


def choice(*options: str) -> Type:
    return Type(Kind.TEXT, choices=options)


OBJECTS: Mapping[str, Mapping[str, Type]] = {
    "lead": {
        "name": TEXT,
        "mobile": TEXT,
        "email": TEXT,
        "company": TEXT,
        "need": TEXT,
        "region": TEXT,
        "tags": LIST,
        "budget": NUMBER,
        "score": NUMBER,
        "percent": NUMBER,
        "cooldown_days": NUMBER,
        "vip": BOOLEAN,
        "grade": choice("poor", "medium", "good"),
        "stage": choice("new", "contacted", "qualified", "converted", "invalid"),
        "missing": LIST,
        "note": TEXT,
        "channel": record("channel"),
        "campaign": record("campaign"),
        "customer": record("customer"),
        "contact": record("contact"),
        "converted_at": DATETIME,
        "duplicate_of": record("lead"),
        "owner": record("user"),
        "pool": TEXT,
        "owned_at": DATETIME,
        "created_at": DATETIME,
        "last_activity_at": DATETIME,
        "next_follow_up": DATETIME,
        "activities": Type(Kind.ROWS, of="activity"),
        "engagements": Type(Kind.ROWS, of="engagement"),
        "lifecycle": choice("nurturing", "marketing_lead", "sales_lead", "disqualified"),
        "recycles": NUMBER,
        "recycled_at": DATETIME,
        "recycle_reason": TEXT,
        "engagement_score": NUMBER,
    },
    "contact": {"name": TEXT, "mobile": TEXT, "customer": record("customer")},
    "customer": {"name": TEXT, "phone": TEXT, "region": TEXT, "owner": record("user")},
    "channel": {"name": TEXT, "kind": choice("own", "paid")},
    "campaign": {"name": TEXT},
    "activity": {
        "kind": choice("call", "task", "note"),
        "body": TEXT,
        "done_at": DATETIME,
        "subject": TEXT,
        "lead": record("lead"),
        "customer": record("customer"),
        "owner": record("user"),
        "due_at": DATETIME,
    },
    "engagement": {
        "kind": choice("page_view", "email_click", "email_open"),
        "lead": record("lead"),
        "occurred_at": DATETIME,
        "minutes": NUMBER,
        "bot": BOOLEAN,
    },
    "team": {"name": TEXT, "region": TEXT},
    "user": {
        "name": TEXT,
        "email": TEXT,
        "time_zone": TEXT,
        "region": TEXT,
        "seniority": choice("junior", "senior"),
        "skills": LIST,
        "team": record("team"),
        "manager": record("user"),
    },
}
FIELD_TYPES = {"mobile": "phone", "email": "email", "score": "integer"}
ZH = {
    "activity": "活动记录",
    "name": "姓名",
    "mobile": "手机",
    "email": "邮箱",
    "company": "公司",
    "need": "需求",
}


@dataclass(frozen=True)
class SmallScope:
    """An object of the small CRM."""

    object_name: str = "lead"

    def type_of(self, name: str) -> Type | None:
        return record(self.object_name) if name == "id" else OBJECTS[self.object_name].get(name)

    def follow(self, name: str) -> SmallScope | None:
        found = record("user") if name == "user" else self.type_of(name)
        return SmallScope(found.of) if found and found.of in OBJECTS else None

    def names(self) -> Sequence[str]:
        return ["id", *OBJECTS[self.object_name]]

    def object_label(self, language: str) -> str:
        return ZH.get(self.object_name, self.object_name) if language == "zh" else self.object_name

    def label(self, name: str, language: str) -> str:
        return ZH.get(name, name) if language == "zh" else name.replace("_", " ").capitalize()

    def option_label(self, name: str, option: str, language: str) -> str:
        return (
            {"good": "优质", "medium": "中等", "poor": "劣质", "public_pool": "公海"}.get(
                option, option
            )
            if language == "zh"
            else option
        )


@dataclass
class FakeBuilder:
    """Collects problems as the compiler does."""

    scope: Scope = field(default_factory=SmallScope)
    problems: list[Problem] = field(default_factory=list)
    unknown: frozenset[str] = frozenset()

    def scope_of(self, object_name: str, path: str) -> Scope | None:
        if object_name in OBJECTS:
            return SmallScope(object_name)
        self.problem(path, "unknown_object", f"no object {object_name!r}", "")
        return None

    def expression(
        self, path: str, text: object, *, expects: Type | None = None, scope: Scope | None = None
    ) -> Expression | None:
        if text is None:
            return None
        try:
            return parse(str(text), scope or self.scope, expects=expects)
        except ExpressionError as error:
            self.problems += [Problem(p.code, path, p.message, p.cure) for p in error.problems]
            return None

    def field(
        self, path: str, name: object, *, scope: Scope | None = None, of_key: bool = False
    ) -> str:
        del of_key
        where = scope or self.scope
        if name in where.names():
            return str(name)
        self.problem(
            path, "unknown_field", f"no field {name!r}", did_you_mean(str(name), where.names())
        )
        return ""

    def option(self, path: str, field: str, value: object, *, of_key: bool = False) -> str:
        del of_key
        found = self.scope.type_of(field) if field else None
        if found is not None and found.choices and value not in found.choices:
            self.problem(path, "unknown_option", f"no option {value!r}", ", ".join(found.choices))
            return ""
        return str(value)

    def named_like(self, scope: Scope, object_name: str) -> str:
        return object_name if object_name in scope.names() else ""

    def fields_type(self, name: str) -> str:
        return FIELD_TYPES.get(name, "text" if self.scope.type_of(name) else "")

    def known(self, path: str, what: str, name: object) -> str:
        if name in self.unknown:
            self.problem(path, f"unknown_{what}", f"no {what} {name!r}", "")
            return ""
        return str(name)

    def problem(self, path: str, code: str, message: str, cure: str) -> None:
        self.problems.append(Problem(code, path, message, cure))


@dataclass
class FakeFacts:
    """What rules may ask of the database, answered from plain values."""

    now: datetime = NOW
    language: str = "en"
    user: Mapping[str, object] | None = None
    roles: frozenset[str] = frozenset()
    holders: Mapping[tuple[str, str, str], tuple[Found, ...]] = field(default_factory=dict)
    near: Mapping[tuple[str, str, str], tuple[Neighbour, ...]] = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    groups: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    ledger: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)
    past: Mapping[str, tuple[PastOwner, ...]] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    groups_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rooms: Mapping[str, int | None] = field(default_factory=dict)
    bars: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    charges: Mapping[tuple[str, str], Sequence[datetime]] = field(default_factory=dict)
    pooled: Mapping[str, datetime] = field(default_factory=dict)
    source: str = "api"
    followed: Mapping[str, datetime] = field(default_factory=dict)
    timers: Mapping[str, DueTimer] = field(default_factory=dict)
    bodies: Mapping[str, RuleBody] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    away: Mapping[str, datetime] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    hours: Mapping[str, Calendar] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    rankings: Mapping[str, Mapping[str, Standing]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    adopted: Mapping[str, Adoption] = field(default_factory=dict)
    decided: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def env(self) -> Env:
        return Env(self.now, "Asia/Shanghai", self.user, self.roles)

    def found(
        self, wanted: Mapping[tuple[str, str], Sequence[str]], *, deleted: bool = False
    ) -> Mapping[tuple[str, str, str], tuple[Found, ...]]:
        self.asked["found"] += 1
        places = {(*place, value) for place, values in wanted.items() for value in values}
        return {
            place: tuple(one for one in several if deleted or one.stage_kind != "deleted")
            for place, several in self.holders.items()
            if place in places
        }

    def neighbours(
        self,
        wanted: Mapping[tuple[str, str], Sequence[str]],
        names: Mapping[str, Collection[str]],
        most: int,
    ) -> Mapping[tuple[str, str, str], tuple[Neighbour, ...]]:
        self.asked["neighbours"] += 1
        places = {(*place, value) for place, values in wanted.items() for value in values}
        return {
            place: several
            for place, several in self.near.items()
            if place in places and len(several) <= most
        }

    def stored(
        self, object_name: str, record_ids: Collection[str], names: Collection[str]
    ) -> Mapping[str, Mapping[str, object]]:
        return {one: self.kept[one] for one in record_ids if one in self.kept}

    def people(self, group: str) -> tuple[Person, ...]:
        return self.groups.get(group, ())

    def persons(self, ids: Sequence[str]) -> Mapping[str, Person]:
        self.asked["persons"] += 1
        known = {one.id: one for several in self.groups.values() for one in several}
        return {one: known[one] for one in ids if one in known}

    def workload(
        self, object_name: str, people: Sequence[str], where: Expression | None, up_to: int = 0
    ) -> Mapping[str, int]:
        self.asked["workload"] += 1
        return {one: self.held.get(one, 0) for one in people}

    def turns(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        self.asked["turns"] += 1
        return {name: json.loads(json.dumps(self.memory.get(name, {}))) for name in names}

    def keep_turns(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        self.asked["keep_turns"] += 1
        self.memory.update(json.loads(json.dumps(states)))

    def absences(self, people: Sequence[str]) -> Mapping[str, datetime]:
        return {one: self.away[one] for one in people if one in self.away}

    def present(self, people: Sequence[str], since: datetime) -> frozenset[str]:
        return self.seen & set(people)

    def hours_of(self, people: Sequence[str]) -> Mapping[str, Calendar]:
        return {one: self.hours.get(one, ALWAYS) for one in people}

    def looked_up(
        self, object_name: str, rows: Sequence[Mapping[str, object]], paths: Sequence[str]
    ) -> Sequence[Mapping[str, object]]:
        return [self.links.get(str(row.get("id")), {}) for row in rows]

    def ranking(self, program: str) -> Mapping[str, Standing]:
        return self.rankings.get(program, {})

    def points(self, record_ids: Sequence[str]) -> Mapping[str, Mapping[tuple[str, str], int]]:
        return {one: self.ledger[one] for one in record_ids if one in self.ledger}

    def past_owners(self, record_ids: Sequence[str]) -> Mapping[str, tuple[PastOwner, ...]]:
        return {one: self.past[one] for one in record_ids if one in self.past}

    def belonging(self, people: Sequence[str]) -> Mapping[str, Belonging]:
        return {
            one: Belonging(one.capitalize(), (f"user:{one}", *self.groups_of.get(one, ())))
            for one in people
        }

    def queue_up(self, object_name: str, people: Sequence[str]) -> None:
        self.asked["queue_up"] += 1

    def meet(self, object_name: str, people: Sequence[str]) -> None:
        self.asked["meet"] += 1

    def room(self, object_name: str, people: Sequence[str]) -> Mapping[str, int | None]:
        return {one: self.rooms.get(one) for one in people}

    def barred(
        self, object_name: str, record_ids: Sequence[str]
    ) -> Mapping[str, Mapping[str, datetime]]:
        return {one: self.bars[one] for one in record_ids if one in self.bars}

    def hold(self, rule: str, subjects: Sequence[str]) -> None:
        self.asked["hold"] += 1

    def spent(self, rule: str, ledger: str, subject: str, since: datetime) -> int:
        charges = self.charges.get((ledger, subject), ())
        return sum(1 for at in charges if at >= since)

    def first_spent(self, rule: str, ledger: str, subject: str, since: datetime) -> datetime | None:
        charges = self.charges.get((ledger, subject), ())
        return min((at for at in charges if at >= since), default=None)

    def last_spent(self, rule: str, ledger: str, subject: str) -> datetime | None:
        return max(self.charges.get((ledger, subject), ()), default=None)

    def pooled_since(self, record_ids: Sequence[str]) -> Mapping[str, datetime]:
        return {one: self.pooled[one] for one in record_ids if one in self.pooled}

    def alike(
        self, object_name: str, field_code: str, record_ids: Sequence[str]
    ) -> Mapping[str, tuple[str, ...]]:
        return {one: self.same.get(one, (one,)) for one in record_ids}

    def calendar(self, code: str) -> Calendar:
        return self.calendars.get(code, ALWAYS)

    def latest(
        self,
        object_name: str,
        link: str,
        at: str,
        record_ids: Sequence[str],
        where: Expression | None,
    ) -> Mapping[str, datetime]:
        self.asked["latest"] += 1
        return {one: self.followed[one] for one in record_ids if one in self.followed}

    def standing(self, rule: str, record_ids: Sequence[str]) -> Mapping[str, DueTimer]:
        return {one: self.timers[one] for one in record_ids if one in self.timers}

    def body_of(self, rule: str) -> RuleBody | None:
        return self.bodies.get(rule)

    def count_related(
        self, object_name: str, field_code: str, record_ids: Sequence[str], where: Expression | None
    ) -> Mapping[str, int]:
        return dict.fromkeys(record_ids, 0)

    def adoption(self, rule: str) -> Adoption:
        return self.adopted.get(rule, Adoption())

    def last_decided(self, rule: str, record_ids: Sequence[str]) -> Mapping[str, datetime]:
        return {one: self.decided[one] for one in record_ids if one in self.decided}


ENVELOPE = frozenset(
    {"when", "exempt", "priority", "on", "stop_on_match", "max_per_run", "calendar", "enabled"}
)


def a_rule(kind: RuleKind, raw: Mapping[str, Any], code: str = "r", **envelope: Any) -> Rule:
    """Compile one rule for leads; fails on any problem."""
    build = FakeBuilder()
    body = kind.compile({k: v for k, v in raw.items() if k not in ENVELOPE}, build)
    shared: dict[str, Any] = {k: v for k, v in raw.items() if k in ENVELOPE} | envelope
    for name in ("when", "exempt"):
        if name in shared:
            shared[name] = build.expression(name, shared[name], expects=BOOLEAN)
    if "on" in shared:
        shared["on"] = (shared["on"],) if isinstance(shared["on"], str) else tuple(shared["on"])
    assert not build.problems, build.problems
    assert body is not None
    return Rule(code, kind.name, "lead", Label(code), kind.phase, body, SYSTEM, **shared)


def problems_of(
    kind: RuleKind, raw: Mapping[str, Any], unknown: frozenset[str] = frozenset()
) -> list[Problem]:
    """Compile a wrong rule and return what was reported."""
    build = FakeBuilder(unknown=unknown)
    kind.compile(raw, build)
    return build.problems


def a_lead(record_id: str = "lead-1", **values: Any) -> Draft:
    """Build the draft of a new lead."""
    change = Change("lead", Operation.CREATE, values, record_id=record_id)
    return Draft(change, record_id, values=values)


def an_update(before: Mapping[str, Any], record_id: str = "lead-1", **values: Any) -> Draft:
    """Build the draft of a change to a stored lead."""
    change = Change("lead", Operation.UPDATE, values, record_id=record_id)
    return Draft(change, record_id, before={"version": 1, **before}, values=values)


def run(
    rules: Rule | Sequence[Rule], drafts: Draft | Sequence[Draft], facts: Facts | None = None
) -> tuple[Draft, ...]:
    """Run rules over drafts without any formulas to settle."""
    several = [rules] if isinstance(rules, Rule) else rules
    batch = [drafts] if isinstance(drafts, Draft) else drafts
    return engine.run(several, batch, facts or FakeFacts(), lambda changed: changed)
