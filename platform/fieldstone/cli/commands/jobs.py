"""`fieldstone jobs`: long work that waits, runs, is done or has stopped, and letting that go on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final

from fieldstone.actions.long_work import LongWork, words_for
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.terminal import padded
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
            what = words_for(one.name).text(asked.terminal.language)
            asked.terminal.tell("{what}: a worker goes on with it.", what=what)
            return DONE
        found = [*desk.failed(SHOWN), *desk.others(SHOWN)]
        for one in found:
            asked.terminal.say(_line(asked, one))
            if one.state == "failed":
                asked.terminal.tell("  it failed: {error}", error=one.error[:ERROR_SHOWN])
                asked.terminal.tell(
                    "  go on where it stopped: fieldstone jobs again {id}", id=one.id
                )
        if not found:
            asked.terminal.tell("There is no long work.")
        return DONE


def _line(asked: Asked, one: KeptJob) -> str:
    t, language = asked.terminal.speech.t, asked.terminal.language
    done, total = one.progress.get("done"), one.progress.get("total")
    far = ""
    if done is not None:
        far = t("{n} of {total}", n=done, total=total) if total else t("{n} done", n=done)
    state = padded(t(one.state), 8)
    what = f"{words_for(one.name).text(language)}  {far}".rstrip()
    return f"{one.id}  {one.created_at:%Y-%m-%d %H:%M}  {state} {what}"


COMMAND = Jobs()
