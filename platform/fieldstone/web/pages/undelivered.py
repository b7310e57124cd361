"""What did not get through: by channel, with the record, the reason and the next try; sent again or dropped by administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from fieldstone.actions.undelivered import SHOWN, Seen, Undelivering, Wanted
from fieldstone.delivery.office import label_of_channel
from fieldstone.storage.undelivered import DEAD, STATES, WAITING, Chosen, Tally
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import near, short_time
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import changing_of

PAGE = Blueprint("undelivered", __name__)
Drawn = dict[str, Any]
HERE: Final = "/studio/messages"
ICONS: Final[Mapping[str, str]] = {
    "email": "mail-x",
    "in_page": "bell",
    "sms": "message-circle",
    "webhook": "webhook",
    "enrichment": "sparkles",
}
LONGEST_NUMBER: Final = 18


@PAGE.get(HERE)
def undelivered() -> Response:
    """List what was given up, or what waits long, of all channels or of one."""
    asked = the_call()
    desk, wanted = _desk(asked), _wanted(request.args)
    tallies = desk.tallies()
    of_these = [one for one in tallies if wanted.channel in ("", one.channel)]
    counts = {state: sum(_count(one, state) for one in of_these) for state in STATES}
    if "state" not in request.args and not counts[DEAD] and counts[WAITING]:
        wanted = replace(wanted, state=WAITING)
    found = desk.listed(wanted)
    rows = found[:SHOWN]
    context: Drawn = {
        "tabs": tabs(asked, "messages"),
        "channels": [_channel(asked, one) for one in tallies],
        "total": sum(_count(one, state) for one in tallies for state in STATES),
        "states": _states(asked, wanted, counts),
        "channel": label_of(asked, wanted.channel) if wanted.channel else "",
        "every_url": _url(wanted.state, ""),
        "kept": [
            {"name": "state", "value": wanted.state},
            {"name": "channel", "value": wanted.channel},
        ],
        "rows": [_row(asked, one) for one in rows],
        "older_url": _url(wanted.state, wanted.channel, rows[-1].message.id)
        if len(found) > SHOWN
        else "",
        "again_url": f"{HERE}/again",
        "drop_url": f"{HERE}/drop",
    }
    return drawing.page(asked, "undelivered", context)


def _states(asked: Asked, wanted: Wanted, counts: Mapping[str, int]) -> list[Drawn]:
    """Return the two ways to stand still, with how many there are of each."""
    t = speech(asked.language).t
    return [
        {
            "label": label,
            "count": counts[state],
            "href": _url(state, wanted.channel),
            "current": state == wanted.state,
        }
        for state, label in ((DEAD, t("Given up")), (WAITING, t("Still waiting")))
    ]


@PAGE.post(f"{HERE}/again")
def again() -> Response:
    """Put what was chosen out again; what is on its way already is not sent twice."""
    asked = the_call()
    changing_of(asked)
    chosen = _chosen()
    count = len(_desk(asked).again(chosen)) if chosen is not None else 0
    tn, t = speech(asked.language).tn, speech(asked.language).t
    text = tn("One message is sent again.", "{n} messages are sent again.", count)
    return _back(asked, text if count else t("There was nothing to send again."), count)


@PAGE.post(f"{HERE}/drop")
def drop() -> Response:
    """Drop what was chosen, with the reason."""
    asked = the_call()
    changing_of(asked)
    chosen = _chosen()
    gone = _desk(asked).drop(chosen, request.form.get("reason", "")) if chosen is not None else []
    tn, t = speech(asked.language).tn, speech(asked.language).t
    text = tn("One message is dropped.", "{n} messages are dropped.", len(gone))
    return _back(asked, text if gone else t("There was nothing to drop."), len(gone))


def label_of(asked: Asked, channel: str) -> str:
    """Return what people call a channel."""
    return label_of_channel(asked.site.vocabulary.channels, channel).text(asked.language)


def _desk(asked: Asked) -> Undelivering:
    site = asked.site
    return Undelivering(site.storage, site.queue, site.reads, asked.ctx, asked.model)


def _wanted(given: Mapping[str, str]) -> Wanted:
    """Return what the address asks for; one more than is shown, to know whether there is more."""
    state, before = given.get("state", DEAD), given.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < LONGEST_NUMBER else None
    return Wanted(
        state if state in STATES else DEAD, given.get("channel", "")[:100], number, SHOWN + 1
    )


def _chosen() -> Chosen | None:
    """Return what a form names: ticked messages, a channel, or all; None for nothing."""
    given = request.form
    if given.get("all"):
        return Chosen()
    if channel := given.get("of", "")[:100]:
        return Chosen(channel=channel)
    ids = [one for one in given.getlist("ids") if one.isdecimal() and len(one) < LONGEST_NUMBER]
    return Chosen(tuple(int(one) for one in ids)) if ids else None


def _back(asked: Asked, text: str, count: int) -> Response:
    wanted = _wanted(request.form)
    toast = {"text": text, "tone": "ok" if count else "warn"}
    return drawing.go(asked, _url(wanted.state, wanted.channel), toast)


def _url(state: str, channel: str, before: int | None = None) -> str:
    asked = {"state": state, "channel": channel, "before": before}
    return f"{HERE}?{urlencode({name: value for name, value in asked.items() if value})}"


def _count(one: Tally, state: str) -> int:
    return one.dead if state == DEAD else one.waiting


def _channel(asked: Asked, one: Tally) -> Drawn:
    words = speech(asked.language)
    return {
        "code": one.channel,
        "icon": ICONS.get(one.channel, "send"),
        "tone": "red" if one.dead else "amber",
        "label": label_of(asked, one.channel),
        "href": _url(DEAD if one.dead else WAITING, one.channel),
        "dead": words.tn("{n} given up", "{n} given up", one.dead) if one.dead else "",
        "waiting": words.tn("{n} waiting", "{n} waiting", one.waiting) if one.waiting else "",
        "since": one.since.isoformat(),
        "oldest": short_time(words, asked.ctx.now - one.since),
    }


def _row(asked: Asked, seen: Seen) -> Drawn:
    words, one, language = speech(asked.language), seen.message, asked.language
    zone, now = asked.ctx.actor.zone, asked.ctx.now
    tries = words.tn("tried once", "tried {n} times", one.attempts) if one.attempts else ""
    why = seen.why.text(language)
    due = words.t("next try {when}", when=near(words, one.due, now, zone))
    return {
        "id": one.id,
        "icon": ICONS.get(one.channel, "send"),
        "tone": "red" if one.is_dead else "amber",
        "text": seen.text.text(language),
        "channel": label_of(asked, one.channel),
        "to": seen.to.text(language),
        "about": {"href": f"/o/{seen.about[0]}/{seen.about[1]}", "text": seen.title}
        if seen.about
        else None,
        "why": f"{why[:1].upper()}{why[1:]}"
        or words.t("Nobody has tried it yet: is a worker running?"),
        "tries": tries or words.t("never tried"),
        "due": "" if one.is_dead else due,
        "at": one.created_at.isoformat(),
        "time": short_time(words, now - one.created_at),
    }
