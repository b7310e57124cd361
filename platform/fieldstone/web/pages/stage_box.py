"""The path of stages on a record's page, and what the next stage asks for: parts/stages.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fieldstone.model.objects import Pipeline, Stage
from fieldstone.reads.history import StageSpan
from fieldstone.reads.standing import Entry, Standing
from fieldstone.rules.conversion import CONVERT
from fieldstone.web.pages.amounts import short_time, usual_text, usual_time
from fieldstone.web.pages.inputs import Inputs
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wrong import Errors

Drawn = dict[str, Any]
WHOLE: Final = 100


@dataclass(frozen=True)
class StageBox(OneRecord):
    """The stages of one record for one reader."""

    standing: Standing
    spans: Sequence[StageSpan] = ()
    waits: bool = False  # its conversion was asked for

    def drawn(self, errors: Errors | None = None) -> Drawn | None:
        """Return the dict of parts/stages.html, None for an object without stages."""
        pipeline = self.standing.pipeline
        spec = self.asked.model.objects[self.record.object_name]
        if pipeline is None or spec.stage_field not in self.record.values:
            return None
        now = pipeline.stages.get(self.standing.stage)
        found: Drawn = {"path": self._path(pipeline, now)}
        if now is not None and now.kind != "open":
            tone = "green" if now.kind == "won" else "gray"
            found["ended"] = {"text": now.label.text(self.asked.language), "tone": tone}
            return found
        if not self.standing.may_write(spec.stage_field):
            return found
        if (entry := self.next_entry(pipeline)) is not None:
            found["gate"] = self._gate(entry, now, errors or {})
        if (lost := self._lost(pipeline)) is not None:
            name = lost.label.text(self.asked.language)
            found["lose"] = {
                "label": self.speech.t("Mark as {stage}", stage=name),
                "move_url": f"{self.url}/move?to={lost.code}",
            }
        return found

    def next_entry(self, pipeline: Pipeline) -> Entry | None:
        """Return what lies before the next stage: the first one behind the present that can be reached."""
        codes = list(pipeline.stages)
        here = codes.index(self.standing.stage) if self.standing.stage in codes else -1
        entries = self.standing.entries or {}
        behind = [entries[code] for code in codes[here + 1 :] if code in entries]
        live = [one for one in behind if one.stage.kind != "lost"]
        return next((one for one in live if one.allowed or one.stage.only_by), None)

    def _lost(self, pipeline: Pipeline) -> Stage | None:
        entries = (self.standing.entries or {}).values()
        return next(
            (one.stage for one in entries if one.stage.kind == "lost" and one.allowed), None
        )

    def _path(self, pipeline: Pipeline, now: Stage | None) -> list[Drawn]:
        spent = self._spent()
        shown = [
            stage
            for stage in pipeline.stages.values()
            if stage is now or (not stage.archived and stage.kind != "lost")
        ]
        place = shown.index(now) if now in shown else -1
        return [
            {
                "id": stage.code,
                "name": stage.label.text(self.asked.language),
                "state": self._state(n, place, stage, spent),
                "time": short_time(self.speech, spent[stage.code])
                if stage.code in spent and n <= place and stage.kind == "open"
                else "",
                "spent": self._share(stage, spent) if stage is now else None,
                "lost": stage.kind == "lost",
                "won": stage.kind == "won",
            }
            for n, stage in enumerate(shown)
        ]

    def _state(self, place: int, now: int, stage: Stage, spent: Mapping[str, timedelta]) -> str:
        if place == now:
            return "now"
        # A lost record went only as far as its history says.
        was_there = stage.code in spent or not self.spans
        return "done" if place < now and was_there else ""

    def _spent(self) -> dict[str, timedelta]:
        """Return how long the record was in each stage, the present one until now."""
        spent: dict[str, timedelta] = {}
        for span in self.spans:
            until = span.left_at or self.asked.ctx.now
            spent[span.stage] = spent.get(span.stage, timedelta()) + (until - span.entered_at)
        return spent

    def _share(self, stage: Stage, spent: Mapping[str, timedelta]) -> int | None:
        usual, there = usual_time(stage.within), spent.get(stage.code)
        if stage.kind != "open" or usual is None or there is None:
            return WHOLE
        return max(4, min(WHOLE, int(WHOLE * (there / usual))))

    def _gate(self, entry: Entry, now: Stage | None, errors: Errors) -> Drawn:
        needs = [self._need(code, entry, errors) for code in entry.stage.needs]
        if entry.stage.guard is not None:
            needs.append(self._guard(entry))
        waits = self.waits and entry.stage.only_by == CONVERT
        done = sum(1 for need in needs if need["ok"])
        return {
            "id": entry.stage.code,
            "name": entry.stage.label.text(self.asked.language),
            "needs": needs,
            "done": done,
            "total": len(needs),
            "ready": done == len(needs),
            "why_url": f"{self.url}/why?stage={entry.stage.code}" if needs else "",
            "move_url": f"{self.url}/move",
            "refused": self.speech.t("It waits for a manager's check.") if waits else "",
            "usual": self._usual(now),
        }

    def _need(self, code: str, entry: Entry, errors: Errors) -> Drawn:
        spec = self.asked.model.objects[self.record.object_name]
        field = spec.fields[code]
        need: Drawn = {
            "label": field.label.text(self.asked.language),
            "ok": code not in entry.missing,
        }
        if need["ok"]:
            value = Look(self.asked).cell(self.record, code)
            return {**need, "value": value["text"]}
        if not self.standing.may_write(code) or field.type.name in ("rows", "file", "image"):
            return {**need, "why": self.speech.t("Empty")}
        inputs = Inputs(
            self.asked, spec, self.standing, self.record.values, {}, errors, self.record.id
        )
        shown = {**inputs.one(field), "id": f"g-{code}", "required": False}
        return {**need, "f": shown, "url": f"{self.url}/field/{code}"}

    def _guard(self, entry: Entry) -> Drawn:
        language, stage = self.asked.language, entry.stage
        text = stage.guard_text.text(language) if stage.guard_text else ""
        said = text or (stage.guard.read_back(language) if stage.guard else "")
        return {"label": said, "ok": not entry.guarded}

    def _usual(self, now: Stage | None) -> str:
        if now is None or not now.within:
            return ""
        entered = self.record.values.get("stage_entered_at")
        usual = usual_text(self.speech, now.within)
        if not usual or not isinstance(entered, datetime):
            return ""
        here = short_time(self.speech, self.asked.ctx.now - entered)
        return self.speech.t(
            "Usual time here is {usual}; it has been {here}.", usual=usual, here=here
        )
