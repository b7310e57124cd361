"""`fieldstone offboard EMAIL`: somebody leaves; what they work on is handed over."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import cast

from fieldstone.actions.contract import Call
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.cli.commands.token import person
from fieldstone.cli.contract import DONE, REFUSED, Asked
from fieldstone.cli.progress import Bars
from fieldstone.cli.terminal import padded
from fieldstone.jobs.contract import JobStatus
from fieldstone.reads.leaving import LeavingPlan
from fieldstone.site import Site

LOOK_SECONDS = 0.2


class Offboard:
    """Shows the plan, or switches the person off and works until all is handed over."""

    name = "offboard"
    summary = "switch a person off and hand over what they work on"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare who leaves, other heirs, who asks, and the trial."""
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--to", action="append", default=[], metavar="NAME=HEIR")
        parser.add_argument("--by", metavar="EMAIL", required=True, help="who asks for it")
        parser.add_argument("--dry-run", action="store_true", help="tell the plan, change nothing")

    def run(self, asked: Asked) -> int:
        """Do it, and report how many records went to whom."""
        site, given = asked.site(), asked.arguments
        leaver, by = person(site, given.email, "EMAIL"), person(site, given.by, "--by")
        actor = site.actors.by_id(site.system_context("action"), site.model, by)
        if actor is None:
            text, cure = f"{given.by} cannot sign in.", "Name an administrator who is active."
            raise RefusedError([Problem("no_actor", "--by", text, cure)])
        ctx = site.context(actor, "action")
        chosen = dict(one.partition("=")[::2] for one in given.to)
        plan = site.reads.leaving(ctx, site.model, leaver, chosen)
        if plan is None:
            text, cure = (
                "no rule says how people hand over.",
                "Write one: docs/rules/offboarding.md.",
            )
            raise RefusedError([Problem("no_rule", "EMAIL", text, cure)])
        _say_plan(asked, site, plan, chosen)
        if given.dry_run:
            return DONE
        call = Call(ctx, site.model, "user", leaver, {"to": chosen}, site.reads, site.writes)
        return _hand_over(asked, site, call)


def _say_plan(asked: Asked, site: Site, plan: LeavingPlan, chosen: Mapping[str, str]) -> None:
    t, language = asked.terminal.speech.t, asked.terminal.language
    for share in plan.shares:
        one = share.hand_over
        heir = chosen.get(one.code, one.to)
        asked.terminal.say(f"{one.code:16}{share.count:>7}  {one.label.text(language)} -> {heir}")
    for code, count in plan.stays.items():
        label = site.model.objects[code].plural.text(language)
        asked.terminal.say(f"{padded(t('stays'), 16)}{count:>7}  {label}")


def _hand_over(asked: Asked, site: Site, call: Call) -> int:
    job = run(site.vocabulary.actions, "offboard", call).others.get("job", "")
    stop = cast("Callable[[], None]", asked.wiring.start_worker_inside(site))
    try:
        status = _waited_for(asked, site, job)
    finally:
        stop()
    if status is None or status.state == "failed":
        failed = status.error if status else asked.terminal.speech.t("the job is gone")
        asked.terminal.tell("not finished: {why}", why=failed)
        return REFUSED
    report = cast("dict[str, dict[str, dict[str, object]]]", status.progress.get("report", {}))
    for code, one in report.items():
        for heir, count in one["to"].items():
            titles = site.reads.titles(call.ctx, site.model, [("user", heir)])
            asked.terminal.say(f"{code:16}{count!s:>7}  {titles.get(('user', heir), heir)}")
        for record_id, why in one["refused"].items():
            left = asked.terminal.speech.t("   left")
            asked.terminal.say(f"{code:16}{left}  {record_id}: {why}")
    return DONE


def _waited_for(asked: Asked, site: Site, job: str) -> JobStatus | None:
    """Return how the job ended, showing how far it is meanwhile."""
    with Bars(asked.terminal) as bars:
        while (status := site.queue.status(job)) is not None and not status.ended:
            done, total = status.progress.get("done", 0), status.progress.get("total", 0)
            if total:
                bars.show("handed over", int(str(done)), int(str(total)))
            site.queue.wait(LOOK_SECONDS)
    return status


COMMAND = Offboard()
