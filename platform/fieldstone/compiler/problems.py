"""Collects every problem of a site's YAML, each with its place, so that all are told at once."""

from __future__ import annotations

from dataclasses import replace

from fieldstone.base.errors import MetadataError, Problem
from fieldstone.base.origin import Origin
from fieldstone.compiler.tree import Items, Path, Table, place_of, value_at

ENOUGH = 200  # more than this helps nobody: the first ones usually cause the rest


def dotted(path: Path) -> str:
    """Return a document path as people write it: fields.budget.type, views.mine.columns[2]."""
    shown = ""
    for step in path:
        if isinstance(step, int):
            shown += f"[{step + 1}]"
        else:
            shown += f".{step}" if shown else step
    return shown


class Problems:
    """The problems found so far, without repetitions."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Problem] = {}

    def add(self, place: Origin, path: str, code: str, message: str, cure: str) -> None:
        """Keep one problem at a place of a file; `path` is the place within the document."""
        where = f"{place.file}:{place.line}:{place.column}" if place.file else place.layer
        problem = Problem(code, f"{where}  {path}".rstrip(), message, cure)
        self._found.setdefault((problem.path, code, message), problem)

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise MetadataError with all problems, in the order of files and lines as found."""
        if self._found:
            raise MetadataError(list(self._found.values())[:ENOUGH])


class Spot:
    """One part of a document: reports problems relative to itself, with the right line."""

    def __init__(self, problems: Problems, root: Table | Items, name: str, path: Path = ()) -> None:
        self.problems = problems
        self.root = root
        self.name = name  # what the document is called in messages: "lead", "rules"
        self.path = path

    def under(self, *steps: str | int) -> Spot:
        """Return the spot some steps further down."""
        return Spot(self.problems, self.root, self.name, (*self.path, *steps))

    def place(self, *, of_key: bool = False) -> Origin:
        """Return the layer, file and line of this spot."""
        return place_of(self.root, self.path, of_key=of_key)

    def problem(self, code: str, message: str, cure: str, *, of_key: bool = False) -> None:
        """Report something wrong here."""
        path = dotted((self.name, *self.path) if self.name else self.path)
        self.problems.add(self.place(of_key=of_key), path, code, message, cure)

    def problem_in_text(self, column: int, code: str, message: str, cure: str) -> None:
        """Report something wrong `column` characters (from 1) into the text that stands here."""
        place = self.place()
        text, _ = value_at(self.root, self.path)
        if isinstance(text, str) and "\n" not in text:
            place = replace(place, column=place.column + column - 1)
        path = dotted((self.name, *self.path) if self.name else self.path)
        self.problems.add(place, path, code, message, cure)
