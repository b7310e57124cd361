"""`fieldstone demo`: a lively company to look around in."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.actions.demo.company import tell_story
from fieldstone.actions.demo.sharing import publish_lists
from fieldstone.actions.demo.staff import DEMO_MARK, PASSWORD, Login, logins
from fieldstone.actions.demo.teller import Stage
from fieldstone.actions.ranking import Office
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.progress import Bars
from fieldstone.storage.beginnings import filling, half_filled


class Demo:
    """Fills an empty database with the demo company, or leaves it empty; a company that is there is left alone."""

    name = "demo"
    summary = "fill an empty database with a lively company"

    def arguments(self, parser: ArgumentParser) -> None:
        """It has none."""

    def run(self, asked: Asked) -> int:
        """Tell the story once; print who can sign in."""
        site = asked.site()
        ctx = site.system_context("demo")
        there = site.actors.id_of(ctx, site.model, DEMO_MARK) is not None
        if there and not half_filled(site.storage):
            asked.terminal.tell("The demo company is here already; nothing was changed.")
        else:
            stage = Stage(site.model, site.writes, site.identity, ctx.now)
            with Bars(asked.terminal) as bars, filling(site.storage, site.model, ctx.now):
                tell_story(stage, bars.show)
            publish_lists(Office(site.storage, site.reads, site.model, ctx))
        _print(asked, logins())
        return DONE


def _print(asked: Asked, people: tuple[Login, ...]) -> None:
    asked.terminal.say()
    asked.terminal.tell("Sign in with the password: {password}", password=PASSWORD)
    for person in people:
        asked.terminal.say(f"  {person.email:22}{person.role:17}{person.name}")


COMMAND = Demo()
