"""Where imports stand, as parts/imports.html draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any, Final

from fieldstone.access.access import access_to
from fieldstone.actions.importing.desk import HALF_UNDONE, STOPPED, Desk, KeptImport, Stand
from fieldstone.actions.importing.guessing import columns_of
from fieldstone.actions.importing.source import SourceFile
from fieldstone.base.errors import Problem
from fieldstone.fieldtypes.locales import moment
from fieldstone.storage.import_log import ImportLog
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.wording import told

# What stands in the fields of states: which of the five steps is the present one.
STEP_OF: Final = {
    "matching": 1,
    "checking": 2,
    "checked": 2,
    "running": 3,
    "failed": 3,
    STOPPED: 3,
    "done": 4,
    "undoing": 4,
    "undone": 4,
    HALF_UNDONE: 4,
}
REFUSED_SHOWN: Final = 20
LONGEST_CELL: Final = 60
Card = dict[str, Any]


@dataclass(frozen=True)
class Cards:
    """Imports for one reader."""

    asked: Asked

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    def card(self, kept: KeptImport) -> Card:
        """Return one import with its figures; those of running work come from its job."""
        asked, url = self.asked, f"/imports/{kept.id}"
        stand = self._desk.stand(kept)
        counts, whole = stand.counts, max(kept.total, stand.done, 1)
        card: Card = {
            "id": kept.id,
            "url": url,
            "name": kept.file,
            "object": self._named(kept),
            "by": self._person(kept.actor),
            "at": kept.created_at.isoformat(),
            "time": moment(kept.created_at, asked.language, asked.ctx.actor.zone),
            "state": stand.state,
            "busy": stand.busy,
            "total": f"{kept.total:,}",
            "done": f"{stand.done:,}",
            "percent": 100 * stand.done // whole,
            "added": counts.get("created", 0),
            "updated": counts.get("updated", 0) + counts.get("attached", 0),
            "skipped": counts.get("skipped", 0) + counts.get("unchanged", 0),
            "refused": counts.get("rejected", 0),
            "removed": counts.get("removed", 0),
            "left": counts.get("left", 0),
            "problem": stand.problem,
        }
        return {**card, **self._links(kept, stand)}

    @property
    def _desk(self) -> Desk:
        asked = self.asked
        return Desk(asked.site.storage, asked.site.queue, asked.ctx, asked.model)

    def _named(self, kept: KeptImport) -> str:
        """Return what is imported, as it stands within a sentence."""
        spec = self.asked.model.objects.get(kept.object_name)
        label = spec.plural.text(self.asked.language) if spec else kept.object_name
        return label if self.asked.language == "zh" else label.lower()

    def _links(self, kept: KeptImport, stand: Stand) -> Card:
        links: Card = {}
        if stand.counts.get("rejected") and not stand.busy:
            links["rejected_url"] = f"/imports/{kept.id}/rejected"
        if stand.state in ("done", STOPPED, HALF_UNDONE):
            links["list_url"] = f"/o/{kept.object_name}?sort=-created_at"
            access = access_to(self.asked.model, self.asked.ctx.actor, kept.object_name)
            if stand.counts.get("created") and access.rights.delete:
                links["undo_url"] = f"/imports/{kept.id}/undo"
        return links

    def _person(self, user: str) -> str:
        asked = self.asked
        titles = asked.site.reads.titles(asked.ctx, asked.model, [("user", user)])
        return titles.get(("user", user)) or self.speech.t("Somebody")

    def steps(self, kept: KeptImport) -> list[Card]:
        """Return the five steps, with the present one marked."""
        t, now = self.speech.t, STEP_OF[kept.state]
        labels = (t("File"), t("Match"), t("Check"), t("Run"), t("Finished"))
        last = len(labels) - 1
        return [
            {"label": label, "done": at < now or now == last, "now": at == now}
            for at, label in enumerate(labels)
        ]

    def refused(self, kept: KeptImport, source: SourceFile) -> list[Card]:
        """Return the first refused rows: what stands in each cell that is wrong, and the reason in words."""
        with self.asked.site.storage.looking() as connection:
            rows = list(islice(ImportLog(connection).rows(kept.id, "rejected"), REFUSED_SHOWN))
        wanted = {row.line for row in rows}
        last = max(wanted, default=0)
        within = takewhile(lambda row: row[0] <= last, source.rows())
        cells = {
            line: dict(zip(source.headings, texts, strict=False))
            for line, texts in within
            if line in wanted
        }
        columns = {code: column for column, code in columns_of(kept.mapping).items()}
        return [
            {
                "line": row.line,
                "reasons": [
                    self._reason(kept, Problem(**one), columns, cells.get(row.line, {}))
                    for one in row.problems
                ],
            }
            for row in rows
        ]

    def _reason(
        self,
        kept: KeptImport,
        problem: Problem,
        columns: Mapping[str, str],
        cells: Mapping[str, str],
    ) -> Card:
        field = self.asked.model.objects[kept.object_name].fields.get(problem.path)
        where = field.label.text(self.asked.language) if field else problem.path
        cell = cells.get(columns.get(problem.path, problem.path), "")[:LONGEST_CELL]
        text = told(problem, self.asked.language)
        return {"where": where, "cell": "" if cell in text else cell, "text": text}
