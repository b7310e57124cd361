"""Scoring: which rules give points and move leads, what a changed one would do, and letting it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.rights import is_administrator
from fieldstone.actions.adopting import Adoptable, Adopting, Example, Preview
from fieldstone.base.errors import RefusedError
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.entries import ENGINE, Entry
from fieldstone.web.pages.wording import told

PAGE = Blueprint("scoring", __name__)
Drawn = dict[str, Any]
TITLE: Final = "Scoring rules"


def _administers(asked: Asked) -> bool:
    return asked.actor is not None and is_administrator(asked.model, asked.actor, "read")


ENTRIES = (Entry(TITLE, "gauge", "/scoring", ENGINE, order=70, may=_administers),)


def _desk(asked: Asked) -> Adopting:
    site = asked.site
    return Adopting(site.storage, site.writes, site.queue, asked.ctx, asked.model)


@PAGE.get("/scoring")
def scoring_rules() -> Response:
    """Show the scoring and lifecycle rules, those that wait first."""
    asked = the_call()
    rules = sorted(_desk(asked).rules(), key=lambda one: not one.waits)
    return drawing.page(asked, "scoring", {"rules": [_rule(asked, one) for one in rules]})


@PAGE.get("/scoring/<code>")
def look(code: str) -> Response:
    """Show what a rule's present version would do to the records that are there."""
    asked = the_call()
    return _shown(asked, code)


def _shown(asked: Asked, code: str, refused: RefusedError | None = None) -> Response:
    desk = _desk(asked)
    context: Drawn = {
        "rule": _rule(asked, desk.find(code)),
        "preview": _preview(asked, desk.preview(code)),
        "errors": [told(one, asked.language) for one in (refused.problems if refused else ())],
    }
    return drawing.page(asked, "scoring_preview", context, refused.status if refused else 200)


@PAGE.post("/scoring/<code>/adopt")
def adopt_rule(code: str) -> Response:
    """Let the version that was looked at hold."""
    asked = the_call()
    t = speech(asked.language).t
    version = request.form.get("version", "")
    in_flight = "keep" if request.form.get("in_flight") == "keep" else "recompute"
    try:
        job = _desk(asked).adopt(code, int(version) if version.isdecimal() else 0, in_flight)
    except RefusedError as refused:
        if refused.status == 404:  # noqa: PLR2004 - there is nothing to show again
            raise
        return _shown(asked, code, refused)
    text = t("Adopted; all records are worked out anew.") if job else t("Adopted.")
    return drawing.go(asked, "/scoring", {"text": text})


def _rule(asked: Asked, one: Adoptable) -> Drawn:
    kind = asked.site.vocabulary.kinds[one.rule.kind].label.text(asked.language)
    spec = asked.model.objects[one.rule.object_name]
    return {
        "label": one.rule.label.text(asked.language),
        "kind": kind,
        "object": spec.plural.text(asked.language),
        "version": one.rule.version,
        "adopted": one.adopted,
        "waits": one.waits,
        "enabled": one.rule.enabled,
        "keeps": one.rule.in_flight != "recompute",
        "href": f"/scoring/{one.rule.code}",
        "adopt_url": f"/scoring/{one.rule.code}/adopt",
    }


def _preview(asked: Asked, one: Preview) -> Drawn:
    t, states = speech(asked.language).t, _states(asked, one.rule)
    looked = t("{n} of {all} records were looked at", n=one.looked_at, all=one.records)
    every = t("all {n} records were looked at", n=one.records)
    before, after = one.average
    return {
        "looked": every if one.looked_at == one.records else looked,
        "figures": [
            {"label": t("Change state"), "n": sum(one.crossings.values())},
            {"label": t("Gain points"), "n": one.higher},
            {"label": t("Lose points"), "n": one.lower},
            {"label": t("Average score"), "n": f"{_short(before)} → {_short(after)}"},
        ],
        "crossings": [
            {"from": states.get(old, old), "to": states.get(new, new), "n": count}
            for (old, new), count in sorted(one.crossings.items(), key=lambda x: -x[1])
        ],
        "examples": [_example(asked, one.rule, example, states) for example in one.examples],
    }


def _example(asked: Asked, rule: str, one: Example, states: dict[str, str]) -> Drawn:
    moved = one.state[0] != one.state[1]
    return {
        "title": one.title or speech(asked.language).t("Without a name"),
        "href": f"/o/{asked.model.rules[rule].object_name}/{one.record_id}",
        "before": one.score[0],
        "after": one.score[1],
        "from": states.get(one.state[0], one.state[0]),
        "to": states.get(one.state[1], one.state[1]) if moved else "",
    }


def _states(asked: Asked, code: str) -> dict[str, str]:
    """Return what the states of the object's lifecycle are called."""
    spec = asked.model.objects[asked.model.rules[code].object_name]
    found: dict[str, str] = {}
    for rule in asked.model.rules_of(spec.code, "lifecycle_transition"):
        field = spec.fields.get(getattr(rule.body, "field", ""))
        options = getattr(field.type, "options", {}) if field is not None else {}
        found |= {name: one.label.text(asked.language) for name, one in options.items()}
    return found


def _short(value: Decimal) -> str:
    return f"{value:.1f}"
