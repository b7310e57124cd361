"""When something happens: set fields, create a record, tell somebody, call a webhook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fieldstone.base.english import quantity
from fieldstone.base.label import Label
from fieldstone.base.named import keyed, named, one_or_more
from fieldstone.base.workdays import Span
from fieldstone.changes.nouns import Change, Draft, Effect, Operation
from fieldstone.expressions.expression import Expression
from fieldstone.rules.assignments import (
    Assigned,
    Template,
    assigned,
    assigned_from,
    span_from,
    template_from,
)
from fieldstone.rules.contract import AUTOMATE, Builder, Facts, Rule, Verdict
from fieldstone.rules.engine import another_look, held_before
from fieldstone.rules.kind import (
    ASSIGNMENTS,
    BOTH_LANGUAGES,
    CODES,
    FIELD,
    FIELDS,
    OBJECT,
    TEXT,
    Kind,
)
from fieldstone.rules.notices import CHANNELS, Audience, audiences_from, message, told
from fieldstone.rules.wording import field_label, joined, listed

ALWAYS, NEVER = "always", "never"


@dataclass(frozen=True)
class NewRecord:
    """A record to create, with values made from the one that changed."""

    object_name: str
    label: Label  # what people call one of them
    values: tuple[Assigned, ...]


@dataclass(frozen=True)
class Notice:
    """A message to people."""

    audiences: tuple[Audience, ...]
    channels: tuple[str, ...]
    message: Template


@dataclass(frozen=True)
class Webhook:
    """A call to another system, sent after commit with what the outbox guarantees."""

    url: str
    event: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Again:
    """Whether it acts once more for a record that comes back: after `gap` at the earliest, without one never."""

    gap: Span | None = None

    def barred(self, rule: Rule, drafts: Iterable[Draft], facts: Facts) -> frozenset[str]:
        """Return the records for which it has acted, and may not do so again yet."""
        stored = [draft.record_id for draft in drafts if draft.before is not None]
        last = facts.last_decided(rule.code, stored) if stored else {}
        calendar = facts.calendar(rule.calendar)
        return frozenset(
            one
            for one, at in last.items()
            if self.gap is None or calendar.after(at, self.gap) > facts.now
        )


@dataclass(frozen=True)
class Automation:
    """The body of an automation rule. `changed` holds fields and the values they must have come to (none: any)."""

    changed: Mapping[str, tuple[str, ...]]
    sets: tuple[Assigned, ...]
    creates: tuple[NewRecord, ...]
    notices: tuple[Notice, ...]
    webhook: Webhook | None
    labels: Mapping[str, Label]
    again: Again | None = None  # None: as often as it happens

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what values, texts and audiences read."""
        values = [*self.sets, *(value for new in self.creates for value in new.values)]
        people = [who for notice in self.notices for who in notice.audiences]
        return (
            *(one for value in values for one in value.reads),
            *(one for notice in self.notices for _, one in notice.message.holes),
            *(who.person for who in people if who.person is not None),
        )

    @property
    def watches(self) -> tuple[str, ...]:
        """Return the fields whose change is the event."""
        return tuple(self.changed)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return what to do for drafts in which the event happens."""
        verdicts = {}
        happening = {
            i: draft for i, draft in enumerate(drafts) if self._happens(rule, draft, facts)
        }
        done = self.again.barred(rule, happening.values(), facts) if self.again else frozenset()
        for place, draft in happening.items():
            if draft.record_id not in done:
                verdict = self._acted(rule, draft, facts)
                if verdict is not None:
                    verdicts[place] = verdict
        return verdicts

    def _happens(self, rule: Rule, draft: Draft, facts: Facts) -> bool:
        """Tell whether this write is the event: a named field came to its value, or the condition came to hold.

        A condition that held before is no event, so that a later edit does not send the message again.
        """
        told = draft.change.hears == rule.code
        if self.changed:
            return any(
                (told or draft.changed(name)) and (not values or str(draft.row.get(name)) in values)
                for name, values in self.changed.items()
            )
        if told or (draft.change.action and draft.change.action in rule.on):
            return True
        return draft.before is None or rule.when is None or not held_before(rule, draft, facts)

    def _acted(self, rule: Rule, draft: Draft, facts: Facts) -> Verdict | None:
        values = assigned(self.sets, draft.row, facts, rule.calendar)
        sets = {name: value for name, value in values.items() if draft.row.get(name) != value}
        row = {**draft.row, **sets, "id": draft.record_id}
        follow = tuple(self._created(rule, new, row, facts) for new in self.creates)
        if sets:
            follow += (another_look(rule, draft),)  # points and grade may follow from what was set
        effects = self._effects(rule, draft, row, facts)
        if not sets and not follow and not effects:
            return None
        return Verdict(self._because(sets, effects), sets=sets, follow=follow, effects=effects)

    def _created(
        self, rule: Rule, new: NewRecord, row: Mapping[str, object], facts: Facts
    ) -> Change:
        values = assigned(new.values, row, facts, rule.calendar)
        return Change(
            new.object_name, Operation.CREATE, values, trusted=True, reason=f"rule:{rule.code}"
        )

    def _effects(
        self, rule: Rule, draft: Draft, row: Mapping[str, object], facts: Facts
    ) -> tuple[Effect, ...]:
        effects: list[Effect] = []
        for notice in self.notices:
            text = notice.message.filled(row, facts)
            effects += told(
                notice.audiences, notice.channels, draft, facts, topic=rule.code, text=text
            )
        if self.webhook is not None:
            chosen = {name: row.get(name) for name in self.webhook.fields}
            payload = message(draft, rule.label, rule=rule.code, fields=_plain(chosen))
            effects.append(Effect("webhook", self.webhook.url, self.webhook.event, payload))
        return tuple(effects)

    def _because(self, sets: Mapping[str, object], effects: Sequence[Effect]) -> Label:
        done = []
        if sets:
            names = listed(self.labels[name] for name in sets)
            done.append(Label(f"set {names.en}", f"设置{names.text('zh')}"))
        done += [
            Label(f"created a record of {new.label.en}", f"新建{new.label.text('zh')}")
            for new in self.creates
        ]
        people = sum(effect.channel != "webhook" for effect in effects)
        if people:
            done.append(Label(f"sent {quantity(people, 'message')}", f"发送 {people} 条通知"))
        if self.webhook is not None:
            done.append(Label("called a webhook", "调用 Webhook"))
        return joined(done)


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Return values as JSON can carry them."""
    return {
        name: value if isinstance(value, (str, int, bool)) or value is None else str(value)
        for name, value in values.items()
    }


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Automation:
    """Resolve the event, the values and the people."""
    creates = [_new_record(one, path, build) for path, one in _several(raw.get("create"), "create")]
    notices = [_notice(one, path, build) for path, one in _several(raw.get("notify"), "notify")]
    sets = assigned_from(raw.get("set", {}), "set", build)
    return Automation(
        _changed(raw.get("changed", {}), build),
        sets,
        tuple(one for one in creates if one is not None),
        tuple(notices),
        _webhook(raw["webhook"], build) if "webhook" in raw else None,
        {one.field: field_label(build.scope, one.field) for one in sets},
        _again(raw.get("again", ALWAYS), build),
    )


def _again(raw: object, build: Builder) -> Again | None:
    if raw == ALWAYS:
        return None
    return Again() if raw == NEVER else Again(span_from(raw, "again", build))


def _several(raw: object, path: str) -> list[tuple[str, Mapping[str, Any]]]:
    if raw is None:
        return []
    if isinstance(raw, Mapping):
        return [(path, raw)]
    return (
        [(f"{path}.{i}", one) for i, one in enumerate(raw)]
        if isinstance(raw, (list, tuple))
        else []
    )


def _changed(raw: object, build: Builder) -> dict[str, tuple[str, ...]]:
    if isinstance(raw, Mapping):
        return {
            build.field(f"changed.{name}", name, of_key=True): tuple(
                str(one) for one in (value if isinstance(value, (list, tuple)) else [value])
            )
            for name, value in raw.items()
        }
    names = [raw] if isinstance(raw, str) else raw if isinstance(raw, (list, tuple)) else []
    return {build.field("changed", name): () for name in names}


def _new_record(raw: Mapping[str, Any], path: str, build: Builder) -> NewRecord | None:
    target = build.scope_of(str(raw["object"]), f"{path}.object")
    if target is None:
        return None
    values = assigned_from(raw.get("set", {}), f"{path}.set", build, target)
    label = Label(target.object_label("en"), target.object_label("zh"))
    return NewRecord(target.object_name, label, values)


def _notice(raw: Mapping[str, Any], path: str, build: Builder) -> Notice:
    return Notice(
        audiences_from(raw["to"], f"{path}.to", build),
        tuple(raw.get("by", ("in_page",))),
        template_from(raw["message"], f"{path}.message", build),
    )


def _webhook(raw: Mapping[str, Any], build: Builder) -> Webhook:
    url = str(raw["url"])
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        build.problem(
            "webhook.url", "bad_url", f"{url!r} is no web address.", "Write https://host/path."
        )
    fields = tuple(
        build.field(f"webhook.fields.{i}", name) for i, name in enumerate(raw.get("fields", ()))
    )
    return Webhook(url, str(raw.get("event", "automation")), fields)


_WHO = one_or_more(named("person"))
_CREATE = {
    "type": "object",
    "properties": {"object": OBJECT, "set": ASSIGNMENTS},
    "required": ["object", "set"],
    "additionalProperties": False,
}
_NOTIFY = {
    "type": "object",
    "properties": {
        "to": _WHO,
        "by": {"type": "array", "items": {"enum": list(CHANNELS)}, "minItems": 1},
        "message": BOTH_LANGUAGES,
    },
    "required": ["to", "message"],
    "additionalProperties": False,
}

KIND = Kind(
    "automation",
    Label("Automation", "自动化"),
    AUTOMATE,
    {
        "properties": {
            "changed": {
                "oneOf": [
                    FIELD,
                    FIELDS,
                    keyed(
                        FIELD, {"oneOf": [TEXT, CODES]}, minProperties=1, title="to these values"
                    ),
                ]
            },
            "again": {
                "type": "string",
                "description": "For a record that comes back: always, never, or how long after the last time",
            },
            "set": ASSIGNMENTS,
            "create": {"oneOf": [_CREATE, {"type": "array", "items": _CREATE, "minItems": 1}]},
            "notify": {"oneOf": [_NOTIFY, {"type": "array", "items": _NOTIFY, "minItems": 1}]},
            "webhook": {
                "type": "object",
                "properties": {"url": TEXT, "event": TEXT, "fields": FIELDS},
                "required": ["url"],
                "additionalProperties": False,
            },
        },
        "required": [],
    },
    compile_rule,
    about=Label(
        "When something happens: sets fields, creates a record, tells somebody, calls a webhook.",
        "事件发生时自动写入字段、创建记录、通知人员或调用 Webhook。",
    ),
)
