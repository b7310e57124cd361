"""Plays one test of a template: people act through the doors, time passes, and what was expected is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fieldstone.actions.contract import Action, Call
from fieldstone.actions.running import run
from fieldstone.actions.scripts.filling import Cast
from fieldstone.actions.scripts.reading import Step, Test
from fieldstone.actions.scripts.samples import Samples
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.base.names import did_you_mean
from fieldstone.base.workdays import CalendarError, parse_span
from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Change, Context, Operation
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.reads.actors import Actors
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.writes.pipeline import Writes

ADMIN: Final = "admin"


@dataclass(frozen=True)
class Theatre:
    """What a test is played on: the doors of an empty site, its clock, and how time passes there."""

    model: Model
    reads: Reads
    writes: Writes
    actors: Actors
    actions: Mapping[str, Action]
    clock: Callable[[], datetime]
    wait: Callable[[str], None]  # a span such as "3 days"; what is due by then has acted afterwards
    told: Callable[[str], int]  # how many notifications a person has


class Play:
    """One test while it runs."""

    def __init__(self, theatre: Theatre, test: Test, zone: str) -> None:
        """Play `test`; days are those of `zone`."""
        self._on = theatre
        self._test = test
        self._cast = Cast(theatre.model, theatre.clock(), zone)
        self._records: dict[str, str] = {}  # object by name

    def run(self) -> tuple[Problem, ...]:
        """Return what came out otherwise than expected: nothing if all is well. The first such step is the last."""
        try:
            self._people()
            self._given()
        except RefusedError as refused:
            return self._told("given", refused.problems)
        for n, step in enumerate(self._test.steps, 1):
            self._cast.now = self._on.clock()
            try:
                found = self._step(step)
            except RefusedError as refused:
                found = tuple(refused.problems)
            if found:
                return self._told(f"step {n}, {step.verb}", found)
        return ()

    def _told(self, where: str, problems: Any) -> tuple[Problem, ...]:
        place = f"{self._test.place}  {self._test.code}, {where}"
        return tuple(
            Problem(p.code, f"{place}: {p.path}".rstrip(": "), p.message, p.cure) for p in problems
        )

    def _people(self) -> None:
        roles = [code for code, role in self._on.model.roles.items() if role.administrator]
        everybody: dict[str, Mapping[str, Any]] = {ADMIN: {"roles": roles}, **self._test.people}
        for name, values in everybody.items():
            person = {"name": name, "email": f"{name}@example.com", "active": True, **values}
            self._create("user", name, person, self._context(SYSTEM_ACTOR))
        self._cast.otherwise = self._cast.ids[ADMIN]

    def _given(self) -> None:
        ctx = self._context(self._actor(ADMIN))
        blocks, on = self._test.given, self._on
        Samples(ctx, on.model, on.reads, on.writes).load(self._test.code, blocks, self._cast)
        for block in blocks:
            for row in block.rows:
                if row.get("as"):
                    self._records[str(row["as"])] = block.object_name

    def _step(self, step: Step) -> tuple[Problem, ...]:
        verbs: Mapping[str, Callable[[Any], tuple[Problem, ...]]] = {
            "create": self._do_create,
            "change": self._do_change,
            "act": self._do_act,
            "wait": self._do_wait,
            "expect": self._expect,
            "count": self._count,
            "told": self._told_times,
        }
        return verbs[step.verb](step.body)

    def _do_create(self, body: Mapping[str, Any]) -> tuple[Problem, ...]:
        ctx = self._context(self._actor(body.get("by", ADMIN)))
        name = str(body.get("as") or f"{body['object']}_{len(self._records)}")
        refused = self._refused(
            lambda: self._create(body["object"], name, body.get("values", {}), ctx)
        )
        return _compared(body.get("refused", ""), refused)

    def _do_change(self, body: Mapping[str, Any]) -> tuple[Problem, ...]:
        ctx = self._context(self._actor(body.get("by", ADMIN)))
        spec = self._spec(self._object_of(body["record"]))
        values = self._cast.values(spec, body["values"])
        change = Change(spec.code, Operation.UPDATE, values, self._cast.id_of(body["record"]))
        refused = self._refused(lambda: self._submit(ctx, change))
        return _compared(body.get("refused", ""), refused)

    def _do_act(self, body: Mapping[str, Any]) -> tuple[Problem, ...]:
        ctx, on = self._context(self._actor(body.get("by", ADMIN))), self._on
        code = self._object_of(body["record"])
        params = self._cast.values(self._spec(code), body.get("with", {}))
        record_id = self._cast.id_of(body["record"])
        call = Call(ctx, on.model, code, record_id, params, on.reads, on.writes)

        def act() -> None:
            outcome = run(on.actions, body["action"], call).outcome
            if outcome.refused:
                raise RefusedError(outcome.problems)

        return _compared(body.get("refused", ""), self._refused(act))

    def _do_wait(self, span: str) -> tuple[Problem, ...]:
        try:
            parse_span(span)
        except CalendarError as error:
            return (Problem("bad_span", "", f"{error}.", "Write for example 3 days or 4 hours."),)
        self._on.wait(span)
        return ()

    def _expect(self, body: Mapping[str, Any]) -> tuple[Problem, ...]:
        code = self._object_of(body["record"])
        spec, ctx = self._spec(code), self._context(self._actor(ADMIN))
        record = self._on.reads.get(ctx, self._on.model, code, self._cast.id_of(body["record"]))
        if record is None:
            return (Problem("gone", body["record"], "the record is not there.", "Was it deleted?"),)
        wanted = self._cast.values(spec, body["values"])
        return tuple(
            problem
            for field, value in wanted.items()
            if (problem := _differs(spec, field, value, record.values.get(field))) is not None
        )

    def _count(self, body: Mapping[str, Any]) -> tuple[Problem, ...]:
        ctx = self._context(self._actor(ADMIN))
        query = Query(filter=body.get("when"))
        found = self._on.reads.count(ctx, self._on.model, self._spec(body["object"]).code, query)
        return _number(f"{body['object']} {body.get('when', '')}".rstrip(), body["is"], found)

    def _told_times(self, body: Mapping[str, Any]) -> tuple[Problem, ...]:
        found = self._on.told(self._cast.id_of(body["person"]))
        return _number(f"notifications of {body['person']}", body["times"], found)

    def _create(self, code: str, name: str, raw: Mapping[str, Any], ctx: Context) -> None:
        spec, record_id = self._spec(code), new_id()
        values = self._cast.values(spec, raw)
        trusted = ctx.actor.is_system
        self._submit(ctx, Change(code, Operation.CREATE, values, record_id, trusted=trusted))
        self._cast.ids[name] = record_id
        self._records[name] = code

    def _submit(self, ctx: Context, change: Change) -> None:
        (outcome,) = self._on.writes.submit(ctx, self._on.model, [change])
        if outcome.refused:
            raise RefusedError(outcome.problems)

    def _refused(self, what: Callable[[], None]) -> tuple[Problem, ...]:
        try:
            what()
        except RefusedError as refused:
            return tuple(refused.problems)
        return ()

    def _context(self, actor: Actor) -> Context:
        return Context(actor, self._on.clock(), "test")

    def _actor(self, name: str) -> Actor:
        ctx = self._context(SYSTEM_ACTOR)
        found = self._on.actors.by_id(ctx, self._on.model, self._cast.id_of(name))
        if found is None:
            problem = Problem("inactive", name, "this person is inactive.", "Name somebody else.")
            raise RefusedError([problem])
        return found

    def _object_of(self, name: str) -> str:
        self._cast.id_of(name)
        return self._records[name]

    def _spec(self, code: str) -> ObjectType:
        spec = self._on.model.objects.get(code)
        if spec is None:
            cure = did_you_mean(code, self._on.model.objects)
            raise RefusedError([Problem("unknown_object", code, f"no object '{code}'.", cure)])
        return spec


def _compared(expected: str, refused: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return what is wrong: a refusal nobody expected, or none where one was."""
    if not expected:
        return refused
    codes = [problem.code for problem in refused]
    if expected in codes:
        return ()
    text = f"it was to be refused with '{expected}', and was " + (
        f"refused with {', '.join(codes)}." if codes else "allowed."
    )
    return (Problem("not_refused", "", text, "Look at the rule, or at what the test expects."),)


def _differs(spec: ObjectType, code: str, wanted: object, found: object) -> Problem | None:
    field = spec.fields.get(code)
    if field is None:
        cure = did_you_mean(code, spec.fields)
        return Problem("unknown_field", code, f"{spec.code} has no field '{code}'.", cure)
    try:
        parsed = None if wanted is None else field.type.parse(wanted)
    except InvalidValueError as invalid:
        return Problem(invalid.code, code, invalid.message, invalid.cure)
    if parsed == found:
        return None
    shown = "nothing" if found is None else repr(field.type.dump(found))
    text = f"it is {shown}, and {'nothing' if wanted is None else repr(wanted)} was expected."
    return Problem("differs", code, text, "Look at the rule, or at what the test expects.")


def _number(what: str, wanted: int, found: int) -> tuple[Problem, ...]:
    if wanted == found:
        return ()
    text = f"there are {found}, and {wanted} were expected."
    return (Problem("differs", what, text, "Look at the rule, or at what the test expects."),)
