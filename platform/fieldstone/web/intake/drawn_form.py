"""A public form as its template draws it: questions, what was typed, what was wrong, and what is carried along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from fieldstone.actions.intake.sources import Intake
from fieldstone.base.errors import Problem
from fieldstone.model.objects import Field
from fieldstone.rules.capture_body import TRACKED, FormField
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.intake import proof
from fieldstone.web.pages.wording import message

POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'{after}; "
    "frame-ancestors 'self' {origins}"
)
WIDE: Final = frozenset({"long_text", "multi_select"})
AUTOFILL: Final = {
    "name": "name",
    "mobile": "tel",
    "phone": "tel",
    "email": "email",
    "company": "organization",
    "job_title": "organization-title",
    "website": "url",
}
SAID: Final = frozenset({"required", "consent", "too_many_requests"})


def drawn_form(
    asked: Asked, intake: Intake, told: Mapping[str, Any], *, embedded: bool
) -> dict[str, Any]:
    """Return the context of pages/public_form.html; `told` holds typed, problems, done."""
    form, language = intake.source.form, asked.language
    if form is None:
        return {}
    typed: Mapping[str, Any] = told.get("typed", {})
    problems: Sequence[Problem] = told.get("problems", ())
    asked_for = {one.code for one in form.fields}
    settings, now = asked.site.settings, asked.site.clock()
    carried = _carried(typed)
    token = proof.token_again(intake, settings.secret_key, typed.get(proof.TOKEN), now)
    return {
        "title": form.title.text(language) or intake.rule.label.text(language),
        "intro": form.intro.text(language),
        "submit": form.submit.text(language),
        "thanks": form.thanks.text(language),
        "done": told.get("done", False),
        "unconfirmed": told.get("unconfirmed", False),
        "embedded": embedded,
        "action": _action(intake, embedded=embedded),
        "fields": [_drawn(asked, intake, one, typed, problems) for one in form.fields],
        "problems": [_said(one, language) for one in problems if one.path not in asked_for],
        "consent": _consent(intake, typed, problems, language),
        "carried": carried,
        "honeypot": proof.HONEYPOT if intake.source.captcha.honeypot else "",
        "token": {"name": proof.TOKEN, "value": token},
        "work": intake.source.captcha.work,
        "css": f"/in/forms/{intake.code}/colour.css" if form.hue is not None else "",
        "other": [
            {
                "code": code,
                "href": _action(intake, embedded=embedded, language=code, carried=carried),
            }
            for code in settings.languages
            if code != language
        ],
    }  # fmt: skip


def _action(
    intake: Intake, *, embedded: bool, language: str = "", carried: Sequence[Mapping[str, str]] = ()
) -> str:
    """Return the address of the form; another language keeps where the visitor came from."""
    spoken = language or request.args.get("lang", "")
    more = [("lang", spoken)] if spoken in ("en", "zh") else []
    more += [("embed", "1")] if embedded else []
    more += [(one["name"].removeprefix("_"), one["value"]) for one in carried]
    return f"/in/forms/{intake.code}" + (f"?{urlencode(more)}" if more else "")


def _carried(typed: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return where the visitor came from, carried through the form."""
    found = []
    for what in TRACKED:
        text = typed.get(f"_{what}") or request.args.get(what, "")
        if not text and what == "referrer":
            text = request.headers.get("Referer", "")
        if text:
            found.append({"name": f"_{what}", "value": str(text)[:500]})
    return found


def _drawn(
    asked: Asked,
    intake: Intake,
    one: FormField,
    typed: Mapping[str, Any],
    problems: Sequence[Problem],
) -> dict[str, Any]:
    field: Field = intake.spec(asked.model).fields[one.code]
    language, value = asked.language, typed.get(one.code, "")
    hint = one.help or field.help
    drawn: dict[str, Any] = {
        "name": one.code,
        "label": (one.label or field.label).text(language),
        "type": field.type.name,
        "value": value if isinstance(value, str | bool) else str(value or ""),
        "required": intake.source.asks_for(one, anyway=field.required),
        "hint": hint.text(language) if hint is not None else "",
        "errors": [message(p, language) for p in problems if p.path.partition(".")[0] == one.code],
        "wide": field.type.name in WIDE,
        "max_length": getattr(field.type, "max_length", None),
        "autocomplete": AUTOFILL.get(one.code, ""),
    }
    options: Mapping[str, Any] = getattr(field.type, "options", {})
    chosen = value if isinstance(value, list) else [value]
    if options:
        drawn["options"] = [
            {"value": code, "label": option.label.text(language), "chosen": code in chosen}
            for code, option in options.items()
            if not option.archived
        ]
    return drawn


def _consent(
    intake: Intake, typed: Mapping[str, Any], problems: Sequence[Problem], language: str
) -> dict[str, Any] | None:
    consent = intake.source.consent
    if consent is None:
        return None
    return {
        "text": consent.text.text(language),
        "required": consent.required,
        "link": consent.link,
        "on": bool(typed.get("_consent")),
        "missing": any(one.code == "consent" for one in problems),
    }


def _said(problem: Problem, language: str) -> dict[str, str]:
    said = message(problem, language)
    if language != "zh" and problem.code not in SAID:
        said = f"{said} {problem.cure}"
    return {"text": said if language == "zh" else speech(language).t(said)}
