"""The gallery of industry templates: look, install, upgrade, remove; always with a plan first."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, request

from fieldstone.actions.scripts.reading import read_tests
from fieldstone.evolution.clashes import Clash, settings_of
from fieldstone.evolution.documents import OBJECTS
from fieldstone.evolution.packages import Package, pack, read_archive
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.templates.shop import (
    INSTALL,
    REMOVE,
    UPGRADE,
    Intent,
    Shelf,
    Shop,
    shipped_template,
)
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_differences import setting_name, value_text
from fieldstone.web.pages.studio_edits import changing_of, refuse_overtaken
from fieldstone.web.pages.studio_plan import WHERE, destinations, plan_context
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("studio_templates", __name__)
Drawn = dict[str, Any]
CHOICE = "choice:"
# Words of a path that say nothing to people beside what stands in them.
PARTS = frozenset({"fields", "options", "stages", "pipelines", "views", "permissions", "type"})
LANGUAGES = {"en": "English", "zh": "中文"}


@PAGE.get("/studio/templates")
def gallery() -> Response:
    """Show the templates that are at hand."""
    asked = the_call()
    changing_of(asked)
    shelves = Shop(asked.site).gallery(asked.ctx)
    context = {
        "tabs": tabs(asked, "templates"),
        "templates": [_card(asked, one) for one in shelves],
    }
    return drawing.page(asked, "studio_templates", context)


@PAGE.get("/studio/templates/<verb>/<name>")
def plan_shipped(verb: str, name: str) -> Response:
    """Show what installing, upgrading or removing a template would do."""
    asked = the_call()
    changing_of(asked)
    return _planned(asked, verb, name, "")


@PAGE.post("/studio/templates/plan")
def plan_archive() -> Response:
    """Show what an archive would do: installed, or upgraded when an earlier version is here."""
    asked = the_call()
    changing_of(asked)
    given = request.files.get("archive")
    content = given.read() if given is not None else b""
    package = read_archive(content)
    there = package.name in Shop(asked.site).installed(asked.ctx)
    archive = base64.b64encode(content).decode()
    return _planned(asked, UPGRADE if there else INSTALL, package.name, archive)


@PAGE.post("/studio/templates/<verb>/<name>/plan")
def plan_again(verb: str, name: str) -> Response:
    """Show the plan once it is said where the records of removed stages go."""
    asked = the_call()
    changing_of(asked)
    return _planned(asked, verb, name, request.form.get("archive", ""))


@PAGE.post("/studio/templates/<verb>/<name>")
def carry_out(verb: str, name: str) -> Response:
    """Install, upgrade or remove; with sample data when it is wished."""
    asked, given = the_call(), request.form
    changing_of(asked)
    refuse_overtaken(asked, given.get("base", ""))
    shop = Shop(asked.site)
    package = _package(name, given.get("archive", ""))
    intent = _intent(asked, shop, verb, package)
    second_word = given.get("second_word") == "true"
    undecided = any(one.undecided for one in intent.plan.leaving)
    if undecided or (intent.plan.needs_second_word and not second_word):
        return _planned(asked, verb, name, given.get("archive", ""), missed=True)
    applied = shop.carry_out(asked.ctx, intent, second_word=second_word)
    t, text = speech(asked.language).t, applied.revision.reason
    if verb == INSTALL and given.get("samples") == "true":
        made = sum(shop.load_samples(asked.ctx, package).values())
        text = t("{what}: {n} sample records.", what=text, n=made)
    return drawing.go(asked, "/studio/templates", {"text": text, "tone": "ok"})


@PAGE.get("/studio/templates/ours.zip")
def our_changes() -> Response:
    """Hand out everything that the site has changed, as a template."""
    asked = the_call()
    changing_of(asked)
    package = Shop(asked.site).from_site(asked.ctx, "ours", asked.site.settings.company)
    headers = {"Content-Disposition": 'attachment; filename="ours-1.0.0.zip"'}
    return Response(pack(package), 200, headers, content_type="application/zip")


def _package(name: str, archive: str) -> Package:
    if not archive:
        return shipped_template(name)
    try:
        return read_archive(base64.b64decode(archive, validate=True))
    except binascii.Error:
        return read_archive(b"")


def _intent(asked: Asked, shop: Shop, verb: str, package: Package) -> Intent:
    if verb == INSTALL:
        return shop.plan_install(asked.ctx, package)
    if verb == REMOVE:
        return shop.plan_remove(asked.ctx, package.name, destinations())
    if verb != UPGRADE:
        raise not_there()
    choices = {
        key.removeprefix(CHOICE): value
        for key, value in request.form.items()
        if key.startswith(CHOICE)
    }
    return shop.plan_upgrade(asked.ctx, package, choices, destinations())


def _planned(asked: Asked, verb: str, name: str, archive: str, *, missed: bool = False) -> Response:
    shop = Shop(asked.site)
    if verb == REMOVE and name in (there := shop.installed(asked.ctx)):
        package = there[name]
    else:
        package = _package(name, archive)
    intent = _intent(asked, shop, verb, package)
    t = speech(asked.language).t
    label = package.label.text(asked.language)
    titles = {
        INSTALL: t("Install “{what}”", what=label),
        UPGRADE: t("Upgrade “{what}” to {version}", what=label, version=package.version),
        REMOVE: t("Remove “{what}”", what=label),
    }
    context: Drawn = {
        **plan_context(asked, intent.plan),
        "action": f"/studio/templates/{verb}/{package.name}",
        "archive": archive,
        "base": intent.plan.base,
        "back": "/studio/templates",
        "missed": missed,
        "replan": f"/studio/templates/{verb}/{package.name}/plan",
        "moves": [
            {"name": WHERE + ".".join(path), "to": to} for path, to in destinations().items()
        ],
        "title": titles[verb],
        "samples": verb == INSTALL and bool(package.part("sample_data")),
        "clashes": [_clash(asked, one) for one in intent.clashes],
        # A new version counts as a change, even where nobody sees a difference.
        "anyway": verb == UPGRADE,
    }
    return drawing.page(
        asked, "studio_plan", context, 422 if intent.plan.problems or missed else 200
    )


def _clash(asked: Asked, one: Clash) -> Drawn:
    said = speech(asked.language)
    return {
        "name": one.name,
        "called": _called(asked, one.path, said),
        "field": f"{CHOICE}{one.name}",
        "mine": value_text(one.mine, (), said),
        "before": value_text(one.before, (), said),
        "after": value_text(one.after, (), said),
        "gone": one.gone,
        "choice": one.choice,
        "remembered": one.remembered,
    }


def _called(asked: Asked, path: Sequence[str], said: Speech) -> str:
    """Return what people call the setting at a path: "Work order · Hours worked · Label · 中文"."""
    model, language = asked.model, said.language
    first, code, *rest = path
    tops: Mapping[str, Mapping[str, Any]] = {
        OBJECTS: model.objects,
        "rules": model.rules,
        "reports": model.reports,
    }
    thing = tops.get(first, {}).get(code)
    words = [thing.label.text(language) if thing is not None else setting_name(code, (), said)]
    inside: Any = thing
    for name in rest:
        if name in PARTS:
            continue
        inside = _inside(inside, name, model)
        label = getattr(inside, "label", None)
        words.append(
            label.text(language) if label else LANGUAGES.get(name) or setting_name(name, (), said)
        )
    return " · ".join(words)


def _inside(thing: Any, name: str, model: Model) -> Any:
    """Return the field, option, stage, view or role of that name in a thing, None where there is none."""
    pipelines = getattr(thing, "pipelines", None)
    found = (
        getattr(thing, "fields", None),
        getattr(getattr(thing, "type", None), "options", None),
        getattr(pipelines, "pipelines", None),
        getattr(thing, "stages", None),
        getattr(thing, "views", None),
        model.roles if isinstance(thing, ObjectType) else None,
    )
    return next((one[name] for one in found if isinstance(one, Mapping) and name in one), None)


def _counts(package: Package) -> dict[str, int]:
    """Return how many objects, rules and dashboards a template brings, and how many tests it keeps."""
    said = settings_of(package.configuring)
    titled = {path[1] for path in said if path[0] == OBJECTS and path[2:] == ("title",)}
    named = {part: {path[1] for path in said if path[0] == part} for part in ("rules", "reports")}
    tests = read_tests(package.name, package.part("tests"))
    return {"objects": len(titled), "tests": len(tests), **{p: len(n) for p, n in named.items()}}


def _card(asked: Asked, one: Shelf) -> Drawn:
    package, language = one.package, asked.language
    base = "/studio/templates"
    in_force = bool(one.installed) and not one.in_config
    return {
        "name": package.name,
        "label": package.label.text(language),
        "about": package.about.text(language),
        "icon": package.icon,
        "version": one.installed or package.version,
        "newer": package.version if one.may_upgrade else "",
        "installed": bool(one.installed),
        "in_config": one.in_config,
        "counts": _counts(package),
        "install_url": "" if one.installed else f"{base}/{INSTALL}/{package.name}",
        "upgrade_url": f"{base}/{UPGRADE}/{package.name}" if one.may_upgrade and in_force else "",
        "remove_url": f"{base}/{REMOVE}/{package.name}" if in_force else "",
    }
