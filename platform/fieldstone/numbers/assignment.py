"""The records, or the people, behind the numbers of an assignment board."""

from __future__ import annotations

import json
from typing import Final

from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.numbers.contract import Asked, Number, nothing
from fieldstone.reads.assigned import (
    EVER,
    given,
    given_to,
    held_by,
    waiting,
    waiting_counts,
)
from fieldstone.reads.assigning import AWAY, FREE, FULL, AssignmentBoard, assignments_seen, board_of
from fieldstone.reads.sight import Sight
from fieldstone.reports.behind import Behind
from fieldstone.rules.contract import Rule

TODAY, WAITING, GOT = "today", "waiting", "got"
SHARE, ROOM, OWED = "share", "room", "owed"
WORDS: Final = {
    FREE: Label("Can take work", "可接收"),
    AWAY: Label("Away", "不在岗"),
    FULL: Label("At a limit", "已达上限"),
    TODAY: Label("Given today", "今日分配"),
    WAITING: Label("Waiting", "待分配"),
    GOT: Label("Received", "已获得"),
    SHARE: Label("Who shares", "参与分配的人员"),
    ROOM: Label("Held, towards the limit", "计入持有上限的记录"),
    OWED: Label("Received so far", "累计获得"),
}
NOTES: Final = {
    SHARE: Label(
        "A share is a person's weight among all who share here and can take work now.",
        "占比＝本人权重 ÷ 当前可接收人员的权重之和。",
    ),
    ROOM: Label(
        "Room left is what the limit allows less these records.", "剩余额度＝上限 − 这些记录数。"
    ),
    OWED: Label(
        "Who got more of these than their share is ahead, who got fewer is behind.",
        "获得多于应得占比为超前，少于应得占比为落后。",
    ),
}


def of_assignment(asked: Asked, code: str, number: Number) -> Behind:
    """Return what a figure of a rule's board counts: what `key`, a person, got or holds in the line `chart`.

    Raises RefusedError (404) for a board or a figure that is not there for this reader.
    """
    seen = {one.code: one for one in assignments_seen(asked.model, asked.ctx.actor)}
    if code not in seen:
        raise nothing("rule", code, did_you_mean(code[:40], seen))
    if number.figure not in WORDS:
        raise nothing("figure", number.figure, did_you_mean(number.figure[:40], WORDS))
    with asked.site.reads.sight(asked.ctx, asked.model) as sight:
        return _behind(sight, seen[code], number)


def people_by_state(board: AssignmentBoard) -> dict[str, list[str]]:
    """Return the people of a board, each once, by whether they can take work."""
    people = {seat.person: seat.state for line in board.lines for seat in line.seats}
    return {
        state: [one for one, has in people.items() if has == state] for state in (FREE, FULL, AWAY)
    }


def _behind(sight: Sight, rule: Rule, number: Number) -> Behind:
    what, line, person = number.figure, number.chart, number.key or ""
    said, note = (rule.label, WORDS[what]), NOTES.get(what)
    if what in (FREE, AWAY, FULL):
        return _people(said, people_by_state(board_of(sight, rule.code))[what])
    if what == SHARE:
        lines = {one.code: one for one in board_of(sight, rule.code).lines}
        seats = lines[line].seats if line in lines else ()
        return _people(said, [seat.person for seat in seats if seat.share], note)
    if what == ROOM:
        return Behind(rule.object_name, held_by(sight, rule.object_name, person), *said, note=note)
    if what == WAITING:
        ids, note = waiting(sight, rule), _hidden(*waiting_counts(sight, rule))
    elif what == TODAY:
        ids = given(sight, rule, "day")
    else:
        ids = given_to(sight, rule, line, person, EVER if what == OWED else number.period)
    return Behind(rule.object_name, None, *said, tuple(ids), note=note)


def _hidden(count: int, may_open: int) -> Label | None:
    if may_open >= count:
        return None
    return Label(
        f"{count} waiting, of which you may open {may_open}.",
        f"共 {count} 条等待分配，其中您可打开 {may_open} 条。",
    )


def _people(said: tuple[Label, Label], ids: list[str], note: Label | None = None) -> Behind:
    condition = f"id in {json.dumps(ids)}" if ids else "id == null"
    return Behind("user", condition, *said, note=note)
