"""Rules: the shared envelope, the kind's own part, and what a kind may ask while it is compiled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from fieldstone.base.label import label_of
from fieldstone.base.names import is_code
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.renames import with_first_codes
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.schema_check import shape_of
from fieldstone.compiler.site_shapes import NAMING, rule_schema
from fieldstone.compiler.tree import earlier_codes, plain
from fieldstone.compiler.words import known_code, label_from, report_given_up
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN, Scope, Type
from fieldstone.rules.adoption import ADOPTED_KINDS, weighing
from fieldstone.rules.contract import Rule, RuleKind

EVENTS = ("create", "update", "delete", "restore", "assign")


@dataclass
class RuleReader:
    """Compiles the rules of a site."""

    kinds: Mapping[str, RuleKind]
    resolver: Resolver
    names: Mapping[str, Mapping[str, object]]  # by what they name: rule, role, calendar, pool

    def rules_of(self, spot: Spot, raw: Mapping[str, Any]) -> dict[str, Rule]:
        """Return the rules that are right, in the order of the files."""
        found = {}
        for code, settings in raw.items():
            rule = self._rule(spot.under(code), code, settings)
            if rule is not None:
                found[code] = rule
        report_given_up(spot, found, "rule")
        return found

    def _rule(self, spot: Spot, code: str, raw: object) -> Rule | None:
        if not isinstance(raw, Mapping):
            spot.problem(
                "wrong_kind", "a rule is a map of settings.", "Write '{kind: ..., object: ...}'."
            )
            return None
        if "kind" not in raw:
            spot.problem(
                "missing_key", "the rule does not say of which kind it is.", "Add 'kind: ...'."
            )
            return None
        if not known_code(spot.under("kind"), "kind of rule", raw["kind"], self.kinds):
            return None
        kind, before = self.kinds[raw["kind"]], len(spot.problems)
        sound = shape_of(kind, rule_schema).sound(spot, raw)
        if sound is None:
            return None
        raw = sound
        own = {name: spec for name, spec in self.resolver.objects.items() if spec.parent is None}
        if not known_code(spot.under("object"), "object", raw["object"], own):
            return None
        excused = self.resolver.excused
        rule = self._compiled(spot, code, raw, kind)
        if rule is None and (len(spot.problems), self.resolver.excused) == (before, excused):
            _report_silence(spot, kind)
        return rule

    def _compiled(
        self, spot: Spot, code: str, raw: Mapping[str, Any], kind: RuleKind
    ) -> Rule | None:
        builder = RuleBuilder(spot, raw["object"], self.resolver, self.names)
        settings = {key: plain(value) for key, value in raw.items() if key not in NAMING}
        when = builder.expression("when", raw.get("when"), expects=BOOLEAN)
        exempt = builder.expression("exempt", raw.get("exempt"), expects=BOOLEAN)
        calendar = (
            builder.known("calendar", "calendar", raw["calendar"]) if "calendar" in raw else ""
        )
        body = kind.compile(settings, builder)
        if body is None:
            return None
        return Rule(
            code=code,
            kind=kind.name,
            object_name=raw["object"],
            label=label_from(raw.get("label"), label_of(code)),
            phase=kind.phase,
            body=body,
            origin=spot.place(of_key=True),
            when=when,
            exempt=exempt,
            priority=raw.get("priority", 100),
            enabled=raw.get("enabled", True) and not self.resolver.objects[raw["object"]].archived,
            starts_at=_instant(spot.under("from"), raw.get("from")),
            ends_at=_instant(spot.under("to"), raw.get("to")),
            on=_events(spot.under("on"), raw.get("on")),
            stop_on_match=raw.get("stop_on_match", False),
            calendar=calendar,
            in_flight=raw.get("in_flight", "keep"),
            max_per_run=raw.get("max_per_run", 0),
            digest=self._digest(weighing(settings) if kind.name in ADOPTED_KINDS else settings),
            written=settings,
            renamed_from=earlier_codes(raw),
            alias_until=str(raw.get("alias_until", "")),
        )

    def _digest(self, settings: Mapping[str, Any]) -> str:
        """Return what identifies a version; that an object has another code makes no new one."""
        objects = self.resolver.objects
        first = {code: one.renamed_from[0] for code, one in objects.items() if one.renamed_from}
        as_first: Any = with_first_codes(settings, first) if first else settings
        canonical = json.dumps(as_first, sort_keys=True, ensure_ascii=False)
        return sha256(canonical.encode()).hexdigest()


def _report_silence(spot: Spot, kind: RuleKind) -> None:
    """A kind that gives no body has said why; one that forgot to must not lose the rule in silence."""
    spot.problem(
        "bad_rule",
        f"the kind '{kind.name}' cannot use these settings.",
        "See docs/rules for this kind.",
    )


def _instant(spot: Spot, written: object) -> datetime | None:
    """Return an instant written as a day (its beginning in UTC) or in RFC 3339."""
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        spot.problem(
            "bad_instant",
            f"'{written}' is no instant.",
            "Write 2026-10-01 or 2026-10-01T08:00:00+08:00.",
        )
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _events(spot: Spot, written: object) -> tuple[str, ...]:
    if written is None:
        return ("create", "update")
    listed = written if isinstance(written, list) else [written]
    for event in listed:
        # Besides these, every action may be an event, those of plugins included.
        if not is_code(str(event)):
            spot.problem(
                "bad_event",
                f"'{event}' is no event.",
                f"Write {', '.join(EVENTS)}, or the name of an action such as claim.",
            )
    return tuple(str(event) for event in listed)


@dataclass(frozen=True)
class RuleBuilder:
    """Satisfies rules.contract.Builder for one rule; paths are dotted and relative to the rule."""

    spot: Spot
    object_name: str
    resolver: Resolver
    names: Mapping[str, Mapping[str, object]]

    @property
    def scope(self) -> Scope:
        """Return the scope of the rule's object."""
        return self.resolver.scope(self.object_name)

    def scope_of(self, object_name: str, path: str) -> Scope | None:
        """Return another object's scope; an unknown object is reported at `path`."""
        object_name = self._present(path, self.resolver.renames.objects, object_name)
        if known_code(self._at(path), "object", object_name, self.resolver.objects):
            return self.resolver.scope(object_name)
        return None

    def expression(
        self, path: str, text: object, *, expects: Type | None = None, scope: Scope | None = None
    ) -> Expression | None:
        """Parse an expression found at `path`; None when absent or wrong (reported)."""
        return self.resolver.expression(self._at(path), text, scope or self.scope, expects=expects)

    def field(
        self, path: str, name: object, *, scope: Scope | None = None, of_key: bool = False
    ) -> str:
        """Return a field code, or a dotted path through lookups; an unknown one gives "" (reported)."""
        target = scope.object_name if scope is not None else self.object_name
        return self.resolver.path(self._at(path), target, name, of_key=of_key)

    def option(self, path: str, field: str, value: object, *, of_key: bool = False) -> str:
        """Return an option of a field of the rule's object; an unknown one is reported and gives ""."""
        found = self.scope.type_of(field) if field else None
        if found is None or not found.choices:
            return str(value)
        spot, code = self._at(path), str(value)
        if code not in found.choices:
            if self.resolver.is_broken(self.object_name, field):
                return code
            present = self.resolver.renames.options(self.object_name, field).get(code)
            if present is None:
                text = f"{code!r} is no option of {field!r}."
                spot.problem("unknown_option", text, f"Use: {', '.join(found.choices)}.")
                return ""
            self.resolver.renames.note(spot, code, present, of_key=of_key)
            code = present
        self.resolver.use(spot, "option", self.object_name, field, code)
        return code

    def named_like(self, scope: Scope, object_name: str) -> str:
        """Return the field of `scope` that is named like an object, whatever both were called before; "" without one."""
        renames, names = self.resolver.renames, scope.names()
        before = [old for old, present in renames.objects.items() if present == object_name]
        for called in (object_name, *before):
            code = renames.fields(scope.object_name).get(called, called)
            if code in names:
                return code
        return ""

    def fields_type(self, name: str) -> str:
        """Return the field type's name of a field of the rule's object, "" if unknown."""
        found = self.resolver.objects[self.object_name].fields.get(name)
        return found.type.name if found is not None else ""

    def known(self, path: str, what: str, name: object) -> str:
        """Return a name of kind `what`; an unknown one gives "" (reported)."""
        known = self._names(what)
        if known is None:
            return str(name)
        name = self._present(path, self._renamed(what), str(name))
        if what == "stage" and self.resolver.is_broken(self.object_name, self._stage_field()):
            return ""
        if not known_code(self._at(path), what, name, known):
            return ""
        self.resolver.use(self._at(path), *self._target(what, name))
        return name

    def _stage_field(self) -> str:
        outline = self.resolver.outlines[self.object_name]
        stages = outline.raw.get("stages")
        return stages.get("field", "stage") if isinstance(stages, Mapping) else "stage"

    def _target(self, what: str, name: str) -> tuple[str, ...]:
        """Return what is named: a stage is an option of the stage field."""
        if what == "stage":
            stage_field = self.resolver.objects[self.object_name].stage_field
            return ("option", self.object_name, stage_field, name)
        return (what, name)

    def _renamed(self, what: str) -> Mapping[str, str]:
        renames = self.resolver.renames
        if what == "stage":
            pipelines = self.resolver.objects[self.object_name].pipelines
            return renames.options(self.object_name, pipelines.field) if pipelines else {}
        return renames.objects if what == "object" else renames.parts.get(what, {})

    def _present(self, path: str, renamed: Mapping[str, str], name: str) -> str:
        """Return the present code of something; an earlier one is remembered, so that it is written anew."""
        present = renamed.get(name)
        if present is None:
            return name
        self.resolver.renames.note(self._at(path), name, present)
        return present

    def _names(self, what: str) -> Mapping[str, object] | None:
        if what == "object":
            return self.resolver.objects
        if what == "stage":
            pipelines = self.resolver.objects[self.object_name].pipelines
            return (
                {code: 1 for one in pipelines.pipelines.values() for code in one.stages}
                if pipelines
                else {}
            )
        return self.names.get(what)

    def problem(self, path: str, code: str, message: str, cure: str) -> None:
        """Report something wrong at `path`."""
        self._at(path).problem(code, message, cure)

    def _at(self, path: str) -> Spot:
        steps = [step for step in path.replace("[", ".").replace("]", "").split(".") if step]
        return self.spot.under(*(int(step) if step.isdecimal() else step for step in steps))
