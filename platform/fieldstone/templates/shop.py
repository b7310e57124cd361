"""The one way to a site's templates: a plan first, the template's own tests, then one revision."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from fieldstone.actions.scripts.filling import Cast
from fieldstone.actions.scripts.reading import Test, read_samples, read_tests
from fieldstone.actions.scripts.samples import Samples
from fieldstone.base.english import quantity
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.base.shipped import shipped
from fieldstone.changes.nouns import Context
from fieldstone.compiler.loading import FOLDERS
from fieldstone.compiler.tree import Document, Layer
from fieldstone.evolution import clashes as clashing
from fieldstone.evolution.apply import Applied, Wish
from fieldstone.evolution.changing import Changing
from fieldstone.evolution.clashes import Clash
from fieldstone.evolution.documents import OBJECTS, SITE, Documents
from fieldstone.evolution.finding import DANGER, Finding
from fieldstone.evolution.packages import MANIFEST, SAMPLES, TESTS, Package, of_texts, read_folder
from fieldstone.evolution.plan import Plan
from fieldstone.evolution.relocation import Destinations
from fieldstone.site import Site

CHOICES: Final = "choices.json"
CONFLICT: Final = 409
SHOWN: Final = 12
INSTALL, UPGRADE, REMOVE = "install", "upgrade", "remove"
VERBS: Final[Mapping[str, Label]] = {
    INSTALL: Label("Install {name} {version}", "安装 {name} {version}"),
    UPGRADE: Label("Upgrade {name} to {version}", "升级 {name} 至 {version}"),
    REMOVE: Label("Remove {name}", "移除 {name}"),
}


@dataclass(frozen=True)
class Shelf:
    """One template as the gallery shows it; `installed` is the version in force, "" for none."""

    package: Package
    installed: str = ""
    shipped: bool = True
    in_config: bool = False  # config.yaml names its folder: it is upgraded with the files

    @property
    def may_upgrade(self) -> bool:
        """Tell whether a later version than the one in force is at hand."""
        return bool(self.installed) and self.package.newer_than(self.installed)


@dataclass(frozen=True)
class Intent:
    """What would be done with a template: the plan, and what both sides changed."""

    what: str
    package: Package
    plan: Plan
    clashes: tuple[Clash, ...] = ()
    before: Layer | None = None
    refused: tuple[Problem, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return the intent as programs and the studio see it."""
        return {
            "what": self.what,
            "template": self.package.name,
            "version": self.package.version,
            "clashes": [one.as_json() for one in self.clashes],
            **self.plan.as_json(),
        }


class Shop:
    """The templates of one site, for an administrator."""

    def __init__(self, site: Site) -> None:
        """Work on `site`."""
        self._site = site

    def gallery(self, ctx: Context) -> tuple[Shelf, ...]:
        """Return the shipped templates and those installed, by name. Raises RefusedError (403)."""
        found = {one.name: Shelf(one) for one in shipped_templates()}
        for package in self.installed(ctx).values():
            at_hand = found.get(package.name)
            newest = at_hand.package if at_hand else package
            found[package.name] = Shelf(newest, package.version, at_hand is not None)
        named = {Path(layer).name for layer in self._site.settings.layers}
        return tuple(
            replace(one, in_config=True, installed=one.package.version) if name in named else one
            for name, one in sorted(found.items())
        )

    def installed(self, ctx: Context) -> dict[str, Package]:
        """Return the templates installed into the database, lowest first."""
        _, documents = self._changing.current(ctx)
        return {layer.name: _package(layer) for layer in documents.templates}

    def plan_install(self, ctx: Context, package: Package) -> Intent:
        """Return what installing would do. Raises RefusedError: 403, 409 (it is here, or what it needs is not)."""
        _, documents = self._changing.current(ctx)
        there = self.installed(ctx)
        self._not_in_config(package.name)
        if package.name in there:
            text = f"{package.name} {there[package.name].version} is installed already."
            raise _refusal("installed", package.name, text, "Upgrade it instead.")
        _needs_met(package, there)
        layers = (*documents.templates, package.layer)
        planned = self._changing.plan(ctx, documents.with_templates(layers))
        return Intent(INSTALL, package, planned)

    def plan_upgrade(
        self,
        ctx: Context,
        package: Package,
        choices: Mapping[str, str] | None = None,
        moves: Destinations | None = None,
    ) -> Intent:
        """Return what going to this version would do; `choices` are "mine" or "theirs" by the name of a clash.

        `moves` says where records of removed stages and options go.

        Every setting of the site stays unless a choice says otherwise. Raises RefusedError: 403, 404, 409.
        """
        _, documents = self._changing.current(ctx)
        there = self.installed(ctx)
        self._not_in_config(package.name)
        present = _one_of(there, package.name)
        if not package.newer_than(present.version):
            text = f"{package.name} {present.version} is installed, which is no earlier version."
            raise _refusal(
                "not_newer", package.name, text, f"Bring one later than {present.version}."
            )
        _needs_met(package, {k: v for k, v in there.items() if k != package.name})
        before = next(one for one in documents.templates if one.name == package.name)
        found = clashing.clashes(_configuring(before), package.configuring, documents.site)
        found = _decided(clashing.chosen(found, _choices(before)), choices or {})
        after = _with_choices(package.layer, _choices(before), found)
        layers = [after if one.name == package.name else one for one in documents.templates]
        changed = clashing.settled(documents, _configuring(before), found)
        planned = self._changing.plan(ctx, changed.with_templates(layers), moves=moves)
        return Intent(UPGRADE, package, planned, found, before)

    def plan_remove(self, ctx: Context, name: str, moves: Destinations | None = None) -> Intent:
        """Return what removing would do; values of records stay, and the plan says which. Raises RefusedError."""
        _, documents = self._changing.current(ctx)
        there = self.installed(ctx)
        self._not_in_config(name)
        present = _one_of(there, name)
        needing = [one.name for one in there.values() if name in one.needs]
        if needing:
            text = f"{', '.join(needing)} need {name}."
            raise _refusal("needed", name, text, f"Remove {', '.join(needing)} first.")
        layers = [one for one in documents.templates if one.name != name]
        below = self._changing.workshop.layers(documents)[:-1]
        without = [one for one in below if one.name != name]
        orphans = clashing.orphans(below, without, documents.site)
        left = documents.with_templates(layers)
        for path in orphans:
            left = left.without(path)
        planned = self._changing.plan(ctx, left, moves=moves)
        if orphans and planned.model is not None:
            planned = replace(planned, findings=(_gone_along(present, orphans), *planned.findings))
        return Intent(REMOVE, present, planned)

    def carry_out(self, ctx: Context, intent: Intent, *, second_word: bool = False) -> Applied:
        """Put an intent into force, after the template's own tests. Raises RefusedError: 409, 422."""
        if intent.what != REMOVE:
            failed = self.test(intent.package)
            if failed:
                raise RefusedError(failed)
        verb = VERBS[intent.what].text(ctx.actor.language)
        reason = verb.format(name=intent.package.name, version=intent.package.version)
        return self._changing.apply(ctx, intent.plan, Wish(reason, second_word, intent.what))

    def test(self, package: Package) -> tuple[Problem, ...]:
        """Return what differs when the template's own tests are played on an empty site of this installation."""
        tests: Sequence[Test] = read_tests(package.name, package.part(TESTS))
        read_samples(package.name, package.part(SAMPLES))
        documents = Documents((package.layer, Layer(SITE, ())))
        model = self._changing.workshop.compile(documents)
        return self._site.play(model, tests)

    def load_samples(self, ctx: Context, package: Package) -> dict[str, int]:
        """Write the template's sample data, once; return how many records of each object were made."""
        self._changing.admit(ctx)
        blocks = read_samples(package.name, package.part(SAMPLES))
        site = self._site
        zone = site.settings.time_zone if ctx.actor.is_system else ctx.actor.zone
        cast = Cast(site.model, ctx.now, zone)
        return Samples(ctx, site.model, site.reads, site.writes).load(package.name, blocks, cast)

    def from_site(self, ctx: Context, name: str, label: str) -> Package:
        """Return a template made of the site's own layer."""
        _, documents = self._changing.current(ctx)
        texts = {one.path: one.text for one in documents.site.documents}
        if not texts:
            text = "the site has changed nothing of its own yet."
            raise _refusal("nothing", name, text, "Change something in the studio first.")
        needs = {one: f">={p.version}" for one, p in self.installed(ctx).items()}
        lines = [f"name: {name}", "version: 1.0.0", f"label: {_flow({'en': label, 'zh': label})}"]
        lines += [f"needs: {_flow(needs)}"] if needs else []
        return of_texts({**texts, MANIFEST: "\n".join(lines) + "\n"})

    @property
    def _changing(self) -> Changing:
        if self._site.changing is None:
            raise TypeError("the site follows no revisions")
        return self._site.changing

    def _not_in_config(self, name: str) -> None:
        if name in {Path(layer).name for layer in self._site.settings.layers}:
            text = f"config.yaml names the folder of {name}."
            raise _refusal(
                "in_config", name, text, "Change its files, or take it out of config.yaml."
            )


def _flow(entries: Mapping[str, str]) -> str:
    """Return a map as YAML on one line; a text in JSON's quotes is one in YAML too."""
    quoted = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items())
    return f"{{{', '.join(quoted)}}}"


def _gone_along(package: Package, orphans: Sequence[tuple[str, ...]]) -> Finding:
    """Return what is said of the site's own changes in what goes away; going back brings them back."""
    count = len(orphans)
    text = Label(
        f'What this site changed in {quantity(count, "thing")} of "{package.label.en}" goes along; going back brings it back.',
        f"本站对“{package.label.text('zh')}”中 {count} 项内容的修改将一并移除；回退时会恢复。",
    )
    samples = tuple(".".join(one[1:] if one[0] == OBJECTS else one) for one in orphans)
    return Finding(DANGER, "site_changes_go", orphans[0], text, count, samples[:SHOWN])


def shipped_templates() -> tuple[Package, ...]:
    """Return the templates that come with the platform, by name."""
    folders = sorted(one for one in shipped("plugins").iterdir() if (one / "metadata").is_dir())
    return tuple(read_folder(one) for one in folders)


def shipped_template(name: str) -> Package:
    """Return one shipped template. Raises RefusedError (404)."""
    found = {one.name: one for one in shipped_templates()}
    if name not in found:
        text = f"no template is called {name[:60]!r}."
        raise RefusedError([Problem("not_found", "template", text, did_you_mean(name, found))], 404)
    return found[name]


def _package(layer: Layer) -> Package:
    texts = {one.path: one.text for one in layer.documents if one.path != CHOICES}
    return of_texts(texts)


def _configuring(layer: Layer) -> Layer:
    return Layer(
        layer.name, tuple(d for d in layer.documents if d.path.partition("/")[0] in FOLDERS)
    )


def _choices(layer: Layer) -> dict[str, dict[str, str]]:
    text = next((one.text for one in layer.documents if one.path == CHOICES), "{}")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found


def _with_choices(
    layer: Layer, before: Mapping[str, dict[str, str]], found: tuple[Clash, ...]
) -> Layer:
    kept = {**before, **clashing.remembered(found)}
    if not kept:
        return layer
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    return Layer(layer.name, (*layer.documents, Document(CHOICES, text)))


def _decided(found: tuple[Clash, ...], choices: Mapping[str, str]) -> tuple[Clash, ...]:
    names = {one.name for one in found}
    wrong = [
        Problem("unknown_choice", name[:120], "this is no clash of the upgrade.", did_you_mean(name, names))
        for name in choices
        if name not in names
    ]  # fmt: skip
    wrong += [
        Problem("bad_choice", name, f"{one!r} is no choice.", "Choose 'mine' or 'theirs'.")
        for name, one in choices.items()
        if one not in (clashing.MINE, clashing.THEIRS)
    ]
    if wrong:
        raise RefusedError(wrong)
    return tuple(
        replace(one, choice=choices[one.name], remembered=False) if one.name in choices else one
        for one in found
    )


def _one_of(there: Mapping[str, Package], name: str) -> Package:
    if name not in there:
        text = f"{name[:60]} is not installed."
        raise RefusedError([Problem("not_found", "template", text, did_you_mean(name, there))], 404)
    return there[name]


def _needs_met(package: Package, there: Mapping[str, Package]) -> None:
    missing = package.misses({name: one.version for name, one in there.items()})
    if missing:
        raise RefusedError(missing, CONFLICT)


def _refusal(code: str, path: str, text: str, cure: str) -> RefusedError:
    return RefusedError([Problem(code, path, text, cure)], CONFLICT)
