"""What every rule kind provides and what it may ask; tests/rules/test_every_kind.py holds each one to it.

A module exposes KIND. A kind turns checked YAML into a frozen body; the engine calls `decide` with a batch
of drafts. A body writes nothing: it returns verdicts, and the pipeline does what they say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.origin import Origin
from fieldstone.base.workdays import Calendar
from fieldstone.changes.nouns import (
    Candidate,
    Change,
    Draft,
    Effect,
    LedgerEntry,
    Suspect,
    TimerRequest,
)
from fieldstone.expressions.expression import Env, Expression
from fieldstone.expressions.types import Scope, Type
from fieldstone.rules.known import (
    Adoption,
    Belonging,
    Found,
    Neighbour,
    PastOwner,
    Person,
    Standing,
)

# The order in which kinds speak on one write.
# Obligations come after what automations set, so that a stage or an owner set by one has its deadlines at once.
CLEAN, MATCH, GRADE, SCORE, MOVE, ASSIGN, AUTOMATE, OBLIGE, VALIDATE = range(10, 100, 10)
# Right after people were chosen: who may not have a record does not get its deadlines and tasks either.
LIMIT = ASSIGN + 5
RESTORED = "restored"
"""The action of the change that follows a record out of the recycle bin: rules set anew what waits for a time."""


__all__ = ["Adoption", "Belonging", "Found", "Neighbour", "PastOwner", "Person", "Standing"]


class Facts(Protocol):
    """What rules may ask of the database, always in batches; a test gives a fake."""

    @property
    def now(self) -> datetime:
        """Return the instant of this run."""

    @property
    def env(self) -> Env:
        """Return what expressions are evaluated with."""

    @property
    def language(self) -> str:
        """Return the site's language, for texts that are kept for nobody in particular."""

    def found(
        self, wanted: Mapping[tuple[str, str], Sequence[str]], *, deleted: bool = False
    ) -> Mapping[tuple[str, str, str], tuple[Found, ...]]:
        """Return, by (object, key, normalised value), the live records holding a wanted value.

        `wanted` holds values by (object, key): everything a batch asks, at once. The values stay locked until the
        end of the transaction, so that two requests cannot both miss. With `deleted` those in the bin come too.
        """

    def neighbours(
        self,
        wanted: Mapping[tuple[str, str], Sequence[str]],
        names: Mapping[str, Collection[str]],
        most: int,
    ) -> Mapping[tuple[str, str, str], tuple[Neighbour, ...]]:
        """Return, by (object, key, value), the live records holding it, with their values of `names` (by object).

        Nothing is locked. A value that more than `most` records hold is left out.
        """

    def stored(
        self, object_name: str, record_ids: Collection[str], names: Collection[str]
    ) -> Mapping[str, Mapping[str, object]]:
        """Return the stored values of live records by id."""

    def people(self, group: str) -> tuple[Person, ...]:
        """Return the people of "team:code", "role:code", "department:code", "user:email" or "pool:code", by name."""

    def persons(self, ids: Sequence[str]) -> Mapping[str, Person]:
        """Return people by their ids; who was deleted is not among them."""

    def workload(
        self, object_name: str, people: Sequence[str], where: Expression | None, up_to: int = 0
    ) -> Mapping[str, int]:
        """Return how many live records each person owns; with `up_to` counted no further than that."""

    def turns(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what groups remember of their turns, by name, as plain JSON; locked until commit."""

    def keep_turns(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Store what groups remember; only what `turns` has locked."""

    def absences(self, people: Sequence[str]) -> Mapping[str, datetime]:
        """Return until when each person is absent, of those who are absent now."""

    def present(self, people: Sequence[str], since: datetime) -> frozenset[str]:
        """Return who was seen in the browser since an instant."""

    def hours_of(self, people: Sequence[str]) -> Mapping[str, Calendar]:
        """Return each person's working calendar, in their own time zone."""

    def looked_up(
        self, object_name: str, rows: Sequence[Mapping[str, object]], paths: Sequence[str]
    ) -> Sequence[Mapping[str, object]]:
        """Return, for each row of an object, the values behind its lookups: "team.region"."""

    def ranking(self, program: str) -> Mapping[str, Standing]:
        """Return the standing of each person in a programme's published ranking; "" is that of everybody else."""

    def points(self, record_ids: Sequence[str]) -> Mapping[str, Mapping[tuple[str, str], int]]:
        """Return the ledger by record: points by (rule, item)."""

    def past_owners(self, record_ids: Sequence[str]) -> Mapping[str, tuple[PastOwner, ...]]:
        """Return the ended spans of ownership, newest first."""

    @property
    def source(self) -> str:
        """Return by which way the write came: page, api, import, rule, timer, action."""

    def belonging(self, people: Sequence[str]) -> Mapping[str, Belonging]:
        """Return the groups of people by their ids, those that contain these groups after them."""

    def queue_up(self, object_name: str, people: Sequence[str]) -> None:
        """Wait until nobody else gives these people records of the object, and let others wait until the commit.

        Only a write waits. Whoever writes records takes the people first, in the order of their ids.
        """

    def meet(self, object_name: str, people: Sequence[str]) -> None:
        """Read what `room` will ask about these people, so that it is known once others wait for them."""

    def room(self, object_name: str, people: Sequence[str]) -> Mapping[str, int | None]:
        """Return how many more records each person may come to own by the holding limits, None without a limit.

        In a write the answer stays true until the commit, but for what the write itself gives.
        """

    def barred(
        self, object_name: str, record_ids: Sequence[str]
    ) -> Mapping[str, Mapping[str, datetime]]:
        """Return, by record, who may not have it, and until when; "*" is everybody."""

    def hold(self, rule: str, subjects: Sequence[str]) -> None:
        """Lock the accounts of a claim rule until the commit; nothing in a read."""

    def spent(self, rule: str, ledger: str, subject: str, since: datetime) -> int:
        """Return what an account of a claim rule was charged since an instant."""

    def first_spent(self, rule: str, ledger: str, subject: str, since: datetime) -> datetime | None:
        """Return when the earliest of these charges was made."""

    def last_spent(self, rule: str, ledger: str, subject: str) -> datetime | None:
        """Return when the latest charge was made."""

    def pooled_since(self, record_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return since when records lie in the pool they are in."""

    def alike(
        self, object_name: str, field_code: str, record_ids: Sequence[str]
    ) -> Mapping[str, tuple[str, ...]]:
        """Return, by record, itself and the live records that have the same value in a field."""

    def calendar(self, code: str) -> Calendar:
        """Return a declared calendar; "" is the site's default."""

    def count_related(
        self, object_name: str, field_code: str, record_ids: Sequence[str], where: Expression | None
    ) -> Mapping[str, int]:
        """Return how many rows of `object_name` point to each record through `field_code`."""

    def latest(
        self,
        object_name: str,
        link: str,
        at: str,
        record_ids: Sequence[str],
        where: Expression | None,
    ) -> Mapping[str, datetime]:
        """Return the greatest `at` of the live rows of `object_name` that point to each record through `link`."""

    def standing(self, rule: str, record_ids: Sequence[str]) -> Mapping[str, DueTimer]:
        """Return the timer "due" of a rule that stands for each record; one without is left out."""

    def body_of(self, rule: str) -> RuleBody | None:
        """Return the body of another rule of the site, None when it is not there or switched off."""

    def adoption(self, rule: str) -> Adoption:
        """Return which version of a rule holds for the records that stood before its last change."""

    def last_decided(self, rule: str, record_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return when a rule last decided something about each record."""


@dataclass(frozen=True)
class Verdict:
    """What a rule concluded about one draft. `because` is a sentence in both languages."""

    because: Label
    sets: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    effects: tuple[Effect, ...] = ()
    follow: tuple[Change, ...] = ()
    timers: tuple[TimerRequest, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    attach_to: str | None = None
    suspects: tuple[Suspect, ...] = ()
    reason: str = ""  # kept in owner and stage history: no_follow_up, ...
    asks: Mapping[str, object] = field(default_factory=dict)  # of the rules that follow
    silent: bool = False  # nothing worth keeping as a decision (for example: timers unchanged)


@dataclass(frozen=True)
class DueTimer:
    """A timer whose instant has come."""

    rule: str
    kind: str
    record_id: str
    due: datetime
    rule_version: int
    payload: Mapping[str, object]


Due = tuple[DueTimer, Draft]
"""A due timer and its record, an update without values, freshly read and locked inside the transaction."""


class RuleBody(Protocol):
    """A compiled rule: frozen, comparable, picklable."""

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the expressions evaluated on the record, so that what they look up is loaded first."""

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return verdicts by place in `drafts`; each sees what was decided for those before it."""


@runtime_checkable
class LapsingBody(RuleBody, Protocol):
    """A body that must hear when its condition stopped holding for a record (to remove timers, points)."""

    def lapse(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return verdicts by place in `drafts`, for which the rule held before this write and no longer does."""


@runtime_checkable
class TimedBody(RuleBody, Protocol):
    """A body that also acts when its timer is due (deadlines)."""

    def due(self, rule: Rule, due: Sequence[Due], facts: Facts) -> Mapping[int, Verdict]:
        """Return what to do now by place in `due`; nothing for a record that has moved on."""


@dataclass(frozen=True)
class Rule:
    """The envelope every rule shares, around its body."""

    code: str
    kind: str
    object_name: str
    label: Label
    phase: int
    body: RuleBody
    origin: Origin
    when: Expression | None = None
    exempt: Expression | None = None
    priority: int = 100
    enabled: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    on: tuple[str, ...] = ("create", "update")
    stop_on_match: bool = False
    calendar: str = ""
    in_flight: str = "keep"
    max_per_run: int = 0  # 0: no cap
    version: int = 1
    digest: str = ""  # of the rule's merged YAML; a new digest is a new version
    written: Mapping[str, Any] = field(default_factory=dict, repr=False)  # that YAML, merged
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first
    alias_until: str = ""  # the last day on which programs may use them; "" for ever

    @property
    def first_code(self) -> str:
        """Return the code that it was made with: what is signed, sealed or booked in its name goes by this one."""
        return self.renamed_from[0] if self.renamed_from else self.code


class Builder(Protocol):
    """What a kind may ask while it is compiled; every problem is collected with its file, line and column."""

    @property
    def scope(self) -> Scope:
        """Return the scope of the rule's object."""

    def scope_of(self, object_name: str, path: str) -> Scope | None:
        """Return another object's scope; reports an unknown object at `path` and returns None."""

    def expression(
        self, path: str, text: object, *, expects: Type | None = None, scope: Scope | None = None
    ) -> Expression | None:
        """Parse an expression found at `path` of the rule's YAML; None when absent or wrong (reported)."""

    def field(
        self, path: str, name: object, *, scope: Scope | None = None, of_key: bool = False
    ) -> str:
        """Return a field code found at `path`; an unknown one is reported with the nearest right one.

        `of_key` says that it is the key that stands there, not its value: a rename then writes the key anew.
        """

    def option(self, path: str, field: str, value: object, *, of_key: bool = False) -> str:
        """Return an option of a field of the rule's object, found at `path`; an unknown one is reported and gives "".

        What a field without options holds comes back as it is.
        """

    def named_like(self, scope: Scope, object_name: str) -> str:
        """Return the field of `scope` that is named like an object, whatever both were called before; "" without one."""

    def fields_type(self, name: str) -> str:
        """Return the field type's name ("phone", "select", ...) of a field of the rule's object, "" if unknown."""

    def known(self, path: str, what: str, name: object) -> str:
        """Return a name of kind `what` (rule, role, calendar, pool, stage, object); an unknown one is reported."""

    def problem(self, path: str, code: str, message: str, cure: str) -> None:
        """Report something wrong at `path` (dotted, relative to the rule)."""


class RuleKind(Protocol):
    """One kind of rule: its word, its JSON Schema, where it speaks, and how it is compiled."""

    @property
    def name(self) -> str:
        """The word written after `kind:`."""

    @property
    def label(self) -> Label:
        """Return what people call this kind."""

    @property
    def about(self) -> Label:
        """Return in a sentence what rules of this kind are for."""

    @property
    def phase(self) -> int:
        """Return when it speaks: CLEAN .. VALIDATE."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return the JSON Schema properties of its own keys (the envelope's are added), plus "required"."""

    def compile(self, raw: Mapping[str, Any], build: Builder) -> RuleBody | None:
        """Return the body; None when a problem was reported."""
