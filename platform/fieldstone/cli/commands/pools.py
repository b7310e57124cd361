"""`fieldstone pools`: the public pools, what lies in them, what goes in and out, and moving records on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final

from fieldstone.actions.contract import Call
from fieldstone.actions.move_to_pool import MOVE, MOVED
from fieldstone.actions.pool_reasons import reason_of
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.contract import DONE, REFUSED, Asked
from fieldstone.cli.terminal import padded
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.reads.query import Query
from fieldstone.site import Site

VERBS: Final = ("list", "traffic", "members", "move")
NEEDS_POOL: Final = frozenset({"traffic", "members", "move"})
MOST: Final = 10_000


class Pools:
    """Shows public pools, and moves records from one to another."""

    name = "pools"
    summary = "show public pools, their traffic and members; move records"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verb, the pool and what it needs."""
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("pool", metavar="POOL", nargs="?", help="code of the pool")
        parser.add_argument("to", metavar="TO", nargs="?", help="move: code of the other pool")
        parser.add_argument(
            "--object", metavar="OBJECT", help="where several objects have the pool"
        )
        parser.add_argument("--days", type=int, default=30, help="traffic: of so many days")
        parser.add_argument("--limit", type=int, default=MOST, help="move: at most so many records")
        parser.add_argument(
            "--reason", default="", help="move: a reason of the other pool, or your own words"
        )

    def run(self, asked: Asked) -> int:
        """Do what the verb says; a pool that is gone from the model may still be moved from."""
        site, given = asked.site(), asked.arguments
        if given.verb == "list":
            return _list(asked, site)
        if given.verb in NEEDS_POOL and not given.pool:
            text = f"pools {given.verb} needs the code of a pool."
            raise RefusedError([Problem("missing", "POOL", text, "See fieldstone pools list.")])
        desk = PoolDesk(
            site.reads,
            site.system_context("action"),
            site.model,
            _object_of(asked, site, given.pool),
            given.pool,
        )
        return {"traffic": _traffic, "members": _members, "move": _move}[given.verb](
            asked, site, desk
        )


def _list(asked: Asked, site: Site) -> int:
    ctx = site.system_context("action")
    for code, spec in site.model.objects.items():
        for pool in spec.pools:
            count = site.reads.count(ctx, site.model, code, Query(pool=pool))
            rule = site.model.rules.get(pool)
            label = rule.label.text(asked.terminal.language) if rule else ""
            asked.terminal.say(f"{pool:20} {code:12} {count:8}  {label}")
        desk = PoolDesk(site.reads, ctx, site.model, code, "")
        for pool, count in desk.stranded().items() if spec.pools else ():
            gone = asked.terminal.speech.t("(no longer a pool: move its records)")
            asked.terminal.say(f"{pool:20} {code:12} {count:8}  {gone}")
    return DONE


def _traffic(asked: Asked, site: Site, desk: PoolDesk) -> int:
    del site
    found, say, t = desk.traffic(max(1, asked.arguments.days)), asked.terminal.say, asked.terminal.speech.t  # fmt: skip
    for title, counts in ((t("came"), found.came), (t("left"), found.left)):
        say(padded(title, 14) + "  ".join(f"{way} {count}" for way, count in counts.items()))
    lying = t("{n}, never claimed {never}", n=found.lying, never=found.never)
    say(f"{padded(t('lying now'), 14)}{lying}")
    wait = t("{n:.1f} hours", n=found.wait.total_seconds() / 3600) if found.wait else "-"
    say(f"{padded(t('median wait'), 14)}{wait}")
    return DONE


def _members(asked: Asked, site: Site, desk: PoolDesk) -> int:
    del site
    for one in desk.people():
        left = one.till.left() if one.till else None
        t = asked.terminal.speech.t
        room = padded(f"{one.own.held}/{one.own.most}" if one.own else t("any"), 10)
        mark = padded(t("looks after it") if one.administers else t(one.visibility), 16)
        claims = t("no limit") if left is None else t("{n} claims left", n=left)
        holds = t("holds {room}", room=room)
        asked.terminal.say(f"{padded(one.person.name, 24)} {mark} {holds} {claims}")
    return DONE


def _move(asked: Asked, site: Site, desk: PoolDesk) -> int:
    to = asked.arguments.to
    if not to:
        text = "pools move needs the code of the other pool."
        raise RefusedError([Problem("missing", "TO", text, "Write: pools move FROM TO.")])
    params = {"pool": to, "reason": asked.arguments.reason}
    if desk.pool in site.model.objects[desk.object_name].pools:
        reason_of(site.model, to, params["reason"], MOVED)  # once, before any record is moved
    moved, refused = 0, 0
    for record_id in desk.lying(max(0, asked.arguments.limit)):
        call = Call(
            desk.ctx, site.model, desk.object_name, record_id, params, site.reads, site.writes
        )
        try:
            run(site.vocabulary.actions, MOVE, call)
        except RefusedError as error:
            refused += 1
            asked.terminal.refuse(error.problems)
        else:
            moved += 1
    asked.terminal.tell("Moved {n}, refused {m}.", n=moved, m=refused)
    return REFUSED if refused else DONE


def _object_of(asked: Asked, site: Site, pool: str) -> str:
    """Return the object whose pool is meant; one that is gone is looked for among the records."""
    named = asked.arguments.object
    having = [code for code, spec in site.model.objects.items() if spec.pools]
    ctx = site.system_context("action")
    found = [
        code
        for code in ([named] if named in having else having)
        if pool in site.model.objects[code].pools
        or pool in PoolDesk(site.reads, ctx, site.model, code, "").stranded()
    ]
    if not found:
        known = [one for code in having for one in site.model.objects[code].pools]
        text = f"there is no pool {pool!r}."
        raise RefusedError([Problem("unknown_pool", "POOL", text, did_you_mean(pool, known))])
    return found[0]


COMMAND = Pools()
