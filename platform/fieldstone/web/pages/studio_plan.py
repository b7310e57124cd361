"""Between a wish and its coming into force: what would be done, for whom, and a button that does it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fieldstone.base.errors import MetadataError, RefusedError
from fieldstone.evolution.apply import Wish
from fieldstone.evolution.finding import Finding
from fieldstone.evolution.operations import Operation
from fieldstone.evolution.plan import Plan
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio_edits import Edits, changing_of

PAGE = Blueprint("studio_plan", __name__)
Drawn = dict[str, Any]
TONES = {"note": "blue", "warning": "amber", "danger": "red"}
ICONS = {"note": "info", "warning": "triangle-alert", "danger": "octagon-alert"}
LOOKS = {
    "add": ("plus", "green"),
    "change": ("pencil", "blue"),
    "rename": ("arrow-right", "violet"),
    "retire": ("minus", "orange"),
    "restore": ("undo-2", "teal"),
    "purge": ("trash-2", "red"),
}
SHOWN = 80


@PAGE.post("/studio/plan")
def show_plan() -> Response:
    """Show what a form of the studio would change; nothing is written."""
    edits = Edits.read(request.form.get("edits", ""))
    back = drawing.safe_back(request.form.get("back", ""), "/studio")
    return planned_page(the_call(), edits, back)


@PAGE.post("/studio/apply")
def apply_plan() -> Response:
    """Put a plan that was shown into force."""
    asked = the_call()
    changing, given = changing_of(asked), request.form
    back = drawing.safe_back(given.get("back", ""), "/studio")
    edits = Edits.read(given.get("edits", ""))
    number, documents = changing.current(asked.ctx)
    base = given.get("base", "")
    if base.isdecimal() and int(base) != number:
        raise changing.overtaken(int(base))
    wish = Wish(given.get("reason", ""), given.get("second_word") == "true")
    planned = changing.plan(asked.ctx, edits.on(documents), number, edits.moves)
    if planned.needs_second_word and not wish.second_word:
        return planned_page(asked, edits, back, missed=True)
    applied = changing.apply(asked.ctx, planned, wish)
    t = speech(asked.language).t
    text = t("Revision {n} is in force.", n=applied.revision.number)
    return drawing.go(asked, back, {"text": text, "tone": "ok"})


def planned_page(asked: Asked, edits: Edits, back: str, *, missed: bool = False) -> Response:
    """Return the page of a plan; 422 when it cannot come into force as it is."""
    changing = changing_of(asked)
    number, documents = changing.current(asked.ctx)
    try:
        planned = changing.plan(asked.ctx, edits.on(documents), number, edits.moves)
    except MetadataError as error:  # a document that cannot be read cannot be edited
        planned = Plan(number, documents, problems=error.problems)
    except RefusedError as error:
        planned = Plan(number, documents, problems=tuple(error.problems))
    t = speech(asked.language).t
    context: Drawn = {
        **plan_context(asked, planned),
        "action": "/studio/apply",
        "edits": edits.text(),
        "base": number,
        "back": back,
        "missed": missed,
        "title": t("What this changes"),
    }
    status = 422 if planned.problems or missed else 200
    return drawing.page(asked, "studio_plan", context, status)


def plan_context(asked: Asked, planned: Plan) -> Drawn:
    """Return a plan as parts/plan.html draws it."""
    language = asked.language
    return {
        "steps": [_step(one, language) for one in planned.operations],
        "findings": [_finding(one, language) for one in planned.findings],
        "problems": [
            {"place": one.path, "text": one.message, "cure": one.cure} for one in planned.problems
        ],
        "asks": planned.needs_second_word,
        "nothing": planned.empty,
    }


def _step(one: Operation, language: str) -> Drawn:
    icon, tone = LOOKS[one.verb]
    changes = [
        {"name": change.name, "before": _short(change.before), "after": _short(change.after)}
        for change in one.changes
        if one.verb not in ("add", "retire")
    ]
    return {"text": one.sentence(language), "icon": icon, "tone": tone, "changes": changes}


def _finding(one: Finding, language: str) -> Drawn:
    return {
        "text": one.text.text(language),
        "tone": TONES[one.level],
        "icon": ICONS[one.level],
        "samples": list(one.samples),
    }


def _short(value: object) -> str:
    text = "–" if value in (None, "", [], {}) else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
