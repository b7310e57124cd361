"""`fieldstone template`: industry templates, from making one to removing one."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.problem_texts import in_language
from fieldstone.changes.nouns import Context
from fieldstone.cli.contract import DONE, REFUSED, Asked
from fieldstone.cli.planning import (
    ask_where,
    changing_of,
    move_arguments,
    moves_of,
    show,
    where_to,
)
from fieldstone.cli.terminal import padded
from fieldstone.evolution.packages import Package, pack, read_archive, read_folder
from fieldstone.site import Site
from fieldstone.templates.shop import Intent, Shelf, Shop, shipped_template

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
        label = one.package.label.text(asked.terminal.language)
        asked.terminal.say(f"{one.package.name:16}{padded(label, 34)}{_state(asked, one)}")
    return DONE


def _state(asked: Asked, one: Shelf) -> str:
    """Return how a template stands here, in words."""
    t, at_hand = asked.terminal.speech.t, one.package.version
    if one.in_config:
        return t("{version}, named in config.yaml", version=one.installed)
    if one.may_upgrade:
        said = "installed {version}, {at_hand} is at hand"
        return t(said, version=one.installed, at_hand=at_hand)
    if one.installed:
        return t("installed {version}", version=one.installed)
    return t("{version}, not installed", version=at_hand)


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
    words = asked.terminal.speech
    count = words.tn("{n} file", "{n} files", len(texts))
    asked.terminal.tell("{dir} is a template of {files}.", dir=asked.arguments.dir, files=count)
    asked.terminal.tell("Next: fieldstone template test {dir}", dir=asked.arguments.dir)
    return DONE


def _test(asked: Asked) -> int:
    shop, _, _ = _shop(asked)
    package = _package(asked)
    problems = shop.test(package)
    for problem in problems:
        one = in_language(problem, asked.terminal.language)
        asked.terminal.say(f"{one.path}: {one.message} {one.cure}")
    words = asked.terminal.speech
    differ = words.tn("{n} thing differs.", "{n} things differ.", len(problems))
    said = differ if problems else words.t("All its tests hold.")
    asked.terminal.say(f"{package.name} {package.version}: {said}")
    return REFUSED if problems else DONE


def _pack(asked: Asked) -> int:
    package = _package(asked)
    target = asked.folder / f"{package.name}-{package.version}.zip"
    target.write_bytes(pack(package))
    count = asked.terminal.speech.tn("{n} file", "{n} files", len(package.texts))
    asked.terminal.tell("{archive} holds {files}.", archive=target.name, files=count)
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
        asked.terminal.tell("Both sides changed {name}:", name=clash.name)
        t = asked.terminal.speech.t
        after = t("no longer has it") if clash.gone else clash.after
        for side, value, choice in (
            (t("the site:     "), clash.mine, "mine"),
            (t("the template: "), after, "theirs"),
        ):
            mark = t("  <- holds") if clash.choice == choice else ""
            asked.terminal.say(f"    {side}{value}{mark}")
    if any(clash.choice == "mine" for clash in intent.clashes):
        asked.terminal.tell("The site's side holds; --take SETTING takes the template's.")
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
    ask_where(asked, open_questions)
    if asked.arguments.plan:
        if intent.plan.needs_second_word:
            asked.terminal.tell("Doing it asks for a second word: --yes.")
        return False
    applied = shop.carry_out(ctx, intent, second_word=asked.arguments.yes)
    number, why = applied.revision.number, applied.revision.reason
    asked.terminal.tell("Revision {n} is in force: {why}.", n=number, why=why)
    return True


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
