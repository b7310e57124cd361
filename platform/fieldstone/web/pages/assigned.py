"""The records, or the people, behind one number of an assignment board."""

from __future__ import annotations

import json
from typing import Final

from flask import Blueprint, Response, request

from fieldstone.base.label import Label
from fieldstone.reads.assigned import given, given_to, waiting
from fieldstone.reads.assigning import AWAY, FREE, FULL, assignments_seen, board_of
from fieldstone.reports.behind import Behind
from fieldstone.rules.contract import Rule
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages.assigning import GOT, TODAY, WAITING, people_by_state
from fieldstone.web.pages.dashboard_records import listed
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("assigned", __name__)
WORDS: Final = {
    FREE: Label("Can take work", "可接收"),
    AWAY: Label("Away", "不在岗"),
    FULL: Label("At a limit", "已达上限"),
    TODAY: Label("Given today", "今日分配"),
    WAITING: Label("Waiting", "待分配"),
    GOT: Label("Received", "已获得"),
}


@PAGE.get("/assignment/records")
def records() -> Response:
    """Show them: `rule`, `what`, and for what a person got `line`, `person`, `period`."""
    asked, code, what = the_call(), request.args.get("rule", ""), request.args.get("what", "")
    rule = next(
        (one for one in assignments_seen(asked.model, asked.ctx.actor) if one.code == code), None
    )
    if rule is None or what not in WORDS:
        raise not_there()
    return listed(asked, _behind(asked, rule, what), f"/assignment?rule={code}")


def _behind(asked: Asked, rule: Rule, what: str) -> Behind:
    args = request.args
    with asked.site.reads.sight(asked.ctx, asked.model) as sight:
        if what in (FREE, AWAY, FULL):
            people = people_by_state(board_of(sight, rule.code, asked.language))[what]
            condition = f"id in {json.dumps(people)}" if people else "id == null"
            return Behind("user", condition, rule.label, WORDS[what])
        if what == WAITING:
            ids = waiting(sight, rule)
        elif what == TODAY:
            ids = given(sight, rule, "day")
        else:
            named = (args.get("line", ""), args.get("person", ""), args.get("period", ""))
            ids = given_to(sight, rule, *named)
    return Behind(rule.object_name, None, rule.label, WORDS[what], tuple(ids))
