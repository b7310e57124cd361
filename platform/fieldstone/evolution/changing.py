"""The one way in for whoever changes the configuration: studio, REST, command; only administrators pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fieldstone.changes.nouns import Context
from fieldstone.evolution import exporting, purging
from fieldstone.evolution import plan as planning
from fieldstone.evolution.apply import Applied, OvertakenError, Wish, apply, overtaken
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.effective import Effective
from fieldstone.evolution.live import Live
from fieldstone.evolution.origins import Said, said_of
from fieldstone.evolution.plan import Plan, Wanted
from fieldstone.evolution.purging import Retired
from fieldstone.evolution.references import Place, places_of
from fieldstone.evolution.relocation import Destinations
from fieldstone.evolution.workshop import only_administrators
from fieldstone.model.site_model import Model
from fieldstone.storage.revisions import Revision


class Changing:
    """The configuration of one site, as administrators read and change it."""

    def __init__(self, live: Live) -> None:
        """Change what `live` follows."""
        self.live = live
        self.workshop = live.workshop

    def current(self, ctx: Context) -> tuple[int, Documents]:
        """Return the revision in force and its documents. Raises RefusedError (403)."""
        self.admit(ctx)
        return self.workshop.current()

    def documents(self, ctx: Context, number: int) -> Documents:
        """Return the documents of a revision. Raises RefusedError (403, 404)."""
        self.admit(ctx)
        return self.workshop.documents(number)

    def plan(
        self,
        ctx: Context,
        documents: Documents,
        base: int | None = None,
        moves: Destinations | None = None,
    ) -> Plan:
        """Return what it would mean to put these documents into force.

        `base` is the revision they were edited from, the one in force when left out; `moves` says where records of
        removed stages and options go: ("lead", "stage", "contacted") -> "new". Raises RefusedError (403, 422).
        """
        self.admit(ctx)
        self.live.look()
        number = self.workshop.current()[0] if base is None else base
        wanted = Wanted(documents, number, moves or {})
        return planning.plan(self.workshop, ctx, self.live.found.model, wanted)

    def draft(self, ctx: Context, documents: Documents) -> Model:
        """Return the model that these documents make; nothing is planned. Raises MetadataError, RefusedError (403)."""
        self.admit(ctx)
        return self.workshop.drafted(documents)

    def apply(self, ctx: Context, planned: Plan, wish: Wish) -> Applied:
        """Put a plan into force; see evolution.apply. Raises RefusedError (403, 409, 422)."""
        self.admit(ctx)
        applied = apply(self.workshop, ctx, planned, wish)
        self.live.take(applied.revision.number, planned.documents, applied.model)
        return applied

    def plan_rollback(self, ctx: Context, number: int) -> Plan:
        """Return what it would mean to go back to the state that revision `number` left."""
        return self.plan(ctx, self.documents(ctx, number))

    def rollback(self, ctx: Context, planned: Plan, number: int, wish: Wish) -> Applied:
        """Go back to revision `number`, as a revision of its own."""
        wish = Wish(wish.reason, wish.second_word, "rollback", number)
        return self.apply(ctx, planned, wish)

    def revisions(
        self, ctx: Context, limit: int = 50, before: int | None = None
    ) -> tuple[Revision, ...]:
        """Return revisions, the newest first. Raises RefusedError (403)."""
        self.admit(ctx)
        return self.workshop.revisions(limit, before)

    def revision(self, ctx: Context, number: int) -> Revision:
        """Return one revision. Raises RefusedError (403, 404)."""
        self.admit(ctx)
        return self.workshop.revision(number)

    def effective(self, ctx: Context, documents: Documents | None = None) -> Effective:
        """Return what every setting is with these documents, those in force when left out. Raises RefusedError (403)."""
        self.admit(ctx)
        return Effective(self.workshop.read(documents or self.workshop.current()[1]))

    def export(self, ctx: Context, folder: Path) -> tuple[Path, ...]:
        """Write the site's documents into a folder and return the files."""
        return exporting.export(self.current(ctx)[1], folder)

    def read(self, ctx: Context, folder: Path) -> Documents:
        """Return the documents in force with the site's own replaced by the YAML files of a folder."""
        return self.current(ctx)[1].with_site(exporting.read_site(folder))

    def retired(self, ctx: Context) -> tuple[Retired, ...]:
        """Return what is kept of fields, objects and options that are gone or archived. Raises RefusedError (403)."""
        self.admit(ctx)
        return purging.retired(self.workshop, self.live.found.model)

    def plan_purge(self, ctx: Context, name: str) -> Plan:
        """Return what it would mean to delete retired values for good. Raises RefusedError (403, 404)."""
        found = purging.named(self.retired(ctx), name)
        return purging.plan_purge(self.workshop, self.live.found.model, found)

    def purge(self, ctx: Context, name: str, wish: Wish) -> Applied:
        """Delete retired values for good; always with a second word. Raises RefusedError (403, 404, 409)."""
        found = purging.named(self.retired(ctx), name)
        model = self.live.found.model
        applied = purging.purge(self.workshop, ctx, model, found, wish)
        self.live.take(applied.revision.number, self.workshop.current()[1], applied.model)
        return applied

    def said_of(self, ctx: Context, path: Sequence[str]) -> tuple[Said, ...]:
        """Return what each layer says about a setting, lowest first; the last one holds. Raises RefusedError (403)."""
        documents = self.current(ctx)[1]
        return said_of(self.workshop.layers(documents), path)

    def places_of(self, ctx: Context, what: str, target: tuple[str, ...]) -> tuple[Place, ...]:
        """Return everything that names a thing: ("field", ("lead", "budget")). Raises RefusedError (403)."""
        self.admit(ctx)
        return places_of(self.live.found.model, what, target)

    def overtaken(self, base: int) -> OvertakenError:
        """Return the refusal that names what was changed since revision `base`."""
        return overtaken(self.workshop, base)

    def admit(self, ctx: Context) -> None:
        """Refuse who is no administrator. Raises RefusedError (403)."""
        only_administrators(self.live.found.model, ctx.actor)
