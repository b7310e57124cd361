"""The assignment board: who gets what and why, who is next, capped or away, and what waits in the hold queue."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from fieldstone.numbers.assignment import (
    GOT,
    OWED,
    ROOM,
    SHARE,
    TODAY,
    WAITING,
    people_by_state,
)
from fieldstone.reads.assigning import (
    AWAY,
    FREE,
    FULL,
    AssignmentBoard,
    Dealt,
    Limit,
    Line,
    Seat,
    Waiting,
    assignments_seen,
    board_of,
)
from fieldstone.reads.query import Record
from fieldstone.rules.assignment import Assignment
from fieldstone.rules.contract import Rule
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import near, short_time
from fieldstone.web.pages.entries import ENGINE, Entry
from fieldstone.web.pages.people import face
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.values import Look

PAGE = Blueprint("assigning", __name__)
Drawn = dict[str, Any]
TONES: Final = {FREE: "green", FULL: "amber"}
METHODS: Final = {
    "round_robin": "In turn",
    "equal": "Equal shares",
    "weighted": "By weight",
    "least_loaded": "Fewest open first",
    "most_available": "Most room first",
    "random": "By lot",
}
PERIODS: Final = {
    "hour": "This hour",
    "day": "Today",
    "week": "This week",
    "month": "This month",
    "quarter": "This quarter",
}
HIDDEN: Final = "A record you may not open"
NEAR_EVEN: Final = 0.05
WHOLE: Final = 100


def may(asked: Asked) -> bool:
    """Tell whether there is a board that this reader may see."""
    return asked.actor is not None and bool(assignments_seen(asked.model, asked.actor))


ENTRIES = (Entry("Assignment", "shuffle", "/assignment", ENGINE, 30, may),)


@PAGE.get("/assignment")
def assignment_page() -> Response:
    """Show the board of one rule, the first without a choice."""
    asked = the_call()
    rules = assignments_seen(asked.model, asked.ctx.actor)
    if not rules:
        raise not_there()
    code = request.args.get("rule", rules[0].code)
    with asked.site.reads.sight(asked.ctx, asked.model) as sight:
        board = board_of(sight, code, asked.language)
    return drawing.page(asked, "assigning", context_of(asked, board, rules))


def behind(rule: str, **named: str) -> str:
    """Return the address of the records, or the people, behind a number of a rule's board."""
    return f"/assignment/records?{urlencode({'rule': rule, **named})}"


def context_of(asked: Asked, board: AssignmentBoard, rules: list[Rule]) -> Drawn:
    """Return what pages/assigning.html draws."""
    said, language = speech(asked.language), asked.language
    return {
        "title": board.rule.label.text(language),
        "rules": [
            {
                "label": one.label.text(language),
                "href": f"/assignment?rule={one.code}",
                "current": one.code == board.rule.code,
            }
            for one in rules
        ],
        "figures": _figures(said, board),
        "lines": [_line(asked, said, one, board.rule.code) for one in board.lines],
        "waiting": [_waiting(asked, said, one) for one in board.waiting],
        "waiting_url": behind(board.rule.code, what=WAITING) if board.waiting_open else "",
        "waiting_hidden": said.t(
            "{n} waiting, of which you may open {seen}",
            n=board.waiting_count,
            seen=board.waiting_open,
        )
        if board.waiting_open < board.waiting_count
        else "",
        "waiting_more": board.waiting_count - len(board.waiting),
        "waiting_text": _queue_text(said, board),
        "dealt": [_dealt(asked, said, one) for one in board.dealt],
    }


def _figures(said: Speech, board: AssignmentBoard) -> list[Drawn]:
    people = people_by_state(board)
    free, full, away = (len(people[state]) for state in (FREE, FULL, AWAY))
    t, code = said.t, board.rule.code
    figures = (
        (t("Can take work"), t("{n} of {most}", n=free, most=free + full + away), FREE, free),
        (t("Away"), away, AWAY, away),
        (t("At a limit"), full, FULL, full),
        (t("Given today"), board.given_today, TODAY, board.given_today),
        (t("Waiting"), board.waiting_count, WAITING, board.waiting_open),
    )
    return [
        {"label": label, "value": value, "href": behind(code, what=what) if count else ""}
        for label, value, what, count in figures
    ]


def _line(asked: Asked, said: Speech, line: Line, rule: str) -> Drawn:
    language = asked.language
    periods = [limit.period for limit in line.seats[0].limits] if line.seats else []
    return {
        "code": line.code,
        "label": line.label.text(language),
        "when": line.when,
        "method": said.t(METHODS[line.method]) if line.method else "",
        "shared": line.shared.text(language) if line.shared else "",
        "target": line.target.text(language) if line.target else "",
        "heads": [said.t(PERIODS[period]) for period in periods],
        "seats": [_seat(said, language, seat, (rule, line)) for seat in line.seats],
        "balanced": line.method in ("equal", "weighted"),
    }


def _seat(said: Speech, language: str, seat: Seat, place: tuple[str, Line]) -> Drawn:
    rule, line = place
    mine = {"line": line.code, "person": seat.person}
    words = said.t("available") if seat.state == FREE else seat.because.text(language)
    return {
        "who": face(seat.name),
        "href": f"/o/user/{seat.person}",
        "next": seat.is_next,
        "tone": TONES.get(seat.state, "gray"),
        "state": words,
        "share": {
            "text": f"{round(seat.share * WHOLE)}%",
            "href": behind(rule, what=SHARE, line=line.code),
        }
        if seat.share
        else None,
        "rank": seat.rank,
        "rank_url": f"/rankings/{line.ranking}" if line.ranking else "",
        "limits": [
            _limit(limit)
            | {"href": behind(rule, what=GOT, period=limit.period, **mine) if limit.got else ""}
            for limit in seat.limits
        ],
        "room": None
        if seat.room is None
        else {"text": str(seat.room), "href": behind(rule, what=ROOM, person=seat.person)},
        "owed": {"text": _owed(said, seat), "href": behind(rule, what=OWED, **mine)},
    }


def _limit(limit: Limit) -> Drawn:
    if limit.most is None:
        return {"text": str(limit.got)}
    spent = WHOLE if limit.most <= 0 else min(WHOLE, limit.got * WHOLE // limit.most)
    tone = "red" if limit.got >= limit.most else ""
    return {"text": f"{limit.got} / {limit.most}", "spent": spent, "tone": tone}


def _owed(said: Speech, seat: Seat) -> str:
    if abs(seat.owed) < NEAR_EVEN:
        return said.t("even")
    word = "{n} behind" if seat.owed > 0 else "{n} ahead"
    return said.t(word, n=f"{abs(seat.owed):.2f}")


def _queue_text(said: Speech, board: AssignmentBoard) -> str:
    body = board.rule.body
    if not isinstance(body, Assignment) or body.fallback.kind != "hold":
        return said.t("What nobody can take does not wait here: the rule sends it on at once.")
    if body.queue.by:
        return said.t("The highest leave the queue first, as soon as somebody can take them.")
    return said.t("The oldest leave the queue first, as soon as somebody can take them.")


def _named(asked: Asked, record: Record) -> Drawn:
    return {
        "title": Look(asked).title(record),
        "href": f"/o/{record.object_name}/{record.id}?tab=why",
    }


def _waiting(asked: Asked, said: Speech, one: Waiting) -> Drawn:
    actor, now = asked.ctx.actor, asked.ctx.now
    ends = (one.due - now).days < 365  # a queue without a deadline has one far away  # noqa: PLR2004
    return {
        **(_named(asked, one.record) if one.record else {"title": said.t(HIDDEN), "href": ""}),
        "since": said.t("waits for {time}", time=short_time(said, now - one.since)),
        "due": near(said, one.due, now, actor.zone) if ends else "",
    }


def _dealt(asked: Asked, said: Speech, one: Dealt) -> Drawn:
    zone, language = asked.ctx.actor.zone, asked.language
    rule = asked.model.rules.get(one.pool)
    return {
        **_named(asked, one.record),
        "at": one.at.astimezone(ZoneInfo(zone)).isoformat(),
        "time": near(said, one.at, asked.ctx.now, zone),
        "who": face(one.name) if one.name else None,
        "pool": rule.label.text(language) if rule else one.pool,
        "why": one.because.text(language),
        "others": [
            {"who": face(c.name), "chosen": c.chosen, "why": c.because.text(language)}
            for c in one.candidates
        ],
    }
