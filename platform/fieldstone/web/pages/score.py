"""A record's points on its page: what they are made of, how they came, what is ahead, and what its grade misses."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint

from fieldstone.fieldtypes.locales import moment
from fieldstone.reads.points import Completeness, Crossings, Entry
from fieldstone.reads.scores import Score
from fieldstone.web.pages.entries import ASIDE, TAB, RecordPart
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.values import Look

PAGE = Blueprint("score", __name__)
Drawn = dict[str, Any]
DIMENSIONS: Final = {
    "fit": ("Fit", "indigo"),
    "engagement": ("Engagement", "teal"),
    "negative": ("Taken away", "red"),
}
WHOLE: Final = 100


def has_scores(page: OneRecord) -> bool:
    """Tell whether rules score or grade records like this one."""
    model, code = page.asked.model, page.spec.code
    return bool(model.rules_of(code, "scoring") or model.rules_of(code, "grading"))


def score_tab(page: OneRecord) -> Drawn:
    """Return what parts/points.html needs."""
    asked, spec = page.asked, page.spec
    life = asked.site.reads.points(asked.ctx, asked.model, spec.code, page.record.id)
    scores = asked.site.reads.scores(asked.ctx, asked.model, spec.code, page.record.id)
    return {
        "scores": [_score(page, one) for one in scores],
        "crossings": [_crossing(page, one) for one in life.crossings],
        "grades": [_grade(page, one) for one in life.completeness],
        "entries": [_entry(page, one) for one in life.entries],
    }


def grade_aside(page: OneRecord) -> Drawn | None:
    """Return what the record misses for its grade, None where nobody grades it."""
    asked = page.asked
    life = asked.site.reads.points(asked.ctx, asked.model, page.spec.code, page.record.id)
    return _grade(page, life.completeness[0]) if life.completeness else None


def _score(page: OneRecord, score: Score) -> Drawn:
    language, t = page.asked.language, page.speech.t
    largest = max([abs(one.points) for one in score.parts], default=1)
    groups = []
    for code, (name, tone) in DIMENSIONS.items():
        parts = [one for one in score.parts if one.dimension == code]
        if parts:
            groups.append(
                {
                    "label": t(name),
                    "tone": tone,
                    "n": f"{sum(one.points for one in parts):+d}",
                    "parts": [
                        {
                            "label": one.label.text(language),
                            "n": f"{one.points:+d}",
                            "percent": round(WHOLE * abs(one.points) / largest),
                        }
                        for one in parts
                    ],
                }
            )
    label = page.spec.fields[score.field].label.text(language)
    return {"label": label, "n": score.total, "most": score.most, "groups": groups}


def _crossing(page: OneRecord, one: Crossings) -> Drawn:
    language, t = page.asked.language, page.speech.t
    rests = ""
    if one.rests_until is not None:
        until = moment(one.rests_until, language, page.asked.ctx.actor.zone)
        rests = t("Not before {when}", when=until)
    return {
        "to": one.to_label.text(language),
        "every": one.every,
        "rests": rests,
        "ahead": [
            {
                "label": mark.label.text(language),
                "n": mark.points,
                "of": mark.needed,
                "percent": max(0, min(WHOLE, round(WHOLE * mark.points / max(1, mark.needed)))),
                "done": mark.points >= mark.needed,
            }
            for mark in one.ahead
        ],
    }


def _grade(page: OneRecord, one: Completeness) -> Drawn:
    language, look = page.asked.language, Look(page.asked)
    grade = look.cell(page.record, one.field) if one.field in page.record.values else {}
    return {
        "grade": grade.get("text", ""),
        "tone": grade.get("tone", "gray"),
        "percent": one.percent,
        "missing": [
            {"label": miss.label.text(language), "n": f"+{miss.percent}%", "field": miss.field}
            for miss in one.missing
        ],
        "bands": [
            {"label": label.text(language), "from": least, "here": one.percent >= least}
            for _, least, label in reversed(one.bands)
        ],
        "edit_url": f"{page.url}/edit",
    }


def _entry(page: OneRecord, one: Entry) -> Drawn:
    zone, language = page.asked.ctx.actor.zone, page.asked.language
    name, tone = DIMENSIONS.get(one.dimension, DIMENSIONS["fit"])
    return {
        "at": one.at.astimezone(ZoneInfo(zone)).isoformat(),
        "time": moment(one.at, language, zone),
        "label": one.label.text(language),
        "dimension": page.speech.t(name),
        "tone": tone,
        "n": f"{one.points:+d}",
        "up": one.points > 0,
        "version": one.version,
    }


RECORD_PARTS = (
    RecordPart(TAB, "score", score_tab, "parts/points.html", "Score", order=40, offered=has_scores),
    RecordPart(ASIDE, "grade", grade_aside, "parts/grade.html", order=20, offered=has_scores),
)
