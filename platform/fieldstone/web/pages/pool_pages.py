"""The pages of those who look after a pool: its traffic, its members, and records of pools that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from fieldstone.actions.contract import Call
from fieldstone.actions.move_to_pool import MOVE
from fieldstone.actions.running import run
from fieldstone.base.errors import RefusedError
from fieldstone.numbers.contract import Asked as AskedNumbers
from fieldstone.numbers.contract import Number
from fieldstone.numbers.pools import of_pool
from fieldstone.reads.claiming import Claiming
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.reads.pool_people import Standing
from fieldstone.reads.pool_traffic import (
    ASSIGNED,
    CLAIMED,
    GONE,
    KEPT,
    MOVED_IN,
    MOVED_OUT,
    NEW,
    RECALLED,
    RETURNED,
    Traffic,
)
from fieldstone.web.asking import the_call
from fieldstone.web.pages import badges, drawing
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.dashboard_records import listed
from fieldstone.web.pages.drawn_charts import columns, grid, histogram
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.pool import PoolPage, pool_of
from fieldstone.web.pages.wording import told

PAGE = Blueprint("pool_pages", __name__)
PERIODS: Final = (7, 30, 90)
USUAL: Final = 30
DAYS_OF_A_WEEK: Final = 7
MOST_AT_ONCE: Final = 500
WORDS: Final = {
    NEW: "New",
    RETURNED: "Given back",
    RECALLED: "Recalled",
    MOVED_IN: "From another pool",
    CLAIMED: "Claimed",
    ASSIGNED: "Assigned",
    MOVED_OUT: "To another pool",
    GONE: "Taken out",
}
AGE_NAMES: Final = ("under a day", "1 to 7 days", "7 to 30 days", "30 to 90 days", "over 90 days")
GROUP_WORDS: Final = {"role": "Role", "team": "Team", "department": "Department", "user": "Person"}
SEES: Final = {
    "preview": "Sees the records",
    "blind": "Sees no names before opening",
    "hidden": "Sees nothing",
}
Drawn = dict[str, Any]


@PAGE.get("/pools/<code>/traffic")
def traffic(code: str) -> Response:
    """Show what went in and out of a pool."""
    asked = the_call()
    pool = pool_of(asked, code)
    days = _days()
    found, said = pool.desk.traffic(days), pool.speech
    periods = [
        {
            "label": said.t("{n} days", n=n),
            "href": f"/pools/{code}/traffic?days={n}",
            "current": n == days,
        }
        for n in PERIODS
    ]
    context = {
        **pool.head("traffic"),
        "periods": periods,
        "kpis": _figures(pool, found),
        "flow": _flow(pool, found),
        "came": _ways(pool, found, "came", found.came),
        "left": _ways(pool, found, "left", found.left),
        "ages": _ages(pool, found),
        "people": _people(pool, found),
    }
    return drawing.page(asked, "pool_traffic", context)


def _days() -> int:
    given = request.args.get("days", "")
    return int(given) if given.isdecimal() and int(given[:3]) in PERIODS else USUAL


@PAGE.get("/pools/<code>/traffic/records")
def traffic_records(code: str) -> Response:
    """Show the records behind a number of the traffic: `what`, `which`, `days`."""
    asked = the_call()
    pool, days = pool_of(asked, code), _days()
    what, which = request.args.get("what", ""), request.args.get("which", "")
    number = Number(what, pool.spec.code, which, str(days))
    found = of_pool(AskedNumbers(asked.site, asked.ctx, asked.model), code, number)
    return listed(asked, found, f"/pools/{code}/traffic?days={days}")


def _behind(pool: PoolPage, found: Traffic, what: str, which: str = "") -> str:
    """Return the address of the records behind a number."""
    query = urlencode({"days": found.days, "what": what, "which": which})
    return f"/pools/{pool.code}/traffic/records?{query}"


@PAGE.get("/pools/<code>/members")
def members(code: str) -> Response:
    """Show who works with a pool, and where each stands."""
    asked = the_call()
    pool = pool_of(asked, code)
    people, shared = [_member(pool, one) for one in pool.desk.people()], pool.desk.together()
    context = {
        **pool.head("members"),
        "groups": _groups(pool),
        "people": people,
        "together": pool.meters.shared(shared.quotas, shared.holdings),
        "stranded": _stranded(pool),
        "total_text": pool.speech.tn("One person", "{n} people", len(people)),
    }
    return drawing.page(asked, "pool_members", context)


@PAGE.get("/pools/<code>/members/<subject>/<what>")
def counted(code: str, subject: str, what: str) -> Response:
    """Show the records that a limit counts: `subject` a person, a group or the pool, `of` the rule or the period."""
    asked = the_call()
    pool = pool_of(asked, code)
    number = Number(what, pool.spec.code, subject, request.args.get("of", ""))
    found = of_pool(AskedNumbers(asked.site, asked.ctx, asked.model), code, number)
    members_page = "/members" if pool.inside.administers else ""
    return listed(asked, found, f"/pools/{code}{members_page}")


@PAGE.post("/pools/<code>/adopt")
def adopt(code: str) -> Response:
    """Move what lies in a pool that is gone into this one, so many at once."""
    asked = the_call()
    pool, site = pool_of(asked, code), asked.site
    gone = request.form.get("from", "")
    desk = PoolDesk(site.reads, asked.ctx, asked.model, pool.spec.code, gone)
    ids = desk.lying(MOST_AT_ONCE) if gone in desk.stranded() else ()
    moved = 0
    problems: list[str] = []
    for record_id in ids:
        params = {"pool": code}
        call = Call(
            asked.ctx, asked.model, pool.spec.code, record_id, params, site.reads, site.writes
        )
        try:
            run(site.vocabulary.actions, MOVE, call)
        except RefusedError as error:
            problems += [told(problem, asked.language) for problem in error.problems]
        else:
            moved += 1
    badges.forget(asked)
    said = pool.speech
    parts = [said.tn("One record was moved.", "{n} records were moved.", moved)]
    parts += list(dict.fromkeys(problems))[:1]
    toast = {"text": " ".join(parts), "tone": "warn" if problems else "ok"}
    if not drawing.wants_fragment():
        return drawing.go(asked, f"/pools/{code}/members")
    return drawing.done({"reload": True, "toast": toast})


def _figures(pool: PoolPage, found: Traffic) -> list[Drawn]:
    t = pool.speech.t
    wait = short_time(pool.speech, found.wait) if found.wait is not None else "–"
    return [
        {"label": t("Lying here now"), "value": f"{found.lying:,}", "href": f"/pools/{pool.code}"},
        *(
            {"label": t(label), "value": value, "href": _behind(pool, found, what, which)}
            for label, value, what, which in (
                ("Came in", f"{found.whole['came']:,}", "came", ""),
                ("Claimed or assigned", f"{found.whole['taken']:,}", "taken", ""),
                ("Came back", f"{found.whole['back']:,}", "back", ""),
                ("Never claimed", f"{found.never:,}", "never", ""),
                ("Usual wait for a claim", wait, "left", CLAIMED),
            )
        ),
    ]


def _flow(pool: PoolPage, found: Traffic) -> Drawn:
    t, weekly = pool.speech.t, found.days > USUAL
    days = [
        (day, (len(came), len(claimed)))
        for day, came, claimed in _stretches(found, DAYS_OF_A_WEEK if weekly else 1)
    ]
    drawn, highest = columns(
        [[claimed, max(0, came - claimed)] for _, (came, claimed) in days], ("won", "best")
    )
    for shape, (day, (came, claimed)) in zip(drawn, days, strict=True):
        label = f"{day.month}/{day.day}"
        shape["label"] = label if shape["labelled"] else ""
        shape["note"] = t("{came} came in, {claimed} claimed", came=came, claimed=claimed)
        last = day + timedelta(days=DAYS_OF_A_WEEK - 1 if weekly else 0)
        for part in shape["segments"]:
            way = CLAIMED if part["kind"] == "won" else "came"
            part["note"] = f"{label}: {shape['note']}"
            part["href"] = _behind(pool, found, "day", f"{day}:{last}:{way}")
    return {
        "label": t("What came in and was claimed"),
        "lines": [{"y": y, "text": f"{value:g}"} for y, value in grid(highest)],
        "legend": [
            {"kind": "won", "label": t("Claimed")},
            {"kind": "best", "label": t("Came in beyond that")},
        ],
        "columns": drawn,
        "any": any(came or claimed for _, (came, claimed) in days),
    }


def _stretches(found: Traffic, length: int) -> Iterator[tuple[date, set[str], set[str]]]:
    """Yield stretches of days, each by its first one, with the records that came and were claimed."""
    every = list(found.by_day.items())
    for start in range(0, len(every), length):
        part = every[start : start + length]
        came = {one for _, (ins, _) in part for one in ins}
        yield part[0][0], came, {one for _, (_, outs) in part for one in outs}


def _ways(pool: PoolPage, found: Traffic, what: str, counts: Mapping[str, int]) -> list[Drawn]:
    most = max([*counts.values(), 1])
    return [
        {
            "label": pool.speech.t(WORDS[way]),
            "bar": round(200 * count / most),
            "spoken": str(count),
            "value": {
                "text": f"{count:,}",
                "href": _behind(pool, found, what, way) if count else "",
            },
        }
        for way, count in counts.items()
    ]


def _ages(pool: PoolPage, found: Traffic) -> Drawn:
    t = pool.speech.t
    bars = histogram(found.ages)
    for place, (bar, name) in enumerate(zip(bars, AGE_NAMES, strict=True)):
        bar["label"] = t(name)
        if bar["n"]:
            bar["href"] = _behind(pool, found, "age", str(place))
    ticks = [
        {"x": round(bar["x"] + bar["w"] / 2, 1), "text": t(short), "anchor": "middle"}
        for bar, short in zip(bars, ("<1 d", "1–7 d", "7–30 d", "30–90 d", ">90 d"), strict=True)
    ]
    return {
        "label": t("How long records have been lying here"),
        "bars": bars,
        "marks": [],
        "ticks": ticks,
    }


def _people(pool: PoolPage, found: Traffic) -> Drawn:
    t, asked = pool.speech.t, pool.asked
    titles = asked.site.reads.titles(
        asked.ctx, asked.model, [("user", person) for person in found.people]
    )
    heads = ("Person", "Claimed", "Assigned", "Given back", "Recalled", "Kept")
    rows = [
        [
            {"text": titles.get(("user", person), "–"), "href": f"/o/user/{person}"},
            *(
                {
                    "text": str(n),
                    "href": _behind(pool, found, "took", f"{person}:{way}") if n else "",
                }
                for way, n in (
                    (CLAIMED, one.claimed),
                    (ASSIGNED, one.assigned),
                    (RETURNED, one.returned),
                    (RECALLED, one.recalled),
                    (KEPT, one.kept),
                )
            ),
        ]
        for person, one in found.people.items()
    ]
    named = [{"label": t(head), "number": place > 0} for place, head in enumerate(heads)]
    return {"columns": named, "rows": rows}


def _groups(pool: PoolPage) -> list[Drawn]:
    t, body = pool.speech.t, pool.body
    found = []
    for one in body.members if body is not None else ():
        kind = one.group.partition(":")[0]
        visibility = "preview" if one.admin else one.visibility or (body.visibility if body else "")
        found.append(
            {
                "kind": t(GROUP_WORDS[kind]),
                "name": pool.meters.group_named(one.group),
                "admin": one.admin,
                "sees": t(SEES[visibility]),
                "only": one.sees.read_back(pool.asked.language) if one.sees is not None else "",
            }
        )
    return found


def _member(pool: PoolPage, one: Standing) -> Drawn:
    claiming = Claiming(may_claim=True, holdings=one.holdings, till=one.till)
    return {
        "href": f"/o/user/{one.person.id}",
        "name": one.person.name,
        "who": {"initials": initials(one.person.name), "tone": tone(one.person.name)},
        "admin": one.administers,
        "sees": pool.speech.t(SEES[one.visibility]),
        "meters": pool.meters.own(claiming, one.person.id),
    }


def _stranded(pool: PoolPage) -> list[Drawn]:
    said = pool.speech
    return [
        {
            "pool": gone,
            "text": said.tn(
                "One record lies in a pool that is no longer there: {pool}.",
                "{n} records lie in a pool that is no longer there: {pool}.",
                count,
                pool=gone,
            ),
            "action": f"/pools/{pool.code}/adopt",
        }
        for gone, count in pool.desk.stranded().items()
    ]
