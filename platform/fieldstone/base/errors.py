"""What can go wrong, said so that the reader knows what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one place in the input.

    `code` is stable and may be matched by clients; `message` and `cure` are for people.
    `path` names the place: a field code, "file:line:column  path" or a parameter.
    """

    code: str
    path: str
    message: str
    cure: str


class FieldstoneError(Exception):
    """Root of every error raised on purpose; anything else is a bug."""


class RefusedError(FieldstoneError):
    """What was asked for is refused; `problems` holds every reason and its cure.

    `status` is the HTTP status that fits: 400, 401, 403, 404, 409, 412, 422 or 429.
    """

    def __init__(self, problems: Iterable[Problem], status: int = 422) -> None:
        self.problems = tuple(problems)
        self.status = status
        super().__init__("; ".join(f"{p.path}: {p.message} {p.cure}" for p in self.problems))


class MetadataError(FieldstoneError):
    """The site's YAML cannot be compiled; `problems` says where and what to write instead."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.path}: {p.message} {p.cure}" for p in self.problems))
