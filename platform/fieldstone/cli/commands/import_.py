"""`fieldstone import`: records from CSV and Excel files, and back out again."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

from fieldstone.actions.importing.running import Import, Order, Summary
from fieldstone.actions.importing.source import open_source
from fieldstone.actions.importing.undoing import undo
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.lasting import settle_down
from fieldstone.base.names import did_you_mean
from fieldstone.base.shipped import shipped
from fieldstone.changes.nouns import Context
from fieldstone.cli.commands.token import person
from fieldstone.cli.contract import DONE, REFUSED, Asked
from fieldstone.cli.progress import Bars
from fieldstone.compiler.import_mappings import read_mapping
from fieldstone.model.import_mapping import ImportMapping
from fieldstone.model.site_model import Model
from fieldstone.site import Site


class ImportCommand:
    """Reads a file by a mapping; refused rows are kept in a file with their reasons."""

    name = "import"
    summary = "bring records in from a file, or take an import back"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare object, file and mapping; or `undo ID`."""
        parser.add_argument("object", metavar="OBJECT", help="such as lead; or the word undo")
        parser.add_argument("file", metavar="FILE", help="the file; after undo the id of an import")
        parser.add_argument(
            "--map", metavar="MAP.yaml", help="mapping file, or the name of a shipped one"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell everything, write nothing")
        parser.add_argument(
            "--as", dest="person", metavar="EMAIL", help="import in this person's name"
        )
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="where refused rows go")

    def run(self, asked: Asked) -> int:
        """Import or undo; rows that were refused make the exit code 1."""
        site = asked.site()
        ctx = context_of(asked, site, "import")
        if asked.arguments.object == "undo":
            return _undo(asked, site, ctx)
        mapping = _mapping(asked, site.model)
        path = Path(asked.arguments.file)
        rejects = asked.arguments.rejects or Path(f"{path.stem}.rejected.csv")
        order = Order(
            ctx, site.model, mapping, open_source(path), site.settings.import_batch, rejects
        )
        settle_down()  # a long run of one process, like a server's
        with Bars(asked.terminal) as bars:
            what = f"{mapping.object_name} rows"
            summary = Import(order, site.reads, site.writes).run(
                lambda done, total: bars.show(what, done, total)
            )
        _tell(asked, summary)
        return REFUSED if summary.rejected else DONE


def context_of(asked: Asked, site: Site, source: str) -> Context:
    """Return the context of the person whom `--as` names, else of the platform."""
    system = site.system_context(source)
    ctx = replace(system, dry_run=getattr(asked.arguments, "dry_run", False))
    if not asked.arguments.person:
        return replace(ctx, actor=replace(ctx.actor, zone=site.settings.time_zone))
    actor = site.actors.by_id(system, site.model, person(site, asked.arguments.person, "--as"))
    return ctx.acting_as(actor) if actor is not None else ctx


def _mapping(asked: Asked, model: Model) -> ImportMapping:
    name = asked.arguments.map
    if not name:
        problem = Problem(
            "no_mapping", "--map", "no mapping is named.", "Write one; see docs/commands/import.md."
        )
        raise RefusedError([problem])
    path = _found(name)
    _check_template(asked, path)
    mapping = read_mapping(path.name, _text(path), model)
    if mapping.object_name != asked.arguments.object:
        text = f"the mapping fills {mapping.object_name}, not {asked.arguments.object}."
        raise RefusedError(
            [Problem("other_object", "OBJECT", text, f"Write 'import {mapping.object_name} ...'.")]
        )
    return mapping


def _found(name: str) -> Path:
    """Return a mapping file: a path, or one that is shipped with a plugin, by its name."""
    path = Path(name)
    if path.is_file():
        return path
    known = {one.stem: one for one in sorted(shipped("plugins").glob("*/mappings/*.yaml"))}
    if name in known:
        return known[name]
    text = f"there is no file {name} and no shipped mapping of this name."
    raise RefusedError([Problem("not_found", "--map", text, did_you_mean(name, known))])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = "the mapping is not written in UTF-8."
        raise RefusedError([Problem("not_utf8", str(path), text, "Save it as UTF-8.")]) from None


def _check_template(asked: Asked, path: Path) -> None:
    """Raise RefusedError when a shipped mapping fills fields of a template that this site does not have."""
    plugin = path.resolve().parents[1]
    if plugin.parent != shipped("plugins").resolve() or not (plugin / "metadata").is_dir():
        return
    if plugin.name not in {Path(layer).name for layer in asked.settings().layers}:
        text = f"{path.stem} fills fields of the template {plugin.name}, which is not installed."
        cure = f"Write 'layers: [plugins/{plugin.name}]' into config.yaml."
        raise RefusedError([Problem("no_template", "--map", text, cure)])


def _undo(asked: Asked, site: Site, ctx: Context) -> int:
    with Bars(asked.terminal) as bars:
        for undone in undo(ctx, site.model, site.writes, asked.arguments.file):
            bars.show("taken back", undone.done, undone.of)
    asked.terminal.tell("Into the recycle bin: {n}.", n=undone.removed)
    if undone.left:
        asked.terminal.tell("Changed since, so they stay: {n}.", n=undone.left)
    return DONE


def _tell(asked: Asked, summary: Summary) -> None:
    tell, words = asked.terminal.tell, asked.terminal.speech
    verb = "{n:8} would be {what}" if asked.arguments.dry_run else "{n:8} were {what}"
    asked.terminal.say(words.tn("{n:,} row read.", "{n:,} rows read.", summary.rows))
    for count, what in (
        (summary.created, words.t("created")),
        (summary.updated, words.t("updated")),
        (summary.unchanged, words.t("found as they are")),
        (summary.attached, words.t("linked to records that are there")),
        (summary.skipped, words.t("left as they are")),
        (summary.rejected, words.t("refused")),
    ):
        if count:
            tell(verb, n=count, what=what)
    if summary.rejects is not None:
        tell("Refused rows with their reasons: {file}", file=summary.rejects)
    if summary.id:
        tell("Take it back with: fieldstone import undo {id}", id=summary.id)


COMMAND = ImportCommand()
