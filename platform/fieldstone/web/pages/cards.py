"""The cards of a board: what a record shows on one, and what still keeps it out of each stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from fieldstone.access.access import env_of
from fieldstone.base.cached import cached_property
from fieldstone.model.objects import ObjectType, Pipeline, Stage, View
from fieldstone.reads.query import Record
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.amounts import compact, near, short_time, usual_time
from fieldstone.web.pages.people import face, initials, tone
from fieldstone.web.pages.subjects import access_of, has_face, is_company, today_of
from fieldstone.web.pages.values import Look

MOST_CHIPS: Final = 3
BEST_SCORE: Final = 100
EMPTY: Final[tuple[object, ...]] = (None, "", (), [])
# What comes next on a record: a text with its day, or a moment alone; objects have one or none.
NEXT_TEXT: Final = ("next_step", "next_step_on")
NEXT_MOMENT: Final = "next_follow_up"


@dataclass(frozen=True)
class Cards:
    """The cards of one board for one reader."""

    asked: Asked
    spec: ObjectType
    view: View | None
    pipeline: Pipeline | None
    way: str = ""  # what the address of a record carries of the board

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @cached_property
    def look(self) -> Look:
        """Return how the reader sees values."""
        return Look(self.asked)

    @cached_property
    def known(self) -> frozenset[str]:
        """Return the fields the reader may see."""
        return access_of(self.asked, self.spec).shown_anywhere()

    def _code(self, key: str, default: str = "") -> str:
        """Return the field that the view's card names; a dotted path shows the record it leads through."""
        card = self.view.card if self.view else {}
        code = str(card.get(key, default)).partition(".")[0]
        return code if code in self.spec.fields and code in self.known else ""

    @cached_property
    def sum_code(self) -> str:
        """Return the field of money on the card, "" for none."""
        return self._code("sum")

    @cached_property
    def chip_codes(self) -> tuple[str, ...]:
        """Return the fields shown as chips."""
        chips = (self.view.card if self.view else {}).get("chips", ())
        listed = chips if isinstance(chips, tuple | list) else ()
        return tuple(str(c) for c in listed if c in self.spec.fields and c in self.known)

    @cached_property
    def stages(self) -> Mapping[str, Stage]:
        """Return the stages of the board's pipeline."""
        return self.pipeline.stages if self.pipeline else {}

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Return every field that the cards read."""
        wanted = [self.spec.title, self._code("title"), self._code("subtitle"), self.sum_code]
        wanted += self.chip_codes
        wanted += ["owner", "stage_entered_at", "score", NEXT_MOMENT, *NEXT_TEXT]
        wanted += [self.spec.stage_field, *self._asked_by_stages()]
        return tuple(
            dict.fromkeys(c for c in wanted if c and c in self.spec.fields and c in self.known)
        )

    def _asked_by_stages(self) -> list[str]:
        found: list[str] = []
        for stage in self.stages.values():
            found += stage.needs
            if stage.guard is not None:
                found += [name for name in stage.guard.names if name in self.spec.fields]
        return found

    def card(self, record: Record) -> dict[str, Any]:
        """Return one card as parts/board.html draws it."""
        title = self._text(record, self._code("title")) or self.look.title(record)
        card: dict[str, Any] = {
            "id": record.id,
            "href": f"/o/{self.spec.code}/{record.id}{self.way}",
            "move_url": f"/o/{self.spec.code}/{record.id}/move",
            "title": title,
            "subtitle": self._text(record, self._code("subtitle")),
            "chips": self._chips(record),
            "needs": self._missing(record),
            "refused": self._refused(record),
            "amount": self._amount(record),
            **self._age(record),
        }
        if has_face(self.spec):
            square = is_company(self.spec)
            card["who"] = {"initials": initials(title), "tone": tone(title), "org": square}
        if isinstance(score := record.values.get("score"), int):
            card["score"] = max(0, min(BEST_SCORE, score))
        if owner := record.titles.get("owner"):
            card["owner"] = face(str(owner))
        if coming := self._next(record):
            card["next"] = coming
        return card

    def _text(self, record: Record, code: str) -> str:
        return str(self.look.cell(record, code)["text"]) if code else ""

    def _chips(self, record: Record) -> list[dict[str, str]]:
        chips = (self.look.chip(record, code) for code in self.chip_codes)
        return [chip for chip in chips if chip is not None][:MOST_CHIPS]

    def _amount(self, record: Record) -> str:
        if not self.sum_code:
            return ""
        field = self.spec.fields[self.sum_code]
        return compact(field, record.values.get(self.sum_code), self.asked.language)

    def _missing(self, record: Record) -> dict[str, int]:
        """Return by stage how many of the fields it needs are empty on this card."""
        return {
            stage.code: sum(record.values.get(code) in EMPTY for code in stage.needs)
            for stage in self.stages.values()
            if stage.needs
        }

    def _refused(self, record: Record) -> dict[str, str]:
        """Return by stage why its guard refuses this card; what cannot be told here the server says on the drop."""
        env, language = env_of(self.asked.ctx), self.asked.language
        said = {}
        for stage in self.stages.values():
            guard = stage.guard
            if guard is None or guard.paths or not set(guard.names) <= {*record.values, "user"}:
                continue
            if not guard.evaluate(record.values, env):
                text = stage.guard_text.text(language) if stage.guard_text else ""
                said[stage.code] = text or guard.read_back(language)
        return said

    def _age(self, record: Record) -> dict[str, Any]:
        entered = record.values.get("stage_entered_at")
        if not isinstance(entered, datetime):
            return {}
        passed = max(self.asked.ctx.now - entered, timedelta())
        stage = self.stages.get(str(record.values.get(self.spec.stage_field)))
        usual = usual_time(stage.within) if stage and stage.kind == "open" else None
        late = usual is not None and passed > usual
        return {"age": short_time(self.speech, passed), "age_late": late}

    def _next(self, record: Record) -> dict[str, str] | None:
        """Return the next step, red when its day has passed, amber when there is none."""
        stage = self.stages.get(str(record.values.get(self.spec.stage_field)))
        if stage is not None and stage.kind != "open":
            return None
        text, day = NEXT_TEXT
        if text in self.spec.fields and text in self.known:
            return self._step(str(record.values.get(text) or ""), record.values.get(day))
        if NEXT_MOMENT in self.spec.fields and NEXT_MOMENT in self.known:
            return self._step("", record.values.get(NEXT_MOMENT))
        return None

    def _step(self, text: str, moment: object) -> dict[str, str]:
        t = self.speech.t
        if not text and moment is None:
            return {"text": t("No next step"), "icon": "circle-dashed", "state": "none"}
        when, late = self._when(moment)
        shown = " · ".join(part for part in (text or t("Follow up"), when) if part)
        return {"text": shown, "icon": "alarm-clock", "state": "late" if late else ""}

    def _when(self, moment: object) -> tuple[str, bool]:
        if not isinstance(moment, date):
            return "", False
        ctx = self.asked.ctx
        shown = near(self.speech, moment, ctx.now, ctx.actor.zone)
        late = moment < ctx.now if isinstance(moment, datetime) else moment < today_of(self.asked)
        return shown, late
