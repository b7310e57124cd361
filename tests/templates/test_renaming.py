"""Whatever a site renames, all that the core and the templates say of it follows, and no rule counts as changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from fieldstone import bootstrap
from fieldstone.compiler.compile import Layer, compile_site
from fieldstone.compiler.loading import read_layer
from fieldstone.compiler.tree import Document
from fieldstone.model.objects import ObjectType
from fieldstone.model.platform_names import FIELDS as PLATFORM_OBJECTS
from fieldstone.model.platform_names import OPTIONS as PLATFORM_OPTIONS
from fieldstone.model.platform_names import reads_field
from fieldstone.model.site_model import Model
from fieldstone.reports.shapes import SCHEMA
from tests.builders import ROOT
from tests.templates.test_shipped import INDUSTRIES, model_with

NEW = "_zz"
ROLES = ("user", "roles")  # the site's roles, which are no options of the field
PARTS = (
    "views",
    "form",
    "quick",
    "layout",
    "permissions",
    "pipelines",
    "search",
    "title",
    "indexes",
)


def renamed_by(documents: Iterator[str]) -> Model:
    words = bootstrap.vocabulary()
    layers = [read_layer("core", ROOT)]
    layers += [read_layer(name, ROOT / "plugins" / name) for name in INDUSTRIES]
    site = [Document(f"metadata/{n}.yaml", text) for n, text in enumerate(documents)]
    above = Layer("site", tuple(site))
    return compile_site([*layers, above], words.types, words.kinds, report_schema=SCHEMA)


def objects(model: Model) -> Iterator[ObjectType]:
    yield from (spec for spec in model.objects.values() if spec.parent is None)


def every_field(model: Model) -> Iterator[str]:
    for spec in objects(model):
        codes = [
            code
            for code, one in spec.fields.items()
            if not one.system and not reads_field(spec.code, code)
        ]
        lines = [f"  {code}{NEW}: {{renamed_from: {code}}}" for code in codes]
        if lines:
            yield "\n".join([f"object: {spec.code}", "fields:", *lines])


def every_option_stage_and_pipeline(model: Model) -> Iterator[str]:
    shared = shared_options()
    for spec in objects(model):
        lines = [f"object: {spec.code}", "fields:"]
        for code, one in spec.fields.items():
            options = getattr(one.type, "options", {})
            own = not one.system and (spec.code, code) not in {*shared, *PLATFORM_OPTIONS, ROLES}
            if options and own:
                told = ", ".join(f"{o}{NEW}: {{renamed_from: {o}}}" for o in options)
                lines.append(f"  {code}: {{options: {{{told}}}}}")
        pipelines = spec.pipelines.pipelines if spec.pipelines else {}
        if pipelines:
            lines += ["stages:", "  pipelines:"]
        for name, path in pipelines.items():
            told = ", ".join(f"{o}{NEW}: {{renamed_from: {o}}}" for o in path.stages)
            lines.append(f"    {name}{NEW}: {{renamed_from: {name}, stages: {{{told}}}}}")
        if len(lines) > 2:
            yield "\n".join(one for one in lines if one != "fields:" or "  " in lines[2])


def shared_options() -> set[tuple[str, str]]:
    """Return (object, field) of the choices whose options stand in a set that several share."""
    found = set()
    for folder in (ROOT, *(ROOT / "plugins" / name for name in INDUSTRIES)):
        for file in (folder / "metadata").glob("*.yaml"):
            text = file.read_text("utf-8")
            named = re.search(r"^object: (\w+)", text, re.MULTILINE)
            for code in re.findall(r"^  (\w+): .*options_from", text, re.MULTILINE):
                found.add((named[1] if named else "", code))
    return found


def plain(part: object) -> str:
    """Return what a part of a model says, without new codes and without where it stands."""
    said = re.sub(r"Origin\([^)]*\)|renamed_from=\([^)]*\)|column='?\w+'?", "", repr(part))
    return said.replace(NEW, "").replace(" zz", "")


def differing(before: Model, after: Model) -> list[str]:
    pairs: list[tuple[str, Any, Any]] = [("nav", before.nav, after.nav)]
    for name in ("rules", "roles", "reports"):
        mine, theirs = getattr(before, name), getattr(after, name)
        pairs += [(code, one, theirs.get(code + NEW) or theirs[code]) for code, one in mine.items()]
    for spec in objects(before):
        other = after.objects[spec.code]
        pairs += [(f"{spec.code}.{p}", getattr(spec, p), getattr(other, p)) for p in PARTS]
    return [name for name, one, other in pairs if plain(one) != plain(other)]


def still_named(model: Model) -> list[str]:
    """Return where a role, a rule or a report is named by a code that it no longer has."""
    known = {"role": model.roles, "rule": model.rules, "pool": model.rules, "report": model.reports}
    found = [one for one in model.uses if one.target[0] not in known.get(one.what, one.target)]
    asked = [one for one in model.uses if one.target[:2] == ROLES and one.what == "option"]
    found += [one for one in asked if one.target[2] not in model.roles]
    said = [
        (code, role)
        for code, rule in model.rules.items()
        for role in re.findall(r"'role:(\w+)'", repr(rule.body))
        if role not in model.roles
    ]
    return [f"{one.holder}.{one.path}" for one in found] + [
        f"{code}: {role}" for code, role in said
    ]


def every_entry(part: str) -> Any:
    """Return what renames every rule, role or report."""

    def renaming(model: Model) -> Iterator[str]:
        codes = getattr(model, part)
        yield "\n".join([f"{part}:", *(f"  {one}{NEW}: {{renamed_from: {one}}}" for one in codes)])

    return renaming


@pytest.mark.parametrize(
    "what",
    [
        every_field,
        every_option_stage_and_pipeline,
        every_entry("rules"),
        every_entry("roles"),
        every_entry("reports"),
    ],
    ids=["fields", "options, stages and pipelines", "rules", "roles", "reports"],
)
def test_whatever_is_renamed_is_followed_by_all_that_names_it(what: Any) -> None:
    before = model_with(*INDUSTRIES)

    after = renamed_by(what(before))

    assert after != before
    assert differing(before, after) == []
    assert [one for one in after.rules if one + NEW in after.rules] == []
    assert still_named(after) == []
    digests = {one.removesuffix(NEW): rule.digest for one, rule in after.rules.items()}
    assert digests == {one: rule.digest for one, rule in before.rules.items()}


def every_object(model: Model) -> Iterator[str]:
    for spec in objects(model):
        if spec.code not in PLATFORM_OBJECTS:
            yield f"object: {spec.code}{NEW}\nrenamed_from: {spec.code}"


def test_an_object_that_is_renamed_makes_no_new_version_of_a_rule() -> None:
    before = model_with(*INDUSTRIES)

    after = renamed_by(every_object(before))

    assert f"lead{NEW}" in after.objects
    changed = [
        code for code, rule in before.rules.items() if after.rules[code].digest != rule.digest
    ]
    assert changed == []
