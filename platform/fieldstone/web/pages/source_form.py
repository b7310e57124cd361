"""The designer of public forms: questions, words, consent, where it may stand; with a preview and the code to embed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.rights import is_administrator
from fieldstone.actions.intake.overview import managed
from fieldstone.actions.intake.sources import Intake, intake_of
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.compiler import editing
from fieldstone.evolution.apply import Wish
from fieldstone.evolution.documents import Documents
from fieldstone.model.objects import Field
from fieldstone.rules.capture_body import CLASSES, FormField
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.intake.drawn_form import POLICY, drawn_form
from fieldstone.web.pages import drawing
from fieldstone.web.pages.form_draft import (
    LANGUAGES,
    TEXTS,
    Draft,
    as_yaml,
    askable,
    consent_must_move,
    drawn_as,
    kept_draft,
    posted_draft,
    without_none,
)
from fieldstone.web.pages.source_words import CLASS_TONES
from fieldstone.web.pages.wording import told

PAGE = Blueprint("source_form", __name__)
Drawn = dict[str, Any]
NOT_IN_CODES: Final = re.compile(r"[^a-z0-9]+")
LONGEST_CODE: Final = 40
REFUSED: Final = 422


def _intake(asked: Asked, code: str) -> Intake:
    managed(asked.model, asked.ctx.actor)
    found = intake_of(asked.model, code, also_off=True)
    if found is None or found.source.form is None:
        raise RefusedError(
            [Problem("not_found", "source", "There is no such form.", "Look at the sources.")], 404
        )
    return found


@PAGE.get("/sources/<code>/form")
def design(code: str) -> Response:
    """Show the designer with the form as it is published."""
    asked = the_call()
    intake = _intake(asked, code)
    return _page(asked, intake, kept_draft(intake))


@PAGE.post("/sources/<code>/form")
def step(code: str) -> Response:
    """Move, add or drop a question in the designer; nothing is published."""
    asked = the_call()
    intake = _intake(asked, code)
    return _page(asked, intake, _posted(asked, intake))


@PAGE.get("/sources/<code>/form/preview")
@PAGE.post("/sources/<code>/form/preview")
def preview(code: str) -> Response:
    """Draw the form as visitors would see it; its button leads nowhere."""
    asked = the_call()
    intake = _intake(asked, code)
    draft = _posted(asked, intake) if request.method == "POST" else kept_draft(intake)
    context = drawn_form(asked, drawn_as(intake, draft), {}, embedded=True)
    response = drawing.page(asked, "public_form", {**context, "action": "", "preview": True})
    response.headers["Content-Security-Policy"] = POLICY.format(origins="", after="")
    return response


@PAGE.post("/sources/<code>/form/publish")
def publish(code: str) -> Response:
    """Put the form into force for everybody, as a revision of the configuration."""
    asked = the_call()
    intake = _intake(asked, code)
    draft = _posted(asked, intake)
    t = speech(asked.language).t
    if consent_must_move(kept_draft(intake), draft):
        said = t(
            "The consent text was changed: give it a new version, so that it is known who agreed to what."
        )
        return _page(asked, intake, draft, [said], REFUSED)
    try:
        _put(asked, {("rules", code, key): value for key, value in as_yaml(draft).items()}, code)
    except RefusedError as error:
        return _page(asked, intake, draft, _said(asked, error.problems), error.status)
    return drawing.go(asked, f"/sources/{code}/form", {"text": t("The form is published.")})


@PAGE.get("/sources/new")
def new() -> Response:
    """Show what a new form needs."""
    asked = the_call()
    managed(asked.model, asked.ctx.actor)
    return drawing.page(asked, "source_new", _new_context(asked))


@PAGE.post("/sources/new")
def make() -> Response:
    """Make a source with a public form and go on to its designer."""
    asked = the_call()
    managed(asked.model, asked.ctx.actor)
    given = request.form
    labels = {one: given.get(f"label.{one}", "").strip()[:80] for one in LANGUAGES}
    code = NOT_IN_CODES.sub("_", given.get("code", "").strip().lower()).strip("_")[:LONGEST_CODE]
    problems = []
    if not any(labels.values()):
        problems.append(Problem("required", "label", "A form needs a name.", "Give it one."))
    if not code or not code[0].isalpha() or code in asked.model.rules:
        text = "This address is taken, or does not begin with a letter."
        problems.append(Problem("bad_code", "code", text, "Choose another."))
    kind = given.get("class", "own")
    if kind not in CLASSES:
        problems.append(
            Problem("unknown_option", "class", "There is no such kind of channel.", "Choose one.")
        )
    try:
        _put(asked, {("rules", code): _first(asked, labels, kind, code)}, code, problems)
    except RefusedError as error:
        context = {
            **_new_context(asked),
            "problems": [{"text": one} for one in _said(asked, error.problems)],
        }
        return drawing.page(asked, "source_new", context, error.status)
    return drawing.go(asked, f"/sources/{code}/form")


def _new_context(asked: Asked) -> Drawn:
    t = speech(asked.language).t
    chosen = request.form.get("class", "own")
    return {
        "problems": [],
        "typed": {name: request.form.get(name, "") for name in ("label.en", "label.zh", "code")},
        "classes": [
            {
                "value": one,
                "label": t(one.capitalize()),
                "tone": CLASS_TONES[one],
                "chosen": one == chosen,
            }
            for one in CLASSES
        ],
        "may_publish": _may_publish(asked),
    }


def _first(asked: Asked, labels: Mapping[str, str], kind: str, code: str) -> Drawn:
    """Return the rule of a new form for leads: what the website's form asks, known by the same fields."""
    spec = asked.model.objects[asked.model.present_object("lead")]
    codes = [field.code for field in askable(spec)]
    usual = map(spec.present_code, ("name", "mobile", "email", "company", "need"))
    wanted = [one for one in usual if one in codes] or codes[:4]
    mobile, email = spec.present_code("mobile"), spec.present_code("email")
    label = {language: text for language, text in labels.items() if text}
    found: Drawn = {
        "kind": "capture_source",
        "object": spec.code,
        "label": label,
        "via": "form",
        "channel_class": kind,
        "set": {"channel": {"code": code, "name": next(iter(label.values()), code), "kind": kind}},
        "utm": {"source": code, "medium": "form"},
        "dedup_key": [one for one in (mobile, email) if one in spec.fields],
        "rate_limit": {"per_minute": 60, "per_day": 5000, "per_address": 20},
        "form": {"title": label, "fields": wanted},
    }
    if "touch" in asked.model.objects:
        found["touch"] = "touch"
    if {"customer", "contact"} <= asked.model.objects.keys():
        also = {
            other: {mobile: "phone" if other == "customer" else "mobile", email: "email"}
            for other in ("customer", "contact")
        }
        found["also_known"] = also
    return found


def _posted(asked: Asked, intake: Intake) -> Draft:
    return posted_draft(request.form, intake.spec(asked.model), kept_draft(intake))


def _may_publish(asked: Asked) -> bool:
    return asked.site.changing is not None and is_administrator(asked.model, asked.ctx.actor)


def _put(
    asked: Asked,
    values: Mapping[tuple[str, ...], object],
    code: str,
    problems: Sequence[Problem] = (),
) -> None:
    """Put settings into force. Raises RefusedError with everything that speaks against them."""
    if problems:
        raise RefusedError(problems)
    changing = asked.site.changing
    if changing is None:
        text = "This site's configuration is read from files only."
        raise RefusedError(
            [Problem("read_only", "config", text, "Copy the YAML into a file.")], 409
        )
    _, documents = changing.current(asked.ctx)
    changed: Documents = documents
    below = changing.effective(asked.ctx, documents.without(("rules", code)))
    # Only what a lower layer says can be taken away; a form that is the site's own alone just does not say it.
    alone = not below.layer(("rules", code))
    for path, value in values.items():
        kept = without_none(value) if alone else value
        silent = alone and kept is None
        changed = changed.without(path) if silent else changed.with_value(path, kept)
    planned = changing.plan(asked.ctx, changed)
    changing.apply(asked.ctx, planned, Wish(f"form {code}"))


def _said(asked: Asked, problems: Sequence[Problem]) -> list[str]:
    return [told(problem, asked.language) for problem in problems]


def _page(
    asked: Asked, intake: Intake, draft: Draft, problems: Sequence[str] = (), status: int = 200
) -> Response:
    return drawing.page(asked, "source_form", _context(asked, intake, draft, problems), status)


def _context(asked: Asked, intake: Intake, draft: Draft, problems: Sequence[str]) -> Drawn:
    form, consent, language = draft.form, draft.consent, asked.language
    spec, url = intake.spec(asked.model), f"/sources/{intake.code}/form"
    host = asked.site.settings.address or request.url_root.rstrip("/")
    asked_for = [one.code for one in form.fields]
    texts = {name: getattr(form, name) for name in TEXTS}
    return {
        "url": url,
        "back": f"/sources/{intake.code}",
        "label": intake.rule.label.text(language),
        "problems": list(problems),
        "texts": {name: {"en": one.en, "zh": one.zh} for name, one in texts.items()},
        "questions": [_question(asked, spec.fields[one.code], one) for one in form.fields],
        "others": [
            {"code": field.code, "label": field.label.text(language)}
            for field in askable(spec)
            if field.code not in asked_for
        ],
        "consent": {
            "en": consent.text.en if consent else "",
            "zh": consent.text.zh if consent else "",
            "version": consent.version if consent else "",
            "required": consent.required if consent else True,
        },
        "redirect": form.redirect,
        "origins": "\n".join(form.origins),
        "hue": "" if form.hue is None else form.hue,
        "preview_url": f"{url}/preview",
        "published_url": f"{host}/in/forms/{intake.code}",
        "codes": _codes(intake, host, language),
        "yaml": editing.written({"rules": {intake.code: without_none(as_yaml(draft))}}),
        "may_publish": _may_publish(asked),
    }


def _question(asked: Asked, field: Field, one: FormField) -> Drawn:
    language = asked.language
    return {
        "code": one.code,
        "label": field.label.text(language),
        "type": asked.site.vocabulary.types[field.type.name].label.text(language),
        "required": one.required or field.required,
        "fixed": field.required,
        "en": one.label.en if one.label else "",
        "zh": one.label.zh if one.label else "",
    }


def _codes(intake: Intake, host: str, language: str) -> list[Drawn]:
    """Return the ways to put the form into another page."""
    t = speech(language).t
    code = intake.code
    return [
        {
            "label": t("Script: as high as it needs, keeps UTM and referrer"),
            "text": f'<script async src="{host}/in/embed.js" data-form="{code}"></script>',
        },
        {
            "label": t("Frame: without any script"),
            "text": f'<iframe src="{host}/in/forms/{code}?embed=1" title="{code}" width="100%" height="640"></iframe>',
        },
        {
            "label": t("Address to post to from your own page"),
            "text": f"POST {host}/in/forms/{code}",
        },
    ]
