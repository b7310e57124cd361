"""Work at a pool: opening a record before the claim, and what is done with several records at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.masks import Masked
from fieldstone.actions.claiming import MOST_AT_ONCE, Wish, claim_all
from fieldstone.actions.contract import Call
from fieldstone.actions.move_to_pool import MOVE, MOVED, targets_of
from fieldstone.actions.peeking import opened
from fieldstone.actions.pool_reasons import is_required, reason_of, reasons_of
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.problem_texts import in_language
from fieldstone.reads.query import Record
from fieldstone.web.asking import the_call
from fieldstone.web.pages import badges, drawing
from fieldstone.web.pages.pool import PoolPage, pool_of
from fieldstone.web.pages.reason_words import reason_options
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import told

PAGE = Blueprint("pool_desk", __name__)
REASONS_TOLD: Final = 3
UNPROCESSABLE: Final = 422
Drawn = dict[str, Any]
DONE: Final = {
    "claim": ("One record is yours now.", "{n} records are yours now."),
    "assign": ("One record has a new owner.", "{n} records have a new owner."),
    "move": ("One record was moved.", "{n} records were moved."),
}


@PAGE.post("/pools/<code>/open/<record_id>")
def open_record(code: str, record_id: str) -> Response:
    """Show one record of the pool in a dialog; the look is counted."""
    asked = the_call()
    pool = pool_of(asked, code)
    try:
        seen = opened(_wish(pool, [record_id]))
    except RefusedError as error:
        text = " ".join(told(problem, asked.language) for problem in error.problems)
        return drawing.done({"toast": {"text": text, "tone": "warn"}})
    claiming = pool.claiming([record_id])
    refused = claiming.refused.get(record_id) or next(iter(claiming.obstacles), None)
    said = pool.speech
    note = ""
    if seen.left is not None:
        note = said.tn("one preview left today", "{n} previews left today", seen.left)
    context = {
        "title": Look(asked).title(seen.record),
        "fields": list(_shown(pool, seen.record)),
        "note": note,
        "claim": {"url": f"/pools/{code}/claim/{record_id}", "target": f"#p-{record_id}"}
        if claiming.may_claim
        else None,
        "why": told(refused, asked.language) if refused is not None else "",
    }
    return drawing.fragment(asked, "pool_open", context)


@PAGE.post("/pools/<code>/bulk")
def bulk(code: str) -> Response:
    """Claim, assign or move the chosen records, or ask for what is still to be said."""
    asked = the_call()
    pool = pool_of(asked, code)
    ids = [one for one in dict.fromkeys(request.form.getlist("ids")) if is_id(one)][:MOST_AT_ONCE]
    verb, given = request.form.get("do", ""), request.form.get("value", "")
    if verb not in [one["name"] for one in pool.verbs(pool.claiming())] or not ids:
        text = "There is nothing to do here."
        raise RefusedError([Problem("bad_bulk", "do", text, "Select some records first.")], 400)
    if verb == "claim":
        try:
            claimed = claim_all(_wish(pool, ids))
        except RefusedError as error:
            return _answered(pool, verb, 0, error.problems)
        good = sum(one.outcome is not None for one in claimed)
        return _answered(pool, verb, good, [p for one in claimed for p in one.problems])
    problems = _unsaid(pool, verb, given)
    if not given or problems:
        return _dialog(pool, verb, ids, problems)
    return _each(pool, verb, ids, given)


def _unsaid(pool: PoolPage, verb: str, given: str) -> Sequence[Problem]:
    """Return what is missing before any record is moved: a reason, where the other pool wants one."""
    if verb == "move" and given:
        try:
            reason_of(pool.asked.model, given, request.form.get("reason"), MOVED)
        except RefusedError as error:
            return error.problems
    return ()


def _each(pool: PoolPage, verb: str, ids: Sequence[str], given: str) -> Response:
    asked, site = pool.asked, pool.asked.site
    action, params = ("assign", {"owner": given}) if verb == "assign" else (MOVE, {"pool": given})
    if reason := " ".join(request.form.get("reason", "").split()):
        params["reason"] = reason
    good = 0
    problems: list[Problem] = []
    for record_id in ids:
        call = Call(
            asked.ctx, asked.model, pool.spec.code, record_id, params, site.reads, site.writes
        )
        try:
            run(site.vocabulary.actions, action, call)
        except RefusedError as error:
            problems += error.problems
        else:
            good += 1
    return _answered(pool, verb, good, problems)


def _answered(pool: PoolPage, verb: str, good: int, problems: Iterable[Problem]) -> Response:
    said, language = pool.speech, pool.asked.language
    one, many = DONE[verb]
    parts = [said.tn(one, many, good)] if good else []
    reasons = list(dict.fromkeys(told(problem, language) for problem in problems))
    parts += reasons[:REASONS_TOLD]
    badges.forget(pool.asked)
    toast = {"text": " ".join(parts), "tone": "warn" if reasons else "ok"}
    return drawing.done({"dialog-close": True, "reload": True, "toast": toast})


def _dialog(
    pool: PoolPage, verb: str, ids: Sequence[str], problems: Sequence[Problem] = ()
) -> Response:
    said, language = pool.speech, pool.asked.language
    if verb == "assign":
        title = said.tn("Give one record to", "Give {n} records to", len(ids))
        fields = [_owner(pool), _reason(pool, ())]
    else:
        title = said.tn("Move one record", "Move {n} records", len(ids))
        targets = targets_of(pool.asked.model, pool.spec.code, pool.code)
        fields = [_target(pool, targets), _reason(pool, targets)]
    context = {
        "title": title,
        "action": f"/pools/{pool.code}/bulk",
        "hidden": [("do", verb), *(("ids", one) for one in ids)],
        "fields": fields,
        "submit": said.t("Assign") if verb == "assign" else said.t("Move"),
        # The reasons stand in the field below.
        "problems": [
            {"text": in_language(one, language).message, "name": one.path} for one in problems
        ],
    }
    return drawing.fragment(pool.asked, "ask", context, UNPROCESSABLE if problems else 200)


def _owner(pool: PoolPage) -> Drawn:
    url = f"/o/{pool.spec.code}/options?field=owner"
    return _field(pool, "value", "Owner", required=True) | {"type": "user", "options_url": url}


def _target(pool: PoolPage, targets: Sequence[str]) -> Drawn:
    rules, language = pool.asked.model.rules, pool.asked.language
    options = [
        {"value": one, "label": rules[one].label.text(language) if one in rules else one}
        for one in targets
    ]
    field = _field(pool, "value", "Pool", required=True) | {"type": "select", "options": options}
    return field | {"value": field["value"] or options[0]["value"]}


def _reason(pool: PoolPage, targets: Sequence[str]) -> Drawn:
    """Return the field for the reason: one of those that the other pools know, or one's own words."""
    model = pool.asked.model
    options = reason_options(reasons_of(model, targets), pool.asked.language)
    required = bool(targets) and all(is_required(model, one) for one in targets)
    field = _field(pool, "reason", "Reason", required=required)
    return field | ({"type": "select", "options": options} if options else {"type": "text"})


def _field(pool: PoolPage, name: str, label: str, *, required: bool) -> Drawn:
    value = request.form.get(name, "")
    return {"name": name, "label": pool.speech.t(label), "required": required, "value": value}


def _wish(pool: PoolPage, ids: Sequence[str]) -> Wish:
    asked, site = pool.asked, pool.asked.site
    return Wish(asked.ctx, asked.model, pool.spec.code, pool.code, ids, site.reads, site.writes)


def _shown(pool: PoolPage, record: Record) -> Iterable[Drawn]:
    """Yield the filled fields of the form in its order, masked ones with a lock."""
    look: Callable[[Record, str], Drawn] = Look(pool.asked).cell
    for code in dict.fromkeys(code for part in pool.spec.form for code in part.fields):
        if code == pool.spec.title or code not in record.values:
            continue
        cell = look(record, code)
        if cell["text"]:
            masked = isinstance(record.values[code], Masked)
            label = pool.spec.fields[code].label.text(pool.asked.language)
            yield {"label": label, "text": cell["text"], "masked": masked}
