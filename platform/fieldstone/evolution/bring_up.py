"""At the start: brings the database to the model, and gives every rule the version that its text has."""

from __future__ import annotations

from datetime import datetime

from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.kept_columns import write


def bring_up(storage: Storage, model: Model, now: datetime) -> tuple[Model, tuple[str, ...]]:
    """Add what the model has and the database lacks; return the model with its rules' versions, and notes.

    Destructive differences (columns no longer in the model) are named in the notes and left alone.
    """
    kept = storage.kept_columns()
    rows = kept.learned(model).rows(kept)
    model = kept.applied(model)
    brought = storage.bring_to(storage.use(model), now, lambda connection: write(connection, rows))
    versions = storage.rule_versions(model, now)
    return model.with_rule_versions(versions), tuple(note.text for note in brought.notes)
