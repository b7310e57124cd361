"""What a change of the configuration works with: the database, the compiler with the layers below, the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fieldstone.access.rights import is_administrator
from fieldstone.base.clock import Clock
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Actor
from fieldstone.compiler.present import Present
from fieldstone.compiler.tree import Layer
from fieldstone.evolution.documents import Documents
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.revisions import Revision, Revisions
from fieldstone.storage.site_state import has_tables

Below = Callable[[Documents], Sequence[Layer]]
"""Returns all layers, lowest first, with the stored documents in their places."""
Compile = Callable[[Documents], Model]
"""Compiles stored documents above the layers of the installation. Raises MetadataError with every problem."""

Read = Callable[[Documents], Present]
"""Lays stored documents over the layers of the installation; what cannot be read is left out."""


@dataclass(frozen=True)
class Workshop:
    """The database, the compiler and the clock of one process."""

    storage: Storage
    compile: Compile
    clock: Clock
    layers: Below
    read: Read
    draft: Compile | None = None  # compiles what is tried out and soon forgotten

    def current(self) -> tuple[int, Documents]:
        """Return the revision in force and its documents."""
        return current_documents(self.storage)

    def model(self, documents: Documents) -> Model:
        """Return the compiled model with every field in the column that keeps its type of values. Raises MetadataError."""
        return self.storage.kept_columns().applied(self.compile(documents))

    def drafted(self, documents: Documents) -> Model:
        """Return the model of documents that are being written. Raises MetadataError."""
        return self.storage.kept_columns().applied((self.draft or self.compile)(documents))

    def documents(self, number: int) -> Documents:
        """Return the documents of a revision. Raises RefusedError (404) for a number that never was."""
        with self.storage.looking() as connection:
            kept = Revisions(connection)
            if number != 0 and kept.revision(number) is None:
                raise no_revision(number)
            return Documents.of_texts(kept.texts(number) if number else ())

    def revision(self, number: int) -> Revision:
        """Return a revision. Raises RefusedError (404) for a number that never was."""
        with self.storage.looking() as connection:
            found = Revisions(connection).revision(number)
        if found is None:
            raise no_revision(number)
        return found

    def revisions(self, limit: int = 50, before: int | None = None) -> tuple[Revision, ...]:
        """Return revisions, the newest first."""
        with self.storage.looking() as connection:
            return Revisions(connection).latest(limit, before)


def current_documents(storage: Storage) -> tuple[int, Documents]:
    """Return the revision in force and its documents; nothing in a database without tables."""
    with storage.looking() as connection:
        if not has_tables(connection):
            return 0, Documents()
        kept = Revisions(connection)
        number = kept.current()
        return number, Documents.of_texts(kept.texts(number) if number else ())


def no_revision(number: int) -> RefusedError:
    """Return the refusal of a revision that never was."""
    text = f"there is no revision {number}."
    cure = "See 'fieldstone revisions' or GET /api/v1/config/revisions for those there are."
    return RefusedError([Problem("not_found", "revision", text, cure)], 404)


def only_administrators(model: Model, actor: Actor) -> None:
    """Refuse who may not change the configuration. Raises RefusedError (403)."""
    if not is_administrator(model, actor):
        text = "only administrators see and change the configuration."
        cure = "Ask one to do it, or to give you a role marked 'administrator: true'."
        raise RefusedError([Problem("forbidden", "config", text, cure)], 403)
