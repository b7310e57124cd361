"""A public form on its way: what stands in the designer, as the form itself, and as the YAML of its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from fieldstone.actions.intake.reading import open_fields
from fieldstone.actions.intake.sources import Intake
from fieldstone.base.label import Label
from fieldstone.model.objects import Field, ObjectType
from fieldstone.rules.capture_body import Consent, Form, FormField
from fieldstone.rules.capture_source import CLOSED

LANGUAGES: Final = ("en", "zh")
TEXTS: Final = ("title", "intro", "submit", "thanks")
LONGEST: Final = 2000
HUES: Final = range(361)
UP, DOWN, DROP, ADD = "up", "down", "drop", "add"
Posted = MultiDict[str, str]


@dataclass(frozen=True)
class Draft:
    """A form and its consent text as they stand in the designer."""

    form: Form
    consent: Consent | None


def kept_draft(intake: Intake) -> Draft:
    """Return the form as it is published."""
    form = intake.source.form
    return Draft(form if form is not None else EMPTY, intake.source.consent)


EMPTY: Final = Form(Label(""), Label(""), (), Label(""), Label(""))


def askable(spec: ObjectType) -> list[Field]:
    """Return the fields that a public form may ask for: not what programs fill, nor what shows later."""
    return [
        field
        for field in open_fields(spec)
        if field.type.name not in CLOSED
        and not field.unique
        and field.visible_when is None
        and not field.code.startswith("utm_")
    ]


def posted_draft(posted: Posted, spec: ObjectType, before: Draft) -> Draft:
    """Return what stands in the designer now, with the one step (up, down, add, drop) that a button asked for."""
    known = {field.code for field in askable(spec)}
    codes = [code for code in posted.getlist("order") if code in known]
    codes = _stepped(list(dict.fromkeys(codes)), posted.get("step", ""), known)
    fields = tuple(
        FormField(
            code, f"need.{code}" in posted, _label(posted, f"label.{code}"), _help_of(before, code)
        )
        for code in codes
    )
    hue = posted.get("hue", "")
    form = Form(
        _label(posted, "title") or Label(""),
        _label(posted, "intro") or Label(""),
        fields,
        _label(posted, "submit") or before.form.submit,
        _label(posted, "thanks") or before.form.thanks,
        posted.get("redirect", "").strip()[:LONGEST],
        tuple(line.strip().rstrip("/").lower() for line in posted.get("origins", "").splitlines() if line.strip())[:50],
        int(hue) if hue.isdecimal() and int(hue[:4]) in HUES else None,
    )  # fmt: skip
    text = _label(posted, "consent")
    if text is None:
        return Draft(form, None)
    version = posted.get("consent_version", "").strip()[:40] or "1"
    link = before.consent.link if before.consent else ""
    return Draft(form, Consent(text, version, "consent_required" in posted, link))


def _label(posted: Posted, name: str) -> Label | None:
    en, zh = (posted.get(f"{name}.{one}", "").strip()[:LONGEST] for one in LANGUAGES)
    return Label(en, zh) if en or zh else None


def _help_of(before: Draft, code: str) -> Label | None:
    return next((one.help for one in before.form.fields if one.code == code), None)


def _stepped(codes: list[str], step: str, known: set[str]) -> list[str]:
    what, _, code = step.partition(":")
    if what == ADD and code in known and code not in codes:
        return [*codes, code]
    if code not in codes:
        return codes
    place = codes.index(code)
    codes.remove(code)
    if what == DROP:
        return codes
    codes.insert(max(0, place + {UP: -1, DOWN: 1}.get(what, 0)), code)
    return codes


def drawn_as(intake: Intake, draft: Draft) -> Intake:
    """Return the source as if this draft were published."""
    return replace(intake, source=replace(intake.source, form=draft.form, consent=draft.consent))


def as_yaml(draft: Draft) -> dict[str, Any]:
    """Return the keys `form` and `consent` of the rule; None takes away what a lower layer says."""
    form = draft.form
    raw: dict[str, Any] = {
        "title": _written(form.title),
        "intro": _written(form.intro),
        "fields": [_field(one) for one in form.fields],
        "submit": _written(form.submit),
        "thanks": _written(form.thanks),
        "redirect": form.redirect or None,
        "origins": list(form.origins) or None,
        "hue": form.hue,
    }
    consent = draft.consent
    if consent is None:
        return {"form": raw, "consent": None}
    told: dict[str, Any] = {
        "text": _written(consent.text),
        "version": consent.version,
        "required": consent.required,
        "link": consent.link or None,
    }
    return {"form": raw, "consent": told}


def _field(one: FormField) -> Any:
    more: Mapping[str, Any] = {
        "required": True if one.required else None,
        "label": _written(one.label) if one.label else None,
        "help": _written(one.help) if one.help else None,
    }
    told = {name: value for name, value in more.items() if value is not None}
    return {"field": one.code, **told} if told else one.code


def _written(label: Label) -> dict[str, str] | None:
    found = {language: text for language, text in (("en", label.en), ("zh", label.zh)) if text}
    return found or None


def consent_must_move(before: Draft, now: Draft) -> bool:
    """Tell whether the consent text was changed under its old version."""
    old, new = before.consent, now.consent
    return bool(old and new and old.text != new.text and old.version == new.version)


def without_none(value: Any) -> Any:
    """Return YAML without what is taken away, to read and to copy."""
    if isinstance(value, Mapping):
        return {key: without_none(one) for key, one in value.items() if one is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_none(one) for one in value]
    return value
