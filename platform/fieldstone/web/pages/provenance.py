"""Where values of a record come from: which field, by whom, how sure, and when; and what was asked without an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response

from fieldstone.access.masks import Masked
from fieldstone.actions.undelivered import Question, Undelivering, open_questions
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.locales import moment
from fieldstone.storage.provenance import Origins
from fieldstone.web.asking import the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.entries import ASIDE, RecordPart
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.subjects import object_of

PAGE = Blueprint("provenance", __name__)
Drawn = dict[str, Any]


def _drawn(page: OneRecord) -> Mapping[str, Any] | None:
    lines, questions = _lines(page), _questions(page)
    return {"lines": lines, "questions": questions} if lines or questions else None


def _lines(page: OneRecord) -> list[Drawn]:
    asked, fields = page.asked, page.spec.fields
    with asked.site.storage.looking() as connection:
        kept = Origins(connection).of(page.record.id)
    language, rules = asked.language, asked.model.rules
    return [
        {
            "label": fields[one.field].label.text(language),
            "rule": rules[one.rule].label.text(language) if one.rule in rules else one.rule,
            "sure": f"{float(one.confidence):.0%}",
            "at": one.at.isoformat(),
            "time": moment(one.at, language, asked.ctx.actor.zone),
            "changed": _changed(page, one.field, one.value),
        }
        for one in kept
        if one.field in fields and one.field in page.record.values
    ]


def _changed(page: OneRecord, code: str, value: object) -> bool:
    """Tell whether somebody has put another value in its place."""
    kind, present = page.spec.fields[code].type, page.record.values[code]
    if isinstance(present, Masked):
        return False
    try:
        return kind.parse(value) != present
    except InvalidValueError:
        return True


def _questions(page: OneRecord) -> list[Drawn]:
    """Return what was asked without an answer, with the way to ask again for who may change the record."""
    asked = page.asked
    found = open_questions(asked.site.storage, asked.model, page.record)
    if not found:
        return []
    where = (asked.ctx, asked.model, page.spec.code, page.record.id)
    standing = asked.site.reads.standing(*where) if any(one.given_up for one in found) else None
    may = standing is not None and standing.may_update
    return [_question(page, one, may=may) for one in found]


def _question(page: OneRecord, one: Question, *, may: bool) -> Drawn:
    t, language, zone = page.speech.t, page.asked.language, page.asked.ctx.actor.zone
    when, why = moment(one.asked_at, language, zone), one.why.text(language)
    if one.answered:
        text = t("Asked {when}: nothing is known.", when=when)
    elif one.given_up:
        text = t("Asked {when}, failed: {why}.", when=when, why=why)
    elif why and one.due is not None:
        due = moment(one.due, language, zone)
        text = t("Asked {when}, not yet: {why}. Next try {due}.", when=when, why=why, due=due)
    else:
        text = t("Asked {when}, the answer is on its way.", when=when)
    return {
        "rule": one.rule.label.text(language),
        "text": text,
        "bad": one.given_up,
        "again_url": f"{page.url}/ask-again/{one.rule.code}" if may and one.given_up else "",
    }


@PAGE.post("/o/<code>/<record_id>/ask-again/<rule_code>")
def ask_again(code: str, record_id: str, rule_code: str) -> Response:
    """Put a question that was given up anew."""
    asked = the_call()
    object_of(asked, code)
    site, t = asked.site, speech(asked.language).t
    desk = Undelivering(site.storage, site.queue, site.reads, asked.ctx, asked.model)
    done = desk.ask_again(code, record_id, rule_code)
    text = t("It is asked again.") if done else t("It is on its way already.")
    return drawing.go(asked, f"/o/{code}/{record_id}", {"text": text, "tone": "ok"})


RECORD_PARTS: Final = (RecordPart(ASIDE, "provenance", _drawn, "parts/provenance.html", order=80),)
