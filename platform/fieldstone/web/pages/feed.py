"""What happened with a record, newest first: activities that people logged, moves, owners and changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from fieldstone.access.access import access_to
from fieldstone.base.cached import cached_property
from fieldstone.changes.nouns import SYSTEM_ID
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.locales import day
from fieldstone.model.objects import Field, ObjectType, Relation
from fieldstone.reads.expanding import target_of
from fieldstone.reads.history import Event, FieldChange, History, OwnerSpan, StageSpan
from fieldstone.reads.query import Page, Query, Record
from fieldstone.rules.capture_body import actor_id
from fieldstone.rules.enrichment import Enrichment
from fieldstone.web.asking import Asked
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.people import face
from fieldstone.web.pages.reason_words import rule_behind
from fieldstone.web.pages.values import Look

Drawn = dict[str, Any]
ACTIVITY: Final = "activity"
ACTIVITY_FIELDS: Final = frozenset({"kind", "subject", "status"})
SHOWN: Final = 30
COMING: Final = 10
TOGETHER: Final = timedelta(minutes=10)  # changes of one person this close read as one
ICONS: Final = {
    "call": ("phone", "teal"),
    "visit": ("map-pin", "green"),
    "meeting": ("calendar", "violet"),
    "task": ("circle-check", "amber"),
    "note": ("pencil-line", "gray"),
    "email": ("mail", "blue"),
}
SAID: Final = {
    "call": "logged a call",
    "visit": "paid a visit",
    "meeting": "had a meeting",
    "task": "finished a task",
    "note": "wrote a note",
    "email": "wrote an e-mail",
}


@dataclass(frozen=True)
class Feed(OneRecord):
    """The life of one record as one reader may see it."""

    history: History

    @property
    def zone(self) -> ZoneInfo:
        """Return the reader's time zone."""
        return ZoneInfo(self.asked.ctx.actor.zone)

    @cached_property
    def relation(self) -> Relation | None:
        """Return where this record's activities stand, None when the reader has none."""
        return activities_of(self.asked, self.spec)

    def groups(self, before: datetime | None) -> tuple[list[Drawn], str]:
        """Return the timeline by days, and the address of what is older ("" when there is nothing)."""
        events = [*self._activities(before), *self._moves(), *self._owners(), *self._changes()]
        events = [one for one in events if before is None or one["when"] < before]
        events.sort(key=lambda one: one["when"], reverse=True)
        shown = events[:SHOWN]
        older = ""
        if len(events) > SHOWN:
            stamp = shown[-1]["when"].isoformat().replace("+00:00", "Z")
            older = f"{self.url}?before={stamp}"
        days = groupby(shown, key=lambda one: one["when"].astimezone(self.zone).date())
        return [{"label": self.day_label(d), "events": list(of_day)} for d, of_day in days], older

    def day_label(self, of: Any) -> str:
        """Return "Today", "Yesterday" or the date."""
        today = self.asked.ctx.now.astimezone(self.zone).date()
        named = {0: self.speech.t("Today"), 1: self.speech.t("Yesterday")}
        return named.get((today - of).days) or day(of, self.asked.language)

    def coming(self) -> list[Drawn]:
        """Return what is still to be done for this record, the most urgent first."""
        page = self._ask("status == 'open'", (("due_at", False),), COMING)
        look, now = Look(self.asked), self.asked.ctx.now
        found = []
        for one in page.rows if page else ():
            due = one.values.get("due_at")
            owner = one.titles.get("owner")
            found.append(
                {
                    "id": one.id,
                    "title": look.title(one),
                    "due": self.when_text(due) if isinstance(due, datetime) else "",
                    "late": isinstance(due, datetime) and due < now,
                    "done_url": f"/tasks/{one.id}/done",
                    "href": f"/o/{ACTIVITY}/{one.id}",
                    "owner": face(str(owner)) if owner else None,
                }
            )
        return found

    def when_text(self, at: datetime) -> str:
        """Return a moment as "Today 18:00" or with its date."""
        local = at.astimezone(self.zone)
        return f"{self.day_label(local.date())} {local:%H:%M}"

    def log(self) -> list[Drawn]:
        """Return every write of the record, for the tab of changes."""
        events = enumerate(self.history.events)
        return [{**self._logged(n, one), "time": self.when_text(one.at)} for n, one in events]

    def _ask(self, condition: str, sort: tuple[tuple[str, bool], ...], limit: int) -> Page | None:
        if self.relation is None:
            return None
        mine = f"{self.relation.field} == '{self.record.id}' and {condition}"
        query = Query(filter=mine, sort=sort, limit=limit, titles=True)
        asked = self.asked
        return asked.site.reads.list(asked.ctx, asked.model, ACTIVITY, query)

    def _activities(self, before: datetime | None) -> Iterable[Drawn]:
        """Yield the activities done; a page of them reaches at least as far back as the page of events."""
        condition = "status != 'open'"
        if before is not None:
            condition += f" and coalesce(done_at, created_at) < '{before.isoformat()}'"
        page = self._ask(condition, (("created_at", True),), 2 * SHOWN)
        for one in page.rows if page else ():
            yield self._activity(one)

    def _activity(self, one: Record) -> Drawn:
        kind, look = str(one.values.get("kind")), Look(self.asked)
        icon, tone = ICONS.get(kind, ("circle-dot", "gray"))
        at = one.values.get("done_at") or one.values.get("created_at")
        title, body = look.title(one), one.values.get("body")
        facts = [
            {"icon": fact_icon, "text": look.cell(one, code)["text"]}
            for code, fact_icon in (("outcome", "message-circle"),)
            if one.values.get(code)
        ]
        if minutes := one.values.get("minutes"):
            facts.append({"icon": "timer", "text": self.speech.t("{n} min", n=minutes)})
        text = str(body) if body else ""
        # The subject of a note is the beginning of its text.
        shown = (
            text if text.startswith(title.rstrip("…")) else "\n".join(p for p in (title, text) if p)
        )
        who = one.titles.get("owner") or one.titles.get("created_by")
        return {
            **self._event(f"a{one.id}", at, icon, tone),
            "who": str(who or ""),
            "text": self.speech.t(SAID.get(kind, "logged something")),
            "body": shown,
            "facts": facts,
        }

    def _event(self, key: str, at: object, icon: str, tone: str = "") -> Drawn:
        when = at if isinstance(at, datetime) else self.asked.ctx.now
        local = when.astimezone(self.zone)
        return {
            "id": key,
            "when": when,
            "at": when.isoformat(),
            "time": f"{local:%H:%M}",
            "icon": icon,
            "tone": tone,
        }

    def _moves(self) -> Iterable[Drawn]:
        spans = self.history.stages
        for n, span in enumerate(spans):
            before = spans[n + 1] if n + 1 < len(spans) else None
            if before is None:
                continue  # its first stage is told by "created this record"
            yield {
                **self._event(f"s{n}", span.entered_at, "arrow-right", "indigo"),
                **self._by(span.rule, span.actor_name, span.entered_at),
                "text": self.speech.t("moved"),
                "from": self._stage(before),
                "to": self._stage(span),
            }

    def _stage(self, span: StageSpan) -> Drawn:
        pipelines = self.spec.pipelines.pipelines if self.spec.pipelines else {}
        every = [p.stages[span.stage] for p in pipelines.values() if span.stage in p.stages]
        if not every:
            return {"text": span.stage, "tone": "gray"}
        return {"text": every[0].label.text(self.asked.language), "tone": every[0].color}

    def _by(self, rule: str, actor_name: str, at: datetime) -> Drawn:
        """Return who did it: a person, or a rule with the way to its reason."""
        if not rule:
            return {"who": actor_name or self.speech.t("The system")}
        known = self.asked.model.rules.get(rule)
        label = known.label.text(self.asked.language) if known else rule
        return {"who": label, "why_url": f"{self.url}/why?rule={rule}"}

    def _owners(self) -> Iterable[Drawn]:
        for n, span in enumerate(self.history.owners):
            if span.owner is None and not span.pool:
                continue
            yield {
                **self._event(f"o{n}", span.since, "user-round-check", "teal"),
                **self._by(span.rule, "", span.since),
                **self._given(span),
            }

    def _given(self, span: OwnerSpan) -> Drawn:
        if span.pool:
            rule = self.asked.model.rules.get(span.pool)
            pool = rule.label.text(self.asked.language) if rule else span.pool
            to = {"text": pool, "tone": "teal"}
            return {"icon": "waves", "text": self.speech.t("put it into the pool"), "to": to}
        to = {"text": span.owner_name or self.speech.t("Somebody"), "tone": "gray"}
        return {"text": self.speech.t("gave it to"), "to": to}

    def _changes(self) -> Iterable[Drawn]:
        """Yield creation, deletion and field changes; changes made in one sitting read as one."""
        together: list[Event] = []
        for event in self.history.events:
            if together and not _one_sitting(together[-1], event):
                yield from self._run(together)
                together = []
            together.append(event)
        yield from self._run(together)

    def _run(self, run: Sequence[Event]) -> Iterable[Drawn]:
        if not run:
            return
        first = run[0]
        apart = {self.spec.stage_field, "owner", "pool"}
        changed: dict[str, FieldChange] = {}
        for event in run:
            for change in event.changes if event.operation == "update" else ():
                later = changed.get(change.field)
                new = later.new if later else change.new
                changed[change.field] = FieldChange(change.field, change.old, new)
        shown = [one for one in changed.values() if one.field not in apart]
        if first.operation == "update" and not shown:
            return
        drawn = self._logged(first.version, first)
        yield {**drawn, "changes": self._pairs(shown)} if first.operation == "update" else drawn

    def _logged(self, place: int, event: Event) -> Drawn:
        icon, text = {
            "create": ("sparkles", "created this record"),
            "delete": ("trash-2", "deleted this record"),
            "restore": ("rotate-ccw", "brought this record back"),
            "merge": ("git-merge", "merged another record into this one"),
        }.get(event.operation, ("history", "changed this record"))
        drawn = {
            **self._event(f"c{place}-{event.version}", event.at, icon),
            **self._writer(event),
            "text": self.speech.t(text),
        }
        if event.operation == "update":
            drawn["changes"] = self._pairs(event.changes)
        return drawn

    def _writer(self, event: Event) -> Drawn:
        """Return who wrote: a person, a source, the system, or an enrichment with the way to its reason."""
        rule = rule_behind(self.asked.model, event.reason)
        if rule and isinstance(rule.body, Enrichment) and event.actor == actor_id(rule.code):
            return self._by(rule.code, "", event.at)
        machine = event.actor == SYSTEM_ID
        who = self.speech.t("The system") if machine else event.actor_name
        return {"who": who or self.speech.t("Somebody")}

    def _pairs(self, changes: Iterable[FieldChange]) -> list[Drawn]:
        found = []
        for change in changes:
            field = self.spec.fields[change.field]
            found.append(
                {
                    "label": field.label.text(self.asked.language),
                    "before": self._shown(field, change.old),
                    "after": self._shown(field, change.new),
                }
            )
        return found

    def _shown(self, field: Field, raw: object) -> str:
        """Return one side of a change as people read it."""
        if raw is None or raw == "":
            return ""
        target = target_of(field)
        if target:
            ids = raw if isinstance(raw, list) else [raw]
            names = [self.names.get((target, str(id)), "") for id in ids]
            return ", ".join(name or self.speech.t("Not visible") for name in names)
        try:
            value = field.type.parse(raw)
        except InvalidValueError:
            return str(raw)
        return str(Look(self.asked).value(self.spec, field, value, "")["text"]) or str(raw)

    @cached_property
    def names(self) -> Mapping[tuple[str, str], str]:
        """Return the titles of every record that a change names."""
        wanted = {
            (target_of(self.spec.fields[change.field]), str(id))
            for event in self.history.events
            for change in event.changes
            if target_of(self.spec.fields[change.field])
            for raw in (change.old, change.new)
            for id in (raw if isinstance(raw, list) else [raw])
            if id
        }
        asked = self.asked
        return asked.site.reads.titles(asked.ctx, asked.model, sorted(wanted)) if wanted else {}


def _one_sitting(later: Event, earlier: Event) -> bool:
    same = later.operation == earlier.operation == "update" and later.actor == earlier.actor
    return same and later.at - earlier.at <= TOGETHER


def activities_of(asked: Asked, spec: ObjectType) -> Relation | None:
    """Return the relation to activities that the reader may look into, None when there is none."""
    found = asked.model.objects.get(ACTIVITY)
    if found is None or not found.fields.keys() >= ACTIVITY_FIELDS or spec.code == ACTIVITY:
        return None
    access = access_to(asked.model, asked.actor, ACTIVITY)
    for relation in spec.relations.values():
        if relation.object_name == ACTIVITY and access.may_read:
            known = access.readable_anywhere()
            return relation if known >= {*ACTIVITY_FIELDS, relation.field} else None
    return None
