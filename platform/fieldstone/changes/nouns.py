"""Frozen values that travel through the write pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem
from fieldstone.base.label import Label

SYSTEM_ID = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, a token of a person, or the system itself.

    `facts` are the values of the person's own `user` record (team, department, region, ...), as
    expressions see them under `user`. `departments` are the person's department and all below it.
    `grants` narrows a token: None is everything the roles allow, else e.g. {"lead:read", "*:read"}.
    """

    id: str
    roles: frozenset[str]
    name: str = ""
    language: str = "en"
    zone: str = "UTC"
    facts: Mapping[str, object] = field(default_factory=dict)
    departments: tuple[str, ...] = ()
    grants: frozenset[str] | None = None

    @property
    def is_system(self) -> bool:
        """Tell whether rules, timers and set-up act, which no role limits."""
        return self.id == SYSTEM_ID

    @cached_property
    def standing(self) -> Standing | None:
        """Return everything that what they see may depend on, as a key; None where a fact cannot be one."""
        facts = tuple(self.facts.items())
        who = (self.id, self.roles, self.grants, self.departments, self.zone, facts)
        try:
            return Standing(who, hash(who))
        except TypeError:
            return None


@dataclass(frozen=True, eq=False)
class Standing:
    """A person as the key of what was worked out for them: forty facts are hashed once, not in every look."""

    who: tuple[object, ...]
    hashed: int

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is the same person in the same place with the same rights."""
        return self is other or (isinstance(other, Standing) and self.who == other.who)

    def __hash__(self) -> int:
        """Return the hash that was worked out before."""
        return self.hashed


SYSTEM_ACTOR = Actor(SYSTEM_ID, frozenset({"system"}), "Fieldstone")


@dataclass(frozen=True)
class Context:
    """Who acts, when and by which way; made once per request or job and passed down."""

    actor: Actor
    now: datetime
    source: str = "api"  # page, api, import, rule, timer, action, demo
    request_id: str = ""
    dry_run: bool = False

    def acting_as(self, actor: Actor) -> Context:
        """Return the same moment seen by another actor."""
        return replace(self, actor=actor)


class Operation(StrEnum):
    """What a change asks for."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"


@dataclass(frozen=True)
class Change:
    """A wish to write one record, as it arrived; `values` are raw, by field code.

    `action` names the action that asks (stages may be `only_by` one). `as_of` back-dates an
    import: creation, update and stage history then carry that instant. `skip_rules` turns automatic rules off for
    imported history (validation and data quality still hold). `allow_duplicate` is the person's "add anyway".
    `relinks` says that a merge only makes the record point elsewhere, or puts back what it took: no rule speaks.
    `hears` names a rule that is to look at a record that is there already; others only answer what it changes.
    """

    object_name: str
    operation: Operation
    values: Mapping[str, object] = field(default_factory=dict)
    record_id: str | None = None
    expected_version: int | None = None
    action: str = ""
    as_of: datetime | None = None
    skip_rules: bool = False
    allow_duplicate: bool = False
    relinks: bool = False
    hears: str = ""
    trusted: bool = (
        False  # asked by a rule or an action on behalf of the system: may set read-only fields
    )
    stage_history: Sequence[
        tuple[str, datetime]
    ] = ()  # for imports: (stage, entered at), oldest first
    reason: str = ""  # kept in owner and stage history
    asks: Mapping[str, object] = field(default_factory=dict)  # what an action asks of rules
    # Totals that moved by themselves (before, after): stored already, but the record's rules must hear of them.
    moved: Mapping[str, tuple[object, object]] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """Something to send once the write is committed, through the outbox.

    `channel` is the name of a delivery channel (in_page, webhook, email); `to` is a user id or an address.
    """

    channel: str
    to: str
    topic: str
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class TimerRequest:
    """An instant at which a rule wants to look at this record again.

    One timer stands per (rule, record, kind); a later request replaces an earlier one; `due` None removes it.
    """

    rule: str
    kind: str  # due, remind:0, remind:1, ...
    due: datetime | None
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class LedgerEntry:
    """Points given by a scoring rule; the total of a record is derived from its entries."""

    rule: str
    item: str
    points: int
    dimension: str = "fit"


@dataclass(frozen=True)
class Candidate:
    """One who or what was considered by a decision, and why chosen or not."""

    id: str
    name: str
    chosen: bool
    because: Label


@dataclass(frozen=True)
class Suspect:
    """A stored record that may be the same as a draft; `score` in percent, `fields` in which the two agree."""

    object_name: str
    record_id: str
    score: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """What one rule concluded about one draft, kept for the audit trail and for Explain."""

    rule: str
    kind: str
    version: int
    because: Label
    sets: Mapping[str, object] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()


MAKES_THE_ROW: Final = frozenset({"before", "values", "related"})


@dataclass(frozen=True)
class Draft:
    """A change on its way to storage; each step returns a new one.

    `before` is the stored row (None when creating), `values` the parsed new values, `related` the
    looked-up values that expressions read, under dotted names, and child rows under their relation.
    """

    change: Change
    record_id: str
    before: Mapping[str, object] | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    related: Mapping[str, object] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    problems: tuple[Problem, ...] = ()
    effects: tuple[Effect, ...] = ()
    follow: tuple[Change, ...] = ()
    timers: tuple[TimerRequest, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    warnings: tuple[Problem, ...] = ()
    suspects: tuple[tuple[str, Suspect], ...] = ()  # with the rule that suspects
    attached_to: str | None = None  # the existing record that takes this change instead ("link")
    related_to: tuple[object, ...] = ()  # the lookups that `related` was loaded for
    derived_from: tuple[object, ...] = ()  # the values that formulas were worked out from
    status: int = 0  # HTTP-like reason of a refusal: 403, 404, 409, 412; 0 is 422

    @property
    def refused(self) -> bool:
        """Tell whether this draft will not be written."""
        return bool(self.problems)

    @property
    def operation(self) -> Operation:
        """Return what the change asks for."""
        return self.change.operation

    @cached_property
    def row(self) -> Mapping[str, object]:
        """Return the record as it would be: stored values, new values, and what is looked up."""
        return {**self.related, **(self.before or {}), **self.values}

    def but(self, **changes: object) -> Self:
        """Return a copy with these fields changed.

        A draft is copied some forty times on its way. dataclasses.replace() would call the constructor with all
        its fields each time, and forget the row; this copies in a tenth of the time.
        """
        other = object.__new__(type(self))
        kept = other.__dict__
        kept.update(self.__dict__)
        kept.update(changes)
        if not MAKES_THE_ROW.isdisjoint(changes):
            kept.pop("row", None)
        return other

    def changed(self, name: str) -> bool:
        """Tell whether the value of field `name` differs from what is stored."""
        return name in self.values and (
            self.before is None or self.before.get(name) != self.values[name]
        )

    def setting(self, values: Mapping[str, object]) -> Self:
        """Return a draft with more or other values."""
        return self.but(values={**self.values, **values})

    def with_problems(self, *problems: Problem) -> Self:
        """Return a draft refused for these reasons too."""
        return self.but(problems=(*self.problems, *problems)) if problems else self


@dataclass(frozen=True)
class Outcome:
    """What became of one change; `record` holds the stored values as the actor may see them."""

    record_id: str | None
    problems: tuple[Problem, ...] = ()
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Problem, ...] = ()
    version: int = 0
    record: Mapping[str, object] = field(default_factory=dict)
    status: int = 200  # 201 created, 200 written, 404, 409, 412, 422, 403
    replayed: bool = False
    unchanged: bool = False  # what was asked for stood there already: nothing was written

    @property
    def refused(self) -> bool:
        """Tell whether nothing was written."""
        return bool(self.problems)
