"""`fieldstone template`: industry templates, from making one to removing one."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Context
from fieldstone.cli.contract import DONE, REFUSED, Asked
from fieldstone.cli.planning import changing_of, move_arguments, moves_of, show, where_to
from fieldstone.evolution.packages import Package, pack, read_archive, read_folder
from fieldstone.site import Site
from fieldstone.templates.shop import Intent, Shop, shipped_template

MANIFEST: Final = """name: {name}
version: 1.0.0
needs: {{fieldstone: ">=0.1"}}
languages: [en, zh]
label: {{en: {label}, zh: {label}}}
about: {{en: What it is for., zh: 用途说明。}}
"""
EXAMPLE: Final = """# Add to the core's objects, or describe your own, one file for each.
object: lead
fields:
  {name}_note: {{type: text, label: {{en: Note, zh: 备注}}}}
"""
FIRST_TEST: Final = """# Given these records and this time, expect these outcomes.
tests:
  a_note_is_kept:
    given:
      - {{object: channel, rows: [{{as: web, name: Web, code: web, kind: own}}]}}
    steps:
      - create: {{object: lead, as: l, values: {{name: A, mobile: "13800138000", channel: $web, {name}_note: hello}}}}
      - expect: {{record: l, values: {{{name}_note: hello}}}}
"""
FIRST_SAMPLE: Final = """samples:
  - object: channel
    rows:
      - {{as: {name}_web, name: Web, code: {name}_web, kind: own}}
"""


class Template:
    """Makes, tests, packs, installs, upgrades and removes templates."""

    name = "template"
    summary = "industry templates: new, test, pack, install, upgrade, remove"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        under.add_parser("list", help="the shipped and the installed templates")
        new = under.add_parser("new", help="make a folder with a small template")
        new.add_argument("dir", type=Path, metavar="DIR")
        new.add_argument(
            "--from-site", action="store_true", help="with all that the site has changed"
        )
        for verb, what in (("test", "play its own tests"), ("pack", "make an archive of it")):
            one = under.add_parser(verb, help=what)
            one.add_argument("template", metavar="DIR|NAME|ARCHIVE")
        for verb, what in (
            ("install", "put it into force"),
            ("upgrade", "go to a later version; every change of the site stays"),
        ):
            one = under.add_parser(verb, help=what)
            one.add_argument("template", metavar="NAME|DIR|ARCHIVE")
            one.add_argument("--yes", action="store_true", help="also what takes something away")
            one.add_argument("--plan", action="store_true", help="only say what would be done")
            if verb == "install":
                one.add_argument("--samples", action="store_true", help="with its sample data")
            else:
                move_arguments(one)
                one.add_argument(
                    "--take", action="append", default=[], metavar="SETTING",
                    help="where both sides changed a setting, take the template's",
                )  # fmt: skip
        remove = under.add_parser("remove", help="take it out; values of records stay")
        remove.add_argument("template", metavar="NAME")
        remove.add_argument("--yes", action="store_true", help="also what takes something away")
        remove.add_argument("--plan", action="store_true", help="only say what would be done")
        move_arguments(remove)

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        verbs: Mapping[str, Callable[[Asked], int]] = {
            "list": _list,
            "new": _new,
            "test": _test,
            "pack": _pack,
            "install": _install,
            "upgrade": _upgrade,
            "remove": _remove,
        }
        return verbs[asked.arguments.verb](asked)


def _list(asked: Asked) -> int:
    shop, ctx, _ = _shop(asked)
    for one in shop.gallery(ctx):
        state = f"installed {one.installed}" if one.installed else "not installed"
        if one.in_config:
            state = f"{one.installed}, named in config.yaml"
        elif one.may_upgrade:
            state += f", {one.package.version} is at hand"
        elif not one.installed:
            state = f"{one.package.version}, not installed"
        asked.terminal.say(f"{one.package.name:16}{one.package.label.en:34}{state}")
    return DONE


def _new(asked: Asked) -> int:
    folder: Path = asked.folder / asked.arguments.dir
    if folder.exists() and any(folder.iterdir()):
        text = f"{asked.arguments.dir} is there and not empty."
        raise RefusedError([Problem("exists", "DIR", text, "Choose another folder.")])
    name, label = folder.name, folder.name.replace("_", " ").capitalize()
    if asked.arguments.from_site:
        shop, ctx, _ = _shop(asked)
        texts = dict(shop.from_site(ctx, name, label).texts)
    else:
        texts = {
            "plugin.yaml": MANIFEST.format(name=name, label=label),
            "metadata/lead.yaml": EXAMPLE.format(name=name),
            "tests/first.yaml": FIRST_TEST.format(name=name),
            "sample_data/first.yaml": FIRST_SAMPLE.format(name=name),
        }
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    asked.terminal.say(f"{asked.arguments.dir} is a template of {quantity(len(texts), 'file')}.")
    asked.terminal.say(f"Next: fieldstone template test {asked.arguments.dir}")
    return DONE


def _test(asked: Asked) -> int:
    shop, _, _ = _shop(asked)
    package = _package(asked)
    problems = shop.test(package)
    for one in problems:
        asked.terminal.say(f"{one.path}: {one.message} {one.cure}")
    said = (
        f"{quantity(len(problems), 'thing')} {agreeing(len(problems), 'differs', 'differ')}."
        if problems
        else "All its tests hold."
    )
    asked.terminal.say(f"{package.name} {package.version}: {said}")
    return REFUSED if problems else DONE


def _pack(asked: Asked) -> int:
    package = _package(asked)
    target = asked.folder / f"{package.name}-{package.version}.zip"
    target.write_bytes(pack(package))
    asked.terminal.say(f"{target.name} holds {quantity(len(package.texts), 'file')}.")
    return DONE


def _install(asked: Asked) -> int:
    shop, ctx, _ = _shop(asked)
    package = _package(asked)
    done = _carry_out(asked, shop, ctx, shop.plan_install(ctx, package))
    if done and asked.arguments.samples:
        for name, count in shop.load_samples(ctx, package).items():
            asked.terminal.say(f"{count:6} {name}")
    return DONE


def _upgrade(asked: Asked) -> int:
    shop, ctx, _ = _shop(asked)
    choices = dict.fromkeys(asked.arguments.take, "theirs")
    intent = shop.plan_upgrade(ctx, _package(asked), choices, moves_of(asked))
    for clash in intent.clashes:
        asked.terminal.say(f"Both sides changed {clash.name}:")
        asked.terminal.say(f"    the site:     {clash.mine}{_mark(clash.choice == 'mine')}")
        after = "no longer has it" if clash.gone else clash.after
        asked.terminal.say(f"    the template: {after}{_mark(clash.choice == 'theirs')}")
    if any(clash.choice == "mine" for clash in intent.clashes):
        asked.terminal.say("The site's side holds; --take SETTING takes the template's.")
    _carry_out(asked, shop, ctx, intent)
    return DONE


def _remove(asked: Asked) -> int:
    shop, ctx, _ = _shop(asked)
    _carry_out(asked, shop, ctx, shop.plan_remove(ctx, asked.arguments.template, moves_of(asked)))
    return DONE


def _carry_out(asked: Asked, shop: Shop, ctx: Context, intent: Intent) -> bool:
    show(asked, intent.plan)
    open_questions = where_to(intent.plan)
    if open_questions and not asked.arguments.plan:
        raise RefusedError(open_questions, 409)
    for question in open_questions:
        asked.terminal.say(f"To decide: {question.message} {question.cure}")
    if asked.arguments.plan:
        if intent.plan.needs_second_word:
            asked.terminal.say("Doing it asks for a second word: --yes.")
        return False
    applied = shop.carry_out(ctx, intent, second_word=asked.arguments.yes)
    asked.terminal.say(
        f"Revision {applied.revision.number} is in force: {applied.revision.reason}."
    )
    return True


def _mark(holds: bool) -> str:
    return "  <- holds" if holds else ""


def _shop(asked: Asked) -> tuple[Shop, Context, Site]:
    site = asked.site()
    return Shop(site), changing_of(site)[1], site


def _package(asked: Asked) -> Package:
    """Return the template that the command line names: a folder, an archive, or a shipped one."""
    name = str(asked.arguments.template)
    path = asked.folder / name
    if path.is_dir():
        return read_folder(path)
    if path.is_file():
        return read_archive(path.read_bytes())
    return shipped_template(name)


COMMAND = Template()
