"""What every part of a record's page knows: who asks, about which record."""

from __future__ import annotations

from dataclasses import dataclass

from fieldstone.base.cached import cached_property
from fieldstone.model.objects import ObjectType
from fieldstone.reads.converting import Converting
from fieldstone.reads.deadlines import Running
from fieldstone.reads.history import History
from fieldstone.reads.query import Record
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech


@dataclass(frozen=True)
class OneRecord:
    """One record for one reader."""

    asked: Asked
    record: Record

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @property
    def spec(self) -> ObjectType:
        """Return the record's object."""
        return self.asked.model.objects[self.record.object_name]

    @property
    def url(self) -> str:
        """Return the address of the record."""
        return f"/o/{self.record.object_name}/{self.record.id}"

    @cached_property
    def past(self) -> History:
        """Return the record's changes, stages and owners; several parts of a page tell of them."""
        asked = self.asked
        found = asked.site.reads.history(asked.ctx, asked.model, self.spec.code, self.record.id)
        return found or History((), (), ())

    @cached_property
    def conversion(self) -> Converting | None:
        """Return how the record stands to its conversion, None where nothing converts it."""
        asked = self.asked
        if not asked.model.rules_of(self.spec.code, "conversion_map"):
            return None
        return asked.site.reads.converting(asked.ctx, asked.model, self.spec.code, self.record.id)

    @cached_property
    def running(self) -> tuple[Running, ...]:
        """Return the deadlines that run for the record, the next one first."""
        asked = self.asked
        found = asked.site.reads.deadlines(asked.ctx, asked.model, self.spec.code, self.record.id)
        return found or ()
