"""The first page of the day: what is due, what needs attention, how one's own records stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, Response

from fieldstone.access.access import Access, access_to
from fieldstone.model.objects import ObjectType, Stage
from fieldstone.reads.query import COUNTED_IN_COLUMN, Query, Record
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import badges, drawing
from fieldstone.web.pages.amounts import LOCALES, compact, counted, short_time, usual_time
from fieldstone.web.pages.arranging import Arrangement
from fieldstone.web.pages.filters import Filter
from fieldstone.web.pages.people import face
from fieldstone.web.pages.pool import all_pools
from fieldstone.web.pages.subjects import is_company, today_of
from fieldstone.web.pages.tasks import Tasks
from fieldstone.web.pages.values import Look

PAGE = Blueprint("home", __name__)
MOST_OBJECTS: Final = 3
MOST_FIGURES: Final = 5
TASKS: Final = 8
RECENT: Final = 8
NOON: Final = 12
EVENING: Final = 18


@dataclass(frozen=True)
class Home:
    """The home page of one person."""

    asked: Asked

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    def access(self, spec: ObjectType) -> Access:
        """Return what the reader may see of an object."""
        return access_to(self.asked.model, self.asked.ctx.actor, spec.code)

    def worked(self) -> Iterator[ObjectType]:
        """Yield the objects that people own and move through stages, in the order of the navigation."""
        objects = self.asked.model.objects
        for item in self.asked.model.nav:
            spec = objects.get(item.target)
            if item.kind != "object" or spec is None or not spec.stage_field:
                continue
            access = self.access(spec)
            known = access.readable_anywhere()
            if spec.owned != "none" and access.may_read and {"owner", spec.stage_field} <= known:
                yield spec

    def greeting(self) -> str:
        """Return a greeting that fits the hour where the reader is."""
        actor = self.asked.ctx.actor
        hour = self.asked.ctx.now.astimezone(ZoneInfo(actor.zone)).hour
        text = "Good evening, {name}"
        if hour < EVENING:
            text = "Good morning, {name}" if hour < NOON else "Good afternoon, {name}"
        return self.speech.t(text, name=actor.name)

    def day(self) -> str:
        """Return today as people write it."""
        locale = LOCALES.get(self.asked.language, "en_US")
        pattern = "M月d日 EEEE" if self.asked.language == "zh" else "EEEE d MMMM"
        return str(format_date(today_of(self.asked), pattern, locale=locale))

    def figures(self) -> list[dict[str, Any]]:
        """Return how many open records the reader has of each object, and what they are worth."""
        found: list[dict[str, Any]] = []
        for spec in list(self.worked())[:MOST_OBJECTS]:
            found += self._figures(spec)
        # Nought of what one does not work with says nothing.
        return [one for one in found if one["value"] != "0"][:MOST_FIGURES]

    def _figures(self, spec: ObjectType) -> list[dict[str, Any]]:
        money = self._money(spec)
        open_codes = [stage.code for stage in _stages(spec) if stage.kind == "open"]
        listed = ", ".join(f"'{code}'" for code in open_codes)
        mine = f"owner == user and {spec.stage_field} in [{listed}]"
        measures = {"n": "count()"} | ({"sum": f"sum({money})"} if money else {})
        (line,) = self._aggregate(spec, mine, measures)
        arranged = Arrangement(
            f"/o/{spec.code}",
            filters=(Filter("owner", "me"), Filter(spec.stage_field, "in", tuple(open_codes))),
        )
        href, t = arranged.url(), self.speech.t
        label = t("My open {what}", what=self._what(spec))
        figures = [{"label": label, "value": f"{int(str(line['n'])):,}", "href": href}]
        if money and line["sum"]:
            field = spec.fields[money]
            name = field.label.text(self.asked.language)
            value = compact(field, line["sum"], self.asked.language)
            figures.append({"label": t("{what}, open", what=name), "value": value, "href": href})
        return figures

    def _money(self, spec: ObjectType) -> str:
        """Return the field of money that the object's boards add up, "" for none."""
        known = self.access(spec).readable_anywhere()
        for view in spec.views.values():
            code = str(view.card.get("sum", ""))
            if code in known and spec.fields[code].type.name == "currency":
                return code
        return ""

    def _aggregate(
        self, spec: ObjectType, condition: str, measures: dict[str, str]
    ) -> list[dict[str, object]]:
        asked, query = self.asked, Query(filter=condition)
        return asked.site.reads.aggregate(
            asked.ctx, asked.model, spec.code, query, measures=measures
        )

    def attention(self) -> list[dict[str, Any]]:
        """Return what waits: unread messages, records that stay too long, pools to claim from."""
        said, found = self.speech, []
        if unread := badges.badges_of(self.asked).unread:
            text = said.tn("{n} unread message", "{n} unread messages", unread)
            found.append({"text": text, "href": "/inbox", "icon": "inbox", "tone": "indigo"})
        for spec in self.worked():
            found += self._late(spec)
        for pool in all_pools(self.asked):
            n = self.asked.site.reads.count(
                self.asked.ctx, self.asked.model, pool.spec.code, pool.counting()
            )
            if n:
                one, many = "{n} {what} is waiting in {pool}", "{n} {what} are waiting in {pool}"
                what, shown = self._what(pool.spec, n), counted(n, COUNTED_IN_COLUMN)
                single = n == 1 and self.asked.language == "en"
                text = said.t(one if single else many, n=shown, what=what, pool=pool.label)
                href = f"/pools/{pool.code}"
                found.append({"text": text, "href": href, "icon": "waves", "tone": "teal"})
        return found

    def _late(self, spec: ObjectType) -> list[dict[str, Any]]:
        now, field = self.asked.ctx.now, spec.stage_field
        if "stage_entered_at" not in self.access(spec).readable_anywhere():
            return []
        parts = [
            f"({field} == '{stage.code}' and stage_entered_at < '{(now - usual).isoformat()}')"
            for stage in _stages(spec)
            if stage.kind == "open" and (usual := usual_time(stage.within))
        ]
        if not parts:
            return []
        condition = f"owner == user and ({' or '.join(parts)})"
        n = int(str(self._aggregate(spec, condition, {"n": "count()"})[0]["n"]))
        if not n:
            return []
        href = Arrangement(
            f"/o/{spec.code}", filters=(Filter("owner", "me"),), sort="stage_entered_at"
        ).url()
        text = self.speech.tn(
            "{n} of my {what} has stayed in its stage longer than usual",
            "{n} of my {what} have stayed in their stage longer than usual",
            n,
            what=self._what(spec),
        )
        return [{"text": text, "href": href, "icon": "timer", "tone": "amber"}]

    def _what(self, spec: ObjectType, n: int = 2) -> str:
        """Return what `n` records of an object are called within a sentence."""
        name = (spec.label if n == 1 else spec.plural).text(self.asked.language)
        return name if self.asked.language == "zh" else name.lower()

    def recent(self) -> dict[str, Any]:
        """Return the reader's own records that changed last; the newest of all, for people who own none."""
        if own := self._latest("owner == user", "updated_at"):
            return {"title": self.speech.t("Recently changed"), "rows": own}
        newest = self._latest(None, "created_at")
        return {"title": self.speech.t("Recently added"), "rows": newest}

    def _latest(self, among: str | None, order: str) -> list[dict[str, Any]]:
        asked, found = self.asked, []
        for spec in list(self.worked())[:MOST_OBJECTS]:
            if order not in self.access(spec).readable_anywhere():
                continue
            fields = tuple(c for c in (spec.title, spec.stage_field, order) if c in spec.fields)
            query = Query(filter=among, sort=((order, True),), fields=fields, limit=RECENT)
            page = asked.site.reads.list(asked.ctx, asked.model, spec.code, query)
            found += page.rows
        found.sort(key=lambda record: str(record.values.get(order)), reverse=True)
        return [self._line(record, order) for record in found[:RECENT]]

    def _line(self, record: Record, order: str) -> dict[str, Any]:
        look, spec = Look(self.asked), self.asked.model.objects[record.object_name]
        title, changed = look.title(record), record.values.get(order)
        stage = look.cell(record, spec.stage_field)["text"]
        label = spec.label.text(self.asked.language)
        ago = ""
        if isinstance(changed, datetime):
            passed = short_time(self.speech, self.asked.ctx.now - changed)
            ago = self.speech.t("{time} ago", time=passed)
        return {
            "href": f"/o/{spec.code}/{record.id}",
            "title": title or self.speech.t("Without a name"),
            "sub": " · ".join(part for part in (label, stage) if part),
            "who": face(title, company=is_company(spec)),
            "time": ago,
        }

    def tasks(self) -> list[dict[str, Any]]:
        """Return what is due by tonight."""
        return Tasks(self.asked).due(TASKS) if badges.has_task_list(self.asked) else []


def _stages(spec: ObjectType) -> list[Stage]:
    """Return the stages of all pipelines, each code once."""
    pipelines = spec.pipelines.pipelines.values() if spec.pipelines else ()
    return list({s.code: s for one in pipelines for s in one.stages.values()}.values())


@PAGE.get("/")
def home_page() -> Response:
    """Show the day."""
    asked = the_call()
    home = Home(asked)
    context = {
        "hello": home.greeting(),
        "today": home.day(),
        "kpis": home.figures(),
        "tasks": home.tasks(),
        "tasks_url": "/tasks",
        "attention": home.attention(),
        "recent": home.recent(),
    }
    return drawing.page(asked, "home", context)
