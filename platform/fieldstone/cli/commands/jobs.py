"""`fieldstone jobs`: long work that waits, runs, is done or has stopped, and letting that go on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final

from fieldstone.actions.long_work import LongWork, words_for
from fieldstone.cli.contract import DONE, Asked
from fieldstone.storage.queue import KeptJob

SHOWN: Final = 30
ERROR_SHOWN: Final = 200


class Jobs:
    """Lists long work, and lets what failed for good go on where it stopped."""

    name = "jobs"
    summary = "list long work, let what has stopped go on"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        under.add_parser("list", help="what has stopped, then the latest of the rest")
        again = under.add_parser("again", help="let a worker go on with what has stopped")
        again.add_argument("job", metavar="JOB", help="its id, as 'jobs list' prints it")

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        site = asked.site()
        desk = LongWork(site.storage, site.queue, site.system_context("command"), site.model)
        if asked.arguments.verb == "again":
            one = desk.again(asked.arguments.job)
            asked.terminal.say(f"{words_for(one.name).en}: a worker goes on with it.")
            return DONE
        found = [*desk.failed(SHOWN), *desk.others(SHOWN)]
        for one in found:
            asked.terminal.say(_line(one))
            if one.state == "failed":
                asked.terminal.say(f"  it failed: {one.error[:ERROR_SHOWN]}")
                asked.terminal.say(f"  go on where it stopped: fieldstone jobs again {one.id}")
        if not found:
            asked.terminal.say("There is no long work.")
        return DONE


def _line(one: KeptJob) -> str:
    done, total = one.progress.get("done"), one.progress.get("total")
    far = "" if done is None else f"  {done} of {total}" if total else f"  {done} done"
    return f"{one.id}  {one.created_at:%Y-%m-%d %H:%M}  {one.state:8} {words_for(one.name).en}{far}"


COMMAND = Jobs()
