"""What every part of a record's page knows: who asks, about which record."""

from __future__ import annotations

from dataclasses import dataclass

from fieldstone.model.objects import ObjectType
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
