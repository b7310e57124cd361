"""The tasks of a person: what is overdue, due today, this week and later; a click ticks one off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from fieldstone.actions.contract import Call
from fieldstone.actions.running import run
from fieldstone.base.errors import RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.reads.expanding import target_of
from fieldstone.reads.query import Query, Record
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import badges, drawing
from fieldstone.web.pages.amounts import near
from fieldstone.web.pages.people import face
from fieldstone.web.pages.subjects import access_of, not_there, today_of
from fieldstone.web.pages.values import Look

PAGE = Blueprint("tasks", __name__)
OBJECT: Final = "activity"
MOST: Final = 200
OPEN: Final = "kind == 'task' and status == 'open'"
DONE: Final = "kind == 'task' and status == 'done'"
Task = dict[str, Any]


@dataclass(frozen=True)
class Tasks:
    """Tasks as one reader sees them."""

    asked: Asked

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @property
    def spec(self) -> ObjectType:
        """Return the object that keeps tasks."""
        return self.asked.model.objects[OBJECT]

    @property
    def zone(self) -> ZoneInfo:
        """Return the reader's time zone."""
        return ZoneInfo(self.asked.ctx.actor.zone)

    def found(self, condition: str, sort: str, limit: int = MOST) -> list[Record]:
        """Return tasks that fulfil a condition."""
        descending = sort.startswith("-")
        query = Query(
            filter=condition,
            sort=((sort.removeprefix("-"), descending),),
            limit=limit,
            titles=True,
        )
        asked = self.asked
        return asked.site.reads.list(asked.ctx, asked.model, OBJECT, query).rows

    def due(self, limit: int) -> list[Task]:
        """Return what the reader has to do by tonight, the oldest first."""
        records = self.found(badges.DUE_TASKS, "due_at", limit)
        return [self.task(record) for record in records]

    def task(self, record: Record) -> Task:
        """Return a task as parts/tasks.html draws it."""
        look, due = Look(self.asked), record.values.get("due_at")
        done = record.values.get("status") != "open"
        task: Task = {
            "id": record.id,
            "title": look.title(record) or self.speech.t("Without a name"),
            "href": f"/o/{OBJECT}/{record.id}",
            "done": done,
            "done_url": f"/tasks/{record.id}/done",
        }
        if isinstance(due, datetime):
            task |= {"due": self.when(due), "late": not done and due < self.asked.ctx.now}
        if about := self._about(record):
            task["about"] = about
            task["href"] = about["href"]
        if owner := record.titles.get("owner"):
            task["owner"] = face(str(owner))
        return task

    def _about(self, record: Record) -> dict[str, str] | None:
        """Return the record that a task is about: the first lookup that is filled, but for people."""
        for code, field in self.spec.fields.items():
            target, title = target_of(field), record.titles.get(code)
            if field.system or target in ("", "user") or not isinstance(title, str):
                continue
            label = field.label.text(self.asked.language)
            return {"text": f"{title} · {label}", "href": f"/o/{target}/{record.values[code]}"}
        return None

    def when(self, due: datetime) -> str:
        """Return a moment as people say it: "today 18:00", "tomorrow 9:00", else the date."""
        ctx = self.asked.ctx
        return near(self.speech, due, ctx.now, ctx.actor.zone)

    def groups(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Return open tasks by urgency."""
        t, today = self.speech.t, today_of(self.asked)
        heads = [
            ("late", t("Overdue"), "red"),
            ("today", t("Today"), ""),
            ("week", t("In the next 7 days"), ""),
            ("later", t("Later"), ""),
            ("none", t("Without a date"), ""),
        ]
        sorted_out: dict[str, list[Task]] = {}
        for record in records:
            key = self._urgency(record.values.get("due_at"), today + timedelta(days=7))
            sorted_out.setdefault(key, []).append(self.task(record))
        return [
            {"label": label, "tone": tone, "tasks": sorted_out[key]}
            for key, label, tone in heads
            if key in sorted_out
        ]

    def _urgency(self, due: object, week: object) -> str:
        if not isinstance(due, datetime):
            return "none"
        day = due.astimezone(self.zone).date()
        if due < self.asked.ctx.now:
            return "late"
        if day == today_of(self.asked):
            return "today"
        return "week" if isinstance(week, type(day)) and day <= week else "later"


def tasks_of(asked: Asked) -> Tasks:
    """Return the reader's tasks. Raises RefusedError: 401 for nobody, 404 where the site keeps none."""
    _ = asked.ctx
    if not badges.has_task_list(asked):
        raise not_there()
    return Tasks(asked)


@PAGE.get("/tasks")
def task_page() -> Response:
    """Show the tasks: mine, those of others that the reader sees, or what is done."""
    asked = the_call()
    tasks, t = tasks_of(asked), speech(asked.language).t
    shown = request.args.get("show", "mine")
    if shown == "done":
        records = tasks.found(f"owner == user and {DONE}", "-done_at", 50)
        groups = [{"label": t("Done"), "tasks": [tasks.task(record) for record in records]}]
    elif shown == "team":
        groups = tasks.groups(tasks.found(f"owner != user and {OPEN}", "due_at"))
    else:
        groups = tasks.groups(tasks.found(f"owner == user and {OPEN}", "due_at"))
    may_create = access_of(asked, tasks.spec).may_create
    context = {
        "tabs": list(_tabs(asked, shown)),
        "groups": [group for group in groups if group["tasks"]],
        "new_url": f"/o/{OBJECT}/new?kind=task&status=open" if may_create else "",
        "new_label": t("New task"),
    }
    return drawing.page(asked, "tasks", context)


def _tabs(asked: Asked, shown: str) -> Iterable[dict[str, object]]:
    t = speech(asked.language).t
    for code, label in (("mine", t("Mine")), ("team", t("Of others")), ("done", t("Done"))):
        href = "/tasks" if code == "mine" else f"/tasks?show={code}"
        yield {"label": label, "href": href, "current": code == shown}


@PAGE.post("/tasks/<record_id>/done")
def tick_off(record_id: str) -> Response:
    """Tick a task off, or open it again."""
    asked = the_call()
    tasks, site = tasks_of(asked), asked.site
    again = request.args.get("open") == "1"
    params = {"open": True} if again else {}
    call = Call(asked.ctx, asked.model, OBJECT, record_id, params, site.reads, site.writes)
    run(site.vocabulary.actions, "complete", call)
    badges.forget(asked)
    record = site.reads.get(asked.ctx, asked.model, OBJECT, record_id, Query(titles=True))
    if record is None:
        raise RefusedError(not_there().problems, 404)
    if again:
        return drawing.done({"reload": True})
    toast = {"text": tasks.speech.t("Done."), "undo": f"/tasks/{record_id}/done?open=1"}
    return drawing.fragment(asked, "task", {"task": tasks.task(record)}, told={"toast": toast})
