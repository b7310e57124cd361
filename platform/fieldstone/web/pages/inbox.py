"""What rules and colleagues told a person, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Call
from fieldstone.actions.running import run
from fieldstone.base.errors import RefusedError
from fieldstone.delivery.alarm import TOPIC
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.notices import Notices, Notification
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import badges, drawing
from fieldstone.web.pages.drawing import go
from fieldstone.web.pages.studio_work import place_of
from fieldstone.web.pages.subjects import not_there, today_of
from fieldstone.web.pages.undelivered import HERE as MESSAGES

PAGE = Blueprint("inbox", __name__)
MOST: Final = 100
LONG_WORK: Final = "long_work"
UNDELIVERED: Final = f"{TOPIC}."
LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "assigned": ("user-round-plus", "indigo"),
    "reminder": ("alarm-clock", "amber"),
    "deadline": ("alarm-clock", "amber"),
    "overdue": ("triangle-alert", "red"),
    "recalled": ("undo-2", "orange"),
    "stage_entered": ("arrow-right", "green"),
    "duplicate": ("copy", "amber"),
    "conversion": ("shield-check", "indigo"),
    "offboarding": ("log-out", "gray"),
    LONG_WORK: ("triangle-alert", "red"),
    UNDELIVERED: ("mail-x", "red"),
}
BY_STRENGTH: Final[Mapping[str, tuple[str, str]]] = {
    "urgent": ("triangle-alert", "red"),
    "strong": ("alarm-clock", "orange"),
    "normal": ("alarm-clock", "amber"),
    "info": ("bell", "gray"),
}
URGENT: Final = "urgent"
Note = dict[str, Any]


@dataclass(frozen=True)
class Inbox:
    """The notifications of who asks."""

    asked: Asked

    def notes(self, *, unread: bool) -> list[Note]:
        """Return the newest notifications with the names of their records."""
        storage, ctx = self.asked.site.storage, self.asked.ctx
        with storage.looking() as connection:
            notices = Notices(connection, storage.dialect, ctx.now)
            found = notices.of(ctx.actor.id, MOST, unread=unread)
        return self.drawn(found)

    def mine(self, note_id: str) -> Notification | None:
        """Return one notification of who asks."""
        storage, ctx = self.asked.site.storage, self.asked.ctx
        with storage.looking() as connection:
            found = Notices(connection, storage.dialect, ctx.now).of(ctx.actor.id, MOST)
        return next((one for one in found if one.id == note_id), None)

    def one(self, note_id: str) -> Note | None:
        """Return one notification as it is now."""
        found = self.mine(note_id)
        return self.drawn([found])[0] if found is not None else None

    def drawn(self, found: Sequence[Notification]) -> list[Note]:
        """Return notifications as parts/notes.html draws them."""
        about = [one.about for one in found]
        wanted = dict.fromkeys(pair for pair in about if pair is not None)
        titles = self.asked.site.reads.titles(self.asked.ctx, self.asked.model, wanted)
        return [self._note(one, pair, titles) for one, pair in zip(found, about, strict=True)]

    def _note(
        self,
        one: Notification,
        pair: tuple[str, str] | None,
        titles: Mapping[tuple[str, str], str],
    ) -> Note:
        strength = str(one.payload.get("strength", ""))
        kind = UNDELIVERED if one.topic.startswith(UNDELIVERED) else one.topic
        icon, tone = LOOKS.get(kind, ("bell", "gray"))
        if one.topic == "reminder":
            icon, tone = BY_STRENGTH.get(strength, (icon, tone))
        note: Note = {
            "id": one.id,
            "text": one.said(self.asked.language),
            "icon": icon,
            "tone": tone,
            "at": one.created_at.isoformat(),
            "time": self._time(one.created_at),
            "unread": one.read_at is None,
            "read_url": f"/inbox/{one.id}/read",
            "urgent": strength == URGENT and one.read_at is None,
            "day": one.created_at.astimezone(self._zone).date(),
        }
        if one.topic.startswith(UNDELIVERED) or (
            one.topic == LONG_WORK and _place_of_work(self.asked, one)
        ):
            note |= {
                "about": speech(self.asked.language).t("Look at it"),
                "href": f"/inbox/{one.id}",
            }
        if (name := one.payload.get("name")) and self._names(pair):
            note["about"] = name
        if pair is not None and pair in titles:
            # Opening it through here marks it read.
            note |= {"about": titles[pair], "href": f"/inbox/{one.id}"}
            if one.payload.get("acknowledge") and one.read_at is None:
                note["acknowledge_url"] = f"/inbox/{one.id}/acknowledge"
        return note

    def _names(self, pair: tuple[str, str] | None) -> bool:
        """Tell whether the reader's roles show what records of this object are called."""
        spec = self.asked.model.objects.get(pair[0]) if pair is not None else None
        if spec is None:
            return False
        access = access_to(self.asked.model, self.asked.actor, spec.code)
        return spec.title in access.readable_anywhere()

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.asked.ctx.actor.zone)

    def _time(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        today = local.date() == today_of(self.asked)
        return f"{local:%H:%M}" if today else f"{local:%Y-%m-%d %H:%M}"

    def read(self, ids: Sequence[str] | None) -> None:
        """Mark notifications read, all without ids."""
        storage, ctx = self.asked.site.storage, self.asked.ctx
        with storage.connection() as connection:
            Notices(connection, storage.dialect, ctx.now).read(ctx.actor.id, ids)
        badges.forget(self.asked)


@PAGE.get("/inbox")
def inbox_page() -> Response:
    """Show the notifications by day."""
    asked = the_call()
    inbox, said = Inbox(asked), speech(asked.language)
    unread = request.args.get("unread") == "1"
    notes, today = inbox.notes(unread=unread), today_of(asked)
    urgent, others = [n for n in notes if n["urgent"]], [n for n in notes if not n["urgent"]]
    groups = [
        {"label": said.t("Urgent"), "tone": "red", "notes": urgent},
        {"label": said.t("Today"), "notes": [n for n in others if n["day"] == today]},
        {"label": said.t("Earlier"), "notes": [n for n in others if n["day"] != today]},
    ]
    waiting = badges.badges_of(asked).unread
    context = {
        "tabs": [
            {"label": said.t("All"), "href": "/inbox", "current": not unread},
            {
                "label": said.t("Unread"),
                "href": "/inbox?unread=1",
                "count": waiting,
                "current": unread,
            },
        ],
        "all_read_url": "/inbox/read" if waiting else "",
        "groups": [group for group in groups if group["notes"]],
        "older_url": "",
    }
    return drawing.page(asked, "inbox", context)


@PAGE.get("/inbox/<note_id>")
def open_note(note_id: str) -> Response:
    """Lead to the record or the work that a notification is about, and mark it read."""
    asked = the_call()
    inbox = Inbox(asked)
    found = inbox.mine(note_id)
    place = _place_of(asked, found) if found is not None else ""
    if not place:
        raise not_there()
    inbox.read([note_id])
    return go(asked, place)


def _place_of(asked: Asked, note: Notification) -> str:
    """Return the page of what a notification is about, "" when it is about nothing."""
    if note.topic == LONG_WORK:
        return _place_of_work(asked, note)
    if note.topic.startswith(UNDELIVERED):
        return f"{MESSAGES}?channel={note.topic.removeprefix(UNDELIVERED)}"
    return "/o/{}/{}".format(*note.about) if note.about is not None else ""


def _place_of_work(asked: Asked, note: Notification) -> str:
    with asked.site.storage.looking() as connection:
        job = jobs_of(connection).get(note.record_id or "")
    return place_of(asked, job) if job is not None else ""


@PAGE.post("/inbox/<note_id>/read")
def read_note(note_id: str) -> Response:
    """Mark one notification read."""
    asked = the_call()
    inbox = Inbox(asked)
    inbox.read([note_id])
    note = inbox.one(note_id)
    if note is None:
        raise not_there()
    return drawing.fragment(asked, "note", {"note": note})


@PAGE.post("/inbox/<note_id>/acknowledge")
def acknowledge_note(note_id: str) -> Response:
    """Say that a reminder was seen: no more of them come, the due time stands."""
    asked = the_call()
    inbox = Inbox(asked)
    found = inbox.mine(note_id)
    pair = found.about if found is not None else None
    if found is None or pair is None:
        raise not_there()
    rule = asked.model.present_rule(str(found.payload.get("rule", "")))
    site, params = asked.site, {"rule": rule}
    call = Call(asked.ctx, asked.model, *pair, params, site.reads, site.writes)
    # Where nothing runs any more there is nothing left to be silenced.
    with suppress(RefusedError):
        run(site.vocabulary.actions, "acknowledge", call)
    inbox.read([note_id])
    note = inbox.one(note_id)
    if note is None or not drawing.wants_fragment():
        return go(asked, "/inbox")
    return drawing.fragment(asked, "note", {"note": note})


@PAGE.post("/inbox/read")
def read_all() -> Response:
    """Mark everything read."""
    asked = the_call()
    Inbox(asked).read(None)
    return go(asked, "/inbox")
