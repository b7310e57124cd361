"""`fieldstone assignment [RULE]`: who shares, who is next, capped or away, and what waits."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked
from fieldstone.reads.assigning import Seat, assignments_seen, board_of
from fieldstone.rules.caps import IN_WORDS


class Assignment:
    """Prints the board of a rule."""

    name = "assignment"
    summary = "show who shares, who is next, capped or away, and what waits"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the rule."""
        parser.add_argument("rule", nargs="?", help="an assignment rule; left out: all of them")

    def run(self, asked: Asked) -> int:
        """Print each line with its people, then the queue."""
        site, say = asked.site(), asked.terminal.say
        context, named = site.system_context("command"), asked.arguments.rule
        with site.reads.sight(context, site.model) as sight:
            codes = (
                [named]
                if named
                else [one.code for one in assignments_seen(site.model, context.actor)]
            )
            boards = [board_of(sight, code) for code in codes]
        for board in boards:
            say(f"{board.rule.code}: {board.rule.label.en}")
            for line in board.lines:
                say(f"  {line.label.en}{f' ({line.method})' if line.method else ''}")
                for seat in line.seats:
                    say(f"    {_told(seat)}")
            say(f"  waiting: {board.waiting_count}")
        return DONE


def _told(seat: Seat) -> str:
    given = ", ".join(
        f"{one.got}{'' if one.most is None else f' of {one.most}'} {IN_WORDS[one.period].en}"
        for one in seat.limits
    )
    state = "next" if seat.is_next else (seat.because.en or "can take work")
    room = "" if seat.room is None else f"room for {seat.room}  "
    return f"{seat.name:20} {round(seat.share * 100):3}%  {given}  {room}{state}"


COMMAND = Assignment()
