"""How far long work has come: a bar where somebody watches, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fieldstone.cli.terminal import Terminal


class Bars:
    """One bar per kind of work; on a pipe a line each time one is finished."""

    def __init__(self, terminal: Terminal) -> None:
        """Draw on the terminal's error output, so that results can be piped."""
        self._terminal = terminal
        self._progress = Progress(
            TextColumn("{task.description:16}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=terminal.err,
            disable=not terminal.err.is_terminal,
        )
        self._tasks: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Start drawing."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop drawing."""
        self._progress.stop()

    def show(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` is done."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        self._progress.update(self._tasks[what], completed=done, total=total)  # type: ignore[arg-type]
        if not self._terminal.err.is_terminal and done >= total:
            self._terminal.err.print(f"{what}: {done}", markup=False)
