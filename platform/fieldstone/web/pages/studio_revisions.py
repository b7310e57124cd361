"""Every change of the configuration: who, when, why, what; and one step back to any of them."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.evolution.apply import Wish
from fieldstone.evolution.operations import Operation
from fieldstone.storage.revisions import Revision
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import changing_of, refuse_overtaken
from fieldstone.web.pages.studio_plan import drawn_step, plan_context

PAGE = Blueprint("studio_revisions", __name__)
Drawn = dict[str, Any]
MOST: Final = 50
KINDS: Final = {
    "apply": ("pencil", "blue"),
    "rollback": ("undo-2", "amber"),
    "install": ("package-plus", "green"),
    "upgrade": ("package-check", "teal"),
    "remove": ("package-x", "orange"),
}


@PAGE.get("/studio/revisions")
def revisions() -> Response:
    """List revisions, the newest first."""
    asked = the_call()
    changing = changing_of(asked)
    before = request.args.get("before", "")
    found = changing.revisions(asked.ctx, MOST, int(before) if before.isdecimal() else None)
    number, _ = changing.current(asked.ctx)
    older = f"/studio/revisions?before={found[-1].number}" if len(found) == MOST else ""
    context = {
        "tabs": tabs(asked, "revisions"),
        "revisions": [_row(asked, one, number) for one in found],
        "older_url": older,
    }
    return drawing.page(asked, "studio_revisions", context)


@PAGE.get("/studio/revisions/<int:number>/back")
def plan_back(number: int) -> Response:
    """Show what going back to the state before or at a revision would change."""
    asked = the_call()
    changing = changing_of(asked)
    planned = changing.plan_rollback(asked.ctx, number)
    t = speech(asked.language).t
    context = {
        **plan_context(asked, planned),
        "leaving": [],
        "undecided": False,
        "action": f"/studio/revisions/{number}/back",
        "base": planned.base,
        "back": "/studio/revisions",
        "title": t("Back to revision {n}", n=number) if number else t("Back to the beginning"),
    }
    return drawing.page(asked, "studio_plan", context, 422 if planned.problems else 200)


@PAGE.post("/studio/revisions/<int:number>/back")
def go_back(number: int) -> Response:
    """Go back, as a new revision."""
    asked = the_call()
    changing, given = changing_of(asked), request.form
    refuse_overtaken(asked, given.get("base", ""))
    planned = changing.plan_rollback(asked.ctx, number)
    wish = Wish(given.get("reason", ""), given.get("second_word") == "true")
    applied = changing.rollback(asked.ctx, planned, number, wish)
    text = speech(asked.language).t("Revision {n} is in force.", n=applied.revision.number)
    return drawing.go(asked, "/studio/revisions", {"text": text, "tone": "ok"})


def _row(asked: Asked, one: Revision, present: int) -> Drawn:
    icon, tone = KINDS.get(one.kind, KINDS["apply"])
    steps = [Operation.of_json(step) for step in one.difference]
    drawn, title = [drawn_step(asked, step) for step in steps], one.reason
    if not title and drawn:
        t, first = speech(asked.language).t, drawn[0]["text"]
        title = t("{what}, and {n} more", what=first, n=len(drawn) - 1) if drawn[1:] else first
        drawn = drawn if drawn[1:] else [{**drawn[0], "text": ""}]
    return {
        "number": one.number,
        "icon": icon,
        "tone": tone,
        "author": one.author_name or one.author,
        "at": one.at.isoformat(),
        "time": short_time(speech(asked.language), asked.ctx.now - one.at),
        "title": title,
        "steps": [step for step in drawn if step["text"] or step["changes"]],
        "present": one.number == present,
        "back_url": f"/studio/revisions/{one.number}/back" if one.number != present else "",
        "undo_url": f"/studio/revisions/{one.base}/back" if one.number == present else "",
    }  # fmt: skip
