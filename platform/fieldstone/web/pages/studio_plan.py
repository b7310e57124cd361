"""Between a wish and its coming into force: what would be done, for whom, and a button that does it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fieldstone.base.errors import MetadataError, RefusedError
from fieldstone.base.problem_texts import in_language
from fieldstone.evolution.apply import Wish
from fieldstone.evolution.finding import Finding
from fieldstone.evolution.operations import Operation
from fieldstone.evolution.plan import Plan
from fieldstone.evolution.relocation import Leaving
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio_differences import said_change
from fieldstone.web.pages.studio_edits import Edits, changing_of, refuse_overtaken
from fieldstone.web.pages.studio_words import KINDS

PAGE = Blueprint("studio_plan", __name__)
Drawn = dict[str, Any]
TONES = {"note": "blue", "warning": "amber", "danger": "red"}
ICONS = {"note": "info", "warning": "triangle-alert", "danger": "octagon-alert"}
LOOKS = {
    "add": ("plus", "green"),
    "change": ("pencil", "blue"),
    "rename": ("arrow-right", "violet"),
    "retire": ("minus", "orange"),
    "restore": ("undo-2", "teal"),
    "purge": ("trash-2", "red"),
}
WHERE = "where."
# Where the parts of an object are changed, besides the forms of its fields and views.
WHERE_A_PART_IS = {
    "stages": "/studio/o/{object}/stages",
    "forms": "/studio/layout/{object}/form",
    "layout": "/studio/o/{object}/layout",
    "permissions": "/studio/o/{object}/permissions",
}


@PAGE.post("/studio/plan")
def show_plan() -> Response:
    """Show what a form of the studio would change; nothing is written."""
    given = request.form
    edits = Edits.read(given.get("edits", ""))
    for name, to in given.items():
        if name.startswith(WHERE):
            edits = edits.move(name.removeprefix(WHERE).split("."), to)
    back = drawing.safe_back(given.get("back", ""), "/studio")
    return planned_page(the_call(), edits, back)


@PAGE.post("/studio/apply")
def apply_plan() -> Response:
    """Put a plan that was shown into force."""
    asked = the_call()
    changing, given = changing_of(asked), request.form
    back = drawing.safe_back(given.get("back", ""), "/studio")
    edits = Edits.read(given.get("edits", ""))
    number, documents = changing.current(asked.ctx)
    refuse_overtaken(asked, given.get("base", ""))
    wish = Wish(given.get("reason", ""), given.get("second_word") == "true")
    try:
        planned = changing.plan(asked.ctx, edits.on(documents), number, edits.moves)
    except MetadataError as error:
        raise RefusedError(error.problems) from None
    undecided = any(one.undecided for one in planned.leaving)
    if undecided or (planned.needs_second_word and not wish.second_word):
        return planned_page(asked, edits, back, missed=True)
    applied = changing.apply(asked.ctx, planned, wish)
    t = speech(asked.language).t
    text = t("Revision {n} is in force.", n=applied.revision.number)
    onward = drawing.safe_back(given.get("again", ""), back)
    return drawing.go(asked, onward, {"text": text, "tone": "ok"})


def planned_page(
    asked: Asked, edits: Edits, back: str, *, missed: bool = False, again: str = ""
) -> Response:
    """Return the page of a plan; 422 when it cannot come into force as it is. `again` is where another one is added."""
    changing = changing_of(asked)
    number, documents = changing.current(asked.ctx)
    try:
        planned = changing.plan(asked.ctx, edits.on(documents), number, edits.moves)
    except MetadataError as error:  # a document that cannot be read cannot be edited
        planned = Plan(number, documents, problems=error.problems)
    except RefusedError as error:
        planned = Plan(number, documents, problems=tuple(error.problems))
    t = speech(asked.language).t
    context: Drawn = {
        **plan_context(asked, planned),
        "action": "/studio/apply",
        "edits": edits.text(),
        "base": number,
        "back": back,
        "again": again,
        "missed": missed,
        "replan": "/studio/plan",
        "title": t("What this changes"),
    }
    status = 422 if planned.problems or missed else 200
    return drawing.page(asked, "studio_plan", context, status)


def plan_context(asked: Asked, planned: Plan) -> Drawn:
    """Return a plan as parts/plan.html draws it."""
    language = asked.language
    return {
        "steps": [drawn_step(asked, one, planned.model) for one in planned.operations],
        "findings": [_finding(one, language) for one in planned.findings],
        "problems": [
            {"place": one.path, "text": one.message, "cure": one.cure, **_place(asked, one.path)}
            for one in (in_language(said, language) for said in planned.problems)
        ],
        "asks": planned.needs_second_word,
        "nothing": planned.empty,
        "leaving": [_leaving(asked, planned, one) for one in planned.leaving],
        "undecided": any(one.undecided for one in planned.leaving),
    }


def _place(asked: Asked, path: str) -> Drawn:
    """Return what people call the entry that a problem is about, and where its form is; nothing of other places."""
    first, _, rest = path.rpartition(" ")[2].partition(".")
    part, _, inner = rest.partition(".")
    model = asked.model
    if first == "rules" and part in model.rules:
        return _named_place(asked, model.rules[part], f"/studio/o/-/rules/{part}")
    if first == "reports" and part in model.reports:
        return _named_place(asked, model.reports[part], f"/studio/reports/{part}")
    spec = model.objects.get(first)
    if spec is None or spec.parent is not None:
        return {}
    return _place_in(asked, spec, part, inner.partition(".")[0])


def _place_in(asked: Asked, spec: ObjectType, part: str, code: str) -> Drawn:
    """Return the place of a part of an object: its own form, or the page of the whole part."""
    entries = {"fields": spec.fields, "views": spec.views}.get(part, {})
    if code in entries:
        return _named_place(asked, entries[code], f"/studio/o/{spec.code}/{part}/{code}", spec)
    if part not in WHERE_A_PART_IS:
        return {}
    label = f"{spec.label.text(asked.language)} · {speech(asked.language).t(KINDS[part])}"
    return {"label": label, "href": WHERE_A_PART_IS[part].format(object=spec.code)}


def _named_place(asked: Asked, thing: Any, href: str, within: ObjectType | None = None) -> Drawn:
    label = thing.label.text(asked.language)
    whole = f"{within.label.text(asked.language)} · {label}" if within else label
    return {"label": whole, "href": href}


def destinations() -> dict[tuple[str, ...], str]:
    """Return where the form that was sent lets the records of removed stages and options go."""
    given = request.form.items()
    return {
        tuple(name.removeprefix(WHERE).split(".")): to
        for name, to in given
        if name.startswith(WHERE) and to
    }


def _leaving(asked: Asked, planned: Plan, one: Leaving) -> Drawn:
    """Return a removed stage or option with the question where its records go."""
    gone, language, t = one.removed, asked.language, speech(asked.language).t
    before = asked.model.objects.get(gone.object_name)
    spec = planned.model.objects[gone.object_name] if planned.model else before
    chosen = gone.to if gone.chosen or not one.undecided else None
    field = spec.fields.get(gone.field) if spec else None
    options = getattr(field.type, "options", {}) if field else {}
    keep = [] if gone.stage else [("", t("They keep the value, shown by its code"))]
    listed = [(code, options[code].label.text(language) if code in options else code) for code in gone.choices]  # fmt: skip
    return {
        "name": WHERE + ".".join(gone.path),
        "label": _label_of(before, gone.field, gone.code, language),
        "object": spec.plural.text(language) if spec else gone.object_name,
        "count": one.count,
        "stage": gone.stage,
        "options": [
            {"value": code, "label": word, "chosen": code == (chosen or "")}
            for code, word in [*keep, *listed]
        ],
        "open": chosen is None and gone.stage,
    }


def _label_of(spec: ObjectType | None, field: str, code: str, language: str) -> str:
    held = spec.fields.get(field) if spec else None
    options = getattr(held.type, "options", {}) if held else {}
    return options[code].label.text(language) if code in options else code


def drawn_step(asked: Asked, one: Operation, after: Model | None = None) -> Drawn:
    """Return a step with what it changes, as parts/plan.html draws it; `after` is the model that it leads to."""
    icon, tone = LOOKS[one.verb]
    models = [model for model in (after, asked.model) if model is not None]
    specs = [m.objects[one.path[0]] for m in models if one.path and one.path[0] in m.objects]
    said = speech(asked.language)
    changes = [
        said_change(change, specs, said)
        for change in one.changes
        if one.verb not in ("add", "retire")
    ]
    return {"text": one.sentence(asked.language), "icon": icon, "tone": tone, "changes": changes}


def _finding(one: Finding, language: str) -> Drawn:
    return {
        "text": one.text.text(language),
        "tone": TONES[one.level],
        "icon": ICONS[one.level],
        "samples": one.shown(language),
    }
