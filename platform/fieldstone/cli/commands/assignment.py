"""`fieldstone assignment [RULE]`: who shares, who is next, capped or away, and what waits."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.speech import Speech
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.terminal import padded
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
        site, say, language = asked.site(), asked.terminal.say, asked.terminal.language
        context, named = site.system_context("command"), asked.arguments.rule
        with site.reads.sight(context, site.model) as sight:
            codes = (
                [named]
                if named
                else [one.code for one in assignments_seen(site.model, context.actor)]
            )
            boards = [board_of(sight, code) for code in codes]
        for board in boards:
            say(f"{board.rule.code}: {board.rule.label.text(language)}")
            for line in board.lines:
                method = f" ({line.method})" if line.method else ""
                say(f"  {line.label.text(language)}{method}")
                for seat in line.seats:
                    say(f"    {_told(asked.terminal.speech, seat)}")
            asked.terminal.tell("  waiting: {n}", n=board.waiting_count)
        return DONE


def _told(words: Speech, seat: Seat) -> str:
    t, language = words.t, words.language
    given = ", ".join(
        f"{one.got}{'' if one.most is None else t(' of {n}', n=one.most)} {IN_WORDS[one.period].text(language)}"
        for one in seat.limits
    )
    state = t("next") if seat.is_next else (seat.because.text(language) or t("can take work"))
    room = "" if seat.room is None else t("room for {n}  ", n=seat.room)
    return f"{padded(seat.name, 20)} {round(seat.share * 100):3}%  {given}  {room}{state}"


COMMAND = Assignment()
