"""The page of one record: its stages, what happened, what is to be done, its values, what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.base.cached import cached_property
from fieldstone.reads.query import Query
from fieldstone.reads.standing import Standing
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.arranging import with_trail
from fieldstone.web.pages.badges import forget
from fieldstone.web.pages.composing import Composer
from fieldstone.web.pages.details import Details
from fieldstone.web.pages.entries import ASIDE, NOTICE, TAB, RecordPart, drawn, parts_of
from fieldstone.web.pages.feed import Feed, activities_of
from fieldstone.web.pages.merged import survivor_of
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.reasons import decisions_of
from fieldstone.web.pages.record_lines import LinesBox
from fieldstone.web.pages.related_lists import Related
from fieldstone.web.pages.stage_box import StageBox
from fieldstone.web.pages.subjects import heading, is_company, not_there, object_of
from fieldstone.web.pages.trail import Came, came_from
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.verbs import Verbs
from fieldstone.web.pages.wording import told
from fieldstone.web.pages.wrong import Errors, errors_of

PAGE = Blueprint("record", __name__)
TABS: Final = ("activity", "changes", "why")
MOST_CHIPS: Final = 4
MOST_WORDS: Final = 3
Drawn = dict[str, Any]


@dataclass(frozen=True)
class RecordPage(OneRecord):
    """One record for one reader."""

    standing: Standing
    deleted: bool = False

    @cached_property
    def came(self) -> Came | None:
        """Return the list or board that the reader came from."""
        return came_from(self.asked, self.spec.code, self.record)

    @cached_property
    def feed(self) -> Feed:
        """Return the record's life as it is told."""
        return Feed(self.asked, self.record, self.past)

    def stages(self, errors: Errors | None = None) -> Drawn | None:
        """Return the path of stages."""
        if self.deleted:
            return None
        spans, waits = self.past.stages, self.waits
        return StageBox(self.asked, self.record, self.standing, spans, waits).drawn(errors)

    @property
    def waits(self) -> bool:
        """Tell whether the record's conversion waits for a check."""
        return self.conversion is not None and self.conversion.waits

    def composer(self, kind: str = "note", errors: Errors | None = None) -> Drawn | None:
        """Return the box that writes activities, None when the reader may write none."""
        relation = activities_of(self.asked, self.spec)
        verbs = Verbs(self.asked, self.record, self.standing, self.deleted)
        if relation is None or self.deleted or not verbs.may_log:
            return None
        return Composer(self.asked, self.record, relation).drawn(kind, errors)

    def context(self) -> Drawn:
        """Return what pages/record.html needs."""
        asked, spec, look = self.asked, self.spec, Look(self.asked)
        title = look.title(self.record)
        verbs = Verbs(asked, self.record, self.standing, self.deleted, self.waits)
        scores = asked.site.reads.scores(asked.ctx, asked.model, spec.code, self.record.id)
        boxes = LinesBox(asked, self.record, self.standing).boxes()
        apart = {score.field for score in scores} | {spec.title, *(one["name"] for one in boxes)}
        details = Details(asked, self.record, self.standing)
        tab = self._chosen_tab()
        came = self.came
        back = {"list_url": came.back_url} if came else {}
        crumbs = [{"label": spec.plural.text(asked.language), "href": f"/o/{spec.code}"}]
        return {
            "object": {**heading(asked, spec), **back},
            "id": self.record.id,
            "title": title,
            "subtitle": self._subtitle(),
            "who": {"initials": initials(title), "tone": tone(title), "org": is_company(spec)},
            "chips": self._chips(),
            "crumbs": came.crumbs() if came else crumbs,
            "place_url": came.place_url(self.record.id) if came else "",
            "acts": verbs.first(),
            "more_acts": verbs.more(),
            "edit_url": f"{self.url}/edit" if self.standing.may_update and not self.deleted else "",
            "stages": self.stages(),
            "notices": self._notices(),
            "lines": boxes,
            "tabs": self._tabs(tab),
            "tab": tab,
            **self._tab(tab),
            "asides": drawn(self, ASIDE),
            "highlights": details.highlights(),
            "middle": details.middle(apart),
            "beside": spec.layout.beside,
            "panels": details.panels(apart),
            "score": self._score(scores),
            "related": [] if self.deleted else Related(asked, self.record).lists(),
            "phone_acts": verbs.phone(),
        }

    @cached_property
    def _added_tabs(self) -> dict[str, RecordPart]:
        return {part.code: part for part in parts_of(self, TAB)}

    def _chosen_tab(self) -> str:
        wanted = request.args.get("tab", TABS[0])
        return wanted if wanted in TABS or wanted in self._added_tabs else TABS[0]

    def _tab(self, tab: str) -> Drawn:
        """Return what the chosen tab shows."""
        if tab in self._added_tabs:
            part = self._added_tabs[tab]
            return {"added": {"template": part.template, "x": part.draw(self)}}
        if tab == "changes":
            return {"log": self.feed.log()}
        if tab == "why":
            return {"decisions": decisions_of(self.asked, self.record)}
        return self.feed_context()

    def feed_context(self, kind: str = "note", errors: Errors | None = None) -> Drawn:
        """Return what block `feed` needs."""
        before = _instant(request.args.get("before", ""))
        groups, older = self.feed.groups(before)
        way = self.came.trail if self.came and older else ()
        return {
            "composer": self.composer(kind, errors),
            "groups": groups,
            "coming": self.feed.coming() if before is None else [],
            "older_url": with_trail(older, way),
        }

    def _tabs(self, current: str) -> list[Drawn]:
        t = self.speech.t
        named = {"activity": t("Activity"), "changes": t("Changes"), "why": t("Why")}
        named |= {code: t(part.label) for code, part in self._added_tabs.items()}
        way = self.came.trail if self.came else ()
        links = {"activity": with_trail(self.url, way)}
        return [
            {
                "label": label,
                "href": links.get(code, with_trail(f"{self.url}?tab={code}", way)),
                "current": code == current,
            }
            for code, label in named.items()
        ]

    def _subtitle(self) -> str:
        """Return what tells this record from another of its name: its role, its company, where it is."""
        look = Look(self.asked)
        texts = [
            str(look.cell(self.record, code)["text"])
            for code in ("job_title", "company", "customer", "number", "city", "region", "kind")
            if code in self.spec.fields and code in self.record.values and code != self.spec.title
        ]
        return " · ".join([text for text in texts if text][:MOST_WORDS])

    def _chips(self) -> list[Drawn]:
        """Return the values that stand beside the title: those on its card, and what rules found out."""
        boards = [view for view in self.spec.views.values() if view.kind == "board"]
        listed = boards[0].card.get("chips", ()) if boards else ()
        found_out = [
            c for c, f in self.spec.fields.items() if f.read_only and f.type.name == "select"
        ]
        codes = [*found_out, *(listed if isinstance(listed, list | tuple) else ())]
        look, chips = Look(self.asked), []
        for code in dict.fromkeys(str(c) for c in codes):
            if code in self.record.values and code != self.spec.stage_field:
                chip = look.chip(self.record, code)
                if chip is not None:
                    chips.append(chip)
        return chips[:MOST_CHIPS]

    def _notices(self) -> list[Drawn]:
        t, found = self.speech.t, []
        if self.deleted:
            text = t("This record is in the recycle bin.")
            found.append({"tone": "amber", "icon": "trash-2", "text": text})
        if pool := self.record.values.get("pool"):
            rule = self.asked.model.rules.get(str(pool))
            name = rule.label.text(self.asked.language) if rule else str(pool)
            text = t("Nobody owns this record: it lies in {pool}.", pool=name)
            found.append({"tone": "teal", "icon": "waves", "text": text})
        return [*found, *(one["x"] for one in drawn(self, NOTICE))]

    def _score(self, scores: Any) -> Drawn | None:
        if not scores:
            return None
        score = scores[0]
        largest = max([abs(one.points) for one in score.parts], default=1)
        parts = [
            {
                "label": one.label.text(self.asked.language),
                "n": f"{one.points:+d}",
                "percent": round(100 * max(0, one.points) / largest),
            }
            for one in score.parts
        ]
        return {"n": score.total, "parts": parts}


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def page_of(asked: Asked, code: str, record_id: str) -> RecordPage:
    """Return a record for its page, live or in the recycle bin. Raises RefusedError (404)."""
    spec, reads = object_of(asked, code), asked.site.reads
    query = Query(titles=True)
    record, deleted = reads.get(asked.ctx, asked.model, code, record_id, query), False
    if record is None:
        query = Query(titles=True, deleted=True)
        record, deleted = reads.get(asked.ctx, asked.model, code, record_id, query), True
    if record is None:
        raise not_there()
    standing = reads.standing(asked.ctx, asked.model, spec.code, record_id)
    if standing is None:
        raise not_there()
    if deleted:
        # In the bin nothing is written: it is brought back first.
        standing = replace(standing, may_update=False)
    return RecordPage(asked, record, standing, deleted)


@PAGE.get("/o/<code>/<record_id>")
def record_page(code: str, record_id: str) -> Response:
    """Show a record."""
    asked = the_call()
    spec = object_of(asked, code)
    if moved := survivor_of(asked, spec, record_id):
        return moved
    return drawing.page(asked, "record", page_of(asked, code, record_id).context())


@PAGE.post("/o/<code>/<record_id>/activity")
def write_activity(code: str, record_id: str) -> Response:
    """Write an activity about the record and show the feed with it."""
    asked = the_call()
    shown = page_of(asked, code, record_id)
    relation = activities_of(asked, shown.spec)
    if relation is None:
        raise not_there()
    kind, ran = request.form.get("kind", "note"), shown.running
    outcome = Composer(asked, shown.record, relation).write()
    if outcome.refused:
        errors = errors_of(outcome.problems, asked.language)
        text = told(outcome.problems[0], asked.language)
        toast = {"toast": {"text": text, "tone": "warn"}}
        if not drawing.wants_fragment():
            return drawing.go(asked, shown.url, {"text": text, "tone": "warn"})
        context = {**shown.context(), **shown.feed_context(kind, errors)}
        return drawing.html(drawing.block_of(asked, "record", "feed", context), 422, toast)
    forget(asked)
    if not drawing.wants_fragment():
        return drawing.go(asked, shown.url, {"text": shown.speech.t("Saved.")})
    after = page_of(asked, code, record_id)
    context = {**after.context(), **after.feed_context(kind)}
    body = drawing.block_of(asked, "record", "feed", context)
    # What it settled is told at other places of the page.
    settled = {"reload": True} if after.running != ran else {}
    return drawing.html(body, 200, {"toast": {"text": after.speech.t("Saved.")}, **settled})
