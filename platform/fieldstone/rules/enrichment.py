"""Facts about a company from elsewhere: asks after the commit, and says which of them may be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.workdays import CalendarError, parse_span
from fieldstone.changes.nouns import Draft, Effect, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import AUTOMATE, Builder, Due, Facts, Rule, Verdict
from fieldstone.rules.kind import COUNT, FIELD, TEXT, Kind
from fieldstone.rules.match_keys import Plan, stored_key
from fieldstone.rules.normalise import ALIKE
from fieldstone.rules.wording import field_label

CHANNEL: Final = "enrichment"
ACTION: Final = "enrich"
POLICIES: Final = ("fill_empty", "always", "override_defaults")
TRIGGERS: Final = ("create", "change")
AGAIN: Final = "refresh"
"""The timer at which a record's facts are asked for anew."""


@dataclass(frozen=True)
class Mapped:
    """A field and the fact that it gets; `translate` turns the provider's words into ours."""

    code: str
    fact: str
    translate: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Enrichment:
    """The body of an enrichment rule."""

    provider: str
    key: str
    key_label: Label
    how: str
    settings: Mapping[str, Any]
    mapped: tuple[Mapped, ...]
    triggers: frozenset[str]
    policy: str = "fill_empty"
    least: Decimal = Decimal(0)
    ttl_days: int = 90
    refresh_days: int = 0  # 0: nobody is asked again by itself
    budget: int = 0  # 0: as many questions a day as there are
    provenance: bool = True
    keys: Mapping[str, Plan] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: the key is a plain field."""
        return ()

    @property
    def plan(self) -> Mapping[str, Plan]:
        """Return the keys by which a table of our own is asked."""
        return self.keys

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Ask for what is known under a key that is new; the answer comes after the commit."""
        verdicts = {}
        for place, draft in enumerate(drafts):
            value = draft.row.get(self.key)
            if self._is_new(rule, draft) and value:
                verdicts[place] = self._asked(rule, str(value), facts.now, {})
            elif self.refresh_days and draft.changed(self.key) and not value:
                verdicts[place] = self._no_more(rule)
        return verdicts

    def due(self, rule: Rule, due: Sequence[Due], facts: Facts) -> Mapping[int, Verdict]:
        """Ask anew about records whose facts have grown old; an answer that is no older than `since` will do."""
        verdicts = {}
        for place, (timer, draft) in enumerate(due):
            value = draft.row.get(self.key)
            if timer.kind == AGAIN and self.refresh_days and value:
                since = {"since": timer.due.isoformat()}
                verdicts[place] = self._asked(rule, str(value), facts.now, since)
        return verdicts

    def lapse(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Ask no more about records that the rule no longer concerns."""
        del facts
        return dict.fromkeys(range(len(drafts)), self._no_more(rule)) if self.refresh_days else {}

    def _is_new(self, rule: Rule, draft: Draft) -> bool:
        """Tell whether the key is new, or somebody applies the rule to records that are there."""
        if draft.change.hears == rule.code:
            return True
        event = "create" if draft.before is None else "change"
        known = draft.change.action == ACTION or not draft.changed(self.key)
        return event in self.triggers and not known

    def _asked(self, rule: Rule, key: str, now: datetime, more: Mapping[str, object]) -> Verdict:
        effect = Effect(CHANNEL, rule.code, ACTION, {"key": key, **more})
        again = "again " if more else ""
        because = Label(
            f"asks {again}what is known about this {self.key_label.en}",
            f"{'再次' if more else ''}查询该{self.key_label.text('zh')}的公开信息",
        )
        timers: tuple[TimerRequest, ...] = ()
        if self.refresh_days:
            timers = (TimerRequest(rule.code, AGAIN, now + timedelta(days=self.refresh_days)),)
        return Verdict(because, effects=(effect,), timers=timers)

    def _no_more(self, rule: Rule) -> Verdict:
        timers = (TimerRequest(rule.code, AGAIN, None),)
        return Verdict(Label("asks no more", "不再查询"), timers=timers, silent=True)

    def writable(
        self,
        told: Mapping[str, object],
        confidence: Decimal,
        row: Mapping[str, object],
        defaults: Mapping[str, object],
        own: Collection[str] = (),
    ) -> dict[str, object]:
        """Return the values that an answer may write into a record as it stands now, by field.

        `own` names the fields that still hold what this rule wrote: nobody has touched them, so they follow the answer.
        """
        if confidence < self.least:
            return {}
        found = {}
        for one in self.mapped:
            value = told.get(one.fact)
            value = one.translate.get(str(value).strip().casefold(), value)
            present, default = row.get(one.code), defaults.get(one.code)
            if value not in (None, "") and (one.code in own or self._may(present, default)):
                found[one.code] = value
        return found

    def _may(self, present: object, default: object) -> bool:
        if self.policy == "always" or present in (None, "", (), []):
            return True
        return self.policy == "override_defaults" and default is not None and present == default


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Enrichment | None:
    """Resolve the key, the fields, and the table of our own that may be asked."""
    key = build.field("match_key", raw["match_key"])
    if not key:
        return None
    how, settings = str(raw.get("as", "company")), dict(raw.get("settings", {}))
    triggers = raw.get("trigger", TRIGGERS)
    return Enrichment(
        provider=str(raw["provider"]),
        key=key,
        key_label=field_label(build.scope, key),
        how=how,
        settings=settings,
        mapped=_mapped(raw["mapping"], build),
        triggers=frozenset([triggers] if isinstance(triggers, str) else triggers),
        policy=str(raw.get("write_policy", "fill_empty")),
        least=Decimal(str(raw.get("min_confidence", 0))),
        ttl_days=_days(raw.get("ttl", "90 days"), "ttl", build),
        refresh_days=_days(raw["refresh"], "refresh", build) if "refresh" in raw else 0,
        budget=int(raw.get("daily_budget", 0)),
        provenance=bool(raw.get("provenance", True)),
        keys=_table_keys(settings, how, build),
    )


def _mapped(raw: Mapping[str, Any], build: Builder) -> tuple[Mapped, ...]:
    found = []
    for name, written in raw.items():
        code = build.field(f"mapping.{name}", name, of_key=True)
        more: Mapping[str, Any] = written if isinstance(written, Mapping) else {"from": written}
        words = {
            str(text).strip().casefold(): value for text, value in more.get("translate", {}).items()
        }
        if code:
            found.append(Mapped(code, str(more["from"]), words))
    return tuple(found)


def _table_keys(
    settings: Mapping[str, Any], how: str, build: Builder
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the key to keep of a table of our own: settings {object, key}."""
    if "object" not in settings:
        return {}
    scope = build.scope_of(str(settings["object"]), "settings.object")
    if scope is None:
        return {}
    name = build.field("settings.key", settings.get("key", "name"), scope=scope)
    return {scope.object_name: {stored_key((how,), (name,)): (name,)}} if name else {}


def _days(raw: object, path: str, build: Builder) -> int:
    try:
        span = parse_span(str(raw))
    except CalendarError as error:
        build.problem(path, "bad_span", str(error), "Write 90 days, for example.")
        return 90
    return span.amount if span.unit == "days" else max(1, span.amount // 1440)


_FACT: Final = {
    "oneOf": [
        TEXT,
        {
            "type": "object",
            "properties": {
                "from": {**TEXT, "title": "Fact", "description": "The fact's name in the answer"},
                "translate": {"type": "object", "description": "The provider's word: our value"},
            },
            "required": ["from"],
            "additionalProperties": False,
        },
    ]
}
_TRIGGER: Final = {"enum": list(TRIGGERS)}

KIND = Kind(
    "enrichment",
    Label("Enrichment", "信息补全"),
    AUTOMATE,
    {
        "properties": {
            "provider": {**TEXT, "description": "Who is asked: company_table, http_json, or an enricher of a plugin"},
            "settings": {"type": "object", "description": "What the provider needs to know"},
            "match_key": {**FIELD, "description": "The field that is asked about"},
            "as": {"enum": list(ALIKE), "description": "How the key is made alike"},
            "trigger": {"oneOf": [_TRIGGER, {"type": "array", "items": _TRIGGER, "minItems": 1}]},
            "mapping": {"type": "object", "propertyNames": FIELD, "minProperties": 1, "additionalProperties": _FACT, "description": "Field: fact"},
            "write_policy": {"enum": list(POLICIES), "description": "Which fields may be written"},
            "min_confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "ttl": {**TEXT, "description": "How long an answer holds: 90 days"},
            "refresh": {**TEXT, "description": "After how long a record's facts are asked for anew: 180 days"},
            "daily_budget": {**COUNT, "description": "How many questions a day, answers that hold left out"},
            "provenance": {"type": "boolean", "description": "Whether is kept where each value comes from"},
        },
        "required": ["provider", "match_key", "mapping"],
    },
    compile_rule,
    about=Label(
        "When a company is new, asks a provider what is known about it and writes what it may.",
        "出现新企业时向数据提供方查询，并写入允许写入的信息。",
    ),
)  # fmt: skip
