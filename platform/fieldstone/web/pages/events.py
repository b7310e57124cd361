"""The records on a calendar: what each shows on its day, and where it goes when it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fieldstone.base.cached import cached_property
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.query import Record
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.people import face
from fieldstone.web.pages.subjects import access_of
from fieldstone.web.pages.values import Look

OPEN: Final = "open"
Event = dict[str, Any]


@dataclass(frozen=True)
class Events:
    """How one reader sees the records of a calendar; `field` holds their day."""

    asked: Asked
    spec: ObjectType
    field: Field

    @cached_property
    def look(self) -> Look:
        """Return how the reader sees values."""
        return Look(self.asked)

    @cached_property
    def known(self) -> frozenset[str]:
        """Return the fields the reader may see plain."""
        return access_of(self.asked, self.spec).readable_anywhere()

    @property
    def zone(self) -> ZoneInfo:
        """Return the reader's time zone."""
        return ZoneInfo(self.asked.ctx.actor.zone)

    @cached_property
    def colour(self) -> str:
        """Return the field that colours records: the stage, else the first choice; "" for none."""
        if self.spec.stage_field and self.spec.stage_field in self.known:
            return self.spec.stage_field
        choices = (
            code
            for code, field in self.spec.fields.items()
            if field.type.name == "select" and not field.system and code in self.known
        )
        return next(choices, "")

    @cached_property
    def ticked(self) -> str:
        """Return the field that says whether a record is done, "" where none does."""
        complete = self.asked.site.vocabulary.actions.get("complete")
        offered = complete is not None and complete.offered(self.asked.model, self.spec.code)
        return "status" if offered and "status" in self.known else ""

    @property
    def codes(self) -> tuple[str, ...]:
        """Return every field that the days read."""
        wanted = (self.spec.title, self.field.code, self.colour, self.ticked, "owner")
        shown = access_of(self.asked, self.spec).shown_anywhere()
        return tuple(dict.fromkeys(c for c in wanted if c and c in self.spec.fields and c in shown))

    @cached_property
    def given(self) -> Mapping[str, str]:
        """Return what else a new record on a day begins with: what is planned is a task, and open."""
        options = getattr(self.spec.fields[self.colour].type, "options", {}) if self.colour else {}
        if not self.ticked or "task" not in options:
            return {}
        return {self.colour: "task", self.ticked: OPEN}

    def title(self, record: Record) -> str:
        """Return what a record is called."""
        return self.look.title(record) or speech(self.asked.language).t("Without a name")

    def event(self, record: Record) -> Event:
        """Return a record as parts/calendar.html draws it."""
        kind = self.look.cell(record, self.colour) if self.colour else {}
        value = record.values[self.field.code]
        event: Event = {
            "id": record.id,
            "href": f"/o/{self.spec.code}/{record.id}",
            "title": self.title(record),
            "tone": kind.get("tone", "blue"),
            "kind": kind.get("text", ""),
            "time": f"{value.astimezone(self.zone):%H:%M}" if isinstance(value, datetime) else "",
            "done": self._done(record),
            "ticked": bool(self.ticked) and self._done(record),
        }
        if owner := record.titles.get("owner"):
            event["owner"] = face(str(owner))
        return event

    def _done(self, record: Record) -> bool:
        if self.ticked:
            return record.values.get(self.ticked) != OPEN
        stage = str(record.values.get(self.spec.stage_field or "", ""))
        pipelines = self.spec.pipelines.pipelines.values() if self.spec.pipelines else ()
        return any(one.stages[stage].kind != OPEN for one in pipelines if stage in one.stages)

    def day_of(self, value: date | datetime) -> date:
        """Return the day on which a value stands for this reader."""
        return value.astimezone(self.zone).date() if isinstance(value, datetime) else value

    def moved(self, value: date | datetime, to: date) -> object:
        """Return what the write door takes for a value on another day, at the same time by the reader's clock."""
        if not isinstance(value, datetime):
            return to.isoformat()
        there = datetime.combine(to, value.astimezone(self.zone).time(), self.zone)
        return self.field.type.dump(there.astimezone(UTC))
