"""Applying a rule to records that are there: what it would change, the word to do it, and one click to take it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions.applying import Applying, Trial
from fieldstone.storage.rule_runs import HALF_UNDONE, RAN, STOPPED, RuleRun
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.studio import tabs

PAGE = Blueprint("studio_runs", __name__)
Drawn = dict[str, Any]
SPANS: Final = ("30", "90", "365", "")
"""Days back; "" is all records."""
LOOKS: Final = {
    "running": ("hourglass", "blue"),
    "done": ("circle-check", "green"),
    "undoing": ("hourglass", "amber"),
    "undone": ("undo-2", "gray"),
    STOPPED: ("triangle-alert", "red"),
    HALF_UNDONE: ("triangle-alert", "red"),
}
TAKEABLE: Final = (RAN, STOPPED, HALF_UNDONE)


@PAGE.get("/studio/rules/<code>/apply")
def look(code: str) -> Response:
    """Show what applying a rule to the records that are there would change; nothing is written."""
    asked, days = the_call(), _days()
    trial = _desk(asked).try_out(code, _since(days))
    language = asked.language
    context: Drawn = {
        "tabs": tabs(asked, "rules"),
        "title": trial.rule.label.text(language),
        "back": f"/studio/rules/{code}/trial",
        "action": f"/studio/rules/{code}/apply",
        "days": days,
        "spans": [{"days": one, "current": one == days} for one in SPANS],
        "trial": _trial(asked, trial),
    }
    return drawing.page(asked, "studio_apply", context)


@PAGE.post("/studio/rules/<code>/apply")
def start(code: str) -> Response:
    """Let a worker apply the rule."""
    asked = the_call()
    _desk(asked).start(code, _since(_days()))
    text = speech(asked.language).t("The rule is being applied.")
    return drawing.go(asked, "/studio/runs", {"text": text, "tone": "ok"})


@PAGE.get("/studio/runs")
def runs() -> Response:
    """List what was applied, the newest first."""
    asked = the_call()
    found = _desk(asked).runs()
    people = asked.site.reads.titles(asked.ctx, asked.model, [("user", one.actor) for one in found])
    context: Drawn = {
        "tabs": tabs(asked, "rules"),
        "runs": [_run(asked, one, people.get(("user", one.actor), "Fieldstone")) for one in found],
        "waits": any(one.state in ("running", "undoing") for one in found),
    }
    return drawing.page(asked, "studio_runs", context)


@PAGE.post("/studio/runs/<run_id>/undo")
def undo(run_id: str) -> Response:
    """Let a worker take a run back."""
    asked = the_call()
    _desk(asked).undo(run_id)
    text = speech(asked.language).t("The run is being taken back.")
    return drawing.go(asked, "/studio/runs", {"text": text, "tone": "ok"})


def _desk(asked: Asked) -> Applying:
    site = asked.site
    return Applying(site.storage, site.writes, site.queue, asked.ctx, asked.model)


def _days() -> str:
    days = request.values.get("days", "")
    return days if days in SPANS else ""


def _since(days: str) -> timedelta | None:
    return timedelta(days=int(days)) if days else None


def _trial(asked: Asked, trial: Trial) -> Drawn:
    spec = asked.model.objects[trial.rule.object_name]
    t, comma = speech(asked.language).t, "、" if asked.language == "zh" else ", "
    return {
        "records": trial.records,
        "looked_at": trial.looked_at,
        "changed": trial.changed,
        "refused": trial.refused,
        "examples": [
            {
                "href": f"/o/{spec.code}/{record}",
                "title": title,
                "text": comma.join(spec.fields[one].label.text(asked.language) for one in codes)
                or t("its time begins to run"),
            }
            for record, title, codes in trial.examples
        ],
    }


def _run(asked: Asked, one: RuleRun, author: str) -> Drawn:
    icon, tone = LOOKS[one.state]
    words = speech(asked.language)
    rule = asked.model.rules.get(one.rule)
    return {
        "icon": icon,
        "tone": tone,
        "rule": rule.label.text(asked.language) if rule else one.rule,
        "version": one.version,
        "author": author,
        "at": one.at.isoformat(),
        "time": short_time(words, asked.ctx.now - one.at),
        "state": _state(words, one),
        "counts": _counted(words, one),
        "why": one.error,
        "cure": _cure(words, one),
        "again_url": f"/studio/rules/{one.rule}/apply" if one.state == STOPPED and rule else "",
        "undo_url": f"/studio/runs/{one.id}/undo" if one.state in TAKEABLE else "",
    }


def _state(words: Speech, one: RuleRun) -> str:
    return {
        "running": words.t("is being applied"),
        "done": words.t("applied"),
        "undoing": words.t("is being taken back"),
        "undone": words.t("taken back"),
        STOPPED: words.t("stopped"),
        HALF_UNDONE: words.t("taken back in part"),
    }[one.state]


def _cure(words: Speech, one: RuleRun) -> str:
    """Return what to do about a run that stopped."""
    return {
        STOPPED: words.t(
            "What it had done so far stands. Undo it, or apply the rule again for the rest."
        ),
        HALF_UNDONE: words.t("Undo it once more: it goes on where it stopped."),
    }.get(one.state, "")


def _counted(words: Speech, one: RuleRun) -> list[str]:
    tn = words.tn
    said = {
        "changed": lambda n: tn("{n} record changed", "{n} records changed", n),
        "made": lambda n: tn("{n} record created", "{n} records created", n),
        "refused": lambda n: tn("{n} refused", "{n} refused", n),
        "restored": lambda n: tn("{n} given back", "{n} given back", n),
        "left": lambda n: tn("{n} left as changed since", "{n} left as changed since", n),
    }
    return [said[what](n) for what, n in one.counts.items() if n and what in said]
