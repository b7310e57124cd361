"""Records that may be there twice: the pairs that wait, comparing two, merging them, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Call
from fieldstone.actions.merge import mergeable
from fieldstone.actions.merging.finding import FIND, search_of
from fieldstone.actions.merging.judging import judge
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.reads.pairs import PairQuery
from fieldstone.storage.suspects import APART, MERGED, OPEN, SuspectedPair
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.badges import forget
from fieldstone.web.pages.comparing import Comparison, Drawn, Side, comparison_of, side
from fieldstone.web.pages.entries import Entry
from fieldstone.web.pages.subjects import heading, not_there, object_of
from fieldstone.web.pages.wording import told

PAGE = Blueprint("pairs", __name__)
PER_PAGE: Final = 30
MOST_REASONS: Final = 3
LABELS: Final[Mapping[str, str]] = {OPEN: "To decide", MERGED: "Merged", APART: "Not duplicates"}
UNPROCESSABLE: Final = 422


def searched(asked: Asked) -> list[ObjectType]:
    """Return the objects that a rule looks for duplicates in and that the reader may read."""
    found = []
    for code in dict.fromkeys(r.object_name for r in asked.model.rules.values()):
        spec = asked.model.objects[code]
        known = asked.model.rules_of(code, "duplicate") and mergeable(asked.model, code)
        if known and access_to(asked.model, asked.actor, code).may_read:
            found.append(spec)
    return found


def may_look(asked: Asked) -> bool:
    """Tell whether the reader has anything to do with duplicates: records that they may change."""
    if asked.actor is None:
        return False
    return any(access_to(asked.model, asked.actor, o.code).rights.update for o in searched(asked))


ENTRIES: Final = (Entry("Duplicates", "copy", "/duplicates", order=40, may=may_look),)


@PAGE.get("/duplicates")
def pairs() -> Response:
    """Show the pairs of one object, the most alike first."""
    asked = the_call()
    objects = searched(asked)
    if not objects:
        raise not_there()
    wanted = request.args.get("object", objects[0].code)
    spec = next((one for one in objects if one.code == wanted), None)
    state = request.args.get("state", OPEN)
    if spec is None or state not in LABELS:
        raise not_there()
    return drawing.page(asked, "pairs", _list(asked, objects, spec, state))


def _list(asked: Asked, objects: list[ObjectType], spec: ObjectType, state: str) -> Drawn:
    t = speech(asked.language).t
    given = request.args.get("from", "0")
    offset = int(given[:6]) if given[:6].isascii() and given[:6].isdigit() else 0
    reads, ctx = asked.site.reads, asked.ctx
    page = reads.pairs(ctx, asked.model, spec.code, PairQuery(state, 0, offset, PER_PAGE))
    following = offset + PER_PAGE
    here = f"/duplicates?object={spec.code}&state={state}"
    counts = {
        one.code: reads.pairs(ctx, asked.model, one.code, PairQuery(limit=1)).total
        for one in objects
    }
    return {
        "objects": [
            {
                "label": one.plural.text(asked.language),
                "href": f"/duplicates?object={one.code}",
                "count": counts[one.code],
                "current": one.code == spec.code,
            }
            for one in objects
        ],
        "states": [
            {
                "label": t(label),
                "href": f"/duplicates?object={spec.code}&state={code}",
                "current": code == state,
            }
            for code, label in LABELS.items()
        ],
        "state": state,
        "rows": [row for one in page.pairs if (row := _row(asked, one)) is not None],
        "more_url": f"{here}&from={following}" if page.total > following else "",
        "find_url": "/duplicates/find" if _may_search(asked, spec) else "",
        "object": heading(asked, spec),
        "search": _search_stand(asked),
    }


def _may_search(asked: Asked, spec: ObjectType) -> bool:
    return access_to(asked.model, asked.actor, spec.code).may_assign


def _search_stand(asked: Asked) -> Drawn | None:
    """Return how far the search is that this address names."""
    job = asked.site.queue.status(request.args.get("job", "")[:40])
    if job is None or job.name != FIND:
        return None
    done, total = int(str(job.progress.get("done", 0))), int(str(job.progress.get("total", 1)))
    found = job.progress.get("found", 0)
    return {
        "busy": not job.ended,
        "percent": 100 if job.ended else 100 * done // max(1, total),
        "found": found,
        "failed": job.state == "failed",
        "url": request.full_path,
    }


def _row(asked: Asked, pair: SuspectedPair) -> Drawn | None:
    """Return one pair as the list shows it."""
    one = side(asked, pair.object_name, pair.record)
    other = side(asked, pair.other_object, pair.other)
    if one is None or other is None:
        return None
    said = speech(asked.language)
    fields = asked.model.objects[pair.object_name].fields
    present = map(asked.model.objects[pair.object_name].present_code, pair.fields)
    labels = [fields[code].label.text(asked.language) for code in present if code in fields]
    since = pair.decided_at or pair.found_at
    return {
        "one": one.drawn(),
        "other": other.drawn(),
        "percent": pair.score,
        "reasons": labels[:MOST_REASONS],
        "when": said.t("{time} ago", time=short_time(said, asked.ctx.now - since)),
        "href": compare_url(pair),
        "apart_url": f"/duplicates/{pair.id}/apart" if pair.state == OPEN else "",
        "open_url": f"/duplicates/{pair.id}/open" if pair.state == APART else "",
    }


def compare_url(pair: SuspectedPair) -> str:
    """Return the address at which the two records of a pair are compared."""
    if pair.object_name != pair.other_object:
        return f"/duplicates/{pair.id}"
    return f"/duplicates/{pair.object_name}/{pair.record}/{pair.other}"


@PAGE.get("/duplicates/<pair_id>")
def pair(pair_id: str) -> Response:
    """Show a pair of two objects side by side; one of the same object has its own address."""
    asked = the_call()
    found = _pair(asked, pair_id)
    if found.object_name == found.other_object:
        return drawing.go(asked, compare_url(found))
    shown = comparison_of(
        asked, (found.object_name, found.record), (found.other_object, found.other)
    )
    return drawing.page(asked, "compare", shown.context(found))


@PAGE.get("/duplicates/<code>/<one>/<other>")
def compare(code: str, one: str, other: str) -> Response:
    """Show two records of an object side by side, with a choice for each field."""
    asked = the_call()
    shown, found = _compared(asked, code, one, other)
    return drawing.page(asked, "compare", shown.context(found))


@PAGE.get("/o/<code>/<record_id>/merge")
def choose(code: str, record_id: str) -> Response:
    """Ask with which other record this one is to be merged."""
    asked = the_call()
    spec = object_of(asked, code)
    shown = side(asked, code, record_id)
    if shown is None or not mergeable(asked.model, code):
        raise not_there()
    if not drawing.wants_fragment():
        return drawing.go(asked, f"/o/{code}/{record_id}")
    return drawing.fragment(asked, "ask", _asking(asked, spec, shown))


def _asking(asked: Asked, spec: ObjectType, shown: Side, problem: str = "") -> Drawn:
    t, title = speech(asked.language).t, shown.drawn()["title"]
    field = {
        "name": "with",
        "label": spec.label.text(asked.language),
        "type": "lookup",
        "required": True,
        "value": "",
        "options_url": f"/duplicates/{spec.code}/options",
    }
    return {
        "title": f"{t('Merge with another')}{'：' if asked.language == 'zh' else ': '}{title}",
        "action": f"/o/{spec.code}/{shown.record.id}/merge",
        "hidden": [],
        "fields": [field],
        "submit": t("Compare"),
        "text": t("Both are shown side by side first."),
        "problems": [{"text": problem}] if problem else [],
    }


@PAGE.post("/o/<code>/<record_id>/merge")
def chosen(code: str, record_id: str) -> Response:
    """Go on to the comparison with the record that was chosen."""
    asked = the_call()
    spec = object_of(asked, code)
    shown, other = side(asked, code, record_id), request.form.get("with", "")
    if shown is None or not mergeable(asked.model, code):
        raise not_there()
    if other == record_id or side(asked, code, other) is None:
        text = speech(asked.language).t("Choose another record.")
        return drawing.fragment(asked, "ask", _asking(asked, spec, shown, text), UNPROCESSABLE)
    return drawing.go(asked, f"/duplicates/{code}/{record_id}/{other}")


@PAGE.get("/duplicates/<code>/options")
def options(code: str) -> Response:
    """Answer with the records that a record may be merged with."""
    asked = the_call()
    object_of(asked, code)
    q = request.args.get("q", "")[:200]
    found = asked.site.reads.options(asked.ctx, asked.model, code, q)
    listed = [{"value": one.id, "label": one.title, "sub": one.subtitle} for one in found]
    return drawing.fragment(asked, "options", {"options": listed, "q": q})


@PAGE.post("/duplicates/<code>/<one>/<other>")
def merge(code: str, one: str, other: str) -> Response:
    """Merge the two as chosen, and show the record that stays."""
    asked = the_call()
    shown, found = _compared(asked, code, one, other)
    try:
        result = _acted(asked, code, one, "merge", shown.params(request.form))
    except RefusedError as refusal:
        if refusal.status in (403, 404):
            raise
        context = shown.context(found, [told(p, asked.language) for p in refusal.problems])
        return drawing.page(asked, "compare", context, refusal.status)
    survivor = str(result.outcome.record_id)
    undo = f"/duplicates/{code}/{survivor}/undo/{result.others['merge']}"
    toast = {"text": result.message.text(asked.language), "undo": undo}
    return drawing.go(asked, f"/o/{code}/{survivor}", toast)


@PAGE.post("/duplicates/<code>/<record_id>/undo/<merge_id>")
def undo(code: str, record_id: str, merge_id: str) -> Response:
    """Take a merge back, and show the two records side by side again."""
    asked = the_call()
    object_of(asked, code)
    result = _acted(asked, code, record_id, "unmerge", {"merge": merge_id})
    toast = {"text": result.message.text(asked.language)}
    return drawing.go(asked, f"/duplicates/{code}/{record_id}/{result.others['restored']}", toast)


@PAGE.post("/duplicates/<pair_id>/<state>")
def decide(pair_id: str, state: str) -> Response:
    """Note that two are no duplicates, or that this is to be decided again."""
    asked = the_call()
    if state not in (APART, OPEN):
        raise not_there()
    found = _pair(asked, pair_id)
    judge(asked.ctx, asked.model, asked.site.writes, found, state)
    t = speech(asked.language).t
    words = (
        t("They are two. Nobody will be asked again.") if state == APART else t("To be decided.")
    )
    toast = {"text": words}
    if state == APART:
        toast["undo"] = f"/duplicates/{found.id}/open"
    return drawing.go(asked, f"/duplicates?object={found.object_name}", toast)


@PAGE.post("/duplicates/find")
def find() -> Response:
    """Let a worker look through all records of an object."""
    asked = the_call()
    spec = object_of(asked, request.form.get("object", ""))
    if not _may_search(asked, spec):
        text, cure = "Your roles do not let you search all records.", "Ask a manager."
        raise RefusedError([Problem("forbidden", "object", text, cure)], 403)
    search_of(asked.model, spec.code)
    told = {"object": spec.code}
    job = asked.site.queue.enqueue(FIND, told, actor=asked.ctx.actor.id)
    asked.site.queue.ring()
    return drawing.go(asked, f"/duplicates?object={spec.code}&job={job}")


def _pair(asked: Asked, pair_id: str) -> SuspectedPair:
    found = asked.site.reads.pair(asked.ctx, asked.model, pair_id)
    if found is None:
        raise not_there()
    return found


def _compared(
    asked: Asked, code: str, one: str, other: str
) -> tuple[Comparison, SuspectedPair | None]:
    object_of(asked, code)
    if not mergeable(asked.model, code) or one == other:
        raise not_there()
    shown = comparison_of(asked, (code, one), (code, other))
    return shown, asked.site.reads.pair_between(asked.ctx, asked.model, one, other)


def _acted(asked: Asked, code: str, record_id: str, action: str, params: Mapping[str, Any]) -> Any:
    site = asked.site
    call = Call(asked.ctx, asked.model, code, record_id, params, site.reads, site.writes)
    result = run(site.vocabulary.actions, action, call)
    forget(asked)
    return result
