"""`fieldstone duplicates`: finds pairs that may be the same, lists them, merges two records and takes it back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from fieldstone.actions.contract import Call
from fieldstone.actions.merging.finding import Finding, Stand, search_of
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.commands.import_ import context_of
from fieldstone.cli.contract import DONE, WRONG_USAGE, Asked
from fieldstone.cli.progress import Bars
from fieldstone.reads.pairs import PairQuery
from fieldstone.site import Site

SHOWN = 50


class Duplicates:
    """Everything about records that are there twice."""

    name = "duplicates"
    summary = "find records that are there twice, merge two, take a merge back"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verb, the object and the records."""
        parser.add_argument("verb", choices=["find", "list", "merge", "undo"])
        parser.add_argument("object", metavar="OBJECT", help="such as lead")
        parser.add_argument(
            "ids", metavar="ID", nargs="*", help="merge: the record that stays, the one that goes"
        )
        parser.add_argument(
            "--by-rule", action="store_true", help="merge: the rule says which of the two stays"
        )
        parser.add_argument("--as", dest="person", metavar="EMAIL", help="in this person's name")

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        site = asked.site()
        name = asked.arguments.object
        if name not in site.model.objects:
            cure = did_you_mean(name, site.model.objects)
            text = f"there is no object {name!r}."
            raise RefusedError([Problem("not_found", "OBJECT", text, cure)])
        verb = asked.arguments.verb
        if len(asked.arguments.ids) != {"merge": 2, "undo": 1}.get(verb, 0):
            asked.terminal.refuse([_USAGE[verb]])
            return WRONG_USAGE
        return {"find": _find, "list": _list, "merge": _merge, "undo": _undo}[verb](asked, site)


_USAGE = {
    "find": Problem("usage", "ID", "find takes an object only.", "Write: duplicates find lead"),
    "list": Problem("usage", "ID", "list takes an object only.", "Write: duplicates list lead"),
    "merge": Problem("usage", "ID", "merge takes two records.", "Write: duplicates merge lead A B"),
    "undo": Problem("usage", "ID", "undo takes one record.", "Write: duplicates undo lead A"),
}


def _find(asked: Asked, site: Site) -> int:
    search = search_of(site.model, asked.arguments.object)
    finding, stand, tables = Finding(search), Stand(), site.storage.use(site.model)
    total = len(search.courses) + 1
    with Bars(asked.terminal) as bars:
        while not stand.done:
            with site.storage.transaction(tables, site.system_context("action")) as tx:
                stand = finding.step(tx, stand)
            bars.show(asked.arguments.object, stand.course + 1, total)
        bars.show(asked.arguments.object, total, total)
    said = "{n} pairs compared, {m} may be the same."
    asked.terminal.tell(said, n=stand.compared, m=stand.found)
    return DONE


def _list(asked: Asked, site: Site) -> int:
    ctx = context_of(asked, site, "action")
    page = site.reads.pairs(ctx, site.model, asked.arguments.object, PairQuery(limit=SHOWN))
    for pair in page.pairs:
        names = site.reads.titles(
            ctx, site.model, [(pair.object_name, pair.record), (pair.other_object, pair.other)]
        )
        one = names.get((pair.object_name, pair.record), "")
        other = names.get((pair.other_object, pair.other), "")
        asked.terminal.say(f"{pair.score:3} %  {pair.record}  {pair.other}  {one} / {other}")
    words = asked.terminal.speech
    waiting = words.tn("{n:,} pair waits.", "{n:,} pairs wait.", page.total or 0)
    asked.terminal.say(waiting if page.total else words.t("No pair waits."))
    return DONE


def _merge(asked: Asked, site: Site) -> int:
    stays, goes = asked.arguments.ids
    params = {"with": goes, "keep": "rule" if asked.arguments.by_rule else "this"}
    _say(asked, _done(asked, site, "merge", stays, params))
    return DONE


def _undo(asked: Asked, site: Site) -> int:
    _say(asked, _done(asked, site, "unmerge", asked.arguments.ids[0], {}))
    return DONE


def _done(asked: Asked, site: Site, action: str, record_id: str, params: dict[str, Any]) -> str:
    ctx = context_of(asked, site, "action")
    name = asked.arguments.object
    call = Call(ctx, site.model, name, record_id, params, site.reads, site.writes)
    return run(site.vocabulary.actions, action, call).message.text(ctx.actor.language)


def _say(asked: Asked, text: str) -> None:
    asked.terminal.say(text)


COMMAND = Duplicates()
