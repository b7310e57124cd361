"""What people see of a command: lines, problems with their cure, and progress where somebody watches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console

from fieldstone.base.errors import Problem
from fieldstone.base.problem_texts import in_language
from fieldstone.base.speech import Speech, speech


@dataclass(frozen=True)
class Terminal:
    """Standard output for results, standard error for what went wrong, told in `language`."""

    out: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    err: Console = field(
        default_factory=lambda: Console(stderr=True, highlight=False, soft_wrap=True)
    )

    language: str = "en"

    @property
    def speech(self) -> Speech:
        """Return the texts of the language."""
        return speech(self.language, "commands")

    def say(self, text: str = "") -> None:
        """Print one line of the result, as it is."""
        self.out.print(text, markup=False)

    def tell(self, text: str, **values: object) -> None:
        """Print a sentence of ours in the language, with its {names} filled in."""
        self.say(self.speech.t(text, **values))

    def remark(self, text: str) -> None:
        """Print what is to be known of a result, beside it."""
        self.err.print(text, markup=False, style="dim")

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Print every problem: where, what, and on the next line what to do instead."""
        listed = list(problems)
        for one in listed:
            problem = in_language(one, self.language)
            self.err.print(
                f"{problem.path}  {problem.message}" if problem.path else problem.message,
                markup=False,
            )
            self.err.print(f"    {problem.cure}", markup=False, style="dim")
        if len(listed) > 1:
            chinese = self.language.startswith("zh")
            count = f"共 {len(listed)} 个问题。" if chinese else f"{len(listed)} problems."
            self.err.print(count, style="bold")


def padded(text: str, width: int) -> str:
    """Return a text with blanks behind it up to a width; a Chinese character is two wide."""
    return text + " " * max(0, width - cell_len(text))
