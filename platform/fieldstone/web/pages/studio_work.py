"""Long work: what failed for good with the reason and a button that lets it go on, and what waits, runs or is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response

from fieldstone.access.rights import is_administrator
from fieldstone.actions.applying import Applying
from fieldstone.actions.long_work import LongWork, words_for
from fieldstone.storage.queue import KeptJob
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.studio import tabs

PAGE = Blueprint("studio_work", __name__)
Drawn = dict[str, Any]
HERE: Final = "/studio/work"
MOST: Final = 200
LOOKS: Final = {
    "queued": ("clock", "gray"),
    "running": ("hourglass", "blue"),
    "done": ("circle-check", "green"),
    "failed": ("triangle-alert", "red"),
}
PLACES: Final[Mapping[str, str]] = {
    "import_records": "/imports/{import}",
    "undo_import": "/imports/{import}",
    "apply_rule": "/studio/runs",
    "undo_rule_run": "/studio/runs",
    "find_duplicates": "/duplicates?object={object}",
    "offboard": "/leaving/{person}",
    "rescore": "/scoring/{rule}",
    "settle": "/studio/revisions",
}
"""The page that shows more of a piece of work, by its name."""


def place_of(asked: Asked, job: KeptJob) -> str:
    """Return where a person looks after a piece of work, "" when they have nothing to do with such a page."""
    if job.name in PLACES:
        return PLACES[job.name].format_map(job.arguments)
    return HERE if is_administrator(asked.model, asked.ctx.actor) else ""


@PAGE.get(HERE)
def work() -> Response:
    """List what failed, then the rest, the newest first."""
    asked = the_call()
    desk = _desk(asked)
    failed, others = desk.failed(), desk.others()
    actors = dict.fromkeys(("user", one.actor) for one in (*failed, *others))
    people = asked.site.reads.titles(asked.ctx, asked.model, actors)
    site = asked.site
    runs = Applying(site.storage, site.writes, site.queue, asked.ctx, asked.model).runs(MOST)
    ran = {one.id: one.rule for one in runs}
    context: Drawn = {
        "tabs": tabs(asked, "work"),
        "failed": [_job(asked, one, people, ran) for one in failed],
        "others": [_job(asked, one, people, ran) for one in others],
        "waits": any(one.state in ("queued", "running") for one in others),
    }
    return drawing.page(asked, "studio_work", context)


@PAGE.post(f"{HERE}/<job_id>/again")
def again(job_id: str) -> Response:
    """Let a worker go on with what failed."""
    asked = the_call()
    _desk(asked).again(job_id)
    text = speech(asked.language).t("It goes on where it stopped.")
    return drawing.go(asked, HERE, {"text": text, "tone": "ok"})


def _desk(asked: Asked) -> LongWork:
    site = asked.site
    return LongWork(site.storage, site.queue, asked.ctx, asked.model)


def _job(
    asked: Asked, one: KeptJob, people: Mapping[tuple[str, str], str], ran: Mapping[str, str]
) -> Drawn:
    words = speech(asked.language)
    icon, tone = LOOKS[one.state]
    place = place_of(asked, one)
    return {
        "icon": icon,
        "tone": tone,
        "what": _named(asked, one, ran),
        "state": _state(words, one),
        "how_far": _how_far(words, one),
        "error": one.error if one.state in ("failed", "queued") else "",
        "author": people.get(("user", one.actor), "Fieldstone"),
        "at": one.created_at.isoformat(),
        "time": short_time(words, asked.ctx.now - one.created_at),
        "href": place if place != HERE else "",
        "again_url": f"{HERE}/{one.id}/again" if one.state == "failed" else "",
    }


def _named(asked: Asked, one: KeptJob, ran: Mapping[str, str]) -> str:
    """Return what a piece of work is called, with the rule or the object that it is about."""
    said, about = words_for(one.name).text(asked.language), one.arguments
    rule = asked.model.rules.get(str(about.get("rule") or ran.get(str(about.get("run", "")), "")))
    spec = asked.model.objects.get(str(about.get("object", "")))
    found = rule or spec
    if found is None:
        return said
    return speech(asked.language).t(
        "{what}: {name}", what=said, name=found.label.text(asked.language)
    )


def _state(words: Speech, one: KeptJob) -> str:
    return {
        "queued": words.t("Tried again soon") if one.error else words.t("In the queue"),
        "running": words.t("Working"),
        "done": words.t("Done"),
        "failed": words.t("Stopped"),
    }[one.state]


def _how_far(words: Speech, one: KeptJob) -> str:
    done, total = one.progress.get("done"), one.progress.get("total")
    if not isinstance(done, int):
        return ""
    return words.t("{n} of {total}", n=done, total=total) if total else words.t("{n} done", n=done)
