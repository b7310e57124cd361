"""A person leaves: what is handed over to whom, how far it is, and what became of it."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions.contract import Call
from fieldstone.actions.offboard import key_of
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.jobs.contract import JobStatus
from fieldstone.reads.leaving import LeavingPlan, Share
from fieldstone.reads.query import Query
from fieldstone.rules.offboarding import ASSIGN, FOLLOW, MANAGER, ROLE, HandOver
from fieldstone.storage.leased import jobs_of
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.people import face
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.wording import message

PAGE = Blueprint("leaving", __name__)
Drawn = dict[str, Any]
UNPROCESSABLE: Final = 422
MOST_TEAMS: Final = 100
TOLD: Final = 20


@PAGE.get("/leaving/<person>")
def leaving_page(person: str) -> Response:
    """Show the plan, the progress or the report."""
    asked = the_call()
    return drawing.page(asked, "leaving", _context(asked, person))


@PAGE.post("/leaving/<person>")
def leave(person: str) -> Response:
    """Switch the person off and begin to hand over."""
    asked = the_call()
    plan = _plan(asked, person)
    chosen = {}
    for share in plan.shares:
        code = share.hand_over.code
        somebody = request.form.get(f"user.{code}", "")
        heir = f"user:{somebody}" if somebody else request.form.get(f"to.{code}", "")
        if heir and heir != share.hand_over.to:
            chosen[code] = heir
    site = asked.site
    call = Call(asked.ctx, asked.model, "user", person, {"to": chosen}, site.reads, site.writes)
    try:
        result = run(site.vocabulary.actions, "offboard", call)
    except RefusedError as refusal:
        if refusal.status != UNPROCESSABLE:
            raise
        context = _context(asked, person, refusal.problems)
        return drawing.page(asked, "leaving", context, UNPROCESSABLE)
    return drawing.go(asked, f"/leaving/{person}", {"text": result.message.text(asked.language)})


def _plan(asked: Asked, person: str) -> LeavingPlan:
    plan = asked.site.reads.leaving(asked.ctx, asked.model, person)
    if plan is None:
        raise not_there()
    return plan


def _context(
    asked: Asked, person: str, problems: tuple[Problem, ...] | list[Problem] = ()
) -> Drawn:
    plan, said = _plan(asked, person), speech(asked.language)
    record = asked.site.reads.get(asked.ctx, asked.model, "user", person, Query(titles=True))
    if record is None:
        raise not_there()
    status = _last_job(asked, person)
    name = str(record.values.get("name") or "")
    running = status is not None and not status.ended
    return {
        "who": face(name),
        "name": name,
        "back_url": f"/o/user/{person}",
        "action": f"/leaving/{person}",
        "active": record.values.get("active") is not False,
        "running": running,
        "progress": _progress(status) if status is not None and running else None,
        "report": _report(asked, plan, status) if status is not None and status.ended else None,
        "shares": [_share(asked, said, one) for one in plan.shares if one.count],
        "total": plan.total,
        "stays": [
            {"label": asked.model.objects[code].plural.text(asked.language), "n": n}
            for code, n in plan.stays.items()
        ],
        "problems": [{"text": message(one, asked.language)} for one in problems],
    }


def _last_job(asked: Asked, person: str) -> JobStatus | None:
    with asked.site.storage.looking() as connection:
        found = jobs_of(connection).last_under(key_of(person))
    return asked.site.queue.status(found) if found else None


def _progress(status: JobStatus) -> Drawn:
    done, total = (
        int(str(status.progress.get("done", 0))),
        int(str(status.progress.get("total", 0))),
    )
    return {"done": done, "total": total, "percent": round(100 * done / total) if total else 0}


def _share(asked: Asked, said: Speech, share: Share) -> Drawn:
    one = share.hand_over
    spec = asked.model.objects[one.object_name]
    chosen = request.form.get(f"to.{one.code}") or one.to
    heirs = _heirs(asked, said, one)
    return {
        "code": one.code,
        "label": one.label.text(asked.language),
        "icon": spec.icon,
        "n": share.count,
        "to": {
            "name": f"to.{one.code}",
            "label": said.t("Goes to"),
            "type": "select",
            "required": True,
            "value": chosen,
            "options": [
                {"value": heir, "label": label, "chosen": heir == chosen}
                for heir, label in heirs.items()
            ],
        },
        "user": {
            "name": f"user.{one.code}",
            "label": said.t("or to"),
            "type": "user",
            "value": request.form.get(f"user.{one.code}", ""),
            "options_url": f"/o/{spec.code}/options?field=owner",
            "placeholder": said.t("a certain person"),
        },
    }


def _heirs(asked: Asked, said: Speech, one: HandOver) -> dict[str, str]:
    """Return who may be chosen for a hand-over, by heir; what the rule says is among them."""
    model, language = asked.model, asked.language
    spec = model.objects[one.object_name]
    may_be_free = spec.owned == "optional"
    found = {MANAGER: said.t("Their manager")}
    if may_be_free and model.rules_of(spec.code, "assignment"):
        found[ASSIGN] = said.t("By the assignment rules")
    if one.follow:
        found[FOLLOW] = said.t("Whoever owns what it belongs to")
    for pool in spec.pools if may_be_free else ():
        found[f"pool:{pool}"] = model.rules[pool].label.text(language)
    for team in _teams(asked):
        name = str(team.values.get("name"))
        found[f"team:{team.values.get('code')}"] = said.t("Team {name}, in turn", name=name)
    if one.to not in found:
        kind, _, code = one.to.partition(":")
        role = model.roles[code].label.text(language) if kind == ROLE else ""
        found = {one.to: said.t("{role}, in turn", role=role) if role else code, **found}
    return found


def _teams(asked: Asked) -> Any:
    if "team" not in asked.model.objects:
        return ()
    query = Query(fields=("name", "code"), sort=(("name", False),), limit=MOST_TEAMS)
    return asked.site.reads.list(asked.ctx, asked.model, "team", query).rows


def _report(asked: Asked, plan: LeavingPlan, status: JobStatus) -> Drawn:
    """Return how many records went to whom, and what nobody could take."""
    said = speech(asked.language)
    report: Any = status.progress.get("report") or {}
    labels = {
        share.hand_over.code: share.hand_over.label.text(asked.language) for share in plan.shares
    }
    people = {heir for one in report.values() for heir in one["to"]}
    names = asked.site.reads.titles(asked.ctx, asked.model, [("user", p) for p in people])
    lines = [
        {
            "label": labels.get(code, code),
            "to": [
                {"name": _heir(asked, said, heir, names), "n": n} for heir, n in one["to"].items()
            ],
            "left": list(one["refused"].values())[:TOLD],
        }
        for code, one in report.items()
        if one["to"] or one["refused"]
    ]
    return {
        "lines": lines,
        "failed": status.error if status.state == "failed" else "",
        "done": int(str(status.progress.get("done", 0))),
    }


def _heir(asked: Asked, said: Speech, heir: str, names: Any) -> str:
    kind, colon, code = heir.partition(":")
    if colon and kind == "pool":
        rule = asked.model.rules.get(code)
        return rule.label.text(asked.language) if rule else code
    return names.get(("user", heir)) or said.t("waits to be assigned")
